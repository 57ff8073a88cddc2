"""Measure detectors on labelled text."""

from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

if TYPE_CHECKING:
    from pipeline.redact.evaluation import Measured, Row

HEAD = (
    "detector         class        precision             recall                F1"
    "                    exact  true  false  unknown"
)


class Command(BaseCommand):
    help = (
        "Print precision, recall and F1 by class, by span overlap, with 95 % intervals over "
        "repositories, and the share of hits that are exact. "
        "Example: manage.py evaluate_detector labelled.parquet --part held-out"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path, metavar="LABELLED.parquet")
        parser.add_argument(
            "--part",
            choices=["all", "held-out", "learned"],
            default="all",
            help="of the repositories: all, those that are only reported on, or the others",
        )
        parser.add_argument("--model", type=Path, help="folder of a model other than the shipped")
        parser.add_argument("--repositories", action="store_true", help="a line a repository too")

    def handle(
        self, *, source: Path, part: str, model: Path | None, repositories: bool,
        **options: Any,
    ) -> None:  # fmt: skip
        from pipeline.redact import labelled
        from pipeline.redact.evaluation import measure

        try:
            rows = [row for row in labelled.read(source) if _is_in(part, row)]
            detectors = _ours(model)
        except (ValueError, OSError) as error:
            raise CommandError(f"{source}: {error}") from error
        if not rows:
            raise CommandError(f"{source} has no row in this part: choose another --part.")
        groups = len({row.group for row in rows})
        size = sum(len(row.content) for row in rows)
        self.stdout.write(
            f"{source.name}, {part}: {len(rows)} rows of {groups} repositories, {size:,} characters"
        )
        one_class = any(label.cls == labelled.CREDENTIAL for row in rows for label in row.labels)
        as_class = labelled.as_credential if one_class else str
        self.stdout.write(HEAD)
        for name, detect in detectors.items():
            self._tell(name, measure(rows, detect, as_class=as_class), repositories)

    def _tell(self, name: str, measured: "Measured", repositories: bool) -> None:
        for cls in sorted(measured.groups):
            total = measured.total(cls)
            ranges = [
                f"{_share(of(total)):<6}{_range(measured.interval(cls, of)):<16}"
                for of in (lambda t: t.precision, lambda t: t.recall, lambda t: t.f1)
            ]
            exact = _share(total.exact / total.hits if total.hits else None)
            self.stdout.write(
                f"{name:<17}{cls:<13}{''.join(ranges)}{exact:<7}"
                f"{total.truths:<6}{total.false:<7}{total.unknown}"
            )
            if repositories:
                for group, tally in sorted(measured.groups[cls].items()):
                    self.stdout.write(
                        f"  {group}: precision {_share(tally.precision)}, recall "
                        f"{_share(tally.recall)}, true {tally.truths}, false {tally.false}"
                    )
                mean = _share(measured.mean_recall(cls))
                self.stdout.write(f"  mean recall of repositories: {mean}")


def _is_in(part: str, row: "Row") -> bool:
    from pipeline.redact.labelled import is_held_out

    return part == "all" or is_held_out(row.group) == (part == "held-out")


def _ours(model: Path | None) -> dict[str, Callable[[str, str], Sequence[Any]]]:
    from pipeline.redact.model import Model
    from pipeline.redact.proposals import PROPOSALS
    from pipeline.redact.rules import RULES
    from pipeline.redact.scan import Detector, default_detector

    rules = Detector(RULES)
    scored = Detector(RULES + PROPOSALS, scorer=Model(model)) if model else default_detector()
    found = {"rules": lambda text, path: rules.detect(text, path=path)}
    if scored.scorer is not None:
        found["rules and model"] = lambda text, path: scored.detect(text, path=path)
    return found


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _range(found: tuple[float, float] | None) -> str:
    return f"({found[0]:.2f} to {found[1]:.2f})" if found else ""
