"""Schemas of every Parquet file that the pipeline writes. Changing one is a new stage version.

Offsets are Unicode code points, ends exclusive. Sizes are bytes. `content` is text as UTF-8.
"""

import pyarrow as pa

LICENCE_EVIDENCE = pa.list_(
    pa.struct(
        [
            # metadata | classifier | licence-file | header-tag | header-text | host | dataset
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
        ("malware", pa.list_(pa.string())),  # rules of the operator that match; null: not looked
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
        # Null where the source does not tell.
        ("forks", pa.int64()),
        ("issues", pa.int64()),
        ("fork_of", pa.string()),  # owner/name of the repository that it was forked from
        ("branch", pa.string()),  # whose head was read
        ("is_generated", pa.bool_()),  # as the repository itself marks the path
    ]
)

# --- issues and commits: configurations of their own, with the keys by which they are removed

EVENTS = pa.list_(
    pa.struct(
        [
            ("type", pa.string()),  # issue | comment | pull | review | review-comment
            ("action", pa.string()),  # opened | closed | reopened | created | ...
            ("datetime", pa.string()),  # ISO 8601, UTC
            ("author", pa.string()),  # account name at that time
            ("author_id", pa.int64()),  # the host's number, or one made from host and name
            ("comment_id", pa.int64()),  # null for what is no comment
            ("title", pa.string()),  # of the thread, null in a comment
            ("text", pa.large_string()),  # without mail footers; null when nothing was written
        ]
    )
)

ISSUE = pa.schema(  # raw tier: one row a thread of an issue or a pull request
    [
        ("thread_id", pa.string()),  # opaque: made from host, repository's number and number
        ("repo_host", pa.string()),
        ("repo_id", pa.int64()),
        ("repo_name", pa.string()),  # the newest that was seen
        ("owner_id", pa.int64()),
        ("owner", pa.string()),
        ("number", pa.int64()),
        ("is_pull", pa.bool_()),
        ("events", EVENTS),  # in order of time
        ("event_count", pa.int64()),
        ("user_count", pa.int64()),
        ("text_size", pa.int64()),  # characters of all titles and texts
        ("bot_events", pa.int64()),  # left out as written by machines
        ("opening", pa.string()),  # seen | rebuilt (from a later event) | missing
        ("source", pa.string()),  # gharchive
    ]
)

COMMIT_HOLDERS = pa.list_(
    pa.struct(
        [
            ("repo_host", pa.string()),
            ("repo_id", pa.int64()),
            ("repo_name", pa.string()),
            ("owner_id", pa.int64()),
            ("owner", pa.string()),
            ("source", pa.string()),  # git | bigquery
            ("licenses", pa.list_(pa.string())),
        ]
    )
)

COMMIT = pa.schema(  # raw tier: one row a commit that changes one file, wherever it stands
    [
        ("commit_id", pa.string()),  # 40 hex digits
        ("holders", COMMIT_HOLDERS),  # every repository that has it, by host and name
        ("old_file", pa.string()),
        ("new_file", pa.string()),
        ("old_hexsha", pa.string()),  # git blob id, "" for a file that was not there
        ("new_hexsha", pa.string()),
        ("old_contents", pa.large_string()),
        ("new_contents", pa.large_string()),
        ("subject", pa.string()),
        ("message", pa.large_string()),
        ("author_name", pa.string()),
        ("author_email", pa.string()),
        ("author_date", pa.string()),  # ISO 8601 with the author's offset
        ("committer_name", pa.string()),
        ("committer_email", pa.string()),
        ("committer_date", pa.string()),
        ("ext", pa.string()),
        ("lang", pa.string()),
        ("licenses", pa.list_(pa.string())),  # that either text states for itself
        ("license_evidence", LICENCE_EVIDENCE),
    ]
)

_SAID = pa.list_(
    pa.struct(
        [
            ("type", pa.string()),
            ("action", pa.string()),
            ("datetime", pa.string()),
            ("author", pa.string()),  # username_1, username_2 ... in the order of speaking
            ("comment_id", pa.int64()),
            ("title", pa.string()),
            ("text", pa.large_string()),
        ]
    )
)

_REDACTED = pa.list_(pa.struct([("class", pa.string()), ("count", pa.int64())]))

PROCESSED_ISSUE = pa.schema(  # processed tier, configuration `issues`
    [
        ("row_id", pa.string()),
        ("repo_name", pa.string()),
        ("repo_id", pa.int64()),
        ("number", pa.int64()),
        ("is_pull", pa.bool_()),
        ("events", _SAID),
        ("event_count", pa.int64()),
        ("user_count", pa.int64()),
        ("text_size", pa.int64()),
        ("redactions", _REDACTED),
    ]
)

PROCESSED_COMMIT = pa.schema(  # processed tier, configuration `commits`: nobody's name or address
    [
        ("row_id", pa.string()),
        ("commit", pa.string()),
        ("old_file", pa.string()),
        ("new_file", pa.string()),
        ("old_contents", pa.large_string()),
        ("new_contents", pa.large_string()),
        ("subject", pa.string()),
        ("message", pa.large_string()),
        ("lang", pa.string()),
        ("licenses", pa.list_(pa.string())),  # SPDX ids that the row rests on
        ("repos", pa.list_(pa.string())),  # owner/name of those that have it under these
        ("repo_ids", pa.list_(pa.int64())),
        ("date", pa.string()),  # of the author, ISO 8601
        ("redactions", _REDACTED),
    ]
)

ALIAS = pa.schema(  # every name under which a number was seen: what a rename must not break
    [
        ("host", pa.string()),
        ("kind", pa.string()),  # account | repository
        ("id", pa.int64()),
        ("name", pa.string()),
        ("first_seen", pa.string()),  # ISO 8601, UTC
        ("last_seen", pa.string()),
    ]
)

REPOSITORY_FACTS = pa.schema(  # what events tell of a repository
    [
        ("host", pa.string()),
        ("repo_id", pa.int64()),
        ("name", pa.string()),  # the newest
        ("owner_id", pa.int64()),  # null where no event tells it
        ("owner", pa.string()),
        ("stars", pa.int64()),  # the newest count that a host stated, or events seen
        ("forks", pa.int64()),
        ("issues", pa.int64()),
        ("stars_first", pa.string()),  # when the first and the last such event was seen
        ("stars_last", pa.string()),
        ("forks_first", pa.string()),
        ("forks_last", pa.string()),
        ("issues_first", pa.string()),
        ("issues_last", pa.string()),
        ("fork_of", pa.string()),
        ("licence", pa.string()),  # the host's label, an SPDX id; evidence, never a verdict
        ("branch", pa.string()),
        ("created", pa.string()),
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
