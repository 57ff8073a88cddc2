"""Which repository a package's links name."""

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

HOSTS = ("github.com", "gitlab.com", "codeberg.org", "bitbucket.org")
# Labels in the order of trust; whatever is not here comes last, what must not count is below.
_LABELS = ("source", "sourcecode", "repository", "code", "github", "gitlab", "homepage", "home")
_NOT_LABELS = ("funding", "donate", "sponsor", "sponsors", "documentation", "docs")
_NOT_OWNERS = frozenset(
    ("sponsors", "orgs", "users", "topics", "features", "about", "settings", "apps", "login")
) | frozenset(("marketplace", "explore", "groups", "collections", "readme", "security"))
_PAGES = frozenset(["-", "blob", "tree", "issues", "merge_requests", "tags", "releases"])
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Repository(NamedTuple):
    """A repository on a host; `name` is owner/name, deeper on hosts with subgroups."""

    host: str
    name: str

    @property
    def owner(self) -> str:
        return self.name.split("/", 1)[0]


def from_links(links: Iterable[tuple[str, str]]) -> Repository | None:
    """The repository among (label, URL) pairs, the most telling label first; None if none is."""

    def trust(pair: tuple[int, tuple[str, str]]) -> tuple[int, int]:
        label = re.sub(r"[\W_]+", "", pair[1][0]).lower()
        return (_LABELS.index(label) if label in _LABELS else len(_LABELS), pair[0])

    for _, (label, url) in sorted(enumerate(links), key=trust):
        if re.sub(r"[\W_]+", "", label).lower() not in _NOT_LABELS:
            found = from_url(url)
            if found:
                return found
    return None


def from_url(url: str) -> Repository | None:
    """The repository that a URL points into, None for any other address.

    >>> from_url("http://www.github.com/Django/django.git/issues?q=1")
    Repository(host='github.com', name='Django/django')
    """
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    if host not in HOSTS or parts.scheme not in ("http", "https", "git", "ssh"):
        return None
    names = [unquote(name) for name in parts.path.split("/") if name]
    if host == "gitlab.com":  # group/sub/project/-/issues
        names = names[: next((at for at, name in enumerate(names) if name in _PAGES), None)]
    else:
        names = names[:2]
    return _checked(host, names)


def _checked(host: str, names: list[str]) -> Repository | None:
    if len(names) < 2 or names[0].lower() in _NOT_OWNERS:
        return None
    names[-1] = names[-1].removesuffix(".git")
    if not all(_NAME.fullmatch(name) for name in names):
        return None
    return Repository(host, "/".join(names))
