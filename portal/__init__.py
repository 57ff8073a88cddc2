"""The site: settings, URLs, the Celery app and every surface."""
