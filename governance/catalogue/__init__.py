"""Datasets, their tiers and versions, and the files of each."""
