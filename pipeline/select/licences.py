"""Evidence of licences: what a package says of itself, and what a file says of itself."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pipeline.select import licence_texts
from pipeline.select.expressions import normalise, read, terms
from pipeline.select.licence_names import CLASSIFIERS

HEADER_LINES = 60
_HEADER_LONGEST = 8_000  # characters
_TAG = re.compile(r"SPDX-License-Identifier:[ \t]*([^\r\n]{1,300})")
_TAG_END = re.compile(r"\s*(?:\*/|-->|\*\)|#}|%>|\"\"\"|'''|[\"'`;,]|$).*")
_TAG_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*")
_COMMENT_MARKS = re.compile(r"[\s*#/;%!|\"'-]+")

_FAMILY = r"(?P<family>affero|lesser|library)?"
# Sentences by which files put themselves under a licence, without comment marks and line ends.
_GNU = re.compile(
    r"(?:terms of|licensed under|released under|covered by|subject to"
    r"|(?<!previously )distributed under)"  # Python's own licence tells of former days
    r"(?: (?:the )?(?:terms|version [\d.]+) of)? (?:either )?(?:the )?"
    rf"gnu {_FAMILY} ?(?:general|gpl)(?: public)?(?: licen[cs]e)?(?P<rest>.{{0,160}})"
)
_GNU_VERSION = re.compile(r"version (\d(?:\.\d)?)|\bv(\d(?:\.\d)?)\b")
_MOZILLA = re.compile(
    r"(?:subject to|terms of|licensed under|released under)(?: the terms of)?(?: the)? "
    r"mozilla public licen[cs]e,? ?(?:version|v\.?)? ?(?P<version>\d\.\d)?"
)
# What else a head may say; a family without its version is one that no set has.
_OTHERS = tuple(  # a word that stands in whatever the pattern matches, the pattern, the licence
    (word, re.compile(pattern), spdx)
    for word, pattern, spdx in (
        ("apache", r"apache licen[cs]e,? (?:version|v\.?) ?2(?:\.0)?\b", "Apache-2.0"),
        ("eclipse", r"eclipse public licen[cs]e,? ?(?:version|v\.?| )* ?1\.0", "EPL-1.0"),
        (
            "eclipse",
            r"eclipse public licen[cs]e(?! ?,? ?(?:version|v\.?| )* ?1\.0)",
            "EPL-2.0",
        ),
        ("common development", r"common development and distribution licen[cs]e", "CDDL-1.0"),
        ("server side", r"server side public licen[cs]e", "SSPL-1.0"),
        ("business source", r"business source licen[cs]e", "BUSL-1.1"),
        ("elastic", r"\belastic licen[cs]e\b", "Elastic-2.0"),
        ("commons clause", r"\bcommons clause\b", "LicenseRef-Commons-Clause"),
        ("creative", r"creative commons attribution non ?commercial", "LicenseRef-CC-BY-NC"),
        ("creative", r"creative commons attribution share ?alike", "LicenseRef-CC-BY-SA"),
        ("creative", r"creativecommons\.org licenses by nc", "LicenseRef-CC-BY-NC"),
        ("creative", r"creativecommons\.org licenses by sa", "LicenseRef-CC-BY-SA"),
        (
            "proprietary",
            r"\b(?:proprietary and confidential|confidential and proprietary)\b",
            "LicenseRef-Proprietary",
        ),
    )
)
# A head with none of these says nothing; looking for words is faster than patterns.
_WORTH_LICEN = (
    *("pache Licen", "pache licen", "istribution Licen", "ide Public Licen", "ource Licen"),
    "lastic Licen",
)
_WORTH = (
    *("SPDX-", "GNU", "ozilla Public", "clipse Public", "ommons Clause", "reative Commons"),
    *("reativecommons.org", "roprietary", "ROPRIETARY"),
)
# Texts that hold such sentences themselves, as an appendix or a condition; all are copyleft.
_OWN_PHRASES = frozenset(
    f"{name}-only" for name in ("GPL-2.0", "GPL-3.0", "LGPL-2.1", "LGPL-3.0", "AGPL-3.0")
) | {"MPL-2.0", "EPL-2.0", "EUPL-1.1", "EUPL-1.2"}
_COPYLEFT_WORD = re.compile(r"(?i)\b(a|l)?gpl|general public|\bmpl\b|mozilla public")
_BY_FAMILY = {"affero": "AGPL", "lesser": "LGPL", "library": "LGPL", "": "GPL"}
_VERSIONS = {
    "GPL": {"1": "1.0", "2": "2.0", "3": "3.0"},
    "LGPL": {"2": "2.0", "2.1": "2.1", "3": "3.0"},
    "AGPL": {"1": "1.0", "3": "3.0"},
}
_OLDEST = {"GPL": "1.0", "LGPL": "2.0", "AGPL": "3.0"}


class Evidence(NamedTuple):
    """One statement: of which kind, where it stands, and the SPDX expression read from it or ""."""

    # metadata | classifier | licence-file | header-tag | header-text | host | dataset
    kind: str
    where: str
    found: str


class Found(NamedTuple):
    """What follows: all of `licences` must be allowed. Expressions, sorted; empty when unknown."""

    licences: tuple[str, ...]
    evidence: tuple[Evidence, ...]


NOTHING = Found((), ())


def of_package(
    *,
    expression: str,
    licence: str,
    classifiers: Iterable[str],
    licence_files: Iterable[tuple[str, str]],
) -> Found:
    """The licences of a Python distribution from its metadata and its licence files.

    `expression` and `licence` are the fields License-Expression and License, `licence_files` pairs
    of path and text. A readable expression speaks first: classifiers and files that name nothing
    beyond it add nothing, so a package under `MIT OR GPL-2.0-or-later` that carries both texts is
    just that. Whatever they name beyond it must be met as well.
    """
    evidence = []
    if expression:
        evidence.append(Evidence("metadata", "License-Expression", declared(expression)))
    if licence:
        evidence.append(Evidence("metadata", "License", declared(licence)))
    for line in classifiers:
        found = CLASSIFIERS.get(line.rsplit(" :: ", 1)[-1], "")
        evidence.append(Evidence("classifier", line, found))
    for path, text in licence_files:
        evidence += of_licence_file(path, text).evidence
    return _together(evidence)


def of_licence_file(path: str, text: str) -> Found:
    """The licences whose text stands in a licence file; evidence "" when it cannot be told.

    Sentences count as well as texts: a file that gathers licences may only name one of them.
    """
    texts = set(licence_texts.recognise(text))
    phrases = set() if texts & _OWN_PHRASES else _phrases(_flat(text))
    found = tuple(sorted(texts | phrases))
    named = found or ("",)
    evidence = tuple(Evidence("licence-file", path, one) for one in named)
    return Found(found, evidence)


def of_statements(evidence: Sequence[Evidence]) -> Found:
    """All statements as one demand; the first kind speaks first, as in `of_package`."""
    return _together(evidence)


def of_host(own: Found, label: str) -> Found:
    """What a repository says of itself, with the label that its host shows beside it.

    The label never makes good what was found, and never stands in for a licence file that could
    not be read: hosts look at the same file.
    """
    spdx = normalise(label) if label and label != "NOASSERTION" else ""
    if not spdx:
        return own
    unread = any(one.kind == "licence-file" and not one.found for one in own.evidence)
    said = Evidence("host", "label", spdx)
    if unread and not own.licences:
        return Found((), (*own.evidence, said))
    return joined(own, Found((spdx,), (said,)))


def declared(text: str) -> str:
    """What a metadata field says: an expression, a name, or a whole licence text; "" when unknown.

    Words about a copyleft licence that cannot be read are unclear, but not silence.
    """
    if len(text) > 400:
        return " AND ".join(licence_texts.recognise(text))
    found = normalise(text)
    if not found and _COPYLEFT_WORD.search(text):
        return "LicenseRef-Copyleft"
    return found


def named(name: str) -> str:
    """A licence that somebody names, as an expression; `LicenseRef-` for one that is not known."""
    return normalise(name) or "LicenseRef-" + (re.sub(r"[^A-Za-z0-9.-]+", "-", name) or "none")


def joined(first: Found, second: Found) -> Found:
    """Both must be met."""
    return Found(
        tuple(sorted({*first.licences, *second.licences})),
        tuple(dict.fromkeys([*first.evidence, *second.evidence])),
    )


def of_header(text: str) -> Found:
    """The licences that a file names for itself in its first 60 lines.

    SPDX tags count whatever they name: an unknown name becomes a `LicenseRef-`, which no set has.
    Of plain words those count by which a file puts itself under a licence that is not everybody's
    (GNU's, Mozilla's, Eclipse's, non-commercial, proprietary ...) or under Apache's.
    """
    head = text[:_HEADER_LONGEST]
    if not _is_worth(head):
        return NOTHING
    head = "\n".join(head.splitlines()[:HEADER_LINES])
    evidence = [Evidence("header-tag", "header", _tag(found)) for found in _TAG.findall(head)]
    flat = _flat(head)
    others = {spdx for word, pattern, spdx in _OTHERS if word in flat and pattern.search(flat)}
    phrases = sorted(_phrases(flat) | others)
    evidence += [Evidence("header-text", "header", found) for found in phrases]
    return _together(evidence)


def _is_worth(head: str) -> bool:
    if "icen" in head and any(word in head for word in _WORTH_LICEN):
        return True
    return any(word in head for word in _WORTH)


def _together(evidence: Sequence[Evidence]) -> Found:
    """All statements as one demand: what an expression of the first kind covers is left out."""
    licences = {one.found for one in evidence if one.found}
    for whole in sorted(licences):
        covered = {_bare(str(term)) for term in terms(read(whole))}
        if len(covered) > 1 or _leads(evidence, whole):
            licences -= {
                one
                for one in licences
                if one != whole and {_bare(str(term)) for term in terms(read(one))} <= covered
            }
    return Found(tuple(sorted(licences)), tuple(dict.fromkeys(evidence)))


def _leads(evidence: Sequence[Evidence], whole: str) -> bool:
    return bool(evidence) and evidence[0].found == whole


def _bare(licence: str) -> str:
    """`GPL-2.0-only` and `GPL-2.0-or-later` have the same text."""
    return licence.removesuffix("-only").removesuffix("-or-later")


def _tag(text: str) -> str:
    """The expression after an SPDX tag; "" for what cannot be one, such as a template's `{}`."""
    told = _TAG_END.sub("", text).strip()
    found = normalise(told)
    if found or not _TAG_WORD.match(told):
        return found
    first = _TAG_WORD.match(told)[0].rstrip(".+-")
    return f"LicenseRef-{first}"


def _flat(text: str) -> str:
    return _COMMENT_MARKS.sub(" ", text[:200_000]).casefold()


def _phrases(flat: str) -> set[str]:
    found = set()
    for match in _GNU.finditer(flat) if "gnu " in flat else ():
        family = _BY_FAMILY[match["family"] or ""]
        told = _GNU_VERSION.search(match["rest"])
        number = (told[1] or told[2]).removesuffix(".0") if told else ""
        later = "any later" in match["rest"] or "or later" in match["rest"]
        version = _VERSIONS[family].get(number)
        if version is None:
            version, later = _OLDEST[family], True
        found.add(f"{family}-{version}-{'or-later' if later else 'only'}")
    for match in _MOZILLA.finditer(flat) if "mozilla public" in flat else ():
        found.add(f"MPL-{match['version'] or '1.0'}")
    return found
