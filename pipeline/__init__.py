"""How a version is made. Knows data, no people."""
