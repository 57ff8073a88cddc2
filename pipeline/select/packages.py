"""What the files by which packages describe themselves say of a licence.

They were written by strangers: each is read up to a bound, nothing in them is executed, and what
cannot be read says nothing.
"""

import configparser
import json
import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any
from xml.parsers import expat

from pipeline.select.licence_names import CLASSIFIERS
from pipeline.select.licences import Evidence, declared

LONGEST = 256 * 1024  # characters
_MOST_NODES = 20_000  # of an XML file
_GEM = re.compile(r"\.licen[cs]es?\s*=\s*(\[[^\]]{0,500}\]|%w\[[^\]]{0,500}\]|[\"'][^\"']{1,200})")
_QUOTED = re.compile(r"[\"']([^\"']{1,200})[\"']?")
_Said = Iterator[tuple[str, str]]  # field and what it says


def is_package_file(path: str) -> bool:
    """Whether a file of that name describes a package."""
    return _reader(path) is not None


def evidence(path: str, text: str) -> list[Evidence]:
    """Statements of the file at `path`, in its order; each names the file and the field."""
    reader = _reader(path)
    if reader is None or len(text) > LONGEST:
        return []
    try:
        said = list(reader(text))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, configparser.Error):
        return []
    found = []
    for field, told in said:
        if field == "classifiers":
            spdx = CLASSIFIERS.get(told.rsplit(" :: ", 1)[-1], "")
            if told.startswith("License ::"):
                found.append(Evidence("classifier", f"{path}: {told[:200]}", spdx))
        elif told.strip():
            found.append(Evidence("metadata", f"{path}: {field}", declared(told.strip())))
    return list(dict.fromkeys(found))


def _reader(path: str) -> Callable[[str], _Said] | None:
    name = path.rpartition("/")[2]
    return _gemspec if name.endswith(".gemspec") else _READERS.get(name)


def _package_json(text: str) -> _Said:
    """npm: `license`, and the older `licenses`; several of these are a choice."""
    about = _object(json.loads(text))
    if about.get("license"):
        told = about["license"]
        yield "license", told if isinstance(told, str) else str(_object(told)["type"])
    elif isinstance(about.get("licenses"), list):
        names = [one if isinstance(one, str) else str(one["type"]) for one in about["licenses"]]
        yield "licenses", " OR ".join(names)


def _composer_json(text: str) -> _Said:
    """Composer: a list is a choice."""
    told = _object(json.loads(text)).get("license") or ""
    yield "license", told if isinstance(told, str) else " OR ".join(map(str, told))


def _cargo_toml(text: str) -> _Said:
    """Cargo: an expression, where `/` is the older way to say OR."""
    about = tomllib.loads(text)
    for table in ("package", "workspace"):
        told = about.get(table, {})
        told = told.get("package", {}) if table == "workspace" else told
        if isinstance(told.get("license"), str):
            yield "license", told["license"].replace("/", " OR ")


def _pyproject_toml(text: str) -> _Said:
    about = tomllib.loads(text)
    for table in (about.get("project", {}), about.get("tool", {}).get("poetry", {})):
        told = table.get("license") or ""
        yield "license", told if isinstance(told, str) else str(told.get("text") or "")
        for line in table.get("classifiers") or ():
            yield "classifiers", str(line)


def _setup_cfg(text: str) -> _Said:
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(text)
    if parser.has_section("metadata"):
        about = parser["metadata"]
        yield "license", about.get("license", "")
        for line in about.get("classifiers", about.get("classifier", "")).splitlines():
            yield "classifiers", line.strip()


def _gemspec(text: str) -> _Said:
    """RubyGems: `license =` or `licenses =`; several must all be kept."""
    for found in _GEM.finditer(text):
        told = found[1]
        names = told[3:-1].split() if told.startswith("%w") else _QUOTED.findall(told)
        yield "license", " AND ".join(names)


def _pom_xml(text: str) -> _Said:
    """Maven: names in `project/licenses/license/name`; several are a choice."""
    names: list[str] = []
    path: list[str] = []
    nodes = 0

    def begin(name: str, _attributes: object) -> None:
        nonlocal nodes
        nodes += 1
        if nodes > _MOST_NODES or len(path) > 50:
            raise ValueError("too large")
        path.append(name.rpartition(":")[2])
        if path == ["project", "licenses", "license", "name"]:
            names.append("")

    def text_of(data: str) -> None:
        if path == ["project", "licenses", "license", "name"] and len(names[-1]) < 200:
            names[-1] += data

    def refuse(*_told: object) -> None:
        raise ValueError("entities are not read")

    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    parser.EndElementHandler = lambda _name: path.pop()
    parser.CharacterDataHandler = text_of
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise ValueError("no XML") from error
    told = [declared(" ".join(name.split())) for name in names]
    if told and all(told):
        yield "licenses", " OR ".join(f"({one})" if " " in one else one for one in told)
    else:
        yield from (("licenses", name) for name in names)


def _object(told: Any) -> dict[str, Any]:
    if not isinstance(told, dict):
        raise TypeError("no object")
    return told


_READERS: dict[str, Callable[[str], _Said]] = {
    "package.json": _package_json,
    "composer.json": _composer_json,
    "Cargo.toml": _cargo_toml,
    "pyproject.toml": _pyproject_toml,
    "setup.cfg": _setup_cfg,
    "pom.xml": _pom_xml,
}
