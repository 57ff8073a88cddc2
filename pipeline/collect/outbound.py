"""Where collecting may go: which protocols, which hosts, which folders.

Lists of repositories are written by strangers, so an address in one must not make this machine ask
its own network: `network.addresses` looks at each host.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from network import addresses
from network.addresses import LONGEST, ODD, Forbidden

PORTS = {"https": 443, "http": 80, "git": 9418}


class Policy(NamedTuple):
    """What the operator allows. Nothing but https to public addresses is allowed by default."""

    protocols: frozenset[str] = frozenset({"https"})  # of https, http, git, file
    private_hosts: frozenset[str] = frozenset()  # names that may have private addresses
    folders: tuple[Path, ...] = ()  # where local repositories and files may lie


class Target(NamedTuple):
    """An address that passed."""

    url: str
    protocol: str
    host: str  # "" for a folder
    port: int
    addresses: tuple[str, ...]  # that the host had; connect to these and no others

    @property
    def pinned(self) -> str:
        """The same address for a program that resolves by itself and cannot be told not to."""
        if self.protocol != "git":
            return self.url
        first = self.addresses[0]
        place = f"[{first}]" if ":" in first else first
        return f"git://{place}:{self.port}{urlsplit(self.url).path}"


def check(url: str, policy: Policy) -> Target:
    """Look at an address and resolve its host.

    Raises:
        Forbidden: the protocol is not allowed, the address is malformed or holds a password, the
            host is unknown or private, or a folder lies outside those allowed.
    """
    if len(url) > LONGEST or ODD.search(url) or url.startswith("-"):
        raise Forbidden("This is no address of a repository or a file.")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise Forbidden("This is no address of a repository or a file.") from error
    protocol = parts.scheme.lower() or "file"
    if protocol not in policy.protocols or protocol not in {*PORTS, "file"}:
        raise Forbidden(f"The protocol {protocol} is not allowed here.")
    if protocol == "file":
        return _folder(url if not parts.scheme else unquote(parts.path), host, policy)
    if parts.username is not None or parts.password is not None:
        raise Forbidden("An address must not hold a name or a password.")
    port = port or PORTS[protocol]
    found = addresses.resolve(host, port, private_hosts=policy.private_hosts)
    return Target(url, protocol, host, port, found)


def _folder(path: str, host: str, policy: Policy) -> Target:
    if host not in ("", "localhost"):
        raise Forbidden("A file address must not name a host.")
    real = Path(path).resolve()
    if not _inside(real, policy.folders):
        raise Forbidden("This folder lies outside those that may be collected from.")
    return Target(f"file://{quote(str(real))}", "file", "", 0, ())


def _inside(path: Path, folders: Sequence[Path]) -> bool:
    return any(path.is_relative_to(folder.resolve()) for folder in folders)
