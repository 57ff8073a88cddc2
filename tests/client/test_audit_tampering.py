"""What the offline check says about an export in which something was changed."""

import json

import pytest

from tests.client import logs
from tests.client.logs import Log, codes, named

PERSONAL = sorted(logs.personal_of(0))
LEAF = sorted(logs.leaf_of(0))


def test_an_untouched_export_is_right(tmp_path):
    log = Log(700)
    log.older = [log.checkpoint(100), log.checkpoint(650)]
    report = log.check(tmp_path)
    assert report.ok, report.findings
    assert (report.entries, report.size, report.without_personal) == (700, 700, 0)
    proved = " ".join(report.proved)
    assert "All 700 entries, each in its place, make the signed root" in proved
    assert "2 older checkpoint(s)" in proved
    assert "personal parts of 700 entries" in proved


def test_an_empty_log_is_right(tmp_path):
    assert Log(0).check(tmp_path).ok


def test_erased_personal_parts_leave_the_log_right_and_are_counted(tmp_path):
    log = Log(20)
    for index in (3, 4, 11):
        log.rows[index] |= {"personal": None, "salt": None}
    report = log.check(tmp_path)
    assert report.ok
    assert report.without_personal == 3
    assert any(sentence.startswith("3 entries are shown without") for sentence in report.proved)


def test_another_spelling_of_the_same_values_is_right(tmp_path):
    log = Log(20)
    path = tmp_path / "export.jsonl"
    lines = [json.dumps(dict(reversed(one.items())), ensure_ascii=True) for one in log.rows]
    path.write_bytes(log.header() + "\n".join(lines).encode())
    assert logs.check(path).ok


@pytest.mark.parametrize("index", [0, 7, 19])
@pytest.mark.parametrize("name", LEAF)
def test_a_changed_field_of_an_entry_names_the_entry(tmp_path, name, index):
    log = Log(20)
    leaf = log.rows[index]["leaf"]
    leaf[name] = logs.changed(leaf[name])
    report = log.check(tmp_path)
    assert named(report, "altered") == [(index, index)]
    assert f"Entry {index} was altered" in report.findings[0].sentence
    assert "root" not in codes(report), "the other entries make the signed root"


@pytest.mark.parametrize("name", LEAF)
def test_a_removed_field_of_an_entry_names_the_entry(tmp_path, name):
    log = Log(20)
    del log.rows[7]["leaf"][name]
    assert named(log.check(tmp_path), "altered") == [(7, 7)]


def test_an_added_field_names_the_entry(tmp_path):
    log = Log(20)
    log.rows[7]["leaf"]["more"] = ""
    assert named(log.check(tmp_path), "altered") == [(7, 7)]


@pytest.mark.parametrize("name", PERSONAL)
def test_a_changed_personal_field_names_the_entry(tmp_path, name):
    log = Log(20)
    personal = log.rows[7]["personal"]
    personal[name] = logs.changed(personal[name])
    report = log.check(tmp_path)
    assert codes(report) == {"personal"}
    assert named(report, "personal") == [(7, 7)]


@pytest.mark.parametrize("name", PERSONAL)
def test_a_removed_personal_field_names_the_entry(tmp_path, name):
    log = Log(20)
    del log.rows[7]["personal"][name]
    assert named(log.check(tmp_path), "personal") == [(7, 7)]


def test_a_changed_salt_names_the_entry(tmp_path):
    log = Log(20)
    log.rows[7]["salt"] = logs.salt_of(8).hex()
    assert named(log.check(tmp_path), "personal") == [(7, 7)]


@pytest.mark.parametrize("name", ["salt", "personal"])
def test_half_an_erasure_names_the_entry(tmp_path, name):
    log = Log(20)
    log.rows[7][name] = None
    report = log.check(tmp_path)
    assert codes(report) == {"half_personal"}
    assert named(report, "half_personal") == [(7, 7)]


def test_personal_parts_of_two_entries_exchanged_are_named(tmp_path):
    log = Log(20)
    for name in ("personal", "salt"):
        log.rows[7][name], log.rows[12][name] = log.rows[12][name], log.rows[7][name]
    assert named(log.check(tmp_path), "personal") == [(7, 7), (12, 12)]


def test_a_false_hash_beside_an_entry_is_told_from_a_false_entry(tmp_path):
    log = Log(20)
    log.rows[7]["hash"] = log.rows[8]["hash"]
    report = log.check(tmp_path)
    assert codes(report) == {"hash"}
    assert named(report, "hash") == [(7, 7)]


