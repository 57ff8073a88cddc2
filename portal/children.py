"""The processes of a server on one machine: started, looked after, stopped in the right order."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOOK_EVERY = 0.1  # seconds
QUIT_AFTER, KILL_AFTER = 4.0, 12.0  # seconds: from TERM to QUIT, from QUIT to KILL
OFTEN = 60.0  # seconds in which a child may die twice, not three times


class StopError(Exception):
    """The end of the run: an exit code, and a sentence when it is not the user's wish."""

    def __init__(self, code: int, sentence: str = "") -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


def say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


def ended(code: int) -> str:
    """An exit code as a person reads it."""
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


class Child:
    """A process that leads a session of its own, so that it does not hear the terminal's Ctrl-C."""

    def __init__(self, name: str, lock: Path, *words: str) -> None:
        """`words` is a module (`celery`) or a file (`manage.py`) and its arguments."""
        self.name = name
        self.words = [sys.executable, "-m", "portal.lifeline", str(lock), *words]
        self.process: subprocess.Popen[bytes] | None = None
        self.starts: deque[float] = deque(maxlen=3)

    def start(self) -> None:
        self.starts.append(time.monotonic())
        self.process = subprocess.Popen(  # noqa: S603
            self.words, cwd=ROOT, stdin=subprocess.DEVNULL, start_new_session=True
        )

    @property
    def code(self) -> int | None:
        """The exit code; None while it lives or before its first start."""
        return self.process.poll() if self.process else None

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def died_too_often(self) -> bool:
        """The third death within a minute."""
        return len(self.starts) == 3 and time.monotonic() - self.starts[0] < OFTEN

    def tell(self, number: signal.Signals) -> None:
        """Signal the leader alone: pool children must not hear it before their parent."""
        if self.alive and self.process:
            self.process.send_signal(number)

    def kill_group(self) -> None:
        """Kill the leader and whatever it left behind."""
        if self.process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class House:
    """The children of one server.

    A child that is not `vital` is started again when it died, twice a minute at most; the death
    of a vital one ends the run. `patient` ones put their tasks back at SIGQUIT.
    """

    def __init__(self) -> None:
        self.signals = 0
        self.vital: list[Child] = []
        self.patient: list[Child] = []
        self.passing: Child | None = None  # a command that runs for a while

    @property
    def children(self) -> list[Child]:
        return [*([self.passing] if self.passing else []), *self.vital, *self.patient]

    def listen(self) -> None:
        """Count the wishes to stop; who started us with nohup does not mean SIGHUP."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._heard)

    def _heard(self, *_: Any) -> None:
        self.signals += 1

    def run(self, child: Child) -> int:
        """Run a child to its end, the others looked after; return its exit code."""
        self.passing = child
        child.start()
        self.until(lambda: not child.alive)
        child.kill_group()
        self.passing = None
        return child.code or 0

    def until(self, happened: Callable[[], bool]) -> None:
        """Look after the children until it happened; raises StopError at a signal or a death."""
        while not happened():
            if self.signals:
                raise StopError(0)
            self._look()
            time.sleep(LOOK_EVERY)

    def _look(self) -> None:
        for child in self.vital:
            if child.code is not None:
                raise StopError(1, f"The {child.name} ended ({ended(child.code)}); see above why.")
        for child in self.patient:
            if child.code is not None:
                self._restart(child, ended(child.code))

    def _restart(self, child: Child, how: str) -> None:
        child.kill_group()  # a pool child may have outlived its leader
        if child.died_too_often:
            raise StopError(1, f"The {child.name} ended three times in a minute ({how}).")
        say(f"The {child.name} ended ({how}); starting it again.")
        child.start()

    def stop(self) -> None:
        """Ask, then have tasks put back, then kill. Each further signal skips a wait."""
        for child in self.children:
            child.tell(signal.SIGTERM)
        self._wait(QUIT_AFTER)
        for child in self.patient:
            child.tell(signal.SIGQUIT)
        self._wait(KILL_AFTER)
        for child in self.children:
            child.kill_group()

    def _wait(self, seconds: float) -> None:
        heard, end = self.signals, time.monotonic() + seconds
        while any(child.alive for child in self.children):
            if time.monotonic() > end or self.signals > heard:
                return
            time.sleep(LOOK_EVERY)
