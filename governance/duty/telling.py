"""What is told about duties. Each teller looks at one entry of the record."""
