"""Who may have what: roles, applications, grants, and the one rule."""
