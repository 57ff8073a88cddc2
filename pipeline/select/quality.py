"""Named, versioned quality profiles: which contents are worth training on. None is the default.

The bounds are those that the makers of The Stack and of StarCoder used before training. They look
at figures of a content, never at its text, so a profile costs nothing and can be changed without
reading a text again. A content is counted under the first bound that it breaks.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc


class Bound(NamedTuple):
    """A content whose `column` is outside `least` to `most` is dropped under `reason`."""

    reason: str
    column: str  # of the facts of a content
    least: float | None = None
    most: float | None = None
    languages: frozenset[str] = frozenset()  # only these, when there are any


@dataclass(frozen=True, slots=True)
class Profile:
    """Bounds under a name. A published profile never changes: a change is a new version."""

    name: str
    version: int
    promise: str  # a sentence for readers
    bounds: tuple[Bound, ...] = ()
    generated: bool = True  # may what a tool wrote stay?

    @property
    def digest(self) -> str:
        """32 hex digits over name, version and bounds."""
        told = [(*bound[:4], sorted(bound.languages)) for bound in self.bounds]
        text = repr((self.name, self.version, told, self.generated))
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def refusals(self, facts: pa.Table, places: pa.Table) -> Iterator[tuple[str, pa.ChunkedArray]]:
        """For each bound its reason and a mask of the contents that break it.

        `facts` are of contents, `places` the chosen place of each, in the same order.
        """
        if not self.generated:
            yield "quality-generated", pc.fill_null(places["is_generated"], False)
        for bound in self.bounds:
            value = facts[bound.column]
            mask = pc.equal(pc.is_null(value), True)  # what was not measured does not pass
            if bound.least is not None:
                mask = pc.or_kleene(mask, pc.less(value, bound.least))
            if bound.most is not None:
                mask = pc.or_kleene(mask, pc.greater(value, bound.most))
            if bound.languages:
                named = pa.array(sorted(bound.languages), pa.string())
                mask = pc.and_(mask, pc.is_in(places["lang"], value_set=named))
            yield bound.reason, mask


NONE = Profile("none", 1, "No content is left out for its quality.")

_LONGEST = Bound("quality-line-length", "max_line_length", most=1_000)
_MEAN = Bound("quality-mean-line-length", "avg_line_length", most=100)
_LETTERS = Bound("quality-few-letters", "alphanum_fraction", least=0.25)
_DATA = frozenset(["JSON", "YAML", "XML", "CSV"])

BASIC = Profile(
    "basic",
    1,
    "No line is longer than 1,000 characters, lines have 100 characters on average at most, and a "
    "quarter of the characters are letters or digits.",
    (_LONGEST, _MEAN, _LETTERS),
)

TRAINING = Profile(
    "training",
    1,
    "As basic; besides, nothing that a tool wrote, and data files between 50 and 5,000 bytes only.",
    (_LONGEST, _MEAN, _LETTERS, Bound("quality-data-size", "size", 50, 5_000, _DATA)),
    generated=False,
)

PROFILES: Mapping[str, Profile] = MappingProxyType(
    {one.name: one for one in (NONE, BASIC, TRAINING)}
)


def get(name: str) -> Profile:
    """The newest profile of that name. Raises ValueError with the names there are."""
    if name not in PROFILES:
        raise ValueError(f"There is no quality profile {name!r}; there are: {', '.join(PROFILES)}.")
    return PROFILES[name]
