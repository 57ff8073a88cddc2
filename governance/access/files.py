"""A file at an address, and where somebody stands with the terms it is under: one query.

It stands before every byte, so it is composed once (`governance.prepared`) and brings all that the
usual decision needs; what a policy asks beyond that is read when it asks.
"""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Concat

from governance.access.deciding import owed_by
from governance.access.models import Hold
from governance.access.owing import Owed
from governance.audit.actors import Actor
from governance.catalogue.models import Artefact, Dataset, Tier, Version
from governance.catalogue.selectors import Repository
from governance.catalogue.states import PUBLIC, State
from governance.prepared import Columns, Prepared, every_column, split
from governance.terms.models import Acceptance, TermsVersion
from governance.terms.standings import Standing

_PARTS = (
    every_column(Artefact),
    Columns(Tier, ("id", "dataset_id", "name", "policy"), "tier__"),
    Columns(
        Version,
        (
            "id",
            "dataset_id",
            "number",
            "state",
            "commit",
            "serve_until",
            "withdrawn_reason",
            "looked",
        ),
        "version__",
    ),
    Columns(
        Dataset,
        ("id", "namespace", "name", "listed", "wound_down_at", "ledger"),
        "version__dataset__",
    ),
)
_STANDING = ("terms_in_force", "terms_signed", "held_from", "held_for")


class Found(NamedTuple):
    artefact: Artefact  # with tier, version and version.dataset loaded
    terms: Standing | None  # None: not read, as it is not just "signed, and no end is set"
    in_force: Standing  # the terms that go with the file, whoever asks; says nothing of acceptance
    owed: tuple[Owed, ...]  # of the person; of several that have not begun, the first alone


def _told(path: str = "") -> Concat:
    """Number and sha256 of a version of the terms in one column: a subquery gives no more."""
    return Concat(f"{path}number", Value(" "), f"{path}text_sha256")


def _files(
    *, namespace: str, name: str, tier: str, path: str, user_id: int, now: datetime, **version: str
) -> QuerySet:
    dataset = OuterRef("version__dataset")
    in_force = TermsVersion.objects.filter(dataset=dataset, effective_at__lte=now)
    signed = Acceptance.objects.filter(
        user_id=user_id,
        terms__dataset=dataset,
        terms__effective_at__lte=now,
        terms__accepted_until=None,
    ).order_by("-terms__effective_at")
    held = Hold.objects.filter(user_id=user_id).order_by("begins", "pk")
    return (
        Artefact.objects.filter(
            version__dataset__namespace=namespace,
            version__dataset__name=name,
            version__dataset__listed=True,
            version__state__in=sorted(PUBLIC),
            tier__name=tier,
            path=path,
            **version,
        )
        .order_by()
        .annotate(
            terms_in_force=Subquery(in_force.values_list(_told())[:1]),
            terms_signed=Subquery(signed.values_list(_told("terms__"))[:1]),
            held_from=Subquery(held.values_list("begins")[:1]),
            held_for=Subquery(held.values_list("dataset_id")[:1]),
        )
        .values_list(*(asked for part in _PARTS for asked in part.asked()), *_STANDING)
    )


_EXAMPLES = {
    "namespace": "\x01namespace",
    "name": "\x01name",
    "tier": "\x01tier",
    "path": "\x01path",
    "user_id": 998877665544332211,
    "now": datetime(1901, 2, 3, 4, 5, 6, 789, tzinfo=UTC),
}
_AT_MAIN = Prepared(
    lambda **asked: _files(**asked, version__state=State.PUBLISHED.value), **_EXAMPLES
)
_AT_TAG = Prepared(
    lambda number, **asked: _files(**asked, version__number=number),
    number="\x01number",
    **_EXAMPLES,
)
_AT_COMMIT = Prepared(
    lambda commit, **asked: _files(**asked, version__commit=commit),
    commit="\x01commit",
    **_EXAMPLES,
)


def _last(namespace: str, name: str) -> str:
    """Number of the version that was current last, when none is; else an empty text."""
    known = Version.objects.filter(
        dataset__namespace=namespace,
        dataset__name=name,
        dataset__listed=True,
        state__in=sorted(PUBLIC),
    )
    last = known.order_by("-published_at", "-id").values_list("number", flat=True)
    return "" if known.filter(state=State.PUBLISHED).exists() else last.first() or ""


def locate(
    actor: Actor, repository: Repository, revision: str, path: str, *, now: datetime
) -> Found | None:
    """The file at a revision of a repository: `main` (the published version), `v1.0`, a commit.

    Nothing that was never published is found, and nothing of a dataset that is not listed.
    """
    name, tier = repository.split()
    asked: dict[str, Any] = {
        "namespace": repository.namespace,
        "name": name,
        "tier": tier,
        "path": path,
        "user_id": actor.user_id or 0,  # nobody has the id 0: a stranger has accepted nothing
        "now": now,
    }
    tag = revision.removeprefix("refs/tags/")
    if revision in {"main", "refs/heads/main"}:
        row = _AT_MAIN.first(**asked)
        if row is None:  # no such file, or no version is current: then it answers as it ended
            number = _last(repository.namespace, name)
            row = _AT_TAG.first(number=number, **asked) if number else None
    elif tag.startswith("v"):
        row = _AT_TAG.first(number=tag[1:], **asked)
    else:
        row = _AT_COMMIT.first(commit=revision, **asked) if len(revision) == 40 else None
    if row is None:
        return None
    artefact, artefact.tier, artefact.version, artefact.version.dataset = split(
        row[: -len(_STANDING)], _PARTS
    )
    in_force, accepted, held_from, held_for = row[-len(_STANDING) :]
    number, _, sha256 = (in_force or "").partition(" ")
    signed, _, of_signed = (accepted or "").partition(" ")
    return Found(
        artefact,
        Standing(number, True, None, signed, of_signed) if signed else None,
        Standing(number, accepted=False, sha256=sha256),
        _owed(actor, held_from, held_for, now),
    )


def _owed(actor: Actor, begins: datetime | None, dataset: int, now: datetime) -> tuple[Owed, ...]:
    """All of it once the first has begun: then it matters which datasets they are."""
    if begins is None:
        return ()
    return owed_by(actor) if begins <= now else (Owed(begins, dataset),)
