"""How random a value looks: entropy, and letter pairs that words do not have."""

import math
from collections import Counter
from itertools import pairwise

# For each letter those that follow it in 93 of 100 pairs of the words of Python source.
_USUAL = {
    "a": "bcdgiklmnprstuvwy", "b": "aeilorsu", "c": "acehiklortu", "d": "adeilosu",
    "e": "abcdefgilmnopqrstvwxy", "f": "aefiloru", "g": "aehinorsu", "h": "aeiot",
    "i": "abcdefglmnoprstvxz", "j": "aeou", "k": "aeins", "l": "adeiklostuy", "m": "aeimopsu",
    "n": "acdefgiknopstuv", "o": "abcdgiklmnoprstuvw", "p": "aehiloprstuy", "q": "u",
    "r": "acdegiklmnorstuy", "s": "acehiklmopqstuwy", "t": "acehiloprstuwy",
    "u": "abceilmnprst", "v": "aeio", "w": "aeino", "x": "aceipt", "y": "opst", "z": "aeiz",
}  # fmt: skip


def entropy(value: str) -> float:
    """Shannon entropy of the code points of `value`, in bits a code point."""
    size = len(value)
    return -sum(n / size * math.log2(n / size) for n in Counter(value).values())


def strangeness(value: str) -> float:
    """Share of neighbours that words do not have, 0 (words) to 1.

    Strange are pairs of letters that words seldom have, and a letter beside a digit; a digit
    beside a digit counts 0.3. Others (punctuation, a capital behind a small letter) count not.
    """
    strange = pairs = 0.0
    for left, right in pairwise(value):
        if not (left.isalnum() and right.isalnum()) or (left.islower() and right.isupper()):
            continue
        if not (left.isascii() and right.isascii()):
            continue  # of other scripts nothing is known
        pairs += 1
        digits = left.isdigit() + right.isdigit()
        if digits == 2:
            strange += 0.3
        elif digits or right.lower() not in _USUAL.get(left.lower(), ""):
            strange += 1
    return strange / pairs if pairs else 0.0


def kinds(value: str) -> int:
    """How many of small letters, capitals, digits and other characters `value` has."""
    return sum(
        any(test(char) for char in value)
        for test in (str.islower, str.isupper, str.isdigit, lambda char: not char.isalnum())
    )
