"""Where collecting may go: which protocols, which hosts, which folders.

Lists of repositories are written by strangers, so an address in one must not make this machine ask
its own network. A host is resolved once, each of its addresses is looked at, and whoever connects
is told the addresses that passed: a name that answers differently the second time gains nothing.
"""

import ipaddress
import re
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

PORTS = {"https": 443, "http": 80, "git": 9418}
LONGEST = 2_000  # characters of an address
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", re.IGNORECASE)
_ODD = re.compile(r"[\x00-\x20\x7f\\]")


class Forbidden(Exception):  # noqa: N818  it is an answer, not a fault
    """An address that may not be asked; the sentence says why."""


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
    if len(url) > LONGEST or _ODD.search(url) or url.startswith("-"):
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
    return Target(url, protocol, host, port, resolve(host, port, policy))


def resolve(host: str, port: int, policy: Policy) -> tuple[str, ...]:
    """The addresses of a host, in order.

    Raises:
        Forbidden: it has none, or one of them is not public and the host is not excepted.
    """
    name = host.casefold()
    if not (_HOST.fullmatch(name) or _is_address(name)):
        raise Forbidden("This is no name of a host.")
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Forbidden(f"The host {name} is not known.") from error
    addresses = tuple(dict.fromkeys(str(one[4][0]).split("%")[0] for one in found))
    if name not in policy.private_hosts and not all(map(is_public, addresses)):
        raise Forbidden(f"The host {name} lies in a private network.")
    return addresses


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open Internet, also where it is wrapped in another."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None,))[0]
        if inner is not None:
            return is_public(str(inner)) and found.ipv4_mapped is not None
        if found in _NAT64:
            return False
    return found.is_global and not found.is_multicast


_NAT64 = ipaddress.ip_network("64:ff9b::/32")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _folder(path: str, host: str, policy: Policy) -> Target:
    if host not in ("", "localhost"):
        raise Forbidden("A file address must not name a host.")
    real = Path(path).resolve()
    if not _inside(real, policy.folders):
        raise Forbidden("This folder lies outside those that may be collected from.")
    return Target(f"file://{quote(str(real))}", "file", "", 0, ())


def _inside(path: Path, folders: Sequence[Path]) -> bool:
    return any(path.is_relative_to(folder.resolve()) for folder in folders)
