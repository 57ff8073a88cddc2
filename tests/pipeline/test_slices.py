"""Tables read a slice at a time, and rows as lines: what names of work rest on."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.shards import slices, told_rows

ROWS = pa.table(
    {
        "hexsha": sorted(f"{n * 2654435761 % 2**32:08x}" for n in range(300)),
        "words": [["a", "b"], [], None] * 100,
        "number": [1, None, 3] * 100,
    }
)
words = st.none() | st.text("ab:\x00\x1f\x1e", max_size=4)
rows = st.tuples(words, words, st.none() | st.integers(0, 3), st.none() | st.lists(words))


@pytest.mark.parametrize("prefix", ["", "3", "3f", "3f1", "zz"])
def test_a_prefix_gives_its_rows_and_where_they_stand(tmp_path, prefix):
    path = tmp_path / "a.arrow"
    slices.write(path, ROWS.schema, ROWS, slices.digits(ROWS["hexsha"]))
    found = slices.under(path, prefix)
    wanted = [row for row in ROWS.to_pylist() if row["hexsha"].startswith(prefix)]
    assert found.rows.to_pylist() == wanted
    assert ROWS.slice(found.start, len(wanted)).to_pylist() == wanted


def test_a_mark_gives_its_rows_and_another_none(tmp_path):
    path = tmp_path / "a.arrow"
    marks = pa.array(["x"] * 100 + ["y"] * 200)
    slices.write(path, ROWS.schema, ROWS, marks)
    assert slices.read(path, mark="y").equals(ROWS.slice(100))
    assert slices.read(path, ["number"], mark="nobody").num_rows == 0
    assert slices.marks(path) == ["x", "y"]


def test_equal_rows_give_equal_bytes_wherever_they_were_before(tmp_path):
    part = ROWS.slice(37, 101)
    again = pa.Table.from_pylist(part.to_pylist(), ROWS.schema)
    for name, table in (("a", part), ("b", again)):
        slices.write(tmp_path / name, ROWS.schema, table, slices.digits(table["hexsha"]))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_marks_that_come_back_are_refused(tmp_path):
    with pytest.raises(ValueError, match="do not stand together"):
        slices.write(tmp_path / "a", ROWS.schema, ROWS, pa.array(["x", "y", "x"] * 100))


@given(st.lists(rows, min_size=2, max_size=6))
def test_rows_that_differ_have_different_lines(told):
    schema = pa.schema(
        [*((name, pa.string()) for name in "ab"), ("n", pa.int64()), ("l", pa.list_(pa.string()))]
    )
    table = pa.Table.from_pylist([dict(zip("abnl", row, strict=True)) for row in told], schema)
    lines = told_rows.lines(table).to_pylist()
    for one, line in zip(told, lines, strict=True):
        for other, another in zip(told, lines, strict=True):
            assert (one == other) == (line == another)
