"""Sources become raw rows: plain functions, no Django."""
