"""Every rule: it compiles alone in both engines, finds what it says, and leaves its look-alikes."""

from dataclasses import replace

import hyperscan
import pytest
import re2
from redact_fakes import FALSE, TRUE, each, marked

from pipeline.redact.rules import RULES, Rule
from pipeline.redact.scan import Detector, compile_hyperscan, compile_re2, default_detector
from pipeline.redact.services import SERVICE_KEYS
from pipeline.redact.spans import CLASSES, FURTHER

BY_NAME = {rule.name: rule for rule in RULES}
each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


@each_rule
def test_pattern_compiles_alone_in_both_engines(rule):
    assert compile_re2(rule.pattern).groups <= 1
    compile_hyperscan([rule.pattern])


@each_rule
def test_pattern_matches_no_empty_text(rule):
    assert not compile_re2(rule.pattern).search(b"")


@each_rule
def test_rule_says_where_its_format_comes_from(rule):
    assert rule.source.startswith("https://") if rule in SERVICE_KEYS else len(rule.source) > 8
    assert rule.cls in CLASSES
    assert 0 < rule.score <= 1


def test_rules_have_different_names_and_each_has_an_example():
    assert len(BY_NAME) == len(RULES)
    assert len([rule for rule in SERVICE_KEYS if rule.enabled]) >= 200
    assert set(TRUE) == set(BY_NAME)
    assert set(FALSE) <= set(BY_NAME)


def test_engines_refuse_what_a_rule_must_not_have():
    for pattern in (r"(?<=a)b", r"(a)\1"):
        with pytest.raises(hyperscan.HyperscanError):
            compile_hyperscan([pattern])
        with pytest.raises(re2.error):
            compile_re2(pattern)


def alone(name: str) -> Detector:
    """Only this rule, switched on."""
    rule = replace(BY_NAME[name], enabled=True, finer="")
    return Detector([rule], engine="re2", further=FURTHER)


@pytest.mark.parametrize(("name", "example"), each(TRUE))
def test_true_example(name, example):
    text, value = marked(example)
    [span] = alone(name).detect(text)
    assert text[span.start : span.end] == value
    assert (plain(span.cls), span.rule) == (BY_NAME[name].cls, name)


def plain(cls: str) -> str:
    return cls.removesuffix("_LICENSE").removesuffix("_EXAMPLE")


EVERY = Detector(further=FURTHER - {"PRIVATE_KEY", "URL_CREDENTIALS"})
ON = {name: examples for name, examples in TRUE.items() if BY_NAME[name].enabled}


@pytest.mark.parametrize(("name", "example"), each(ON))
def test_true_example_among_all_rules(name, example):
    """Another rule may find it first, but it is found whole and under its class."""
    text, value = marked(example)
    found = EVERY if BY_NAME[name].cls in FURTHER else default_detector()
    told = [(text[s.start : s.end], plain(s.cls)) for s in found.detect(text)]
    assert (value, BY_NAME[name].cls) in told


@pytest.mark.parametrize(("name", "example"), each(FALSE))
def test_false_example(name, example):
    found = alone(name).detect(example)
    assert [example[span.start : span.end] for span in found] == []


def test_a_rule_that_is_switched_off_does_not_fire():
    rule = Rule("off", "KEY", "abc", "nowhere at all", enabled=False)
    on = Rule("on", "KEY", "abc", "nowhere at all")
    assert Detector([rule]).rules == ()
    assert Detector([rule]).detect("abc") == []
    assert len(Detector([rule, on]).detect("abc")) == 1
