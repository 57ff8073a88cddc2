"""What changed between two versions, counted and never named."""

import json
import shutil

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.redact.policy import DEFAULT_POLICY
from pipeline.release import decisions, difference, rowlists, selecting
from tests.pipeline import made
from tests.pipeline.made import File

GONE = "owner2/repo"


def both(old, new):
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


def between(old, new):
    return both(old, new).exact


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


# ------------------------------------------------------------------ why a row went


def owned(owners, *, repo="repo", lang="Python", licences=("MIT",)):
    """One file for each owner."""
    return [
        File(f"{owner}/{repo}", f"{owner}.txt", f"# {owner} {lang} {licences}\n", lang, licences)
        for owner in owners
    ]


def listed(version, before, tmp_path, name):
    """The row list of a version, as the end of a build keeps it."""
    target = tmp_path / f"{name}.parquet"
    selected = [done.ref for done in version.done["select"]]
    rowlists.write(
        target,
        version.path("index", "rows.parquet"),
        before=before,
        reasons=[version.files.path(ref, selecting.REASONS) for ref in selected],
        decisions=[version.files.path(ref, decisions.NAME) for ref in selected],
        key="a secret",
    )
    return target


def names(prefix, count):
    return [f"{prefix}{number}" for number in range(count)]


def of_lists(old, new, stats=None):
    return difference.between(old, new, stats or {}, stats or {})


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """1.0, 1.1 and 1.2 of one dataset, in which rows go for every reason. Their lists by number."""
    tmp_path = tmp_path_factory.mktemp("story")
    stay, opt, report = owned(names("stay", 5)), owned(names("opt", 5)), owned(names("rep", 5))
    turned, gone = owned(names("turn", 5)), owned(names("gone", 5), lang="Perl")
    mailed = [
        File(f"mail{at}/repo", "m.py", f"# {at}\ncontact = '{made.EMAIL}'\n") for at in range(5)
    ]
    late = owned(names("late", 5))
    files = [*stay, *opt, *report, *turned, *gone, *mailed, *late]
    first = made.build(tmp_path / "1", files, made.brief())
    asked = [{"kind": "account", "value": each.repo.split("/")[0]} for each in opt]
    asked += [{"kind": "repository", "value": each.repo, "cause": "report"} for each in report]
    classes = DEFAULT_POLICY["classes"] | {"EMAIL": "drop-row"}
    brief = made.brief("1.1", removals=asked, redaction={"version": 2, "classes": classes})
    other = [each._replace(licences=("GPL-3.0-only",)) for each in turned]
    second = made.build(tmp_path / "2", [*stay, *opt, *report, *other, *mailed, *late], brief)
    brief = made.brief("1.2", removals=[*asked, {"kind": "account", "value": "late0"}])
    fresh = owned(names("new", 2))
    third = made.build(tmp_path / "3", [*stay, *opt, *report, *other, *late, *fresh], brief)
    lists = {"1.0": listed(first, None, tmp_path, "1.0")}
    lists["1.1"] = listed(second, lists["1.0"], tmp_path, "1.1")
    lists["1.2"] = listed(third, lists["1.1"], tmp_path, "1.2")
    shutil.rmtree(tmp_path / "1")  # as a compaction does: the lists are enough
    shutil.rmtree(tmp_path / "2")
    return lists


REASONS = {
    "removed": 5,
    "reported": 5,
    "licence-outside-set": 5,
    "private-information": 5,
    "not-collected": 5,
}


def test_each_row_that_went_has_its_reason(story):
    found = of_lists(story["1.0"], story["1.1"]).exact
    assert found["rows"]["removed"]["reasons"] == REASONS
    assert found["rows"]["removed"]["languages"] == {"Python": 20, "Perl": 5}
    assert (
        sum(found["rows"]["removed"]["sizes"]["reasons"].values())
        == (found["rows"]["removed"]["bytes"])
    )
    assert found["unchanged"] == 10


def test_any_two_versions_not_only_neighbours(story):
    found = of_lists(story["1.0"], story["1.2"]).exact
    # What left with 1.1 keeps its reason as 1.2 sees it: the mail is not collected any more.
    told = REASONS | {"removed": 6, "not-collected": 10}
    del told["private-information"]
    assert found["rows"]["removed"]["reasons"] == told
    assert found["rows"]["added"]["rows"] == 2
    back = of_lists(story["1.2"], story["1.0"]).exact
    assert back["rows"]["added"]["rows"] == found["rows"]["removed"]["rows"]
    assert back["rows"]["removed"]["reasons"] == {"not-told": 2}  # 1.0 knows nothing of 1.2


