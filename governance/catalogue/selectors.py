"""Questions about datasets and versions. Nothing here says who may have what: `access` does."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, F, Prefetch, Q, QuerySet, Sum, Value
from django.db.models.functions import Concat

from governance.audit.actors import Actor, Role
from governance.catalogue.models import (
    Artefact,
    Dataset,
    Hold,
    Purge,
    ReleaseNotes,
    Tier,
    Version,
    Winding,
)
from governance.catalogue.states import MOVES, PUBLIC, State
from governance.errors import MissingError

LONG = ("card", "charts", "preview", "stats", "difference")  # texts of a version


class Repository(NamedTuple):
    """A (dataset, tier) as file clients name it: `NS/NAME`, `NS/NAME-raw`."""

    namespace: str
    name: str

    def split(self, tiers: Iterable[str] = ("raw", "annotations")) -> tuple[str, str]:
        """(dataset name, tier name)."""
        for tier in tiers:
            if self.name.endswith(f"-{tier}"):
                return self.name.removesuffix(f"-{tier}"), tier
        return self.name, "processed"


def repository_name(dataset: Dataset, tier: str) -> str:
    return dataset.slug if tier == "processed" else f"{dataset.slug}-{tier}"


def listed() -> QuerySet[Dataset]:
    """The catalogue: datasets anyone may know of, each with `current` (a list of 0 or 1)."""
    return (
        Dataset.objects.filter(listed=True)
        .prefetch_related(
            "tiers",
            Prefetch(
                "versions",
                queryset=Version.objects.filter(state=State.PUBLISHED).defer(
                    "card", "charts", "preview"
                ),
                to_attr="current",
            ),
        )
        .order_by("namespace", "name")
    )


def every() -> QuerySet[Dataset]:
    return Dataset.objects.order_by("namespace", "name")


def dataset(namespace: str, name: str) -> Dataset:
    """The dataset, or `MissingError` (also for one that is not listed)."""
    found = Dataset.objects.filter(namespace=namespace, name=name, listed=True).first()
    if found is None:
        raise MissingError(f"There is no dataset {namespace}/{name}.")
    return found


def dataset_by_slug(slug: str) -> Dataset:
    """Any dataset, listed or not, by `NS/NAME`: for operators."""
    namespace, _, name = slug.partition("/")
    found = Dataset.objects.filter(namespace=namespace, name=name).first()
    if found is None:
        raise MissingError(f"There is no dataset {slug}: `manage.py collect` makes one.")
    return found


def tier(of: Dataset, name: str) -> Tier:
    found = Tier.objects.filter(dataset=of, name=name).first()
    if found is None:
        raise MissingError(f"{of.slug} has no tier {name}.")
    found.dataset = of
    return found


def tiers(of: Dataset) -> list[Tier]:
    return list(of.tiers.all())


def current(of: Dataset) -> Version | None:
    """The most recent usable version."""
    return Version.objects.filter(dataset=of, state=State.PUBLISHED).first()


def current_number(dataset_id: int) -> str:
    """The number of the most recent usable version; empty when there is none. One small query."""
    found = Version.objects.filter(dataset=dataset_id, state=State.PUBLISHED).order_by()
    return found.values_list("number", flat=True).first() or ""


def current_numbers(dataset_ids: Iterable[int]) -> dict[int, str]:
    """The same of many datasets, by their ids. One query."""
    found = Version.objects.filter(dataset__in=list(dataset_ids), state=State.PUBLISHED).order_by()
    return dict(found.values_list("dataset", "number"))


def successor_number(version_id: int) -> str:
    """The version to take in place of a withdrawn one; empty when there is none."""
    found = Version.objects.filter(pk=version_id).order_by()
    return found.values_list("successor__number", flat=True).first() or ""


def newest(of: Dataset) -> Version | None:
    """The version made last, in whatever state but rejected."""
    return Version.objects.filter(dataset=of).exclude(state=State.REJECTED).first()


def with_newest(datasets: QuerySet[Dataset]) -> list[tuple[Dataset, Version | None]]:
    """Datasets with the version of each that was made last, rejected ones apart. Two queries."""
    found = list(datasets)
    versions = Version.objects.filter(dataset__in=found).exclude(state=State.REJECTED)
    light = versions.defer("card", "charts", "preview", "stats", "difference").order_by("id")
    last = {each.dataset_id: each for each in light}
    return [(each, last.get(each.pk)) for each in found]


def public_versions(of: Dataset) -> QuerySet[Version]:
    """Versions that anyone may know of, newest first, without their long texts."""
    return (
        Version.objects.filter(dataset=of, state__in=PUBLIC)
        .select_related("successor", "purge")
        .defer("card", "charts", "preview", *(f"successor__{name}" for name in LONG))
        .order_by("-published_at", "-id")
    )


def version(of: Dataset, number: str, *, hidden: bool = False) -> Version:
    """A version by number; one that was never published only with `hidden`."""
    found = Version.objects.filter(dataset=of, number=number).exclude(state=State.REJECTED)
    if not hidden:
        found = found.filter(state__in=PUBLIC)
    chosen = found.first()
    if chosen is None:
        raise MissingError(f"{of.slug} has no version {number}.")
    chosen.dataset = of
    return chosen


def by_revision(of: Dataset, revision: str) -> Version | None:
    """`main`, `refs/heads/main`, a tag `v1.0` or a commit; None when nothing public has it."""
    known = Version.objects.filter(dataset=of, state__in=PUBLIC).defer("card", "charts", "preview")
    if revision in {"main", "refs/heads/main"}:
        newest = known.filter(state=State.PUBLISHED).first()
        return newest or known.order_by("-published_at", "-id").first()
    tag = revision.removeprefix("refs/tags/")
    if tag.startswith("v"):
        return known.filter(number=tag[1:]).first()
    return known.filter(commit=revision).first() if len(revision) == 40 else None


def artefacts(of: Version, tier_name: str | None = None) -> QuerySet[Artefact]:
    found = Artefact.objects.filter(version=of).select_related("tier").order_by("tier_id", "path")
    return found.filter(tier__name=tier_name) if tier_name else found


def shown_rows(of: Version) -> list[dict]:
    """The rows of its preview, without those that were removed since it was made."""
    unshown = set(of.unshown)
    return [row for row in of.preview if row["row_id"] not in unshown]


def smallest(of: Version, tier_name: str) -> Artefact | None:
    """The smallest file of a tier that is not withheld: one to try with."""
    return artefacts(of, tier_name).filter(withheld=False).order_by("size", "path").first()


def hashes(of: Version, tier_name: str, paths: Iterable[str]) -> dict[str, str]:
    """sha256 by path of those files that the version has. One query."""
    found = Artefact.objects.filter(version=of, tier__name=tier_name, path__in=list(paths))
    return dict(found.values_list("path", "sha256"))


class TierSize(NamedTuple):
    name: str
    files: int
    size: int
    rows: int


def sizes(of: Version) -> dict[str, TierSize]:
    """Files, bytes and rows by tier. One query."""
    found = (
        Artefact.objects.filter(version=of)
        .values("tier__name")
        .annotate(files=Count("id"), size=Sum("size"), rows=Sum("rows"))
    )
    return {
        each["tier__name"]: TierSize(each["tier__name"], each["files"], each["size"], each["rows"])
        for each in found
    }


def next_number(of: Dataset) -> str:
    """The number that a new version would have: minor plus one; 1.0 for the first."""
    numbers = [
        tuple(int(part) for part in number.split("."))
        for number in Version.objects.filter(dataset=of)
        .exclude(state=State.REJECTED)
        .values_list("number", flat=True)
    ]
    if not numbers:
        return "1.0"
    major, minor = max(numbers)[:2]
    return f"{major}.{minor + 1}"


# ------------------------------------------------------------------ what staff see


def kept_by(actor: Actor, *roles: Role) -> QuerySet[Dataset]:
    """Datasets on which this person can use one of the roles now."""
    if any(actor.acts_as(role) for role in roles):
        return every()
    return every().filter(pk__in=[at for role, at in actor.roles if actor.acts_as(role, at)])


def why_not(version: Version, actor: Actor, verb: str) -> str:
    """Why this person can't approve, review, reject or publish this version now; empty when they
    can.

    For pages, which say it beside the act. The verbs of `services` judge by themselves.
    """
    allowed = {Role.ADMIN} if verb == "publish" else {Role.STEWARD, Role.ADMIN}
    if not any(actor.acts_as(role, version.dataset_id) for role in allowed):
        told = "Only an admin" if verb == "publish" else "Only a steward or an admin"
        return f"{told} can {verb} a version."
    if verb in {"approve", "review", "publish"} and version.started_by == actor.user_id:
        return "You started this build: somebody else must do this."
    if verb == "publish" and version.approved_by == actor.user_id:
        return "You approved this version: another admin must publish it."
    if verb != "review" and version.state not in MOVES[verb].before:
        wanted = " or ".join(sorted(MOVES[verb].before))
        return f"The version must be {wanted} first; it is {version.state}."
    return ""


def editions(dataset_ids: Iterable[int]) -> list[tuple[int, str, datetime]]:
    """(dataset id, number, when its build began) of all public versions, oldest first."""
    found = Version.objects.filter(dataset__in=set(dataset_ids), state__in=PUBLIC)
    return list(found.order_by("made_at").values_list("dataset_id", "number", "made_at"))


def versions_of(slugs: Iterable[str]) -> dict[tuple[str, str], Version]:
    """Public versions of these datasets by (`NS/NAME`, number), without their long texts."""
    found = (
        Version.objects.filter(state__in=PUBLIC)
        .annotate(slug=Concat(F("dataset__namespace"), Value("/"), F("dataset__name")))
        .filter(slug__in=set(slugs))
        .defer("card", "charts", "preview", "stats", "difference")
    )
    return {(each.slug, each.number): each for each in found}


def notes_of(of: Version) -> ReleaseNotes | None:
    return ReleaseNotes.objects.filter(version=of).first()


# ------------------------------------------------------------------ what is closed


def hold_of(version: Version, *, now: datetime) -> Hold | None:
    """The legal hold on a version's bytes that is in force."""
    return Hold.objects.filter(version=version, lifted_at=None, until__gt=now).first()


def purge_of(version: Version) -> Purge | None:
    """The erasing of its bytes, once that was asked for."""
    return Purge.objects.filter(version=version).first()


def holds_of(version: Version) -> list[Hold]:
    """All legal holds that there were, newest first."""
    return list(Hold.objects.filter(version=version))


def served_beside(version: Version, *, now: datetime) -> list[Version]:
    """Other versions of the dataset that can be had, the current one first."""
    others = Version.objects.filter(dataset=version.dataset_id).exclude(pk=version.pk)
    served = others.filter(
        Q(state=State.PUBLISHED) | Q(state=State.SUPERSEDED, serve_until__gt=now)
    )
    return list(served.defer(*LONG).order_by("state", "-published_at"))


def windings_of(of: Dataset) -> list[Winding]:
    """Proposals to wind it down, the newest first."""
    return list(Winding.objects.filter(dataset=of))
