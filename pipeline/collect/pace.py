"""How fast hosts are asked: a number of requests a second each, and slower when one says so."""

import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit


class Pace:
    """Lets callers through one by one, a host at most `per_second` times; threads may share it."""

    def __init__(
        self,
        per_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.gap: float = 1 / per_second if per_second > 0 else 0.0
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._next: dict[str, float] = {}

    def wait(self, url: str) -> None:
        """Return when the host of `url` may be asked."""
        host = urlsplit(url).netloc
        with self._lock:
            now = self._clock()
            turn = max(now, self._next.get(host, now))
            self._next[host] = turn + self.gap
        if turn > now:
            self._sleep(turn - now)

    def back_off(self, url: str, seconds: float) -> None:
        """Let nobody through to the host for a while."""
        host = urlsplit(url).netloc
        with self._lock:
            self._next[host] = max(self._next.get(host, 0.0), self._clock() + seconds)
