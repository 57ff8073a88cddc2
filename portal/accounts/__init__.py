"""Sign-up, profile, tokens and the second factor; who is asking."""
