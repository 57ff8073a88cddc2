"""Which licence a licence file holds: exact words first, then likeness.

Words are compared without case, punctuation, holders' names and dates. The texts are those that
the `identify` package carries (choosealicense.com, CC-BY-3.0).
"""

import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise

from identify.vendor.licenses import LICENSES

from pipeline.select.expressions import normalise

LONGEST = 200_000  # characters of a licence file that are read
_LIKE = 0.9  # Dice of word pairs; the best counts, as some pairs are 0.97 alike
_LONGEST_ALIKE = 9_000  # words; the longest licence has 5,700
_SHORTEST = 30  # words; anything shorter names a licence rather than being one

# Where holders put their own words.
_NOTICE = re.compile(
    r"^\W*(?:©|\(c\)|copyright\b(?=.*(?:\d{4}|\(c\)|©|\[year|<year|yyyy))).*$", re.MULTILINE
)
_HOLDERS = (
    (re.compile(r"all rights reserved\.?"), ""),
    (
        re.compile(
            r"neither .{1,220}? nor (?:the )?names? of (?:(?:its|their|any|the) )?contribut"
        ),
        "neither the holder nor contribut",
    ),
    (
        re.compile(
            r"\bby (?:the )?(?:copyright (?:holders?|owners?)(?: (?:and|or) contributors)?"
            r"|regents and contributors|authors?(?: (?:and|or) contributors)?)"
        ),
        "by holders",
    ),
    (
        re.compile(r"in no event shall .{1,120}? be liable"),
        "in no event shall the holder be liable",
    ),
)
_LIST_MARK = re.compile(r"^[ \t]*(?:\(?(?:\d{1,2}|[a-z])[.)]|[*-])[ \t]+", re.MULTILINE)
# Words that make a licence of their own out of a text that otherwise looks like a known one.
_TELLING = {
    "JSON": "shall be used for good not evil",
    "LicenseRef-Commons-Clause": "commons clause",
    "PSF-2.0": "python software foundation license version 2",
}
_TITLES = re.compile(
    r"^(?:the )?(?:(?:mit|isc|bsd 2 clause|bsd 3 clause|bsd zero clause|postgresql|zlib|"
    r"university of illinois ncsa open source) licen[cs]e(?: mit)?|boost software license version"
    r" 1 0 august 17th 2003|bsd 3 clause clear license|the clear bsd license) "
)
_END = "end of terms and conditions"
_WORDS = re.compile(r"[a-z0-9]+")


@lru_cache(maxsize=1_024)
def recognise(text: str) -> tuple[str, ...]:
    """SPDX ids of the licences whose text stands in a licence file, sorted; () when none does.

    Every licence that stands in it word for word is told, so a file that gathers the licences of
    bundled parts names them all. Only where none does, the one most alike is told, if the file is
    as good as that licence. Time: below 50 ms; text beyond `LONGEST` characters is not read.
    """
    words = _plain_words(text[:LONGEST])
    if len(words) < _SHORTEST:
        return ()
    told = " ".join(words)
    found = {spdx for spdx, core in _cores() if f" {core} " in f" {told} "}
    found |= {spdx for spdx, phrase in _TELLING.items() if phrase in told}
    if not found and len(words) <= _LONGEST_ALIKE:
        found = _most_alike(words)
    return tuple(sorted(found))


def _most_alike(words: list[str]) -> set[str]:
    pairs = Counter(pairwise(words))
    size = sum(pairs.values())
    best, most = "", _LIKE
    for spdx, known, known_size in _pairs():
        if min(size, known_size) * 2 < most * (size + known_size):
            continue  # cannot be alike enough
        shared = sum(min(count, known[pair]) for pair, count in pairs.items() if pair in known)
        dice = 2 * shared / (size + known_size)
        if dice > most:
            best, most = spdx, dice
    return {best} if best else set()


def _plain_words(text: str) -> list[str]:
    text = " ".join(_LIST_MARK.sub("", _NOTICE.sub("", text.casefold())).split())
    for pattern, replacement in _HOLDERS:
        text = pattern.sub(replacement, text)
    return _WORDS.findall(text)


@lru_cache(maxsize=1)
def _cores() -> tuple[tuple[str, str], ...]:
    """Each known licence as plain words, without its title and what follows its end."""
    found = []
    for spdx, text in LICENSES:
        core = _TITLES.sub("", " ".join(_plain_words(text)), count=1)
        found.append((normalise(spdx), core.split(_END)[0].strip()))
    mit = dict(found)["MIT"]
    before, _, rest = mit.partition(" subject to the following conditions ")
    found.append(("MIT-0", f"{before} {rest[rest.index('the software is provided') :]}"))
    return tuple(found)


@lru_cache(maxsize=1)
def _pairs() -> tuple[tuple[str, Counter[tuple[str, str]], int], ...]:
    found = []
    for spdx, core in _cores():
        words = core.split()
        pairs = Counter(pairwise(words))
        found.append((spdx, pairs, sum(pairs.values())))
    return tuple(found)
