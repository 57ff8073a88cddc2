"""The database against the tree: what was sealed, is it still what stands there?

Reads every entry once, in the order of the log, up to the size that the log had when it began; so
it may run beside a sealer. What an outsider can check without this database is `client.audit`.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from client import checkpoint, notes, rotation, tiles, tree
from client.errors import ClientError
from governance.audit import leaves, selectors
from governance.audit.models import Checkpoint, Entry, Leaf, LogState, Pending, Person, Tile

CHUNK = 2000  # entries read at once
FULL = tiles.WIDTH * tree.HASH_SIZE
UNREADABLE = (ClientError, AttributeError, TypeError, ValueError)  # no leaf can hold such values


class Verified(NamedTuple):
    entries: int  # sealed ones that were read
    pending: int
    erased: int  # sealed ones without a personal part
    checkpoints: int
    faults: list[str]  # sentences; empty when all is well


def verify(
    *, pinned: notes.Verifier | Iterable[notes.Verifier], most_faults: int = 100
) -> Verified:
    """Compare entries, leaves, tiles, roots and signatures. Memory: one chunk."""
    faults = Faults(most_faults)
    walk = _Walk(faults)
    for chunk in _chunks(walk.size):
        walk.chunk(chunk)
    walk.end()
    keys = [pinned] if isinstance(pinned, notes.Verifier) else list(pinned)
    _signatures(keys, faults)
    pending = _pending(faults)
    _strays(faults)
    _missing_people(faults)
    return Verified(walk.read, pending, walk.erased, walk.checked, faults.told)


class Faults:
    def __init__(self, most: int) -> None:
        self.most, self.told = most, []

    def add(self, sentence: str) -> None:
        if len(self.told) < self.most:
            self.told.append(sentence)


def _chunks(size: int) -> Iterator[list[Leaf]]:
    last = -1
    while True:
        after = Leaf.objects.filter(place__gt=last, place__lt=size)
        found = list(after.order_by("place")[:CHUNK])
        if not found:
            return
        yield found
        last = found[-1].place


class _Walk:
    """Goes along the log, growing the tree again and comparing it at every checkpoint."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.frontier = tree.Frontier()
        self.place = self.read = self.erased = self.checked = 0
        # In this order: a checkpoint never signs more than the log holds at the time.
        self.roots = dict(Checkpoint.objects.values_list("size", "root"))
        state = LogState.objects.filter(pk=1).first()
        self.size = state.size if state else 0
        self.edge = bytes(state.frontier) if state else b""
        self.tiles = _Tiles(faults)

    def chunk(self, chunk: list[Leaf]) -> None:
        entries = _entries(leaf.entry_id for leaf in chunk)
        for leaf in chunk:
            if leaf.place != self.place:
                self._gap(leaf.place)
            self._entry(leaf, entries.get(leaf.entry_id))
            # Of another length it is a fault that `_entry` has told; the walk goes on.
            digest = bytes(leaf.hash)[: tree.HASH_SIZE].ljust(tree.HASH_SIZE, b"\0")
            self.frontier.append(digest)
            self.tiles.push(digest)
            self.place += 1
            self.read += 1
            self._root()

    def _gap(self, end: int) -> None:
        one = end == self.place + 1
        gone = f"Leaf {self.place} is" if one else f"Leaves {self.place} to {end - 1} are"
        self.faults.add(f"{gone} gone from the database.")
        self.place = end

    def _entry(self, leaf: Leaf, entry: Entry | None) -> None:
        if entry is None:
            self.faults.add(f"The entry of leaf {leaf.place} (id {leaf.entry_id}) was dropped.")
            return
        halves = _halves(entry)
        if halves is None or tree.leaf_hash(halves.at(leaf.place)) != bytes(leaf.hash):
            self.faults.add(f"Entry {entry.pk} (leaf {leaf.place}) is not the one that was sealed.")
        if _person(entry, self.faults) is None:
            self.erased += 1

    def _root(self) -> None:
        signed = self.roots.get(self.place)
        if signed is None:
            return
        self.checked += 1
        if self.frontier.size != self.place or self.frontier.root().hex() != signed:
            self.faults.add(f"The root of the checkpoint at {self.place} entries does not fit.")

    def end(self) -> None:
        if self.place != self.size:
            self._gap(self.size)
        if beyond := _leaves_beyond():
            self.faults.add(f"{beyond} leaves lie beyond the end of the log.")
        for size in sorted(at for at in self.roots if at > self.size):
            self.faults.add(f"A checkpoint signs {size} entries; only {self.size} are there.")
        if self.read != self.size:
            return  # what stands on the leaves can't fit either
        self.tiles.end()
        if b"".join(self.frontier.hashes) != self.edge:
            self.faults.add("The edge of the tree, from which the next root grows, was altered.")


def _leaves_beyond() -> int:
    """Leaves that the log's size does not count; one statement, as a sealer may be at work."""
    size = LogState.objects.filter(pk=1).values("size")
    return Leaf.objects.filter(place__gte=size).count() if size else Leaf.objects.count()


