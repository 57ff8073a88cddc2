"""Stage collect: all that is readable, nothing from outside, every refusal counted."""

import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline.collect import distributions, reading
from pipeline.collect.repositories import Repository, from_links, from_url
from tests.pipeline.shelves import (
    MIT,
    brief,
    build,
    bytes_of,
    dropped,
    install,
    quoted,
    rows,
    total,
)

GOOD = {"good/__init__.py": "x = 1\n", "good/модуль.py": "# привет\n"}


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    return folder


def collected(site, tmp_path, **options):
    root = tmp_path / "out"
    done = build(brief([site], options=options), root, upto="collect")["collect"]
    return root, done


def test_files_are_taken_with_where_they_come_from(site, tmp_path):
    install(site, "good", GOOD, home="https://github.com/Someone/Good.git")
    root, done = collected(site, tmp_path)
    places = rows(root, done, "occurrences.parquet")
    assert {place["path"] for place in places} == set(GOOD)
    for place in places:
        assert place["repo_host"] == "github.com"
        assert place["repo_name"] == "Someone/Good"
        assert place["owner"] == "Someone"
        assert place["source"] == "distribution:good==1.0"
        assert place["licenses"] == ["MIT"]
    blobs = {row["hexsha"]: row for row in rows(root, done, "blobs.parquet")}
    (first,) = (p["hexsha"] for p in places if p["path"] == "good/__init__.py")
    assert first == "7d4290a117a4ddcc11daae7ea675841033830c8f"  # git hash-object
    assert blobs[first]["content"] == "x = 1\n"


@pytest.mark.parametrize(
    ("reason", "listed"),
    [
        ("bad-path", "../../../bin/tool"),
        ("bad-path", "/etc/hostname"),
        ("bad-path", "good/two\nlines.py"),
        ("missing", "good/gone.py"),
        ("missing", "good/__init__.py/below.py"),
        ("not-a-file", "good"),
    ],
)
def test_listed_files_that_cannot_be_taken_are_counted(site, tmp_path, reason, listed):
    install(site, "good", GOOD, listed=[listed])
    root, done = collected(site, tmp_path)
    assert dropped(done) == {reason: 1}
    assert total(done, "rows_in") == 3
    assert len(rows(root, done, "occurrences.parquet")) == 2


def test_a_file_behind_a_newline_in_its_name_is_not_read_under_another_name(site, tmp_path):
    install(site, "good", {"good/a.py": "a = 1\n", "good/ab.py": "secret\n"})
    record = site / "good-1.0.dist-info" / "RECORD"
    record.write_text(f"{quoted('good/a' + chr(10) + 'b.py')},,\n", newline="")
    root, done = collected(site, tmp_path)
    assert dropped(done) == {"bad-path": 1}
    assert rows(root, done, "blobs.parquet") == []


@pytest.mark.parametrize(
    ("reason", "content"),
    [
        ("binary", b"\x7fELF" + bytes(100)),
        ("binary", bytes(range(128, 256)) * 4),
        ("empty", b""),
        ("too-large", b"#" * (1024 * 1024 + 1)),
    ],
)
def test_contents_that_are_no_text_are_counted(site, tmp_path, reason, content):
    install(site, "good", {**GOOD, "good/other": content})
    _, done = collected(site, tmp_path)
    assert dropped(done) == {reason: 1}
    assert total(done, "rows_out") == 2


def test_a_file_of_two_gigabytes_is_not_read(site, tmp_path, monkeypatch):
    install(site, "good", {**GOOD, "good/huge.py": b""})
    os.truncate(site / "good/huge.py", 2 * 1024**3)
    monkeypatch.setattr(reading, "_SNIFF", 1 << 40)  # a read would fetch all of it
    _, done = collected(site, tmp_path)
    assert dropped(done) == {"too-large": 1}


def test_an_unreadable_file_is_counted(site, tmp_path, monkeypatch):
    install(site, "good", {**GOOD, "good/mine.py": "x\n"})
    real = os.open

    def refusing(path, *args, **kwargs):
        if Path(path).name == "mine.py":
            raise PermissionError(13, "not yours")
        return real(path, *args, **kwargs)

    monkeypatch.setattr(reading.os, "open", refusing)
    _, done = collected(site, tmp_path)
    assert dropped(done) == {"unreadable": 1}


