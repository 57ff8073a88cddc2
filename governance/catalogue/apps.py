from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class CatalogueConfig(AppConfig):
    name = "governance.catalogue"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from governance.catalogue import guarding

        pre_migrate.connect(guarding.before_migration, sender=self)
        post_migrate.connect(guarding.after_migration, sender=self)