class _Tiles:
    """Makes every tile again from the leaves, and compares it with the one that is served."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.levels: list[tuple[int, bytearray]] = []  # number of the tile under way, its hashes

    def push(self, digest: bytes, level: int = 0) -> None:
        if level == len(self.levels):
            self.levels.append((0, bytearray()))
        number, hashes = self.levels[level]
        hashes += digest
        if len(hashes) == FULL:
            self._compare(level, number, bytes(hashes))
            self.levels[level] = (number + 1, bytearray())
            self.push(tree.perfect_root(bytes(hashes)), level + 1)

    def end(self) -> None:
        for level, (number, hashes) in enumerate(self.levels):
            if hashes:
                self._compare(level, number, bytes(hashes))

    def _compare(self, level: int, number: int, right: bytes) -> None:
        found = Tile.objects.filter(level=level, number=number).values_list("hashes").first()
        # A partial tile may have grown since the walk began.
        if found is None:
            self.faults.add(f"Tile {level}/{number} is gone.")
        elif bytes(found[0])[: len(right)] != right:
            self.faults.add(f"Tile {level}/{number} does not hold the hashes of its leaves.")


def _entries(ids: Iterable[int]) -> dict[int, Entry]:
    """Entries by id. Not by a join, which would pass over what stands for a dropped entry."""
    return Entry.objects.select_related("person").in_bulk(list(ids))


def _halves(entry: Entry) -> leaves.Halves | None:
    """The bytes of an entry as it stands; None when it holds what no leaf can hold."""
    try:
        return leaves.halves(leaves.leaf_of(entry))
    except UNREADABLE:
        return None


def _person(entry: Entry, faults: Faults) -> Person | None:
    """The personal part of an entry, compared with its commitment."""
    person = getattr(entry, "person", None)
    if person is None:
        return None
    try:
        right = leaves.commitment(bytes(person.salt), person) == entry.commitment
    except UNREADABLE:
        right = False
    if not right:
        faults.add(f"The personal part of entry {entry.pk} is not the one that was sealed.")
    return person


def _signatures(pinned: list[notes.Verifier], faults: Faults) -> None:
    try:
        ring = rotation.verify_chain(pinned, selectors.rotations())
    except ClientError as error:
        faults.add(str(error))
        return
    since = _since(pinned)
    for kept in Checkpoint.objects.order_by("size").iterator():
        try:
            # Of what an earlier key signed only the root is judged, by the leaves below it.
            early = kept.size <= since
            signed = checkpoint.unverified(kept.note) if early else ring.open(kept.note)
        except ClientError as error:
            faults.add(f"The checkpoint at {kept.size} entries: {error}")
            continue
        if (signed.size, signed.root.hex()) != (kept.size, kept.root):
            faults.add(f"The checkpoint at {kept.size} entries is signed over something else.")


def _since(pinned: list[notes.Verifier]) -> int:
    """Up to which size checkpoints were signed by keys before the pinned ones, by the record."""
    came = [_came(each) for each in pinned]
    return min(came, default=0)


def _came(key: notes.Verifier) -> int:
    """The place of the entry that tells of a key that followed another; 0 for the first key."""
    told = Leaf.objects.filter(
        entry__action__in=("key.rotate", "key.replace"), entry__detail__key=str(key)
    )
    return told.order_by("place").values_list("place", flat=True).first() or 0


def _pending(faults: Faults) -> int:
    count = 0
    waiting = Pending.objects.order_by("entry_id").iterator(chunk_size=CHUNK)
    while chunk := list(islice(waiting, CHUNK)):
        count += len(chunk)
        entries = _entries(each.pk for each in chunk)
        for each in chunk:
            _one_pending(each, entries.get(each.pk), faults)
    return count


def _one_pending(waiting: Pending, entry: Entry | None, faults: Faults) -> None:
    if entry is None:
        faults.add(f"Entry {waiting.pk}, not sealed yet, was dropped.")
        return
    if _halves(entry) != (waiting.head, waiting.tail):
        faults.add(f"Entry {entry.pk}, not sealed yet, was altered.")
    _person(entry, faults)


def _strays(faults: Faults) -> None:
    """Entries that are neither sealed nor waiting: somebody took them out of the queue."""
    stray = Entry.objects.filter(sealed=None, pending=None).order_by("id")
    for entry_id in stray.values_list("pk", flat=True)[: faults.most]:
        faults.add(f"Entry {entry_id} is neither sealed nor waiting to be.")


def _missing_people(faults: Faults) -> None:
    """Personal parts that are gone although no erasure tells so."""
    gone = Entry.objects.filter(person=None).order_by("id")
    missing = gone.count()
    # Read after the count: an erasure beside this one may only add to what is told.
    told = list(Entry.objects.filter(action="person.erase").values_list("detail", flat=True))
    ranges = [(each["first"], each["last"]) for each in told]
    unexplained = (
        entry_id
        for entry_id in gone.values_list("pk", flat=True).iterator(chunk_size=CHUNK)
        if not any(first <= entry_id <= last for first, last in ranges)
    )
    for entry_id in islice(unexplained, faults.most):
        faults.add(f"The personal part of entry {entry_id} is gone, and no erasure tells so.")
    erased = sum(each["count"] for each in told)
    if missing > erased:
        faults.add(f"{missing} personal parts are gone, but erasures tell of {erased}.")
