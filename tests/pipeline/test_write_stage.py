"""Stage write: equal rows give equal files, and a removal touches only the files it must."""

import json
import random
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from client import patches
from pipeline.release import lookup, writing
from pipeline.shards import hashes, schemas, writer
from tests.pipeline import made
from tests.pipeline.made import File

GONE = "owner2/repo"
REMOVALS = [{"kind": "repository", "value": GONE}]


def shas(version):
    return {
        path: done.report.files["rows.parquet"]["sha256"] for path, done in version.shards().items()
    }


def without(sources, repo=GONE):
    return [file for file in sources if file.repo != repo]


def human(tmp_path, rows):
    path = tmp_path / "human.parquet"
    blank = dict.fromkeys(schemas.ANNOTATION.names) | {"spans": [], "labelled_by": "human"}
    told = [blank | row for row in rows]
    pq.write_table(pa.Table.from_pylist(told, schema=schemas.ANNOTATION), path)
    return str(path)


def labels(version):
    path = version.path("write", "human.parquet", -1)
    return writer.read_table(path)["id"].to_pylist() if path.exists() else []


def test_the_same_files_come_out_whatever_the_order(tmp_path):
    sources = made.some_files()
    first = made.build(tmp_path / "a", sources, made.brief(), upto="write")
    random.Random(3).shuffle(sources)
    second = made.build(tmp_path / "b", sources, made.brief(), upto="write")
    assert shas(first) == shas(second)
    assert len(shas(first)) == 12


def test_every_row_stands_once_in_order_with_its_owner(tmp_path):
    sources = made.some_files()
    version = made.build(tmp_path, sources, made.brief(), upto="write")
    assert sorted(row["hexsha"] for row in version.rows()) == sorted(f.hexsha for f in sources)
    for path, done in version.shards().items():
        rows = writer.read_table(version.files.path(done.ref, "rows.parquet"))
        assert rows.schema.equals(schemas.PROCESSED)
        names = rows["max_stars_repo_name"].to_pylist()
        assert names == sorted(names)
        assert {"c": "C", "python": "Python"}[path.split("/")[1]] == rows["lang"][0].as_py()


def test_a_removal_rewrites_only_the_files_it_touches(tmp_path):
    sources = made.some_files()
    first = made.build(tmp_path, sources, made.brief(options={"shard_bytes": 2_000}))
    asked = made.brief(
        "1.1", removals=REMOVALS, parent=first.parent, options={"shard_bytes": 2_000}
    )
    second = made.build(tmp_path, without(sources), asked)
    before, after = shas(first), shas(second)
    touched = {path for path in before if before[path] != after.get(path)}
    holders = {
        path
        for path, done in first.shards().items()
        for row in writer.read_table(
            first.files.path(done.ref, "rows.parquet"), ["max_stars_repo_name"]
        ).to_pylist()
        if row["max_stars_repo_name"] == GONE
    }
    assert touched == holders
    assert 0 < len(touched) < len(before)
    kept = set(before) - touched
    assert all(first.shards()[path].ref == second.shards()[path].ref for path in kept)
    assert not any(row["max_stars_repo_name"] == GONE for row in second.rows())


def test_new_rows_go_into_new_files(tmp_path):
    sources = made.some_files()
    first = made.build(tmp_path, sources, made.brief())
    # The new owner sorts before all others, and one file comes to an owner who is there.
    fresh = [File("aaa/repo", "new.py", "n = 1\n"), File("owner3/repo", "b.py", "n = 2\n")]
    second = made.build(tmp_path, sources + fresh, made.brief("1.1", parent=first.parent))
    before, after = shas(first), shas(second)
    assert {path: after[path] for path in before} == before
    assert set(after) - set(before) == {"data/python/0006.parquet"}
    held = second.shards()["data/python/0006.parquet"]
    assert held.report.rows_out == 2


def test_a_file_that_lost_all_rows_leaves_its_number_unused(tmp_path):
    sources = made.some_files()
    first = made.build(tmp_path, sources, made.brief())
    last = "owner5/repo"
    asked = made.brief("1.1", parent=first.parent)
    second = made.build(tmp_path, without(sources, last), asked)
    fresh = File("zzz/repo", "new.py", "n = 1\n")
    asked = made.brief("1.2", parent=second.parent)
    third = made.build(tmp_path, [*without(sources, last), fresh], asked)
    assert "data/python/0005.parquet" not in shas(second)
    assert sorted(set(shas(third)) - set(shas(second))) == ["data/python/0006.parquet"]


def test_an_owner_larger_than_a_file_is_cut_within(tmp_path):
    sources = [File("big/repo", f"{n}.py", f"x = {n}\n" * 50) for n in range(9)]
    asked = made.brief(options={"shard_bytes": 700})
    version = made.build(tmp_path, sources, asked, upto="write")
    assert len(version.shards()) > 1
    assert sorted(row["hexsha"] for row in version.rows()) == sorted(f.hexsha for f in sources)


def test_parameters_name_no_owner(tmp_path):
    version = made.build(tmp_path, made.some_files(), made.brief(), upto="redact")
    for work in writing.plan(version.context()):
        assert "owner0" not in str(work.params) + str(work.inputs)
        assert len(str(work.inputs)) < 1_000


def test_changed_inputs_are_noticed(tmp_path):
    version = made.build(tmp_path, made.some_files(), made.brief(), upto="redact")
    work = writing.plan(version.context())[0]
    work.params["digest"] = "0" * 32
    with pytest.raises(ValueError, match="not those that it was planned with"):
        made.finished(version.files, writing.STAGE, [work])


