"""What the path of a collected file may be. Names in any script are welcome, tricks are not."""

import re

BAD_PATH = "bad-path"
LONGEST = 1_024  # bytes as UTF-8
# Control characters and line ends, a drive, segments that are empty, `.` or `..`, a UNC path.
_BAD = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029]|^[A-Za-z]:|(?:^|/)\.{0,2}(?:/|$)|(?:^|\\)\.\.(?:\\|$)|^\\"
)

# What nearly all paths are, for a quick answer: no segment begins with a dot.
_PLAIN = re.compile(r"[A-Za-z0-9_][\w.+=@~-]*(?:/[\w+=@~-][\w.+=@~-]*)*", re.ASCII)


def refuse(path: str) -> str | None:
    """`bad-path` for a path that must not be kept, None for one that may.

    Refused: absolute (of any system), empty, `.` or `..` segments, control characters and line
    ends, more than 1,024 bytes, and characters that UTF-8 cannot carry (lone surrogates).
    Otherwise the name is kept as it is, composed or not.
    """
    if _PLAIN.fullmatch(path) and len(path) <= LONGEST:
        return None
    try:
        size = len(path.encode())
    except UnicodeEncodeError:
        return BAD_PATH
    return BAD_PATH if not 0 < size <= LONGEST or _BAD.search(path) else None
