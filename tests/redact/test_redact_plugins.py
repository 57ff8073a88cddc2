"""Detectors of others: a package that offers one, and the adapters where theirs is installed."""

import base64
import hashlib
import json
import os
import subprocess
import sys
import zipfile

import pytest

from pipeline.redact import plugins
from pipeline.redact.plugins import Plugin, found, load
from pipeline.redact.scan import Detector
from pipeline.redact.spans import Span

SOURCE = '''
import re
from pipeline.redact.spans import Span

class Badges:
    """Numbers of badges, which no rule of the house knows."""
    name, digest = "badges", "badges 1.0"

    def detect(self, text, path):
        for match in re.finditer(r"badge (\\d{6})", text):
            yield Span(match.start(1), match.end(1), "NATIONAL_ID", "badge", 0.9)
'''


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder into which pip has put a wheel that offers a detector."""
    home = tmp_path_factory.mktemp("wheel")
    info = "badges-1.0.dist-info"
    files = {
        "badges.py": SOURCE,
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: badges\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[gatehouse.detectors]\nbadges = badges:Badges\n",
    }
    record = []
    for name, told in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(told.encode()).digest()).decode()
        record.append(f"{name},sha256={digest.rstrip('=')},{len(told.encode())}")
    wheel = home / "badges-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as packed:
        for name, told in files.items():
            packed.writestr(name, told)
        packed.writestr(f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,", ""]))
    pip = [sys.executable, "-m", "pip", "-q", "install", "--no-index", "--no-deps"]
    target = home / "site"
    subprocess.run([*pip, "--target", str(target), str(wheel)], check=True, capture_output=True)
    return target


def run(code: str, site, names: str) -> subprocess.CompletedProcess:
    path = os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])
    asked = os.environ | {"PYTHONPATH": path, "GATEHOUSE_DETECTORS": names}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=asked)


REDACT = (
    "from pipeline.redact.replace import redact_text as r;"
    "p = {'version': 1, 'classes': {'EMAIL': 'redact', 'NATIONAL_ID': 'redact'}};"
    "print(r('badge 482913 of ada@real.net', p, b'k').text)"
)


def test_an_installed_detector_is_used_when_it_is_named(installed):
    assert run(REDACT, installed, "").stdout == "badge 482913 of <EMAIL>\n"
    assert run(REDACT, installed, " badges ,").stdout == "badge <NATIONAL_ID> of <EMAIL>\n"


def test_what_detectors_are_chosen_names_what_they_looked_at(installed):
    told = "from pipeline.release.redacting import detector_digest as d; print(d())"
    without, named = (run(told, installed, names).stdout for names in ("", "badges"))
    assert without != named
    assert run(told, installed, "badges").stdout == named


def test_a_detector_that_is_not_installed_is_named(installed):
    told = run(REDACT, installed, "nowhere")
    assert told.returncode
    assert "names nowhere, but no installed package offers it" in told.stderr


class Wild:
    name, digest = "wild", "1"

    def __init__(self, *spans, error=None):
        self.spans, self.error = spans, error

    def detect(self, text, path):
        if self.error:
            raise self.error
        return self.spans


@pytest.mark.parametrize("span", [Span(0, 99, "KEY"), Span(-1, 2, "KEY"), Span(0, 2, "SOUL")])
def test_a_span_that_cannot_be_is_refused_with_the_detectors_name(span):
    with pytest.raises(ValueError, match="The detector wild told"):
        found(Wild(span), "short", "")


def test_a_text_that_a_detector_failed_on_is_not_taken_for_clean():
    with pytest.raises(ValueError, match=r"wild failed \(OSError: gone\)"):
        Detector([], plugins=[Wild(error=OSError("gone"))]).detect("x")


@pytest.mark.parametrize("value", ["<KEY>", "KEY", "192.0.2.77", "2001:db8::7"])
def test_what_redaction_put_there_is_not_found_again(value):
    plugin = Wild(Span(5, 5 + len(value), "KEY"))
    assert Detector([], plugins=[plugin]).detect(f"pw = {value}") == []
    assert Detector([], plugins=[plugin]).detect("pw = " + "q" * len(value))


def test_a_detector_must_offer_what_is_asked_of_it(monkeypatch):
    assert isinstance(Wild(), Plugin)
    monkeypatch.setitem(plugins.ADAPTERS, "half", __name__)
    monkeypatch.setattr(sys.modules[__name__], "make", object, raising=False)
    with pytest.raises(ValueError, match="is no detector"):
        load(["half"])


@pytest.mark.parametrize("name", sorted(plugins.ADAPTERS))
def test_an_adapter_without_its_package_says_what_to_install(name, monkeypatch):
    for package in ("credsweeper.app", "presidio_analyzer", "onnxruntime"):
        monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setenv("GATEHOUSE_HUB_MODEL", os.curdir)
    with pytest.raises(ValueError, match=r"requirements-detectors\.txt"):
        load([name])


@pytest.mark.extra
def test_credsweeper_finds_what_it_finds():
    pytest.importorskip("credsweeper", reason="requirements-detectors.txt is not installed")
    [plugin] = load(["credsweeper"])
    text = 'x = 1\r\n🎉 password = "kq7V' + 'b2!xLm"\n'
    [span] = found(plugin, text, "a.py")
    assert (text[span.start : span.end], span.cls) == ("kq7V" + "b2!xLm", "PASSWORD")
    assert span.rule == "credsweeper:Password"


@pytest.mark.extra
def test_presidio_finds_what_it_finds():
    pytest.importorskip("presidio_analyzer", reason="requirements-detectors.txt is not installed")
    [plugin] = load(["presidio"])
    text = "🎉 write to ada@real.net"
    assert ("ada@real.net", "EMAIL") in [
        (text[span.start : span.end], span.cls) for span in found(plugin, text, "")
    ]


@pytest.mark.extra
def test_a_model_of_the_hub_labels_tokens(tmp_path, monkeypatch):
    """A whole small model: words are tokens, and its weights say what each one is."""
    reason = "requirements-detectors.txt (and onnx, to make a model) is not installed"
    onnx = pytest.importorskip("onnx", reason=reason)
    tokenizers = pytest.importorskip("tokenizers", reason=reason)
    pytest.importorskip("onnxruntime", reason=reason)
    import numpy as np

    words = {"[UNK]": 0, "Ada": 1, "Byron": 2, "tr0ub4dor": 3}
    labels = ["O", "B-NAME", "I-NAME", "B-PASSWORD"]
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    told = {"id2label": {str(number): label for number, label in enumerate(labels)}}
    (tmp_path / "config.json").write_text(json.dumps(told))
    weights = onnx.numpy_helper.from_array(np.eye(4, dtype=np.float32) * 9, "weights")
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Gather", ["weights", "input_ids"], ["logits"])],
        "labels",
        [onnx.helper.make_tensor_value_info("input_ids", onnx.TensorProto.INT64, [1, None])],
        [onnx.helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, [1, None, 4])],
        [weights],
    )
    opset = [onnx.helper.make_opsetid("", 13)]
    model = onnx.helper.make_model(graph, opset_imports=opset, ir_version=8)
    onnx.save(model, tmp_path / "model.onnx")
    monkeypatch.setenv("GATEHOUSE_HUB_MODEL", str(tmp_path))
    [plugin] = load(["hub"])
    text = "x " * 600 + "🎉 by Ada Byron Ada with tr0ub4dor"
    told = [(text[s.start : s.end], s.cls) for s in found(plugin, text, "")]
    assert told == [("Ada Byron", "NAME"), ("Ada", "NAME"), ("tr0ub4dor", "PASSWORD")]
