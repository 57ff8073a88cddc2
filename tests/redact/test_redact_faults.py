"""Faults of an earlier redactor that this one must not have, and redaction of found values."""

import random
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redact_fakes import JWT, TRUE, block, made, marked

from pipeline.redact.policy import DEFAULT_POLICY
from pipeline.redact.replace import redact, redact_text, redact_texts
from pipeline.redact.rules import RULES
from pipeline.redact.scan import default_detector
from pipeline.redact.spans import FURTHER, Span

KEY = b"a secret of the dataset"


def clean(text: str) -> str:
    return redact_text(text, DEFAULT_POLICY, KEY).text


def test_fault_1_a_secret_at_the_start_or_beside_another_adds_no_blank():
    assert redact("abcdef;", [Span(0, 6, "KEY")], DEFAULT_POLICY, KEY).text == "<KEY>;"
    text, spans = "pw=abcdefghij;", [Span(3, 8, "PASSWORD"), Span(8, 13, "PASSWORD")]
    assert redact(text, spans, DEFAULT_POLICY, KEY).text == "pw=<PASSWORD>;"
    secret = made(32)
    assert clean(f'token="{secret}"') == 'token="<KEY>"'


def test_fault_2_a_nested_span_does_not_print_the_tail():
    text = "x AAAA-secretpart-BBBB y"
    spans = [Span(2, 22, "PASSWORD"), Span(7, 13, "PASSWORD")]
    assert redact(text, spans, DEFAULT_POLICY, KEY).text == "x <PASSWORD> y"


@pytest.mark.parametrize("before", ["", "\n", "x\n" * 3, "y" * 300 + "\n"])
def test_fault_3_the_context_of_a_version_is_seen_near_the_head_of_the_file(before):
    assert clean(f"{before}version 81.169.145.66") == f"{before}version 81.169.145.66"
    assert "81.169.145.66" not in clean(f"{before}host 81.169.145.66")


def test_fault_4_one_detector_a_process_and_no_files(monkeypatch):
    first = default_detector()
    monkeypatch.setattr("builtins.open", None)
    assert first.detect("a@real.net")
    assert default_detector() is first


