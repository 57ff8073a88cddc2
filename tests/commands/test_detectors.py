"""`evaluate_detector` and `train_detector`: figures on labelled text, refusals in one sentence."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

TEXT = 'password = "tr0ub4dor&3kQ"\n'


@pytest.fixture
def labelled(tmp_path):
    label = {"start": 12, "end": 25, "truth": "T", "category": "Password"}
    row = {"repo": "lab/one", "path": "a.py", "content": TEXT, "labels": [label]}
    path = tmp_path / "labelled.parquet"
    pq.write_table(pa.Table.from_pylist([row, row | {"repo": "lab/two"}]), path)
    return path


def test_figures_are_printed_by_class_and_repository(labelled, capsys):
    call_command("evaluate_detector", str(labelled), repositories=True)
    told = capsys.readouterr().out
    assert "2 rows of 2 repositories" in told
    assert "CREDENTIAL   1.000" in told
    assert "lab/two: precision 1.000, recall 1.000, true 1, false 0" in told


def test_an_empty_part_is_refused(tmp_path, labelled):
    nothing = tmp_path / "nothing.parquet"
    pq.write_table(pq.read_table(labelled).slice(0, 0), nothing)
    with pytest.raises(CommandError, match="choose another --part"):
        call_command("evaluate_detector", str(nothing))


def test_what_is_not_labelled_is_refused(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"content": ["x"]}), path)
    with pytest.raises(CommandError, match="is not labelled"):
        call_command("evaluate_detector", str(path))
