"""What each column of the processed tier holds, a sentence each: for cards, pages and metadata."""

import pyarrow as pa

from pipeline.shards.schemas import PROCESSED


def _as_stars(by: str) -> dict[str, str]:
    """The columns of a second and third holder, which The Stack has and a row here repeats."""
    event = f"max_{by}_repo_{by}_event"
    return {
        f"max_{by}_repo_path": "As max_stars_repo_path: a row names one holder.",
        f"max_{by}_repo_name": "As max_stars_repo_name.",
        f"max_{by}_repo_head_hexsha": "As max_stars_repo_head_hexsha.",
        f"max_{by}_repo_licenses": "As max_stars_repo_licenses.",
        f"max_{by}_count": f"Number of {by} of that repository; empty where it is not known.",
        f"{event}_min_datetime": "Empty: events are not collected.",
        f"{event}_max_datetime": "Empty: events are not collected.",
    }


COLUMNS: dict[str, str] = {
    "hexsha": "Git blob id of the file as it was collected, before redaction.",
    "size": "Bytes of the file as it was collected.",
    "ext": "File name extension, without the dot.",
    "lang": "Programming or markup language, by Linguist's name; empty when unknown.",
    "max_stars_repo_path": "Path of the file in the repository that the row names.",
    "max_stars_repo_name": "Name of that repository, as owner/name.",
    "max_stars_repo_head_hexsha": "Its commit that was read; of a distribution, its version.",
    "max_stars_repo_licenses": "SPDX ids of the repository's own licences.",
    "max_stars_count": "Number of stars of the repository; empty where it is not known.",
    "max_stars_repo_stars_event_min_datetime": "Empty: events are not collected.",
    "max_stars_repo_stars_event_max_datetime": "Empty: events are not collected.",
    **_as_stars("issues"),
    **_as_stars("forks"),
    "content": "The text, decoded to UTF-8, with private values replaced.",
    "avg_line_length": "Mean characters a line, of the original file.",
    "max_line_length": "Characters of the longest line, of the original file.",
    "alphanum_fraction": "Share of letters and digits among the characters, from 0 to 1.",
    "row_id": "Opaque id of the row; stays the same from version to version.",
    "repo_id": "The host's number of the repository, which outlives its renames.",
    "licenses": "SPDX ids that the row rests on: what you owe attribution to.",
    "swhid": "Software Heritage id of the file as it was collected.",
    "redactions": "Class and count of what was replaced; never the value.",
}


def described() -> list[tuple[str, str, str]]:
    """(name, type, sentence) of every column of the processed tier, in the order of the files."""
    return [(field.name, _type(field.type), COLUMNS[field.name]) for field in PROCESSED]


def _type(of: pa.DataType) -> str:
    """The type as a reader of Parquet files meets it: `list<string>`, not `large_string`."""
    if pa.types.is_large_string(of):
        return "string"
    if pa.types.is_list(of):
        return f"list<{_type(of.value_type)}>"
    if pa.types.is_struct(of):
        return "struct<" + ", ".join(f"{part.name}: {_type(part.type)}" for part in of) + ">"
    return str(of)
