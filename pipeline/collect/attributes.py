"""What a repository's `.gitattributes` say of its files: vendored, generated, a language.

Patterns are those of git (gitattributes(5), gitignore(5)); of two that match the later one speaks,
and a file nearer to the path before one farther up. They run on RE2, so none takes longer than the
path is long.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import re2

FILE = ".gitattributes"
LONGEST = 64 * 1024  # bytes of one file that are read
MOST_FILES = 200
_MOST_RULES = 2_000  # in all
_LONGEST_PATTERN = 300  # characters
_NAMES = {
    "linguist-generated": "generated",
    "linguist-vendored": "vendored",
    "linguist-language": "language",
}
_LANGUAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9+#._' -]{0,49}")
_OFF = ("false", "0", "no")


class Marks(NamedTuple):
    """None where nothing is said."""

    generated: bool | None = None
    vendored: bool | None = None
    language: str | None = None  # as it is written, with `-` for a blank


class _Rule(NamedTuple):
    folder: str  # "" or `a/b/`
    pattern: "re2._Regexp"
    whole: bool  # of the path below the folder, else of the name alone
    said: Mapping[str, bool | str | None]


class Attributes:
    """The rules of all attribute files of a tree."""

    def __init__(self, files: Iterable[tuple[str, str]]) -> None:
        """`files` are pairs of the path of an attribute file and its text."""
        self._rules: list[_Rule] = []
        nearest_last = sorted(files, key=lambda file: (file[0].count("/"), file[0]))
        for path, told in nearest_last[:MOST_FILES]:
            folder = path[: -len(FILE)]
            for line in told[:LONGEST].splitlines():
                rule = _rule(folder, line) if len(self._rules) < _MOST_RULES else None
                if rule:
                    self._rules.append(rule)

    def of(self, path: str) -> Marks:
        """What is said of the file at `path`."""
        said: dict[str, bool | str | None] = {}
        for rule in self._rules:
            if not path.startswith(rule.folder):
                continue
            below = path[len(rule.folder) :]
            if rule.pattern.fullmatch(below if rule.whole else below.rpartition("/")[2]):
                said.update(rule.said)
        return Marks(**said)  # type: ignore[arg-type]


def _rule(folder: str, line: str) -> _Rule | None:
    words = line.split()
    if len(words) < 2 or words[0][0] in '#"!' or len(words[0]) > _LONGEST_PATTERN:
        return None
    said = dict(pair for pair in map(_said, words[1:]) if pair is not None)
    if not said or words[0].endswith("/"):
        return None
    pattern, whole = words[0], "/" in words[0]
    try:
        made = re2.compile(_translated(pattern.removeprefix("/")), _options())
    except re2.error:
        return None
    return _Rule(folder, made, whole, said)


def _said(word: str) -> tuple[str, bool | str | None] | None:
    name, equals, value = word.lstrip("-!").partition("=")
    if name not in _NAMES:
        return None
    key = _NAMES[name]
    if word[0] == "!":
        return key, None
    if key == "language":
        return (key, value) if word[0] != "-" and _LANGUAGE.fullmatch(value) else None
    return key, word[0] != "-" and not (equals and value.casefold() in _OFF)


def _translated(pattern: str) -> str:
    """A pattern of git as one of RE2."""
    told, at = "", 0
    while at < len(pattern):
        rest = pattern[at:]
        if rest.startswith("**/"):
            told, at = told + r"(?:[^/]+/)*", at + 3
        elif rest == "**":
            told, at = told + r".*", at + 2
        elif rest[0] == "*":
            told, at = told + r"[^/]*", at + 1
        elif rest[0] == "?":
            told, at = told + r"[^/]", at + 1
        elif rest[0] == "[" and "]" in rest[2:]:
            end = rest.index("]", 2)
            inner = rest[1:end].replace("\\", "\\\\").replace("[", "\\[")
            inner = "^" + inner[1:] if inner[0] in "!^" else inner
            told, at = told + f"[{inner}]", at + end + 1
        else:
            told, at = told + re2.escape(rest[0]), at + 1
    return told


def _options() -> "re2.Options":
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    return options
