"""What a browser sees: one module an audience."""
