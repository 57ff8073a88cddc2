"""Checkpoints, and the way from a pinned key to the one that signs now."""

import pytest

from client import checkpoint, rotation, tree
from client.checkpoint import Checkpoint
from client.errors import CheckpointError, NoteError, RotationError
from client.rotation import Rotation
from tests.client import logs
from tests.client.logs import ORIGIN, Log

ROOT = tree.leaf_hash(b"")
# The example in the specification tlog-checkpoint.
EXAMPLE = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"


def test_the_example_of_the_specification_is_read_and_written():
    found = checkpoint.parse(EXAMPLE)
    assert (found.origin, found.size) == ("example.com/behind-the-sofa", 20852163)
    assert found.root.hex().startswith("0ac5186a")
    assert found.text == EXAMPLE
    more = checkpoint.parse(EXAMPLE + "one more\nand another\n")
    assert more.extensions == ("one more", "and another")
    assert more.text == EXAMPLE + "one more\nand another\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n\n",
        EXAMPLE[:-1],
        EXAMPLE + "\n",
        EXAMPLE.replace("example.com/behind-the-sofa", ""),
        EXAMPLE.replace("2085", "02085"),
        EXAMPLE.replace("20852163", "-1"),
        EXAMPLE.replace("20852163", "1e5"),
        EXAMPLE.replace("20852163", "\u0662"),
        EXAMPLE.replace("20852163", "9" * 19),
        EXAMPLE.replace("20852163", "9" * 500),
        EXAMPLE.replace("20852163", "0"),
        EXAMPLE.replace("q2I=", "q2I"),
        EXAMPLE.replace("CsUY", ""),
        EXAMPLE + "x\n" * 1000,
    ],
)
def test_what_is_no_checkpoint_is_refused_with_a_sentence(text):
    with pytest.raises(CheckpointError) as caught:
        checkpoint.parse(text)
    assert caught.value.sentence.endswith(".")


def statement(old: str, new: str, size: int, origin: str = ORIGIN) -> str:
    root = tree.root_of(Log(size).hashes)
    return Rotation(Checkpoint(origin, size, root), logs.verifier(new)).signed(
        logs.key(old), origin
    )


def signed(seed: str, size: int) -> str:
    return Checkpoint(ORIGIN, size, ROOT).signed(logs.key(seed), ORIGIN)


def test_keys_are_followed_from_the_pinned_one():
    chain = [statement("first", "second", 10), statement("second", "third", 30)]
    ring = rotation.verify_chain(logs.verifier(), chain, origin=ORIGIN)
    assert ring.current() == (logs.verifier("third"),)
    assert [(term.first, term.last) for term in ring.terms] == [(0, 10), (10, 30), (30, None)]
    assert [at.size for at in ring.handovers] == [10, 30]
    for seed, size in (("first", 10), ("second", 10), ("second", 30), ("third", 99)):
        assert ring.open(signed(seed, size)).size == size


@pytest.mark.parametrize(("seed", "size"), [("first", 11), ("second", 9), ("third", 29)])
def test_a_key_counts_only_in_its_term(seed, size):
    chain = [statement("first", "second", 10), statement("second", "third", 30)]
    ring = rotation.verify_chain(logs.verifier(), chain)
    with pytest.raises(CheckpointError, match="did not count then"):
        ring.open(signed(seed, size))


def test_statements_before_the_pinned_key_are_passed_over():
    chain = [statement("first", "second", 10), statement("second", "third", 30)]
    ring = rotation.verify_chain(logs.verifier("second"), chain)
    assert ring.current() == (logs.verifier("third"),)
    with pytest.raises(NoteError):
        ring.open(signed("first", 5))


def test_two_pinned_keys_verify_old_and_new():
    pinned = [logs.verifier("first"), logs.verifier("second")]
    ring = rotation.verify_chain(pinned, [statement("first", "second", 10)])
    assert ring.open(signed("first", 5)).size == 5
    assert ring.open(signed("second", 50)).size == 50


@pytest.mark.parametrize(
    "chain",
    [
        [statement("thief", "second", 10)],
        [statement("first", "second", 10), statement("first", "third", 30)],
        [statement("second", "third", 30), statement("first", "second", 10)],
        [statement("first", "second", 10), statement("second", "third", 9)],
        [statement("first", "second", 10), statement("second", "second", 30)],
        [statement("first", "second", 10, "data.example.org/other")],
        [signed("first", 10)],
        ["no note"],
        [statement("first", "second", 10).replace("\n10\n", "\n11\n")],
        [statement("first", "second", 10)] * 1001,
    ],
)
def test_a_broken_chain_is_refused_with_a_sentence(chain):
    with pytest.raises(RotationError) as caught:
        rotation.verify_chain(logs.verifier(), chain, origin=ORIGIN)
    assert caught.value.sentence.endswith(".")


def test_a_statement_is_no_checkpoint():
    ring = rotation.Keyring.of(logs.verifier())
    with pytest.raises(CheckpointError):
        ring.open(statement("first", "second", 10))


def test_an_export_after_a_change_of_key_is_checked_under_the_old_pin(tmp_path):
    log = Log(40, seed="second")
    log.rotations = [statement("first", "second", 25)]
    report = log.check(tmp_path)
    assert report.ok, report.findings
    assert "through 1 change(s) of key" in report.proved[0]
    assert any("statement about a new key at 25 entries" in line for line in report.proved)


def test_a_change_of_key_that_hides_a_change_of_history_is_told(tmp_path):
    log = Log(40, seed="second")
    other = Checkpoint(ORIGIN, 25, ROOT)
    log.rotations = [Rotation(other, logs.verifier("second")).signed(logs.key(), ORIGIN)]
    assert logs.codes(log.check(tmp_path)) == {"split"}


def test_a_false_statement_about_a_new_key_is_told(tmp_path):
    log = Log(40, seed="second")
    log.rotations = [statement("thief", "second", 25)]
    assert logs.codes(log.check(tmp_path)) == {"rotation", "note_unknown_signer"}
