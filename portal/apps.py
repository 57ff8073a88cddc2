from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"
    label = "portal"

    def ready(self) -> None:
        # In every process, commands included: a task called without our app would ring at
        # Celery's default broker, where nobody listens.
        from portal import celery as celery
