"""The export of the log for its auditor, as `client.export` reads it: JSON lines in log order."""

from collections.abc import Iterator

from client import export
from client.errors import ClientError
from governance.audit import leaves, selectors
from governance.audit.models import Checkpoint, Leaf
from governance.errors import WrongStateError

CHUNK = 2000


def lines(*, personal: bool) -> Iterator[bytes]:
    """The header, then one line an entry up to the newest checkpoint.

    `personal`: with who, from where, why, and the salts.

    Raises:
        WrongStateError: nothing is sealed yet.
    """
    signed = selectors.latest_checkpoint()
    if signed is None:
        raise WrongStateError("Nothing is sealed yet: `manage.py audit checkpoint` seals.")
    yield export.header_line(
        signed.note, rotations=selectors.rotations(), older=_older(signed.size)
    )
    last = -1
    while last + 1 < signed.size:
        chunk = list(
            Leaf.objects.filter(place__gt=last, place__lt=signed.size)
            .select_related("entry__person")
            .order_by("place")[:CHUNK]
        )
        if not chunk:
            return  # the verifier will tell what is missing
        for leaf in chunk:
            try:
                yield _line(leaf, personal=personal)
            except ClientError:
                continue  # altered into what no line can hold; the verifier tells
        last = chunk[-1].place


def _older(size: int) -> list[str]:
    """Earlier checkpoints of the key that signs now: who pinned it can verify them all."""
    changed = Leaf.objects.filter(
        place__lt=size, entry__action__in=("key.rotate", "key.replace")
    ).order_by("place")
    last = changed.values_list("place", flat=True).last()
    found = Checkpoint.objects.filter(size__lt=size, size__gt=-1 if last is None else last)
    return list(found.order_by("-size").values_list("note", flat=True)[:100])


def _line(leaf: Leaf, *, personal: bool) -> bytes:
    entry = leaf.entry
    person = getattr(entry, "person", None) if personal else None
    return export.entry_line(
        leaf.place,
        sealed=bytes(leaf.hash),
        leaf=leaves.halves(leaves.leaf_of(entry)).at(leaf.place),
        personal=leaves.personal_of(person) if person else None,
        salt=bytes(person.salt) if person else None,
    )
