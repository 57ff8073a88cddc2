"""Source gharchive: events of all years become threads, names and numbers."""

import gzip
import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench.archives import Maker
from pipeline.collect import archive, events, hours, lists
from pipeline.collect.machines import is_machine, without_mail
from pipeline.collect.outbound import Policy
from pipeline.collect.pace import Pace
from pipeline.shards import writer
from tests.pipeline import gits
from tests.pipeline.shelves import brief, build, bytes_of, dropped, rows, total
from tests.pipeline.test_collect_git import FILES, fetched

REPO = {"id": 7, "name": "ann/tool"}
ANN = {"id": 1, "login": "ann", "type": "User"}
BOB = {"id": 2, "login": "bob", "type": "User"}


def event(kind, payload, *, actor=ANN, repo=REPO, at="2022-01-02T03:04:05Z", number=[0]):  # noqa: B006
    number[0] += 1
    return {
        "id": str(number[0]),
        "type": kind,
        "actor": actor,
        "repo": repo,
        "payload": payload,
        "created_at": at,
    }


def issue(number=1, **changes):
    told = {"number": number, "title": "It fails", "body": "Since today.", "user": ANN}
    return {**told, "created_at": "2022-01-01T00:00:00Z", **changes}


def opened(number=1, **more):
    return event("IssuesEvent", {"action": "opened", "issue": issue(number)}, **more)


def comment(text, number=1, who=BOB, action="created", thread=None, **more):
    told = {"id": hash((text, number)) % 10_000, "user": who, "body": text}
    payload = {"action": action, "issue": thread or issue(number), "comment": told}
    return event("IssueCommentEvent", payload, actor=who, **{"at": "2022-01-02T04:00:00Z", **more})


def written(folder, lines, name="2022-01-02-3"):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json.gz"
    told = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    path.write_bytes(gzip.compress(b"".join(line + b"\n" for line in told)))
    return path


def read(tmp_path, *paths):
    root = tmp_path / "archive"
    found = [one for path in paths for one in archive.wanted(str(path))]
    for _ in archive.take_all(found, root, Policy(), per_second=0):
        pass
    return root, archive.sum_up(root)


def collected(tmp_path, *paths, **changes):
    root, _ = read(tmp_path, *paths)
    sources = [{"kind": "gharchive", "folder": str(root)}]
    return build(brief([], sources=sources, **changes), tmp_path / "out", upto="collect")["collect"]


def threads(tmp_path, lines):
    done = collected(tmp_path, written(tmp_path / "in", lines))
    return _rows(tmp_path, done, "issues.parquet"), dropped(done)


def _rows(tmp_path, done, name):
    return rows(tmp_path / "out", [one for one in done if name in one.report.files], name)


def test_events_of_one_issue_become_a_thread(tmp_path):
    close = {"action": "closed", "issue": issue()}
    (thread,), left = threads(
        tmp_path,
        [
            comment("Me too."),
            event("IssuesEvent", close, at="2022-01-03T00:00:00Z"),
            opened(),
            event("PushEvent", {}),
        ],
    )
    assert (thread["repo_host"], thread["repo_id"], thread["repo_name"]) == (
        "github.com",
        7,
        "ann/tool",
    )
    assert (thread["owner"], thread["owner_id"], thread["number"]) == ("ann", 1, 1)
    told = [(e["type"], e["action"], e["author"], e["author_id"]) for e in thread["events"]]
    assert told == [
        ("issue", "opened", "ann", 1),
        ("comment", "created", "bob", 2),
        ("issue", "closed", "ann", 1),
    ]
    assert thread["events"][0]["title"] == "It fails"
    assert thread["events"][1]["text"] == "Me too."
    assert (thread["opening"], thread["user_count"], thread["is_pull"]) == ("seen", 2, False)
    assert left == {"grouped": 2, "told-again": 1}


def test_a_thread_meets_across_hours(tmp_path):
    first = written(tmp_path / "in", [opened()], "2022-01-02-3")
    second = written(tmp_path / "in", [comment("Later.")], "2022-01-02-4")
    done = collected(tmp_path, first, second)
    (thread,) = _rows(tmp_path, done, "issues.parquet")
    assert thread["event_count"] == 2


