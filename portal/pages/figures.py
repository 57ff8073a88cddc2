"""Figures of a version made ready to be drawn. What a build did not count is left out."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from portal.pages import words
from portal.templatetags.gatehouse import count, filesize

SHOWN = 10  # bars of a ranking; the others are one bar
# Stages through which every row goes. What later ones leave out (a sample has its size) is no loss.
STAGES = ("collect", "identify", "select", "redact")

WHY = {  # why a row went or changed
    "removed": "Taken out on request",
    "reported": "Taken out after a report",
    "no-licence": "No licence any more",
    "licence-outside-set": "Licence outside the set",
    "header-licence": "Another licence in its header",
    "private-information": "Private information in it",
    "private-information-in-path": "Private information in its path",
    "not-collected": "Gone upstream",
    "not-told": "Not known",
    "licences": "Other licences",
    "source": "Another repository stands for it",
    "text": "Redacted or described anew",
    "new": "New",
}

CLASSES = {
    "EMAIL": "E-mail address",
    "EMAIL_LICENSE": "E-mail address in a licence notice",
    "EMAIL_EXAMPLE": "E-mail address of nobody",
    "IP_ADDRESS": "Network address",
    "KEY": "Key or token",
    "PRIVATE_KEY": "Private-key block",
    "PASSWORD": "Password",
    "URL_CREDENTIALS": "Password in an address",
    "PAYMENT_CARD": "Payment card",
    "NATIONAL_ID": "National id",
    "PHONE": "Telephone number",
    "NAME": "Name",
    "NAME_LICENSE": "Name in a licence notice",
    "NAME_EXAMPLE": "Name of nobody",
    "USERNAME": "User name",
    "USERNAME_LICENSE": "User name in a licence notice",
    "USERNAME_EXAMPLE": "User name of nobody",
    "ID": "Identity number",
}


class Part(NamedTuple):
    """A part of a whole: `share` from 0 to 1, `value` rows or things."""

    label: str
    value: int
    share: float
    size: int = 0  # bytes
    rest: bool = False


def languages(stats: Mapping[str, Any]) -> list[Part]:
    """By bytes of the original files, the most first."""
    found = stats.get("languages") or {}
    total = sum(part["bytes"] for part in found.values())
    parts = [
        Part(name or "Unknown", part["rows"], _share(part["bytes"], total), part["bytes"])
        for name, part in found.items()
    ]
    return sorted(parts, key=lambda part: (-part.size, part.label))


def licences(stats: Mapping[str, Any]) -> list[Part]:
    """By rows, of all rows: a row that rests on two licences counts under both."""
    found, total = stats.get("licences") or {}, stats.get("rows") or 0
    parts = [
        Part(name, part["rows"], _share(part["rows"], total), part["bytes"])
        for name, part in found.items()
    ]
    return sorted(parts, key=lambda part: (-part.value, part.label))


def redactions(stats: Mapping[str, Any]) -> list[Part]:
    """Values replaced, by class."""
    return ranked(
        {
            CLASSES.get(name, name): value
            for name, value in (stats.get("redactions") or {}).get("classes", {}).items()
        }
    )


def ranked(counts: Mapping[str, int], total: int | None = None) -> list[Part]:
    """Counts by name, the most first, with their shares of `total`, or else of their sum."""
    total = sum(counts.values()) if total is None else total
    parts = [Part(name or "Unknown", value, _share(value, total)) for name, value in counts.items()]
    return sorted(parts, key=lambda part: (-part.value, part.label))


def top(parts: list[Part], most: int = SHOWN) -> list[Part]:
    """The first `most` parts and all others as one."""
    if len(parts) <= most + 1:
        return parts
    others = parts[most:]
    rest = Part(
        f"{count(len(others))} others",
        sum(part.value for part in others),
        sum(part.share for part in others),
        sum(part.size for part in others),
        rest=True,
    )
    return [*parts[:most], rest]


def _share(part: int, total: int) -> float:
    return part / total if total else 0.0


def kept_sentence(stats: Mapping[str, Any]) -> str:
    """What the chart `kept` shows, in words, for those who do not see it."""
    told = [
        f"{stage} kept {count(held['rows_out'])} and dropped {count(held['rows_dropped'])}"
        for stage, held in (stats.get("stages") or {}).items()
        if stage in STAGES
    ]
    return "Rows by stage: " + "; ".join(told) if told else "Rows by stage"


class Dropped(NamedTuple):
    stage: str
    reason: str
    old: int
    new: int
    change: int


class Difference(NamedTuple):
    """What changed against the version before; empty lists where nothing did."""

    totals: list[tuple[str, str, str, str]]  # name, before, now, change
    shares: list[Part]  # unchanged, changed, new
    kinds: list[dict[str, Any]]
    dropped: list[Dropped]
    files: list[tuple[str, dict[str, int]]]
    removed: int
    folded: bool  # some groups are told together


_TOTALS = (
    ("Rows", count, "rows"),
    ("Source", filesize, "bytes"),
    ("Repositories", count, "repositories"),
)
_KINDS = (("added", "New rows"), ("removed", "Rows gone"), ("changed", "Rows changed"))


def difference(told: Mapping[str, Any]) -> Difference | None:
    """The stored difference of a version made ready to be drawn; None when none was counted."""
    if not told:
        return None
    rows, totals = told["rows"], told["totals"]
    counts = {
        "Unchanged": told["unchanged"],
        "Changed": rows["changed"]["rows"],
        "New": rows["added"]["rows"],
    }
    whole = sum(counts.values())
    return Difference(
        totals=[
            (
                name,
                told_as(totals["old"][key]),
                told_as(totals["new"][key]),
                _change(totals, key, told_as),
            )
            for name, told_as, key in _TOTALS
        ],
        shares=[Part(name, value, _share(value, whole)) for name, value in counts.items() if value],
        kinds=[_kind(key, title, rows[key]) for key, title in _KINDS if rows[key]["rows"]],
        dropped=list(_dropped(told["dropped"])),
        files=list(told.get("files", {}).items()),
        removed=rows["removed"]["rows"],
        folded=any(any((rows[key].get("others") or {}).values()) for key, _ in _KINDS),
    )


def _change(totals: Mapping[str, Mapping[str, int]], key: str, told_as: Callable) -> str:
    """With its sign: `+12`, a true minus, or `0`."""
    change = totals["new"][key] - totals["old"][key]
    sign = "+" if change > 0 else "\N{MINUS SIGN}" if change < 0 else ""
    return sign + told_as(abs(change))


def _kind(key: str, title: str, held: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "key": key,
        "title": title,
        "rows": held["rows"],
        "bytes": held["bytes"],
        "reasons": _group(held, "reasons"),
        "languages": _group(held, "languages"),
        "licences": _group(held, "licences"),
        "others": held.get("others") or {},
    }


def _group(held: Mapping[str, Any], group: str) -> list[Part]:
    """The rows of a kind by reason, language or licence; what is told together comes last."""
    counts = held.get(group) or {}
    if group == "reasons":
        counts = {WHY.get(name, words.reason(name)): rows for name, rows in counts.items()}
    rest = (held.get("others") or {}).get(group, 0)
    parts = top(ranked(counts, held["rows"]), 8)
    if rest:
        label = "Others, told together" if parts else "Not told apart"
        parts.append(Part(label, rest, _share(rest, held["rows"]), rest=True))
    return parts


def _dropped(told: Mapping[str, Mapping[str, Mapping[str, int]]]) -> Iterable[Dropped]:
    for stage in (stage for stage in STAGES if stage in told):
        reasons = told[stage]
        for reason, counts in reasons.items():
            old, new = counts["old"], counts["new"]
            if old is None or new is None:
                continue  # what people asked for is told to staff alone
            yield Dropped(stage, WHY.get(reason, words.reason(reason)), old, new, new - old)
