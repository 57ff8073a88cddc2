"""A token-classification model of the Hub, such as StarPII, that the operator has rights to.

GATEHOUSE_HUB_MODEL names it: `owner/name`, `owner/name@revision` or a folder. It must come with
`tokenizer.json`, `config.json` (id2label) and ONNX weights (`model.onnx` or `onnx/model.onnx`);
a gated model is fetched with the operator's own HF_TOKEN. Nothing of it leaves this machine.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.redact.plugins import Plugin
from pipeline.redact.spans import CLASSES, Span

MODEL = "GATEHOUSE_HUB_MODEL"
WINDOW, OVERLAP = 512, 64  # tokens a look, and how many of them the next look sees again
LEAST = 0.5  # mean probability of a span's tokens from which it counts
_ALIASES = {"IP": "IP_ADDRESS", "PER": "NAME", "PERSON": "NAME", "SECRET": "KEY", "TOKEN": "KEY"}


class HubDetector:
    """BIO or plain labels, joined to spans; labels without a class here are left out."""

    name = "hub"

    def __init__(self, folder: Path) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        weights = next(
            (path for path in (folder / "model.onnx", folder / "onnx/model.onnx") if path.exists()),
            None,
        )
        if weights is None:
            raise ValueError(f"{folder} holds no ONNX weights: export the model to model.onnx.")
        told = hashlib.sha256()
        for path in (weights, folder / "tokenizer.json", folder / "config.json"):
            told.update(path.read_bytes())
        self.digest = told.hexdigest()[:32]
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # a worker is a process; and the same sums every time
        self._session = onnxruntime.InferenceSession(
            str(weights), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {each.name for each in self._session.get_inputs()}
        labels = json.loads((folder / "config.json").read_text())["id2label"]
        self._labels = [labels[str(number)] for number in range(len(labels))]

    def detect(self, text: str, path: str) -> Iterator[Span]:  # noqa: ARG002
        coded = self._tokenizer.encode(text, add_special_tokens=False)
        tokens: dict[int, tuple[str, float]] = {}  # the first look at a token counts
        for start in range(0, max(1, len(coded.ids)), WINDOW - OVERLAP):
            ids = coded.ids[start : start + WINDOW]
            for at, told in enumerate(self._looked(ids)):
                tokens.setdefault(start + at, told)
            if start + WINDOW >= len(coded.ids):
                break
        yield from _joined(tokens, coded.offsets)

    def _looked(self, ids: list[int]) -> list[tuple[str, float]]:
        import numpy as np

        if not ids:
            return []
        row = np.array([ids], dtype=np.int64)
        given: Mapping[str, object] = {
            "input_ids": row,
            "attention_mask": np.ones_like(row),
            "token_type_ids": np.zeros_like(row),
        }
        fed = {name: value for name, value in given.items() if name in self._inputs}
        logits = self._session.run(None, fed)[0][0]
        chances = np.exp(logits - logits.max(-1, keepdims=True))
        chances /= chances.sum(-1, keepdims=True)
        best = chances.argmax(-1)
        return [(self._labels[label], float(chances[at, label])) for at, label in enumerate(best)]


def _joined(
    tokens: Mapping[int, tuple[str, float]], offsets: list[tuple[int, int]]
) -> Iterator[Span]:
    """Neighbours of one class as one span, unless a `B-` begins another."""
    cls, start, end, scores = "", 0, 0, [0.0]
    for at in range(len(offsets) + 1):
        label, score = tokens[at] if at < len(offsets) else ("O", 0.0)
        told = _class(label)
        if told == cls and cls and not label.startswith("B-"):
            end, scores = offsets[at][1], [*scores, score]
            continue
        if cls and start < end and sum(scores) / len(scores) >= LEAST:
            yield Span(start, end, cls, "model", sum(scores) / len(scores))
        cls, scores = told, [score]
        start, end = offsets[at] if at < len(offsets) else (0, 0)


def _class(label: str) -> str:
    plain = label.split("-", 1)[1] if label[:2] in ("B-", "I-", "E-", "S-") else label
    plain = _ALIASES.get(plain, plain)
    return plain if plain in CLASSES else ""


def make() -> Plugin:
    """The model that GATEHOUSE_HUB_MODEL names, fetched if it is no folder."""
    named = os.environ.get(MODEL, "")
    if not named:
        raise ValueError(f"Set {MODEL} to owner/name, owner/name@revision or a folder.")
    if Path(named).is_dir():
        return HubDetector(Path(named))
    from huggingface_hub import snapshot_download

    name, _, revision = named.partition("@")
    wanted = ["tokenizer.json", "config.json", "model.onnx", "onnx/model.onnx"]
    return HubDetector(
        Path(snapshot_download(name, revision=revision or None, allow_patterns=wanted))
    )
