"""Run a program that ends when its supervisor is gone, however that one died.

`python -m portal.lifeline LOCK PROGRAM ARGUMENTS...`, where PROGRAM is a module (`celery`) or a
file (`manage.py`). The supervisor holds an exclusive lock on the file LOCK, and the system lets go
of it with the process, so whoever waits for that lock learns of a SIGKILL too. It works the same on
Linux and macOS, which has no parent-death signal.
"""

import fcntl
import os
import runpy
import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread

GRACE = 8  # seconds between the polite signal and the last one


def hold_on(lock: Path) -> None:
    """End this process's group, softly at first, as soon as nobody holds `lock` exclusively."""
    Thread(target=_wait, args=(lock,), daemon=True, name="lifeline").start()


def _wait(lock: Path) -> None:
    with lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        group = os.getpgrp()
        # The last signal comes from outside: at the first one this process may end before its pool.
        subprocess.Popen(  # noqa: S603
            ["/bin/sh", "-c", f"sleep {GRACE}; kill -KILL -{group}"],
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.killpg(group, signal.SIGTERM)


def main(words: list[str]) -> None:
    lock, program, *_ = words
    hold_on(Path(lock))
    sys.argv = words[1:]
    if program.endswith(".py"):
        runpy.run_path(program, run_name="__main__")
    else:
        runpy.run_module(program, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