def test_a_missing_opening_is_made_again_from_a_later_event(tmp_path):
    (thread,), _ = threads(tmp_path, [comment("Me too.")])
    assert thread["opening"] == "rebuilt"
    first = thread["events"][0]
    assert (first["type"], first["action"], first["author"]) == ("issue", "opened", "ann")
    assert (first["title"], first["text"]) == ("It fails", "Since today.")
    assert first["datetime"] == "2022-01-01T00:00:00Z"


def test_pull_requests_reviews_and_comments_on_them_are_one_thread(tmp_path):
    pull = {"number": 5, "title": "Mend", "body": "This mends it.", "user": ANN}
    base = {"base": {"repo": {"id": 7, "stargazers_count": 9, "license": {"spdx_id": "MIT"}}}}
    told = {"id": 1, "user": BOB, "body": "Why?"}
    (thread,), _ = threads(
        tmp_path,
        [
            event(
                "PullRequestEvent", {"action": "opened", "number": 5, "pull_request": pull | base}
            ),
            event(
                "PullRequestReviewEvent",
                {"action": "created", "review": told, "pull_request": pull},
                actor=BOB,
            ),
            event(
                "PullRequestReviewCommentEvent",
                {"action": "created", "comment": told | {"id": 2}, "pull_request": pull},
                actor=BOB,
            ),
            comment("Fine.", 5, thread=issue(5, pull_request={"url": "x"})),
        ],
    )
    assert thread["is_pull"]
    kinds = [each["type"] for each in thread["events"]]
    assert kinds == ["pull", "review", "review-comment", "comment"]


def test_events_before_2015_are_read(tmp_path):
    about = {"id": 7, "name": "tool", "owner": "ann", "watchers": 12, "forks": 3, "open_issues": 1}
    old = {
        "actor": "ann",
        "actor_attributes": {"login": "ann", "type": "User"},
        "repository": about | {"created_at": "2011/05/06 07:08:09 -0700"},
        "created_at": "2012/03/10 22:54:58 -0800",
        "url": "https://github.com/ann/tool/issues/4",
    }
    (thread,), left = threads(
        tmp_path,
        [
            old
            | {"type": "IssuesEvent", "payload": {"action": "opened", "number": 4, "issue": 99}},
            old
            | {
                "type": "PullRequestEvent",
                "url": "https://github.com/ann/tool/pull/5",
                "payload": {
                    "action": "opened",
                    "number": 5,
                    "pull_request": {"title": "T", "body": "B"},
                },
            },
            old
            | {
                "type": "IssueCommentEvent",
                "url": "https://github.com/ann/tool/issues/4#issuecomment-123",
                "payload": {"issue_id": 99, "comment_id": 123},
            },
        ],
    )
    assert (thread["number"], thread["is_pull"]) == (5, True)
    assert thread["events"][0]["datetime"] == "2012-03-11T06:54:58Z"
    assert left == {"no-text": 2}
    (facts,) = writer.read_table(tmp_path / "archive" / "repositories.parquet").to_pylist()
    assert (facts["name"], facts["stars"], facts["forks"], facts["issues"]) == (
        "ann/tool",
        12,
        3,
        1,
    )
    assert facts["created"] == "2011-05-06T14:08:09Z"


def test_what_cannot_be_read_is_counted_and_nothing_else_lost(tmp_path):
    whole = [opened(n) for n in range(1, 40)]
    path = written(tmp_path / "in", [b"{oops", b"[1]", b'"x"', b"\xff{", *whole, {"type": "x"}])
    two = json.dumps(opened(50)) + json.dumps(opened(51))
    second = written(tmp_path / "in", [two.encode(), b"[" * 100_000], "2022-01-02-4")
    broken = written(tmp_path / "in", [opened(n) for n in range(100, 3_000)], "2022-01-02-5")
    broken.write_bytes(broken.read_bytes()[:-4_000])
    no_gzip = tmp_path / "in" / "2022-01-02-6.json.gz"
    no_gzip.write_bytes(b"this is not compressed")
    done = collected(tmp_path, path, second, broken, no_gzip)
    index = archive.index_of(tmp_path / "archive")
    assert index["dropped"]["malformed-line"] == 6
    assert index["dropped"]["truncated-file"] == 2
    numbers = {row["number"] for row in _rows(tmp_path, done, "issues.parquet")}
    assert set(range(1, 40)) | {50, 51} <= numbers
    assert len(numbers) > 200  # what stands before the break


