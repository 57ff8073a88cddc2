"""Canonical entries and commitments."""

import copy
import hashlib
import hmac
import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from client import entries
from client.errors import EntryError
from tests.client import logs

keys = st.text(st.characters(max_codepoint=126), max_size=8)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
plain = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | words
values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner)
)
objects = st.dictionaries(keys, values, max_size=6)


@given(objects)
def test_what_is_written_is_read_as_the_same(value):
    data = entries.canonical(value)
    assert json.loads(data) == value
    assert entries.canonical(json.loads(data)) == data


@given(objects, st.randoms())
def test_the_order_of_keys_makes_no_difference(value, random):
    pairs = list(value.items())
    random.shuffle(pairs)
    assert entries.canonical(dict(pairs)) == entries.canonical(value)


@given(objects, objects)
def test_different_values_have_different_bytes(one, other):
    # By JSON's own idea of equality: True is not 1.
    assume(json.dumps(one, sort_keys=True) != json.dumps(other, sort_keys=True))
    assert entries.canonical(one) != entries.canonical(other)


def test_the_bytes_are_those_of_rfc_8785():
    value = {"b": '\u20ac$\x0f\nA\'B"\\\\"/', "a": [True, None, -7], "\x7f": {}}
    wanted = '{"a":[true,null,-7],"b":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/","\x7f":{}}'
    assert entries.canonical(value) == wanted.encode()


@pytest.mark.parametrize("name", sorted(logs.leaf_of(0)))
def test_every_field_is_in_the_leaf(name):
    leaf = logs.leaf_of(5)
    if name == "v":
        with pytest.raises(EntryError):
            entries.leaf_bytes(leaf | {"v": 2})
        return
    value = "0" * 64 if name == "commitment" else logs.changed(leaf[name])
    assert entries.leaf_bytes(leaf | {name: value}) != entries.leaf_bytes(leaf)


def test_a_leaf_says_its_version():
    leaf = logs.leaf_of(5)
    del leaf["v"]
    assert b'"v":1' in entries.leaf_bytes(leaf)
    assert entries.leaf_bytes(leaf) == entries.leaf_bytes(leaf | {"v": 1})


@pytest.mark.parametrize(
    "change",
    [
        {"v": True},
        {"v": "1"},
        {"index": -1},
        {"index": None},
        {"index": True},
        {"index": 2**53},
        {"commitment": ""},
        {"commitment": "A" * 64},
        {"personal": None},
        {"salt": None},
        {"detail": 1.5},
        {"detail": float("nan")},
        {"detail": b"bytes"},
        {"detail": (1, 2)},
        {"detail": 2**53},
        {"detail": "\ud800"},
        {"detail": {1: "one"}},
        {"detail": {"\u00e9": "one"}},
        {5: "five"},
        {"detail": "x" * 65_536},
    ],
)
def test_what_has_no_canonical_form_is_refused_with_a_sentence(change):
    with pytest.raises(EntryError) as caught:
        entries.leaf_bytes(logs.leaf_of(5) | change)
    assert caught.value.sentence.endswith(".")


@pytest.mark.parametrize("name", ["index", "commitment"])
def test_a_leaf_must_have_its_place_and_its_commitment(name):
    leaf = logs.leaf_of(5)
    del leaf[name]
    with pytest.raises(EntryError):
        entries.leaf_bytes(leaf)
    assert entries.leaf_bytes(logs.leaf_of(5, commitment=None))


def test_depth_has_a_bound():
    deep: object = "bottom"
    for _ in range(2000):
        deep = [deep]
    with pytest.raises(EntryError, match="deeper"):
        entries.canonical({"detail": deep})


def test_a_commitment_is_hmac_sha256_of_the_canonical_fields():
    data = b'{"email":"ada@university.example","user_id":7}'
    wanted = hmac.new(logs.salt_of(1), data, hashlib.sha256).hexdigest()
    personal = {"user_id": 7, "email": "ada@university.example"}
    assert entries.commitment(logs.salt_of(1), personal) == wanted


@pytest.mark.parametrize("name", sorted(logs.personal_of(0)))
def test_every_personal_field_is_in_the_commitment(name):
    personal = logs.personal_of(5)
    other = copy.deepcopy(personal) | {name: logs.changed(personal[name])}
    leaf, salt = logs.leaf_of(5), logs.salt_of(5)
    entries.check_opens(leaf, salt, personal)
    for wrong in ((salt, other), (logs.salt_of(6), personal)):
        with pytest.raises(EntryError):
            entries.check_opens(leaf, *wrong)


@given(st.binary(max_size=64).filter(lambda salt: len(salt) != 32))
def test_a_salt_has_one_length(salt):
    with pytest.raises(EntryError):
        entries.commitment(salt, logs.personal_of(5))
