"""Where else a value stands: plain, percent-encoded (RFC 3986), or in base64 (RFC 4648).

Many values are sought in one pass: a table of the first six code points of each leads to it.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from .spans import CLASSES, Span
from .surrogates import BREAKS, token

LEAST = 6  # code points: shorter values are not sought, they stand in too many words
FEW = 100  # up to so many, each is sought by itself, which is quicker (measured)

_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_TOKENS = tuple(token(cls) for cls in CLASSES)


def needles(values: Mapping[str, str]) -> dict[str, str]:
    """All texts to look for, with the class of the value that each one shows.

    Left out are values of less than six code points, of line ends alone, and parts of tokens.
    """
    found: dict[str, str] = {}
    for value, cls in values.items():
        if len(value) < LEAST or not value.strip(BREAKS) or any(value in name for name in _TOKENS):
            continue
        for form in (value, *_forms(value)):
            found.setdefault(form, cls)
    return found


def _forms(value: str) -> Iterator[str]:
    plain = unquote(value)
    if plain != value and len(plain) >= LEAST:
        yield plain
    if " " in value:
        yield value.replace(" ", "+")  # as HTML forms write it
    data = value.encode("utf-8", "surrogatepass")
    for shift in range(3):
        # Base64 writes three bytes as four characters, so a value inside of a longer text shows
        # in one of three ways; what its neighbours touch at either end is cut off.
        coded = base64.b64encode(b"\0" * shift + data)
        start = (shift * 8 + 5) // 6
        end = (shift + len(data)) * 8 // 6
        core = coded[start:end].decode()
        if len(core) >= LEAST:
            yield core
            yield core.replace("+", "-").replace("/", "_")  # URL-safe alphabet


def occurrences(text: str, seek: Mapping[str, str]) -> list[Span]:
    """Every place of `text` that shows one of the needles; may overlap, in no set order."""
    if not seek:
        return []
    found = [Span(start, end, cls) for start, end, cls in _find(text, seek)]
    if "%" in text and _PERCENT.search(text):
        plain, at = _unquoted(text)
        found += [Span(at[start], at[end], cls) for start, end, cls in _find(plain, seek)]
    return found


def _unquoted(text: str) -> tuple[str, list[int]]:
    """The percent-decoded text, and for each of its code points (and the end) where it began."""
    pieces: list[str] = []
    at: list[int] = []
    done = 0
    for match in _PERCENT.finditer(text):
        pieces.append(text[done : match.start()])
        at.extend(range(done, match.start()))
        place = match.start()
        # A byte that is no UTF-8 comes out as one lone surrogate: one byte, three characters.
        for char in unquote(match.group(), errors="surrogateescape"):
            pieces.append(char)
            at.append(place)
            place += 3 * len(char.encode("utf-8", "surrogateescape"))
        done = match.end()
    pieces.append(text[done:])
    at.extend(range(done, len(text) + 1))
    return "".join(pieces), at


def _find(text: str, seek: Mapping[str, str]) -> Iterator[tuple[int, int, str]]:
    if len(seek) > FEW:
        yield from _find_many(text, seek)
        return
    for needle, cls in seek.items():
        start = text.find(needle)
        while start >= 0:
            yield start, start + len(needle), cls
            start = text.find(needle, start + len(needle))


def _find_many(text: str, seek: Mapping[str, str]) -> Iterator[tuple[int, int, str]]:
    """As `_find`, in one pass whatever the number of needles."""
    sizes: dict[str, set[int]] = {}
    for needle in seek:
        sizes.setdefault(needle[:LEAST], set()).add(len(needle))
    for start in range(len(text) - LEAST + 1):
        for size in sizes.get(text[start : start + LEAST], ()):
            cls = seek.get(text[start : start + size])
            if cls is not None:
                yield start, start + size, cls
