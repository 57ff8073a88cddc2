"""Charts of a version as SVG that needs no style, no script and no other host.

Colours are the site's tokens (`var(--c1)` ...) and `currentColor`, so that one drawing serves light
and dark. Whatever a chart shows stands as numbers in `stats.json` as well.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from .work import Json

WIDTH = 420  # of the plot in pixels; a page scales the drawing by its view box
STEP = 26  # height of a bar and the gap below
SHOWN = 12  # bars of a chart; what is beyond is one bar, "others"


class Bar(NamedTuple):
    label: str
    value: float
    told: str  # the figure as a person reads it


def draw_all(stats: Json) -> dict[str, str]:
    """The charts of a version by file name; a chart without data is left out."""
    specs = {
        "languages": _bars(_shares(stats["languages"], "bytes", stats["bytes"]), "var(--c1)"),
        "licences": _bars(_shares(stats["licences"], "rows", stats["rows"]), "var(--c2)"),
        "kept": _kept(stats["stages"]),
        "redactions": _bars(_counts(stats["redactions"]["classes"]), "var(--c3)"),
    }
    return {f"{name}.svg": draw(spec) for name, spec in specs.items() if spec["data"]["values"]}


def draw(spec: Json) -> str:
    """A Vega-Lite specification as SVG.

    The library is imported here and nowhere else: it hangs in a child of a process that used it
    before the fork, and costs 140 MB.
    """
    import vl_convert

    return vl_convert.vegalite_to_svg(
        {**_FRAME, **spec}, vl_version="v5.20", allowed_base_urls=[], show_warnings=False
    )


_TEXT = {"labelColor": "currentColor", "titleColor": "currentColor"}

_FRAME = {
    "$schema": "https://vega.github.io/schema/vega-lite/v5.20.json",
    "background": "transparent",
    "width": WIDTH,
    "height": {"step": STEP},
    "padding": {"left": 0, "top": 4, "right": 0, "bottom": 4},
    "config": {
        "font": "inherit",
        "view": {"stroke": None},
        "axis": {**_TEXT, "labelFontSize": 13, "domain": False, "ticks": False, "grid": False},
        "legend": {**_TEXT, "labelFontSize": 13, "title": None, "orient": "top"},
        "text": {"fill": "currentColor", "fontSize": 12},
    },
}

_LABEL = {
    "field": "label",
    "type": "nominal",
    "sort": None,  # as given
    "title": None,
    "axis": {"labelLimit": 150, "labelPadding": 8},
}


def _bars(bars: Sequence[Bar], colour: str) -> Json:
    """Horizontal bars with their figures at the end."""
    most = max((bar.value for bar in bars), default=0)
    scale = {"domain": [0, most * 1.35 or 1]}  # room for the figure beside the longest bar
    across = {"field": "value", "type": "quantitative", "axis": None, "scale": scale}
    return {
        "data": {"values": [bar._asdict() for bar in bars]},
        "encoding": {"y": _LABEL, "x": across},
        "layer": [
            {"mark": {"type": "bar", "fill": colour, "height": STEP - 10}},
            {
                "mark": {"type": "text", "align": "left", "dx": 6},
                "encoding": {"text": {"field": "told"}},
            },
        ],
    }


def _kept(stages: Json) -> Json:
    """Rows that each stage kept and dropped, side by side to the same scale."""
    values = [
        {"label": stage, "what": what, "value": told[field], "rank": rank}
        for stage, told in stages.items()
        if stage in ("collect", "identify", "select", "redact")
        for rank, (what, field) in enumerate((("kept", "rows_out"), ("dropped", "rows_dropped")))
    ]
    colours = {"domain": ["kept", "dropped"], "range": ["var(--c1)", "var(--c-rest)"]}
    axis = {"format": ",d", "tickCount": 5, "titleFontWeight": "normal"}
    return {
        "data": {"values": values if any(value["value"] for value in values) else []},
        "mark": {"type": "bar", "height": STEP - 10},
        "encoding": {
            "y": _LABEL,
            "x": {"field": "value", "type": "quantitative", "title": "rows", "axis": axis},
            "color": {"field": "what", "type": "nominal", "scale": colours},
            "order": {"field": "rank"},
        },
    }


def _shares(parts: Mapping[str, Mapping[str, int]], field: str, total: int) -> list[Bar]:
    """The largest parts as shares of a total; parts may overlap, as licences do."""
    return _largest({name: part[field] for name, part in parts.items()}, lambda n: share(n, total))


def _counts(counts: Mapping[str, int]) -> list[Bar]:
    return _largest(counts, lambda count: f"{count:,}")


def _largest(values: Mapping[str, int], told: Callable[[int], str]) -> list[Bar]:
    ranked = sorted(((-value, name) for name, value in values.items() if value))
    shown = len(ranked) if len(ranked) == SHOWN + 1 else SHOWN  # one more bar, not "1 others"
    bars = [Bar(name or "unknown", -value, told(-value)) for value, name in ranked[:shown]]
    rest = -sum(value for value, _ in ranked[shown:])
    return [*bars, Bar(f"{len(ranked) - shown} others", rest, told(rest))] if rest else bars


def share(part: int, total: int) -> str:
    """A share in words: `41.3 %`, `under 0.1 %`."""
    percent = 100 * part / total if total else 0
    return f"{percent:.1f} %" if percent >= 0.1 or not part else "under 0.1 %"
