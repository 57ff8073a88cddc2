"""A text of terms: its clauses, what its sha256 is of, what may stand in it, what changed. Pure."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple, Protocol

from governance.errors import InvalidError

NUMBER = re.compile(r"\d{1,4}(\.\d{1,4}){0,2}")
ANSWERS = ("permitted", "conditional", "forbidden")
MOST_CLAUSES, MOST_USES = 60, 60
LONGEST = {"title": 200, "law": 8000, "plain": 4000, "use": 300, "condition": 300}  # characters
MOST_COMPARED = 4_000_000  # words times words; above it a text counts as replaced


class ClauseSpec(NamedTuple):
    title: str
    law: str
    plain: str


class Read(NamedTuple):
    """What a program says that it read; empty where it does not say."""

    number: str
    sha256: str


class ClauseLike(Protocol):
    """A clause as it was published or as it is drafted."""

    @property
    def title(self) -> str: ...
    @property
    def law(self) -> str: ...
    @property
    def plain(self) -> str: ...


def render_text(title: str, number: str, clauses: Sequence[ClauseSpec]) -> str:
    """The binding text: what the sha256 of an acceptance is taken of. UTF-8, `\\n` line ends."""
    parts = [f"{title}\nVersion {number}\n"]
    parts += [f"{at}. {each.title}\n\n{each.law}\n" for at, each in enumerate(clauses, start=1)]
    return "\n".join(parts)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# ------------------------------------------------------------------ what may be published


def check(
    *,
    number: str,
    title: str,
    clauses: Sequence[ClauseSpec],
    uses: Sequence[Mapping[str, str]],
) -> None:
    """Raise unless this can be published.

    Raises:
        InvalidError: `fields` names every part, e.g. `clause_2_law`, `use_1_answer`.
    """
    wrong: dict[str, str] = {}
    if not NUMBER.fullmatch(number):
        wrong["number"] = "Number the version like 2.0: digits and at most two dots."
    if not title.strip() or len(title) > LONGEST["title"]:
        wrong["title"] = f"Give a title of at most {LONGEST['title']} characters."
    if not 1 <= len(clauses) <= MOST_CLAUSES:
        wrong["clauses"] = f"Terms have between 1 and {MOST_CLAUSES} clauses."
    if len(uses) > MOST_USES:
        wrong["uses"] = f"The table holds at most {MOST_USES} uses."
    for at, clause in enumerate(clauses[:MOST_CLAUSES], start=1):
        wrong |= dict(_wrong_clause(at, clause))
    for at, use in enumerate(uses[:MOST_USES], start=1):
        wrong |= dict(_wrong_use(at, use, len(clauses)))
    if wrong:
        raise InvalidError("These terms can't be published yet.", fields=wrong)


def _wrong_clause(at: int, clause: ClauseSpec) -> Iterator[tuple[str, str]]:
    asked = {"title": "a title", "law": "the words that bind", "plain": "what it means in practice"}
    for part, words in asked.items():
        written = getattr(clause, part)
        if not written.strip():
            yield f"clause_{at}_{part}", f"Clause {at} lacks {words}."
        elif len(written) > LONGEST[part]:
            yield f"clause_{at}_{part}", f"Clause {at}: at most {LONGEST[part]} characters here."


def _wrong_use(at: int, use: Mapping[str, str], clauses: int) -> Iterator[tuple[str, str]]:
    if not use.get("use", "").strip():
        yield f"use_{at}_use", f"Say which use line {at} is about."
    if use.get("answer") not in ANSWERS:
        yield f"use_{at}_answer", f"Line {at}: choose permitted, conditional or forbidden."
    elif use["answer"] == "conditional" and not use.get("condition", "").strip():
        yield f"use_{at}_condition", f"Line {at}: say on which condition."
    for part in ("use", "condition"):
        if len(use.get(part, "")) > LONGEST[part]:
            yield f"use_{at}_{part}", f"Line {at}: at most {LONGEST[part]} characters here."
    clause = use.get("clause", "")
    if not (clause.isascii() and clause.isdigit() and 1 <= int(clause[:4]) <= clauses):
        yield f"use_{at}_clause", f"Line {at}: name the clause by its number, 1 to {clauses}."


# ------------------------------------------------------------------ what changed


class Piece(NamedTuple):
    kind: str  # same | in | out
    text: str


class Change(NamedTuple):
    """What became of one clause. `number` is None for one that went, `before` for one that came."""

    state: str  # added | removed | changed | same
    number: int | None
    before: int | None
    title: str
    title_before: str
    law: list[Piece]
    plain: list[Piece]


def compare(old: Sequence[ClauseLike], new: Sequence[ClauseLike]) -> list[Change]:
    """Clause by clause: those of `new` in order, then those that are no longer there."""
    pairs = _pairs(old, new)
    told = [_change(old, pairs.get(at), clause, at + 1) for at, clause in enumerate(new)]
    gone = [at for at in range(len(old)) if at not in pairs.values()]
    return told + [_removed(old[at], at + 1) for at in gone]


def _pairs(old: Sequence[ClauseLike], new: Sequence[ClauseLike]) -> dict[int, int]:
    """Which old clause a new one goes back to: the same title, or else most of its words."""
    by_title = {each.title: at for at, each in reversed(list(enumerate(old)))}
    pairs: dict[int, int] = {}
    for at, each in enumerate(new):
        was = by_title.get(each.title)
        if was is not None and was not in pairs.values():
            pairs[at] = was
    for at, each in enumerate(new):
        if at in pairs:
            continue
        left = [was for was in range(len(old)) if was not in pairs.values()]
        likest = max(left, key=lambda was: _alike(old[was].law, each.law), default=None)
        if likest is not None and _alike(old[likest].law, each.law) >= 0.5:
            pairs[at] = likest
    return pairs


def _alike(old: str, new: str) -> float:
    """Share of words in common, whatever their order: 0 to 1. Cheap."""
    return SequenceMatcher(None, old.split(), new.split(), False).quick_ratio()


def _change(old: Sequence[ClauseLike], was: int | None, clause: ClauseLike, at: int) -> Change:
    if was is None:
        law, plain = [Piece("in", clause.law)], [Piece("in", clause.plain)]
        return Change("added", at, None, clause.title, "", law, plain)
    before = old[was]
    same = (before.title, before.law, before.plain) == (clause.title, clause.law, clause.plain)
    return Change(
        "same" if same else "changed",
        at,
        was + 1,
        clause.title,
        before.title,
        words(before.law, clause.law),
        words(before.plain, clause.plain),
    )


def _removed(clause: ClauseLike, at: int) -> Change:
    law, plain = [Piece("out", clause.law)], [Piece("out", clause.plain)]
    return Change("removed", None, at, clause.title, clause.title, law, plain)


def words(old: str, new: str) -> list[Piece]:
    """`new` word by word, with what came in and what went out of `old`, each in its place."""
    before, after = re.findall(r"\S+\s*", old), re.findall(r"\S+\s*", new)
    if old == new:
        return [Piece("same", new)] if new else []
    if len(before) * len(after) > MOST_COMPARED:
        return [Piece("out", old), Piece("in", new)]
    bare = ([each.rstrip() for each in side] for side in (before, after))
    found: list[Piece] = []
    for kind, a, b, c, d in SequenceMatcher(None, *bare, False).get_opcodes():
        if kind == "equal":
            found.append(Piece("same", "".join(after[c:d])))
        if kind in {"delete", "replace"}:
            found.append(Piece("out", "".join(before[a:b])))
        if kind in {"insert", "replace"}:
            found.append(Piece("in", "".join(after[c:d])))
    # The last word of a text has no space after it, though a mark may follow it.
    spaced = [Piece(each.kind, f"{each.text.rstrip(' ')} ") for each in found[:-1]]
    return spaced + found[-1:]


def compare_uses(
    old: Sequence[Mapping[str, str]], new: Sequence[Mapping[str, str]]
) -> list[tuple[str, Mapping[str, str]]]:
    """Each line of the table of uses with `added`, `changed`, `same` or, at the end, `removed`."""
    known = {each["use"]: each for each in old}
    told: list[tuple[str, Mapping[str, str]]] = []
    for each in new:
        was = known.get(each["use"])
        changed = was is not None and any(
            was.get(part, "") != each.get(part, "") for part in ("answer", "condition")
        )
        told.append(("added" if was is None else "changed" if changed else "same", each))
    here = {each["use"] for each in new}
    return told + [("removed", each) for each in old if each["use"] not in here]
