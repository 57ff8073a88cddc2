"""Which addresses may be asked, and a connection to those alone. Knows no Django and no rules."""
