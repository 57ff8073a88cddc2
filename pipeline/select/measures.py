"""Figures of a text, with the meanings that The Stack gave them."""

import re
from typing import NamedTuple

_ASCII_OTHERS = bytes(
    byte for byte in range(128) if not chr(byte).isalnum()
)  # deleted, so that what stays is counted
_ASCII = bytes(range(128))
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
    if text.isascii():
        alphanumeric = len(text.encode().translate(None, _ASCII_OTHERS))
    else:
        data = text.encode("ascii", "ignore")
        others = "".join(_NOT_ASCII.findall(text))
        alphanumeric = len(data.translate(None, _ASCII_OTHERS)) + sum(map(str.isalnum, others))
    return Measures(sum(lengths) / len(lengths), max(lengths), alphanumeric / len(text))
