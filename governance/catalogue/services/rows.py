"""What every verb of a version begins with: the locked row, its place in the record."""

from governance.audit.actors import Actor, Role
from governance.audit.services import Place
from governance.catalogue.models import Version
from governance.errors import MissingError


def locked(version_id: int) -> Version:
    """The version with its dataset, locked until the transaction ends. Raises MissingError."""
    version = (
        Version.objects.select_for_update(of=("self",))
        .select_related("dataset")
        .filter(pk=version_id)
        .first()
    )
    if version is None:
        raise MissingError("There is no such version.")
    return version


def is_either(actor: Actor, version: Version, *roles: Role) -> bool:
    return any(actor.acts_as(role, version.dataset_id) for role in roles)


def place(version: Version) -> Place:
    return Place(dataset=version.dataset.slug, version=version.number)
