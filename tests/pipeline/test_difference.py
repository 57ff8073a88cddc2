"""What changed between two versions, counted and never named."""

import json

import pytest

from pipeline.redact.policy import DEFAULT_POLICY
from pipeline.release import difference
from tests.pipeline import made
from tests.pipeline.made import File

GONE = "owner2/repo"


def between(old, new):
    def told(version, name):
        return json.loads(version.path("card", name).read_text()) if version else None

    return difference.between(
        old.path("index", "rows.parquet") if old else None,
        new.path("index", "rows.parquet"),
        told(old, "stats.json"),
        told(new, "stats.json"),
        told(old, "manifest.json"),
        told(new, "manifest.json"),
    )


@pytest.fixture
def first(tmp_path):
    return made.build(tmp_path, made.some_files(), made.brief())


def test_all_is_new_in_a_first_version(first):
    found = between(None, first)
    assert found["rows"]["added"]["rows"] == 24
    assert found["rows"]["removed"]["rows"] == found["rows"]["changed"]["rows"] == 0
    assert found["files"]["processed"]["new"] == 12


def test_a_version_does_not_differ_from_itself(first):
    found = between(first, first)
    assert found["unchanged"] == 24
    assert {kind: told["rows"] for kind, told in found["rows"].items()} == {
        "added": 0,
        "removed": 0,
        "changed": 0,
    }
    assert found["files"]["processed"]["unchanged"] == 12
    assert found["files"]["processed"]["bytes"] == 0


def test_removed_and_added_rows_by_language_and_licence(first, tmp_path):
    kept = [file for file in made.some_files() if file.repo != GONE]
    fresh = File("new/repo", "a.pl", "print 1;\n", "Perl", ("Apache-2.0", "MIT"))
    removals = [{"kind": "repository", "value": GONE}]
    asked = made.brief("1.1", parent=first.parent, removals=removals)
    found = between(first, made.build(tmp_path, [*kept, fresh], asked))
    assert found["rows"]["removed"]["rows"] == 4
    assert found["rows"]["removed"]["languages"] == {"C": 2, "Python": 2}
    assert found["rows"]["removed"]["bytes"] == sum(
        len(file.text) for file in made.some_files() if file.repo == GONE
    )
    assert found["rows"]["added"]["languages"] == {"Perl": 1}
    assert found["rows"]["added"]["licences"] == {"Apache-2.0": 1, "MIT": 1}
    assert found["unchanged"] == 20
    files = found["files"]["processed"]
    assert (files["gone"], files["new"], files["unchanged"]) == (2, 1, 10)
    assert GONE not in json.dumps(found)
    assert "owner2" not in json.dumps(found)


def test_rows_redacted_anew_are_changed_and_reasons_told(first, tmp_path):
    classes = DEFAULT_POLICY["classes"]
    asked = made.brief("1.1", parent=first.parent, redaction={"version": 2, "classes": classes})
    assert between(first, made.build(tmp_path, made.some_files(), asked))["unchanged"] == 24
    left = {"version": 3, "classes": classes | {"EMAIL": "leave"}}
    asked = made.brief("1.2", parent=first.parent, redaction=left)
    found = between(first, made.build(tmp_path, made.some_files(), asked))
    assert found["rows"]["changed"]["languages"] == {"Python": 6}
    dropping = {"version": 4, "classes": classes | {"EMAIL": "drop-row"}}
    asked = made.brief("1.3", parent=first.parent, redaction=dropping)
    found = between(first, made.build(tmp_path, made.some_files(), asked))
    assert found["dropped"]["redact"] == {"private-information": {"old": 0, "new": 6}}
