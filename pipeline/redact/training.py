"""Fits the model from labelled text, and says honestly how good it is.

Rows are split by repository: three quarters to learn from, a quarter only to report on
(`labelled.is_held_out`). The threshold and the calibration come from predictions on repositories
that the predicting model had not seen, each left out in turn; the held-out quarter is measured
once, at the end. One seed, one thread: the same rows give the same bytes.

Needs the packages of requirements-train.txt.
"""

import hashlib
import importlib.metadata
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import features
from .evaluation import Measured, Row, Tally, measure
from .labelled import CREDENTIAL, as_credential, is_held_out
from .model import CARD, CLASSES, WEIGHTS, Model, digest_of_features
from .proposals import PROPOSALS
from .rules import RULES
from .scan import Detector

SEED = 0
UNLABELLED = 0.3  # weight of a candidate that no label judges: most likely none, not surely
TRUE = 2.0  # weight of a true one, before its repository's share
THRESHOLDS = [n / 100 for n in range(5, 96)]
LEAST_REPOSITORIES = 4
PACKAGES = ("scikit-learn", "onnx", "numpy")


@dataclass(slots=True)
class Examples:
    """Candidates to learn from, a row each."""

    vectors: list[list[float]] = field(default_factory=list)
    true: list[bool] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    places: list[tuple[int, int, int]] = field(default_factory=list)  # row, start, end


def fit(
    rows: Sequence[Row], folder: Path, *, source: str, digest: str,
    tell: Callable[[str], None] = lambda _words: None,
) -> dict[str, Any]:  # fmt: skip
    """Fit on `rows`, write weights and card to `folder`, return the card.

    `source` and `digest` (sha256) name the data on the card. `tell` is told of the progress.

    Raises:
        ValueError: too few repositories, or no true label among those to learn from.
    """
    learn = [row for row in rows if not is_held_out(row.group)]
    held = [row for row in rows if is_held_out(row.group)]
    groups = sorted({row.group for row in learn})
    if len(groups) < LEAST_REPOSITORIES or not held:
        raise ValueError(
            f"To learn and to report takes at least {LEAST_REPOSITORIES} repositories to learn "
            f"from and one held out; here are {len(groups)} and {len({r.group for r in held})}."
        )
    tell(f"{len(learn)} rows of {len(groups)} repositories to learn from, {len(held)} held out")
    examples = examples_of(learn)
    if not any(examples.true):
        raise ValueError("No candidate to learn from is true: the rules propose none that is.")
    tell(f"{len(examples.true)} candidates, {sum(examples.true)} of them true")
    unseen = _predict_unseen(examples, tell)
    threshold, fitted = _best_threshold(learn, examples, unseen)
    points = _calibration(examples, unseen)
    folder.mkdir(parents=True, exist_ok=True)
    weights = _as_onnx(_fitted(examples, range(len(examples.true))), len(examples.vectors[0]))
    (folder / WEIGHTS).write_bytes(weights)
    card = {
        "name": "gatehouse-credentials",
        "classes": list(CLASSES),
        "threshold": _through(points, threshold),
        "calibration": points,
        "features": digest_of_features(),
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
        "weights_bytes": len(weights),
        "seed": SEED,
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "data": {"source": source, "sha256": digest, "rows": len(rows)},
        "split": "a repository is held out if the sha256 of its name is divisible by 4",
        "learned_from": dict(sorted(Counter(row.group for row in learn).items())),
        "held_out": dict(sorted(Counter(row.group for row in held).items())),
        "left_out_in_turn": fitted,
    }
    (folder / CARD).write_text(json.dumps(card, indent=1, sort_keys=True) + "\n")
    tell("measuring on what was held out")
    scored, plain = Detector(RULES + PROPOSALS, scorer=Model(folder)), Detector(RULES)
    card["figures"] = {
        "rules and model": told(_measured(held, scored)),
        "rules alone": told(_measured(held, plain)),
    }
    (folder / CARD).write_text(json.dumps(card, indent=1, sort_keys=True) + "\n")
    return card


