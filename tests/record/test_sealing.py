"""Sealing: places, roots and tiles; done once, missing nothing."""

import threading

import pytest
from django.db import connection, transaction
from pymerkle import InmemoryTree

from client import checkpoint, tiles, tree
from governance.audit import leaves, sealing, selectors
from governance.audit import services as audit
from governance.audit.models import Checkpoint, Entry, Leaf, LogState, Pending, Tile
from governance.errors import MissingError
from tests.factories import NOW
from tests.record.log import ADA, SHELF, check, pin, seal, ticket, tickets

pytestmark = pytest.mark.django_db


def sealed_bytes():
    """The bytes of all leaves, in the order of the log, from what stands in the entries now."""
    return [
        leaves.halves(leaves.leaf_of(leaf.entry)).at(leaf.place)
        for leaf in Leaf.objects.select_related("entry").order_by("place")
    ]


def test_sealed_in_batches_across_tiles_the_root_is_that_of_rfc_6962(monkeypatch):
    monkeypatch.setattr(sealing, "BATCH", 50)
    ids = [entry.pk for entry in tickets(600)]
    done = seal()
    assert (done.entries, done.size) == (600, 600)
    assert list(Leaf.objects.order_by("place").values_list("place", "entry_id")) == list(
        enumerate(ids)
    )
    assert not Pending.objects.exists()
    data = sealed_bytes()
    hashes = [tree.leaf_hash(each) for each in data]
    other = InmemoryTree.init_from_entries(data)
    signed = checkpoint.unverified(done.checkpoint.note)
    assert signed.size == 600
    assert signed.root == tree.root_of(hashes) == other.get_root()
    assert done.checkpoint.root == other.get_root().hex()


def test_every_served_tile_is_the_one_that_the_entries_make(monkeypatch):
    monkeypatch.setattr(sealing, "BATCH", 50)
    tickets(300)
    seal()
    tickets(300)
    seal()
    made = dict(
        tiles.grow(0, b"".join(tree.leaf_hash(each) for each in sealed_bytes()), {}.__getitem__)
    )
    assert len(made) == 4
    for tile, data in made.items():
        assert selectors.tile(tile.path) == data
    assert Tile.objects.count() == len(made)
    for missing in ("tile/0/003", "tile/0/002.p/89", "tile/entries/000", "tile/9/000", "x"):
        with pytest.raises(MissingError):
            selectors.tile(missing)


def test_each_older_checkpoint_is_a_beginning_of_the_newest():
    for count in (1, 254, 1, 1, 40):
        tickets(count)
        seal()
    data = sealed_bytes()
    newest = selectors.latest_checkpoint()
    read = selectors.reader(newest.size).node
    for kept in Checkpoint.objects.exclude(pk=newest.pk):
        assert kept.root == InmemoryTree.init_from_entries(data[: kept.size]).get_root().hex()
        tree.verify_consistency(
            old_size=kept.size,
            new_size=newest.size,
            old_root=bytes.fromhex(kept.root),
            new_root=bytes.fromhex(newest.root),
            proof=tree.consistency_proof(kept.size, newest.size, read),
        )


def test_a_second_run_seals_nothing_and_signs_nothing():
    tickets(3)
    first = seal()
    again = seal()
    assert (again.entries, again.size, again.checkpoint) == (0, 3, first.checkpoint)
    assert Checkpoint.objects.count() == 1


def test_an_empty_record_has_no_checkpoint():
    assert seal() == (0, 0, None)


@pytest.mark.parametrize("where", ["_grow", "_drop", "_sign"])
def test_what_dies_inside_a_batch_leaves_nothing_half_done(monkeypatch, where):
    monkeypatch.setattr(sealing, "BATCH", 10)
    tickets(25)
    right, calls = getattr(sealing, where), []

    def dies(*args, **told):
        calls.append(1)
        if len(calls) == (1 if where == "_sign" else 2):
            right(*args, **told)
            raise KeyboardInterrupt
        return right(*args, **told)

    monkeypatch.setattr(sealing, where, dies)
    with pytest.raises(KeyboardInterrupt):
        seal()
    done = 25 if where == "_sign" else 10
    assert Leaf.objects.count() == LogState.objects.get().size == done
    assert Pending.objects.count() == 25 - done
    assert check().faults == []
    monkeypatch.setattr(sealing, where, right)
    assert seal().size == 25
    assert check().faults == []


@pytest.mark.django_db(transaction=True)
def test_two_sealers_at_once_seal_everything_once(monkeypatch):
    monkeypatch.setattr(sealing, "BATCH", 20)
    tickets(300)
    seal_once = threading.Barrier(2)
    ends: list = []

    def run():
        try:
            seal_once.wait(10)
            ends.append(seal())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(end.entries for end in ends) == 300
    assert {end.size for end in ends} <= set(range(20, 301, 20))
    assert list(Leaf.objects.order_by("place").values_list("place", flat=True)) == list(range(300))
    assert seal().size == 300
    found = check()
    assert (found.faults, found.entries) == ([], 300)


def _late_writer(written: threading.Event, go_on: threading.Event, ids: list[int]) -> None:
    try:
        with transaction.atomic():
            entry = audit.ticket_issued(
                actor=ADA, place=SHELF, terms_version="1.0", grant=None, size=1, now=NOW
            )
            ids.append(entry.pk)
            written.set()
            go_on.wait(30)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_an_entry_that_commits_late_is_sealed_by_the_next_run():
    """PostgreSQL gives it a lower id than entries sealed before it; SQLite lets writers queue."""
    written, go_on, ids = threading.Event(), threading.Event(), []
    late = threading.Thread(target=_late_writer, args=(written, go_on, ids))
    late.start()
    try:
        assert written.wait(10)
        if connection.vendor == "postgresql":  # there alone can another one commit meanwhile
            ids.insert(0, ticket().pk)
            assert ids[0] > ids[1]
            assert seal().size == 1
    finally:
        go_on.set()
        late.join(30)
    done = seal()
    assert list(Leaf.objects.order_by("place").values_list("entry_id", flat=True)) == ids
    assert done.size == len(ids) == Entry.objects.count()
    assert check(pin()).faults == []
