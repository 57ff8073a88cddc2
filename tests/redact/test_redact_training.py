"""A model is fitted from labelled text: reproducible, honest, refused when it is stale."""

import json
import random

import pytest

from pipeline.redact.evaluation import Label, Row
from pipeline.redact.labelled import CREDENTIAL, is_held_out
from pipeline.redact.proposals import PROPOSALS
from pipeline.redact.rules import RULES
from pipeline.redact.scan import Detector

WORDS = ("identifier", "settings", "customer", "placeholder", "banner", "default_label")


def corpus(repositories=12):
    """Rows where what is random is true and what is a word is not."""
    draw = random.Random(1)
    rows = []
    for number in range(repositories):
        for file in range(6):
            value = "".join(draw.choices("abcdefghjkmnpqrstuvwxyz23456789", k=24))
            lines = [f'session_token = "{value}"', f'token = "{draw.choice(WORDS)}-{file}x1"']
            text = "\n".join(lines) + "\n"
            at, no = text.index(value), len(lines[0]) + 1
            labels = [
                Label(at, at + len(value), "T", CREDENTIAL),
                Label(no, len(text) - 1, "F", CREDENTIAL),
            ]
            rows.append(Row(f"lab/r{number}", text, labels))
    return rows


def test_proposals_find_nothing_without_a_model():
    text = 'session_token = "kq7vb2xlm9wzr4tsd8fgh3jn"\n'
    found = Detector(PROPOSALS).detect(text)
    proposed = list(Detector(PROPOSALS, propose=True).candidates(text))
    assert found == []
    assert any(each.found.value == "kq7vb2xlm9wzr4tsd8fgh3jn" for each in proposed)
    assert not any(each.strict for each in proposed)


@pytest.mark.extra
def test_the_same_rows_give_the_same_model_and_it_finds_what_it_learned(tmp_path):
    pytest.importorskip("sklearn", reason="requirements-train.txt is not installed")
    pytest.importorskip("onnxruntime", reason="requirements-train.txt is not installed")
    from pipeline.redact import training
    from pipeline.redact.model import CARD, WEIGHTS, Model

    rows = corpus()
    card = training.fit(rows, tmp_path / "a", source="made", digest="0" * 64)
    training.fit(rows, tmp_path / "b", source="made", digest="0" * 64)
    for name in (WEIGHTS, CARD):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert card["figures"]["rules and model"][CREDENTIAL]["recall"] > 0.9
    held = set(card["held_out"])
    assert held
    assert all(map(is_held_out, held))
    assert not held & set(card["learned_from"])
    model = Model(tmp_path / "a")
    spans = Detector(RULES + PROPOSALS, scorer=model).detect(rows[0].content)
    assert [(span.start, span.end) for span in spans] == [
        (label.start, label.end) for label in rows[0].labels if label.truth == "T"
    ]


@pytest.mark.extra
def test_the_weights_say_what_the_fitted_trees_say(tmp_path):
    pytest.importorskip("sklearn", reason="requirements-train.txt is not installed")
    np = pytest.importorskip("numpy", reason="requirements-train.txt is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="requirements-train.txt is not installed")
    from pipeline.redact import training

    examples = training.examples_of(corpus())
    trees = training._fitted(examples, range(len(examples.true)))
    vectors = np.array(examples.vectors, np.float32)
    session = runtime.InferenceSession(training._as_onnx(trees, vectors.shape[1]))
    [chances] = session.run(None, {"features": vectors})
    assert np.allclose(chances[:, 0], trees.predict_proba(vectors)[:, 1], atol=1e-5)


@pytest.mark.extra
def test_a_model_for_other_features_is_refused(tmp_path):
    pytest.importorskip("sklearn", reason="requirements-train.txt is not installed")
    pytest.importorskip("onnxruntime", reason="requirements-train.txt is not installed")
    from pipeline.redact import training
    from pipeline.redact.model import CARD, Model

    training.fit(corpus(), tmp_path, source="made", digest="0" * 64)
    card = json.loads((tmp_path / CARD).read_text())
    (tmp_path / CARD).write_text(json.dumps(card | {"features": "0" * 64}))
    with pytest.raises(ValueError, match="fit it again"):
        Model(tmp_path)
    with pytest.raises(ValueError, match="no model that can be read"):
        Model(tmp_path / "nowhere")


@pytest.mark.extra
def test_too_few_repositories_are_refused(tmp_path):
    pytest.importorskip("sklearn", reason="requirements-train.txt is not installed")
    from pipeline.redact import training

    with pytest.raises(ValueError, match="takes at least 4 repositories"):
        training.fit(corpus(2), tmp_path, source="made", digest="0" * 64)
