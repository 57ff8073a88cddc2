"""A model has the last word on what rules alone can't tell, and no word on the rest."""

import pytest
from redact_fakes import made

from pipeline.redact.found import Found, Rule, only
from pipeline.redact.scan import Detector
from pipeline.redact.scoring import Scorer


def never(_found: Found) -> bool:
    return False


def short(found: Found) -> bool:
    return len(found.value) < 20


WORD = Rule("word", "PASSWORD", r"word=(\S+)", "own", (only(never),), loose=(only(short),))
SURE = Rule("sure", "KEY", r"key=(\S+)", "own")
BOTH = Rule("both", "PASSWORD", r"both=(\S+)", "own", loose=(only(short),))


class Last:
    """Scores by the last digit of the value, in tenths."""

    name, digest, thresholds = "last digit", "1", {"PASSWORD": 0.5}

    def __init__(self) -> None:
        self.asked: list[tuple[str, bool, str]] = []

    def score(self, candidates):
        self.asked += [(c.found.value, c.strict, c.found.path) for c in candidates]
        return [int(c.found.value[-1]) / 10 for c in candidates]


def kept(detector: Detector, text: str) -> list[tuple[str, float]]:
    return [(text[s.start : s.end], s.score) for s in detector.detect(text, path="a/b.py")]


TEXT = f"word=abc7 word=abc3 key=k1 both=xyz9 both=xyz1 word={made(30)}"


def test_without_a_model_the_strict_judges_decide():
    rules = Detector([WORD, SURE, BOTH])
    assert [value for value, _ in kept(rules, TEXT)] == ["k1", "xyz9", "xyz1"]


def test_a_model_decides_what_is_proposed_and_gives_the_score():
    model = Last()
    assert isinstance(model, Scorer)
    told = kept(Detector([WORD, SURE, BOTH], scorer=model), TEXT)
    assert told == [("abc7", 0.7), ("k1", 0.9), ("xyz9", 0.9)]
    assert model.asked == [
        ("abc7", False, "a/b.py"),
        ("abc3", False, "a/b.py"),
        ("xyz9", True, "a/b.py"),
        ("xyz1", True, "a/b.py"),
    ]


def test_a_model_is_not_asked_about_classes_that_it_does_not_know():
    model = Last()
    model.thresholds = {}
    assert [value for value, _ in kept(Detector([WORD, SURE, BOTH], scorer=model), TEXT)] == [
        "k1",
        "xyz9",
        "xyz1",
    ]
    assert model.asked == []


def test_a_model_that_loses_candidates_is_refused_by_name():
    model = Last()
    model.score = lambda candidates: [1.0]
    with pytest.raises(ValueError, match="last digit gave 1 scores for 4"):
        Detector([WORD, BOTH], scorer=model).detect(TEXT)


def test_training_sees_what_is_for_a_model_to_decide():
    told = Detector([WORD, SURE], propose=True).candidates(TEXT)
    assert [(c.found.value, c.strict) for c in told] == [
        ("abc7", False),
        ("abc3", False),
        ("k1", True),
    ]


@pytest.mark.parametrize("engine", ["hyperscan", "re2"])
def test_engines_ask_a_model_the_same(engine):
    model = Last()
    Detector([WORD, SURE, BOTH], engine=engine, scorer=model).detect("x\n" + TEXT)
    assert len(model.asked) == 4
