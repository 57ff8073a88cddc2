"""Real repositories for tests: made with git, and served by git's own daemon and over HTTP."""

import contextlib
import os
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.collect.outbound import Policy
from tests.ports import free_port
from tests.waiting import until

LOOPBACK = Policy(frozenset({"http", "git", "https"}), frozenset({"127.0.0.1", "localhost"}))
_WHO = {
    "GIT_AUTHOR_NAME": "Ann Author",
    "GIT_AUTHOR_EMAIL": "ann@example.org",
    "GIT_AUTHOR_DATE": "2024-02-03T04:05:06+01:00",
    "GIT_COMMITTER_NAME": "Con Committer",
    "GIT_COMMITTER_EMAIL": "con@example.org",
    "GIT_COMMITTER_DATE": "2024-02-03T05:05:06+01:00",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
}


def git(folder: Path, *words: str, data: bytes = b"") -> str:
    """Run git in a folder and return what it says."""
    told = subprocess.run(
        ["git", *words], cwd=folder, input=data, env={**os.environ, **_WHO}, capture_output=True
    )
    assert told.returncode == 0, told.stderr.decode()
    return told.stdout.decode().strip()


class Repo:
    """A bare repository whose commits are made object by object, so any tree can be in it."""

    def __init__(self, folder: Path, branch: str = "main") -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        git(folder, "init", "-q", "--bare", f"--initial-branch={branch}")
        git(folder, "config", "uploadpack.allowFilter", "true")
        git(folder, "config", "http.receivepack", "false")
        (folder / "git-daemon-export-ok").touch()
        self.branch = branch

    def blob(self, data: bytes) -> str:
        return git(self.folder, "hash-object", "-w", "--stdin", data=data)

    def commit(
        self,
        files: Mapping[str, str | bytes | tuple[str, str]],
        message: str = "a change",
        *,
        on_top: bool = True,
    ) -> str:
        """Commit a whole tree; a value may be a pair of mode and object id."""
        index = self.folder / "made.index"
        index.unlink(missing_ok=True)
        lines = []
        for path, value in files.items():
            if isinstance(value, tuple):
                mode, oid = value
            else:
                mode = "100644"
                oid = self.blob(value.encode() if isinstance(value, str) else value)
            lines.append(f"{mode} {oid}\t{path}\x00")
        env = {**os.environ, **_WHO, "GIT_INDEX_FILE": str(index)}
        told = subprocess.run(
            ["git", "update-index", "-z", "--index-info"],
            cwd=self.folder,
            env=env,
            input="".join(lines).encode(errors="surrogateescape"),
            capture_output=True,
        )
        assert told.returncode == 0, told.stderr
        tree = subprocess.run(
            ["git", "write-tree", "--missing-ok"],
            cwd=self.folder,
            env=env,
            capture_output=True,
            check=True,
        ).stdout.decode()
        return self.commit_tree(tree.strip(), message, on_top=on_top)

    def tree(self, entries: bytes) -> str:
        """A tree object of these very bytes, however wrong they are."""
        return git(
            self.folder,
            *("hash-object", "-t", "tree", "--literally", "-w", "--stdin"),
            data=entries,
        )

    def commit_tree(self, tree: str, message: str = "a change", *, on_top: bool = True) -> str:
        parents = ["-p", self.head()] if on_top and self.head() else []
        made = git(self.folder, "commit-tree", tree, *parents, data=message.encode())
        git(self.folder, "update-ref", f"refs/heads/{self.branch}", made)
        return made

    def head(self) -> str:
        told = subprocess.run(
            ["git", "rev-parse", "-q", "--verify", f"refs/heads/{self.branch}"],
            cwd=self.folder,
            capture_output=True,
        )
        return told.stdout.decode().strip()


@contextlib.contextmanager
def daemon(base: Path) -> Iterator[str]:
    """`git daemon` over everything below `base`; yields the address to put a path behind."""
    port = free_port()
    process = subprocess.Popen(
        [
            *("git", "daemon", "--reuseaddr", f"--base-path={base}", "--listen=127.0.0.1"),
            *(f"--port={port}", "--export-all", str(base)),
        ],
        env={**os.environ, **_WHO},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        assert until(lambda: _answers(port), 10)
        yield f"git://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:

    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


class Served(ThreadingHTTPServer):
    """Repositories over smart HTTP, by git's own `http-backend`."""

    daemon_threads = True

    def __init__(self, base: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Backend)
        self.base = base
        self.moved: dict[str, str] = {}  # path prefix -> address
        self.busy: list[int] = []  # statuses to answer with first
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Backend(BaseHTTPRequestHandler):
    server: Served
    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Transfer-Encoding") == "chunked":
            data = self._chunks()
        self._serve(data)

    def _chunks(self) -> bytes:
        data = b""
        while size := int(self.rfile.readline(), 16):
            data += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return data

    def _serve(self, data: bytes) -> None:
        self.server.asked.append(self.path)
        if self.server.busy:
            self.send_error(self.server.busy.pop(0))
            return
        for prefix, target in self.server.moved.items():
            if self.path.startswith(prefix):
                self.send_response(301)
                self.send_header("Location", target + self.path[len(prefix) :])
                self.end_headers()
                return
        parts = urlsplit(self.path)
        env = {
            **{**os.environ, **_WHO},
            "GIT_PROJECT_ROOT": str(self.server.base),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "CONTENT_LENGTH": str(len(data)),
        }
        told = subprocess.run(["git", "http-backend"], input=data, env=env, capture_output=True)
        head, _, body = told.stdout.partition(b"\r\n\r\n")
        lines = [line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line]
        headers = dict(lines)
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        pass


@contextlib.contextmanager
def http(base: Path) -> Iterator[Served]:
    """A server of all repositories below `base`."""
    server = Served(base)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
