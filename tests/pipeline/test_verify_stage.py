"""Stage verify: each planted breach is found, and named without the private value."""

import json
import shutil

import pyarrow as pa
import pytest

from pipeline.release import ordering, verifying
from pipeline.release.doing import do, read_report
from pipeline.release.verifying import VerifyError
from pipeline.shards import hashes, schemas, writer
from tests.pipeline import made
from tests.pipeline.made import File

KEY = "AKIA" + "Q3EGRZ7XWVKTJ2LM"  # in the shape of a cloud key; opens nothing
GONE = "owner2"


@pytest.fixture
def version(tmp_path):
    return made.build(tmp_path, made.some_files(), made.brief(), upto="index")


def verify(version):
    """All breaches of a version, one string a shard."""
    said = []
    for work in verifying.plan(version.context()):
        try:
            do(verifying.STAGE, work, version.files, made.SECRET)
        except VerifyError as error:
            said.append(str(error))
    return said


def rewrite(version, number, change, *, stage="write", name="rows.parquet", honest=True):
    """Change the rows of a written file. `honest`: its report tells the new bytes."""
    done = version.done[stage][number]
    path = version.files.path(done.ref, name)
    table = writer.read_table(path)
    rows = change(table.to_pylist())
    facts = writer.write(path, table.schema, [pa.Table.from_pylist(rows, schema=table.schema)])
    if honest:
        done.report.files[name] |= facts._asdict()


def first(rows, **changes):
    return [rows[0] | changes, *rows[1:]]


@pytest.fixture(params=["in memory", "on the disk"])
def counted(request, monkeypatch):
    """The row index is counted in memory, or as that of a large version."""
    if request.param == "on the disk":
        monkeypatch.setattr(ordering, "IN_MEMORY", 0)


@pytest.mark.usefixtures("counted")
def test_a_sound_version_passes(version):
    assert verify(version) == []


def test_a_flipped_byte(version):
    path = version.path("write", "rows.parquet", 3)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert verify(version) == ["data/c/0003.parquet: its bytes are not those of the report."]


def test_a_file_that_is_gone(version):
    version.path("write", "rows.parquet", 0).unlink()
    assert "data/c/0000.parquet: the file is missing." in verify(version)


def test_a_missing_row(version):
    rewrite(version, 0, lambda rows: rows[1:])
    version.done["write"][0].report.files["rows.parquet"]["rows"] += 1
    said = verify(version)
    assert said == ["data/c/0000.parquet: 1 rows where the report says 2."]


@pytest.mark.usefixtures("counted")
def test_a_row_that_was_never_indexed(version):
    rewrite(version, 0, lambda rows: rows[1:])
    version.done["write"][0].report.rows_out -= 1
    said = verify(version)
    assert any("the row index counts other rows than the files hold" in line for line in said)
    assert any("redact put out 24 rows, write took in 23" in line for line in said)


def test_a_licence_outside_the_set(version):
    rewrite(version, 1, lambda rows: first(rows, licenses=["GPL-3.0-only"]))
    assert verify(version) == [
        "data/c/0001.parquet: licences outside the set permissive: GPL-3.0-only (1 rows)."
    ]


def test_a_row_without_a_licence(version):
    rewrite(version, 1, lambda rows: first(rows, licenses=[]))
    assert verify(version) == ["data/c/0001.parquet: 1 rows without a licence."]


def test_an_unredacted_key(version):
    rewrite(version, 2, lambda rows: first(rows, content=f'aws_key = "{KEY}"\n'))
    said = verify(version)
    assert said == ["data/c/0002.parquet: left unredacted: 1 KEY."]
    assert KEY not in str(said)


def test_an_unredacted_address_in_a_path(version):
    rewrite(version, 2, lambda rows: first(rows, max_stars_repo_path=f"{made.EMAIL}/a.py"))
    assert verify(version) == ["data/c/0002.parquet: left unredacted: 1 EMAIL."]


def test_a_row_id_twice_in_a_file(version):
    rewrite(version, 0, lambda rows: first(rows, row_id=rows[1]["row_id"]))
    assert verify(version) == ["data/c/0000.parquet: 1 row ids stand more than once."]


@pytest.mark.usefixtures("counted")
def test_a_row_in_two_files(version):
    path = version.path("index", "rows.parquet")
    rows = writer.read_table(path).to_pylist()
    table = pa.Table.from_pylist(first(rows, row_id=rows[-1]["row_id"]), schema=schemas.ROW_INDEX)
    writer.write(path, schemas.ROW_INDEX, [table])
    assert verify(version) == ["totals: 1 row ids stand in more than one file."]


