"""Who acts, and how they came: the value that every verb takes and every entry copies.

Built in one place (`portal.accounts.actors`), so that a role or a second factor is never guessed
further down. It is a copy: it outlives the session, and holds what the record must say.
"""

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from governance import dates
from governance.errors import RefusedError, Step


class Role(StrEnum):
    STEWARD = "steward"
    ADMIN = "admin"
    AUDITOR = "auditor"


class Scope(StrEnum):
    """What a token may be used for; each one includes those before it."""

    READ = "read"  # list and download
    ACT = "act"  # also sign terms and apply, in its owner's name
    REVIEW = "review"  # also answer applications, as a steward; asks for the second factor
    OPERATE = "operate"  # also build, approve, publish on the operator's command line, likewise


CARRY_FACTOR = frozenset({Scope.REVIEW, Scope.OPERATE})  # not made without the second factor


@dataclass(frozen=True, slots=True)
class Limits:
    """What a token may be used for at most."""

    name: str
    dataset: str = ""  # NS/NAME, or empty for every dataset
    scope: str = Scope.READ
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Suspended:
    """That somebody is kept out: why, until when (None: until it is lifted), whom to ask."""

    reason: str
    contact: str
    ends: datetime | None = None

    @property
    def step(self) -> Step:
        until = f" until {dates.moment(self.ends)}" if self.ends else ""
        return Step(
            "suspended",
            "Your account is suspended",
            f"Your account is suspended{until}: {' '.join(self.reason.split()).rstrip('.')}. "
            f"Write to {self.contact} if this is wrong.",
            "account",
            {},
            "See your account",
        )


class ReadWhenAsked(AbstractSet):
    """A set that is read when somebody first asks: most downloads never do."""

    def __init__(self, read: Callable[[], frozenset]) -> None:
        self._read = read
        self._known: frozenset | None = None

    def _items(self) -> frozenset:
        if self._known is None:
            self._known = self._read()
        return self._known

    def __contains__(self, item: object) -> bool:
        return item in self._items()

    def __iter__(self) -> Iterator:
        return iter(self._items())

    def __len__(self) -> int:
        return len(self._items())


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, a stranger (`user_id` None) or the house itself (`system`).

    Who is suspended has no roles, binds themselves to nothing and opens nothing: whoever asks
    `roles`, `may_act` or the rule is told so without thinking of it.
    """

    user_id: int | None = None
    email: str = ""
    name: str = ""
    verified: bool = False  # the address was confirmed
    second_factor: bool = False  # used in this session, or when the token was made
    has_second_factor: bool = False  # one is enrolled
    identities: AbstractSet[str] = frozenset()  # providers of linked ones, e.g. orcid, github
    roles: AbstractSet[tuple[Role, int | None]] = frozenset()  # (role, dataset id; None: all)
    token: Limits | None = None
    system: bool = False
    suspended: Suspended | None = None
    address: str = field(default="", repr=False)
    agent: str = field(default="", repr=False)
    request_id: str = ""

    def __post_init__(self) -> None:
        if self.suspended is not None:
            object.__setattr__(self, "roles", frozenset())  # frozen: this is the making of it

    @property
    def signed_in(self) -> bool:
        return self.user_id is not None

    def holds(self, role: Role, dataset_id: int | None = None) -> bool:
        """Whether the role is held everywhere, or on this dataset."""
        return (role, None) in self.roles or (role, dataset_id) in self.roles

    def acts_as(self, role: Role, dataset_id: int | None = None) -> bool:
        """Whether the role can be used now: held by somebody whose address is confirmed, with the
        second factor used, not by a token."""
        proved = self.verified and self.second_factor and self.token is None
        return proved and self.holds(role, dataset_id)

    def reaches(self, dataset: str) -> bool:
        """Whether the token, if there is one, was made for this dataset (NS/NAME)."""
        return self.token is None or self.token.dataset in {"", dataset}

    def may_act(self, dataset: str) -> bool:
        """Whether this can bind the person on a dataset: a session, or a token made for it."""
        if self.suspended is not None:
            return False
        return self.token is None or (self.token.scope != Scope.READ and self.reaches(dataset))

    def may_review(self, dataset: str, dataset_id: int) -> bool:
        """Whether the steward's role can be used now: as `acts_as`, or by a token made for it."""
        if self.token is None:
            return self.acts_as(Role.STEWARD, dataset_id)
        by_token = self.token.scope in CARRY_FACTOR and self.reaches(dataset)
        proved = self.verified and self.second_factor
        return by_token and proved and self.holds(Role.STEWARD, dataset_id)

    def require_standing(self) -> None:
        """The first line of a verb by which somebody acts: `RefusedError` for who is suspended."""
        if self.suspended is not None:
            raise RefusedError([self.suspended.step])

    @property
    def is_staff(self) -> bool:
        return bool(self.roles)

    def without_factor(self) -> "Actor":
        return replace(self, second_factor=False)


STRANGER = Actor()
HOUSE = Actor(name="Gatehouse", system=True, second_factor=True)
