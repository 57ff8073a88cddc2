"""Wait on a condition, never for a time."""

import time
from collections.abc import Callable


def until(happened: Callable[[], bool], seconds: float) -> bool:
    """Look every 20 ms whether it happened; `seconds` bounds a test that fails."""
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
