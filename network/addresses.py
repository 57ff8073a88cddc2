"""Hosts that strangers name, looked at before this machine asks them anything.

A host is resolved once, each of its addresses is looked at, and whoever connects is told the
addresses that passed: a name that answers differently the second time gains nothing.
"""

import ipaddress
import re
import socket

LONGEST = 2_000  # characters of an address
ODD = re.compile(r"[\x00-\x20\x7f\\]")  # in no address
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", re.IGNORECASE)
_NAT64 = ipaddress.ip_network("64:ff9b::/32")


class Forbidden(Exception):  # noqa: N818  it is an answer, not a fault
    """An address that may not be asked; the sentence says why."""


def resolve(
    host: str, port: int, *, private_hosts: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """The addresses of a host, in order. `private_hosts` may have private ones.

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
    if name not in private_hosts and not all(map(is_public, addresses)):
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


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
