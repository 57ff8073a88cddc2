"""Figures of detectors: what counts as found, as false, as neither; which rows are held out."""

import hashlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.redact import labelled
from pipeline.redact.evaluation import Label, Row, measure
from pipeline.redact.spans import Span

TEXT = "a" * 100


def row(*labels, group="lab/one"):
    return Row(group, TEXT, [Label(start, end, truth, "KEY") for start, end, truth in labels])


def measured(rows, *spans):
    found = [Span(start, end, "KEY") for start, end in spans]
    return measure(rows, lambda *_: found, as_class=str)


@pytest.mark.parametrize(
    ("span", "expected"),  # hits, exact, false, examples, unknown
    [
        ((10, 20), (1, 1, 0, 0, 0)),
        ((19, 25), (1, 0, 0, 0, 0)),  # one code point is enough
        ((20, 30), (0, 0, 0, 0, 1)),  # ends are exclusive
        ((30, 35), (0, 0, 1, 0, 0)),
        ((15, 35), (1, 0, 0, 0, 0)),  # a true label beside a false one
        ((50, 55), (0, 0, 0, 1, 0)),
        ((38, 55), (0, 0, 1, 0, 0)),  # a false one weighs more than an example
        ((80, 90), (0, 0, 0, 0, 1)),
    ],
)
def test_a_detection_is_right_false_an_example_or_unknown(span, expected):
    labels = row((10, 20, "T"), (30, 40, "F"), (50, 60, "X"))
    tally = measured([labels], span).total("KEY")
    assert (tally.hits, tally.exact, tally.false, tally.examples, tally.unknown) == expected
    assert tally.truths == 1


def test_precision_recall_and_f1_are_those_of_the_counts():
    labels = row((0, 5, "T"), (10, 15, "T"), (20, 25, "T"), (30, 35, "F"))
    tally = measured([labels], (0, 5), (10, 15), (30, 35)).total("KEY")
    assert (tally.precision, tally.recall) == (2 / 3, 2 / 3)
    assert tally.f1 == pytest.approx(2 / 3)


def test_what_was_not_measured_has_no_figure():
    nothing = measured([row()], (0, 5)).total("KEY")
    assert (nothing.precision, nothing.recall, nothing.f1) == (None, None, None)
    assert measured([row((0, 5, "T"))], (0, 5)).interval("KEY", lambda tally: tally.f1) is None


def test_each_repository_counts_once_in_the_mean_recall():
    many = [row((0, 5, "T"), group="lab/many") for _ in range(9)]
    missed = row((50, 55, "T"), group="lab/missed")
    found = measured([*many, missed], (0, 5))
    assert found.total("KEY").recall == 0.9
    assert found.mean_recall("KEY") == 0.5


def test_the_interval_draws_repositories_and_not_rows():
    rows = [row((0, 5, "T"), group="lab/a")] * 50 + [row((50, 55, "T"), group="lab/b")] * 50
    low, high = measured(rows, (0, 5)).interval("KEY", lambda tally: tally.recall)
    assert (low, high) == (0.0, 1.0)  # of two repositories one was found: all is possible


def test_a_quarter_of_the_repositories_is_held_out_by_name_alone():
    names = [f"lab/r{n}" for n in range(2000)]
    held = [name for name in names if labelled.is_held_out(name)]
    assert 0.2 < len(held) / len(names) < 0.3
    assert all(int(hashlib.sha256(name.encode()).hexdigest(), 16) % 4 == 0 for name in held)


def written(path, rows):
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def test_a_corpus_is_read_and_constants_are_no_credentials(tmp_path):
    label = {"start": 0, "end": 3, "truth": "T", "category": "Password"}
    labels = [
        label,
        label | {"start": 4, "category": "UUID", "end": 6},
        label | {"end": 999},  # outside of the text
        label | {"truth": "?"},
    ]
    path = written(
        tmp_path / "a.parquet",
        [{"repo": "lab/one", "path": "a.py", "content": "secret", "labels": labels}],
    )
    [read] = labelled.read(path)
    assert (read.group, read.path, read.content) == ("lab/one", "a.py", "secret")
    assert [(each.start, each.truth) for each in read.labels] == [(0, "T"), (4, "X")]


def test_an_annotations_tier_is_read(tmp_path):
    spans = [{"start": 0, "end": 3, "class": "EMAIL"}]
    path = written(
        tmp_path / "a.parquet", [{"id": 7, "content": "abc", "language": "C", "spans": spans}]
    )
    [read] = labelled.read(path)
    assert (read.group, read.labels) == ("7", [Label(0, 3, "T", "EMAIL")])


def test_what_is_not_labelled_is_refused_with_what_it_needs(tmp_path):
    path = written(tmp_path / "a.parquet", [{"content": "abc"}])
    with pytest.raises(ValueError, match="needs the columns repo, content and labels"):
        list(labelled.read(path))
    (tmp_path / "b.parquet").write_text("no Parquet")
    with pytest.raises(ValueError, match="can't be read"):
        list(labelled.read(tmp_path / "b.parquet"))
