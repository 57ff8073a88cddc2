"""Publish a version of a dataset."""

from governance.catalogue import services
from portal.management.commands._moves import MoveCommand


class Command(MoveCommand):
    help = (
        "Publish a version, in the name of a person. "
        "Example: manage.py publish gatehouse/shelf 1.1 --as admin@example.org --reason reviewed"
    )
    verb = staticmethod(services.publish_version)
    done = "published"
