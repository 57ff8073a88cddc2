"""What is covered goes, what is not stays, and a value is nowhere else: for any text and spans."""

import base64
import random
from itertools import pairwise
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from pipeline.redact.policy import DEFAULT_POLICY
from pipeline.redact.replace import obfuscate, redact
from pipeline.redact.residue import needles
from pipeline.redact.spans import CLASSES, Span, merge
from pipeline.redact.surrogates import BREAKS, token

KEY = b"a secret of the dataset"
ALL = {"version": 1, "classes": dict.fromkeys(CLASSES, "redact")}
TOKENS = [token(cls) for cls in CLASSES]

# Astral characters, combining marks, line ends of all kinds, NUL; `<` and `>` belong to tokens.
alphabet = st.one_of(
    st.sampled_from("abc 012=\"'\r\n\0\u0301\u0308\u2028é漢🎉👩\u200d%"),
    st.characters(exclude_categories=["Cs"], exclude_characters="<>"),
)
texts = st.text(alphabet, min_size=1, max_size=80)


@st.composite
def spanned(draw, classes=("KEY", "PASSWORD", "EMAIL")):
    text = draw(texts)
    cuts = st.lists(st.integers(0, len(text)), min_size=2, max_size=2).map(sorted)
    drawn = draw(st.lists(st.tuples(cuts, st.sampled_from(classes)), max_size=8))
    return text, [Span(start, end, cls, "drawn") for (start, end), cls in drawn]


def values_of(text: str, spans: list[Span]) -> list[str]:
    both = [*spans, *merge(spans)]
    return [text[s.start : s.end] for s in both if s.end - s.start >= 6]


def without_tokens(text: str) -> str:
    for name in TOKENS:
        text = text.replace(name, "")
    return text


@given(spanned(), st.randoms())
def test_what_is_covered_goes_what_is_not_stays(case, chance):
    text, spans = case
    covered = {at for span in spans for at in range(span.start, span.end)}
    stays = "".join(c for at, c in enumerate(text) if at not in covered or c in BREAKS)
    assume(not any(text.count(value) > 1 for value in values_of(text, spans)))
    result = redact(text, spans, ALL, KEY)
    assume(sum(result.counts.values()) == len(merge(spans)))  # no value stood elsewhere
    assert without_tokens(result.text) == stays
    chance.shuffle(spans)
    assert redact(text, spans, ALL, KEY).text == result.text


@given(spanned(), st.sampled_from(["{}", "x{}y", "{0} {0}", "{}\r\n"]))
@example(("value1 value1", [Span(0, 6, "KEY")]), "{}")
@example(("AAAA-secretpart-BBBB", [Span(0, 20, "PASSWORD"), Span(5, 11, "KEY")]), "{}")
def test_a_value_is_nowhere_else(case, shape):
    text, spans = case
    values = [value for value in values_of(text, spans) if value.strip(BREAKS)]
    text += "\n" + "\n".join(shape.format(form) for value in values for form in forms(value))
    result = redact(text, spans, ALL, KEY)
    for value in values:
        for form in (value, *forms(value)):
            assert form not in result.text
    assert result.drop or breaks(text) == breaks(result.text)


def forms(value: str) -> list[str]:
    data = value.encode()
    coded = [base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()]
    return [value, quote(value, safe=""), quote(value), quote_plus(value), *coded]


def breaks(text: str) -> list[str]:
    return [char for char in text if char in BREAKS]


@given(
    st.binary(max_size=7),
    st.text("abcXYZ019+-_é漢", min_size=6, max_size=30),
    st.binary(max_size=7),
)
def test_a_value_inside_longer_base64_is_found(before, value, after):
    coded = base64.b64encode(before + value.encode() + after).decode()
    text = f'{value} data="{coded}"'
    result = redact(text, [Span(0, len(value), "KEY")], ALL, KEY)
    rest = result.text.partition('data="')[2]
    assert token("KEY") in rest
    assert max(needles({value: "KEY"}), key=len) not in result.text


@given(spanned(classes=CLASSES))
def test_obfuscated_values_are_gone_and_spans_tell_where_surrogates_stand(case):
    text, spans = case
    told, placed = obfuscate(text, spans, KEY)
    for value in values_of(text, spans):
        assert not value.strip(BREAKS) or value not in told
    rest, done = [], 0
    for place in placed:
        assert told[place["start"] : place["end"]] == place["surrogate"]
        assert place["start"] >= done
        assert place["class"] in CLASSES
        rest.append(told[done : place["start"]])
        done = place["end"]
    assert (told, placed) == obfuscate(text, list(reversed(spans)), KEY)
    assert breaks(text) == breaks(told)


