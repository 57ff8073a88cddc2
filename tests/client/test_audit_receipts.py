"""Receipts that people keep."""

import json

import pytest

from client import receipts
from client.errors import ReceiptError
from tests.client import logs
from tests.client.logs import Log


def good(index: int = 17) -> dict[str, object]:
    return json.loads(json.dumps(Log(40).receipt(index, 33)))


@pytest.mark.parametrize("index", [0, 17, 32])
def test_a_receipt_says_what_it_proves(index):
    checked = receipts.check(good(index), logs.verifier())
    assert (checked.index, checked.checkpoint.size) == (index, 33)
    assert f"Entry {index} of {logs.ORIGIN} is recorded exactly" in checked.sentences[0]
    assert "personal part is the one" in checked.sentences[1]
    assert f"{logs.ORIGIN}+{logs.verifier().key_id.hex()}" in checked.sentences[2]


def test_a_receipt_without_its_personal_part_still_shows_the_entry():
    checked = receipts.check(good() | {"personal": None, "salt": None}, logs.verifier())
    assert "without a personal part" in checked.sentences[1]


def refused(receipt: dict[str, object], **arguments: object) -> str:
    with pytest.raises(ReceiptError) as caught:
        receipts.check(receipt, logs.verifier(), **arguments)
    assert caught.value.sentence.endswith(".")
    return caught.value.code


@pytest.mark.parametrize("name", sorted(logs.leaf_of(0)))
def test_no_field_of_the_entry_can_be_changed(name):
    receipt = good()
    receipt["leaf"][name] = logs.changed(receipt["leaf"][name])
    assert refused(receipt) in {"receipt_leaf", "receipt_personal", "receipt_inclusion"}


@pytest.mark.parametrize("name", sorted(logs.personal_of(0)))
def test_no_personal_field_can_be_changed(name):
    receipt = good()
    receipt["personal"][name] = logs.changed(receipt["personal"][name])
    assert refused(receipt) == "receipt_personal"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"salt": logs.salt_of(18).hex()}, "receipt_personal"),
        ({"salt": "short"}, "receipt_personal"),
        ({"salt": None}, "receipt_personal"),
        ({"personal": None}, "receipt_personal"),
        ({"personal": ["x"]}, "receipt_personal"),
        ({"index": 18}, "receipt_leaf"),
        ({"index": True}, "receipt_format"),
        ({"index": "17"}, "receipt_format"),
        ({"origin": "data.example.org/other"}, "receipt_origin"),
        ({"proof": []}, "receipt_inclusion"),
        ({"proof": ["AAAA"]}, "receipt_inclusion"),
        ({"proof": ["?"]}, "receipt_format"),
        ({"proof": [7]}, "receipt_format"),
        ({"proof": good(18)["proof"]}, "receipt_inclusion"),
        ({"proof": good()["proof"] * 100}, "receipt_inclusion"),
        ({"leaf": good(18)["leaf"]}, "receipt_leaf"),
        ({"leaf": "text"}, "receipt_format"),
        ({"format": "gatehouse-receipt/2"}, "receipt_format"),
        ({"checkpoint": "no note"}, "receipt_key"),
        ({"checkpoint": Log(40, seed="thief").note}, "receipt_key"),
        ({"checkpoint": Log(40).note}, "receipt_inclusion"),
        ({"checkpoint": Log(10).note}, "receipt_inclusion"),
        ({"rotations": ["no note"]}, "receipt_key"),
        ({"rotations": 7}, "receipt_format"),
    ],
)
def test_what_fails_is_named(change, code):
    assert refused(good() | change) == code


def test_a_receipt_of_another_entry_is_no_receipt_of_this_one():
    mine, theirs = good(17), good(18)
    for name in ("leaf", "proof", "personal"):
        assert refused(mine | {name: theirs[name]}).startswith("receipt_")


def test_a_receipt_is_of_the_log_that_was_asked_for():
    assert refused(good(), origin="data.example.org/other") == "receipt_origin"


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"\xff", b'{"format":', b"[" * 100_000, b'{"a":1,"a":2}', b" " * 5_000_000],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(data):
    with pytest.raises(ReceiptError) as caught:
        receipts.parse(data)
    assert caught.value.sentence.endswith(".")


def test_a_receipt_after_a_change_of_key_is_checked_under_the_old_pin():
    log = Log(40, seed="second")
    at = logs.Checkpoint(logs.ORIGIN, 20, logs.tree.root_of(log.hashes[:20]))
    statement = receipts.rotation.Rotation(at, logs.verifier("second"))
    log.rotations = [statement.signed(logs.key(), logs.ORIGIN)]
    assert receipts.check(log.receipt(30), logs.verifier()).index == 30
