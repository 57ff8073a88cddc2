"""A made day of GHArchive: the shapes, sizes and repetitions of the real one, of nobody's words."""

import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Shares of kinds of events in a hundred, as a common day has them, roughly.
_SHARES = (
    ("PushEvent", 55),
    ("CreateEvent", 14),
    ("PullRequestEvent", 7),
    ("IssueCommentEvent", 6),
    ("WatchEvent", 6),
    ("DeleteEvent", 3),
    ("IssuesEvent", 3),
    ("PullRequestReviewEvent", 2),
    ("PullRequestReviewCommentEvent", 1),
    ("ForkEvent", 2),
    ("ReleaseEvent", 1),
)
_WORDS = """
the build fails when a value is missing from the table and nothing says which one it was please
have a look at this change it adds tests for the reader and mends the broken link
""".split()  # noqa: SIM905
_BOTS = ("dependabot[bot]", "codecov-io", "renovate-bot")


class Maker:
    """Events of one day; the same seed gives the same day."""

    def __init__(self, seed: int = 1, repositories: int = 5_000, day: str = "2022-03-01") -> None:
        self._random = random.Random(seed)
        self._repositories, self._day = repositories, day
        self._threads: dict[tuple[int, int], dict[str, Any]] = {}
        self._number = 20_000_000_000

    def hour(self, hour: int, events: int) -> Iterator[str]:
        """Lines of one hour."""
        kinds = [kind for kind, share in _SHARES for _ in range(share)]
        for at in range(events):
            seconds = at * 3_600 // events
            when = f"{self._day}T{hour:02}:{seconds // 60:02}:{seconds % 60:02}Z"
            yield json.dumps(self._event(self._random.choice(kinds), when), separators=(",", ":"))

    def write(self, folder: Path, hours: int = 24, events: int = 10_000) -> list[Path]:
        """Write hours as the archive names them."""
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for hour in range(hours):
            path = folder / f"{self._day}-{hour}.json.gz"
            with gzip.open(path, "wt", compresslevel=6, encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in self.hour(hour, events))
            paths.append(path)
        return paths

    def _event(self, kind: str, when: str) -> dict[str, Any]:
        repo = min(int(self._random.paretovariate(0.6)), self._repositories)
        owner = repo % 700
        actor = self._someone(bot=self._random.random() < 0.15)
        self._number += 1
        return {
            "id": str(self._number),
            "type": kind,
            "actor": {**actor, "display_login": actor["login"], "gravatar_id": "", "url": "x"},
            "repo": {
                "id": 1_000 + repo,
                "name": f"owner{owner}/project{repo}",
                "url": f"https://api.github.com/repos/owner{owner}/project{repo}",
            },
            "payload": self._payload(kind, repo, owner, actor, when),
            "public": True,
            "created_at": when,
        }

    def _payload(
        self, kind: str, repo: int, owner: int, actor: dict[str, Any], when: str
    ) -> dict[str, Any]:
        if kind == "PushEvent":
            commits = [
                {"sha": f"{self._random.getrandbits(160):040x}", "message": self._text(12)}
                for _ in range(self._random.randint(1, 4))
            ]
            return {"push_id": 1, "size": 1, "ref": "refs/heads/main", "commits": commits}
        if kind in ("IssuesEvent", "IssueCommentEvent"):
            thread = self._thread(repo, actor, when, pull=False)
            if kind == "IssuesEvent":
                action = "opened" if thread["created_at"] == when else "closed"
                return {"action": action, "issue": thread}
            return {"action": "created", "issue": thread, "comment": self._comment(actor, when)}
        if kind.startswith("PullRequest"):
            pull = self._thread(repo, actor, when, pull=True) | {"base": self._base(repo, owner)}
            if kind == "PullRequestEvent":
                action = "opened" if pull["created_at"] == when else "closed"
                return {"action": action, "number": pull["number"], "pull_request": pull}
            part = "review" if kind == "PullRequestReviewEvent" else "comment"
            return {"action": "created", part: self._comment(actor, when), "pull_request": pull}
        if kind == "ForkEvent":
            return {"forkee": {"id": self._number, "full_name": f"{actor['login']}/p{repo}"}}
        return {"ref": "main", "ref_type": "branch", "action": "started"}

    def _thread(self, repo: int, actor: dict[str, Any], when: str, *, pull: bool) -> dict[str, Any]:
        number = self._random.randint(1, 40) * 2 + pull
        held = self._threads.get((repo, number))
        if held is None:
            held = self._threads[repo, number] = {
                "id": repo * 1_000 + number,
                "number": number,
                "title": self._text(7),
                "user": {**actor, "type": "User"},
                "created_at": when,
                "body": self._text(self._random.choice((20, 60, 200))),
            }
        return dict(held)

    def _comment(self, actor: dict[str, Any], when: str) -> dict[str, Any]:
        body = self._text(self._random.choice((8, 30, 120)))
        if self._random.random() < 0.1:
            body += "\n\nOn Mon, Feb 28, 2022 at 4:05 PM somebody wrote:\n\n> " + self._text(20)
        self._number += 1
        return {"id": self._number, "user": actor, "body": body, "created_at": when}

    def _base(self, repo: int, owner: int) -> dict[str, Any]:
        about = {
            "id": 1_000 + repo,
            "full_name": f"owner{owner}/project{repo}",
            "owner": {"login": f"owner{owner}", "id": 500 + owner, "type": "User"},
            "stargazers_count": repo % 97,
            "forks_count": repo % 13,
            "open_issues_count": repo % 7,
            "default_branch": "main",
            "license": {"spdx_id": "MIT"} if repo % 3 else None,
            "description": self._text(15),
        }
        return {"label": "main", "ref": "main", "repo": about}

    def _someone(self, *, bot: bool) -> dict[str, Any]:
        if bot:
            at = self._random.randrange(len(_BOTS))
            return {"id": 90_000_000 + at, "login": _BOTS[at]}
        number = self._random.randrange(20_000)
        return {"id": 10_000_000 + number, "login": f"person{number}"}

    def _text(self, words: int) -> str:
        return " ".join(self._random.choices(_WORDS, k=words))
