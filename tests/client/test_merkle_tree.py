"""The Merkle tree: published vectors, an independent library, and properties."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree, verify_consistency

from client import tree
from client.errors import ProofError

# The leaves and roots that Certificate Transparency's own tests use.
LEAVES = [
    bytes.fromhex(value)
    for value in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
HASHES = [tree.leaf_hash(leaf) for leaf in LEAVES]
sizes = st.integers(min_value=1, max_value=200)


def made(size: int) -> list[bytes]:
    return [tree.leaf_hash(str(number).encode()) for number in range(size)]


def nodes(hashes: list[bytes]) -> Callable[[int, int], bytes]:
    """A tree in memory; a node over leaves that do not exist is an error of the caller."""

    def get(level: int, index: int) -> bytes:
        below = hashes[index << level : (index + 1) << level]
        assert len(below) == 1 << level, "a node that the tree has not"
        return plain_root(below)

    return get


def plain_root(hashes: list[bytes]) -> bytes:
    """The definition in RFC 6962, section 2.1, word for word."""
    if len(hashes) < 2:
        return hashes[0] if hashes else tree.EMPTY_ROOT
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return tree.node_hash(plain_root(hashes[:k]), plain_root(hashes[k:]))


@pytest.mark.parametrize("size", range(9))
def test_roots_are_the_published_ones(size):
    assert tree.root_of(HASHES[:size]).hex() == ROOTS[size]
    grown = tree.Frontier()
    for value in HASHES[:size]:
        grown.append(value)
    assert grown.root().hex() == ROOTS[size]
    assert tree.tree_root(size, nodes(HASHES)).hex() == ROOTS[size]


@pytest.mark.parametrize(
    ("index", "names"),
    [(0, "bhl"), (3, "cgl"), (4, "fjk"), (6, "ik")],
)
def test_inclusion_proofs_are_those_of_the_rfc(index, names):
    """RFC 9162, section 2.1.5: the tree of seven leaves and the names of its nodes."""
    hashes = made(7)
    named = dict(zip("abcdefj", hashes, strict=True))
    named |= {
        "g": plain_root(hashes[0:2]),
        "h": plain_root(hashes[2:4]),
        "i": plain_root(hashes[4:6]),
        "k": plain_root(hashes[0:4]),
        "l": plain_root(hashes[4:7]),
    }
    assert tree.inclusion_proof(index, 7, nodes(hashes)) == [named[name] for name in names]


@pytest.mark.parametrize(
    ("old", "ranges"), [(3, "2-3 3-4 0-2 4-7"), (4, "4-7"), (6, "4-6 6-7 0-4")]
)
def test_consistency_proofs_are_those_of_the_rfc(old, ranges):
    hashes = made(7)
    bounds = [tuple(map(int, part.split("-"))) for part in ranges.split()]
    wanted = [plain_root(hashes[first:last]) for first, last in bounds]
    assert tree.consistency_proof(old, 7, nodes(hashes)) == wanted


@given(sizes, st.data())
def test_an_independent_library_makes_the_same_proofs(size, data):
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    other = InmemoryTree(algorithm="sha256")
    for number in range(size):
        other.append_entry(str(number).encode())
    hashes = made(size)
    root = tree.root_of(hashes)
    assert root == other.get_root()
    inclusion = other.prove_inclusion(index + 1, size).path
    assert tree.inclusion_proof(index, size, nodes(hashes)) == inclusion[1:]
    # Its proofs of consistency have a shape of their own, but must accept the same pairs of roots.
    theirs = other.prove_consistency(old, size)
    verify_consistency(tree.root_of(hashes[:old]), root, theirs, old, size)
    assert tree.consistency_proof(old, size, nodes(hashes)) == plain_consistency(old, hashes)


def plain_consistency(old: int, hashes: list[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962, section 2.1.2, word for word."""
    if old == len(hashes):
        return [] if whole else [plain_root(hashes)]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    if old <= k:
        return [*plain_consistency(old, hashes[:k], whole), plain_root(hashes[k:])]
    return [*plain_consistency(old - k, hashes[k:], False), plain_root(hashes[:k])]


@given(sizes, st.data())
def test_every_leaf_is_proved_and_no_other_place(size, data):
    hashes = made(size)
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1))
    proof = tree.inclusion_proof(index, size, nodes(hashes))
    root = tree.root_of(hashes)
    tree.verify_inclusion(leaf=hashes[index], index=index, size=size, proof=proof, root=root)
    if other != index:
        with pytest.raises(ProofError):
            tree.verify_inclusion(
                leaf=hashes[index], index=other, size=size, proof=proof, root=root
            )
        with pytest.raises(ProofError):
            tree.verify_inclusion(
                leaf=hashes[other], index=index, size=size, proof=proof, root=root
            )


