"""Lines that are checked without a JSON reader: what such a reader sees is what was hashed."""

import json

from hypothesis import example, given, settings
from hypothesis import strategies as st

from client import entries, export, scan, tree

NOBODY = {"personal": None, "salt": None}
PIECES = [*'{}",:[]', chr(92), ',"detail":{', '"a":1', '"x":"', '"index":1,']


def line(index: int, leaf: bytes) -> bytes:
    return export.entry_line(index, sealed=tree.leaf_hash(leaf), leaf=leaf, **NOBODY)


def ticket(index: int) -> bytes:
    return entries.canonical(
        {
            "action": "ticket.issue",
            "commitment": None,
            "detail": {"size": 7},
            "index": index,
            "v": 1,
        }
    )


def found(leaf: bytes) -> scan.Part:
    """What is found in a line that says entry 1, after one that is right."""
    lines = line(0, ticket(0)) + line(1, leaf)
    return scan.check(lines, scan.Ask((), frozenset()))


def test_the_line_of_a_ticket_needs_no_reader(monkeypatch):
    right = line(0, ticket(0)) + line(1, ticket(1))
    whole = scan.check(right, scan.Ask((), frozenset()))
    monkeypatch.setattr(scan, "_parses", lambda part: False)
    assert scan.check(right, scan.Ask((), frozenset())) == whole
    assert (whole.entries, whole.faults) == (2, [])


@settings(max_examples=500)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
@example(',"detail":{"a":1}},"x":{"b":1')
@example(',"detail":{"a":"}","b":1')
@example(',"x":"{","y":1')
@example(',"x":"\\",\\"detail\\":{"}')
def test_what_passes_is_what_a_reader_sees(inside: str):
    leaf = f'{{"commitment":null{inside},"index":1,"v":1}}'.encode()
    if found(leaf).faults:
        return
    try:
        seen = json.loads(line(1, leaf))
    except ValueError:
        return  # no reader takes it for anything
    assert set(seen) == {"hash", "index", "leaf", "personal", "salt"}
    assert seen["leaf"] == json.loads(leaf)
