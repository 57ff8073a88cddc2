"""Stage card: true figures, equal bytes, nobody's name, drawings that need nothing else."""

import hashlib
import json
import random

import pytest

from pipeline.release import carding, charts
from pipeline.release.work import canonical
from tests.pipeline import made
from tests.pipeline.made import File

FILES = ["manifest.json", "stats.json", "card.md", "preview.json"]
SVG_FORBIDDEN = ("style=", "<style", "<script", "href", "url(", "http://localhost")


def read(version, name):
    return json.loads(version.path("card", name).read_text())


def everything(version):
    folder = version.path("card", "card.md").parent
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def version(tmp_path_factory):
    return made.build(tmp_path_factory.mktemp("card"), made.some_files(), made.brief())


def test_the_same_bytes_whatever_the_order_and_the_place(version, tmp_path):
    sources = made.some_files()
    random.Random(1).shuffle(sources)
    again = everything(made.build(tmp_path, sources, made.brief()))
    assert again == everything(version)
    assert [name for name in FILES if name not in again] == []


def test_every_file_of_every_tier_stands_in_the_manifest_with_its_digest(version):
    manifest = read(version, "manifest.json")
    assert (manifest["dataset"], manifest["version"]) == (made.DATASET, "1.0")
    tiers = {"processed": 12, "raw": 18, "annotations": 1}
    listed = manifest["artefacts"]
    assert {tier: sum(one["tier"] == tier for one in listed) for tier in tiers} == tiers
    for one in listed:
        path = version.files.path(one["ref"], one["file"])
        assert path.stat().st_size == one["size"]
        assert made.hashes.sha256_file(path) == one["sha256"]
        assert one["rows"] > 0
    assert {one["path"].split("/")[0] for one in listed} == {"data", "blobs", "occurrences"}


def test_figures_add_up(version):
    stats = read(version, "stats.json")
    assert stats["rows"] == sum(part["rows"] for part in stats["languages"].values()) == 24
    assert stats["bytes"] == sum(len(file.text.encode()) for file in made.some_files())
    assert stats["tiers"]["processed"]["rows"] == 24
    assert stats["redactions"]["classes"] == {"EMAIL": 6}
    assert stats["repositories"] == 6
    for told in stats["stages"].values():
        assert told["rows_in"] == told["rows_out"] + told["rows_dropped"]


def test_the_card_tells_the_real_counts(version):
    card = version.path("card", "card.md").read_text()
    assert card.startswith(f"# {made.DATASET} 1.0\n")
    assert "24 source files" in card
    assert "| EMAIL | replaced | 6 | 0 |" in card
    for heading in ("Tiers", "How it was made", "Languages", "Licences", "Redaction", "Known"):
        assert f"\n## {heading}" in card


def test_nothing_tells_the_machine_the_removed_or_the_value(tmp_path):
    removals = [
        {"kind": "account", "value": "wants-to-be-forgotten"},
        {"kind": "repository", "value": "somebody/private-thing"},
    ]
    asked = made.brief(removals=removals)
    version = made.build(tmp_path, made.some_files(), asked)
    told = b"".join(everything(version).values()).decode()
    for secret in ("wants-to-be-forgotten", "private-thing", "/srv/", str(tmp_path), made.EMAIL):
        assert secret not in told


def test_the_digest_of_the_brief_cannot_be_tried_out_without_the_secret(version):
    asked = canonical(carding._told(version.brief))
    plain = hashlib.sha256(asked.encode()).hexdigest()
    told = version.path("card", "manifest.json").read_text()
    assert plain == version.done["card"][0].params["brief"]
    assert plain not in told


def test_the_preview_is_plain_redacted_data_spread_over_languages(version):
    shown = read(version, "preview.json")
    assert len(shown) == 24
    assert {row["language"] for row in shown} == {"C", "Python"}
    assert any("<EMAIL>" in row["content"] for row in shown)  # as data: nothing is escaped
    assert all(row["content"].count("\n") < 60 for row in shown)


def test_the_preview_takes_of_every_language_even_the_smallest(tmp_path):
    many = [File(f"o{n}/r", "a.py", f"x = {n}\n") for n in range(150)]
    few = [File("rare/r", "a.pl", "print 1;\n" * 100, "Perl")]
    shown = read(made.build(tmp_path, many + few, made.brief(options={})), "preview.json")
    assert len(shown) == 100
    perl = [row for row in shown if row["language"] == "Perl"]
    assert len(perl) == 1
    assert perl[0]["cut"]
    assert perl[0]["content"].count("\n") == 59


def test_drawings_need_no_style_no_script_and_no_other_host(version):
    drawn = {name: data.decode() for name, data in everything(version).items() if "svg" in name}
    assert set(drawn) == {
        f"charts/{name}.svg" for name in ("languages", "licences", "kept", "redactions")
    }
    assert "e+" not in drawn["charts/kept.svg"]  # figures as people write them
    for svg in drawn.values():
        assert svg.startswith("<svg")
        assert not [word for word in SVG_FORBIDDEN if word in svg]
        assert "currentColor" in svg
        assert "var(--c" in svg


def test_a_version_without_rows_has_a_card(tmp_path):
    version = made.build(tmp_path, [], made.brief())
    assert read(version, "stats.json")["rows"] == 0
    assert read(version, "manifest.json")["artefacts"] == []
    assert read(version, "preview.json") == []
    assert [name for name in everything(version) if "svg" in name] == []


def test_shares_are_told_as_a_person_reads_them():
    assert charts.share(1, 3) == "33.3 %"
    assert charts.share(1, 100_000) == "under 0.1 %"
    assert charts.share(0, 0) == "0.0 %"
