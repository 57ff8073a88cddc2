"""Names that renamings left behind, as a removal may use them."""

from collections.abc import Iterable
from pathlib import Path

from pipeline.select import people, removals
from pipeline.shards import writer

from .sources.gharchive import ALIASES
from .work import Context

__all__ = ["ALIASES", "holders", "named"]


def holders(context: Context) -> list[removals.Holder]:
    """Holders by every name that a removal of the brief uses: they lead to the hosts' numbers."""
    paths = [
        context.files.path(done.ref, ALIASES)
        for done in context.done["collect"]
        if ALIASES in done.report.files
    ]
    return named(paths, removals.parse(context.brief.removals))


def named(paths: Iterable[Path], selectors: Iterable[removals.Selector]) -> list[removals.Holder]:
    """Holders by the names that selectors use, from tables of ALIAS. Memory: those names."""
    wanted = {one.value.partition("#")[0] for one in selectors}
    found = []
    for path in paths if wanted else ():
        for batch in writer.read_batches(path):
            found += [row for row in batch.to_pylist() if row["name"].casefold() in wanted]
    return people.holders_of_aliases(found)