def test_links_are_followed_inside_and_nowhere_else(site, tmp_path):
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "key.py").write_text("secret = 1\n")
    install(site, "good", GOOD, listed=["good/in.py", "good/out.py", "away/key.py", "good/loop.py"])
    (site / "good/in.py").symlink_to(site / "good/__init__.py")
    (site / "good/out.py").symlink_to(tmp_path / "private/key.py")
    (site / "away").symlink_to(tmp_path / "private")
    (site / "good/loop.py").symlink_to(site / "good/loop.py")
    root, done = collected(site, tmp_path)
    assert dropped(done) == {"outside": 2, "unreadable": 1}
    assert not any("secret" in row["content"] for row in rows(root, done, "blobs.parquet"))
    assert {p["path"] for p in rows(root, done, "occurrences.parquet")} == {*GOOD, "good/in.py"}


def test_a_pipe_blocks_nothing(site, tmp_path):
    install(site, "good", GOOD, listed=["good/pipe.py"])
    os.mkfifo(site / "good/pipe.py")
    _, done = collected(site, tmp_path)
    assert dropped(done) == {"not-a-file": 1}


@pytest.mark.parametrize(
    "breakage",
    [
        lambda info: (info / "METADATA").write_bytes(b"Name: \xff\xfe\nVersion: 1\n"),
        lambda info: (info / "METADATA").write_text(""),
        lambda info: (info / "METADATA").unlink(),
        lambda info: (info / "METADATA").write_text("Version: 1\n"),
        lambda info: (info / "METADATA").write_text("Name: a/b\nVersion: 1\n"),
        lambda info: os.truncate(info / "METADATA", 2 * 1024**3),
        lambda info: (info / "RECORD").unlink(),
        lambda info: (info / "RECORD").write_bytes(b"good/\xff.py,,\n"),
        lambda info: os.truncate(info / "RECORD", 2 * 1024**3),
    ],
)
def test_a_broken_distribution_is_counted_and_the_others_stay(site, tmp_path, breakage):
    install(site, "good", GOOD)
    breakage(install(site, "odd", {"odd.py": "y = 2\n"}))
    root, done = collected(site, tmp_path)
    assert dropped(done) == {"broken-distribution": 1}
    assert {row["owner"] for row in rows(root, done, "occurrences.parquet")} == {"pypi"}
    assert total(done, "rows_out") == 2
    (examples,) = (one.report.counts["examples"]["broken-distribution"] for one in done)
    assert examples[0].startswith("odd-1.0: ")


def test_byte_code_and_metadata_are_no_sources(site, tmp_path):
    listed = ["good/__pycache__/x.cpython-311.pyc", "good/y.pyc", "good-1.0.dist-info/RECORD"]
    install(site, "good", GOOD, listed=listed)
    _, done = collected(site, tmp_path)
    assert total(done, "rows_in") == 2


def test_a_licence_inside_a_package_holds_for_its_folder(site, tmp_path):
    apache = "\n# GNU GPL\nThis is released under the terms of the GNU General Public License v3.\n"
    files = {**GOOD, "good/vendor/x/LICENSE": apache * 4, "good/vendor/x/y.py": "z = 3\n"}
    install(site, "good", files, licence_files={"LICENSE": MIT})
    root, done = collected(site, tmp_path)
    found = {row["path"]: row["licenses"] for row in rows(root, done, "occurrences.parquet")}
    assert found["good/__init__.py"] == ["MIT"]
    assert found["good/vendor/x/y.py"] == ["GPL-3.0-only", "MIT"]


def test_two_environments_with_the_same_files_give_the_same_bytes(tmp_path):
    built = []
    for name in ("one", "two"):
        site = tmp_path / name / "site"
        install(site, "good", GOOD)
        install(site, "more", {f"more/{n}.py": f"n = {n}\n" for n in range(300)})
        done = build(brief([site]), tmp_path / name / "out")
        built.append({stage: bytes_of(tmp_path / name / "out", done[stage]) for stage in done})
    assert built[0] == built[1]
    assert len(built[0]["select"]) > 30


