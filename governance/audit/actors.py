"""Who acts, and how they came: the value that every verb takes and every entry copies.

Built in one place (`portal.accounts.actors`), so that a role or a second factor is never guessed
further down. It is a copy: it outlives the session, and holds what the record must say.
"""

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Role(StrEnum):
    STEWARD = "steward"
    ADMIN = "admin"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a token may be used for at most."""

    name: str
    dataset: str = ""  # NS/NAME, or empty for every dataset
    scope: str = "read"


class RolesWhenAsked(AbstractSet):
    """Roles that are read when somebody first asks: most downloads never do."""

    def __init__(self, read: Callable[[], frozenset[tuple[Role, int | None]]]) -> None:
        self._read, self._known = read, None

    def _roles(self) -> frozenset[tuple[Role, int | None]]:
        if self._known is None:
            self._known = self._read()
        return self._known

    def __contains__(self, role: object) -> bool:
        return role in self._roles()

    def __iter__(self) -> Iterator[tuple[Role, int | None]]:
        return iter(self._roles())

    def __len__(self) -> int:
        return len(self._roles())


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, a stranger (`user_id` None) or the house itself (`system`)."""

    user_id: int | None = None
    email: str = ""
    name: str = ""
    verified: bool = False  # the address was confirmed
    second_factor: bool = False  # used in this session, or when the token was made
    has_second_factor: bool = False  # one is enrolled
    roles: AbstractSet[tuple[Role, int | None]] = frozenset()  # (role, dataset id; None: all)
    token: Limits | None = None
    system: bool = False
    address: str = field(default="", repr=False)
    agent: str = field(default="", repr=False)
    request_id: str = ""

    @property
    def signed_in(self) -> bool:
        return self.user_id is not None

    def holds(self, role: Role, dataset_id: int | None = None) -> bool:
        """Whether the role is held everywhere, or on this dataset."""
        return (role, None) in self.roles or (role, dataset_id) in self.roles

    def acts_as(self, role: Role, dataset_id: int | None = None) -> bool:
        """Whether the role can be used now: held, with the second factor used, not by a token."""
        return self.holds(role, dataset_id) and self.second_factor and self.token is None

    @property
    def is_staff(self) -> bool:
        return bool(self.roles)

    def without_factor(self) -> "Actor":
        return replace(self, second_factor=False)


STRANGER = Actor()
HOUSE = Actor(name="Gatehouse", system=True, second_factor=True)
