"""Figures of a text, with the meanings that The Stack gave them."""

import re
from typing import NamedTuple

# Deleted, so that what stays is counted: the bytes of UTF-8 that are no ASCII letter or digit.
_OTHERS = bytes(byte for byte in range(256) if byte > 127 or not chr(byte).isalnum())
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")


class Measures(NamedTuple):
    """Lines are those of `str.splitlines`, their lengths in characters without line ends."""

    avg_line_length: float
    max_line_length: int
    alphanum_fraction: float  # of all characters; letters and digits of any script


def measure(text: str) -> Measures:
    """Return the figures; zeros for an empty text."""
    if not text:
        return Measures(0.0, 0, 0.0)
    lengths = list(map(len, text.splitlines()))
    alphanumeric = len(text.encode("utf-8", "replace").translate(None, _OTHERS))
    if not text.isascii():
        alphanumeric += sum(map(str.isalnum, "".join(_NOT_ASCII.findall(text))))
    return Measures(sum(lengths) / len(lengths), max(lengths), alphanumeric / len(text))
