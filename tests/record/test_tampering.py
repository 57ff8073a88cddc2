"""What somebody with all rights in the database changes is found, and named."""

import re
from datetime import datetime, timedelta
from functools import reduce

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db.models import F

from client import checkpoint, rotation, tiles, tree
from client.audit import Named
from governance.audit import keys, leaves, sealing
from governance.audit.keys import Signer
from governance.audit.models import (
    Checkpoint,
    Entry,
    Leaf,
    LogState,
    Pending,
    Person,
    Rotation,
    Tile,
)
from tests.factories import NOW
from tests.record.log import (
    as_operator,
    check,
    check_offline,
    decision,
    exported,
    pin,
    seal,
    ticket,
    tickets,
    unguard,
)

pytestmark = pytest.mark.django_db
columns = {"ids": lambda field: field.name}


@pytest.fixture
def log():
    """Two checkpoints, one entry that waits, and no guard; the entry in the middle is returned."""
    tickets(4)
    seal()
    middle = decision()
    tickets(5)
    seal()
    ticket()
    unguard()
    assert check().faults == []
    return middle


def other(value):
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if value is None or isinstance(value, int):
        return (value or 0) + 1000
    if isinstance(value, datetime):
        return value + timedelta(microseconds=1)
    if isinstance(value, str):
        return ("y" if value[:1] == "x" else "x") + value[1:]
    if isinstance(value, list):
        return [*value, "x"]
    if isinstance(value, dict):
        return value | {"x": 1}
    return bytes(value)[:-1] + bytes([bytes(value)[-1] ^ 1])


def faults_naming(entry_id):
    return [
        each for each in check().faults if re.search(rf"(entry|Entry|id) {entry_id}\b", each)
    ]  # fmt: skip


def change(model, field, **which):
    rows = model.objects.filter(**which)
    value = rows.values_list(field.attname, flat=True).get()
    assert rows.update(**{field.attname: other(value)}) == 1


@pytest.mark.parametrize("field", Entry._meta.concrete_fields, **columns)
def test_every_column_of_an_entry(log, field, tmp_path):
    change(Entry, field, pk=log.pk)
    assert faults_naming(log.pk)
    report = check_offline(exported(tmp_path), pin())
    assert {each.first for each in report.findings if each.first is not None} == {4}


@pytest.mark.parametrize("field", Person._meta.concrete_fields, **columns)
def test_every_column_of_a_personal_part(log, field, tmp_path):
    change(Person, field, entry=log)
    assert faults_naming(log.pk)
    report = check_offline(exported(tmp_path), pin())
    if field.name == "entry":  # to an outsider it looks erased: the number of these is told
        assert (report.ok, report.without_personal) == (True, 1)
    else:
        assert [each.first for each in report.findings] == [4]


# `at` says when to worry, and is not sealed.
@pytest.mark.parametrize("field", Pending._meta.concrete_fields, **columns)
def test_every_column_of_an_entry_that_waits(log, field):
    waiting = Pending.objects.get()
    change(Pending, field, pk=waiting.pk)
    assert faults_naming(waiting.pk)


@pytest.mark.parametrize("field", Entry._meta.concrete_fields, **columns)
def test_every_column_of_an_entry_before_it_is_sealed(log, field):
    waiting = Pending.objects.get().pk
    if field.name == "privileged":
        Entry.objects.filter(pk=waiting).update(reason="x")
    change(Entry, field, pk=waiting)
    assert faults_naming(waiting)


def test_values_that_no_leaf_can_hold_are_found_too(log, tmp_path):
    Entry.objects.filter(pk=log.pk).update(detail={"x": 1.5}, grant=2**60)
    Person.objects.filter(entry__gt=log.pk, entry__lt=log.pk + 2).update(salt=b"short")
    assert faults_naming(log.pk)
    assert faults_naming(log.pk + 1)
    assert not check_offline(exported(tmp_path), pin()).ok


def test_personal_parts_changed_about(log):
    one, two = (Person.objects.get(entry=each) for each in (log.pk, log.pk + 1))
    Person.objects.filter(pk__in=(one.pk, two.pk)).delete()
    for person, entry_id in ((one, two.pk), (two, one.pk)):
        person.entry_id = entry_id
        person.save(force_insert=True)
    assert faults_naming(log.pk)
    assert faults_naming(log.pk + 1)


