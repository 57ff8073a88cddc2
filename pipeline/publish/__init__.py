"""Where finished artefacts are kept, by storage class."""
