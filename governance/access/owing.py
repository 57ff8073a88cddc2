"""Copies that somebody must account for, and what that holds back. Pure, like the needs."""

from datetime import datetime
from typing import NamedTuple

from governance.errors import Step


class Owed(NamedTuple):
    """Copies of a dataset that somebody must account for, or new downloads wait from `begins`."""

    begins: datetime
    dataset_id: int
    dataset: str = ""  # NS/NAME; empty where only the time was read


class Owing(NamedTuple):
    """All that a person owes, seen from a file that they ask for."""

    owed: tuple[Owed, ...]  # the earliest first
    current: int | None  # dataset id, where the file is of its current version

    def held(self, at: datetime) -> bool:
        """Whether new downloads wait at a moment. The way out stays open: the current version of a
        dataset whose copies are owed, with the patches that lead to it."""
        begun = [each for each in self.owed if each.begins <= at]
        return bool(begun) and all(each.dataset_id != self.current for each in begun)

    @property
    def held_from(self) -> datetime | None:
        return next((each.begins for each in self.owed if self.held(each.begins)), None)

    def step(self, now: datetime) -> Step:
        slugs = sorted({each.dataset for each in self.owed if each.begins <= now} - {""})
        return Step(
            "copies",
            "Say what became of your copies",
            f"Your copies of {' and '.join(slugs) or 'a dataset'} are overdue: update or erase "
            "them and attest it. Until then only the current version that replaces them can be "
            "had.",
            "downloads",
            {},
            "See my copies",
        )
