"""Terms beside what they were: clauses with their changes marked, the table of uses."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from governance.terms import selectors, texts

if TYPE_CHECKING:
    from django import forms

    from governance.terms.models import Clause, TermsVersion

ANSWERS = {
    "permitted": ("Permitted", "ok"),
    "conditional": ("Conditional", "warn"),
    "forbidden": ("Forbidden", "bad"),
}
SHAPES = {"same": "{}", "in": "<ins>{}</ins>{}", "out": "<del>{}</del>{}"}


class Read(NamedTuple):
    """A clause as it is read, with changes marked since an earlier version."""

    number: int | None
    title: str
    box: "forms.BoundField | None"
    law: SafeString
    plain: SafeString
    state: str  # added | changed | removed | same, or nothing when there is nothing to compare
    hint: str


def clauses(
    since: "TermsVersion | None", now: "Sequence[Clause]", form: "forms.Form | None" = None
) -> list[Read]:
    """The clauses of `now`, in order; those that went come by `gone`."""
    if since is None:
        return [
            Read(
                each.number,
                each.title,
                _box(form, each.number),
                format_html("{}", each.law),
                format_html("{}", each.plain),
                "",
                "",
            )
            for each in now
        ]
    changes = texts.compare(selectors.clauses(since), now)
    return [_read(each, since.number, form) for each in changes if each.state != "removed"]


def _read(change: texts.Change, since: str, form: "forms.Form | None") -> Read:
    renamed = change.state == "changed" and change.title != change.title_before
    hints = {
        "added": f"New since terms {since}",
        "same": f"Word for word as in terms {since}",
        "changed": f"Changed since terms {since}"
        + (f"; it was called “{change.title_before}”" if renamed else ""),
        "removed": f"No longer there since terms {since}",
    }
    return Read(
        change.number,
        change.title,
        _box(form, change.number),
        marked(change.law),
        marked(change.plain),
        change.state,
        hints[change.state],
    )


def _box(form: "forms.Form | None", number: int | None) -> "forms.BoundField | None":
    return form[f"clause_{number}"] if form is not None and number is not None else None


def gone(since: "TermsVersion | None", now: "Sequence[Clause]") -> list[Read]:
    """Clauses that were there and are no longer."""
    if since is None:
        return []
    changes = texts.compare(selectors.clauses(since), now)
    return [_read(each, since.number, None) for each in changes if each.state == "removed"]


def differences(
    old: Sequence[texts.ClauseLike], new: Sequence[texts.ClauseLike], since: str
) -> list[Read]:
    """The same for a text that is not published yet, with those that went at the end."""
    return [_read(each, since, None) for each in texts.compare(old, new)]


def marked(pieces: Sequence[texts.Piece]) -> SafeString:
    """What came in as <ins> and what went as <del>; the space after a mark stands outside it."""
    return format_html_join("", "{}", ((_piece(each),) for each in pieces))


def _piece(piece: texts.Piece) -> SafeString:
    if piece.kind == "same":
        return format_html("{}", piece.text)
    bare = piece.text.rstrip()
    return format_html(SHAPES[piece.kind], bare, piece.text[len(bare) :] or " ")


def uses(since: "TermsVersion | None", terms: "TermsVersion") -> list[dict[str, Any]]:
    """The table of uses; what changed since the earlier version says so."""
    if since is None:
        return [_use(each, "") for each in terms.uses]
    return [_use(each, state) for state, each in texts.compare_uses(since.uses, terms.uses)]


def _use(use: Mapping[str, str], state: str) -> dict[str, Any]:
    answer = use.get("answer", "")
    return dict(use) | {"pill": ANSWERS.get(answer, (answer, "")), "state": state}
