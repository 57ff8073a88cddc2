"""Other people's detectors on the same rows: detect-secrets and CredSweeper, where installed.

They are asked as their own documentation says, with their defaults; both want files with names.
"""

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from .spans import Span, merge

Detect = Callable[[str, str], Sequence[Span]]


def others(*, tell: Callable[[str], object]) -> dict[str, Detect]:
    """Those that are installed, by name; `tell` is told which are not."""
    found: dict[str, Detect] = {}
    if find_spec("detect_secrets"):
        found["detect-secrets"] = detect_secrets
    else:
        tell("detect-secrets is not installed: pip install -r requirements-train.txt")
    if find_spec("credsweeper"):
        found["CredSweeper rules"] = CredSweeping(with_model=False).detect
        found["CredSweeper"] = CredSweeping(with_model=True).detect
    else:
        tell("CredSweeper is not installed: pip install -r requirements-train.txt")
    return found


def detect_secrets(text: str, path: str) -> list[Span]:
    """detect-secrets with its default plugins: it tells a line and a value."""
    from detect_secrets import SecretsCollection
    from detect_secrets.settings import default_settings

    with TemporaryDirectory() as folder, default_settings():
        file = _written(folder, path, text)
        found = SecretsCollection()
        found.scan_file(str(file))
        starts = _starts(text)
        return merge(
            span
            for _, secret in found
            for span in _in_line(text, starts, secret.line_number, secret.secret_value)
        )


class CredSweeping:
    """CredSweeper, by its rules alone or with its model."""

    def __init__(self, *, with_model: bool) -> None:
        from credsweeper import CredSweeper
        from credsweeper.common.constants import ThresholdPreset

        preset = ThresholdPreset.medium if with_model else 0.0
        self._sweeper = CredSweeper(ml_threshold=preset)

    def detect(self, text: str, path: str) -> list[Span]:
        """What it takes for a credential: it tells lines and the place of each value in them."""
        from credsweeper.file_handler.text_content_provider import TextContentProvider

        with TemporaryDirectory() as folder:
            file = _written(folder, path, text)
            self._sweeper.credential_manager.clean_credentials()
            self._sweeper.scan([TextContentProvider(file)])
            self._sweeper.post_processing()
            starts = _starts(text)
            return merge(
                span
                for candidate in self._sweeper.credential_manager.get_credentials()
                for line in candidate.line_data_list
                for span in _in_line(text, starts, line.line_num, line.value)
            )


def _written(folder: str, path: str, text: str) -> Path:
    file = Path(folder) / (Path(path).name or "text.txt")
    file.write_bytes(text.encode("utf-8", "replace"))
    return file


def _starts(text: str) -> list[int]:
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def _in_line(text: str, starts: list[int], number: int, value: str | None) -> list[Span]:
    """The places of a value in line `number` (from 1); the whole line if it stands nowhere there."""
    if not 0 < number < len(starts):
        return []
    start, end = starts[number - 1], starts[number]
    at = text.find(value, start, end + len(value)) if value else -1
    if value and at >= 0:
        return [Span(at, at + len(value), "KEY")]
    return [Span(start, end, "KEY")]
