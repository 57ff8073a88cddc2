"""Sealing: entries get their place in the log, the tree grows, and its root is signed.

One sealer at a time: the row of `LogState` is locked. A batch is one transaction, so a kill leaves
it done or not begun; the next run goes on where this one ended.
"""

from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction

from client import checkpoint, rotation, tiles, tree
from governance.audit import keys, trust
from governance.audit import services as audit
from governance.audit.actors import Actor
from governance.audit.keys import Signer
from governance.audit.models import Checkpoint, LogState, Pending, Rotation, Tile
from governance.errors import NotPermittedError, WrongStateError

BATCH = 5000  # entries in one transaction


class Sealed(NamedTuple):
    entries: int  # newly sealed
    size: int  # of the log
    checkpoint: Checkpoint | None


def seal(*, now: datetime, batches: int = 1000) -> Sealed:
    """Seal all that waits, then sign. Safe beside another sealer; may be killed at any moment."""
    _settle()
    keys.load_or_make()  # before any work, as without a key nothing can be signed
    sealed = 0
    for _ in range(batches):
        done = _seal_batch()
        sealed += done
        if done < BATCH:
            break
    signed = _sign(now=now)
    return Sealed(sealed, signed.size if signed else 0, signed)


def _state() -> LogState:
    """The locked edge of the tree. Must run in a transaction."""
    LogState.objects.get_or_create(pk=1)
    return LogState.objects.select_for_update().get(pk=1)


def _frontier(state: LogState) -> tree.Frontier:
    data = bytes(state.frontier)
    return tree.Frontier(state.size, [data[at : at + 32] for at in range(0, len(data), 32)])


def _seal_batch() -> int:
    with transaction.atomic():
        state = _state()
        waiting = list(
            Pending.objects.order_by("entry_id").values_list("entry_id", "head", "tail")[:BATCH]
        )
        if not waiting:
            return 0
        hashes = [
            tree.leaf_hash(f"{head}{place}{tail}".encode())
            for place, (_, head, tail) in enumerate(waiting, start=state.size)
        ]
        ids = [each[0] for each in waiting]
        _place(state.size, ids, hashes)
        _grow(state, b"".join(hashes))
        _drop(ids)
    return len(waiting)


def _grow(state: LogState, hashes: bytes) -> None:
    """Write the tiles that change and move the edge."""
    written = [
        Tile(level=tile.level, number=tile.index, hashes=data)
        for tile, data in tiles.grow(state.size, hashes, _partial)
    ]
    Tile.objects.bulk_create(
        written,
        batch_size=100,
        update_conflicts=True,
        unique_fields=["level", "number"],
        update_fields=["hashes"],
    )
    frontier = _frontier(state)
    frontier.extend(hashes)
    state.size, state.frontier = frontier.size, b"".join(frontier.hashes)
    state.save(update_fields=["size", "frontier"])


def _partial(path: str) -> bytes:
    wanted = tiles.Tile.parse(path)
    found = Tile.objects.filter(level=wanted.level, number=wanted.index).first()
    if found is None:
        raise LookupError(path)
    return bytes(found.hashes)[: wanted.width * tree.HASH_SIZE]


def _place(first: int, ids: list[int], hashes: list[bytes]) -> None:
    """Insert leaves. In SQL, as the ORM takes longer than all else together."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # The hashes as one value that the server cuts: an array of them takes twice the time.
            cursor.execute(
                "INSERT INTO audit_leaf (place, entry_id, hash) "
                "SELECT %s + n - 1, id, substr(%s::bytea, 32 * (n::int - 1) + 1, 32) "
                "FROM unnest(%s::bigint[]) WITH ORDINALITY AS given(id, n)",
                [first, b"".join(hashes), _array(ids)],
            )
        else:
            cursor.executemany(
                "INSERT INTO audit_leaf (place, entry_id, hash) VALUES (%s, %s, %s)",
                list(zip(range(first, first + len(ids)), ids, hashes, strict=True)),
            )


def _array(ids: list[int]) -> str:
    return f"{{{','.join(map(str, ids))}}}"


def _drop(ids: list[int]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "DELETE FROM audit_pending WHERE entry_id = ANY(%s::bigint[])", [_array(ids)]
            )
        else:
            cursor.executemany(
                "DELETE FROM audit_pending WHERE entry_id = %s", [(each,) for each in ids]
            )


def _sign(*, now: datetime) -> Checkpoint | None:
    """A checkpoint of the log as it stands, if it grew since the last one."""
    with transaction.atomic():
        state = _state()
        _settled()  # under the lock: a rotation beside this run may have replaced the key
        signer = keys.load()
        last = Checkpoint.objects.first()
        if not state.size or (last is not None and last.size == state.size):
            return last
        root = _frontier(state).root()
        note = checkpoint.Checkpoint(signer.origin, state.size, root).signed(
            signer.private, signer.origin
        )
        return Checkpoint.objects.create(size=state.size, root=root.hex(), note=note, at=now)


# ------------------------------------------------------------------ keys


def _settle() -> None:
    """Finish, or undo, a change of key that was cut short."""
    if keys.proposed():
        with transaction.atomic():
            _state()  # a change that is under way holds this lock until it is on record
            _settled()


def _settled() -> None:
    """The same, where the log is locked already."""
    if keys.proposed():
        keys.settle(trust.newest())


def make_key(*, actor: Actor, origin: str, lost: bool, reason: str, now: datetime) -> Signer:
    """Make the first key; or, when the old one is lost, a new one that readers must pin by hand.

    Raises:
        NotPermittedError: not an operator's act.
        WrongStateError: there is a key, and it is not said to be lost; or no reason was given.
    """
    _operators(actor, reason)
    signer = keys.make(origin)
    with transaction.atomic():
        _state()
        _settled()
        audit.key_changed(
            actor=actor,
            how="replace" if lost else "make",
            key=str(signer.verifier),
            reason=reason,
            now=now,
        )
        if lost:
            keys.propose(signer)
        else:
            keys.keep(signer)  # nothing was signed before: it needs no word in the record to count
    _settle()
    return signer


def rotate_key(*, actor: Actor, reason: str, now: datetime) -> Signer:
    """Make a new key and let the old one sign it; all that waits is sealed by the old one first.

    The new key counts when the statement is committed, and is taken then, or by the next sealer.
    """
    _operators(actor, reason)
    keys.load()
    seal(now=now)
    with transaction.atomic():
        state = _state()
        _settled()
        old = keys.load()
        new = keys.make(old.origin)
        at = checkpoint.Checkpoint(old.origin, state.size, _frontier(state).root())
        statement = rotation.Rotation(at, new.verifier).signed(old.private, old.origin)
        Rotation.objects.create(note=statement, at=now)
        audit.key_changed(actor=actor, how="rotate", key=str(new.verifier), reason=reason, now=now)
        keys.propose(new)
    _settle()
    return new


def _operators(actor: Actor, reason: str) -> None:
    if not actor.system:
        raise NotPermittedError("Keys are changed by an operator, on the machine that holds them.")
    if not reason.strip():
        raise WrongStateError("Give a reason; it stays in the record.")
