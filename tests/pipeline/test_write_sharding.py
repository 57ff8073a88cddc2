"""Which row goes into which file: owners together, files stable, order without meaning."""

from itertools import accumulate, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.release import keys, ordering, sharding

owners = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.integers(0, 120)), min_size=1, max_size=40
).map(sorted)


def held(ref, rows):
    """Keys of (row id, owner, bytes)."""
    blank = dict.fromkeys(keys.KEYS.names)
    told = [
        blank
        | {
            "row_id": row_id,
            "owner": owner,
            "repo_name": f"{owner}/r",
            "path": f"{row_id}.py",
            "lang": "Python",
            "text_bytes": size,
            "digest": f"digest of {row_id}",
        }
        for row_id, owner, size in rows
    ]
    return sharding.Held(ref, pa.Table.from_pylist(told, schema=keys.KEYS))


def assign(outputs, parent=None, numbers=None, shard_bytes=100):
    slugs = {"Python": "python"}
    return sharding.assign(outputs, slugs, parent, numbers or {}, shard_bytes)


@given(owners, st.integers(1, 200))
def test_owners_stay_together_and_shards_small(rows, limit):
    told = [(f"r{at:03d}", owner, size) for at, (owner, size) in enumerate(rows)]
    ends = list(accumulate(shard.rows for shard in assign([held("a", told)], shard_bytes=limit)))
    totals = {owner: sum(size for name, size in rows if name == owner) for owner, _ in rows}
    assert ends[-1] == len(rows)
    for start, end in pairwise([0, *ends]):
        shard = rows[start:end]
        assert sum(size for _, size in shard) <= limit or len([s for _, s in shard if s]) == 1
        if start and rows[start - 1][0] == rows[start][0]:
            assert totals[rows[start][0]] > limit  # only an owner too large is cut within


@settings(max_examples=10, deadline=None)
@given(owners, st.integers(1, 200), st.data())
def test_sorting_on_the_disk_gives_the_same_shards(rows, limit, data):
    told = [(f"r{at:03d}", owner, size) for at, (owner, size) in enumerate(rows)]
    files = data.draw(st.lists(st.integers(0, 2), min_size=len(told), max_size=len(told)))
    outputs = [
        held(f"redact/{number}", [row for row, at in zip(told, files, strict=True) if at == number])
        for number in range(3)
    ]
    stood = {
        name: f"data/{data.draw(st.sampled_from(['python', 'c']))}/0000.parquet"
        for name, _, _ in told
        if data.draw(st.booleans())
    }
    parent = pa.table(
        {"row_id": pa.array(stood, pa.string()), "path": pa.array(stood.values(), pa.string())}
    )
    numbers = sharding.first_free(parent, {})
    with TemporaryDirectory() as folder:
        pq.write_table(parent, f"{folder}/rows.parquet")
        found = ordering.on_disk(
            outputs, {"Python": "python"}, Path(folder, "rows.parquet"), Path(folder)
        )
        refs = [output.ref for output in outputs]
        assert sharding.cut(found, refs, numbers, limit) == assign(outputs, parent, numbers, limit)


def test_a_row_id_that_stands_twice_is_told_from_the_disk_as_well(tmp_path):
    twice = [held("redact/a", [("r1", "a", 1)]), held("redact/b", [("r1", "a", 1)])]
    with pytest.raises(ValueError, match="1 row ids stand more than once"):
        list(ordering.on_disk(twice, {"Python": "python"}, None, tmp_path))


def test_order_and_spread_of_the_inputs_do_not_matter():
    rows = [(f"r{n}", f"o{n % 5}", 30) for n in range(20)]
    one = assign([held("redact/a", rows)])
    two = assign([held("redact/b", rows[::-2]), held("redact/c", rows[::2])])
    facts = [(shard.path, shard.rows, shard.digest) for shard in one]
    assert len(facts) > 1
    assert facts == [(shard.path, shard.rows, shard.digest) for shard in two]


def test_a_row_stays_in_its_file_and_a_new_one_goes_into_a_new_file():
    parent = pa.table({"row_id": ["r1", "r2"], "path": ["data/python/0007.parquet"] * 2})
    shards = assign(
        [held("redact/a", [("r1", "a", 9), ("r3", "a", 9)])],
        parent,
        sharding.first_free(parent, {"python": 3}),
    )
    assert [(shard.path, shard.rows) for shard in shards] == [
        ("data/python/0007.parquet", 1),
        ("data/python/0008.parquet", 1),
    ]


def test_a_number_is_never_used_again():
    told = {"python": 12}  # 0011 lost all its rows in an earlier version
    parent = pa.table({"row_id": ["r1"], "path": ["data/python/0003.parquet"]})
    assert sharding.first_free(parent, told) == {"python": 12}


def test_a_row_that_changed_its_language_moves():
    parent = pa.table({"row_id": ["r1"], "path": ["data/c/0000.parquet"]})
    shards = assign([held("redact/a", [("r1", "a", 9)])], parent)
    assert [shard.path for shard in shards] == ["data/python/0000.parquet"]


def test_a_row_id_that_stands_twice_is_refused():
    with pytest.raises(ValueError, match="1 row ids stand more than once"):
        assign([held("redact/a", [("r1", "a", 9)]), held("redact/b", [("r1", "b", 9)])])


def test_languages_that_share_a_folder_are_refused():
    with pytest.raises(ValueError, match="X, Y share the folder data/same"):
        sharding.assign([], {"X": "same", "Y": "same"}, None, {})
