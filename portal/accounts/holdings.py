"""What is held about a person, table by table: what an export shows and what a deletion does.

Every relation to `User` has its line here. A test fails for one that has none, so that a new table
can't be forgotten by either.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.db.models import ForeignObjectRel, Model

from portal.accounts.models import User


class Holding(NamedTuple):
    """One table about a person."""

    name: str  # in the export
    fate: str  # erased, or kept without the link to the account
    hidden: frozenset[str] = frozenset()  # secrets, and what names other people
    nested: tuple[str, ...] = ()  # relations of a row that belong to it


ERASED, KEPT = "erased", "kept"
HOLDINGS: Mapping[str, Holding] = {
    "account.emailaddress.user": Holding("addresses", ERASED),
    "accounts.apitoken.user": Holding("tokens", ERASED, frozenset({"digest"})),
    "mfa.authenticator.user": Holding("second_factors", ERASED, frozenset({"data"})),
    "socialaccount.socialaccount.user": Holding("identities", ERASED),
    "usersessions.usersession.user": Holding("sessions", ERASED, frozenset({"session_key"})),
    "access.roleheld.user": Holding("roles", ERASED),
    "access.application.applicant": Holding(
        "applications", ERASED, frozenset({"taken_by", "decided_by"}), ("exchanges", "uploads")
    ),
    "access.member.user": Holding("groups", KEPT),
    "access.grant.holder": Holding("grants", ERASED),
    "access.hold.user": Holding("holds", ERASED),
    "access.suspension.user": Holding("suspensions", ERASED, frozenset({"by", "lifted_by"})),
    "access.block.user": Holding("blocks", KEPT, frozenset({"made_by", "reason", "lifted_reason"})),
    "terms.acceptance.user": Holding("acceptances", KEPT),
    "terms.sharedcopy.holder": Holding("shared_copies", KEPT, frozenset({"ended_by"})),
    "duty.copy.holder": Holding("copies", KEPT, nested=("duties", "attestations")),
    "notices.message.user": Holding(
        "messages", ERASED, frozenset({"html", "last_error", "claim", "hook"})
    ),
    "notices.hook.user": Holding("webhooks", ERASED, frozenset({"secret", "old_secret"})),
    "notices.preference.user": Holding("silences", ERASED),
    "notices.follow.user": Holding("follows", ERASED),
}
NESTED_HIDDEN = {"key", "application"}


def label(relation: ForeignObjectRel) -> str:
    return f"{relation.related_model._meta.label_lower}.{relation.field.name}"


def relations() -> list[ForeignObjectRel]:
    """Every table that points at a person."""
    return [each for each in User._meta.related_objects if not each.many_to_many]


def rows_of(user: User) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """(name, rows) of each table; two queries a table and one for each nested one."""
    for relation in relations():
        holding = HOLDINGS[label(relation)]
        model = relation.related_model
        found = (
            model._default_manager.filter(**{relation.field.name: user})
            .order_by("pk")
            .select_related(*_pointed_at(model, relation))
            .prefetch_related(*holding.nested)
        )
        hidden = holding.hidden | {relation.field.name}
        yield holding.name, [_row(each, hidden, holding.nested) for each in found]


def _pointed_at(model: type[Model], relation: ForeignObjectRel) -> list[str]:
    """What a row is to be called by: its dataset, tier, text."""
    found = []
    for field in model._meta.concrete_fields:
        if field.is_relation and field.name != relation.field.name:
            names = {each.name for each in field.related_model._meta.concrete_fields}
            found.append(f"{field.name}__dataset" if "dataset" in names else field.name)
    return found


def _row(row: Model, hidden: frozenset[str] | set[str], nested: tuple[str, ...]) -> dict[str, Any]:
    told = {
        field.name: _called(row, field) if field.is_relation else field.value_from_object(row)
        for field in row._meta.concrete_fields
        if field.name not in hidden
    }
    for name in nested:
        told[name] = [_row(each, NESTED_HIDDEN, ()) for each in getattr(row, name).all()]
    return told


def _called(row: Model, field: Any) -> str | None:
    other = getattr(row, field.name)
    if other is None:
        return None
    dataset = getattr(other, "dataset", None)
    return f"{dataset.slug}: {other}" if dataset is not None else str(other)