def examples_of(rows: Iterable[Row]) -> Examples:
    """The candidates of the rows with what the labels make of them.

    Left out are those that only a test value or placeholder label touches: whether to take them
    is a question of taste, not of truth.
    """
    detector = Detector(RULES + PROPOSALS, propose=True)
    made = Examples()
    for number, row in enumerate(rows):
        for found, strict in detector.candidates(row.content):
            if found.cls not in CLASSES:
                continue
            truths = {
                label.truth
                for label in row.labels
                if found.start < label.end and found.end > label.start
            }
            if "T" not in truths and "X" in truths:
                continue
            made.vectors.append(features.vector(found, strict))
            made.true.append("T" in truths)
            made.weights.append(1.0 if truths else UNLABELLED)
            made.groups.append(row.group)
            made.places.append((number, found.start, found.end))
    share = Counter(g for g, true in zip(made.groups, made.true, strict=True) if true)
    for at, true in enumerate(made.true):
        if true:  # a repository with a hundred true ones must not drown the others
            made.weights[at] = TRUE / share[made.groups[at]] ** 0.5
    return made


def _fitted(examples: Examples, chosen: Iterable[int]) -> Any:
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier

    at = list(chosen)
    trees = HistGradientBoostingClassifier(
        max_iter=200,
        learning_rate=0.05,
        max_leaf_nodes=12,
        min_samples_leaf=15,
        l2_regularization=5.0,
        max_features=0.3,
        early_stopping=False,
        random_state=SEED,
    )
    return trees.fit(
        np.array([examples.vectors[n] for n in at], np.float32),
        np.array([examples.true[n] for n in at]),
        sample_weight=np.array([examples.weights[n] for n in at]),
    )


def _predict_unseen(examples: Examples, tell: Callable[[str], None]) -> list[float]:
    """For each example what a model says that never saw its repository."""
    import numpy as np

    vectors = np.array(examples.vectors, np.float32)
    unseen = [0.0] * len(examples.true)
    groups = sorted(set(examples.groups))
    for done, group in enumerate(groups, 1):
        rest = [n for n, each in enumerate(examples.groups) if each != group]
        mine = [n for n, each in enumerate(examples.groups) if each == group]
        chances = _fitted(examples, rest).predict_proba(vectors[mine])[:, 1]
        for n, chance in zip(mine, chances, strict=True):
            unseen[n] = float(chance)
        tell(f"left out in turn: {done} of {len(groups)}")
    return unseen


def _best_threshold(
    rows: Sequence[Row], examples: Examples, scores: Sequence[float]
) -> tuple[float, dict[str, Any]]:
    """The raw score from which F1 on unseen repositories is best, and the figures there."""
    found = [(_tally(rows, examples, scores, each), each) for each in THRESHOLDS]
    tally, threshold = max(found, key=lambda pair: pair[0].f1 or 0)
    return threshold, _figures(tally)


def _tally(
    rows: Sequence[Row], examples: Examples, scores: Sequence[float], threshold: float
) -> Tally:
    from .spans import Span, merge

    kept: dict[str, list[Span]] = {}
    for (number, start, end), score in zip(examples.places, scores, strict=True):
        if score >= threshold:
            kept.setdefault(str(number), []).append(Span(start, end, "KEY", "", score))
    numbers = iter(range(len(rows)))
    return measure(
        rows, lambda *_: merge(kept.get(str(next(numbers)), ())), as_class=as_credential
    ).total(CREDENTIAL)


def _calibration(examples: Examples, scores: Sequence[float]) -> list[list[float]]:
    """Raw scores and the chances that they mean, as the corners of a rising line.

    Isotonic regression (Zadrozny and Elkan 2002) on unseen repositories, thinned to 50 corners.
    """
    import numpy as np
    from sklearn.isotonic import IsotonicRegression

    rising = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    rising.fit(scores, examples.true)
    at = np.linspace(0, 1, 51)
    chances = rising.predict(at)
    # A step would give many scores one chance; a little slope keeps their order.
    chances = np.clip(chances * 0.998 + at * 0.002, 0, 1)
    return [[round(float(x), 4) for x in at], [round(float(y), 6) for y in chances]]


