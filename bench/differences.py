"""Differences: two row lists of ten million rows, 6 % of which went, came or changed.

In a process of its own, as its peak of memory is what is measured. Needs about a minute and 2 GB of
disk below the temporary folder.
"""

import multiprocessing
import resource
import tempfile
import time
from pathlib import Path

from bench import Figure

ROWS = 10_000_000  # of each list
_LIST = """
COPY (SELECT sha1(i::VARCHAR) AS hexsha, substr(sha1(i::VARCHAR), 1, 20) AS row_id,
  sha1(CASE WHEN {changes} THEN 'x' ELSE 'd' END || i)[1:32] AS digest,
  ['Python', 'C', 'Java', 'Go', 'Zig', 'Perl'][1 + i % 6] AS lang, ['MIT'] AS licenses,
  (i % 9000)::BIGINT AS size, substr(sha256((i % {owners})::VARCHAR), 1, 16) AS holder,
  CASE WHEN {gone} THEN ['removed', 'malware', 'not-collected'][1 + (i // 7) % 3] END AS reason
FROM range({rows}) made(i)) TO '{path}' (FORMAT parquet, COMPRESSION zstd)
"""


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        spawn = multiprocessing.get_context("spawn")
        with spawn.Pool(1) as pool:
            pool.apply(_make, (folder,))
        with spawn.Pool(1) as pool:
            seconds, peak = pool.apply(_count, (folder,))
        size = sum(path.stat().st_size for path in Path(folder).glob("*.parquet"))
    return [
        Figure(f"difference of {ROWS:,} rows each", seconds, "s of CPU"),
        Figure("its peak of memory", peak, "MB", "bounded, whatever the rows"),
        Figure("a row list", size / 2 / ROWS, "bytes a row"),
    ]


def _make(folder: str) -> None:
    from pipeline.release import rowlists

    for name, changes, gone in (("old", "false", "false"), ("new", "i % 50 = 0", "i % 20 = 0")):
        with rowlists.database(Path(folder)) as database:
            told = {"changes": changes, "gone": gone, "owners": ROWS // 40, "rows": ROWS}
            database.execute(_LIST.format(path=Path(folder, f"{name}.parquet"), **told))


def _count(folder: str) -> tuple[float, float]:
    from pipeline.release import difference

    root, begun = Path(folder), time.process_time()
    found = difference.between(root / "old.parquet", root / "new.parquet", {}, {}, spill=root)
    seconds = time.process_time() - begun
    assert found.exact["rows"]["removed"]["rows"] == ROWS // 20
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
