"""Names of those who speak in a thread: `username_1`, `username_2` ... in the order of speaking.

A name is replaced where it stands as a word of its own, with or without `@`, in any case; a login
`al` leaves `also` as it is. Other words after `@` stay: in code they are no names.
"""

import re
from collections.abc import Iterable

_LEAST = 3  # characters of a login that is sought without `@`: shorter ones are words
OTHER = "username_0"


class Speakers:
    """The speakers of one thread, and people whose names must not stand there either."""

    def __init__(self, logins: Iterable[str], others: Iterable[str] = ()) -> None:
        """`logins` in the order of speaking; again and again the same is fine."""
        self._names: dict[str, str] = {}
        for login in logins:
            self._names.setdefault(login.casefold(), f"username_{len(self._names) + 1}")
        for login in others:
            self._names.setdefault(login.casefold(), OTHER)
        known = sorted(filter(None, self._names), key=lambda name: (-len(name), name))
        told = "|".join(map(re.escape, known))
        words = "|".join(re.escape(name) for name in known if len(name) >= _LEAST)
        pattern = rf"(?<![\w@/.-])@(?:{told})(?![\w-])"
        if words:
            pattern += rf"|(?<![\w@.-])(?:{words})(?![\w-])"
        self._pattern = re.compile(pattern, re.IGNORECASE) if known else None

    def name(self, login: str) -> str:
        """What stands for a speaker."""
        return self._names.get(login.casefold(), OTHER)

    def replaced(self, text: str) -> tuple[str, int]:
        """The text without names, and how many were replaced."""
        if self._pattern is None:
            return text, 0

        def put(found: re.Match[str]) -> str:
            word = found[0]
            return f"@{self.name(word[1:])}" if word[0] == "@" else self.name(word)

        return self._pattern.subn(put, text)