def test_human_labels_follow_their_source_out(tmp_path):
    sources = made.some_files()
    kept, gone = sources[0], next(file for file in sources if file.repo == GONE)

    def label(name, file):
        repo_id = hashes.made_id("github.com", file.repo)
        return {"id": name, "content": "x", "hexsha": file.hexsha, "repo_id": repo_id}

    path = human(tmp_path, [label("kept", kept), label("gone", gone), {"id": "made up"}])
    first = made.build(tmp_path, sources, made.brief(annotations=[path]))
    assert labels(first) == ["kept", "gone", "made up"]
    asked = made.brief("1.1", removals=REMOVALS, parent=first.parent, annotations=[path])
    second = made.build(tmp_path, without(sources), asked)
    assert labels(second) == ["kept", "made up"]
    assert second.done["write"][-1].report.dropped == {"source-not-in-version": 1}


def test_an_import_that_is_no_annotation_file_is_named(tmp_path):
    path = tmp_path / "notes.parquet"
    path.write_text("not parquet")
    with pytest.raises(ValueError, match=r"notes\.parquet is no Parquet file"):
        made.build(tmp_path, made.some_files(), made.brief(annotations=[str(path)]), upto="write")


def test_the_sample_is_no_larger_than_asked(tmp_path):
    options = {"annotation_sample": 4, "shard_bytes": 1_500}
    version = made.build(tmp_path, made.some_files(12), made.brief(options=options), upto="write")
    report = version.done["write"][-1].report
    assert report.files["machine.parquet"]["rows"] == 4
    assert report.rows_in == 4 + report.dropped["beyond-the-sample"]
    whole = made.build(tmp_path, made.some_files(12), made.brief(), upto="write")
    assert labels(version) == sorted(labels(whole))[:4]


def test_an_update_is_told_in_the_manifest_and_proved(tmp_path):
    sources = made.some_files()
    options = {"shard_bytes": 2_000}
    first = made.build(tmp_path, sources, made.brief(options=options))
    asked = made.brief("1.1", removals=REMOVALS, parent=first.parent, options=options)
    second = made.build(tmp_path, sources, asked)
    manifest = json.loads(second.path("card", "manifest.json").read_text())
    patched = {one["path"]: one["patch"] for one in manifest["updates"] if "patch" in one}
    before, after = shas(first), shas(second)
    assert set(patched) == {path for path in after if before.get(path) not in (None, after[path])}
    assert patched
    for path, told in patched.items():
        patch = patches.load(second.files.path(told["ref"], told["file"]).read_bytes())
        assert (patch.old_sha256, patch.new_sha256) == (before[path], after[path])
    assert {one["path"] for one in manifest["updates"]} == set(after)


def test_lookups_find_repositories_places_and_files(tmp_path):
    version = made.build(tmp_path, made.some_files(), made.brief(), upto="index")
    index = version.done["index"][0].ref
    (repository,) = lookup.repositories_of(version.files, index, "OWNER3")
    assert (repository["repo_name"], repository["rows"]) == ("owner3/repo", 4)
    file = made.some_files()[5]
    (place,) = lookup.places_of(version.files, index, file.hexsha)
    assert (place["repo_name"], place["file_path"]) == (file.repo, file.path)
    rows = {
        row["row_id"]: path
        for path, done in version.shards().items()
        for row in rows_of(version, done)
    }
    assert lookup.shards_of(version.files, index, [*rows, "nowhere"]) == rows


def rows_of(version, done):
    return writer.read_table(version.files.path(done.ref, "rows.parquet"), ["row_id"]).to_pylist()


def test_a_shard_is_the_same_from_the_parents_file_and_from_the_pieces(tmp_path):
    sources, options = made.some_files(), {"shard_bytes": 2_000}
    first = made.build(tmp_path, sources, made.brief(options=options))
    asked = made.brief("1.1", removals=REMOVALS, parent=first.parent, options=options)
    shutil.copytree(tmp_path, tmp_path / "apart")
    from_parent = made.build(tmp_path, sources, asked, upto="write")
    shutil.rmtree(tmp_path / "apart" / "write")
    from_pieces = made.build(tmp_path / "apart", sources, asked, upto="write")
    assert shas(from_parent) != shas(first)
    assert shas(from_parent) == shas(from_pieces)


def test_a_parents_file_that_is_not_what_it_was_is_not_used(tmp_path):
    sources, options = made.some_files(), {"shard_bytes": 2_000}
    first = made.build(tmp_path / "a", sources, made.brief(options=options))
    asked = made.brief("1.1", removals=REMOVALS, parent=first.parent, options=options)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    for done in first.done["write"]:
        path = tmp_path / "b" / done.ref / "rows.parquet"
        if path.exists():
            table = writer.read_table(path)
            texts = pa.array(["x"] * table.num_rows, table.schema.field("content").type)
            at = table.schema.get_field_index("content")
            writer.write(path, table.schema, [table.set_column(at, "content", texts)])
    one = made.build(tmp_path / "a", sources, asked, upto="write")
    two = made.build(tmp_path / "b", sources, asked, upto="write")
    assert shas(one) != shas(first)
    changed = {path for path, sha in shas(one).items() if shas(first).get(path) != sha}
    assert {path: shas(two)[path] for path in changed} == {
        path: shas(one)[path] for path in changed
    }