def test_the_same_event_twice_counts_once(tmp_path):
    again = comment("Me too.")
    (thread,), left = threads(tmp_path, [opened(), again, again])
    assert thread["event_count"] == 2
    assert left["repeated-event"] == 1


def test_what_machines_wrote_is_left_out(tmp_path):
    bot = {"id": 9, "login": "dependabot[bot]", "type": "Bot"}
    found, left = threads(
        tmp_path,
        [
            opened(1),
            comment("Coverage fell.", 1, who=bot),
            event("IssuesEvent", {"action": "opened", "issue": issue(2, user=bot)}, actor=bot),
            comment("Thanks, bot.", 2, thread=issue(2, user=bot)),
        ],
    )
    (thread,) = found
    assert [each["author"] for each in thread["events"]] == ["ann"]
    assert thread["bot_events"] == 1
    assert left["machine"] == 1
    assert left["opened-by-machine"] == 3


@pytest.mark.parametrize(
    ("login", "expected"),
    [
        ("dependabot[bot]", True),
        ("Dependabot-Preview", True),
        ("renovate-bot", True),
        ("bot-of-mine", True),
        ("MergeBot", True),
        ("my_bot2", True),
        ("CodeCov-IO", True),
        ("talbot", False),
        ("Abbot", False),
        ("robotics-fan", False),
        ("botany", False),
        ("jenkinson", False),
    ],
)
def test_machines_are_known_by_words_not_by_letters(login, expected):
    assert is_machine(login) is expected


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Yes.\n\nOn Mon, 3 Jan 2022 at 10:00, Ann <a@b.example> wrote:\n\n> a\n> b\n", "Yes."),
        ("Yes.\n\nOn Mon, 3 Jan 2022 at 10:00, Ann\n<a@b.example> wrote:\n> a\n", "Yes."),
        (
            "Yes.\n\n--\nReply to this email directly or view it on GitHub:\nhttps://github.com/a",
            "Yes.",
        ),
        ("Yes.\n\nSent from my iPhone", "Yes."),
        (
            "Yes.\n-----Original Message-----\nFrom: a\nSent: b\nTo: c\nSubject: d\n\nlong\ntext",
            "Yes.",
        ),
        ("Le lun. 3 janv. 2022 à 10:00, Ann <a@b.example> a écrit :\n> a", None),
        ("On Monday Bob wrote: nothing new", None),
        ("> quoted\n\nAnd my answer below it.", None),
        ("```\nOn Mon, Ann wrote:\n> a\n```", None),
        ("A\n\nOn Mon, 3 Jan 2022, Ann wrote:\n> a\n\nMy answer in between.", None),
    ],
)
def test_only_what_a_mail_program_added_goes(text, kept):
    assert without_mail(text) == (text if kept is None else kept)


def test_what_was_deleted_stays_out(tmp_path):
    said = comment("My number is 555.")
    gone = json.loads(json.dumps(said)) | {"id": "gone"}
    gone["payload"]["action"] = "deleted"
    whole = event("IssuesEvent", {"action": "deleted", "issue": issue(2)})
    found, left = threads(tmp_path, [opened(1), said, gone, opened(2), whole])
    (thread,) = found
    assert "555" not in json.dumps(thread)
    assert thread["number"] == 1
    assert left["deleted"] == 5


