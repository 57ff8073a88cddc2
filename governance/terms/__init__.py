"""Terms of use: texts, clauses, and who accepted which."""
