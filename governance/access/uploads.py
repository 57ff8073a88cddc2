"""Private storage of files that come with applications: no URL, names by chance, types by content.

What a file is called and what a browser says that it is are words of a stranger; only its first
bytes are looked at, and never more than they are.
"""

import re
import secrets
import unicodedata
from typing import BinaryIO, NoReturn

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages

from governance.access.forms import Question
from governance.errors import InvalidError

FOLDER = "applications"
MEGABYTE = 1_000_000
CONTENT_TYPES = {
    "pdf": "application/pdf",
    "text": "text/plain; charset=utf-8",
    "png": "image/png",
    "jpeg": "image/jpeg",
}
ENDINGS = {"pdf": (".pdf",), "text": (".txt",), "png": (".png",), "jpeg": (".jpg", ".jpeg")}
STARTS = {"pdf": b"%PDF-", "png": b"\x89PNG\r\n\x1a\n", "jpeg": b"\xff\xd8\xff"}
CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")


class PrivateStorage(FileSystemStorage):
    """Files of this class have no address: they leave through a view that asks who wants them."""

    def url(self, name: str | None) -> NoReturn:
        raise ValueError(f"private files have no address: {name}")


def _storage() -> FileSystemStorage:
    return storages["private"]


def kind_of(data: bytes) -> str | None:
    """pdf, png, jpeg, or text when all of it is readable UTF-8; None for anything else."""
    for kind, start in STARTS.items():
        if data.startswith(start):
            return kind
    try:
        words = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if CONTROL.search(words) or not words else "text"


def checked(question: Question, data: bytes) -> str:
    """The kind of a file that may answer this question.

    Raises:
        InvalidError: too large, empty, or of another kind than the question allows.
    """
    name, most = question["name"], question["megabytes"]
    if not data:
        raise InvalidError("The file is empty.", fields={name: "The file is empty."})
    if len(data) > most * MEGABYTE:
        told = f"The file is larger than {most} MB."
        raise InvalidError(told, fields={name: told})
    kind = kind_of(data)
    if kind is None or kind not in question["types"]:
        told = f"Only {', '.join(question['types'])} can be sent; by its content this is not one."
        raise InvalidError(told, fields={name: told})
    return kind


def harmless(name: str, kind: str) -> str:
    """A file's name without folders and unseen characters, with the ending of its kind."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    seen = "".join(each for each in last if unicodedata.category(each)[0] != "C")
    seen = " ".join(seen.replace('"', "").split()).strip(".")[:100] or "file"
    return seen if seen.lower().endswith(ENDINGS[kind]) else f"{seen}{ENDINGS[kind][0]}"


def keep(data: bytes) -> str:
    """Store bytes under a new random key, and return the key."""
    key = secrets.token_hex(24)
    return _storage().save(f"{FOLDER}/{key[:2]}/{key}", ContentFile(data))


def open_(key: str) -> BinaryIO:
    return _storage().open(key)


def erase(key: str) -> None:
    """Again is no work."""
    _storage().delete(key)


def stored() -> list[str]:
    """All that is stored."""
    storage = _storage()
    if not storage.exists(FOLDER):
        return []
    parts, _ = storage.listdir(FOLDER)
    return [
        f"{FOLDER}/{part}/{name}"
        for part in parts
        for name in storage.listdir(f"{FOLDER}/{part}")[1]
    ]


def stored_at(key: str) -> float:
    """Seconds since 1970."""
    return _storage().get_modified_time(key).timestamp()
