"""A policy says what happens by class and context; further classes are looked for when named."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redact_fakes import TRUE, block, made, marked

from pipeline.redact import policy
from pipeline.redact.contexts import CONTEXTS, context_of
from pipeline.redact.policy import DEFAULT_POLICY
from pipeline.redact.replace import redact_text
from pipeline.redact.scan import default_detector, detector_for
from pipeline.redact.spans import CLASSES, FURTHER, Span, settle

KEY = b"a secret of the dataset"
SECRET = made(32)


def asking(**classes):
    return {"version": 2, "classes": DEFAULT_POLICY["classes"] | classes}


def clean(text, asked=DEFAULT_POLICY, path=""):
    return redact_text(text, asked, KEY, path=path).text


@pytest.mark.parametrize(
    ("text", "path", "context"),
    [
        ("x = ^", "a.py", "code"),
        ("x = 'http://^", "a.py", "code"),
        ("x = 1  # see ^", "a.py", "comment"),
        ("int x; // see ^", "a.c", "comment"),
        ("/*\n see\n ^ */", "a.c", "comment"),
        ("/* see */\n ^", "a.c", "code"),
        ("<!--\n ^", "a.html", "comment"),
        ("# Copyright 2020 ^", "a.py", "licence"),
        ("# Copyright 2020 ^", "tests/a.py", "licence"),
        ("/* Licensed under MIT\n * ^", "a.c", "licence"),
        ("x = ^", "tests/a.py", "example"),
        ("x = ^  # why", "src/a_test.go", "example"),
        ("# ^", "examples/a.py", "example"),
        ("x = ^", ".env.example", "example"),
        ("x = ^", "src/latest/contest.py", "code"),
    ],
)
def test_the_context_of_a_value(text, path, context):
    assert context_of(text.replace("^", "value1"), text.index("^"), "KEY", path) == context


def test_a_class_may_be_left_in_one_context_and_redacted_in_another():
    asked = asking(KEY={"code": "redact", "comment": "redact", "example": "leave"})
    text = f'token = "{SECRET}"\n'
    assert SECRET not in clean(text, asked, "src/a.py")
    assert SECRET in clean(text, asked, "tests/a.py")
    # Of what the policy leaves out nothing is shown.
    assert SECRET not in clean(f'# author token = "{SECRET}"', asked, "tests/a.py")


def test_a_context_may_drop_the_row():
    asked = asking(EMAIL={"code": "drop-row", "comment": "redact"})
    assert redact_text("send('ada@real.net')", asked, KEY).drop
    assert clean("x = 1  # ada@real.net", asked) == "x = 1  # <EMAIL>"


def test_contexts_reach_the_shades_of_a_class():
    classes = {"EMAIL": {"licence": "drop-row", "code": "leave"}}
    asked = {"version": 1, "classes": classes}
    assert redact_text("# Copyright Ada <ada@real.net>", asked, KEY).drop
    asked["classes"]["EMAIL_LICENSE"] = "leave"  # what is said of the shade itself counts first
    assert not redact_text("# Copyright Ada <ada@real.net>", asked, KEY).drop


def test_names_and_user_names_are_left_unless_the_policy_says_otherwise():
    text = "Signed-off-by: Ada Byron <ada@real.net>\ncd /home/abyron/x\n"
    result = redact_text(text, DEFAULT_POLICY, KEY)
    assert result.text == text.replace("ada@real.net", "<EMAIL>")
    assert result.left == {"NAME": 1, "USERNAME": 1}
    told = clean(text, asking(NAME="redact", USERNAME="redact"))
    assert told == "Signed-off-by: <NAME> <<EMAIL>>\ncd /home/<USERNAME>/x\n"
    old = {"version": 1, "classes": {"EMAIL": "redact"}}  # written before names were looked for
    assert "Ada Byron" in clean(text, old)


@pytest.mark.parametrize(
    ("text", "cls"),
    [
        ("# Copyright 2020 Ada Byron", "NAME_LICENSE"),
        ("Signed-off-by: Ada Byron <>", "NAME"),
        ("Signed-off-by: Jane Doe <>", "NAME_EXAMPLE"),
        (" * @author abyron\n", "USERNAME_LICENSE"),
        ("# TODO(abyron)", "USERNAME"),
        ("cd /home/alice/x", "USERNAME_EXAMPLE"),
        ("to me@example.org", "EMAIL_EXAMPLE"),
        ("# Copyright me@example.org", "EMAIL_EXAMPLE"),
    ],
)
def test_real_licence_and_example(text, cls):
    assert [span.cls for span in default_detector().detect(text)] == [cls]


@pytest.mark.parametrize(
    ("rule", "cls"),
    [
        ("phone-international", "PHONE"),
        ("payment-card", "PAYMENT_CARD"),
        ("us-ssn", "NATIONAL_ID"),
    ],
)
def test_a_further_class_is_looked_for_when_the_policy_names_it(rule, cls):
    text, value = marked(TRUE[rule][0])
    assert clean(text) == text
    assert clean(text, asking(**{cls: "redact"})) == text.replace(value, f"<{cls}>")


def test_key_blocks_and_passwords_in_urls_have_classes_of_their_own_when_named():
    text = f"{block()}\n{'db://u'}:zw9kq!x@h.net/\n"
    assert clean(text).startswith("<KEY>")
    assert "<PASSWORD>@" in clean(text)
    asked = asking(PRIVATE_KEY="redact", URL_CREDENTIALS="leave")
    assert clean(text, asked).startswith("<PRIVATE_KEY>")
    assert "zw9kq!x" in clean(text, asked)
    assert redact_text(text, asking(PRIVATE_KEY="drop-row"), KEY).drop


def test_policies_of_the_same_classes_share_a_detector():
    assert detector_for(DEFAULT_POLICY) is default_detector()
    assert detector_for(asking(PHONE="redact")) is detector_for(asking(PHONE="leave"))
    assert detector_for(asking(PHONE="redact")) is not default_detector()


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"KEY": {"code": "delete"}}, "delete"),
        ({"KEY": {"nowhere": "leave"}}, "nowhere"),
        ({"KEY": {"code": ["leave"]}}, "KEY"),
    ],
)
def test_a_wrong_treatment_is_refused_in_one_sentence(wrong, named):
    with pytest.raises(ValueError, match=named) as caught:
        policy.check({"version": 1, "classes": wrong})
    assert str(caught.value).endswith(".")


def test_a_treatment_by_context_can_be_applied_and_told():
    policy.check(asking(KEY=dict.fromkeys(CONTEXTS, "leave"), **dict.fromkeys(FURTHER, "redact")))
    assert policy.by_context("leave") == dict.fromkeys(CONTEXTS, "leave")
    assert policy.by_context({"code": "leave"})["comment"] == "redact"
    assert policy.action(asking(KEY={"code": "leave"}), "KEY", "comment") == "redact"


PIECES = [marked(example)[0] for examples in TRUE.values() for example in examples]
pieces = st.one_of(
    st.sampled_from(PIECES),
    st.sampled_from(
        ["\n", "\r\n", " ", '"', "# ", "/* ", " */", "# Copyright ", "by ", "🎉", "\0"]
    ),
    st.text(max_size=8),
)
treatments = st.one_of(
    st.sampled_from(policy.ACTIONS[:2]),
    st.dictionaries(st.sampled_from(CONTEXTS), st.sampled_from(policy.ACTIONS[:2])),
)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(pieces, max_size=8).map("".join),
    st.dictionaries(st.sampled_from([c for c in CLASSES if c not in FURTHER]), treatments),
    st.sampled_from(["", "src/a.py", "tests/a.py"]),
)
def test_twice_is_once_and_lines_stay_under_any_policy(text, classes, path):
    asked = {"version": 1, "classes": classes | dict.fromkeys(FURTHER, "redact")}
    once = redact_text(text, asked, KEY, path=path)
    assert redact_text(once.text, asked, KEY, path=path).text == once.text
    assert once.drop or len(once.text.splitlines()) == len(text.splitlines())


kinds = st.sampled_from(["KEY", "EMAIL", "NAME", "USERNAME_LICENSE"])
spans = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 12), kinds).map(
        lambda told: Span(told[0], told[0] + told[1], told[2])
    )
)


@given(spans)
def test_settled_spans_cover_the_same_without_overlap_and_names_take_nothing_along(found):
    settled = settle(found)
    assert settled == sorted(settled)
    assert all(left.end <= right.start for left, right in pairwise(settled))

    def covered(some):
        return {at for span in some for at in range(span.start, span.end)}

    def others(some):
        return [span for span in some if not span.cls.startswith(("NAME", "USERNAME"))]

    assert covered(settled) == covered(found)
    assert covered(others(settled)) == covered(others(found))
