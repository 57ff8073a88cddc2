"""The stages of a build put together: what each reads, writes and reports."""
