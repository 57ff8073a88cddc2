"""Forms as data: what may be asked, and what counts as an answer."""

import pytest

from governance.access.defaults import ANNOTATIONS_FORM
from governance.access.forms import KINDS, RENEWAL, check_answers, check_form
from governance.errors import InvalidError
from tests.factories import ANSWERS

GOOD = {
    "text": {"least": 2, "most": 10},
    "long": {},
    "choice": {"choices": ["a", "b"]},
    "multi-choice": {"choices": ["a", "b", "c"], "most": 2},
    "date": {"least": "2026-01-01", "most": "2026-12-31"},
    "country": {},
    "file": {"types": ["pdf"], "megabytes": 2, "most": 2},
    "declaration": {},
}


def question(of_kind, **more):
    told = {"name": "it", "label": "It?", "kind": of_kind, "required": True}
    return told | GOOD[of_kind] | more


def test_every_kind_can_be_asked_and_the_house_forms_stand():
    assert set(GOOD) == set(KINDS)
    asked = [question(kind, name=f"q{at}") for at, kind in enumerate(KINDS)]
    assert check_form(asked) == asked
    check_form([*ANNOTATIONS_FORM, *RENEWAL])


@pytest.mark.parametrize(
    ("kind", "more", "part"),
    [
        ("text", {"name": "Big Name"}, "1.name"),
        ("text", {"name": "members"}, "1.name"),
        ("text", {"label": " "}, "1.label"),
        ("text", {"kind": "voice"}, "1.kind"),
        ("text", {"help": 7}, "1.help"),
        ("text", {"required": "yes"}, "1.required"),
        ("text", {"least": 11}, "1.least"),
        ("text", {"most": 301}, "1.most"),
        ("text", {"most": True}, "1.most"),
        ("text", {"choices": ["a"]}, "1.choices"),
        ("choice", {"choices": ["a"]}, "1.choices"),
        ("choice", {"choices": ["a", "a"]}, "1.choices"),
        ("multi-choice", {"most": 4}, "1.most"),
        ("date", {"least": "soon"}, "1.least"),
        ("date", {"least": "2027-01-01"}, "1.least"),
        ("file", {"types": ["exe"]}, "1.types"),
        ("file", {"megabytes": 11}, "1.megabytes"),
        ("file", {"most": 6}, "1.most"),
    ],
)
def test_what_is_wrong_in_a_form_is_named(kind, more, part):
    with pytest.raises(InvalidError) as refused:
        check_form([question(kind, **more)])
    assert part in refused.value.fields


def test_two_questions_of_one_name_and_endless_forms_are_refused():
    with pytest.raises(InvalidError) as refused:
        check_form([question("long"), question("text")])
    assert list(refused.value.fields) == ["2.name"]
    with pytest.raises(InvalidError):
        check_form([question("long", name=f"q{at}") for at in range(41)])
    with pytest.raises(InvalidError):
        check_form("text")


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        ("text", "  abc ", "abc"),
        ("choice", "b", "b"),
        ("multi-choice", ["c", "a"], ["a", "c"]),
        ("date", "2026-03-01", "2026-03-01"),
        ("country", "DE", "DE"),
        ("declaration", True, True),
    ],
)
def test_answers_are_kept(kind, given, kept):
    assert check_answers([question(kind)], {"it": given, "other": "x"}) == {"it": kept}


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("text", "x" * 11),
        ("text", "x"),
        ("text", {"a": 1}),
        ("choice", "c"),
        ("choice", ["a"]),
        ("multi-choice", ["d"]),
        ("multi-choice", ["a", "b", "c"]),
        ("multi-choice", "a"),
        ("date", "2027-01-01"),
        ("date", "01/02/2026"),
        ("date", 20260301),
        ("country", "XX"),
        ("declaration", "yes"),
        ("file", "a name is no file"),
    ],
)
def test_answers_that_can_not_stand_are_named(kind, given):
    with pytest.raises(InvalidError) as refused:
        check_answers([question(kind)], {"it": given})
    assert list(refused.value.fields) == ["it"]


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_is_required_must_be_answered(kind):
    with pytest.raises(InvalidError):
        check_answers([question(kind)], {})
    check_answers([question(kind, required=False)], {})
    check_answers([question(kind)], {}, draft=True)


def test_a_draft_may_have_gaps_but_no_novels():
    assert check_answers(ANNOTATIONS_FORM, {"purpose": "short"}, draft=True)["purpose"] == "short"
    with pytest.raises(InvalidError):
        check_answers(ANNOTATIONS_FORM, ANSWERS | {"purpose": "x" * 8001}, draft=True)


def test_files_are_counted():
    asked = [question("file")]
    check_answers(asked, {}, {"it": 2})
    with pytest.raises(InvalidError):
        check_answers(asked, {}, {"it": 3})
