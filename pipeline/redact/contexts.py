"""In what context a value stands: a licence's header or attribution, a test or example, a comment.

A policy may treat a class differently by context. The contexts are told by what stands around the
value (at most 5,000 code points before it) and, where it is known, by the path of the file.
"""

import re

from .found import REACH, Found

CODE, COMMENT, LICENCE, EXAMPLE = CONTEXTS = ("code", "comment", "licence", "example")
SHADES = {"_LICENSE": LICENCE, "_EXAMPLE": EXAMPLE}  # what a class's ending says of its context
HEADER = 5000  # code points: no licence header is longer

_ATTRIBUTION = re.compile(
    r"copyright|\(c\)\s|\u00a9|\blicen[cs]|(?<![a-z])(?:author|maintainer|contributor)s?(?![a-z])"
    r"|author_?e?mail|maintainer_?e?mail|__email__|__contact__|\bcredits?\b|\bthanks to\b"
    r"|\b(?:contributed|written|developed|created|modified|ported) by\b"
    r"|\bby\s+(?:[^\s<>(),]+\s+){1,4}[<(]?$|\bby\s+@?$",
    re.IGNORECASE,
)
_NOTICE = re.compile(r"copyright|\blicen[cs]|spdx-|permission is hereby|\u00a9", re.IGNORECASE)
_COMMENT = tuple('# // /* * -- ; % <!-- ! \' """ rem .. (* dnl'.split())  # noqa: SIM905
_OPENED = re.compile(
    r"(?:^|[^:\"'\w])(?://|#\s|#$)|/\*|<!--|(?:^|\s)--\s|^\s*(?:\*|;|%|rem\s|dnl\s|#)"
)
_EXAMPLE_PATH = re.compile(
    r"(?:^|/)(?:tests?|testing|testdata|specs?|__tests__|__mocks__|examples?|samples?|demos?"
    r"|fixtures?|mocks?|e2e)(?:/|$)|(?:^|/)(?:test_[^/]*|conftest\.py)$"
    r"|[._-](?:test|tests|spec|example|sample|mock|fixture)s?\.[a-z]+$|\.(?:example|sample|dist)$",
    re.IGNORECASE,
)


def context_of(text: str, start: int, cls: str, path: str = "") -> str:
    """One of `CONTEXTS` for a value of class `cls` that begins at `start` (code points).

    Of several the first counts: licence, example, comment, code.
    """
    for ending, context in SHADES.items():
        if cls.endswith(ending):
            return context
    found = Found(text, start, start, start, cls, "", 0.0)
    if is_attribution(found):
        return LICENCE
    if is_example_path(path):
        return EXAMPLE
    return COMMENT if is_comment(found) else CODE


def is_example_path(path: str) -> bool:
    """Whether the path is that of a test, a fixture or an example."""
    return bool(path) and _EXAMPLE_PATH.search(path) is not None


def is_comment(found: Found) -> bool:
    """Whether the line has become a comment before the value, or a block comment is open."""
    if _OPENED.search(found.before()):
        return True
    head = found.text[max(0, found.start - HEADER) : found.start]
    return any(
        head.rfind(opening) > head.rfind(end) for opening, end in (("/*", "*/"), ("<!--", "-->"))
    )


def is_attribution(found: Found) -> bool:
    """Whether the value stands in a licence header, a copyright line or an author field."""
    return _ATTRIBUTION.search(found.before(REACH)) is not None or _in_header(found)


def in_attribution(found: Found) -> Found:
    """Give a value in a licence header, a copyright line or an author field its own class."""
    if is_attribution(found):
        return found._replace(cls=f"{found.cls}_LICENSE")
    return found


def _in_header(found: Found) -> bool:
    """Whether only comment stands before the value, and the comment speaks of a licence."""
    if found.start > HEADER:
        return False
    head = found.text[: found.start]
    if not _NOTICE.search(head):
        return False
    closing = ""  # what ends the block comment that a line is in
    for line in head.splitlines():
        line = line.strip()
        if closing:
            closing = "" if closing in line else closing
            continue
        if line and not line.lower().startswith(_COMMENT):
            return False
        closing = _opening(line)
    return True


def _opening(line: str) -> str:
    for opening, closing in (("/*", "*/"), ("<!--", "-->"), ('"""', '"""'), ("'''", "'''")):
        if line.startswith(opening) and closing not in line[len(opening) :]:
            return closing
    return ""
