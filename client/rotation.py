"""From the key that a reader pinned to the key that signs now.

When a log changes its key, the old key signs a *rotation statement*: a note over

    <origin>
    gatehouse-key-rotation/1
    <entries in the log at that moment>
    <root of the tree over them, base 64>
    <verifier key of the new key>

From this size on the new key signs, and the old key no longer counts. The root binds the new key
to the history that the old one had told. A key that was lost or stolen cannot sign a statement:
then readers must pin the new key by hand.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from . import checkpoint, notes
from .checkpoint import Checkpoint
from .errors import CheckpointError, NoteError, RotationError
from .notes import Verifier

KIND = "gatehouse-key-rotation/1"
MAX_ROTATIONS = 1000


@dataclass(frozen=True, slots=True)
class Rotation:
    """From `at.size` entries on, `verifier` signs for the log `at.origin`."""

    at: Checkpoint  # where the log stood; never with extension lines
    verifier: Verifier

    @property
    def text(self) -> str:
        size, root = str(self.at.size), notes.to_base64(self.at.root)
        return "\n".join((self.at.origin, KIND, size, root, str(self.verifier))) + "\n"

    def signed(self, private_key: Ed25519PrivateKey, name: str) -> str:
        """The statement, signed by the *old* key."""
        return notes.sign(self.text, private_key, name)


@dataclass(frozen=True, slots=True)
class Term:
    """A key, and the sizes of the log for which its signature counts, both ends included."""

    verifier: Verifier
    first: int = 0
    last: int | None = None  # None: until further notice


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys that a reader trusts, and what was signed about the log when they changed."""

    terms: tuple[Term, ...]
    handovers: tuple[Checkpoint, ...] = ()

    @classmethod
    def of(cls, *verifiers: Verifier) -> "Keyring":
        """Keys that were pinned by hand, for every size."""
        return cls(tuple(Term(verifier) for verifier in verifiers))

    def current(self) -> tuple[Verifier, ...]:
        """The keys that may sign the next checkpoint."""
        return tuple(term.verifier for term in self.terms if term.last is None)

    def open(self, note: str) -> Checkpoint:
        """A signed checkpoint, once a key whose term covers its size has verified it.

        Raises `NoteError` or `CheckpointError`.
        """
        opened = notes.read(note, [term.verifier for term in self.terms])
        found = checkpoint.parse(opened.text)
        for term in self.terms:
            end = found.size if term.last is None else term.last
            if term.verifier in opened.signers and term.first <= found.size <= end:
                return found
        raise CheckpointError(
            f"The checkpoint of {found.size} entries is signed by a key that did not count then: "
            "the log had replaced it, or not yet taken it."
        )


def parse(text: str) -> Rotation:
    """Read the text of a rotation statement; raises `RotationError`."""
    lines = text.split("\n")
    if len(lines) != 6 or lines[5] or lines[1] != KIND:
        raise RotationError("This is not a statement about a new key.")
    try:
        at = checkpoint.parse("\n".join((lines[0], lines[2], lines[3])) + "\n")
        return Rotation(at, Verifier.parse(lines[4]))
    except (CheckpointError, NoteError) as error:
        raise RotationError(f"A statement about a new key is malformed: {error}") from None


def verify_chain(
    pinned: Verifier | Iterable[Verifier], rotations: Sequence[str], *, origin: str | None = None
) -> Keyring:
    """Follow statements, the oldest first, from the pinned key to the current one.

    Statements before the pinned key came into use are passed over: they cannot be verified, and
    need not be. With `origin`, statements of another log are refused. Raises `RotationError`.
    """
    if len(rotations) > MAX_ROTATIONS:
        raise RotationError(f"More than {MAX_ROTATIONS} statements about new keys.")
    keys = [pinned] if isinstance(pinned, Verifier) else list(pinned)
    ring = Keyring.of(*keys)
    for number, note in enumerate(rotations[_entry_point(keys, rotations) :], 1):
        rotation, signer = _opened(note, ring.current(), number)
        if origin is not None and rotation.at.origin != origin:
            raise RotationError(f"Statement {number} about a new key is of another log.")
        ring = _followed(ring, rotation, signer)
    return ring


def _entry_point(keys: Sequence[Verifier], rotations: Sequence[str]) -> int:
    """Where to begin: after the last statement that brings in a key which is pinned anyway."""
    begin = 0
    for number, note in enumerate(rotations, 1):
        try:
            brought = parse(notes.split(note)[0]).verifier
        except (NoteError, RotationError):
            continue  # told when it is opened
        if brought in keys:
            begin = number
    return begin


def _opened(note: str, keys: Iterable[Verifier], number: int) -> tuple[Rotation, Verifier]:
    try:
        opened = notes.read(note, keys)
    except NoteError as error:
        raise RotationError(f"Statement {number} about a new key fails: {error}") from None
    return parse(opened.text), opened.signers[0]


def _followed(ring: Keyring, rotation: Rotation, signer: Verifier) -> Keyring:
    size = rotation.at.size
    terms = []
    for term in ring.terms:
        if term.verifier == signer and term.last is None:
            if size < term.first:
                raise RotationError("A key hands over before it came into use itself.")
            term = Term(signer, term.first, size)
        if term.verifier == rotation.verifier:
            raise RotationError("A key comes back that was already in use.")
        terms.append(term)
    terms.append(Term(rotation.verifier, size))
    return Keyring(tuple(terms), (*ring.handovers, rotation.at))