def _through(points: Sequence[Sequence[float]], score: float) -> float:
    import numpy as np

    return round(float(np.interp(score, *points)), 6)


def _as_onnx(trees: Any, width: int) -> bytes:
    """The trees as an ONNX graph: (n, width) float32 `features` to (n, 1) float32 `chance`.

    https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsembleRegressor.html
    """
    from onnx import TensorProto, checker, helper

    graph = helper.make_graph(
        [
            helper.make_node(
                "TreeEnsembleRegressor", ["features"], ["odds"], domain="ai.onnx.ml",
                n_targets=1, aggregate_function="SUM",
                base_values=[float(trees._baseline_prediction[0, 0])], **_nodes(trees),
            ),
            # A node of its own: a regressor's `post_transform` is passed over by the runtime.
            helper.make_node("Sigmoid", ["odds"], ["chance"]),
        ],
        "gatehouse-credentials",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, width])],
        [helper.make_tensor_value_info("chance", TensorProto.FLOAT, [None, 1])],
    )  # fmt: skip
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    made = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    checker.check_model(made)
    return bytes(made.SerializeToString(deterministic=True))


def _nodes(trees: Any) -> dict[str, list[Any]]:
    made: dict[str, list[Any]] = {
        name: []
        for name in (
            "nodes_treeids", "nodes_nodeids", "nodes_featureids", "nodes_values", "nodes_modes",
            "nodes_truenodeids", "nodes_falsenodeids", "target_treeids", "target_nodeids",
            "target_ids", "target_weights",
        )
    }  # fmt: skip
    for tree, [predictor] in enumerate(trees._predictors):
        for number, node in enumerate(predictor.nodes):
            leaf = bool(node["is_leaf"])
            told = {
                "nodes_treeids": tree,
                "nodes_nodeids": number,
                "nodes_featureids": 0 if leaf else int(node["feature_idx"]),
                "nodes_values": 0.0 if leaf else _not_above(float(node["num_threshold"])),
                "nodes_modes": "LEAF" if leaf else "BRANCH_LEQ",
                "nodes_truenodeids": 0 if leaf else int(node["left"]),
                "nodes_falsenodeids": 0 if leaf else int(node["right"]),
            }
            if leaf:
                told |= {"target_treeids": tree, "target_nodeids": number, "target_ids": 0}
                told["target_weights"] = float(node["value"])
            for name, value in told.items():
                made[name].append(value)
    return made


def _not_above(threshold: float) -> float:
    """The largest float32 that is no greater: what was on its left stays there."""
    import numpy as np

    near = np.float32(threshold)
    return float(near if near <= threshold else np.nextafter(near, np.float32(-np.inf)))


def _measured(rows: Sequence[Row], detector: Detector) -> Measured:
    return measure(
        rows, lambda text, path: detector.detect(text, path=path), as_class=as_credential
    )


def told(measured: Measured) -> dict[str, Any]:
    """Figures for a card: by class, with intervals, by repository and with the prevalence."""
    return {
        cls: {
            **_figures(measured.total(cls)),
            "mean_recall_of_repositories": measured.mean_recall(cls),
            "intervals": {
                name: measured.interval(cls, of)
                for name, of in (
                    ("precision", lambda tally: tally.precision),
                    ("recall", lambda tally: tally.recall),
                    ("f1", lambda tally: tally.f1),
                )
            },
            "prevalence_per_million_characters": round(
                1e6 * measured.total(cls).truths / measured.size, 2
            ) if measured.size else None,
            "repositories": {
                group: _figures(tally) for group, tally in sorted(measured.groups[cls].items())
            },
        }
        for cls in sorted(measured.groups)
    }  # fmt: skip


def _figures(tally: Tally) -> dict[str, Any]:
    return {
        "precision": tally.precision,
        "recall": tally.recall,
        "f1": tally.f1,
        "exact_of_hits": tally.exact,
        "true_labels": tally.truths,
        "found": tally.hits,
        "false_alarms": tally.false,
        "examples_touched": tally.examples,
        "unknown": tally.unknown,
    }
