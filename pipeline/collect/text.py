"""From bytes to text without loss, or the reason why not.

`text.encode(encoding) == data` holds for whatever is taken: line ends, marks and odd characters
stay. Reasons are words that appear in reports.
"""

import codecs
import re
from typing import NamedTuple

import charset_normalizer

LIMIT = 1024 * 1024  # bytes
EMPTY = "empty"
TOO_LARGE = "too-large"
BINARY = "binary"


class Text(NamedTuple):
    """Decoded content and the codec that gives the bytes back."""

    text: str
    encoding: str


# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# PEP 263: in the first or second line, which is a comment.
_DECLARED = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]{1,40})")
# Codecs that turn bytes into text and nothing else: no unicode_escape, no punycode, no utf-7.
_SAFE = re.compile(
    r"utf-8|ascii|iso8859-\d+|cp\d+|koi8-[rtu]|kz1048|ptcp154|tis-620|mac-\w+|euc_\w+|gbk|gb2312"
    r"|gb18030|big5\w*|shift_jis\w*|johab"
)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_HIGH = re.compile(rb"[\x80-\xff]")
_RUNS = re.compile(rb"[\x80-\xff]{2,}")
_GUESSED_ON = 64 * 1024  # bytes
_LEAST_HIGH = 8  # bytes above 127 that a guess needs
_MOSTLY = 0.6  # of them that stand side by side
_OTHER_SCRIPTS = (
    *("cp1251", "koi8_r", "cp866", "mac_cyrillic", "cp932", "shift_jis", "euc_jp", "gb18030"),
    *("big5", "cp949", "euc_kr", "cp1253", "iso8859_7", "cp1255", "cp1256", "tis_620"),
)
_MOST_HIGH = 0.3  # share of bytes above 127 in text that nothing declares


def decode(data: bytes, *, limit: int = LIMIT, hint: str = "") -> Text | str:
    """Return the text, or one of `empty`, `too-large`, `binary`. `limit` in bytes.

    `hint` is an encoding that somebody else told; it counts where the file itself is silent.
    """
    if not data:
        return EMPTY
    if len(data) > limit:
        return TOO_LARGE
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _try(data, encoding) or BINARY
    if b"\x00" in data:
        return BINARY
    if data.isascii():
        return Text(data.decode("ascii"), "utf-8")
    declared = _declared(data)
    return (
        (declared and _try(data, declared))
        or _try(data, "utf-8")
        or (hint and _hinted(data, hint))
        or _guessed(data)
        or _western(data)
        or BINARY
    )


def looks_binary(start: bytes) -> bool:
    """Whether the first bytes of a file already say that it is not text."""
    return b"\x00" in start and not start.startswith(tuple(mark for mark, _ in _MARKS))


def is_safe(encoding: str) -> bool:
    """Whether a codec, by its own name, turns bytes into text and does nothing else."""
    return bool(_SAFE.fullmatch(encoding)) or encoding in {name for _, name in _MARKS}


def _declared(data: bytes) -> str | None:
    for line in data[:2_000].splitlines()[:2]:
        found = _DECLARED.match(line)
        if found:
            try:
                name = codecs.lookup(found[1].decode("ascii")).name
            except LookupError:
                return None
            return name if _SAFE.fullmatch(name) else None
        if line.strip() and not line.lstrip().startswith(b"#"):
            return None
    return None


def _try(data: bytes, encoding: str) -> Text | None:
    """The text if this codec reads the bytes, gives them back, and finds no NUL."""
    try:
        text = data.decode(encoding)
        if "\x00" in text or text.encode(encoding) != data:
            return None
    except (UnicodeError, ValueError):
        return None
    return Text(text, encoding)


def _hinted(data: bytes, hint: str) -> Text | None:
    try:
        name = codecs.lookup(hint).name
    except LookupError:
        return None
    return _try(data, name) if _SAFE.fullmatch(name) else None


def _guessed(data: bytes) -> Text | None:
    """By likeness to languages, where high bytes stand side by side as no western script has them.

    What the guess is built on is bounded; the whole must still give its bytes back.
    """
    if _CONTROL.search(data):
        return None
    start = data[:_GUESSED_ON]
    high = len(_HIGH.findall(start))
    if high < _LEAST_HIGH or sum(map(len, _RUNS.findall(start))) < _MOSTLY * high:
        return None
    found = charset_normalizer.from_bytes(
        start, steps=4, chunk_size=1_024, cp_isolation=list(_OTHER_SCRIPTS), enable_fallback=False
    ).best()
    return _try(data, codecs.lookup(found.encoding).name) if found else None


def _western(data: bytes) -> Text | None:
    """Windows-1252 or Latin-1, where the bytes look like text in a western script."""
    if _CONTROL.search(data) or len(_HIGH.findall(data)) > _MOST_HIGH * len(data):
        return None
    return _try(data, "cp1252") or _try(data, "iso8859-1")
