"""Who holds which copies, what they owe when a version ends, and what they attest."""
