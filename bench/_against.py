"""Another commit of this project, served beside this one from a tree of its own."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.server.running import FIRST_START, ROOT, Server


@contextmanager
def tree(commit: str) -> Iterator[Path]:
    """The files of a commit in a folder that goes again, with the packages that are installed here:
    only the code differs."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "tree")
        _git("worktree", "add", "--detach", str(root), commit)
        try:
            _environment(root)
            yield root
        finally:
            _git("worktree", "remove", "--force", str(root))


def _git(*words: str) -> None:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"git {' '.join(words[:2])}: {done.stderr.strip()}")


def _environment(root: Path) -> None:
    """Links to what is installed, and the stamps by which the scripts see that nothing is missing:
    otherwise they would install that commit's packages over these."""
    here = root / ".venv"
    here.mkdir()
    for part in (ROOT / ".venv").iterdir():
        if not part.name.startswith(("installed-", "wanted-")):
            (here / part.name).symlink_to(part.resolve())
    needed = (root / "requirements.txt").read_text()
    (here / "installed-server").write_text(needed)


@contextmanager
def both(commit: str) -> Iterator[tuple[Server, Server]]:
    """(then, now): servers of both commits with the same demo, made by the earlier one."""
    with tempfile.TemporaryDirectory() as folder, tree(commit) as root:
        then, now = Server(Path(folder, "then")), Server(Path(folder, "now"))
        then.root = root
        try:
            then.start(FIRST_START)
            then.stop()
            then.copy_home(now.home)
            yield then.start(), now.start(FIRST_START)
            then.stop()
            now.stop()
        finally:
            then.abandon()
            now.abandon()