@given(spanned(classes=CLASSES))
def test_what_the_policy_leaves_is_counted_and_stays(case):
    text, spans = case
    result = redact(text, spans, {"version": 2, "classes": dict.fromkeys(CLASSES, "leave")}, KEY)
    assert (result.text, result.counts, result.drop) == (text, {}, False)
    assert sum(result.left.values()) == len(merge(spans))


def test_a_class_that_drops_rows_leaves_no_text():
    policy = {"version": 1, "classes": DEFAULT_POLICY["classes"] | {"PASSWORD": "drop-row"}}
    result = redact("pw=abc1", [Span(3, 7, "PASSWORD"), Span(0, 7, "KEY")], policy, KEY)
    assert (result.text, result.drop, result.beside) == ("", True, ())
    assert not redact("pw=abc1", [Span(3, 7, "KEY")], policy, KEY).drop


def test_a_class_that_the_policy_forgot_is_redacted():
    policy = {"version": 1, "classes": {}}
    assert redact("pw=abc1", [Span(3, 7, "PASSWORD")], policy, KEY).text == "pw=<PASSWORD>"


def test_other_texts_of_the_row_lose_the_value_too():
    text = "mail ada@real.net"
    result = redact(text, [Span(5, 17, "EMAIL")], ALL, KEY, beside=("by ada@real.net/x", "y"))
    assert result.beside == ("by <EMAIL>/x", "y")
    assert result.counts == {"EMAIL": 2}


def test_short_values_stay_elsewhere_and_long_ones_do_not():
    text = "al also al; walter walters"
    assert redact(text, [Span(0, 2, "KEY")], ALL, KEY).text == "<KEY> also al; walter walters"
    result = redact(text, [Span(12, 18, "KEY")], ALL, KEY)
    assert result.text == "al also al; <KEY> <KEY>s"


def test_a_value_that_stands_many_times_goes_each_time():
    result = redact("value1;" * 50, [Span(0, 6, "KEY")], ALL, KEY)
    assert (result.text, result.counts) == ("<KEY>;" * 50, {"KEY": 50})


def test_partly_percent_encoded_value_is_found():
    text = "pw: a@b/c&d e=f; u=a%40b/c%26d%20e=f; v=%61%40b/c%26d%20e%3Df, w=a%40b"
    result = redact(text, [Span(4, 15, "KEY")], ALL, KEY)
    assert result.text == "pw: <KEY>; u=<KEY>; v=<KEY>, w=a%40b"


def test_many_values_are_found_as_few_are():
    chance = random.Random(7)
    values = ["".join(chance.choices("abcdef0123456789", k=12)) for _ in range(200)]
    text = "\n".join(values)
    spans = [Span(13 * n, 13 * n + 12, "KEY") for n in range(200)]
    again = "\n".join(f"x{value}y {base64.b64encode(value.encode()).decode()}" for value in values)
    result = redact(f"{text}\n{again}", spans, ALL, KEY)
    assert result.text == "\n".join(["<KEY>"] * 200 + ["x<KEY>y <KEY>"] * 200)


@pytest.mark.parametrize("span", [Span(-1, 2, "KEY"), Span(2, 9, "KEY"), Span(3, 2, "KEY")])
def test_a_span_outside_of_the_text_is_refused(span):
    with pytest.raises(ValueError, match="outside of the text"):
        redact("12345", [span], ALL, KEY)
    with pytest.raises(ValueError, match="outside of the text"):
        obfuscate("12345", [span], KEY)


@given(spanned(classes=CLASSES))
def test_merged_spans_cover_the_same_and_do_not_touch(case):
    _text, spans = case
    merged = merge(spans)

    def covered(spans):
        return {at for span in spans for at in range(span.start, span.end)}

    assert covered(merged) == covered(spans)
    assert all(left.end < right.start for left, right in pairwise(merged))
    for one in merged:
        inside = [s for s in spans if s.start < s.end and one.start <= s.start < one.end]
        assert CLASSES.index(one.cls) == min(CLASSES.index(s.cls) for s in inside)
