"""Builds, shards and leases in the database; Celery tasks that do them."""
