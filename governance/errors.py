"""Refusals of the rules: a code for programs, a sentence and a next step for people.

GovernanceError
  NotPermittedError   the person lacks the role, or may not do this to their own thing
  MissingError        there is no such thing, or it may not be known that there is
  WrongStateError     the thing is not in a state in which this can be done
  InvalidError        what was given can't be used; `fields` says which part
  RefusedError        a decision of `decide()`; carries every missing step

Sentences are one line and ASCII where they may travel in a header. HTTP is the portal's business.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Step(NamedTuple):
    """One thing a person has to do, and where. `route` names a page of the portal."""

    code: str
    title: str
    sentence: str
    route: str = ""
    params: Mapping[str, str] = {}
    action: str = ""  # words of the button


class GovernanceError(Exception):
    code = "refused"

    def __init__(self, sentence: str, *, step: Step | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.steps: Sequence[Step] = (step,) if step else ()


class NotPermittedError(GovernanceError):
    code = "not_permitted"


class MissingError(GovernanceError):
    code = "missing"


class WrongStateError(GovernanceError):
    code = "wrong_state"


class InvalidError(GovernanceError):
    code = "invalid"

    def __init__(self, sentence: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.fields = dict(fields or {})


class RefusedError(GovernanceError):
    """Refused by `decide()`; the first missing step gives the code and the sentence."""

    def __init__(self, steps: Sequence[Step]) -> None:
        super().__init__(steps[0].sentence)
        self.code = steps[0].code
        self.steps = tuple(steps)
