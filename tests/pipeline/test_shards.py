"""Hashes that others compute too, and files whose bytes depend on their rows alone."""

import hashlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.shards import hashes, schemas, writer

SCHEMA = pa.schema([("hexsha", pa.string()), ("content", pa.large_string()), ("n", pa.int64())])
TABLE = pa.table(
    {
        "hexsha": [f"{at * 2**28 // 125:08x}" for at in range(2_000)],
        "content": [None if at % 97 == 0 else f"row {at} " * (at % 50) for at in range(2_000)],
        "n": list(range(2_000)),
    },
    schema=SCHEMA,
)


def test_blob_ids_are_those_of_git():
    assert hashes.git_blob_id(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"


def test_row_ids_last_and_are_opaque():
    found = hashes.row_id("gatehouse/shelf", "ce013625030ba8dba906f756967f9e9ca394464a")
    assert found == hashes.row_id("gatehouse/shelf", "ce013625030ba8dba906f756967f9e9ca394464a")
    assert len(found) == 20
    assert set(found) <= set("abcdefghijklmnopqrstuvwxyz234567")
    assert found != hashes.row_id("gatehouse/other", "ce013625030ba8dba906f756967f9e9ca394464a")


@given(st.lists(st.text(max_size=20), min_size=1, max_size=3))
def test_made_numbers_are_positive_and_blind_to_case(parts):
    found = hashes.made_id(*parts)
    assert 0 < found < 2**63
    assert found == hashes.made_id(*[part.casefold() for part in parts])


@settings(max_examples=20, deadline=None)
@given(size=st.integers(1, 2_500), cut=st.sampled_from([None, "hexsha"]), small=st.booleans())
def test_bytes_do_not_depend_on_how_rows_come(tmp_path_factory, size, cut, small):
    folder = tmp_path_factory.mktemp("files")
    with pytest.MonkeyPatch.context() as patched:
        if small:
            patched.setattr(writer, "ROWS_PER_GROUP", 300)
            patched.setattr(writer, "BYTES_PER_GROUP", 20_000)
        whole = writer.write(folder / "a", SCHEMA, [TABLE], cut=cut)
        pieces = writer.write(folder / "b", SCHEMA, TABLE.to_batches(size), cut=cut)
    assert (folder / "a").read_bytes() == (folder / "b").read_bytes()
    assert whole == pieces
    assert pq.read_table(folder / "a").equals(TABLE)


def test_facts_are_those_of_the_file(tmp_path):
    facts = writer.write(tmp_path / "a", SCHEMA, [TABLE])
    data = (tmp_path / "a").read_bytes()
    assert facts == (len(data), hashlib.sha256(data).hexdigest(), 2_000)


def test_row_groups_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "BYTES_PER_GROUP", 50_000)
    writer.write(tmp_path / "a", SCHEMA, [TABLE])
    file = pq.ParquetFile(tmp_path / "a")
    assert file.num_row_groups > 5
    for at in range(file.num_row_groups):
        assert file.read_row_group(at)["content"].nbytes < 70_000


def test_one_prefix_is_read_without_the_others(tmp_path, monkeypatch):
    writer.write(tmp_path / "a", SCHEMA, [TABLE], cut="hexsha")
    asked = []
    real = pq.ParquetFile.iter_batches

    def watched(self, *args, **kwargs):
        asked.append(kwargs["row_groups"])
        return real(self, *args, **kwargs)

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", watched)
    found = writer.read_table(tmp_path / "a", ["n"], within=writer.starting_with("hexsha", "f"))
    expected = [at for at, name in enumerate(TABLE["hexsha"].to_pylist()) if name[0] == "f"]
    assert found.column_names == ["n"]
    assert found["n"].to_pylist() == expected
    assert asked == [[15]]


@given(st.text("0123456789abcdef", min_size=1, max_size=3))
@settings(max_examples=30, deadline=None)
def test_prefixes_of_any_length_find_their_rows(tmp_path_factory, prefix):
    path = tmp_path_factory.getbasetemp() / "prefixed"
    if not path.exists():
        writer.write(path, SCHEMA, [TABLE], cut="hexsha")
    found = writer.read_table(path, within=writer.starting_with("hexsha", prefix))
    expected = [name for name in TABLE["hexsha"].to_pylist() if name.startswith(prefix)]
    assert found["hexsha"].to_pylist() == expected


def test_an_empty_file_keeps_its_schema(tmp_path):
    facts = writer.write(tmp_path / "a", schemas.SELECTED, [])
    assert facts.rows == 0
    assert writer.read_table(tmp_path / "a").schema.equals(schemas.SELECTED)


def test_other_columns_are_refused(tmp_path):
    with pytest.raises(ValueError, match="hexsha, content, n"):
        writer.write(tmp_path / "a", SCHEMA, [TABLE.select(["n"])])


def test_a_row_less_leaves_most_of_a_file_as_it_was(tmp_path):
    """What content-defined chunks are for: the pages of other rows keep their bytes."""
    schema = pa.schema([("hexsha", pa.string()), ("content", pa.large_string())])
    texts = [
        "".join(hashlib.sha256(f"{at} {part}".encode()).hexdigest() for part in range(40))
        for at in range(3_000)
    ]
    table = pa.table([[f"{at:040x}" for at in range(3_000)], texts], schema=schema)
    writer.write(tmp_path / "a", schema, [table])
    writer.write(tmp_path / "b", schema, [table.slice(0, 100), table.slice(101)])
    before, after = (tmp_path / "a").read_bytes(), (tmp_path / "b").read_bytes()
    samples = [before[at : at + 500] for at in range(0, len(before) - 500, 50_000)]
    assert sum(sample in after for sample in samples) > 0.6 * len(samples)


def test_the_profile_names_all_that_bytes_depend_on():
    told = writer.PROFILE
    assert told["writer"] == f"pyarrow {pa.__version__}"
    assert told["compression"] == "zstd"
    assert told["level"] == 3
    assert told["content_defined_chunking"]["min_chunk_size"] == 256 * 1024
    assert told["rows_per_group"] == writer.ROWS_PER_GROUP
    assert not {"content", "hexsha", "row_id"} & set(told["dictionary"])
