"""Checkpoints of a log, as the C2SP specification tlog-checkpoint writes them.

The text says of which log (origin), how many entries, and the root of the Merkle tree over them.
Signed as a note it is the log's promise never to tell another history of these entries.
"""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from . import notes, tree
from .errors import CheckpointError

_MAX_LINES = 1000


@dataclass(frozen=True, slots=True)
class Checkpoint:
    origin: str  # one line; names the log, e.g. `data.example.org/audit`
    size: int  # entries
    root: bytes  # 32 bytes
    extensions: tuple[str, ...] = ()  # further signed lines, of no meaning to a verifier

    def __post_init__(self) -> None:
        lines = (self.origin, *self.extensions)
        if any(not line or "\n" in line for line in lines) or len(lines) > _MAX_LINES:
            raise CheckpointError("Origin and extension lines of a checkpoint are one line each.")
        if not 0 <= self.size <= tree.MAX_SIZE:
            raise CheckpointError("The checkpoint tells an impossible number of entries.")
        if len(self.root) != tree.HASH_SIZE:
            raise CheckpointError("The root in the checkpoint has not 32 bytes.")
        if self.size == 0 and self.root != tree.EMPTY_ROOT:
            raise CheckpointError("The checkpoint of an empty log has the root of another one.")

    @property
    def text(self) -> str:
        """The text to be signed."""
        lines = (self.origin, str(self.size), notes.to_base64(self.root), *self.extensions)
        return "\n".join(lines) + "\n"

    def signed(self, private_key: Ed25519PrivateKey, name: str) -> str:
        """The checkpoint as a signed note; `name` should be the origin."""
        return notes.sign(self.text, private_key, name)


def parse(text: str) -> Checkpoint:
    """Read the text of a checkpoint, without its signatures; raises `CheckpointError`."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() or not is_size(lines[1]):
        raise CheckpointError("This is not the text of a checkpoint: origin, size, root.")
    root = notes.from_base64(lines[2])
    if root is None:
        raise CheckpointError("The root in the checkpoint is not base 64.")
    return Checkpoint(lines[0], int(lines[1]), root, tuple(lines[3:]))


def unverified(note: str) -> Checkpoint:
    """What a signed checkpoint claims, without a look at its signatures."""
    return parse(notes.split(note)[0])


def is_size(text: str) -> bool:
    """Whether this is a number of entries in its one spelling."""
    plain = text.isascii() and text.isdigit() and len(text) <= 19
    return plain and (text == "0" or text[0] != "0")
