"""Ports for servers that tests start.

They lie below the range from which the system takes ports for connections and for `bind(0)`, so
that nobody can be given one between the question and the start of the server that asked.
"""

import itertools
import random
import socket

FIRST, LAST = 10_240, 32_000  # Linux gives away 32768 and up, other systems 49152 and up
_next = itertools.count(random.SystemRandom().randrange(LAST - FIRST))


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens, and which this process has not named before."""
    for number in itertools.islice(_next, LAST - FIRST):
        port = FIRST + number % (LAST - FIRST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise RuntimeError(f"every port between {FIRST} and {LAST} is in use")
