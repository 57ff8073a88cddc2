"""From a decision to bytes: tickets and ranged streams."""
