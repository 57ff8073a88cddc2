"""Detectors of others, as plug-ins. What they need is in requirements-detectors.txt."""
