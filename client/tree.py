"""The Merkle tree of RFC 6962 and RFC 9162 section 2.1, with SHA-256.

Nodes are named `(level, index)`: level 0 holds the hashes of leaves, and node `(l, i)` covers the
leaves from `i << l` to `(i + 1) << l`, all of which exist. Whoever stores a tree hands it over as
`get_node(level, index) -> bytes`; `client.tiles` reads it from tiles. What verifies raises
`ProofError` and returns nothing: a forgotten `if` must not accept.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256

from .errors import ProofError

HASH_SIZE = 32  # bytes
EMPTY_ROOT = sha256(b"").digest()
MAX_SIZE = 2**63 - 1  # leaves: what a signed 64-bit column holds

GetNode = Callable[[int, int], bytes]

# Subtrees above this height are put together one by one: it bounds the memory of `extend`.
_BATCH_LEVEL = 14


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf that holds `data`."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


def perfect_root(hashes: bytes) -> bytes:
    """The root over `2 ** n` hashes that stand one after the other."""
    while len(hashes) > HASH_SIZE:
        pairs = range(0, len(hashes), 2 * HASH_SIZE)
        hashes = b"".join([sha256(b"\x01" + hashes[at : at + 64]).digest() for at in pairs])
    return hashes


def subtrees(first: int, hashes: bytes) -> Iterator[tuple[int, bytes]]:
    """Perfect subtrees `(level, root)` that cover leaf hashes placed from position `first` on.

    In this order they can be pushed onto a frontier of size `first`; so parts of a log can be
    hashed apart (in other processes) and put together later.
    """
    position, end = first, first + len(hashes) // HASH_SIZE
    while position < end:
        level = min((end - position).bit_length() - 1, _BATCH_LEVEL)
        if position:
            level = min(level, (position & -position).bit_length() - 1)
        begin = (position - first) * HASH_SIZE
        yield level, perfect_root(hashes[begin : begin + (HASH_SIZE << level)])
        position += 1 << level


class Frontier:
    """The right edge of a growing tree: all that is needed to append and to know the root.

    `hashes` are the roots of the perfect subtrees that make up `size` leaves, the biggest first:
    as many as `size` has bits set. Raises `ProofError` when the two do not fit.
    """

    __slots__ = ("hashes", "size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = _checked_size(size)
        self.hashes = list(hashes)
        if len(self.hashes) != size.bit_count() or any(len(h) != HASH_SIZE for h in self.hashes):
            raise ProofError(f"These hashes are not the edge of a tree of {size} leaves.")

    def append(self, leaf: bytes) -> None:
        """Append the hash of one leaf."""
        self.push(leaf, 0)

    def extend(self, hashes: bytes | Iterable[bytes]) -> None:
        """Append hashes of leaves: a sequence, or all of them in one `bytes`."""
        data = hashes if isinstance(hashes, bytes) else b"".join(hashes)
        if len(data) % HASH_SIZE:
            raise ProofError("The hashes of leaves must have 32 bytes each.")
        for level, root in subtrees(self.size, data):
            self.push(root, level)

    def push(self, root: bytes, level: int = 0) -> None:
        """Append a perfect subtree of `1 << level` leaves; it must begin where one can."""
        carry, rest = self.size >> level, self.size & ((1 << level) - 1)
        if rest or len(root) != HASH_SIZE:
            raise ProofError(f"No subtree of height {level} can follow {self.size} leaves.")
        while carry & 1:
            root = sha256(b"\x01" + self.hashes.pop() + root).digest()
            carry >>= 1
        self.hashes.append(root)
        self.size += 1 << level

    def root(self) -> bytes:
        """The root of the tree as it stands."""
        return _fold(self.hashes)

    def copy(self) -> "Frontier":
        return Frontier(self.size, self.hashes)


def root_of(hashes: bytes | Iterable[bytes]) -> bytes:
    """The root over hashes of leaves."""
    frontier = Frontier()
    frontier.extend(hashes)
    return frontier.root()


def tree_root(size: int, get_node: GetNode) -> bytes:
    """The root of a stored tree at `size` leaves; reads at most 63 nodes."""
    return _range_root(0, _checked_size(size), get_node)


def inclusion_proof(index: int, size: int, get_node: GetNode) -> list[bytes]:
    """The hashes that lead from leaf `index` to the root at `size` leaves, the lowest first."""
    _check_index(index, size)
    first, last, proof = 0, size, []
    while last - first > 1:
        middle = first + _split(last - first)
        if index < middle:
            proof.append(_range_root(middle, last, get_node))
            last = middle
        else:
            proof.append(_range_root(first, middle, get_node))
            first = middle
    proof.reverse()
    return proof


def consistency_proof(old: int, new: int, get_node: GetNode) -> list[bytes]:
    """The hashes that show that the tree of `new` leaves begins with that of `old` leaves.

    Empty when `old` is 0 or equal to `new`, as there is nothing to show.
    """
    if not 0 <= old <= _checked_size(new):
        raise ProofError(f"A tree of {new} leaves holds no older one of {old}.")
    if old in (0, new):
        return []
    first, last, proof = 0, new, []
    while last != old:
        middle = first + _split(last - first)
        if old <= middle:
            proof.append(_range_root(middle, last, get_node))
            last = middle
        else:
            proof.append(_range_root(first, middle, get_node))
            first = middle
    if first:  # the old tree's own root is known to whoever verifies; a part of it is not
        proof.append(_range_root(first, last, get_node))
    proof.reverse()
    return proof


def verify_inclusion(
    *, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Accept when `leaf`, a leaf's hash, stands at `index` in the tree; else raise `ProofError`."""
    _check_index(index, size)
    _check_hashes([leaf, root, *proof])
    node, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("The proof of inclusion has too many hashes.")
        if node & 1 or node == last:
            found = node_hash(sibling, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise ProofError("The proof of inclusion has too few hashes.")
    if found != root:
        raise ProofError(f"The proof does not lead from entry {index} to the root.")


def verify_consistency(
    *, old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Accept when the newer tree begins with the older one; else raise `ProofError`.

    An older tree of no leaves is consistent with every tree, by an empty proof.
    """
    _check_hashes([old_root, new_root, *proof])
    if not 0 <= old_size <= _checked_size(new_size):
        raise ProofError(f"A tree of {new_size} leaves holds no older one of {old_size}.")
    if old_size in (0, new_size):
        known = EMPTY_ROOT if old_size == 0 else new_root
        if proof or old_root != known:
            raise ProofError(f"Two roots are told for the same tree of {old_size} leaves.")
        return
    old, new = _consistency_roots(old_size, new_size, old_root, proof)
    if old != old_root:
        raise ProofError("The proof of consistency does not lead to the older root.")
    if new != new_root:
        raise ProofError("The proof of consistency does not lead to the newer root.")


def _consistency_roots(
    old_size: int, new_size: int, old_root: bytes, proof: Sequence[bytes]
) -> tuple[bytes, bytes]:
    """Both roots as the proof makes them (RFC 9162, 2.1.4.2)."""
    path = list(proof)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    if not path:
        raise ProofError("The proof of consistency has too few hashes.")
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofError("The proof of consistency has too many hashes.")
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise ProofError("The proof of consistency has too few hashes.")
    return old, new


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << ((count - 1).bit_length() - 1)


def _fold(hashes: Sequence[bytes]) -> bytes:
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


def _range_root(first: int, last: int, get_node: GetNode) -> bytes:
    """The root over leaves `first` to `last`, a range as the tree itself splits it."""
    hashes = []
    while first < last:
        level = (last - first).bit_length() - 1
        hashes.append(get_node(level, first >> level))
        first += 1 << level
    return _fold(hashes)


def _checked_size(size: int) -> int:
    if not 0 <= size <= MAX_SIZE:
        raise ProofError(f"No tree has {size} leaves.")
    return size


def _check_index(index: int, size: int) -> None:
    if not 0 <= index < _checked_size(size):
        raise ProofError(f"A tree of {size} leaves has no entry {index}.")


def _check_hashes(hashes: Iterable[bytes]) -> None:
    if any(len(value) != HASH_SIZE for value in hashes):
        raise ProofError("A hash has not 32 bytes.")
