"""Stage select: licence sets, and that what is removed is gone and nothing else is."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.select import removals, sets
from pipeline.select.expressions import normalise
from pipeline.shards.hashes import git_blob_id, made_id, row_id
from pipeline.shards.schemas import SELECTED
from tests.pipeline.shelves import brief, build, dropped, install, rows, selected, total

SHARED = "shared = 1\n"
HOLDERS = {"alpha": "Alice/one", "beta": "alice/two", "gamma": "Bob/one", "delta": "bob/Two"}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """Four holders, each with files of its own, one shared by all and one by each two."""
    site = tmp_path_factory.mktemp("site")
    for name, repository in HOLDERS.items():
        files = {f"{name}/{n}.py": f"{name} = {n}\n" for n in range(4)}
        files[f"{name}/shared.py"] = SHARED
        files[f"{name}/half.py"] = "half = 1\n" if name in ("alpha", "gamma") else "half = 2\n"
        install(site, name, files, home=f"https://github.com/{repository}")
    root = tmp_path_factory.mktemp("out")
    done = build(brief([site]), root)
    places = rows(root, done["identify"], "occurrences.arrow")
    return site, root, places


NAMES = ["alice", "ALICE", "bob", "carol", "ali", f"id:{made_id('github.com', 'alice')}", "id:7"]
REPOSITORIES = ["alice/one", "Alice/Two", "BOB/ONE", "bob/three", "one"]
BLOBS = [git_blob_id(text.encode()) for text in (SHARED, "half = 1\n", "alpha = 0\n", "nowhere\n")]
selectors = st.one_of(
    st.builds(dict, kind=st.just("account"), value=st.sampled_from(NAMES)),
    st.builds(
        dict, kind=st.just("repository"), value=st.sampled_from(REPOSITORIES).filter("one".__ne__)
    ),
    st.builds(dict, kind=st.just("blob"), value=st.sampled_from([*BLOBS, f"swh:1:cnt:{BLOBS[0]}"])),
    st.builds(
        dict,
        kind=st.just("account"),
        value=st.just("bob"),
        host=st.sampled_from(["github.com", "gitlab.com", "GitHub.com"]),
    ),
)


def covered(selector, place):
    """What a person would say of one removal and one place, written apart from the code."""
    value = selector["value"].lower()
    if selector["kind"] == "blob":
        return value.endswith(place["hexsha"])
    if selector.get("host", place["repo_host"]).lower() != place["repo_host"]:
        return False
    if selector["kind"] == "account":
        return value in (place["owner"].lower(), f"id:{place['owner_id']}")
    return value in (place["repo_name"].lower(), f"id:{place['repo_id']}")


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(asked=st.lists(selectors, max_size=4))
def test_no_removed_row_stays_and_no_other_goes(shelf, asked):
    site, root, before = shelf
    wanted = brief([site], removals=asked)
    done = build(wanted, root)
    staying = [place for place in before if not any(covered(one, place) for one in asked)]
    key = ("hexsha", "repo_name", "path")

    def keys(places):
        return sorted(tuple(place[name] for name in key) for place in places)

    assert keys(rows(root, done["select"], "raw-occurrences.parquet")) == keys(staying)
    contents = {place["hexsha"] for place in staying}
    decided = rows(root, done["select"], "decisions.arrow")
    assert {row["hexsha"] for row in decided} == contents
    found = selected(root, wanted, done)
    assert sorted(row["hexsha"] for row in found) == sorted(contents)
    there = {tuple(place[name] for name in key) for place in staying}
    for row in found:
        held = (row["hexsha"], row["max_stars_repo_name"], row["max_stars_repo_path"])
        assert held in there
    counts = {
        "duplicate": len(staying) - len(contents),
        "removed": len(before) - len(staying),
    }
    assert dropped(done["select"]) == {name: count for name, count in counts.items() if count}


def test_a_removal_touches_only_the_prefixes_it_must(shelf):
    site, root, _ = shelf
    asked = brief([site], removals=[{"kind": "blob", "value": BLOBS[0]}])
    before = {one.ref for one in build(brief([site]), root)["select"]}
    after = {one.ref for one in build(asked, root)["select"]}
    assert len(after - before) == 1
    nobody = brief([site], removals=[{"kind": "account", "value": "nobody"}])
    assert {one.ref for one in build(nobody, root)["select"]} == before


def test_a_shared_content_stands_under_another_holder(shelf):
    site, root, _ = shelf
    asked = brief([site], removals=[{"kind": "account", "value": "alice"}])
    found = selected(root, asked, build(asked, root))
    (row,) = (row for row in found if row["content"] == SHARED)
    assert row["max_stars_repo_name"] == "Bob/one"


@pytest.mark.parametrize(
    "removal",
    [
        {"kind": "planet", "value": "x"},
        {"kind": "account", "value": " "},
        {"kind": "repository", "value": "nameonly"},
        {"kind": "blob", "value": "abc"},
        {},
    ],
)
def test_a_removal_that_means_nothing_is_never_passed_over(shelf, removal):
    site, root, _ = shelf
    with pytest.raises(ValueError, match=r"not known|no git blob id|names no"):
        build(brief([site], removals=[removal]), root)


def test_a_place_without_an_owner_is_refused():
    row = {"hexsha": "a", "repo_host": "h", "repo_id": 1, "repo_name": "o/n", "owner_id": 1}
    import pyarrow as pa

    places = pa.Table.from_pylist([{**row, "owner": None}])
    with pytest.raises(ValueError, match="owner"):
        removals.drop_removed(places, removals.parse([{"kind": "account", "value": "x"}]))


def test_rows_have_the_columns_of_the_contract(shelf):
    site, root, _ = shelf
    found = selected(root, brief([site]), build(brief([site]), root))
    assert [*found[0]] == SELECTED.names
    assert {row["row_id"] for row in found} == {
        row_id("gatehouse/test", row["hexsha"]) for row in found
    }
    for row in found:
        assert row["hexsha"] == git_blob_id(row["content"].encode())
        assert row["swhid"] == f"swh:1:cnt:{row['hexsha']}"
        assert row["licenses"] == row["max_stars_repo_licenses"] == ["MIT"]
        assert row["redactions"] == []
        assert row["max_stars_count"] is None
        assert row["lang"] == "Python"
        assert row["ext"] == "py"


def test_rows_come_in_order(shelf):
    site, root, _ = shelf
    told = [
        (row["lang"], row["owner"], row["max_stars_repo_name"], row["max_stars_repo_path"])
        for row in selected(root, brief([site]), build(brief([site]), root))
    ]
    assert len(told) > 10
    assert told == sorted(told)


HEADER = "# SPDX-License-Identifier: GPL-3.0-only\n"


@pytest.mark.parametrize(
    ("licence", "text", "reason"),
    [
        ("", "a = 1\n", "no-licence"),
        ("GPL-3.0-only", "a = 1\n", "licence-outside-set"),
        ("GPL-3.0-only", HEADER, "licence-outside-set"),
        ("MIT AND MPL-2.0", "a = 1\n", "licence-outside-set"),
        ("MIT", HEADER, "header-licence"),
        ("MIT", "\n \n", "empty"),
        ("MIT OR GPL-3.0-only", "a = 1\n", None),
        ("GPL-3.0-only", "# SPDX-License-Identifier: MIT\n", "licence-outside-set"),
    ],
)
def test_each_dropped_content_has_one_reason(tmp_path, licence, text, reason):
    install(tmp_path, "one", {"one.py": text}, licence=licence)
    done = build(brief([tmp_path]), tmp_path / "out")["select"]
    assert dropped(done) == ({reason: 1} if reason else {})
    assert total(done, "rows_out") == (reason is None)
    assert len(rows(tmp_path / "out", done, "decisions.arrow")) == 1  # raw keeps it


def test_a_file_larger_than_this_version_allows_is_dropped(tmp_path):
    install(tmp_path, "one", {"one.py": "x" * 50})
    built = build(brief([tmp_path]), tmp_path / "out")
    from pipeline.release import selecting
    from pipeline.release.work import Context, Files

    asked = brief([tmp_path], options={"max_file_bytes": 49})
    (work,) = selecting.plan(Context(asked, Files(tmp_path / "out"), built))
    report = selecting.run(work, Files(tmp_path / "out"), tmp_path, b"")
    assert report.dropped == {"too-large": 1}


def test_an_allowed_holder_stands_for_a_content_that_others_hold_too(tmp_path):
    install(tmp_path, "closed", {"closed.py": SHARED}, licence="GPL-3.0-only")
    install(tmp_path, "open", {"open.py": SHARED}, licence="Apache-2.0")
    done = build(brief([tmp_path]), tmp_path / "out")
    (row,) = selected(tmp_path / "out", brief([tmp_path]), done)
    assert row["max_stars_repo_name"] == "pypi/open"
    assert row["licenses"] == ["Apache-2.0"]


def test_the_stricter_set_drops_what_asks_for_names(tmp_path):
    install(tmp_path, "one", {"one.py": "1\n"}, licence="MIT")
    install(tmp_path, "two", {"two.py": "2\n"}, licence="MIT-0 OR GPL-2.0-only")
    asked = brief([tmp_path], licence_set="attribution-free")
    (row,) = selected(tmp_path / "out", asked, build(asked, tmp_path / "out"))
    assert row["licenses"] == ["MIT-0"]


def test_an_unknown_set_names_those_there_are(tmp_path):
    install(tmp_path, "one", {"one.py": "1\n"})
    with pytest.raises(ValueError, match="there are: permissive, attribution-free"):
        build(replace(brief([tmp_path]), licence_set="any"), tmp_path / "out")


@pytest.mark.parametrize(
    ("expression", "rests"),
    [
        ("MIT", ("MIT",)),
        ("mit", ("MIT",)),
        ("MIT OR GPL-3.0-only", ("MIT",)),
        ("MIT OR Apache-2.0", ("Apache-2.0", "MIT")),
        ("MIT AND GPL-3.0-only", ()),
        ("MIT AND (GPL-2.0-only OR (Zlib AND ISC))", ("ISC", "MIT", "Zlib")),
        ("Apache-2.0 WITH LLVM-exception", ("Apache-2.0 WITH LLVM-exception",)),
        ("MIT WITH Classpath-exception-2.0", ()),
        ("GPL-2.0-only WITH Classpath-exception-2.0", ()),
        ("LicenseRef-MIT", ()),
        ("LicenseRef-x OR MIT", ("MIT",)),
        ("Nonsense", ()),
        ("", ()),
        ("MIT OR", ()),
        ("(" * 5_000 + "MIT", ()),
        (" OR ".join(["MIT"] * 5_000), ()),
    ],
)
def test_expressions_against_the_permissive_set(expression, rests):
    assert sets.rests_on(sets.PERMISSIVE, expression) == rests
    assert sets.allows(sets.PERMISSIVE, expression) is bool(rests)


def test_sets_hold_proper_names_and_no_copyleft():
    for one in sets.SETS.values():
        for licence in one.licences:
            assert normalise(licence) == licence
        for licence in ("GPL-2.0-only", "LGPL-3.0-only", "MPL-2.0", "EPL-2.0", "CC-BY-SA-4.0"):
            assert not sets.allows(one, licence)
    assert sets.ATTRIBUTION_FREE.licences.isdisjoint({"MIT", "Apache-2.0", "BSD-3-Clause"})


def test_what_stands_at_a_removed_place_goes_wherever_it_stands_when_asked(shelf):
    site, root, _ = shelf
    removal = {"kind": "repository", "value": "alice/one"}
    for everywhere in (False, True):
        asked = brief([site], removals=[removal | {"everywhere": everywhere}])
        done = build(asked, root)
        staying = {row["content"] for row in selected(root, asked, done)}
        assert ({SHARED, "half = 1\n"} <= staying) is not everywhere
        assert "alpha = 0\n" not in staying
        assert "gamma = 0\n" in staying


def test_an_accepted_report_is_counted_apart(shelf):
    site, root, _ = shelf
    asked = [
        {"kind": "repository", "value": "alice/one", "cause": "report"},
        {"kind": "account", "value": "bob"},
    ]
    found = dropped(build(brief([site], removals=asked), root)["select"])
    assert (found["reported"], found["removed"]) == (6, 12)


def test_further_names_and_numbers_reach_the_same_holder(shelf):
    site, root, _ = shelf
    named = [{"kind": "account", "value": "somebody", "aliases": ["ALICE"]}]
    numbered = [{"kind": "account", "value": f"id:{made_id('github.com', 'alice')}"}]
    counts = [
        dropped(build(brief([site], removals=one), root)["select"]) for one in (named, numbered)
    ]
    assert counts[0] == counts[1]
    assert counts[0]["removed"] == 12


def test_a_number_reaches_what_was_collected_under_another_name():
    import pyarrow as pa

    told = [("a", 1, "old/n", 7, "old"), ("b", 1, "new/n", 7, "new"), ("c", 2, "new/m", 8, "x")]
    names = ("hexsha", "repo_id", "repo_name", "owner_id", "owner")
    rows = [dict(zip(names, one, strict=True)) | {"repo_host": "h"} for one in told]
    table = pa.Table.from_pylist(rows)
    holders = [tuple(row[name] for name in removals.HOLDER) for row in rows]
    wanted = removals.parse([{"kind": "account", "value": "NEW"}])
    kept = removals.drop_removed(table, removals.widened(wanted, holders))
    assert kept.rows["hexsha"].to_pylist() == ["c"]


@pytest.mark.parametrize(
    ("text", "path", "profile", "reason"),
    [
        ("x" * 1_001, "a.py", "basic", "quality-line-length"),
        (("y" * 101 + "\n") * 3, "a.py", "basic", "quality-mean-line-length"),
        ("{}[]();\n" * 9, "a.py", "basic", "quality-few-letters"),
        (
            "# Code generated by x. DO NOT EDIT.\nword = 1\n",
            "a.py",
            "training",
            "quality-generated",
        ),
        ('{"abc": 1}\n', "a.json", "training", "quality-data-size"),
        ("x" * 1_001, "a.py", "none", None),
        ("word = 1\n", "a.py", "training", None),
    ],
)
def test_quality_profiles_count_each_content_under_one_bound(tmp_path, text, path, profile, reason):
    install(tmp_path, "one", {path: text})
    done = build(brief([tmp_path], options={"quality": profile}), tmp_path / "out")["select"]
    assert dropped(done) == ({reason: 1} if reason else {})


def test_an_unknown_profile_names_those_there_are(tmp_path):
    install(tmp_path, "one", {"one.py": "1\n"})
    with pytest.raises(ValueError, match="there are: none, basic, training"):
        build(brief([tmp_path], options={"quality": "best"}), tmp_path / "out")
