"""Drawings of a build, put into a page only after each part of them was found harmless.

Our own stage `card` draws them, but a database is not a place to trust markup from: what is not on
the list below (a script, a style, a handler, an address) makes the whole drawing disappear.
"""

import re
from xml.etree import ElementTree

from django.utils.safestring import SafeString, mark_safe

SVG = "http://www.w3.org/2000/svg"
TAGS = {"svg", "g", "path", "text", "tspan", "rect", "line", "circle", "title", "desc"}
KEPT = {
    *("viewBox", "width", "height", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "ry"),
    *("d", "dx", "dy", "transform", "fill", "stroke", "stroke-width", "stroke-miterlimit"),
    *("stroke-dasharray", "stroke-opacity", "fill-opacity", "opacity", "text-anchor", "display"),
    *("font-family", "font-size", "font-weight"),
}
# Known and not needed: the drawing gets one name, and its parts are hidden behind it.
DROPPED = {"role", "class", "version", "pointer-events"}
VALUE = re.compile(r"[-+.,%#() \w]*")  # numbers, colours, var(--c1), path data; no colon, no slash
LONGEST = 200_000


def inline(svg: str, label: str) -> SafeString:
    """The drawing as markup with `label` as its name; nothing when any part is not allowed."""
    if len(svg) > LONGEST or "<!" in svg or "<?" in svg:
        return SafeString("")
    try:
        root = ElementTree.fromstring(svg)  # noqa: S314 - no DOCTYPE, so nothing can expand
    except ElementTree.ParseError:
        return SafeString("")
    if root.tag != f"{{{SVG}}}svg" or not all(_harmless(part) for part in root.iter()):
        return SafeString("")
    for part in root.iter():
        _bare(part)
    root.set("class", "drawn")
    root.set("role", "img")
    root.set("aria-label", label)
    return mark_safe(ElementTree.tostring(root, encoding="unicode"))  # noqa: S308 - checked above


def _harmless(part: ElementTree.Element) -> bool:
    if not isinstance(part.tag, str) or part.tag.removeprefix(f"{{{SVG}}}") not in TAGS:
        return False
    return all(_known(name, value) for name, value in part.attrib.items())


def _known(name: str, value: str) -> bool:
    if name in DROPPED or name.startswith("aria-"):
        return True
    return name in KEPT and bool(VALUE.fullmatch(value)) and "url" not in value.lower()


def _bare(part: ElementTree.Element) -> None:
    """Drop the namespace, which a page has anyway, and what only the drawing alone needs."""
    part.tag = part.tag.removeprefix(f"{{{SVG}}}")
    for name in list(part.attrib):
        if name not in KEPT:
            del part.attrib[name]
