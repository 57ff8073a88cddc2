"""One repository's default branch, shallow and bare, into a folder: fetched anew or brought up.

No checkout, so no filter, no hook and no link of it ever runs or is followed. Contents larger than
a file may be are left on the server where the server can (`uploadpack.allowFilter`).
"""

import contextlib
import shutil
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin

from pipeline.collect import download
from pipeline.collect.gitting import FAILED, Git, GitFailed, Limits
from pipeline.collect.outbound import Policy, Target, check

EMPTY = "empty-repository"
MISSING = "missing-repository"
_REF = "refs/gatehouse/head"
_NO_BRANCH = "HEAD"
# Objects that were left on the server are simply missing while a repository is read: nothing may
# be fetched behind the reader's back. Only a fetch is told of them.
_READING = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n\tfilemode = false\n"
_FETCHING = (
    "[core]\n\trepositoryformatversion = 1\n\tbare = true\n\tfilemode = false\n"
    "[extensions]\n\tpartialClone = origin\n"
    '[remote "origin"]\n\tpromisor = true\n\tpartialclonefilter = blob:limit={limit}\n'
)


class Head(NamedTuple):
    """What a repository's default branch points to."""

    commit: str
    branch: str
    url: str  # where it was found, another than asked after a rename


def fetch(url: str, folder: Path, policy: Policy, limits: Limits, *, known: str = "") -> Head:
    """Bring the repository in `folder` to the head of `url`; nothing is asked for if it is `known`.

    A folder that a kill left half made is brought to its end or made anew.

    Raises:
        Forbidden: the address or one that it leads to may not be asked.
        GitFailed: what cannot be had costs this repository only; `reason` says which way.
    """
    _prepare(folder)
    try:
        head = _head(folder, check(url, policy), limits)
    except GitFailed as failed:
        moved = _moved(url, policy, limits) if "error: 30" in failed.told else ""
        if not moved:
            raise _told(failed) from failed
        head = _head(folder, check(moved, policy), limits)
    if known and head.commit == known and _there(folder, known, limits):
        return head
    target = check(head.url, policy)
    try:
        if known:
            with contextlib.suppress(GitFailed):  # what is there may be broken: then anew
                return _fetched(folder, target, head, limits)
            shutil.rmtree(folder, ignore_errors=True)
            _prepare(folder)
        return _fetched(folder, target, head, limits)
    except GitFailed as failed:
        shutil.rmtree(folder, ignore_errors=True)  # also what a full disk left
        raise _told(failed) from failed


def deepen(url: str, folder: Path, policy: Policy, limits: Limits) -> str:
    """Fetch `limits.depth` commits of the branch; return the newest. Raises as `fetch`.

    What is there stays, so a build that was planned before reads on.
    """
    target = check(url, policy)
    return _fetched(folder, target, Head("", "", url), limits).commit


def _prepare(folder: Path) -> None:
    """A bare repository as git would make it, without its templates and samples."""
    if not (folder / "HEAD").exists():
        shutil.rmtree(folder, ignore_errors=True)
        for name in ("objects/pack", "objects/info", "refs/heads"):
            (folder / name).mkdir(parents=True)
        (folder / "HEAD").write_text("ref: refs/heads/none\n", encoding="ascii")
    for lock in folder.glob("*.lock"):  # of a call that was killed; there is one caller a folder
        lock.unlink()
    (folder / "config").write_text(_READING, encoding="ascii")


def _head(folder: Path, target: Target, limits: Limits) -> Head:
    """Ask for the head; a bare commit where HEAD names no branch."""
    git = Git(folder, limits._replace(seconds=min(limits.seconds, 60.0)), target)
    told = git.run("ls-remote", "--symref", "--end-of-options", target.pinned, "HEAD")
    commit = branch = ""
    for line in told.decode(errors="replace").splitlines():
        value, _, name = line.partition("\t")
        if name != "HEAD":
            continue
        if value.startswith("ref: refs/heads/"):
            branch = value.removeprefix("ref: refs/heads/")
        elif not value.startswith("ref: "):
            commit = value
    if not commit:
        raise GitFailed(EMPTY, "it has no commit")
    if len(commit) != 40 or not set(commit) <= set("0123456789abcdef"):
        raise GitFailed(FAILED, "its commits are not named by SHA-1")
    return Head(commit, branch or _NO_BRANCH, target.url)


def _fetched(folder: Path, target: Target, head: Head, limits: Limits) -> Head:
    git = Git(folder, limits, target)
    config = folder / "config"
    config.write_text(_FETCHING.format(limit=limits.file_bytes + 1), encoding="ascii")
    try:
        git.run(
            *("fetch", f"--depth={limits.depth}", "--no-tags", "--no-write-fetch-head"),
            *("--no-recurse-submodules", "--no-auto-maintenance", "--quiet"),
            *(f"--filter=blob:limit={limits.file_bytes + 1}", "--end-of-options"),
            *(target.pinned, f"+HEAD:{_REF}"),
        )
        commit = git.run("rev-parse", "--verify", "--end-of-options", f"{_REF}^{{commit}}")
    finally:
        config.write_text(_READING, encoding="ascii")
    return head._replace(commit=commit.decode().strip())


def _there(folder: Path, commit: str, limits: Limits) -> bool:
    try:
        Git(folder, limits).run("cat-file", "-e", f"{commit}^{{tree}}")
    except GitFailed:
        return False
    return True


def _moved(url: str, policy: Policy, limits: Limits) -> str:
    """Where a host says that the repository is now: names change, and hosts keep the old ones."""
    asked = f"{url}/info/refs?service=git-upload-pack"
    told = download.location(asked, policy, seconds=min(limits.seconds, 60.0))
    found = urljoin(asked, told) if told else ""
    return found.partition("/info/refs")[0] if "/info/refs" in found else ""


def _told(failed: GitFailed) -> GitFailed:
    said = failed.told.casefold()
    gone = ("not found", "error: 404", "error: 401", "error: 403", "could not read username")
    gone += ("not exported", "does not appear to be a git repository", "does not exist")
    if failed.reason == FAILED and any(word in said for word in gone):
        return GitFailed(MISSING, failed.told)
    return failed
