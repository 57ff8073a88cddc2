"""Threads and commits from their sources to a verified version, and what removals take of them."""

import json

import pytest

from pipeline.redact.policy import DEFAULT_POLICY
from pipeline.redact.speakers import Speakers
from pipeline.release import beside
from pipeline.release.local import run_all
from pipeline.release.verifying import VerifyError
from pipeline.release.work import Brief
from pipeline.shards import schemas, writer
from tests.pipeline import gits
from tests.pipeline.made import EMAIL
from tests.pipeline.shelves import MIT
from tests.pipeline.test_collect_commits import collected as commits_of
from tests.pipeline.test_collect_gharchive import (
    ANN,
    BOB,
    REPO,
    comment,
    event,
    issue,
    opened,
    read,
)
from tests.pipeline.test_collect_gharchive import written as hour

BOTH = ["ann/tool", "bob/other"]
FILES = {"LICENSE": MIT, "a.py": "a = 1\n"}
CID = {"id": 3, "login": "cid", "type": "User"}


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    return made_sources(tmp_path_factory.mktemp("sources"))


def made_sources(tmp_path):
    """Clones, commits and an hour of two repositories."""
    base = tmp_path / "served"
    for name in ("ann/tool", "bob/other"):
        repo = gits.Repo(base / f"{name}.git")
        repo.commit({**FILES, "own.py": f"own = '{name}'\n"})
        repo.commit({**FILES, "own.py": f"own = '{name} {EMAIL}'\n"}, f"Change of {name}\n\n@ann")
    commits_of(tmp_path, base)
    renamed = {"id": 7, "name": "annette/gadget"}
    lines = [
        opened(1),
        comment(f"Ask bob or {EMAIL}, says @BOB, also known.", 1, who=CID),
        comment("Me too.", 1),
        event("IssuesEvent", {"action": "opened", "issue": issue(2, user=BOB)}, actor=BOB),
        opened(3, repo={"id": 9, "name": "bob/other"}),
        event("WatchEvent", {}, repo=renamed, at="2022-03-01T00:00:00Z"),
    ]
    root, _ = read(tmp_path, hour(tmp_path / "in", lines))
    kinds = {"git": tmp_path / "clones", "commits": tmp_path / "commits", "gharchive": root}
    return [{"kind": kind, "folder": str(folder)} for kind, folder in kinds.items()]


def made(tmp_path, sources, *removals):
    asked = Brief("lab/web", "1.0", sources, "permissive", removals, DEFAULT_POLICY, {})
    return run_all(asked, tmp_path / "work", b"secret" * 8)


def rows(tmp_path, told, kind, name=beside.ROWS):
    works = [one for one in told["done"]["write"] if one.params["kind"] == kind]
    paths = [tmp_path / "work" / one.ref / name for one in works]
    return [row for path in paths for row in writer.read_table(path).to_pylist()]


def numbers(tmp_path, told):
    return sorted((row["repo_name"], row["number"]) for row in rows(tmp_path, told, "issues"))


def test_a_version_holds_threads_and_commits_without_names_and_values(tmp_path, sources):
    told = made(tmp_path, sources)
    found = rows(tmp_path, told, "issues")
    assert numbers(tmp_path, told) == [
        ("annette/gadget", 1),
        ("annette/gadget", 2),
        ("bob/other", 3),
    ]
    (thread,) = [row for row in found if row["number"] == 1]
    assert [one["author"] for one in thread["events"]] == ["username_1", "username_2", "username_3"]
    assert thread["events"][1]["text"] == (
        "Ask username_3 or <EMAIL>, says @username_3, also known."
    )
    classes = {one["class"]: one["count"] for one in thread["redactions"]}
    assert classes == {"EMAIL": 1, "USERNAME": 2}
    commits = rows(tmp_path, told, "commits")
    assert sorted(row["repos"] for row in commits) == [["ann/tool"], ["bob/other"]]
    told_all = json.dumps([found, commits])
    assert EMAIL not in told_all
    assert "Ann Author" not in told_all
    assert {tuple(row["licenses"]) for row in commits} == {("MIT",)}
    raw = rows(tmp_path, told, "issues", beside.RAW)
    assert EMAIL in json.dumps(raw)
    manifest = json.loads((tmp_path / "work" / told["card"] / "manifest.json").read_text())
    paths = {(one["tier"], one.get("configuration")) for one in manifest["artefacts"]}
    assert {("processed", "issues"), ("raw", "issues")} <= paths
    assert {("processed", "commits"), ("raw", "commits")} <= paths
    card = (tmp_path / "work" / told["card"] / "card.md").read_text()
    assert "| issues | processed |" in card


