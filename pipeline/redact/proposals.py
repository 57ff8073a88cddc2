"""Rules that only propose: values beside a name that may mean a secret, for a model to decide.

Without a model they find nothing. Wide on purpose: a model can turn down what is proposed, and
can't find what is not. The cheap test of a value keeps out what is plainly a word of a program.
"""

import re

from .found import Found, Rule, only
from .randomness import strangeness

_TELLING = r"(?:secret|token|key|auth|cred|nonce|salt|sig|cookie|session|sid|api)"
_CALLED = r"(?:passw|passphrase|passcode|pass\b|_pass|pwd|_pw\b)"
_REST = r"[\w.-]{0,40}"
_SOURCE = "own: what stands beside a telling name, for a model to decide"


def _never(_found: Found) -> bool:
    return False


_CODE = re.compile(r"[A-Za-z_$][\w$]*(?:[.:/_-]+[A-Za-z_$][\w$]*)*[.:]?|[\d.]+|\W+")


def is_worth_asking(found: Found) -> bool:
    """Whether a value is more than an identifier, a dotted name, a number or punctuation."""
    value = found.value
    if _CODE.fullmatch(value):
        return any(map(str.isdigit, value)) or strangeness(value) >= 0.34
    return True


_JUDGES = (only(_never),)
_LOOSE = (only(is_worth_asking),)


def _proposal(name: str, cls: str, pattern: str) -> Rule:
    return Rule(name, cls, pattern, _SOURCE, _JUDGES, 0.0, loose=_LOOSE)


_BESIDE_A_NAME = tuple(
    _proposal(f"{kind}-{cls.lower()}", cls, pattern)
    for cls, word in (("PASSWORD", _CALLED), ("KEY", _TELLING))
    for kind, pattern in (
        (
            "quoted",
            rf"(?i){word}{_REST}[^\r\n\"'`]{{0,40}}[\"'`]{{1,2}}[^\r\n\"'`]{{0,20}}"
            rf"[\"'`]([^\s\"'`\\]{{4,200}})[\"'`]",
        ),
        ("plain", rf"(?i){word}{_REST}[^\r\n\"'`]{{0,40}}[\"'`]([^\r\n\"'`]{{4,200}})[\"'`]"),
        (
            "bare",
            rf"(?i){word}{_REST}[\"'\])]{{0,2}}[ \t]*(?:=>|[=: \t])[ \t]*"
            r"([^\s\"'`<>(){}\[\],;&]{4,200})",
        ),
    )
)
_LONG = _proposal("long-token", "KEY", r"[\"'`=>&\s]([A-Za-z0-9+/_-]{20,200}={0,2})[\"'`<&\s]")
PROPOSALS = (*_BESIDE_A_NAME, _LONG)
