"""SPDX licence expressions: reading what people write, and taking them apart."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from boolean.boolean import ParseError
from license_expression import (
    ExpressionError,
    LicenseExpression,
    LicenseWithExceptionSymbol,
    get_spdx_licensing,
)

from pipeline.select.licence_names import BY_PLAIN_NAME, plain

_SPDX = get_spdx_licensing()
_LONGEST = 400  # characters; with the next line it bounds the parser's depth
_MOST_BRACKETS = 40
_REFERENCE = re.compile(r"(DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+")


class Term(NamedTuple):
    """One licence, with its exception or ""."""

    licence: str
    exception: str = ""

    def __str__(self) -> str:
        return f"{self.licence} WITH {self.exception}" if self.exception else self.licence


class Group(NamedTuple):
    """Two or more parts: `AND` when all hold, `OR` when one may be chosen."""

    word: str
    parts: tuple["Term | Group", ...]

    def __str__(self) -> str:
        told = (f"({part})" if isinstance(part, Group) else str(part) for part in self.parts)
        return f" {self.word} ".join(told)


@lru_cache(maxsize=8_192)
def read(text: str) -> Term | Group | None:
    """What a field or tag says, None when it cannot be read as a licence expression.

    Takes SPDX ids in any case, deprecated ids, `LicenseRef-` names, expressions of them, and names
    that everybody knows ("Apache 2.0", "MIT License"). A single unknown word makes the whole
    unreadable, as do names without a version or a number of clauses ("BSD"), unless the family is
    copyleft in every version ("GPL").
    """
    text = " ".join(text.split())
    if not text or len(text) > _LONGEST or text.count("(") > _MOST_BRACKETS:
        return None
    known = BY_PLAIN_NAME.get(plain(text), text)
    try:
        return _copied(_SPDX.parse(known, validate=False))
    except (ExpressionError, ParseError, LookupError, RecursionError, ValueError, TypeError):
        return None


def normalise(text: str) -> str:
    """One spelling for what a field says, "" when it cannot be read.

    >>> normalise("mit or Apache 2.0")
    'MIT OR Apache-2.0'
    """
    found = read(text)
    return "" if found is None else str(found)


def terms(tree: Term | Group | None) -> Iterator[Term]:
    """All licences in a tree, from left to right."""
    if isinstance(tree, Term):
        yield tree
    elif tree is not None:
        for part in tree.parts:
            yield from terms(part)


def _copied(tree: LicenseExpression) -> Term | Group:
    """Our tree from the parser's. Raises LookupError for a name that means nothing."""
    if isinstance(tree, _SPDX.AND | _SPDX.OR):
        word = "AND" if isinstance(tree, _SPDX.AND) else "OR"
        return Group(word, tuple(_copied(part) for part in tree.args))
    if isinstance(tree, LicenseWithExceptionSymbol):
        return Term(_spelling(tree.license_symbol.key), _spelling(tree.exception_symbol.key))
    return Term(_spelling(tree.key))


def _spelling(key: str) -> str:
    if key in _SPDX.known_symbols or _REFERENCE.fullmatch(key):
        return key
    return BY_PLAIN_NAME[plain(key)]
