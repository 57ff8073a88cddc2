"""The list of a version's rows without a name in it: what a difference is counted from.

One Parquet file, by hexsha: the rows of the version, and with a reason those that an earlier one
had and this one has not. It outlives the index, which names repositories and so goes when one of
them is removed. A holder is a keyed digest: rows of one account can be told apart from others, and
nobody without the key can say whose they are.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
from pyarrow.dataset import dataset

from . import decisions as decided

if TYPE_CHECKING:
    import duckdb

PRIVATE = "private-information"  # passed every choice, then went for what redaction found in it
NOT_COLLECTED = "not-collected"  # stands nowhere any more where this version looked
MEMORY = "512MB"  # of a join, whatever the number of rows; it spills to the disk
ROWS = "hexsha, row_id, digest, lang, licenses, size, holder, reason"


_FROM_INDEX = (
    "SELECT hexsha, row_id, digest, lang, licenses, size, "
    "substr(sha256(getvariable('holder_key') || ':' || owner_id), 1, 16) AS holder, "
    "NULL::VARCHAR AS reason"
)


@contextmanager
def database(spill: Path) -> Iterator["duckdb.DuckDBPyConnection"]:
    """A database in bounded memory that spills below a folder, and is gone afterwards."""
    import duckdb  # only here: a worker that counts nothing needs none of it

    with (
        TemporaryDirectory(dir=spill, prefix=".spill-") as folder,
        duckdb.connect(config={"memory_limit": MEMORY, "threads": 2}) as found,
    ):
        found.execute("SET enable_progress_bar = false")  # it would draw into a worker's log
        found.execute(f"SET temp_directory = '{quoted(Path(folder))}'")
        yield found


def quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def listed(paths: Iterable[Path]) -> str:
    """Files as an argument of `read_parquet`."""
    return ", ".join(f"'{quoted(path)}'" for path in paths)


def view(database: "duckdb.DuckDBPyConnection", name: str, path: Path | None, key: str) -> None:
    """A view with the columns of ROWS over a row list, over an index, or over nothing."""
    if path is None:
        database.execute(
            f"CREATE VIEW {name} AS SELECT '' hexsha, '' row_id, '' digest, '' lang, "
            "[]::VARCHAR[] licenses, 0::BIGINT size, '' holder, NULL::VARCHAR reason WHERE false"
        )
        return
    if "reason" in pq.read_schema(path).names:
        database.execute(f"CREATE VIEW {name} AS SELECT {ROWS} FROM '{quoted(path)}'")  # noqa: S608
        return
    database.execute("SET VARIABLE holder_key = $1", [key])
    database.execute(f"CREATE VIEW {name} AS {_FROM_INDEX} FROM '{quoted(path)}'")


_LIST = """
SELECT {rows} FROM here WHERE reason IS NULL
UNION ALL
SELECT b.hexsha, b.row_id, NULL, NULL, NULL, b.size, b.holder,
  CASE WHEN r.reason IS NOT NULL THEN r.reason WHEN d.hexsha IS NOT NULL THEN '{private}'
       ELSE '{not_collected}' END
FROM before b
ANTI JOIN here h ON h.hexsha = b.hexsha
LEFT JOIN against r ON r.hexsha = b.hexsha
LEFT JOIN decided d ON d.hexsha = b.hexsha
ORDER BY hexsha
"""


def write(
    target: Path,
    index: Path,
    *,
    before: Path | None,
    reasons: Sequence[Path],
    decisions: Sequence[Path],
    key: str,
) -> None:
    """Write the list of a version to `target`, in bounded memory.

    Args:
        index: `rows.parquet` of stage index.
        before: the list (or index) of the version before; None when there is none.
        reasons, decisions: all of them that stage select left.
        key: secret of the dataset, under which holders are told apart.
    """
    with database(target.parent) as held:
        view(held, "here", index, key)
        view(held, "before", before, key)
        source = f"FROM read_parquet([{listed(reasons)}])"
        empty = "FROM (SELECT '' hexsha, '' reason) WHERE false"
        held.execute(f"CREATE VIEW against AS SELECT hexsha, reason {source if reasons else empty}")
        held.register("told", dataset(list(map(str, decisions)), decided.DECISION, format="ipc"))
        held.execute("CREATE VIEW decided AS SELECT hexsha FROM told WHERE rests_on IS NOT NULL")
        query = _LIST.format(rows=ROWS, private=PRIVATE, not_collected=NOT_COLLECTED)
        held.execute(f"COPY ({query}) TO '{quoted(target)}' (FORMAT parquet, COMPRESSION zstd)")