def test_fault_5_surrogates_depend_on_key_and_value_alone():
    texts = [f"host 81.169.145.{n}" for n in range(60, 80)]
    whole = [r.text for r in redact_texts(texts, DEFAULT_POLICY, KEY)]
    assert [clean(text) for text in reversed(texts)] == whole[::-1]
    code = (
        "from pipeline.redact.replace import redact_text as r;"
        "from pipeline.redact.policy import DEFAULT_POLICY as p;"
        f"print(r('host 81.169.145.60', p, {KEY!r}).text)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == whole[0]
    assert redact_text(texts[0], DEFAULT_POLICY, b"another").text != whole[0]


def test_fault_6_every_span_of_a_text_counts():
    result = redact_text("a@real.net b@real.net a@real.net", DEFAULT_POLICY, KEY)
    assert result.counts == {"EMAIL": 3}


def test_fault_7_a_short_value_does_not_rewrite_other_words():
    text = "al also"
    assert redact(text, [Span(0, 2, "PASSWORD")], DEFAULT_POLICY, KEY).text == "<PASSWORD> also"


def test_fault_8_marks_of_rules_are_met_whatever_their_case():
    secret = made(24)
    for name in ("API_KEY", "apiKey", "Api_Key", "api-key"):
        assert clean(f'{name} = "{secret}"') == f'{name} = "<KEY>"'


def test_an_address_in_a_licence_header_stays_and_is_counted_apart():
    text = "# Copyright 2020 Ada <ada@real.net>\n\nsend('bob@real.net')\n"
    result = redact_text(text, DEFAULT_POLICY, KEY)
    assert result.text == text.replace("bob@real.net", "<EMAIL>")
    assert (result.counts, result.left) == ({"EMAIL": 1}, {"EMAIL_LICENSE": 1})


@pytest.mark.parametrize(
    "text",
    [
        "/*\n * Licensed under MIT\n * mail to ada@real.net\n */\nint x;",
        '"""Tool.\n\nCopyright\n  ada@real.net\n"""\n',
        '__author__ = "Ada <ada@real.net>"',
        '{"author": "ada@real.net"}',
        "    # by Ada Byron <ada@real.net>",
        "<!-- SPDX-License-Identifier: MIT\n ada@real.net -->",
    ],
)
def test_attributions(text):
    found = [span.cls for span in default_detector().detect(text)]
    assert [cls for cls in found if cls.startswith("EMAIL")] == ["EMAIL_LICENSE"]
    assert set(found) <= {"EMAIL_LICENSE", "NAME_LICENSE"}


@pytest.mark.parametrize(
    "text",
    [
        "# MIT licence\nimport x\nsend('ada@real.net')",
        "authorize('ada@real.net')",
        "# just a note to ada@real.net",
        "\n" * 6000 + "# licence\n# ada@real.net",
    ],
)
def test_what_is_no_attribution(text):
    assert [span.cls for span in default_detector().detect(text)] == ["EMAIL"]


def test_a_value_that_is_redacted_in_the_body_leaves_the_header_too():
    text = "# Copyright Ada <ada@real.net>\nsend('ada@real.net')\n"
    assert "ada@real.net" not in clean(text)


def test_what_looked_harmless_beside_a_value_that_goes_is_found_in_the_end():
    once = clean("version@real.net 81.169.145.66")
    assert "81.169" not in once
    assert clean(once) == once


LEFT = {"NAME", "USERNAME", *FURTHER}  # as the default policy has it
OFF = {rule.name for rule in RULES if not rule.enabled or rule.cls in LEFT}
EXAMPLES = [
    marked(example) for name, examples in TRUE.items() for example in examples if name not in OFF
]


@pytest.mark.parametrize(("text", "value"), EXAMPLES, ids=range(len(EXAMPLES)))
def test_no_part_of_a_found_value_is_left(text, value):
    text = f"{text}\nagain {value}\n"
    result = redact_text(text, DEFAULT_POLICY, KEY)
    cuts = {value[at : at + 8] for at in range(0, len(value) - 7)}
    assert result.counts
    assert not [cut for cut in cuts if cut in result.text and "-----" not in cut]
    assert len(result.text.splitlines()) == len(text.splitlines())


pieces = st.one_of(
    st.sampled_from([text for text, _ in EXAMPLES]),
    st.sampled_from(
        ["\n", "\r\n", " ", '"', "version ", "# Copyright ", "🎉", "e\u0301", "\0", "@"]
    ),
    st.text(max_size=12),
)


@settings(deadline=None)
@given(st.lists(pieces, max_size=8).map("".join))
def test_redacting_twice_is_redacting_once(text):
    once = redact_text(text, DEFAULT_POLICY, KEY)
    again = redact_text(once.text, DEFAULT_POLICY, KEY)
    assert again.text == once.text
    assert not again.counts
    if not once.drop:
        assert len(once.text.splitlines()) == len(text.splitlines())


@settings(deadline=None)
@given(st.lists(pieces, max_size=6).map("".join))
def test_offsets_are_code_points(text):
    for span in default_detector().detect(text):
        assert 0 <= span.start < span.end <= len(text)
    shifted = "🎉漢é" + "\n" + text
    there = [(s.start - 4, s.end - 4, s.cls) for s in default_detector().detect(shifted)]
    plain = [(s.start, s.end, s.cls) for s in default_detector().detect("????"[:3] + "\n" + text)]
    assert there == [(start - 4, end - 4, cls) for start, end, cls in plain]


def test_a_lone_surrogate_does_not_stop_the_detector():
    text = "\ud800 a@real.net \udfff"
    [span] = default_detector().detect(text)
    assert text[span.start : span.end] == "a@real.net"
    assert clean(text) == "\ud800 <EMAIL> \udfff"


def test_line_ends_within_a_key_block_are_kept():
    for newline in ("\n", "\r\n"):
        text = f"a{newline}{block(newline=newline)}{newline}b"
        assert clean(text) == f"a{newline}<KEY>{newline * 8}b"


def test_texts_of_nothing_but_values():
    chance = random.Random(3)
    text = "\n".join(chance.choice([JWT, made(36, name=str(n))]) for n in range(50))
    assert clean(text).count("<KEY>") == text.count(JWT)
