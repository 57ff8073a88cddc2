"""CredSweeper (MIT): its rules, filters and model, as a second opinion on keys and passwords."""

import logging
import os
import warnings
from collections.abc import Iterator
from importlib.metadata import version

from pipeline.redact.plugins import Plugin
from pipeline.redact.spans import Span

_PASSWORDS = ("Password", "SQL Password", "URL Credentials", "CMD Password")


class CredSweeperDetector:
    """One scanner a process; without its `model` its rules and filters decide alone."""

    name = "credsweeper"

    def __init__(self, *, model: bool = True) -> None:
        from credsweeper.app import CredSweeper
        from credsweeper.file_handler.string_content_provider import StringContentProvider

        logging.getLogger("credsweeper").setLevel(logging.ERROR)
        self._content = StringContentProvider
        self._scanner = CredSweeper(**({} if model else {"ml_threshold": 0}))
        self._model = model
        self.digest = f"{version('credsweeper')} {'model' if model else 'rules'}"

    def detect(self, text: str, path: str) -> Iterator[Span]:
        """Spans of the values; a key over many lines comes as its lines."""
        lines = text.splitlines(keepends=True)
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line))
        bare = [line.rstrip("\r\n") for line in lines]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            told = self._scanner.file_scan(self._content(bare, file_path=path or "text"))
            if self._model:
                self._scanner.credential_manager.set_credentials(told)
                self._scanner.post_processing(None)
                told = self._scanner.credential_manager.get_credentials()
        for candidate in told:
            cls = "PASSWORD" if candidate.rule_name in _PASSWORDS else "KEY"
            score = candidate.ml_probability
            for data in candidate.line_data_list:
                start = starts[data.line_num - 1] + data.value_start
                end = start + len(data.value or "")
                if data.value_start >= 0 and text[start:end] == data.value:
                    yield Span(start, end, cls, candidate.rule_name, float(score or 0.7))


def make() -> Plugin:
    """The plug-in; CREDSWEEPER_MODEL=0 leaves out its model."""
    return CredSweeperDetector(model=os.environ.get("CREDSWEEPER_MODEL", "1") != "0")