@pytest.mark.parametrize(
    ("dropped", "wanted"),
    [([0], [(0, 0)]), ([7], [(7, 7)]), ([7, 8, 9, 15], [(7, 9), (15, 15)])],
)
def test_dropped_entries_are_named(tmp_path, dropped, wanted):
    log = Log(20)
    log.rows = [one for index, one in enumerate(log.rows) if index not in dropped]
    report = log.check(tmp_path)
    assert codes(report) == {"missing"}
    assert named(report, "missing") == wanted


def test_a_dropped_entry_is_named_when_the_lines_are_numbered_anew(tmp_path):
    log = Log(20)
    del log.rows[7]
    for number, one in enumerate(log.rows):
        one["index"] = number
    report = log.check(tmp_path)
    assert named(report, "missing") == [(7, 7)]
    assert named(report, "renumbered") == [(8, 19)]


def test_a_tail_cut_off_is_named(tmp_path):
    log = Log(20)
    del log.rows[15:]
    report = log.check(tmp_path)
    assert codes(report) == {"cut_off"}
    assert "entries 15 to 19 are missing" in report.findings[0].sentence


def test_an_entry_that_stands_twice_is_named(tmp_path):
    log = Log(20)
    log.rows.insert(8, log.rows[7])
    report = log.check(tmp_path)
    assert codes(report) == {"repeated"}
    assert named(report, "repeated") == [(7, 7)]


@pytest.mark.parametrize(("one", "other"), [(7, 8), (3, 16), (0, 19)])
def test_exchanged_entries_are_named(tmp_path, one, other):
    log = Log(20)
    log.rows[one], log.rows[other] = log.rows[other], log.rows[one]
    report = log.check(tmp_path)
    assert codes(report) == {"misplaced"}
    moved = {first for first, _ in named(report, "misplaced")}
    assert moved <= {one, other}
    if other - one > 1:
        assert moved == {one, other}


def test_exchanged_entries_are_named_when_the_lines_are_numbered_anew(tmp_path):
    log = Log(20)
    log.rows[7], log.rows[8] = log.rows[8] | {"index": 7}, log.rows[7] | {"index": 8}
    report = log.check(tmp_path)
    assert "misplaced" in codes(report)
    assert sorted(named(report, "renumbered")) == [(7, 7), (8, 8)]


def test_entries_beyond_the_signed_end_are_named(tmp_path):
    log = Log(20)
    log.rows += [logs.row(20), logs.row(21)]
    report = log.check(tmp_path)
    assert codes(report) == {"surplus"}
    assert named(report, "surplus") == [(20, 21)]


def forge(log: Log, index: int) -> None:
    """Alter an entry and write the fitting hash beside it."""
    leaf = logs.leaf_of(index, outcome="refused")
    log.rows[index] |= {"leaf": leaf, "hash": logs.sealed(leaf)}


def test_an_entry_rewritten_with_its_hash_lies_in_the_range_that_was_signed_since(tmp_path):
    log = Log(400)
    log.older = [log.checkpoint(size) for size in (100, 200, 300)]
    forge(log, 257)
    report = log.check(tmp_path)
    assert "root" in codes(report)
    sentence = next(item.sentence for item in report.findings if item.code == "root")
    assert "among entries 200 to 299" in sentence
    assert "older" in codes(report), "the checkpoint of 300 entries contradicts it"


def test_an_entry_rewritten_with_its_hash_is_named_by_a_receipt(tmp_path):
    log = Log(400)
    receipt = json.dumps(log.receipt(257, 300)).encode()
    forge(log, 257)
    report = log.check(tmp_path, own_receipts=[("mine.json", receipt)])
    assert named(report, "unlike_receipt") == [(257, 257)]


def test_entries_rewritten_with_their_hashes_are_named_by_the_tiles(tmp_path):
    log = Log(600)
    for path, data in log.tiles().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    assert "public tiles hold" in " ".join(log.check(tmp_path, tiles=tmp_path).proved)
    for index in (3, 300, 301, 599):
        forge(log, index)
    report = log.check(tmp_path, tiles=tmp_path)
    assert named(report, "unlike_tiles") == [(3, 3), (300, 301), (599, 599)]


