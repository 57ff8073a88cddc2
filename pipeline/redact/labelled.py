"""Labelled text from Parquet: which rows are for learning, which are only reported on.

Two layouts are read. That of a credential corpus: `repo`, `path`, `content`, `labels` (a list of
`start`, `end`, `truth`, `category`), where keys and passwords are one class. And that of an
annotations tier: `id`, `content`, `language`, `spans` (a list of `start`, `end`, `class`), where
every span is true.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .evaluation import Label, Row

CREDENTIAL = "CREDENTIAL"  # the class of a corpus that does not tell keys from passwords
PARTS = 4  # of the repositories one part in so many is held out
BATCH_ROWS = 64
_TRUTHS = frozenset("TFX")
# Public constants, though a corpus may call them true credentials: reported apart, as examples.
_NO_CREDENTIALS = frozenset({"UUID"})


def is_held_out(group: str) -> bool:
    """Whether a repository is only reported on: the first digits of its name's sha256 decide.

    Never trained on, never tuned on. Stable: it depends on nothing but the name.
    """
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % PARTS == 0


def read(source: Path) -> Iterator[Row]:
    """Yield the labelled rows of a Parquet file, in bounded memory.

    A label that lies outside of its text is left out.

    Raises:
        ValueError: no Parquet file, or of neither layout.
    """
    try:
        file = pq.ParquetFile(source)
    except (pa.ArrowInvalid, OSError) as error:
        raise ValueError(f"{source} can't be read as a Parquet file: {error}.") from error
    with file:
        names = set(file.schema_arrow.names)
        if {"repo", "content", "labels"} <= names:
            make, columns = _of_corpus, ["repo", "content", "labels", *({"path"} & names)]
        elif {"id", "content", "spans"} <= names:
            make, columns = _of_annotations, ["id", "content", "spans"]
        else:
            told = ", ".join(file.schema_arrow.names)
            raise ValueError(
                f"{source} is not labelled: it needs the columns repo, content and labels, or id, "
                f"content and spans. It has: {told}."
            )
        for batch in file.iter_batches(BATCH_ROWS, columns=columns):
            for row in batch.to_pylist():
                yield make(row)


def _of_corpus(row: dict[str, Any]) -> Row:
    content = row["content"] or ""
    labels = [
        Label(
            each["start"],
            each["end"],
            "X" if each.get("category") in _NO_CREDENTIALS else each["truth"],
            CREDENTIAL,
        )
        for each in row["labels"] or ()
        if each["truth"] in _TRUTHS and 0 <= each["start"] < each["end"] <= len(content)
    ]
    return Row(row["repo"] or "", content, labels, row.get("path") or "")


def _of_annotations(row: dict[str, Any]) -> Row:
    content = row["content"] or ""
    labels = [
        Label(each["start"], each["end"], "T", each["class"])
        for each in row["spans"] or ()
        if 0 <= each["start"] < each["end"] <= len(content)
    ]
    return Row(str(row["id"]), content, labels)


def as_credential(cls: str) -> str:
    """The class of a corpus for a class of the rules: keys and passwords are credentials."""
    return CREDENTIAL if cls in ("KEY", "PASSWORD") else ""