def test_names_numbers_and_counts_are_kept_over_renames(tmp_path):
    star = event("WatchEvent", {"action": "started"}, actor=BOB, at="2022-01-02T03:00:00Z")
    renamed = event(
        "WatchEvent",
        {"action": "started"},
        actor={"id": 3, "login": "cid"},
        repo={"id": 7, "name": "annette/gadget"},
        at="2022-01-02T09:00:00Z",
    )
    moved = event("PushEvent", {}, actor={"id": 1, "login": "annette"}, at="2022-01-02T09:00:01Z")
    moved["repo"] = {"id": 7, "name": "annette/gadget"}
    root, _ = read(tmp_path, written(tmp_path / "in", [star, opened(), renamed, moved]))
    (facts,) = writer.read_table(root / "repositories.parquet").to_pylist()
    assert (facts["repo_id"], facts["name"], facts["owner_id"]) == (7, "annette/gadget", 1)
    assert (facts["stars"], facts["issues"]) == (2, 1)
    assert (facts["stars_first"], facts["stars_last"]) == (
        "2022-01-02T03:00:00Z",
        "2022-01-02T09:00:00Z",
    )
    aliases = writer.read_table(root / "aliases.parquet").to_pylist()
    names = {(a["kind"], a["id"], a["name"]) for a in aliases}
    assert {("repository", 7, "ann/tool"), ("repository", 7, "annette/gadget")} <= names
    assert {("account", 1, "ann"), ("account", 1, "annette"), ("account", 2, "bob")} <= names


def test_a_build_gets_names_and_a_thread_its_newest_name(tmp_path):
    moved = opened(2, repo={"id": 7, "name": "annette/gadget"}, at="2022-02-01T00:00:00Z")
    done = collected(tmp_path, written(tmp_path / "in", [opened(1), moved]))
    found = _rows(tmp_path, done, "issues.parquet")
    assert {thread["repo_name"] for thread in found} == {"annette/gadget"}
    names = {row["name"] for row in _rows(tmp_path, done, "aliases.parquet")}
    assert {"ann/tool", "annette/gadget", "ann"} <= names


def test_clones_get_numbers_and_counts_from_the_archive(tmp_path):
    gits.Repo(tmp_path / "served" / "ann" / "tool.git").commit(FILES)
    policy = Policy(frozenset({"file"}), folders=(tmp_path / "served",))
    (entry,) = lists.read(str(tmp_path / "served" / "ann" / "tool.git"))
    entry = entry._replace(host="github.com", name="Ann/Tool", aliases=("ann/old",))
    clones_at, _ = fetched(tmp_path, [entry], policy)
    star = event("WatchEvent", {"action": "started"})
    root, _ = read(tmp_path, written(tmp_path / "in", [star]))
    sources = [
        {"kind": "git", "folder": str(clones_at)},
        {"kind": "gharchive", "folder": str(root)},
    ]
    done = build(brief([], sources=sources), tmp_path / "out", upto="collect")["collect"]
    places = _rows(tmp_path, done, "occurrences.parquet")
    assert {(p["repo_id"], p["owner_id"], p["stars"]) for p in places} == {(7, 1, 1)}
    former = {(a["kind"], a["id"], a["name"]) for a in _rows(tmp_path, done, "aliases.parquet")}
    assert ("repository", 7, "ann/old") in former


def test_a_second_run_reads_only_what_is_new(tmp_path, monkeypatch):
    first = written(tmp_path / "in", [opened(1)], "2022-01-02-3")
    read(tmp_path, first)
    second = written(tmp_path / "in", [opened(2)], "2022-01-02-4")
    asked = []
    monkeypatch.setattr(
        hours, "take_apart", lambda *words, f=hours.take_apart: asked.append(1) or f(*words)
    )
    _, index = read(tmp_path, first, second)
    assert len(asked) == 1
    assert len(index["hours"]) == 2


def test_the_same_hours_give_the_same_bytes(tmp_path):
    found = []
    for jobs in (1, 2):
        folder = tmp_path / str(jobs)
        paths = Maker(repositories=50).write(folder / "in", hours=3, events=400)
        order = paths if jobs == 1 else paths[::-1]
        wanted = [one for path in order for one in archive.wanted(str(path))]
        for _ in archive.take_all(wanted, folder / "archive", Policy(), jobs=jobs, per_second=0):
            pass
        archive.sum_up(folder / "archive")
        done = build(
            brief([], sources=[{"kind": "gharchive", "folder": str(folder / "archive")}]),
            folder / "out",
            upto="collect",
        )["collect"]
        assert total(done, "rows_out") > 100
        found.append(bytes_of(folder / "out", done))
    assert found[0] == found[1]


