"""Running git so that what it reads cannot make it do anything else.

Every call has an environment of its own: no configuration of the machine or the user, no hooks, no
helpers for credentials, no questions, only the protocols that the policy allows and, for a host,
only the addresses that were checked. A call ends at its time limit with all that it started, no
file that it writes grows beyond the size limit, and what it prints is read up to a bound.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

from pipeline.collect.outbound import Target

TIMED_OUT = "timed-out"
TOO_LARGE = "too-large-repository"
FAILED = "failed"
_MOST_TOLD = 4_096  # bytes of git's complaints that are kept
_ANSWER = 1 << 20  # bytes of an ordinary answer
_KEPT = ("PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "TMPDIR")
_LIMITED = 'ulimit -f "$0" && ulimit -c 0 && exec "$@"'
_SETTINGS = {
    "protocol.allow": "never",
    "protocol.ext.allow": "never",
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.attributesFile": os.devnull,
    "core.excludesFile": os.devnull,
    "core.bigFileThreshold": "4m",  # larger ones are streamed, never held
    "core.packedGitLimit": "256m",
    "credential.helper": "",
    "http.followRedirects": "false",  # a redirect leads to a host that nobody checked
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "30",
    "fetch.recurseSubmodules": "false",
    "submodule.recurse": "false",
    "fetch.unpackLimit": "1",  # one file, so that the size limit is one
    "fetch.writeCommitGraph": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "pack.threads": "1",
    "index.threads": "1",
    "advice.detachedHead": "false",
}


class GitFailed(Exception):  # noqa: N818  it is an answer, not a fault
    """A call that did not end well; `reason` is one of the words above, `told` what git said."""

    def __init__(self, reason: str, told: str = "") -> None:
        super().__init__(f"{reason}: {told}" if told else reason)
        self.reason = reason
        self.told = told


class Limits(NamedTuple):
    """What one repository may cost."""

    seconds: float = 600.0  # for each call
    bytes: int = 2 << 30  # of a pack, as it is transferred
    files: int = 200_000
    file_bytes: int = 1 << 20  # larger files are not fetched where the server can leave them out
    depth: int = 1  # commits


class Git:
    """The bare repository in `folder`; `target` is the address it may ask, None for none."""

    def __init__(self, folder: Path, limits: Limits, target: Target | None = None) -> None:
        self.folder, self.limits, self.target = folder, limits, target

    def run(self, *words: str, most: int = _ANSWER) -> bytes:
        """What a call prints, at most `most` bytes.

        Raises:
            GitFailed: it failed, took too long, wrote or printed too much.
        """
        with self.stream(*words) as out:
            told = out.read(most + 1)
            if len(told) > most:
                raise GitFailed(TOO_LARGE, "it answers without end")
        return told

    @contextlib.contextmanager
    def stream(self, *words: str, feed: Iterable[bytes] | None = None) -> Iterator[IO[bytes]]:
        """What a call prints, as a stream; `feed` is written to its input meanwhile.

        Raises:
            GitFailed: it failed or took too long; also where the reader breaks off, quietly.
        """
        process = self._start(words, fed=feed is not None)
        ended = _Ended()
        timer = threading.Timer(self.limits.seconds, _end, (process, ended))
        threads = [threading.Thread(target=_listen, args=(process, ended), daemon=True)]
        if feed is not None:
            threads.append(threading.Thread(target=_feed, args=(process, feed), daemon=True))
        try:
            for thread in (timer, *threads):
                thread.start()
            assert process.stdout is not None  # noqa: S101  for the type checker
            yield process.stdout
            process.wait()
        except BaseException:
            ended.left = True
            raise
        finally:
            timer.cancel()
            _kill(process)
            process.wait()
            for thread in threads:
                thread.join()
            for pipe in (process.stdin, process.stdout, process.stderr):
                with contextlib.suppress(OSError):  # a pipe whose reader is gone
                    if pipe is not None:
                        pipe.close()
        if ended.late:
            raise GitFailed(TIMED_OUT)
        if process.returncode:
            raise GitFailed(self._reason(), ended.told)

    def _start(self, words: tuple[str, ...], *, fed: bool) -> subprocess.Popen[bytes]:
        # The shell sets the limit and then becomes git: a limit set from here would be too late.
        blocks = str(self._most() // 512)
        return subprocess.Popen(  # noqa: S603  words are ours, addresses were checked
            ["/bin/sh", "-c", _LIMITED, blocks, *self._git(), *words],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.PIPE if fed else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def _git(self) -> list[str]:
        told = dict(_SETTINGS)
        if self.target is not None:
            told[f"protocol.{self.target.protocol}.allow"] = "always"
            if self.target.protocol in ("http", "https"):
                addresses = ",".join(f"[{a}]" if ":" in a else a for a in self.target.addresses)
                told["http.curloptResolve"] = f"{self.target.host}:{self.target.port}:{addresses}"
        words = [word for name, value in told.items() for word in ("-c", f"{name}={value}")]
        return [_program(), *words, f"--git-dir={self.folder}", "--no-pager"]

    def _environment(self) -> dict[str, str]:
        home = self.folder / "home"  # is never made, so nothing is found in it
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        told = {
            **kept,
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home),
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "",
            "SSH_ASKPASS": "",
            "GIT_SSH_COMMAND": "false",
            "GIT_PROTOCOL_FROM_USER": "0",
            "GIT_ALLOW_PROTOCOL": self.target.protocol if self.target else "none",
            "GIT_LFS_SKIP_SMUDGE": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_OPTIONAL_LOCKS": "0",
        }
        if self.target is not None and self.target.protocol == "file":
            # The other side of a local fetch reads no settings of ours but this file: a mirror may
            # belong to another user, and serving it runs nothing that lies in it.
            safe = self.folder / "safe.config"
            safe.write_text("[safe]\n\tdirectory = *\n", encoding="utf-8")
            told["GIT_CONFIG_GLOBAL"] = str(safe)
        return told

    def _reason(self) -> str:
        """Git does not say that a pack ran into the limit; the file that it leaves does."""
        full = self._most() - (1 << 16)
        drafts = (self.folder / "objects/pack").glob("tmp_*")
        return TOO_LARGE if any(draft.stat().st_size >= full for draft in drafts) else FAILED

    def _most(self) -> int:
        return max(self.limits.bytes, 1 << 20)


class _Ended:
    """How a call ended, told by the threads beside it."""

    def __init__(self) -> None:
        self.late = self.left = False
        self.told = ""


def _program() -> str:
    found = shutil.which("git")
    if found is None:
        raise GitFailed(FAILED, "git is not installed")
    return found


def _end(process: subprocess.Popen[bytes], ended: _Ended) -> None:
    ended.late = True
    _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _listen(process: subprocess.Popen[bytes], ended: _Ended) -> None:
    """Keep the end of what git complains about, and read the rest so that it is not held up."""
    kept = b""
    assert process.stderr is not None  # noqa: S101
    while part := process.stderr.read1(8_192):  # type: ignore[attr-defined]
        kept = (kept + part)[-_MOST_TOLD:]
    ended.told = " ".join(kept.decode(errors="replace").split())


def _feed(process: subprocess.Popen[bytes], feed: Iterable[bytes]) -> None:
    assert process.stdin is not None  # noqa: S101
    with contextlib.suppress(OSError, ValueError):
        for line in feed:
            process.stdin.write(line)
        process.stdin.close()
