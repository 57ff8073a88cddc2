"""Parquet in, Parquet out."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from redact_fakes import made

from pipeline.redact.policy import DEFAULT_POLICY
from pipeline.redact.tables import detect_file, redact_file
from pipeline.shards.schemas import REDACTIONS, SPAN_TABLE

KEY = b"a secret of the dataset"
SECRET = made(32)
ROWS = {
    "n": [1, 2, 3, 4],
    "content": [f'🎉 token = "{SECRET}"\nto ada@real.net', None, "", "# Copyright a@real.net\n"],
    "path": [f"x/{SECRET}.py", "y", None, "z"],
}


@pytest.fixture(params=[pa.string(), pa.large_string()], ids=str)
def source(request, tmp_path):
    schema = pa.schema([("n", pa.int64()), ("content", request.param), ("path", pa.string())])
    table = pa.table(ROWS, schema=schema.with_metadata({"made": "by hand"}))
    pq.write_table(table, tmp_path / "in.parquet")
    return tmp_path / "in.parquet"


def test_detected_spans_are_in_code_points(source, tmp_path):
    report = detect_file(source, tmp_path / "out.parquet")
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.schema.equals(SPAN_TABLE)
    told = [
        (row["row"], row["class"], ROWS["content"][row["row"]][row["start"] : row["end"]])
        for row in table.to_pylist()
    ]
    assert told == [
        (0, "KEY", SECRET),
        (0, "EMAIL", "ada@real.net"),
        (3, "EMAIL_LICENSE", "a@real.net"),
    ]
    assert report.counts == {"KEY": 1, "EMAIL": 1, "EMAIL_LICENSE": 1}
    assert report.rows == 4


def test_redacted_file_has_the_same_rows_and_columns(source, tmp_path):
    report = redact_file(source, tmp_path / "out.parquet", DEFAULT_POLICY, KEY)
    before, after = pq.read_table(source), pq.read_table(tmp_path / "out.parquet")
    assert after.schema.names == [*before.schema.names, "redactions"]
    assert after.schema.field("content").type == before.schema.field("content").type
    assert after.schema.field("redactions").type == REDACTIONS
    assert after.schema.metadata[b"made"] == b"by hand"
    assert after["n"].equals(before["n"])
    assert after["content"].to_pylist() == [
        '🎉 token = "<KEY>"\nto <EMAIL>', None, "", ROWS["content"][3],
    ]  # fmt: skip
    assert after["path"].to_pylist() == ["x/<KEY>.py", "y", None, "z"]
    assert after["redactions"].to_pylist() == [
        [{"class": "EMAIL", "count": 1}, {"class": "KEY", "count": 2}], [], [], [],
    ]  # fmt: skip
    assert report.counts == {"KEY": 2, "EMAIL": 1}
    assert (report.rows, report.dropped, report.left) == (4, 0, {"EMAIL_LICENSE": 1})


def test_redacting_a_redacted_file_in_place_changes_no_text(source):
    redact_file(source, source, DEFAULT_POLICY, KEY)
    once = pq.read_table(source)
    redact_file(source, source, DEFAULT_POLICY, KEY)
    twice = pq.read_table(source)
    assert twice.schema.equals(once.schema)
    assert twice["content"].equals(once["content"])
    assert twice["redactions"].to_pylist() == [[]] * 4
    assert [path.name for path in source.parent.iterdir()] == ["in.parquet"]


def test_rows_of_a_class_that_drops_them_are_left_out(source, tmp_path):
    policy = {"version": 1, "classes": DEFAULT_POLICY["classes"] | {"KEY": "drop-row"}}
    report = redact_file(source, tmp_path / "out.parquet", policy, KEY)
    assert pq.read_table(tmp_path / "out.parquet")["n"].to_pylist() == [2, 3, 4]
    assert (report.rows, report.dropped) == (4, 1)


def test_many_batches_keep_their_order_and_row_numbers(tmp_path):
    texts = [f"row {n} {'a@real.net' if n % 100 == 7 else ''}" for n in range(1000)]
    pq.write_table(pa.table({"content": texts}), tmp_path / "in.parquet", row_group_size=90)
    detect_file(tmp_path / "in.parquet", tmp_path / "spans.parquet")
    redact_file(tmp_path / "in.parquet", tmp_path / "out.parquet", DEFAULT_POLICY, KEY)
    assert pq.read_table(tmp_path / "spans.parquet")["row"].to_pylist() == list(range(7, 1000, 100))
    after = pq.read_table(tmp_path / "out.parquet")["content"].to_pylist()
    assert after == [text.replace("a@real.net", "<EMAIL>") for text in texts]


def test_a_file_without_rows(tmp_path):
    empty = pa.table({"content": pa.array([], pa.string())})
    pq.write_table(empty, tmp_path / "in.parquet")
    assert detect_file(tmp_path / "in.parquet", tmp_path / "spans.parquet").rows == 0
    redact_file(tmp_path / "in.parquet", tmp_path / "out.parquet", DEFAULT_POLICY, KEY)
    assert pq.read_table(tmp_path / "spans.parquet").num_rows == 0
    assert pq.read_table(tmp_path / "out.parquet").schema.names == ["content", "redactions"]


@pytest.mark.parametrize("columns", [{"text": ["a"]}, {"content": [1]}])
def test_a_file_without_text_is_refused_and_nothing_written(tmp_path, columns):
    pq.write_table(pa.table(columns), tmp_path / "in.parquet")
    out = tmp_path / "out.parquet"
    with pytest.raises(ValueError, match="no text column `content`"):
        detect_file(tmp_path / "in.parquet", out)
    with pytest.raises(ValueError, match="no text column `content`"):
        redact_file(tmp_path / "in.parquet", out, DEFAULT_POLICY, KEY)
    assert [path.name for path in tmp_path.iterdir()] == ["in.parquet"]


@pytest.mark.parametrize(
    "data", [b"", b"no parquet at all", b"PAR1" + b"\0" * 64 + b"PAR1"], ids=range(3)
)
def test_what_is_no_parquet_file_is_refused(tmp_path, data):
    (tmp_path / "in.parquet").write_bytes(data)
    with pytest.raises(ValueError, match="Parquet file"):
        detect_file(tmp_path / "in.parquet", tmp_path / "out.parquet")


def test_a_wrong_policy_is_refused_before_anything_is_read(tmp_path):
    with pytest.raises(ValueError, match="two fields"):
        redact_file(tmp_path / "none.parquet", tmp_path / "out.parquet", {}, KEY)


@pytest.mark.parametrize("column", ["path", "max_stars_repo_path"])
def test_the_path_of_a_row_tells_tests_and_examples(tmp_path, column):
    text = f'token = "{SECRET}"'
    rows = {"content": [text, text, text], column: ["src/a.py", "tests/a.py", None]}
    pq.write_table(pa.table(rows), tmp_path / "in.parquet")
    by_context = {"code": "redact", "example": "leave"}
    policy = {"version": 1, "classes": DEFAULT_POLICY["classes"] | {"KEY": by_context}}
    report = redact_file(tmp_path / "in.parquet", tmp_path / "out.parquet", policy, KEY)
    after = pq.read_table(tmp_path / "out.parquet")["content"].to_pylist()
    assert after == ['token = "<KEY>"', text, 'token = "<KEY>"']
    assert (report.counts, report.left) == ({"KEY": 2}, {"KEY": 1})
