"""What the model sees of a candidate: numbers about the value, its name and its line.

All is read from a bounded stretch around the candidate, so that the cost is by the candidate and
not by the text. No number tells the value itself or the file's path: both would be learned by
heart from a few repositories.
"""

import math
import re

from .found import Found
from .placeholders import is_filler, is_placeholder
from .randomness import entropy, kinds, strangeness

LONGEST = 300  # code points of a value that are looked at
# Words of names, by what they promise. A group and not a word is what the model sees: names that
# it never met in training must weigh as their like do.
NAMED = tuple(
    re.compile(words)
    for words in (
        r"pass|pwd|pw$|pw_",
        r"secret|cred|private|token|jwt|bearer|auth|basic|sess|cookie|sid\b|sig|nonce|salt"
        r"|api_?key|access_?key|license_?key",
        r"token|jwt|bearer|sess|sig",
        r"key",
        r"api|access|client|auth",
        r"nonce|salt|iv\b",
        r"user|login|name|mail",
        r"public|id\b|_id|url|uri|path|file|type|hash|count|size",
        r"test|example|demo|dummy|fake|mock",
    )
)
IN_LINE = (
    "test", "example", "assert", "expect", "equal", "import", "return", "def ", "class ", "func",
    "string", "const", "new ", "env", "config", "http", "select ", "create", "print", "log",
    "error", "message", "label", "title", "user", "login", "host", "getenv", "get(", "#", "//",
)  # fmt: skip
_SEPARATORS = ("=>", ":=", "==", "!=", "=", ":", "(", ",", ">", " ")
_NAME = re.compile(r"[\w.-]+")
_WORD = re.compile(r"[A-Za-z]+")
_HEX = re.compile(r"[0-9a-fA-F]+")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_WORDLIKE = re.compile(r"[\w-]+")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SMALL = re.compile(r"[a-z]+")
_SMALL_NAME = re.compile(r"[a-z_.-]+")
_CAPITALS = re.compile(r"[A-Z_]+")
_NUMBER = re.compile(r"[0-9.]+")
_HUMP = re.compile(r"[a-z][A-Z]")
_CODE = re.compile(r"[A-Za-z_$][\w$]*(?:(?:\.|->|::)[A-Za-z_$][\w$]*)+\(?.*|\w+\(.*|[/~.]{1,2}/.*")
_OF_ANOTHER_KIND = re.compile(  # the value of `token_url` is no token
    r"(?:name|types?|ur[li]|path|file|dir|ids?|len|length|size|header|field|param|prefix|class"
    r"|label|title|help|text|message|error|pattern|format|endpoint|input|column|attr|policy|alg"
    r"|algorithm|method|expires|ttl|count|scheme|scope|version|provider|handler|function|hint)$"
)
_OF_A_HASH = re.compile(r"md5|sha|hash|digest|checksum|integrity|fingerprint|etag|public|signature")
_SHAPES = (
    _HEX, _BASE64, _WORDLIKE, _UUID, _CODE, _CAPITALS, _SMALL, _SMALL_NAME, _NUMBER,
)  # fmt: skip
_RULES = ("assignment", "setting", "quoted", "plain", "bare", "long", "url", "header", "element")


def vector(found: Found, strict: bool) -> list[float]:
    """The numbers of one candidate, in a fixed order; `strict` as in `scoring.Candidate`."""
    value = found.value[:LONGEST]
    before, after = found.before(), found.after(100)
    lead = found.lead[-LONGEST:]
    return [
        float(number)
        for numbers in (
            _of_value(value),
            _of_name(value, lead),
            _of_line(before, after),
            (strict, found.cls == "PASSWORD", found.score, *(r in found.rule for r in _RULES)),
        )
        for number in numbers
    ]


def _of_value(value: str) -> tuple[float, ...]:
    size = len(value) or 1
    bits = entropy(value)
    words = _WORD.findall(value)
    digits = sum(map(str.isdigit, value))
    small, capitals = sum(map(str.islower, value)), sum(map(str.isupper, value))
    return (
        size,
        bits,
        bits / math.log2(size) if size > 1 else 0,
        strangeness(value),
        kinds(value),
        digits / size,
        small / size,
        capitals / size,
        sum(not char.isalnum() for char in value) / size,
        len(set(value)) / size,
        len(words),
        max(map(len, words), default=0),
        sum(map(len, words)) / size,
        is_placeholder(value),
        is_filler(value),
        *(pattern.fullmatch(value) is not None for pattern in _SHAPES),
        _HUMP.search(value) is not None,
        value[:1] in "${%<#@:/.\\-",
        value[-1:] in ":.;,?!=)>/",
        *(value.count(mark) for mark in " ./-_"),
        *(mark in value for mark in ":@({\\%<"),
        any(word in value.lower() for word in ("pass", "secret", "token", "key", "auth", "user")),
    )


def _of_name(value: str, lead: str) -> tuple[float, ...]:
    match = _NAME.match(lead)
    name = match.group().lower() if match else ""
    between = lead[len(name) :]
    told = next((n for n, mark in enumerate(_SEPARATORS) if mark in between), len(_SEPARATORS))
    small = value.lower()
    return (
        len(name),
        len(between),
        told,
        *(between.count(mark) for mark in "\"',( "),
        _OF_ANOTHER_KIND.search(name) is not None,
        _OF_A_HASH.search(name) is not None,
        bool(name) and (small in name or name in small),
        *(words.search(name) is not None for words in NAMED),
    )


def _of_line(before: str, after: str) -> tuple[float, ...]:
    line = f"{before} {after}".lower()
    start = before.lstrip()
    near = before.lower()[-60:]
    return (
        len(before),
        len(before) - len(start),
        len(after),
        before[-1:] == '"',
        before[-1:] == "'",
        start[:1] in ("#", "*", "/", "-"),
        *(after[1:2] == mark for mark in "),;:"),
        after[:1] == "(",
        not after.strip(),
        *(word in line for word in IN_LINE),
        *(words.search(near) is not None for words in NAMED),
    )
