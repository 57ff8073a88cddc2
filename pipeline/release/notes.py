"""The first words of a version's release notes, from the difference as anyone may read it."""

from collections.abc import Iterator, Mapping

from .cardtext import size
from .work import Json

WORDS = {  # reason -> how a sentence says it
    "removed": "taken out on request",
    "reported": "taken out after a report",
    "no-licence": "without a licence any more",
    "licence-outside-set": "under a licence that is not in the set",
    "header-licence": "with a header under another licence",
    "malware": "found to be malware",
    "too-large": "too large",
    "empty": "empty",
    "duplicate": "the same as another row",
    "private-information": "left out for private information in them",
    "not-collected": "no longer found where they were collected",
    "not-told": "for a reason that is not known",
}
LANGUAGES = 5  # that a sentence names


def draft(told: Json, number: str, parent: str | None) -> str:
    """Markdown, a few lines; every figure is one of `told`, so it names no small group."""
    rows, totals = told["rows"], told["totals"]
    now = totals["new"]
    lines = [
        f"Version {number} holds {now['rows']:,} source files ({size(now['bytes'])}) from "
        f"{now['repositories']:,} repositories."
    ]
    if parent is None:
        return "\n".join([*lines, "", "It is the first version.", ""])
    lines += ["", f"Since version {parent}:", ""]
    lines += list(_points(rows))
    lines += ["", f"{told['unchanged']:,} rows are as they were."]
    if rows["removed"]["rows"]:
        lines += ["", f"Who holds {parent} owes the step to {number}: rows left it for a reason."]
    return "\n".join([*lines, ""])


def _points(rows: Mapping[str, Json]) -> Iterator[str]:
    added, removed, changed = rows["added"], rows["removed"], rows["changed"]
    if added["rows"]:
        yield f"- {_rows(added, 'is', 'are')} new{_in_languages(added)}."
    if removed["rows"]:
        yield f"- {_rows(removed, 'is', 'are')} gone{_for_reasons(removed)}."
    if changed["rows"]:
        yield f"- {_rows(changed, 'has', 'have')} changed{_in_languages(changed)}."
    if not (added["rows"] or removed["rows"] or changed["rows"]):
        yield "- no row changed."


def _rows(held: Json, one: str, many: str) -> str:
    return f"1 row {one}" if held["rows"] == 1 else f"{held['rows']:,} rows {many}"


def _in_languages(held: Json) -> str:
    named = [name for name in held["languages"] if name][:LANGUAGES]
    return f", most of them in {_and(named)}" if named and held["rows"] else ""


def _for_reasons(held: Json) -> str:
    parts = [
        f"{count:,} {WORDS.get(reason, reason.replace('-', ' '))}"
        for reason, count in held["reasons"].items()
    ]
    others = held["others"]["reasons"]
    if others and parts:
        parts.append(f"{others:,} for other reasons")
    return f": {_and(parts)}" if parts else ""


def _and(parts: list[str]) -> str:
    return ", ".join(parts[:-1]) + f" and {parts[-1]}" if len(parts) > 1 else "".join(parts)
