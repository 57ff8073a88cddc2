"""Surrogates and policies."""

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redact_fakes import JWT, TRUE, block, made, marked

from pipeline.redact import policy
from pipeline.redact.scan import default_detector
from pipeline.redact.spans import CLASSES, FURTHER
from pipeline.redact.surrogates import BREAKS, disguise, surrogate, token

KEY = b"a secret of the dataset"
EXAMPLES = [marked(example)[1] for examples in TRUE.values() for example in examples]
RESERVED = [
    ipaddress.ip_network(net)
    for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]


@settings(deadline=None)  # the first one makes the detector
@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str), st.binary(min_size=1))
def test_addresses_become_reserved_ones_that_are_not_found_again(value, key):
    shown = surrogate(value, "IP_ADDRESS", key)
    assert any(ipaddress.ip_address(shown) in net for net in RESERVED)
    assert (":" in shown) == (":" in value)
    assert shown == surrogate(value, "IP_ADDRESS", key)
    assert default_detector().detect(f"host {shown}:80 [{shown}]") == []


def test_different_addresses_mostly_have_different_surrogates():
    shown = {surrogate(f"81.169.{n}.1", "IP_ADDRESS", KEY) for n in range(200)}
    assert len(shown) > 150


@pytest.mark.parametrize("cls", CLASSES)
def test_no_token_is_found_again(cls):
    name = token(cls)
    for text in (name, f'password = "{name}"', f"API_KEY={name}\n", f"https://u:{name}@h.net"):
        assert default_detector().detect(text) == []


@given(st.text(min_size=1), st.sampled_from(CLASSES))
def test_a_disguise_is_never_the_value(value, cls):
    shown = disguise(value, cls, KEY)
    assert shown != value
    assert len(value) < 6 or value not in shown
    assert shown == disguise(value, cls, KEY)
    assert [c for c in shown if c in BREAKS] == [c for c in value if c in BREAKS]


def test_disguised_mail_stands_at_a_reserved_domain():
    shown = disguise("ada@real.net", "EMAIL", KEY)
    assert shown.partition("@")[2] in ("example.com", "example.org", "example.net")
    assert shown != disguise("bob@real.net", "EMAIL", KEY)
    assert disguise("ada@real.net", "EMAIL_LICENSE", KEY).partition("@")[2].startswith("example.")


@pytest.mark.parametrize(
    "value", ["AKI" + "A" + made(16).upper(), "gh" + "p_" + made(36), JWT], ids=range(3)
)
def test_a_disguised_key_keeps_its_mark_and_shape(value):
    shown = disguise(value, "KEY", KEY)
    assert shown[:3] == value[:3]
    assert [(c.isdigit(), c.islower(), c.isupper()) for c in shown] == [
        (c.isdigit(), c.islower(), c.isupper()) for c in value
    ]
    assert shown[6:] != value[6:]


def test_a_disguised_block_is_a_block_of_as_many_lines():
    value = block()
    shown = disguise(value, "KEY", KEY)
    assert shown.splitlines()[0] == value.splitlines()[0]
    assert shown.splitlines()[-1] == value.splitlines()[-1]
    assert not set(shown.splitlines()[1:-1]) & set(value.splitlines()[1:-1])


def test_another_secret_makes_another_disguise():
    value = made(32)
    assert disguise(value, "KEY", KEY) != disguise(value, "KEY", b"another")
    assert disguise(value, "KEY", KEY) != disguise(value, "KEY", KEY, attempt=16)


def test_the_default_policy_can_be_applied_and_covers_every_class():
    policy.check(policy.DEFAULT_POLICY)
    assert set(policy.DEFAULT_POLICY["classes"]) == set(CLASSES) - FURTHER
    assert policy.action(policy.DEFAULT_POLICY, "EMAIL_LICENSE") == "leave"
    assert policy.action(policy.DEFAULT_POLICY, "SOMETHING_NEW") == "redact"


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (None, "two fields"),
        ({"version": 1}, "two fields"),
        ({"version": 1, "classes": {}, "more": 1}, "two fields"),
        ({"version": 0, "classes": {}}, "from 1"),
        ({"version": True, "classes": {}}, "from 1"),
        ({"version": "1", "classes": {}}, "from 1"),
        ({"version": 1, "classes": ["KEY"]}, "map each class"),
        ({"version": 1, "classes": {"KEYS": "redact"}}, "KEYS"),
        ({"version": 1, "classes": {"KEY": "delete"}}, "delete"),
        ({"version": 1, "classes": {"KEY": ["redact"]}}, "KEY"),
    ],
)
def test_a_wrong_policy_is_refused_in_one_sentence(wrong, named):
    with pytest.raises(ValueError, match=named) as caught:
        policy.check(wrong)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)
