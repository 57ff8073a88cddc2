"""Who may do what, and the record of it. Knows people and rules; no HTTP, no Parquet."""