def test_texts_wait_on_the_disk_and_nothing_is_lost(tmp_path, monkeypatch):
    paths = Maker(repositories=50).write(tmp_path / "in", hours=1, events=500)
    whole = collected(tmp_path / "whole", *paths)
    monkeypatch.setattr(hours, "_HELD", 2_000)
    spread = collected(tmp_path / "spread", *paths)
    assert bytes_of(tmp_path / "whole" / "out", whole) == bytes_of(
        tmp_path / "spread" / "out", spread
    )
    assert not list(tmp_path.glob("**/*.arrow"))


class Host(BaseHTTPRequestHandler):
    """Serves one file; cuts the first answer in the middle."""

    data, cut, ranges = b"", True, []

    def do_GET(self):
        if "missing" in self.path:
            self.send_error(404)
            return
        begin = int((self.headers.get("Range") or "bytes=0-")[6:-1])
        Host.ranges.append(begin)
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(self.data) - begin))
        self.end_headers()
        end = begin + len(self.data) // 2 if Host.cut else len(self.data)
        Host.cut = False
        self.wfile.write(self.data[begin:end])

    def log_message(self, *_words):
        pass


@pytest.fixture
def host(tmp_path):
    Host.data = written(tmp_path / "there", [opened(n) for n in range(1, 300)]).read_bytes()
    Host.cut, Host.ranges = True, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_download_goes_on_where_it_was_cut(tmp_path, host, monkeypatch):
    monkeypatch.setattr(archive, "PATIENCE", 0.0)
    policy = Policy(frozenset({"http"}), frozenset({"127.0.0.1"}))
    found = [
        one
        for name in ("2022-01-02-3", "missing-1")
        for one in archive.wanted(f"{host}/{name}.json.gz")
    ]
    taken = [archive.take(one, tmp_path / "a", policy, Pace(0)) for one in found]
    assert [one.reason for one in taken] == ["", "unreadable-file"]
    assert taken[0].report["events"] == 299
    assert Host.ranges == [0, len(Host.data) // 2]
    assert not list((tmp_path / "a" / "downloads").iterdir())
    inner = [archive.take(found[0], tmp_path / "b", Policy(), Pace(0))]
    assert inner[0].reason == "unreadable-file"


def test_sources_are_days_ranges_files_and_folders(tmp_path):
    assert len(list(archive.wanted("2024-01-02"))) == 24
    names = [
        one.name for one in archive.wanted("https://x.example/2024-01-{01..02}-{0..1}.json.gz")
    ]
    assert names == ["2024-01-01-0", "2024-01-01-1", "2024-01-02-0", "2024-01-02-1"]
    written(tmp_path / "in", [])
    assert [one.name for one in archive.wanted(str(tmp_path / "in"))] == ["2022-01-02-3"]
    for bad in (str(tmp_path / "nowhere"), str(tmp_path), "https://x.example/evil"):
        with pytest.raises(ValueError, match="file of the archive"):
            list(archive.wanted(bad))


@pytest.mark.parametrize("value", ["", None, 5, "yesterday", "2022-13-45T00:00:00Z0", [], "9" * 99])
def test_times_that_are_none(value):
    assert events.moment(value) == ""


def test_a_text_with_odd_characters_is_kept_as_far_as_utf8_goes(tmp_path):
    (thread,), _ = threads(tmp_path, [json.dumps(opened() | {"id": "\ud800"}).encode()])
    assert thread["number"] == 1
    told = json.dumps(comment("a\x00b \ud800 \U0001f600", 2)).encode()
    (thread, *_), _ = threads(tmp_path / "b", [told])
    assert thread["events"][1]["text"] == "a\ufffdb ? \U0001f600"


def test_counts_add_up_in_every_piece(tmp_path):
    paths = Maker(repositories=30).write(tmp_path / "in", hours=2, events=600)
    done = collected(tmp_path, *paths)
    reasons = Counter(dropped(done))
    assert total(done, "rows_in") == total(done, "rows_out") + sum(reasons.values())
    assert total(done, "rows_in") == archive.index_of(tmp_path / "archive")["rows"]