def test_a_changed_environment_is_another_work(site, tmp_path):
    install(site, "good", GOOD)
    install(site, "more", {"more.py": "n = 1\n"})
    _, before = collected(site, tmp_path, collect_bytes=1)
    (site / "more.py").write_text("n = 1000\n")
    _, after = collected(site, tmp_path, collect_bytes=1)
    changed = {one.label for one in after if one.ref not in {old.ref for old in before}}
    assert changed == {"more"}


def test_what_changes_between_plan_and_run_is_refused(site, tmp_path):
    from pipeline.release import collecting
    from pipeline.release.work import Context, Files

    install(site, "good", GOOD)
    (work,) = collecting.plan(Context(brief([site]), Files(tmp_path), {}))
    (site / "good/__init__.py").write_text("x = 12345\n")
    with pytest.raises(ValueError, match="good has changed"):
        collecting.run(work, Files(tmp_path), tmp_path, b"")


def test_large_distributions_are_cut_and_small_ones_put_together(site, tmp_path):
    install(site, "big", {f"big/{n:03}.py": "x" * 1_000 + str(n) for n in range(100)})
    for name in "abcde":
        install(site, name, {f"{name}.py": name * 10})
    root, done = collected(site, tmp_path, collect_bytes=20_000)
    assert len(done) == 7
    assert len(rows(root, done, "occurrences.parquet")) == 105
    assert max(one.report.bytes_in for one in done) <= 21_000


def test_contents_lie_by_their_ids(site, tmp_path):
    install(site, "many", {f"many/{n}.py": f"n = {n}\n" for n in range(300)})
    root, (one,) = collected(site, tmp_path)
    file = pq.ParquetFile(root / one.ref / "blobs.parquet")
    hexshas = file.read()["hexsha"].to_pylist()
    assert hexshas == sorted(hexshas)


def test_a_second_copy_of_a_distribution_is_left_out(tmp_path):
    for name in ("one", "two"):
        install(tmp_path / name, "good", GOOD)
    done = build(brief([tmp_path / "one", tmp_path / "two"]), tmp_path / "out", upto="collect")
    assert total(done["collect"], "rows_in") == 2


@pytest.mark.parametrize(
    ("sources", "sentence"),
    [
        ([{"kind": "tape"}], "kind 'tape' cannot be collected"),
        ([{"kind": "distributions", "paths": ["/nowhere"]}], "/nowhere of a source is missing"),
        ([{"kind": "distributions", "paths": []}], "hold no installed distribution"),
    ],
)
def test_a_source_that_means_nothing_stops_the_plan(tmp_path, sources, sentence):
    from dataclasses import replace

    with pytest.raises(ValueError, match=sentence):
        build(replace(brief([]), sources=sources), tmp_path)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.com/django/django", "django/django"),
        ("http://www.github.com/Django/django.git/issues?q=1#x", "Django/django"),
        ("git://github.com/a/b.c", "a/b.c"),
        ("https://gitlab.com/group/sub/project/-/issues", "group/sub/project"),
        ("https://codeberg.org/a/b/src/branch/main", "a/b"),
        ("https://github.com/sponsors/someone", None),
        ("https://github.com/someone", None),
        ("https://example.org/github.com/a/b", None),
        ("https://github.com.evil.example/a/b", None),
        ("https://github.com/a/b%0Ac", None),
        ("https://[broken", None),
        ("javascript://github.com/a/b", None),
    ],
)
def test_repositories_are_read_from_links(url, name):
    found = from_url(url)
    assert (found and found.name) == name


def test_the_most_telling_link_counts():
    links = [
        ("Funding", "https://github.com/a/funding"),
        ("Documentation", "https://github.com/a/docs"),
        ("Changelog", "https://github.com/a/other/blob/main/CHANGES"),
        ("Source Code", "https://github.com/a/right"),
    ]
    assert from_links(links) == Repository("github.com", "a/right")
    assert from_links(links[:2]) is None


def test_without_a_repository_the_index_is_the_host(site):
    install(site, "Some.Thing", {"s.py": "s\n"}, home="https://example.org")
    declared = distributions.read(site, "Some.Thing-1.0.dist-info")
    assert declared.repository == Repository("pypi", "pypi/some-thing")
