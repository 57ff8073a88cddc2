"""The key that signs checkpoints: a file that only its owner reads, never in the database.

The name in the key is the origin of the log; it stays when the key changes.
"""

import contextlib
import os
import secrets
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from client import notes
from client.errors import NoteError
from governance.errors import MissingError, WrongStateError


class Signer(NamedTuple):
    private: Ed25519PrivateKey
    origin: str

    @property
    def verifier(self) -> notes.Verifier:
        return notes.verifier_of(self.private, self.origin)


def load() -> Signer:
    """The signing key.

    Raises:
        MissingError: there is no key file; the sentence names the command that makes one.
        WrongStateError: the file holds no key.
    """
    return _read(_file())


def _file() -> Path:
    return Path(settings.AUDIT_KEY_FILE)


def _read(file: Path) -> Signer:
    try:
        text = file.read_text()
    except FileNotFoundError as error:
        raise MissingError(
            "There is no signing key: `manage.py audit new-key` makes one."
        ) from error
    try:
        return Signer(*notes.read_private_key(text))
    except NoteError as error:
        raise WrongStateError(
            "The file of the signing key holds no key that can be read."
        ) from error


def make(origin: str) -> Signer:
    """A new key, kept nowhere yet."""
    if not notes.is_name(origin):
        raise WrongStateError(f"'{origin}' can't name a log: write it like data.example.org/log.")
    return Signer(Ed25519PrivateKey.generate(), origin)


def keep(signer: Signer) -> None:
    """Write the first key to its file, readable by its owner alone, whole or not at all.

    Raises:
        WrongStateError: there is a key already.
    """
    _write(signer, _file(), replace=False)


def _write(signer: Signer, file: Path, *, replace: bool) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A name of its own: threads of one process may be at it together.
    draft = file.with_name(f".{file.name}-{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as opened:
            opened.write(notes.private_key_text(signer.private, signer.origin))
            opened.flush()
            os.fsync(opened.fileno())
        if replace:
            draft.replace(file)
        else:
            os.link(draft, file)
        _synced(file.parent)
    except FileExistsError as error:
        raise WrongStateError(f"There is a key already in {file}: rotate it instead.") from error
    finally:
        draft.unlink(missing_ok=True)


# A new key waits beside the old one until the record tells of it. So a kill at any moment leaves
# either the old key and no word of a new one, or a word, and the new key to be taken.


def _next() -> Path:
    return _file().with_name(f"{_file().name}.next")


def propose(signer: Signer) -> None:
    """Keep a key that will take the place of the one in use once the record tells of it."""
    _write(signer, _next(), replace=True)


def proposed() -> bool:
    """Whether a key waits: a change of key is under way, or was cut short."""
    return _next().exists()


def settle(told: str) -> bool:
    """Take the key that waits if the record's newest word of a key is of it, else drop it.

    Must run under the lock of the log. True when the key in use is another one now.
    """
    try:
        ours = str(_read(_next()).verifier) == told
    except MissingError:
        return False
    except WrongStateError:
        ours = False
    if ours:
        _next().replace(_file())
    else:
        _next().unlink(missing_ok=True)
    _synced(_file().parent)
    return ours


def _synced(folder: Path) -> None:
    """Make names in a folder outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def load_or_make() -> Signer:
    """The key; an embedded run makes one at need, two processes at once end with the same."""
    try:
        return load()
    except MissingError:
        if not settings.AUDIT_KEY_MADE_AT_NEED:
            raise
    with contextlib.suppress(WrongStateError):  # another process was quicker
        keep(make(settings.AUDIT_ORIGIN))
    return load()
