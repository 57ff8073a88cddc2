"""A file at an address, and where somebody stands with the terms it is under: one query.

It stands before every byte, so it is composed once (`governance.prepared`) and brings all that the
usual decision needs; what a policy asks beyond that is read when it asks.
"""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from governance.audit.actors import Actor
from governance.catalogue.models import Artefact, Dataset, Tier, Version
from governance.catalogue.selectors import Repository
from governance.catalogue.states import PUBLIC, State
from governance.prepared import Columns, Prepared, every_column, split
from governance.terms.models import Acceptance, TermsVersion
from governance.terms.selectors import Standing

_PARTS = (
    every_column(Artefact),
    Columns(Tier, ("id", "dataset_id", "name", "policy"), "tier__"),
    Columns(
        Version,
        ("id", "dataset_id", "number", "state", "commit", "serve_until", "withdrawn_reason"),
        "version__",
    ),
    Columns(Dataset, ("id", "namespace", "name"), "version__dataset__"),
)


class Found(NamedTuple):
    artefact: Artefact  # with tier, version and version.dataset loaded
    terms: Standing


def _files(
    *, namespace: str, name: str, tier: str, path: str, user_id: int, now: datetime, **version: str
) -> QuerySet:
    in_force = TermsVersion.objects.filter(
        dataset=OuterRef("version__dataset"), effective_at__lte=now
    )
    accepted = Acceptance.objects.filter(user_id=user_id, terms_id=OuterRef("terms_in_force"))
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
        .annotate(terms_in_force=Subquery(in_force.values("pk")[:1]))
        .annotate(
            terms_number=Subquery(in_force.values("number")[:1]), terms_accepted=Exists(accepted)
        )
        .values_list(
            *(asked for part in _PARTS for asked in part.asked()), "terms_number", "terms_accepted"
        )
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
    elif tag.startswith("v"):
        row = _AT_TAG.first(number=tag[1:], **asked)
    else:
        row = _AT_COMMIT.first(commit=revision, **asked) if len(revision) == 40 else None
    if row is None:
        return None
    artefact, artefact.tier, artefact.version, artefact.version.dataset = split(row[:-2], _PARTS)
    return Found(artefact, Standing(row[-2] or "", bool(row[-1])))
