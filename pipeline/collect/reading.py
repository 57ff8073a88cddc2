"""Reading files that somebody else arranged: bounded, and never outside the folder."""

import errno
import os
import stat
from pathlib import Path

from pipeline.collect import text

MISSING = "missing"
UNREADABLE = "unreadable"
OUTSIDE = "outside"  # a link leads out of the folder
NOT_A_FILE = "not-a-file"
_SNIFF = 8_192  # bytes


class Refused(Exception):  # noqa: N818  it is an answer, not a fault
    """A file that is not taken; `reason` is one of the words above or of `text`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Folder:
    """A folder whose files may be read, wherever its inner links lead within it."""

    def __init__(self, path: Path) -> None:
        self.root = path.resolve()
        self._within = os.path.join(self.root, "")  # noqa: PTH118  text: this is done a file
        self._inner: dict[str, bool] = {}

    def read(self, relative: str, *, limit: int = text.LIMIT) -> bytes:
        """The bytes of a file, at most `limit` of them; `relative` has passed `paths.refuse`.

        Pipes and devices are refused without waiting for them.

        Raises:
            Refused: missing, unreadable, outside, not-a-file, too-large, empty, or binary (a NUL
                byte near the start).
        """
        path = self._within + relative
        try:
            handle = self._opened(path)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise Refused(MISSING) from error
        except OSError as error:  # also links in a circle
            raise Refused(UNREADABLE) from error
        try:
            return _read(handle, limit)
        except IsADirectoryError as error:
            raise Refused(NOT_A_FILE) from error
        except OSError as error:
            raise Refused(UNREADABLE) from error
        finally:
            os.close(handle)

    def size(self, relative: str) -> int:
        """Bytes of a regular file, 0 for whatever cannot be read."""
        try:
            facts = os.stat(self._within + relative)  # noqa: PTH116
        except (OSError, ValueError):
            return 0
        return facts.st_size if stat.S_ISREG(facts.st_mode) else 0

    def _opened(self, path: str) -> int:
        """A handle on a file inside; a link is followed only when it leads to one."""
        folder = path.rpartition("/")[0]
        if folder not in self._inner:
            self._inner[folder] = self._leads_within(folder)
        if not self._inner[folder]:
            raise Refused(OUTSIDE)
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            return os.open(path, flags | os.O_NOFOLLOW)
        except OSError as error:
            if error.errno != errno.ELOOP:  # which says that it is a link
                raise
        if not self._leads_within(path):
            raise Refused(OUTSIDE)
        return os.open(path, flags)

    def _leads_within(self, path: str) -> bool:
        return Path(os.path.realpath(path, strict=True)).is_relative_to(self.root)


def _read(handle: int, limit: int) -> bytes:
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode):
        raise Refused(NOT_A_FILE)
    if facts.st_size > limit:
        raise Refused(text.TOO_LARGE)
    data = os.read(handle, min(facts.st_size + 1, _SNIFF))
    if text.looks_binary(data):
        raise Refused(text.BINARY)
    while len(data) <= limit and (more := os.read(handle, _rest(facts.st_size, len(data)))):
        data += more
    if not data:
        raise Refused(text.EMPTY)
    if len(data) > limit:  # it grew meanwhile
        raise Refused(text.TOO_LARGE)
    return data


def _rest(size: int, read: int) -> int:
    """Bytes to ask for: what is left by the size that was told, and one more to see the end."""
    return max(size - read, 0) + 1
