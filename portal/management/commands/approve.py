"""Approve a version of a dataset."""

from governance.audit.actors import Scope
from governance.catalogue import services
from portal.management.commands._moves import MoveCommand


class Command(MoveCommand):
    help = (
        "Approve a version, in the name of a person. "
        "Example: manage.py approve gatehouse/shelf 1.1 --as steward@example.org --reason reviewed"
    )
    verb = staticmethod(services.approve_version)
    done = "approved"
    scope = Scope.REVIEW