def test_owners_apart(version):
    rewrite(version, 0, lambda rows: [rows[0], rows[1] | {"max_stars_repo_name": "z/r"}, rows[0]])
    version.done["write"][0].report.rows_out += 1
    assert any("rows of one owner do not stand together" in line for line in verify(version))


def test_a_file_of_another_language(version):
    rewrite(version, 0, lambda rows: first(rows, lang="Perl"))
    assert verify(version) == ["data/c/0000.parquet: rows of another language."]


def test_counts_that_do_not_add_up(version):
    done = version.done["redact"][0]
    told = read_report(version.files, done.ref)
    told.rows_out -= 1
    version.files.path(done.ref, "report.json").write_text(json.dumps(told.as_json()))
    said = verify(version)
    assert len(said) == 1
    assert "redact: rows in are not rows out and dropped" in said[0]


REMOVED = {
    "account": {"kind": "account", "value": "OWNER2"},
    "repository": {"kind": "repository", "value": "Owner2/Repo"},
    "blob": {"kind": "blob", "value": made.some_files()[8].hexsha},
}


@pytest.mark.parametrize("kind", REMOVED)
def test_a_removed_subject_in_any_tier(tmp_path, kind):
    version = made.build(tmp_path, made.some_files(), made.brief(), upto="index")
    said = verify(version._replace(brief=made.brief(removals=[REMOVED[kind]])))
    assert len(said) == 1
    assert said[0].startswith("removed subjects: raw: ")
    assert "; processed: " in said[0]
    assert GONE not in said[0].lower()


@pytest.mark.parametrize(("host", "found"), [("github.com", True), ("gitlab.com", False)])
def test_a_removal_on_one_host_only(tmp_path, host, found):
    removals = [{"kind": "account", "value": GONE, "host": host}]
    version = made.build(tmp_path, made.some_files(), made.brief(), upto="index")
    assert bool(verify(version._replace(brief=made.brief(removals=removals)))) is found


def test_a_removal_by_the_number_of_a_host(tmp_path):
    number = hashes.made_id("github.com", GONE)
    removals = [{"kind": "account", "value": f"id:{number}"}]
    version = made.build(tmp_path, made.some_files(), made.brief(), upto="index")
    said = verify(version._replace(brief=made.brief(removals=removals)))
    assert said == ["removed subjects: raw: 4 traces of a removed subject."]


@pytest.mark.usefixtures("counted")
def test_a_processed_row_without_a_place_in_the_raw_tier(version):
    path = version.path("index", "blobs.parquet")
    table = writer.read_table(path)
    writer.write(path, table.schema, [table.slice(1)])
    assert "totals: 1 rows whose source is not in the raw tier." in verify(version)


@pytest.mark.parametrize("by", ["issues", "forks"])
def test_a_removed_repository_named_as_another_holder(version, by):
    removals = [REMOVED["repository"]]
    rewrite(version, 0, lambda rows: first(rows, **{f"max_{by}_repo_name": "owner2/repo"}))
    asked = made.brief(removals=removals)
    found = [
        work
        for work in verifying.plan(version._replace(brief=asked).context())
        if work.params["kind"] == "subjects"
    ]
    only = version.done["write"][0].ref
    found[0].inputs["rows"] = [only]
    with pytest.raises(VerifyError, match="processed: 1 traces of a removed subject"):
        do(verifying.STAGE, found[0], version.files, made.SECRET)


def test_a_label_whose_source_is_gone(version):
    number = len(version.done["write"]) - 1
    repo_id = hashes.made_id("github.com", "somebody/else")
    rewrite(version, number, lambda rows: first(rows, repo_id=repo_id), name="machine.parquet")
    said = verify(version)
    assert said == ["removed subjects: machine.parquet: 1 rows whose source is not in the version."]


def test_a_raw_blob_without_a_place(version):
    rewrite(version, 0, lambda rows: rows[1:], stage="select", name="raw-occurrences.parquet")
    assert any(": 1 blobs without a place." in line for line in verify(version))


def test_a_breach_leaves_no_output_and_is_found_again(version):
    rewrite(version, 1, lambda rows: first(rows, licenses=["GPL-3.0-only"]))
    assert verify(version) == verify(version) != []


def test_a_file_proved_once_is_not_read_again_for_another_removal_list(tmp_path):
    sources = [*made.some_files(), File("other/repo", "a.py", "x = 1\n")]
    version = made.build(tmp_path, sources, made.brief(), upto="verify")
    asked = made.brief("1.1", removals=[{"kind": "account", "value": "nobody"}])
    names = {done.ref for done in version.done["verify"]}
    works = verifying.plan(version._replace(brief=asked).context())
    again = [work.label for work in works if work.name(verifying.STAGE.version) not in names]
    assert "removed subjects" in again
    assert not any(label.startswith("data/") for label in again)
    shutil.rmtree(tmp_path)