def test_a_malicious_or_unlicensed_copy_does_not_hide_what_was_asked_for(tmp_path):
    """The licensed place is removed, another one without a licence stays: the removal is why."""
    mine, copy = owned(["opt"])[0], owned(["opt"])[0]._replace(repo="other/fork", licences=())
    first = made.build(tmp_path / "1", [mine, copy], made.brief())
    brief = made.brief("1.1", removals=[{"kind": "account", "value": "opt"}])
    second = made.build(tmp_path / "2", [mine, copy, *owned(["new"])], brief)
    before = listed(first, None, tmp_path, "1.0")
    after = listed(second, before, tmp_path, "1.1")
    assert of_lists(before, after).exact["rows"]["removed"]["reasons"] == {"removed": 1}


# ------------------------------------------------------------------ nobody is named


def test_one_persons_removal_is_not_told_apart(story):
    """late0 alone left between 1.1 and 1.2: no figure may say that somebody asked for it."""
    found = of_lists(story["1.1"], story["1.2"])
    assert found.exact["rows"]["removed"]["reasons"] == {"removed": 1}
    told = found.told["rows"]["removed"]
    assert told["rows"] == 1
    assert told["reasons"] == told["languages"] == told["licences"] == {}
    assert told["others"] == {"reasons": 1, "languages": 1, "licences": 1}


def test_asked_for_backwards_it_tells_no_more(story):
    """The one row that 1.2 lacks is new when 1.1 is compared with it: still not told apart."""
    told = of_lists(story["1.2"], story["1.1"]).told["rows"]["added"]
    assert told["languages"] == told["licences"] == {}
    assert told["others"]["languages"] == told["rows"] == 1
    back = of_lists(story["1.1"], story["1.0"]).told["rows"]["added"]
    assert back["languages"] == {"Python": 20, "Perl": 5}


def test_many_rows_of_one_holder_are_still_one(tmp_path):
    """Fifty files of one account are one person's act, however many rows they are."""
    mine = [File("opt/repo", f"{at}.py", f"# {at}\n") for at in range(50)]
    others = owned(names("gone", 5), lang="C")
    first = made.build(tmp_path / "1", [*mine, *others, *owned(["stay"])], made.brief())
    brief = made.brief("1.1", removals=[{"kind": "account", "value": "opt"}])
    second = made.build(tmp_path / "2", [*mine, *owned(["stay"])], brief)
    before = listed(first, None, tmp_path, "1.0")
    found = of_lists(before, listed(second, before, tmp_path, "1.1"))
    assert found.exact["rows"]["removed"]["reasons"] == {"removed": 50, "not-collected": 5}
    # Told together with the others, as what is left over would be known by subtraction.
    assert found.told["rows"]["removed"]["reasons"] == {}
    assert found.told["rows"]["removed"]["others"]["reasons"] == 55


def test_groups_with_enough_holders_are_told(story):
    told = of_lists(story["1.0"], story["1.1"]).told["rows"]["removed"]
    assert told["reasons"] == REASONS
    assert told["others"]["reasons"] == 0


def test_counts_of_what_people_asked_for_are_not_told_by_place():
    stats = {"stages": {"select": {"dropped": {"removed": 1, "malware": 2}}}}
    hushed = difference._hushed(difference._dropped(stats, stats))
    assert hushed["select"]["removed"] == {"old": None, "new": None}
    assert hushed["select"]["malware"] == {"old": 2, "new": 2}


@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=8),
    st.integers(0, 3),
)
def test_whatever_is_folded_has_enough_holders_or_is_all(counts, overlap):
    cells = [difference._Cell(f"n{at}", one, one, one) for at, one in enumerate(counts)]

    def holders(of):
        return max(sum(cell.holders for cell in cells if cell.name in of) - overlap, 1)

    folded = difference.fold(cells, holders)
    assert {cell.name for cell in cells if cell.holders < difference.FEWEST} <= folded
    assert not folded or holders(folded) >= difference.FEWEST or len(folded) == len(cells)


def test_neither_form_holds_a_name(story):
    for newer in ("1.1", "1.2"):
        found = of_lists(story["1.0"], story[newer])
        text = json.dumps([found.exact, found.told])
        for name in ("opt", "late", "gone", "turn", "mail", "/repo", ".txt"):
            assert name not in text
    raw = story["1.2"].read_bytes()
    held = pq.read_table(story["1.2"])
    assert set(held.column_names) == {
        "hexsha", "row_id", "digest", "lang", "licenses", "size", "holder", "reason",
    }  # fmt: skip
    assert b"late0" not in raw
