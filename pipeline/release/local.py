"""A whole build in one process or a pool of them: no database, no broker. For benchmarks,
notebooks and tests; the site runs the same stages through its queue."""

import contextlib
import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from .doing import do, one_core
from .stages import BY_NAME, STAGES
from .work import Brief, Context, Done, Files, Report, Work

OnDone = Callable[[str, Done], None]


def run_all(
    brief: Brief,
    root: Path,
    secret: bytes,
    workers: int = 1,
    on_done: OnDone | None = None,
) -> dict[str, Any]:
    """Run every stage over `brief`; work whose output lies below `root` is not done again.

    Returns `done` (stage -> its Done, in order), `seconds` (stage -> wall seconds), and the refs
    `card` and `index`, which are what a next version takes as its parent. Whatever a stage
    raises ends the build; what is finished stays and is found by the next run.
    """
    files = Files(root)
    root.mkdir(parents=True, exist_ok=True)
    finished: dict[str, list[Done]] = {}
    seconds: dict[str, float] = {}
    with _pool(workers) as spread:
        for stage in STAGES:
            begun = time.perf_counter()
            works = stage.plan(Context(brief, files, finished))
            finished[stage.name] = []
            reports = spread(_one, [(stage.name, work, files, secret) for work in works])
            for work, report in zip(works, reports, strict=True):
                done = Done(work.number, work.label, work.name(stage.version), work.params, report)
                finished[stage.name].append(done)
                if on_done:
                    on_done(stage.name, done)
            seconds[stage.name] = time.perf_counter() - begun
    return {
        "done": finished,
        "seconds": seconds,
        "card": finished["card"][0].ref,
        "index": finished["index"][0].ref,
    }


_Piece = tuple[str, Work, Files, bytes]


def _one(piece: _Piece) -> Report:
    name, work, files, secret = piece
    return do(BY_NAME[name], work, files, secret)


@contextlib.contextmanager
def _pool(workers: int) -> Iterator[Callable[..., Iterable[Report]]]:
    """A `map` over pieces of work: in processes, or in this one when one worker is enough."""
    if workers <= 1:
        yield map
        return
    # Spawned, not forked: a child of a process that has drawn a chart would hang.
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawn, initializer=one_core) as executor:
        yield executor.map
