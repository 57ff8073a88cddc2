"""A small log for tests: made, sealed, exported, and then tampered with."""

import copy
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from client import audit, entries, export, notes, receipts, tiles, tree
from client.checkpoint import Checkpoint
from client.findings import Report

ORIGIN = "data.example.org/audit"
Row = dict[str, object]


def key(seed: str = "first") -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest())


def verifier(seed: str = "first", name: str = ORIGIN) -> notes.Verifier:
    return notes.verifier_of(key(seed), name)


def salt_of(index: int) -> bytes:
    return hashlib.sha256(b"salt %d" % index).digest()


def personal_of(index: int) -> Row:
    return {
        "address": f"2001:db8::{index:x}",
        "agent": "huggingface_hub/2.4.0",
        "email": f"ada{index}@university.example",
        "name": "Ada Lovelace",
        "purpose": 'Training a "small" model, for study \u2014 and {fun}',
        "token": "",
        "user_id": index,
    }


def leaf_of(index: int, **changed: object) -> Row:
    leaf: Row = {
        "action": "download.allow",
        "artefact": f"processed/python/{index:04d}.parquet",
        "at": "2026-11-23T18:00:01.123456Z",
        "commitment": entries.commitment(salt_of(index), personal_of(index)),
        "dataset": "gatehouse/shelf",
        "detail": {"rows": [index, 2], "index": 7} if index % 3 else {},
        "grant": None,
        "index": index,
        "outcome": "allowed",
        "privileged": False,
        "reason": "",
        "reasons": [],
        "terms_version": "1.0",
        "tier": "processed",
        "v": 1,
        "version": "1.2",
    }
    return leaf | changed


def row(index: int) -> Row:
    """The line of an entry, as a JSON reader sees it."""
    leaf = leaf_of(index)
    return {
        "hash": sealed(leaf),
        "index": index,
        "leaf": leaf,
        "personal": personal_of(index),
        "salt": salt_of(index).hex(),
    }


def sealed(leaf: Row) -> str:
    return tree.leaf_hash(entries.canonical(leaf)).hex()


@dataclass
class Log:
    """A log of `size` entries; `rows` may be changed before the export is written."""

    size: int
    seed: str = "first"
    origin: str = ORIGIN
    rows: list[Row] = field(default_factory=list)
    older: list[str] = field(default_factory=list)
    rotations: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rows = [row(index) for index in range(self.size)]
        self.hashes = [bytes.fromhex(str(one["hash"])) for one in self.rows]
        self.note = self.checkpoint(self.size)

    def checkpoint(self, size: int, **changed: object) -> str:
        fields = {"origin": self.origin, "size": size, "root": tree.root_of(self.hashes[:size])}
        return Checkpoint(**(fields | changed)).signed(key(self.seed), self.origin)

    def tiles(self) -> dict[str, bytes]:
        made = tiles.grow(0, b"".join(self.hashes), {}.__getitem__)
        return {tile.path: data for tile, data in made}

    def receipt(self, index: int, size: int | None = None) -> Row:
        size = size or self.size
        files = {t.path: d for t, d in tiles.grow(0, b"".join(self.hashes[:size]), {}.__getitem__)}
        proof = tree.inclusion_proof(index, size, tiles.Reader(size, files.__getitem__).node)
        return receipts.make(
            leaf=leaf_of(index),
            personal=personal_of(index),
            salt=salt_of(index),
            proof=proof,
            note=self.checkpoint(size),
            rotations=self.rotations,
        )

    def header(self, **changed: object) -> bytes:
        right = export.header_line(self.note, rotations=self.rotations, older=self.older)
        return line(json.loads(right) | changed)

    def data(self, **header: object) -> bytes:
        return self.header(**header) + b"".join(line(one) for one in self.rows)

    def check(self, folder: Path, **arguments: object) -> Report:
        """Export to a folder and verify, as the pinned first key's owner would."""
        path = folder / "export.jsonl"
        path.write_bytes(self.data())
        return check(path, **arguments)


def line(one: Row) -> bytes:
    """A line in the canonical spelling, whatever it holds."""
    return (
        json.dumps(one, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    )


def check(path: Path, seeds: Sequence[str] = ("first",), **arguments: object) -> Report:
    return audit.verify(path, [verifier(seed) for seed in seeds], **arguments)


def changed(value: object) -> object:
    """Another value of the same kind."""
    changes: list[tuple[type, Callable]] = [
        (bool, lambda old: not old),
        (int, lambda old: old + 1),
        (str, lambda old: old + "x"),
        (list, lambda old: [*old, "x"]),
        (dict, lambda old: old | {"x": 1}),
        (type(None), lambda _old: 5),
    ]
    value = copy.deepcopy(value)
    return next(change(value) for kind, change in changes if isinstance(value, kind))


def codes(report: Report) -> set[str]:
    return {item.code for item in report.findings}


def named(report: Report, code: str) -> list[tuple[int | None, int | None]]:
    return [(item.first, item.last) for item in report.findings if item.code == code]