def test_a_personal_part_that_no_erasure_tells_of(log):
    Person.objects.filter(entry=log.pk).delete()
    assert faults_naming(log.pk) == [
        f"The personal part of entry {log.pk} is gone, and no erasure tells so."
    ]


@pytest.mark.parametrize("offset", [0, 5, -4], ids=["middle", "end", "begin"])
def test_a_dropped_entry(log, offset, tmp_path):
    Entry.objects.filter(pk=log.pk + offset).delete()
    assert faults_naming(log.pk + offset)
    report = check_offline(exported(tmp_path), pin())
    assert {each.first for each in report.findings} - {None} == {4 + offset}


@pytest.mark.parametrize("place", [0, 4, 9], ids=["first", "middle", "last"])
def test_a_dropped_leaf(log, place, tmp_path):
    entry_id = Leaf.objects.get(place=place).entry_id
    Leaf.objects.filter(place=place).delete()
    assert f"Leaf {place} is gone from the database." in check().faults
    assert faults_naming(entry_id)
    assert not check_offline(exported(tmp_path), pin()).ok


def test_the_end_cut_off_so_that_nothing_here_tells(log, tmp_path):
    """Rolled back to the first checkpoint in every table: only what somebody kept shows it."""
    kept = Checkpoint.objects.order_by("size").last().note
    gone = list(Leaf.objects.filter(place__gte=4).values_list("entry_id", flat=True))
    gone += Pending.objects.values_list("entry_id", flat=True)
    for model in (Person, Pending, Leaf):
        model.objects.filter(entry__in=gone).delete()
    Entry.objects.filter(pk__in=gone).delete()
    Checkpoint.objects.filter(size__gt=4).delete()
    hashes = [bytes(leaf.hash) for leaf in Leaf.objects.order_by("place")]
    Tile.objects.filter(level=0).update(hashes=b"".join(hashes))
    LogState.objects.update(size=4, frontier=tree.root_of(hashes))
    assert check().faults == []
    assert check_offline(exported(tmp_path), pin()).ok
    report = check_offline(exported(tmp_path), pin(), older=[Named("mine", kept)])
    assert not report.ok


def swap(one, two, attribute):
    rows = [Leaf.objects.get(place=place) for place in (one, two)]
    values = [getattr(row, attribute) for row in rows]
    Leaf.objects.filter(place__in=(one, two)).delete()
    for row, value in zip(rows, reversed(values), strict=True):
        setattr(row, attribute, value)
    Leaf.objects.bulk_create(rows)


@pytest.mark.parametrize("attribute", ["hash", "entry_id", "place"])
def test_swapped_leaves(log, attribute, tmp_path):
    swap(4, 5, attribute)
    found = " ".join(check().faults)
    assert "(leaf 4) is not the one that was sealed" in found
    assert "(leaf 5) is not the one that was sealed" in found
    assert not check_offline(exported(tmp_path), pin()).ok


def test_an_inserted_leaf(log):
    Leaf.objects.create(place=10, entry=Pending.objects.get().entry, hash=b"0" * 32)
    assert "1 leaves lie beyond the end of the log." in check().faults


def test_an_entry_taken_out_of_the_queue(log):
    waiting = Pending.objects.get().pk
    Pending.objects.all().delete()
    assert check().faults == [f"Entry {waiting} is neither sealed nor waiting to be."]


@pytest.mark.parametrize("size", [4, 10])
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("root", "0" * 64),
        ("size", 7),
        ("size", 70),
        ("note", "nothing"),
        ("note", lambda note: note.replace("\n4\n", "\n5\n").replace("\n10\n", "\n9\n")),
    ],
)
def test_an_altered_checkpoint(log, size, column, value):
    kept = Checkpoint.objects.filter(size=size)
    value = value(kept.get().note) if callable(value) else value
    kept.update(**{column: value})
    named = value if column == "size" else size
    assert any(re.search(rf"\b{named} entries", each) for each in check().faults)


@pytest.mark.parametrize("size", [4, 10])
def test_a_checkpoint_signed_again_with_another_key(log, size, tmp_path):
    kept = Checkpoint.objects.get(size=size)
    signed = checkpoint.unverified(kept.note)
    kept.note = signed.signed(Ed25519PrivateKey.generate(), signed.origin)
    kept.save(update_fields=["note"])
    assert any(f"at {size} entries" in each for each in check().faults)
    assert not check_offline(exported(tmp_path), pin()).ok


