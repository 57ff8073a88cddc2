"""Where a model speaks: it scores the candidates of rules that can't decide by themselves.

A rule for a key of a known service needs no model: its format is proof. A generic assignment, a
password or a name has no format; its rule carries `loose` judges beside the strict ones. Without
a scorer the strict ones decide. With one, whatever the loose ones let through is scored, and kept
if the score reaches the threshold of its class; the score becomes that of the span.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from .found import Found


class Candidate(NamedTuple):
    """What a model is asked about: a place in a text, and what the rules make of it.

    `found` holds the text, the place (code points), class, rule, the rule's own score, and the
    path of the file if it is known. `strict` tells that the rule's judges would keep it; `found`
    is then as they left it (class and place may have been changed by them).
    """

    found: Found
    strict: bool


@runtime_checkable
class Scorer(Protocol):
    """A model. Pure: the same candidates have the same scores, in any order and any batch.

    `name` stands on the card. `digest` names weights and code: rows are looked at again when it
    changes. `thresholds` says by class from which score on a candidate is a value; the
    candidates of a class that it leaves out are decided by their rules.
    """

    name: str
    digest: str
    thresholds: Mapping[str, float]

    def score(self, candidates: Sequence[Candidate]) -> Sequence[float]:
        """For each candidate the calibrated chance, 0 to 1, that it is what its class says.

        Called once a text, with the candidates in the order of the rules; never with none. What
        a model looks at is its own affair, but bounded: a text may have 100,000 candidates.
        """
        ...


def decided(candidates: Iterable[Candidate], scorer: Scorer | None) -> Iterator[Found]:
    """What is kept of the candidates: by the scorer where it knows the class, else by the rules.

    Raises:
        ValueError: the scorer gave another number of scores than it was asked for.
    """
    asked: list[Candidate] = []
    for candidate in candidates:
        if scorer is not None and candidate.found.cls in scorer.thresholds:
            asked.append(candidate)
        elif candidate.strict:
            yield candidate.found
    if scorer is None or not asked:
        return
    scores = scorer.score(asked)
    if len(scores) != len(asked):
        raise ValueError(f"{scorer.name} gave {len(scores)} scores for {len(asked)} candidates.")
    for candidate, score in zip(asked, scores, strict=True):
        if score >= scorer.thresholds[candidate.found.cls]:
            yield candidate.found._replace(score=float(score))


def shipped() -> Scorer | None:
    """The model that comes with this release; None while none does, and the rules decide alone."""
    return None
