from django.apps import AppConfig


class RemovalsConfig(AppConfig):
    name = "governance.removals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from governance.removals import telling as telling  # its import registers what it tells
