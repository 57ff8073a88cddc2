"""Judges of network and e-mail addresses: which of them are somebody's."""

import ipaddress
import re

from .found import Found, Judge

# Public resolvers, as their operators publish them: known to all, nobody's private address.
PUBLIC_RESOLVERS = frozenset(
    """
    8.8.8.8 8.8.4.4 1.1.1.1 1.0.0.1 1.1.1.2 1.0.0.2 1.1.1.3 1.0.0.3 9.9.9.9 9.9.9.10 9.9.9.11
    149.112.112.112 149.112.112.10 149.112.112.11 208.67.222.222 208.67.220.220 208.67.222.123
    208.67.220.123 4.2.2.1 4.2.2.2 4.2.2.3 4.2.2.4 4.2.2.5 4.2.2.6 64.6.64.6 64.6.65.6 8.26.56.26
    8.20.247.20 94.140.14.14 94.140.15.15 76.76.19.19 76.223.122.150 76.76.2.0 76.76.10.0
    185.228.168.9 185.228.169.9 77.88.8.8 77.88.8.1 114.114.114.114 114.114.115.115 223.5.5.5
    223.6.6.6 119.29.29.29 180.76.76.76 84.200.69.80 84.200.70.40
    2001:4860:4860::8888 2001:4860:4860::8844 2606:4700:4700::1111 2606:4700:4700::1001
    2620:fe::fe 2620:fe::9 2620:119:35::35 2620:119:53::53 2a10:50c0::ad1:ff 2a10:50c0::ad2:ff
    """.split()  # noqa: SIM905
)
_VERSION = re.compile(
    r"(?:\b(?:versions?|ver|vers|rev|revision|release|build|firmware|driver|schema|oid|sdk|since"
    r"|updated?|upgraded?|(?:sub)?sections?|sect?|hyperspec|spec|chapter|clause|figure|fig|table|appendix|annex|rfc|iso|tag"
    r"|requires?|install|package|chrome|firefox|safari|opera|edge|mozilla|webkit|gecko|msie|plugin"
    r"|soversion)\b|version|objectidentifier|oids?\b|[=~!<>]=|\u00a7)[^\n]{0,24}$",
    re.IGNORECASE,
)
_NETWORK = re.compile(
    r"(?:\bip\b|[_-]ip\b|\bip[_-]|ipv4|ipaddr|addr|host|server|inet|ping|gateway|proxy|client|remote"
    r"|peer|listen|bind|nslookup|traceroute|ssh|://|nameserver|\bdns\b|\bfrom\b)[^\n]{0,40}$",
    re.IGNORECASE,
)
_BEHIND = re.compile(r"\.\d|\.\*|-(?!\d{1,3}\.\d{1,3}\.)\w|\+\w|(?:rc|alpha|beta|dev|post|a|b)\d")


def is_private_ipv4(found: Found) -> bool:
    """Keep version 4 addresses of the public net that no context tells to be a version."""
    value, after = found.value, found.after(24)
    if _BEHIND.match(after) or not is_somebodys(value):
        return False
    before = found.before(80)
    if _joined(before, after) or _is_network(value, after):
        return False
    version = _VERSION.search(before)
    network = _NETWORK.search(before)
    if version and (not network or network.start() <= version.start()):
        return False
    return bool(network) or any(int(part) > 9 for part in value.split("."))


def _joined(before: str, after: str) -> bool:
    """Whether the number goes on to the left (`x-1.2.3.4`), or is a product's (`nginx/1.2.3.4`)."""
    if before.endswith("/"):
        return not before.endswith("//") and not after.startswith(":")
    return before.endswith((".", "-"))


def _is_network(value: str, after: str) -> bool:
    """Whether `value` names a net: its host bits are zero (`192.88.99.0/24`, `12.0.0.0`)."""
    prefix = re.match(r"/(\d{1,2})(?!\d)", after)
    if prefix is None:
        return value.endswith(".0.0.0")
    bits = int(prefix[1])
    return bits < 32 and not int(ipaddress.IPv4Address(value)) & (0xFFFFFFFF >> bits)


def is_private_ipv6(found: Found) -> bool:
    """Keep version 6 addresses of the public net, standing alone."""
    before, after = found.before(1), found.after(1)
    if before in (":", ".", "-") or after == ":" or (after.isalnum() and after.isascii()):
        return False
    return not found.value.endswith("::") and is_somebodys(found.value)


def is_somebodys(value: str) -> bool:
    """Tell whether an address can be one person's or machine's.

    Not so: private, loopback, link-local, multicast, reserved and documentation ranges
    (IANA special-purpose registries, RFC 6890) and the public resolvers.
    """
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return str(address) not in PUBLIC_RESOLVERS


# --- e-mail addresses

# Names that are nobody's: RFC 2606, RFC 6761, and what everybody writes instead of them.
_RESERVED = ("example", "invalid", "localhost", "test", "local", "localdomain")
_EXAMPLE = re.compile(
    r"(?:^|\.)(?:example|examples|yourdomain|your-domain|your_domain|mydomain|yourcompany|domain"
    r"|yoursite|host|your-company|yourhost|somewhere|somedomain|somehost|foobar|foo|bar|baz)"
    r"\.(?:com|org|net|edu|io|dev|tld|co|co\.uk|de|fr|xyz)$"
)
# What stands behind the last dot of things that only look like an address: file names, attributes.
_NO_DOMAINS = frozenset(
    """
    png jpg jpeg gif svg webp ico bmp pdf css scss less js mjs jsx ts tsx json yaml yml xml html
    htm txt csv tsv py pyi rb java class jar kt cpp hpp cc cs go php sql rst log lock toml ini cfg
    conf tar gz tgz bz2 xz whl egg exe dll bin dat bak tmp tmpl tpl woff ttf min map vue proto
    dot transpose inv sum mean shape dtype astype reshape conj diagonal item tolist apply append
    join format get set len array value values real imag reset setter getter deleter property
    register route call cast wraps command option argument parametrize fixture mark patch
    """.split()  # noqa: SIM905
)
_SERVICE = frozenset({"git", "hg", "svn", "gitlab", "github", "bitbucket"})
_NAMESPACES = frozenset({"openssh.com", "libssh.org"})  # of algorithm names, RFC 4251 section 6
_USERINFO = re.compile(r"://[^\s/\"'<>]*$")


def private_email(found: Found) -> Found | None:
    """Keep e-mail addresses; one at a reserved or example domain is EMAIL_EXAMPLE.

    None are `git@host:`, the user part of a URL, and file names or expressions in which an `@`
    happens to stand (`icon@2x.png`, `X@W.reshape`).
    """
    local, _, domain = found.value.lower().rpartition("@")
    labels = domain.split(".")
    if labels[-1] in _NO_DOMAINS or all(map(_numeric, labels[:-1])):
        return found if labels[-1] in ("com", "net", "org", "cn") and len(labels) == 2 else None
    if local in _SERVICE or domain in _NAMESPACES or _USERINFO.search(found.before()):
        return None
    if labels[-1] in _RESERVED or _EXAMPLE.search(domain):
        return found._replace(cls=f"{found.cls}_EXAMPLE")
    return found


def unless_example(judge: Judge) -> Judge:
    """Ask `judge` only about what is no example."""

    def asked(found: Found) -> Found | None:
        return found if found.cls.endswith("_EXAMPLE") else judge(found)

    return asked


def _numeric(label: str) -> bool:
    return label.replace("x", "").replace("-", "").isdigit()
