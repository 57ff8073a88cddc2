"""What a rule is, what it finds, and what a judge may see of it.

A rule says where a value may stand; its judges, in order, say whether it does. A judge gets a
candidate and returns it, changed (another class, span or score) or not, or None: not private.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

REACH = 200  # code points that a judge looks at on either side, so that long lines stay cheap


class Found(NamedTuple):
    """A candidate: `text[start:end]` is the value, in code points; the match began at `head`."""

    text: str
    head: int
    start: int
    end: int
    cls: str
    rule: str
    score: float
    path: str = ""  # of the file, where it is known

    @property
    def value(self) -> str:
        """The candidate itself."""
        return self.text[self.start : self.end]

    @property
    def lead(self) -> str:
        """What the rule matched before the value, e.g. `api_key = "`."""
        return self.text[self.head : self.start]

    def before(self, count: int = REACH) -> str:
        """At most `count` code points of the same line before the value."""
        text = self.text[max(0, self.start - count) : self.start]
        return text[max(text.rfind("\n"), text.rfind("\r")) + 1 :]

    def after(self, count: int = REACH) -> str:
        """At most `count` code points of the same line behind the value."""
        text = self.text[self.end : self.end + count]
        ends = [at for at in (text.find("\n"), text.find("\r")) if at >= 0]
        return text[: min(ends)] if ends else text


Judge = Callable[[Found], Found | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern of one class.

    `pattern` is ASCII in the common part of hyperscan's and RE2's syntax: no look-around, no
    back-references, repeats up to 1000. Both read the text as UTF-8 bytes, so `[^"]` is a byte
    and `\\w` is ASCII. Its first group is the value; without a group the whole match is.
    `source` names what the format was taken from. `score` is how sure the rule is before a
    model has spoken. A rule that is not `enabled` is kept out of scans. `loose` judges are those
    that a model's candidates must pass (see `scoring`); a rule without them decides by itself.
    `finer` is a narrower class, under which a policy may have what the rule finds told apart.
    """

    name: str
    cls: str
    pattern: str
    source: str
    judges: tuple[Judge, ...] = ()
    score: float = 0.9
    enabled: bool = True
    loose: tuple[Judge, ...] = ()
    finer: str = ""

    def judge(self, found: Found) -> Found | None:
        """Ask the judges in turn; the first None ends it."""
        return _asked(self.judges, found)

    def propose(self, found: Found) -> Found | None:
        """Ask the loose judges: what they let through is for a model to decide."""
        return _asked(self.loose, found)


def _asked(judges: tuple[Judge, ...], found: Found) -> Found | None:
    for judge in judges:
        verdict = judge(found)
        if verdict is None:
            return None
        found = verdict
    return found


def only(test: Callable[[Found], bool]) -> Judge:
    """Make a judge of a yes-or-no question: what passes stays as it is."""

    def judge(found: Found) -> Found | None:
        return found if test(found) else None

    return judge
