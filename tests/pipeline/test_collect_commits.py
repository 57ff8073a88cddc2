"""Source commits: what one commit changed in one file, from clones and from exports."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.collect import clones, exports, history
from pipeline.collect.gitting import Limits
from pipeline.collect.outbound import Policy
from pipeline.release.sources import commits
from tests.pipeline import gits
from tests.pipeline.shelves import MIT, brief, build, bytes_of, dropped, rows, total
from tests.pipeline.test_collect_git import fetched

ONE = {"LICENSE": MIT, "a.py": "a = 1\n", "b.py": "b = 1\n"}


@pytest.fixture
def base(tmp_path):
    (tmp_path / "served").mkdir()
    return tmp_path / "served"


def collected(tmp_path, base, depth=50):
    """Fetch all repositories of `base`, deepen them, and collect their commits."""
    policy = Policy(frozenset({"file"}), folders=(base,))
    root, _ = fetched(tmp_path, sorted(str(path) for path in base.glob("*/*.git")), policy)
    kept = clones.Clones(root, policy, Limits(seconds=60), per_second=0)
    folder = tmp_path / "commits"
    folder.mkdir(exist_ok=True)
    lines = [
        commits.note_history(facts, head, depth, root) for facts, head in kept.deepen(depth) if head
    ]
    (folder / commits.HISTORIES).write_text("".join(json.dumps(one) + "\n" for one in lines))
    return done_of(tmp_path, folder)


def done_of(tmp_path, folder):
    sources = [{"kind": "commits", "folder": str(folder)}]
    done = build(brief([], sources=sources), tmp_path / "out", upto="collect")["collect"]
    return rows(tmp_path / "out", done, "commits.parquet"), done


def test_a_commit_of_one_file_has_both_texts_and_who_and_when(tmp_path, base):
    repo = gits.Repo(base / "ann" / "tool.git")
    repo.commit(ONE)
    made = repo.commit({**ONE, "a.py": "a = 2\n"}, "Raise a\n\nIt was too low.\n")
    (row,), done = collected(tmp_path, base)
    assert row["commit_id"] == made
    assert (row["old_file"], row["new_file"]) == ("a.py", "a.py")
    assert (row["old_contents"], row["new_contents"]) == ("a = 1\n", "a = 2\n")
    assert (row["subject"], row["message"]) == ("Raise a", "Raise a\n\nIt was too low.")
    assert (row["author_name"], row["author_email"]) == ("Ann Author", "ann@example.org")
    assert row["author_date"] == "2024-02-03T04:05:06+01:00"
    assert row["committer_name"] == "Con Committer"
    assert (row["lang"], row["ext"]) == ("Python", "py")
    (holder,) = row["holders"]
    assert (holder["repo_name"], holder["owner"], holder["licenses"]) == (
        "ann/tool",
        "ann",
        ["MIT"],
    )
    assert dropped(done) == {}


def test_what_is_not_one_file_is_counted(tmp_path, base):
    repo = gits.Repo(base / "ann" / "tool.git")
    repo.commit(ONE)
    repo.commit({**ONE, "a.py": "a = 2\n", "b.py": "b = 2\n"}, "two files")
    repo.commit({**ONE, "a.py": "a = 2\n", "b.py": "b = 2\n", "c.bin": b"\x00\x01"}, "binary")
    with_link = {**ONE, "a.py": "a = 2\n", "b.py": "b = 2\n", "c.bin": b"\x00\x01"}
    repo.commit({**with_link, "l": ("120000", repo.blob(b"a.py"))}, "a link")
    repo.commit({**with_link, "l": ("120000", repo.blob(b"a.py")), "e.py": "e = 1\n"}, "  \n")
    repo.commit({**with_link, "l": ("120000", repo.blob(b"a.py"))}, "e goes")
    found, done = collected(tmp_path, base)
    assert found == []
    assert dropped(done) == {
        "several-files": 1,
        "binary": 1,
        "no-text-change": 2,
        "no-message": 1,
    }
    assert total(done, "rows_in") == 5


def test_a_renamed_file_is_one_file_when_its_lines_stayed(tmp_path, base):
    repo = gits.Repo(base / "ann" / "tool.git")
    lines = "".join(f"line {n}\n" for n in range(20))
    repo.commit({"old.py": lines})
    repo.commit({"new.py": lines + "more\n"}, "rename and add")
    repo.commit({"other.py": "nothing alike\n"}, "replace")
    found, done = collected(tmp_path, base)
    assert [(row["old_file"], row["new_file"]) for row in found] == [("old.py", "new.py")]
    assert dropped(done) == {"several-files": 1}


def test_a_new_file_has_no_old_text(tmp_path, base):
    repo = gits.Repo(base / "ann" / "tool.git")
    repo.commit(ONE)
    repo.commit({**ONE, "c.py": "c = 1\n"}, "Add c")
    (row,), _ = collected(tmp_path, base)
    assert (row["old_contents"], row["old_hexsha"], row["new_contents"]) == ("", "", "c = 1\n")


def test_merges_and_the_edge_of_a_shallow_clone_are_left(tmp_path, base):
    repo = gits.Repo(base / "ann" / "tool.git")
    for number in range(10):
        repo.commit({**ONE, "a.py": f"a = {number}\n"}, f"number {number}")
    tree = gits.git(repo.folder, "rev-parse", "main^{tree}")
    first, second = repo.head(), gits.git(repo.folder, "rev-parse", "main~3")
    merge = gits.git(repo.folder, "commit-tree", tree, "-p", first, "-p", second, data=b"merge it")
    gits.git(repo.folder, "update-ref", "refs/heads/main", merge)
    found, _ = collected(tmp_path, base, depth=5)
    assert sorted(row["subject"] for row in found) == [f"number {n}" for n in range(5, 10)]


def test_a_commit_of_two_repositories_has_both_as_holders(tmp_path, base):
    import shutil

    repo = gits.Repo(base / "ann" / "tool.git")
    repo.commit(ONE)
    repo.commit({**ONE, "a.py": "a = 2\n"}, "Raise a")
    shutil.copytree(repo.folder, base / "bob" / "tool.git")
    (row,), done = collected(tmp_path, base)
    assert [one["repo_name"] for one in row["holders"]] == ["ann/tool", "bob/tool"]
    assert dropped(done) == {"duplicate": 1}


def test_odd_encodings_names_and_dates_are_read(tmp_path, base):
    repo = gits.Repo(base / "ann" / "tool.git")
    first = repo.commit(ONE)
    tree = gits.git(repo.folder, "rev-parse", f"{repo.commit({**ONE, 'a.py': 'ä = 1'})}^{{tree}}")
    raw = (
        f"tree {tree}\nparent {first}\nauthor J\xf6rg <j@x.example> 99999999999 +0530\n"
        "committer  <> 0 -0800\nencoding ISO-8859-1\n\ngr\xfc\xdfe\n"
    ).encode("latin-1")
    made = gits.git(
        repo.folder, "hash-object", "-t", "commit", "--literally", "-w", "--stdin", data=raw
    )
    gits.git(repo.folder, "update-ref", "refs/heads/main", made)
    (row,), _ = collected(tmp_path, base)
    assert (row["author_name"], row["message"]) == ("Jörg", "grüße")
    assert row["committer_date"] == "1969-12-31T16:00:00-08:00"
    assert row["author_date"].endswith("+05:30")


def test_commits_come_over_a_filtered_clone(tmp_path, base):
    repo = gits.Repo(base / "ann" / "tool.git")
    big = "x" * 1_200_000
    repo.commit({**ONE, "big.txt": big})
    repo.commit({**ONE, "big.txt": big + "y"}, "too large to have")
    repo.commit({**ONE, "big.txt": big + "y", "a.py": "a = 2\n"}, "Raise a")
    with gits.http(base) as server:
        root, _ = fetched(tmp_path, [f"{server.url}/ann/tool.git"])
        kept = clones.Clones(root, gits.LOOPBACK, Limits(seconds=60), per_second=0)
        ((facts, head),) = kept.deepen(10)
    found = list(history.commits(root / facts.folder, head, Limits(depth=10)))
    assert {type(one).__name__: getattr(one, "reason", "") for one in found} == {
        "Commit": "",
        "Left": "missing",
    }


def row_of(**changes):
    told = {
        "commit": "c" * 40,
        "old_file": "a.py",
        "new_file": "a.py",
        "old_contents": "a = 1\n",
        "new_contents": "a = 2\n",
        "subject": "Raise a",
        "message": "Raise a\n",
        "author_name": "Ann",
        "author_email": "hash@hash",
        "author_date": 1_700_000_000,
        "license": "mit",
        "repos": "ann/tool,bob/tool",
    }
    return told | changes


def export(tmp_path, paths):
    folder = tmp_path / "commits"
    folder.mkdir()
    lines = [
        json.dumps(commits.note_export(path)) for each in paths for path in exports.files(each)
    ]
    (folder / commits.EXPORTS).write_text("\n".join(lines) + "\n")
    return done_of(tmp_path, folder)


def test_an_export_is_read_as_parquet_and_as_lines(tmp_path):
    (tmp_path / "in").mkdir()
    pq.write_table(
        pa.Table.from_pylist([row_of(repos=["ann/tool", "not a name"])]), tmp_path / "in/a.parquet"
    )
    lines = [json.dumps(row_of(commit="d" * 40)), "{oops", json.dumps(row_of(commit="short"))]
    lines += [json.dumps(row_of(new_contents="a = 1\n")), json.dumps(row_of(new_file="../x"))]
    with gzip.open(tmp_path / "in/b.jsonl.gz", "wt") as file:
        file.write("\n".join(lines))
    found, done = export(tmp_path, [str(tmp_path / "in")])
    assert [row["commit_id"][0] for row in found] == ["c", "d"]
    assert [one["repo_name"] for one in found[1]["holders"]] == ["ann/tool", "bob/tool"]
    assert found[0]["holders"][0]["licenses"] == ["MIT"]
    assert found[0]["author_date"] == "2023-11-14T22:13:20+00:00"
    assert dropped(done) == {"malformed-row": 2, "no-text-change": 1, "bad-path": 1}


def test_an_export_that_changed_is_told(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(row_of()))
    folder = tmp_path / "commits"
    folder.mkdir()
    (folder / commits.EXPORTS).write_text(json.dumps(commits.note_export(path)) + "\n")
    path.write_text(json.dumps(row_of(message="another")))
    with pytest.raises(ValueError, match="has changed"):
        done_of(tmp_path, folder)
    with pytest.raises(ValueError, match="holds no export"):
        exports.files(str(Path(tmp_path) / "nowhere"))


def test_the_same_histories_give_the_same_bytes(tmp_path, base):
    for name in ("one", "two"):
        repo = gits.Repo(base / "ann" / f"{name}.git")
        for number in range(5):
            repo.commit({**ONE, "a.py": f"{name} = {number}\n"}, f"{name} {number}")
    found = []
    for run in ("x", "y"):
        (tmp_path / run).mkdir()
        _, done = collected(tmp_path / run, base)
        found.append(bytes_of(tmp_path / run / "out", done))
    assert found[0] == found[1]
