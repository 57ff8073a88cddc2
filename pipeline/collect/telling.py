"""Which files tell the licence of the folder that they stand in."""

import re

_NAME = re.compile(r"(?i)^(un)?licen[cs]e|^copying(?![a-z])|[._-]licen[cs]e(\.txt|\.md)?$")
_CODE = re.compile(r"(?i)\.(py[ixd]?|pyc|js|ts|json|html?|xml|c|h|ya?ml|toml|po|mo|svg|png|css)$")
_FOLDERS = re.compile(r"(?i)^licen[cs]es?$")


def names_licence(path: str) -> bool:
    """Whether a file of that name holds a licence; also all texts in a folder `LICENSES`."""
    lower = path.lower()
    if "licen" not in lower and "copying" not in lower:  # as nearly all; quicker than patterns
        return False
    folder, _, name = path.rpartition("/")
    inside = bool(_FOLDERS.match(folder.rpartition("/")[2]))
    return (inside or bool(_NAME.search(name))) and not _CODE.search(name)


def governed(path: str) -> str:
    """The folder that a licence file governs: its own, or the one above `LICENSES/`."""
    folder = path.rpartition("/")[0]
    above, _, name = folder.rpartition("/")
    return above if _FOLDERS.match(name) else folder
