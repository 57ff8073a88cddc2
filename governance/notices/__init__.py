"""What people are told: the outbox, read from the record."""
