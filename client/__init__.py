"""What researchers install: code that runs without the server."""