def test_tiles_that_do_not_make_the_signed_root_tell_nothing(tmp_path):
    log = Log(600)
    for path, data in log.tiles().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data[32:64] * (len(data) // 32))
    forge(log, 3)
    report = log.check(tmp_path, tiles=tmp_path)
    assert {"tile", "root"} <= codes(report)
    assert "unlike_tiles" not in codes(report)


def test_a_log_signed_anew_with_another_key_is_refused(tmp_path):
    log = Log(20, seed="thief")
    report = log.check(tmp_path)
    assert codes(report) == {"note_unknown_signer"}
    assert not report.ok


def test_a_signature_under_a_borrowed_name_and_id_is_refused(tmp_path):
    log = Log(20, seed="thief")
    theirs = logs.verifier("thief").key_id
    _, [signature] = logs.notes.split(log.note)
    forged = logs.notes.to_base64(logs.verifier().key_id + signature.data)
    log.note = log.note.replace(logs.notes.to_base64(theirs + signature.data), forged)
    assert codes(log.check(tmp_path)) == {"note_bad_signature"}


def test_a_checkpoint_changed_after_signing_is_refused(tmp_path):
    log = Log(20)
    log.note = log.note.replace("\n20\n", "\n19\n", 1)
    log.rows.pop()
    assert "note_bad_signature" in codes(log.check(tmp_path))


def test_a_checkpoint_of_another_log_is_refused(tmp_path):
    other = logs.Checkpoint("data.example.org/other", 20, logs.tree.root_of(Log(20).hashes))
    log = Log(20)
    log.note = other.signed(logs.key(), logs.ORIGIN)
    assert "other_log" in codes(log.check(tmp_path))
    assert log.check(tmp_path, origin="data.example.org/other").ok


def test_a_header_that_contradicts_the_checkpoint_is_refused(tmp_path):
    path = tmp_path / "export.jsonl"
    for change in ({"size": 19}, {"origin": "data.example.org/other"}):
        path.write_bytes(Log(20).data(**change))
        assert codes(logs.check(path)) == {"header"}


def test_an_older_checkpoint_that_the_log_does_not_continue_shows_two_histories(tmp_path):
    log, other = Log(400), Log(400)
    other.hashes[150] = other.hashes[0]
    older = logs.audit.Named("march.note", other.checkpoint(200))
    agreed = logs.audit.Named("february.note", log.checkpoint(120))
    report = log.check(tmp_path, older=[older, agreed])
    assert codes(report) == {"split"}
    assert "two histories" in report.findings[0].sentence
    assert "among entries 120 to 199" in report.findings[0].sentence
    assert "The log continues february.note, over 120 entries." in report.proved


def test_an_older_checkpoint_beyond_the_end_shows_a_log_cut_back(tmp_path):
    long, short = Log(30), Log(20)
    report = short.check(tmp_path, older=[logs.audit.Named("march.note", long.note)])
    assert codes(report) == {"ahead"}
    assert "30 entries" in report.findings[0].sentence


def test_an_older_checkpoint_of_another_log_under_the_same_key_is_told(tmp_path):
    other = logs.Checkpoint("data.example.org/other", 10, logs.tree.root_of(Log(10).hashes))
    note = other.signed(logs.key(), logs.ORIGIN)
    report = Log(20).check(tmp_path, older=[logs.audit.Named("march.note", note)])
    assert codes(report) == {"other_log"}


@pytest.mark.parametrize("note", ["", "no note", Log(5, seed="thief").note])
def test_an_older_checkpoint_that_is_none_is_told(tmp_path, note):
    report = Log(20).check(tmp_path, older=[logs.audit.Named("march.note", note)])
    assert len(report.findings) == 1
    assert report.findings[0].sentence.startswith("March.note fails: ")


def test_a_receipt_is_found_in_the_log(tmp_path):
    log = Log(400)
    receipt = json.dumps(log.receipt(257, 300)).encode()
    report = log.check(tmp_path, own_receipts=[("mine.json", receipt)])
    assert report.ok
    assert "Entry 257 is the one of mine.json." in report.proved


def test_a_receipt_of_a_dropped_entry_says_so(tmp_path):
    log = Log(40)
    receipt = json.dumps(log.receipt(25)).encode()
    del log.rows[25]
    report = log.check(tmp_path, own_receipts=[("mine.json", receipt)])
    assert named(report, "missing") == [(25, 25)]
    assert named(report, "receipt_not_found") == [(25, 25)]


def test_a_receipt_of_another_log_is_refused(tmp_path):
    other = Log(40, seed="thief")
    receipt = json.dumps(other.receipt(25)).encode()
    report = Log(40).check(tmp_path, own_receipts=[("mine.json", receipt)])
    assert codes(report) == {"receipt_key"}