@given(sizes, st.data())
def test_a_proof_with_a_hash_changed_added_or_taken_fails(size, data):
    hashes = made(size)
    index = data.draw(st.integers(0, size - 1))
    proof = tree.inclusion_proof(index, size, nodes(hashes))
    root = tree.root_of(hashes)
    broken = [[*proof, root], [root, *proof]]
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        broken += [proof[:at] + proof[at + 1 :], [*proof[:at], root, *proof[at + 1 :]]]
    for wrong in broken:
        with pytest.raises(ProofError):
            tree.verify_inclusion(
                leaf=hashes[index], index=index, size=size, proof=wrong, root=root
            )


@given(sizes, st.data())
def test_an_older_tree_is_consistent_and_another_is_not(size, data):
    hashes = made(size)
    old = data.draw(st.integers(0, size))
    proof = tree.consistency_proof(old, size, nodes(hashes))
    roots = {"old_root": tree.root_of(hashes[:old]), "new_root": tree.root_of(hashes)}
    tree.verify_consistency(old_size=old, new_size=size, proof=proof, **roots)
    other = tree.leaf_hash(b"another history")
    for name in roots:
        if name == "new_root" and old == 0:
            continue  # an empty tree is consistent with every tree
        with pytest.raises(ProofError):
            tree.verify_consistency(
                old_size=old, new_size=size, proof=proof, **(roots | {name: other})
            )
    with pytest.raises(ProofError):
        tree.verify_consistency(old_size=old, new_size=size, proof=[*proof, other], **roots)
    if proof:
        with pytest.raises(ProofError):
            tree.verify_consistency(old_size=old, new_size=size, proof=proof[:-1], **roots)


@given(st.integers(0, 300), st.lists(st.integers(0, 90), max_size=6))
def test_parts_hashed_apart_make_the_same_root(start, parts):
    hashes = made(start + sum(parts))
    grown = tree.Frontier()
    grown.extend(hashes[:start])
    at = start
    for part in parts:
        pieces = tree.subtrees(at, b"".join(hashes[at : at + part]))
        for level, root in pieces:
            grown.push(root, level)
        at += part
        assert grown.size == at
        assert grown.root() == plain_root(hashes[:at])
        assert tree.Frontier(grown.size, grown.hashes).root() == grown.root()


def test_a_batch_larger_than_one_subtree_makes_the_same_root():
    hashes = b"".join(made(40_000))
    slow = tree.Frontier()
    for at in range(0, len(hashes), 32):
        slow.append(hashes[at : at + 32])
    fast = tree.Frontier()
    fast.extend(hashes[: 7 * 32])
    fast.extend(hashes[7 * 32 :])
    assert (fast.size, fast.root()) == (slow.size, slow.root())


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: tree.Frontier(3, [b"\0" * 32]),
        lambda: tree.Frontier(1, [b"short"]),
        lambda: tree.Frontier(-1),
        lambda: tree.Frontier(2**63),
        lambda: tree.Frontier().extend(b"\0" * 33),
        lambda: tree.Frontier().append(b"short"),
        lambda: tree.Frontier(1, [b"\0" * 32]).push(b"\0" * 32, 1),
        lambda: tree.inclusion_proof(3, 3, nodes(HASHES)),
        lambda: tree.inclusion_proof(-1, 3, nodes(HASHES)),
        lambda: tree.consistency_proof(4, 3, nodes(HASHES)),
        lambda: tree.tree_root(2**70, nodes(HASHES)),
        lambda: tree.verify_inclusion(
            leaf=HASHES[0], index=0, size=2**80, proof=[], root=HASHES[0]
        ),
        lambda: tree.verify_inclusion(leaf=HASHES[0], index=0, size=2, proof=[], root=HASHES[0]),
        lambda: tree.verify_inclusion(leaf=b"", index=0, size=1, proof=[], root=b""),
        lambda: tree.verify_consistency(
            old_size=3, new_size=5, old_root=HASHES[0], new_root=HASHES[1], proof=[]
        ),
        lambda: tree.verify_consistency(
            old_size=5, new_size=3, old_root=HASHES[0], new_root=HASHES[1], proof=[]
        ),
    ],
)
def test_absurd_sizes_and_hashes_are_refused_with_a_sentence(wrong):
    with pytest.raises(ProofError) as caught:
        wrong()
    assert caught.value.sentence.endswith(".")
