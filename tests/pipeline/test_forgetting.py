"""Compaction of sources: what was removed is not kept beside the house either."""

import json

import pytest

from pipeline.collect import clones, lists
from pipeline.collect.gitting import Limits
from pipeline.collect.outbound import Policy
from pipeline.release import compaction, forgetting
from pipeline.release.work import Files
from pipeline.shards import writer
from tests.pipeline import gits
from tests.pipeline.shelves import brief, build
from tests.pipeline.test_collect_gharchive import BOB, comment, event, opened, read
from tests.pipeline.test_collect_gharchive import written as hour
from tests.pipeline.test_collect_git import FILES, fetched


@pytest.fixture
def archive(tmp_path):
    lines = [
        opened(1),
        comment("Words of bob.", 1, who=BOB),
        opened(2),
        opened(3, repo={"id": 9, "name": "cid/other"}),
        event(
            "WatchEvent", {}, repo={"id": 7, "name": "annette/gadget"}, at="2022-03-01T00:00:00Z"
        ),
    ]
    return read(tmp_path, hour(tmp_path / "in", lines))[0]


def messages(root):
    (path,) = root.glob("hours/*/events.parquet")
    return {
        (row["repo_id"], row["number"], row["author"])
        for row in writer.read_table(path).to_pylist()
    }


@pytest.mark.parametrize(
    ("removal", "staying"),
    [
        ({"kind": "account", "value": "bob"}, {(7, 1, "ann"), (7, 2, "ann"), (9, 3, "ann")}),
        ({"kind": "repository", "value": "annette/gadget"}, {(9, 3, "ann")}),
        (
            {"kind": "issue", "value": "annette/gadget#2"},
            {(7, 1, "ann"), (7, 1, "bob"), (9, 3, "ann")},
        ),
    ],
)
def test_messages_of_removed_subjects_leave_the_hours(archive, removal, staying):
    sources = [{"kind": "gharchive", "folder": str(archive)}]
    assert forgetting.forget(sources, [removal], [removal])["messages"] == 0
    assert forgetting.forget(sources, [removal])["messages"] > 0
    assert messages(archive) == staying
    assert forgetting.forget(sources, [removal])["messages"] == 0


def test_pieces_that_hold_a_removed_subject_are_erased_and_made_again_without(archive, tmp_path):
    sources = [{"kind": "gharchive", "folder": str(archive)}]
    done = build(brief([], sources=sources), tmp_path / "out", upto="collect")["collect"]
    files = Files(tmp_path / "out")
    refs = [one.ref for one in done]
    kept = {"collect": refs}
    removal = {"kind": "account", "value": "bob"}
    gone = compaction.doomed(files, kept, {}, [removal], [], refs)
    assert len(gone) == 1
    assert compaction.doomed(files, kept, {}, [removal], [removal], refs) == []
    forgetting.forget(sources, [removal])
    compaction.erase(files, gone)
    again = build(brief([], sources=sources), tmp_path / "out", upto="collect")["collect"]
    assert [one.ref for one in again] == refs  # what nothing touched keeps its name
    held = [
        writer.read_table(path).to_pylist() for path in (tmp_path / "out").rglob("issues.parquet")
    ]
    assert "Words of bob" not in json.dumps(held)


def test_a_removed_repository_is_erased_and_never_fetched_again(tmp_path):
    base = tmp_path / "served"
    for name in ("ann/tool", "bob/other"):
        gits.Repo(base / f"{name}.git").commit(FILES)
    policy = Policy(frozenset({"file"}), folders=(base,))
    wanted = [str(base / "ann/tool.git"), str(base / "bob/other.git")]
    (first,) = lists.read(wanted[0])
    root, _ = fetched(tmp_path, [first._replace(aliases=("old/tool",)), wanted[1]], policy)
    sources = [{"kind": "git", "folder": str(root)}]
    assert forgetting.forget(sources, [{"kind": "account", "value": "old"}])["clones"] == 0
    removal = {"kind": "repository", "value": "Old/Tool"}
    assert forgetting.forget(sources, [removal])["clones"] == 1
    assert len(list(root.glob("clones/*/*/repository.git"))) == 1
    kept = clones.Clones(root, policy, Limits(), per_second=0)
    ended = kept.fetch(one for each in wanted for one in lists.read(each))
    assert ended.reasons == {"removed": 1}
    assert len(list(root.glob("clones/*/*/repository.git"))) == 1