@pytest.mark.parametrize(
    ("removal", "threads", "repos"),
    [
        ({"kind": "repository", "value": "bob/other"}, [1, 2], ["ann/tool"]),
        ({"kind": "repository", "value": "ann/tool"}, [3], ["bob/other"]),  # its former name
        (
            {"kind": "repository", "value": "Annette/Gadget"},
            [3],
            BOTH,
        ),  # clones are of another host
        ({"kind": "repository", "value": "id:7"}, [3], BOTH),
        ({"kind": "account", "value": "bob"}, [1], ["ann/tool"]),  # its own, and what it opened
        ({"kind": "account", "value": "id:2"}, [1], BOTH),
        ({"kind": "issue", "value": "annette/gadget#2"}, [1, 3], BOTH),
        ({"kind": "issue", "value": "ann/tool#2"}, [1, 3], BOTH),
        ({"kind": "issue", "value": "nobody/x#1"}, [1, 2, 3], BOTH),
    ],
)
def test_removals_take_threads_and_commits(tmp_path, sources, removal, threads, repos):
    told = made(tmp_path, sources, removal)
    assert [number for _, number in numbers(tmp_path, told)] == threads
    for name in (beside.ROWS, beside.RAW):
        found = rows(tmp_path, told, "commits", name)
        names = [
            n for row in found for n in row.get("repos") or [h["repo_name"] for h in row["holders"]]
        ]
        assert sorted(names) == repos


def test_words_of_a_removed_account_go_from_the_threads_of_others(tmp_path, sources):
    told = made(tmp_path, sources, {"kind": "account", "value": "cid"})
    for name in (beside.ROWS, beside.RAW):
        (thread,) = [row for row in rows(tmp_path, told, "issues", name) if row["number"] == 1]
        assert len(thread["events"]) == 2
        assert "says" not in json.dumps(thread)


def test_a_commit_is_removed_by_its_id_or_by_its_authors_address(tmp_path, sources):
    told = made(tmp_path, sources)
    commits = rows(tmp_path, told, "commits")
    one = commits[0]["commit"]
    told = made(tmp_path, sources, {"kind": "commit", "value": one})
    assert {row["commit"] for row in rows(tmp_path, told, "commits")} == {commits[1]["commit"]}


def test_a_removal_redoes_only_what_it_touches(tmp_path, sources):
    before = {one.ref for one in made(tmp_path, sources)["done"]["write"]}
    removal = {"kind": "issue", "value": "bob/other#3"}
    after = made(tmp_path, sources, removal)["done"]["write"]
    assert [one.params["kind"] for one in after if one.ref not in before] == ["issues"]


def test_verify_finds_what_a_stage_left(tmp_path, sources, monkeypatch):
    monkeypatch.setattr(beside.people, "of_thread", lambda row, _removed: beside.people.Kept(row))
    with pytest.raises(VerifyError, match="traces of a removed subject"):
        made(tmp_path, sources, {"kind": "repository", "value": "bob/other"})
    monkeypatch.undo()
    monkeypatch.setattr(beside._Shard, "_private", lambda self, text: False)
    with pytest.raises(VerifyError, match="left unredacted"):
        made(tmp_path / "b", sources)


def test_two_builds_give_the_same_bytes(tmp_path, sources):
    told = [made(tmp_path / name, sources) for name in ("a", "b")]
    for kind in beside.KINDS:
        found = [
            {
                (one.ref, name): one.report.files[name]["sha256"]
                for one in each["done"]["write"]
                if one.params["kind"] == kind
                for name in one.report.files
            }
            for each in told
        ]
        assert found[0] == found[1] != {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("al said also, and Al again", "al said also, and Al again"),  # too short without @
        ("@al said so", "@username_1 said so"),
        ("Bobby and bobbysoxer", "username_2 and bobbysoxer"),
        ("x@bobby.example and /bobby", "x@bobby.example and /username_2"),
        ("@property stays, @gone-one goes", "@property stays, @username_0 goes"),
        ("bobby-x stays", "bobby-x stays"),
    ],
)
def test_names_are_words_not_letters(text, expected):
    assert Speakers(["al", "bobby"], ["gone-one"]).replaced(text)[0] == expected


def test_schemas_hold_nobodys_name():
    names = {field.name for field in schemas.PROCESSED_COMMIT}
    assert not {name for name in names if "email" in name or "author" in name}
    assert (ANN["id"], REPO["id"]) == (1, 7)
