"""Detectors of others, beside the rules: an operator installs one and names it.

A plug-in is an entry point of the group `gatehouse.detectors` that gives a function without
parameters, which makes the plug-in; it is asked once a process. GATEHOUSE_DETECTORS names those to
use, by comma; what is installed but not named does nothing. Three adapters stand in `adapters`.
"""

import importlib
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.metadata import entry_points
from typing import Protocol, runtime_checkable

from .spans import CLASSES, Span

GROUP = "gatehouse.detectors"
CHOSEN = "GATEHOUSE_DETECTORS"
ADAPTERS: Mapping[str, str] = {
    name: f"pipeline.redact.adapters.{name}" for name in ("credsweeper", "hub", "presidio")
}


@runtime_checkable
class Plugin(Protocol):
    """A detector. Pure: the same text and path have the same spans, in any process.

    `digest` names version, weights and options: rows are looked at again when it changes.
    """

    name: str
    digest: str

    def detect(self, text: str, path: str) -> Iterable[Span]:
        """Spans of `text` in code points, classes from `spans.CLASSES`, in any order."""
        ...


def found(plugin: Plugin, text: str, path: str) -> list[Span]:
    """What the plug-in finds, under its name.

    Raises:
        ValueError: it failed, or told a span outside of the text or of an unknown class. A text
            that a detector could not look at must not go on as if it were clean.
    """
    try:
        spans = [Span(*span) for span in plugin.detect(text, path)]
    except Exception as error:
        raise ValueError(
            f"The detector {plugin.name} failed ({type(error).__name__}: {error}). Mend it, or "
            f"take it out of {CHOSEN}."
        ) from error
    for span in spans:
        if not 0 <= span.start <= span.end <= len(text) or span.cls not in CLASSES:
            raise ValueError(
                f"The detector {plugin.name} told {span.cls} at {span.start}-{span.end} in a text "
                f"of {len(text)} code points: a span must lie inside, its class be a known one."
            )
    return [span._replace(rule=f"{plugin.name}:{span.rule or span.cls}") for span in spans]


@cache
def chosen() -> tuple[Plugin, ...]:
    """The plug-ins that GATEHOUSE_DETECTORS names, made once a process, in order of their names.

    Raises:
        ValueError: one is not installed, or what it gives is no plug-in.
    """
    named = filter(None, map(str.strip, os.environ.get(CHOSEN, "").split(",")))
    return load(sorted(set(named)))


def load(names: Sequence[str]) -> tuple[Plugin, ...]:
    """Make the plug-ins of these names; see `chosen`."""
    return tuple(_made(name) for name in names)


def digests() -> list[str]:
    """What names the chosen plug-ins, for the names of what they looked at."""
    return [f"{plugin.name} {plugin.digest}" for plugin in chosen()]


def _made(name: str) -> Plugin:
    points = list(entry_points(group=GROUP, name=name))
    try:
        if points:
            make = points[0].load()
        elif name in ADAPTERS:
            make = importlib.import_module(ADAPTERS[name]).make
        else:
            raise ValueError(f"{CHOSEN} names {name}, but no installed package offers it.")
        plugin = make()
    except ImportError as error:
        raise ValueError(
            f"The detector {name} needs {error.name or error}, which is not installed: "
            "pip install -r requirements-detectors.txt"
        ) from error
    if not isinstance(plugin, Plugin):
        raise ValueError(f"What {name} gives is no detector: it needs name, digest and detect.")
    return plugin
