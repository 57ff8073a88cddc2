"""What may stand in terms, and what changed between two versions of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.errors import InvalidError
from governance.terms import defaults, texts
from governance.terms.texts import ClauseSpec, Piece

CLAUSES = list(defaults.CLAUSES)
LAW = "The Recipient shall delete every copy within ninety days of a withdrawal."


def check(**told):
    whole = {
        "number": "1.0",
        "title": defaults.TITLE,
        "clauses": defaults.CLAUSES,
        "uses": defaults.USES,
    }
    texts.check(**whole | told)


def test_the_terms_that_a_dataset_starts_with_can_be_published():
    check()


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"number": "draft"}, "number"),
        ({"number": "1.0.0.0"}, "number"),
        ({"number": "1\n"}, "number"),
        ({"title": " "}, "title"),
        ({"clauses": []}, "clauses"),
        ({"clauses": CLAUSES * 13}, "clauses"),
        ({"clauses": [*CLAUSES[:4], ClauseSpec("", "law", "plain")]}, "clause_5_title"),
        ({"clauses": [*CLAUSES[:4], ClauseSpec("t", " ", "plain")]}, "clause_5_law"),
        ({"clauses": [*CLAUSES[:4], ClauseSpec("t", "x" * 8001, "plain")]}, "clause_5_law"),
        ({"uses": [{"use": "Eat it", "answer": "maybe", "clause": "1"}]}, "use_1_answer"),
        ({"uses": [{"use": "Eat it", "answer": "conditional", "clause": "1"}]}, "use_1_condition"),
        ({"uses": [{"use": "Eat it", "answer": "forbidden", "clause": "6"}]}, "use_1_clause"),
        ({"uses": [{"use": "Eat it", "answer": "forbidden", "clause": ""}]}, "use_1_clause"),
    ],
)
def test_what_is_missing_is_named(told, field):
    with pytest.raises(InvalidError) as refused:
        check(**told)
    assert field in refused.value.fields


def states(old, new):
    return [(each.state, each.number, each.before) for each in texts.compare(old, new)]


def test_a_clause_that_came_and_one_that_went():
    new = [*CLAUSES[:4], ClauseSpec("Deletion", LAW, "Delete it.")]
    assert states(CLAUSES, new) == [
        ("same", 1, 1),
        ("same", 2, 2),
        ("same", 3, 3),
        ("same", 4, 4),
        ("added", 5, None),
        ("removed", None, 5),
    ]


def test_a_clause_that_was_renamed_is_known_by_its_words():
    old = ClauseSpec("Deletion", LAW, "Delete it.")
    new = old._replace(title="What is deleted", law=LAW.replace("ninety", "thirty"))
    [told] = texts.compare([old], [new])
    assert (told.state, told.title_before) == ("changed", "Deletion")
    assert told.law == [
        Piece("same", "The Recipient shall delete every copy within "),
        Piece("out", "ninety "),
        Piece("in", "thirty "),
        Piece("same", "days of a withdrawal."),
    ]


def test_a_clause_that_only_moved_stays_the_same():
    assert states(CLAUSES, CLAUSES[::-1]) == [("same", at, 6 - at) for at in range(1, 6)]


def test_a_change_of_the_plain_words_alone_is_a_change():
    new = [CLAUSES[0]._replace(plain="Other words."), *CLAUSES[1:]]
    assert states(CLAUSES, new)[0] == ("changed", 1, 1)


WORDS = st.lists(st.sampled_from(["a", "b", "c\n", "d  "]), max_size=12).map(" ".join)


@given(WORDS, WORDS)
def test_the_marks_hold_both_texts_word_for_word(old, new):
    pieces = texts.words(old, new)
    came = "".join(each.text for each in pieces if each.kind != "out")
    went = "".join(each.text for each in pieces if each.kind != "in")
    assert came.split() == new.split()
    assert went.split() == old.split()


def test_huge_texts_are_replaced_rather_than_compared_for_minutes():
    old, new = "a " * 3000, "b " * 3000
    assert texts.words(old, new) == [Piece("out", old), Piece("in", new)]


def test_lines_of_the_table_of_uses_say_what_became_of_them():
    old = [
        {"use": "Train", "answer": "permitted", "condition": "", "clause": "1"},
        {"use": "Share", "answer": "permitted", "condition": "", "clause": "3"},
        {"use": "Sell", "answer": "forbidden", "condition": "", "clause": "3"},
    ]
    new = [
        {"use": "Train", "answer": "permitted", "condition": "", "clause": "2"},
        {"use": "Share", "answer": "conditional", "condition": "Ask.", "clause": "3"},
        {"use": "Teach", "answer": "permitted", "condition": "", "clause": "1"},
    ]
    told = [(state, each["use"]) for state, each in texts.compare_uses(old, new)]
    assert told == [
        ("same", "Train"),
        ("changed", "Share"),
        ("added", "Teach"),
        ("removed", "Sell"),
    ]
