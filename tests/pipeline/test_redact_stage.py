"""Stage redact: no private value leaves it, and every row is accounted for."""

import random

import pytest

from pipeline.redact.policy import DEFAULT_POLICY
from pipeline.release import redacting, verifying
from pipeline.shards import slices, writer
from tests.pipeline import made
from tests.pipeline.made import EMAIL, File

SECRET_WORD = "hV7kQ2mZx9LpT4"
POLICY = {"version": 1, "classes": DEFAULT_POLICY["classes"] | {"EMAIL": "drop-row"}}


def redacted(root, sources, **changes):
    return made.build(root, sources, made.brief(**changes), upto="redact")


def rows_of(version, name="rows.parquet"):
    paths = [version.files.path(done.ref, name) for done in version.done["redact"]]
    read = slices.read if name.endswith(".arrow") else writer.read_table
    return [row for path in paths if path.exists() for row in read(path).to_pylist()]


def labelled(root, sources):
    asked = made.brief(options={"annotation_sample": 3})
    version = made.build(root, sources, asked, upto="write")
    return writer.read_table(version.path("write", "machine.parquet", -1)).to_pylist()


def counted(version):
    reports = [done.report for done in version.done["redact"]]
    return sum(one.rows_in for one in reports), sum(one.rows_out for one in reports)


def test_values_are_replaced_and_counted(tmp_path):
    version = redacted(tmp_path, made.some_files())
    rows = rows_of(version)
    touched = [row for row in rows if row["redactions"]]
    assert counted(version) == (24, 24)
    assert len(touched) == 6
    assert all(row["redactions"] == [{"class": "EMAIL", "count": 1}] for row in touched)
    assert all("<EMAIL>" in row["content"] for row in touched)
    assert not any(EMAIL in str(row) for row in rows)
    counts = [done.report.counts for done in version.done["redact"]]
    assert sum(count["classes"].get("EMAIL", 0) for count in counts) == 6
    assert sum(sum(count["rules"].values()) for count in counts) == 6


def test_a_row_that_the_policy_drops_is_counted_by_reason(tmp_path):
    version = redacted(tmp_path, made.some_files(), redaction=POLICY)
    dropped = [done.report.dropped for done in version.done["redact"]]
    assert counted(version) == (24, 18)
    assert sum(reasons.get("private-information", 0) for reasons in dropped) == 6
    assert rows_of(version, "sample.arrow") == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (f"mail/{EMAIL}/inbox.py", "x = 1\n"),
        (f"mail/{EMAIL}/inbox.py", f"sent_by = '{EMAIL}'\n"),
        # In the path alone nothing tells this word from any other.
        (f"backup/{SECRET_WORD}/a.py", f'db_password = "{SECRET_WORD}"\n'),
    ],
)
def test_a_value_in_the_path_takes_the_row_with_it(tmp_path, path, text):
    version = redacted(tmp_path, [File("a/b", path, text), File("a/b", "c.py", "y = 2\n")])
    assert [row["max_stars_repo_path"] for row in rows_of(version)] == ["c.py"]
    dropped = [done.report.dropped for done in version.done["redact"] if done.report.dropped]
    assert dropped == [{"private-information-in-path": 1}]
    for value in (EMAIL, SECRET_WORD):
        assert all(value not in str(row) for row in rows_of(version, "keys.arrow"))


def test_the_sample_is_the_same_rows_whatever_their_order_and_obfuscated(tmp_path):
    sources = made.some_files(owners=12)
    sample = labelled(tmp_path / "a", sources)
    random.Random(5).shuffle(sources)
    assert sample == labelled(tmp_path / "b", sources)
    assert len(sample) == 3
    for row in sample:
        assert EMAIL not in row["content"]
        assert row["labelled_by"] == "machine"
        span = row["spans"][0]
        assert row["content"][span["start"] : span["end"]] == span["surrogate"]
        assert span["class"] == "EMAIL"


def test_a_shard_that_is_the_same_is_not_redacted_again(tmp_path):
    sources = made.some_files()
    first = redacted(tmp_path, sources)
    removed = [{"kind": "repository", "value": "owner0/repo"}]
    later = [file for file in sources if file.repo != "owner0/repo"]
    second = redacted(tmp_path, later, version="1.1", removals=removed)
    names = {done.ref for done in first.done["redact"]}
    assert names & {done.ref for done in second.done["redact"]}


def test_new_rules_look_at_every_row_and_prove_every_file_again(tmp_path, monkeypatch):
    version = made.build(tmp_path, made.some_files(), made.brief(), upto="verify")
    for module in (redacting, verifying):
        monkeypatch.setattr(module, "detector_digest", lambda: "of better rules")
    redacts = {work.name(1) for work in redacting.plan(version.context())}
    proofs = {
        work.name(1) for work in verifying.plan(version.context()) if work.params["kind"] == "rows"
    }
    assert not redacts & {done.ref for done in version.done["redact"]}
    assert not proofs & {done.ref for done in version.done["verify"]}


def test_another_dataset_never_shares_surrogates(tmp_path):
    version = made.build(tmp_path, made.some_files(), made.brief(), upto="select")
    names = {
        tuple(work.name(1) for work in redacting.plan(version._replace(brief=asked).context()))
        for asked in (made.brief(), made.brief(dataset="gatehouse/other"))
    }
    assert len(names) == 2
