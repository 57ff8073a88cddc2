from django.apps import AppConfig


class DutyConfig(AppConfig):
    name = "governance.duty"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from governance.duty import telling  # noqa: F401  its import registers what is told
