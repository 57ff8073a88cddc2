"""Withdraw a version of a dataset."""

from governance.catalogue import services
from portal.management.commands._moves import MoveCommand


class Command(MoveCommand):
    help = (
        "Withdraw a version, in the name of a person. "
        "Example: manage.py withdraw gatehouse/shelf 1.1 --as admin@example.org --reason reviewed"
    )
    verb = staticmethod(services.withdraw_version)
    done = "withdrawn"
