"""Schemas of every Parquet file that the pipeline writes. Changing one is a new stage version.

Offsets are Unicode code points, ends exclusive. Sizes are bytes. `content` is text as UTF-8.
"""

import pyarrow as pa

LICENCE_EVIDENCE = pa.list_(
    pa.struct(
        [
            # metadata | classifier | licence-file | header-tag | header-text
            ("kind", pa.string()),
            ("where", pa.string()),  # path or field name where it was found
            ("found", pa.string()),  # SPDX expression read from it, "" when it could not be read
        ]
    )
)

BLOB = pa.schema(  # raw tier: one row a distinct content, unredacted
    [
        ("hexsha", pa.string()),  # git blob id of the original bytes, 40 hex digits
        ("size", pa.int64()),  # of the original bytes
        ("encoding", pa.string()),  # of the original bytes, e.g. utf-8, utf-16-le, cp1252
        ("content", pa.large_string()),
        ("avg_line_length", pa.float64()),
        ("max_line_length", pa.int64()),
        ("alphanum_fraction", pa.float64()),
        ("is_generated", pa.bool_()),
        ("licenses", pa.list_(pa.string())),  # SPDX ids stated in the file itself
        ("license_evidence", LICENCE_EVIDENCE),
    ]
)

OCCURRENCE = pa.schema(  # raw tier: one row for every place where a blob stands
    [
        ("hexsha", pa.string()),
        ("repo_host", pa.string()),  # e.g. github.com; pypi where no repository is known
        ("repo_id", pa.int64()),  # the host's number, or one made from host and name
        ("repo_name", pa.string()),  # owner/name
        ("owner_id", pa.int64()),
        ("owner", pa.string()),
        ("path", pa.string()),
        ("ext", pa.string()),
        ("lang", pa.string()),  # Linguist's name, "" when unknown
        ("is_vendored", pa.bool_()),
        ("head", pa.string()),  # commit (40 hex) or, for a distribution, its version
        ("source", pa.string()),  # e.g. distribution:Django==5.2
        ("stars", pa.int64()),  # null where unknown
        ("licenses", pa.list_(pa.string())),  # of the repository
        ("license_evidence", LICENCE_EVIDENCE),
    ]
)

REDACTIONS = pa.list_(pa.struct([("class", pa.string()), ("count", pa.int64())]))


def _holder(by: str) -> list[tuple[str, pa.DataType]]:
    """Columns of one holder of the blob, as in The Stack v1 (`by`: stars, issues, forks)."""
    event = f"max_{by}_repo_{by}_event"
    return [
        (f"max_{by}_repo_path", pa.string()),
        (f"max_{by}_repo_name", pa.string()),
        (f"max_{by}_repo_head_hexsha", pa.string()),
        (f"max_{by}_repo_licenses", pa.list_(pa.string())),
        (f"max_{by}_count", pa.int64()),
        (f"{event}_min_datetime", pa.string()),
        (f"{event}_max_datetime", pa.string()),
    ]


PROCESSED = pa.schema(  # processed tier; the first 29 columns are those of The Stack v1.x, in order
    [
        ("hexsha", pa.string()),
        ("size", pa.int64()),
        ("ext", pa.string()),
        ("lang", pa.string()),
        *_holder("stars"),
        *_holder("issues"),
        *_holder("forks"),
        ("content", pa.large_string()),
        ("avg_line_length", pa.float64()),
        ("max_line_length", pa.int64()),
        ("alphanum_fraction", pa.float64()),
        ("row_id", pa.string()),
        ("repo_id", pa.int64()),
        ("licenses", pa.list_(pa.string())),  # SPDX ids that the row rests on
        ("swhid", pa.string()),
        ("redactions", REDACTIONS),
    ]
)

# Between select and write: PROCESSED before redaction, with the owner that shards are cut by.
SELECTED = PROCESSED.append(pa.field("owner", pa.string())).append(pa.field("owner_id", pa.int64()))

SPAN_TABLE = pa.schema(  # what `manage.py detect` writes
    [
        ("row", pa.int64()),
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("class", pa.string()),
        ("rule", pa.string()),
        ("score", pa.float64()),
    ]
)

ANNOTATION = pa.schema(  # annotations tier: values are surrogates unless a policy says otherwise
    [
        ("id", pa.string()),
        ("content", pa.large_string()),
        ("language", pa.string()),
        (
            "spans",
            pa.list_(
                pa.struct(
                    [
                        ("start", pa.int64()),
                        ("end", pa.int64()),
                        ("class", pa.string()),
                        ("surrogate", pa.string()),
                    ]
                )
            ),
        ),
        ("labelled_by", pa.string()),  # machine | human
        ("hexsha", pa.string()),  # of the source file, so that a removal reaches it
        ("repo_id", pa.int64()),
    ]
)

ROW_INDEX = pa.schema(  # index: where each row of a version stands
    [
        ("row_id", pa.string()),
        ("hexsha", pa.string()),
        ("repo_id", pa.int64()),
        ("owner_id", pa.int64()),
        ("repo_name", pa.string()),
        ("lang", pa.string()),
        ("licenses", pa.list_(pa.string())),
        ("size", pa.int64()),
        ("path", pa.string()),  # artefact path in the processed tier
        ("digest", pa.string()),  # of the row as written, so that a change shows without its text
    ]
)
