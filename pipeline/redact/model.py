"""The model at work: ONNX weights and a card from a folder, asked about candidates of rules."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from . import features
from .scoring import Candidate

WEIGHTS, CARD = "weights.onnx", "card.json"
CLASSES = ("KEY", "PASSWORD")
AT_ONCE = 4096  # candidates a call, so that a text with very many costs bounded memory


class Model:
    """A `scoring.Scorer`. Its scores are calibrated: of candidates at 0.7, 7 in 10 are real."""

    def __init__(self, folder: Path) -> None:
        """Load the model that `training` wrote to `folder`.

        Raises:
            ValueError: a file is missing or broken, or the model was fitted on other features
                than those of this code.
        """
        import onnxruntime

        try:
            weights = (folder / WEIGHTS).read_bytes()
            self.card: Mapping[str, Any] = json.loads((folder / CARD).read_bytes())
            self.name = str(self.card["name"])
            self.thresholds = {cls: float(self.card["threshold"]) for cls in CLASSES}
            self._from, self._to = self.card["calibration"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{folder} holds no model that can be read: {error}.") from error
        if self.card["features"] != digest_of_features():
            raise ValueError(
                f"The model in {folder} was fitted on other features than this code computes: "
                "fit it again with manage.py train_detector."
            )
        self.digest = hashlib.sha256(weights + (folder / CARD).read_bytes()).hexdigest()
        options = onnxruntime.SessionOptions()
        # A worker is one core; and sums in one order give the same scores everywhere.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                weights, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # the runtime has its own kinds, all of them mean bad weights
            raise ValueError(f"{folder / WEIGHTS} can't be run: {error}.") from error

    def score(self, candidates: Sequence[Candidate]) -> Sequence[float]:
        """The calibrated chance, 0 to 1, of each candidate to be what its class says."""
        scores: list[float] = []
        for start in range(0, len(candidates), AT_ONCE):
            some = candidates[start : start + AT_ONCE]
            scores += self.raw([features.vector(each.found, each.strict) for each in some])
        return self.calibrated(scores)

    def raw(self, vectors: Sequence[Sequence[float]]) -> list[float]:
        """What the weights say of feature vectors, before calibration."""
        import numpy as np

        [chances] = self._session.run(None, {"features": np.array(vectors, np.float32)})
        return [float(chance) for chance in chances[:, 0]]

    def calibrated(self, scores: Sequence[float]) -> list[float]:
        """Raw scores as chances, by the card's points with straight lines between them."""
        import numpy as np

        return [float(chance) for chance in np.interp(scores, self._from, self._to)]


def digest_of_features() -> str:
    """Names the code that makes the features: weights fit no other."""
    here = Path(features.__file__).parent
    digest = hashlib.sha256()
    for name in ("features.py", "found.py", "placeholders.py", "proposals.py", "randomness.py"):
        digest.update((here / name).read_bytes())
    return digest.hexdigest()
