"""Rows as lines of text, for digests: Arrow does it a column at a time."""

import pyarrow as pa
import pyarrow.compute as pc

_NULL, _FIELD, _ITEM, _PART = "\x00", "\x1f", "\x1e", "\x1d"


def lines(table: pa.Table | pa.RecordBatch) -> pa.Array:
    """One line a row. Rows that differ anywhere have different lines.

    Texts are told with their lengths, so that no text can play another's end.
    """
    columns = [_told(_whole(table[name])) for name in table.schema.names]
    return pc.binary_join_element_wise(*columns, _FIELD)


def _told(values: pa.Array) -> pa.Array:
    """Each value as a text, null as one that no value has."""
    kind = values.type
    if pa.types.is_list(kind):
        items = _told(values.flatten())
        lists = pa.ListArray.from_arrays(_offsets(values), items)
        text = pc.binary_join(lists, _ITEM)
        counted = pc.list_value_length(lists).cast(pa.string())
        text = pc.binary_join_element_wise(counted, text, ":")
        return pc.if_else(pc.is_valid(values), text, _NULL)
    if pa.types.is_struct(kind):
        return pc.binary_join_element_wise(*map(_told, values.flatten()), _PART)
    text = values.cast(pa.string())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        size = pc.binary_length(text).cast(pa.string())
        text = pc.binary_join_element_wise(size, text, ":")
    return pc.fill_null(text, _NULL)


def _offsets(values: pa.ListArray) -> pa.Array:
    """Where the items of each list begin in what `flatten` gives; null lists have none."""
    sizes = pc.fill_null(pc.list_value_length(values), 0)
    begun = pa.array([0], pa.int32())
    return pa.concat_arrays([begun, pc.cumulative_sum(sizes)]).cast(pa.int32())


def _whole(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
