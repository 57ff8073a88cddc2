"""What must be true before a version comes out. Computed by what knows it, never ticked.

Plain values and one rule; `pipeline.engine.publishing` computes them, `services.publish_version`
asks for all of them.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from governance.errors import Step, WrongStateError

ITEMS = ("verify", "removals", "redaction", "card", "difference")  # each of them, in this order


class Mark(StrEnum):
    MET = "met"
    OPEN = "open"  # stands against it
    UNMEASURED = "not_measured"  # nobody knows: never the same as met
    ACCEPTED = "accepted"  # not measured, and two people answer for that


class Item(NamedTuple):
    """One line: what is asked, how it stands, from what that was computed, and what to do."""

    code: str
    title: str
    mark: Mark
    evidence: str  # one sentence or two, with figures
    step: str = ""  # what is to be done, by whom; empty when nothing is
    blocks: bool = False


class ChecklistError(WrongStateError):
    """Lines of the checklist stand against it; `steps` holds one for each."""

    def __init__(self, number: str, items: Sequence[Item]) -> None:
        first = items[0]
        told = f"Version {number} can't come out yet: {first.title}. {first.evidence} {first.step}"
        more = f" And {len(items) - 1} more of the checklist." if len(items) > 1 else ""
        super().__init__(f"{told.strip()}{more}")
        self.steps = tuple(
            Step(item.code, item.title, f"{item.evidence} {item.step}".strip()) for item in items
        )


def standing_against(items: Iterable[Item]) -> list[Item]:
    """The lines that stand against it; a line that was not computed is a bug, and raises."""
    told = list(items)
    missing = set(ITEMS) - {item.code for item in told}
    if missing:
        raise ValueError(f"not computed: {', '.join(sorted(missing))}")
    return [item for item in told if item.blocks or item.mark is Mark.OPEN]