def forge(entry_id, signer):
    """History told anew from one entry on: leaves, tiles, edge, and checkpoints by `signer`."""
    entry = Entry.objects.get(pk=entry_id)
    leaf = Leaf.objects.get(entry=entry_id)
    leaf.hash = tree.leaf_hash(leaves.halves(leaves.leaf_of(entry)).at(leaf.place))
    leaf.save(update_fields=["hash"])
    hashes = [bytes(each.hash) for each in Leaf.objects.order_by("place")]
    for tile, data in tiles.grow(0, b"".join(hashes), {}.__getitem__):
        Tile.objects.filter(level=tile.level, number=tile.index).update(hashes=data)
    edge = reduce(lambda at, each: at.append(each) or at, hashes, tree.Frontier())
    LogState.objects.update(frontier=b"".join(edge.hashes))
    for kept in Checkpoint.objects.all():
        root = tree.root_of(hashes[: kept.size])
        kept.root = root.hex()
        kept.note = checkpoint.Checkpoint(signer.origin, kept.size, root).signed(
            signer.private, signer.origin
        )
        kept.save(update_fields=["root", "note"])


def test_history_told_anew_without_the_key(log, tmp_path):
    pinned = pin()
    Entry.objects.filter(pk=log.pk).update(subject="application:GH-2030-0002")
    forge(log.pk, keys.make(pinned.name))
    assert [each for each in check().faults if "trust" in each]
    report = check_offline(exported(tmp_path), pinned)
    assert not report.ok


def test_history_told_anew_with_the_stolen_key_is_shown_by_a_kept_checkpoint(log, tmp_path):
    mine = Named("mine", Checkpoint.objects.get(size=10).note)
    Entry.objects.filter(pk=log.pk).update(subject="application:GH-2030-0002")
    forge(log.pk, keys.load())
    assert check().faults == []  # this house can't know
    file = exported(tmp_path)
    assert check_offline(file, pin()).ok
    assert not check_offline(file, pin(), older=[mine]).ok


def test_an_altered_statement_about_a_new_key(log, tmp_path):
    first = pin()
    sealing.rotate_key(actor=as_operator(), reason="yearly", now=NOW)
    seal()
    assert check(first).faults == []
    kept = Rotation.objects.get()
    intruder = Signer(Ed25519PrivateKey.generate(), first.name)
    said = rotation.parse(kept.note.partition("\n\n")[0] + "\n")
    for note in (
        kept.note.replace(str(pin()), str(intruder.verifier)),
        rotation.Rotation(said.at, intruder.verifier).signed(intruder.private, first.name),
        "nothing",
    ):
        Rotation.objects.update(note=note)
        assert any("Statement 1 about a new key" in each for each in check(first).faults)
        assert not check_offline(exported(tmp_path), first).ok
    Rotation.objects.all().delete()
    assert check(first).faults
    assert not check_offline(exported(tmp_path), first).ok


@pytest.mark.parametrize("at", range(3), ids=["0/0", "0/1", "1/0"])
def test_an_altered_or_missing_tile(at):
    tickets(300)
    seal()
    unguard()
    tile = Tile.objects.order_by("level", "number")[at]
    name = f"{tile.level}/{tile.number}"
    right = bytes(tile.hashes)
    for wrong in (other(right), right[32:], b""):
        Tile.objects.filter(pk=tile.pk).update(hashes=wrong)
        assert check().faults == [f"Tile {name} does not hold the hashes of its leaves."]
    tile.delete()
    assert check().faults == [f"Tile {name} is gone."]


def test_an_altered_edge_of_the_tree(log):
    LogState.objects.update(frontier=b"0" * 64)
    assert check().faults == ["The edge of the tree, from which the next root grows, was altered."]
    LogState.objects.update(size=F("size") - 1)
    assert check().faults


def test_faults_are_told_up_to_a_number(log):
    Entry.objects.update(request_id="x")
    assert len(check().faults) == 11


def test_a_sealer_beside_it_is_no_fault(log, monkeypatch):
    from governance.audit import verifying

    monkeypatch.setattr(verifying, "CHUNK", 3)
    right = verifying._Walk.chunk

    def with_a_sealer_beside(walk, chunk):
        if Entry.objects.count() < 20:
            tickets(2)
            seal()
        right(walk, chunk)

    monkeypatch.setattr(verifying._Walk, "chunk", with_a_sealer_beside)
    found = check()
    assert (found.faults, found.entries) == ([], 10)
