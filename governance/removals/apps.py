from django.apps import AppConfig


class RemovalsConfig(AppConfig):
    name = "governance.removals"
    default_auto_field = "django.db.models.BigAutoField"
