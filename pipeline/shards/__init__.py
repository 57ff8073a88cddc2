"""Shapes and files: schemas, hashes, the Parquet writer, manifests. Plain Arrow, no Django."""
