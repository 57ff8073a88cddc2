"""Kinds of sources: how each is planned, and how a piece of it is read."""
