"""What stands in the place of a private value: a token, a reserved address, or a disguise.

Surrogates come from HMAC-SHA256 (RFC 2104) over class and value under a secret key of the
dataset: the same value has the same surrogate in every row, whichever process made it, and
without the key nobody can test a guess against it.
"""

import hmac
import re
import string
from collections.abc import Iterator

from .spans import CLASSES

IPV4_NETS = ("192.0.2.", "198.51.100.", "203.0.113.")  # reserved for documentation, RFC 5737
IPV6_NET = "2001:db8:"  # reserved for documentation, RFC 3849
_TOKENS = frozenset(CLASSES)
BREAKS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"  # what str.splitlines takes for a line end

# Marks by which services tell their keys; a disguised key keeps them, or it would be no key.
_MARK = re.compile(
    r"-----BEGIN[^-]*-----|A(?:K|S|B|C)[IC]A|AIza|GOCSPX-|eyJ|SG\.|LTAI|AKID|NRAK-|PMAK-|dapi"
    r"|github_pat_|sk-ant-|sk-proj-|pypi-|[A-Za-z]{1,10}_(?:live_|test_|v1_|pat_|api_)?|[a-z]{1,6}-"
)
_WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "iris", "juno")


def token(cls: str) -> str:
    """The token of a class: `<EMAIL>`; a class with a shade has the plain one's."""
    return f"<{cls.removesuffix('_LICENSE').removesuffix('_EXAMPLE')}>"


def is_token(value: str) -> bool:
    """Whether a detector took what stands for a value for one: a token, or a reserved address."""
    told = value.strip("\"'<>()[]{}:, ")
    return told in _TOKENS or told.startswith((*IPV4_NETS, IPV6_NET))


def surrogate(value: str, cls: str, key: bytes) -> str:
    """What replaces `value` in the processed tier; never a part of it, its line ends kept.

    An address becomes one of the documentation ranges (256 times three of version 4), all
    else the token of its class. Neither is ever found again by the rules here.
    """
    shown = _address(value, key) if cls == "IP_ADDRESS" else token(cls)
    return shown + _breaks(value)


def disguise(value: str, cls: str, key: bytes, *, attempt: int = 0) -> str:
    """A made-up value of the same kind, for annotations; never `value` itself.

    E-mail addresses stand at example.com, .org or .net (RFC 2606), network addresses in the
    documentation ranges. Keys and passwords keep their length and shape: digit for digit,
    letter for letter, known marks and punctuation as they were. `attempt` picks another one.
    """
    for number in range(attempt, attempt + 16):
        stream = _stream(value, f"disguise/{number}/{cls}", key)
        shown = _disguised(value, cls, key, number, stream)
        if value != shown and (len(value) < 6 or value not in shown):
            return shown
    return _letters(stream, max(8, len(value))) + _breaks(value)


def _disguised(value: str, cls: str, key: bytes, number: int, stream: Iterator[int]) -> str:
    if cls == "IP_ADDRESS":
        return _address(value, key, number) + _breaks(value)
    if cls.startswith("EMAIL"):
        return _mailbox(stream) + _breaks(value)
    return _reshaped(value, stream)


def _breaks(value: str) -> str:
    return "".join(char for char in value if char in BREAKS)


def _stream(value: str, use: str, key: bytes) -> Iterator[int]:
    """Numbers from 0 to 65535, without end, told by key, use and value alone."""
    told = f"{use}\0{value}".encode("utf-8", "surrogatepass")
    block = 0
    while True:
        digest = hmac.digest(key, block.to_bytes(4, "big") + told, "sha256")
        for at in range(0, len(digest), 2):
            yield int.from_bytes(digest[at : at + 2], "big")
        block += 1


def _address(value: str, key: bytes, attempt: int = 0) -> str:
    stream = _stream(value, f"address/{attempt}", key)
    if ":" in value:
        groups = [f"{next(stream) | 1:x}" for _ in range(3)]
        return f"{IPV6_NET}{groups[0]}:{groups[1]}::{groups[2]}"
    return f"{IPV4_NETS[next(stream) % len(IPV4_NETS)]}{1 + next(stream) % 254}"


def _mailbox(stream: Iterator[int]) -> str:
    first = _WORDS[next(stream) % len(_WORDS)]
    domain = ("example.com", "example.org", "example.net")[next(stream) % 3]
    return f"{first}.{_letters(stream, 5)}@{domain}"


def _letters(stream: Iterator[int], count: int) -> str:
    return "".join(string.ascii_lowercase[next(stream) % 26] for _ in range(count))


def _reshaped(value: str, stream: Iterator[int]) -> str:
    mark = _MARK.match(value)
    kept = mark.end() if mark and mark.end() <= len(value) // 2 else 0
    end = value.find("-----END", kept)
    end = end if end >= 0 else len(value)
    body = value[kept:end]
    hexadecimal = bool(body) and all(char in string.hexdigits + "-" for char in body)
    return value[:kept] + "".join(_like(char, hexadecimal, stream) for char in body) + value[end:]


def _like(char: str, hexadecimal: bool, stream: Iterator[int]) -> str:
    if char.isdigit():
        return string.digits[next(stream) % 10]
    if not char.isalpha():
        return char
    letters = "abcdef" if hexadecimal else string.ascii_lowercase
    letter = letters[next(stream) % len(letters)]
    return letter.upper() if char.isupper() else letter
