"""docs/audit.md, made from the verbs of `services` themselves: it can't say anything else."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from governance.audit import retention
from governance.audit.services import (
    accounts,
    applying,
    building,
    closing,
    datasets,
    entitling,
    keeping,
    owing,
    releasing,
    scheduling,
    serving,
    signing,
    telling,
)

FILE = Path(__file__).parents[2] / "docs" / "audit.md"
WRITER = "write"
FAMILIES = (
    serving,
    signing,
    applying,
    entitling,
    accounts,
    datasets,
    building,
    owing,
    releasing,
    scheduling,
    closing,
    telling,
    keeping,
)
HEAD = """\
# What the record holds

Made by `manage.py docs` from `governance/audit/services/`; a test fails when it is stale. How
entries are sealed, kept, erased and verified is told in [record.md](record.md).

Every entry has a time, an action, an outcome, reasons, a reason in words where somebody privileged
acts, a subject, dataset, version, tier, artefact, terms version, grant, detail and request id:
these are sealed. Who acted (id, address, name, token), whom it concerns, the purpose, the network
address and the agent stand apart, under a salt of their own, and can be erased.

`actor` and `now` are taken by every verb. "Kept" is how long the personal part stays.
"""
# What a part of an action that a verb is given stands for.
GIVEN = {"{action}": "ticket", "{verb}": "VERB", "{how}": "HOW"}


class Verb(NamedTuple):
    name: str
    action: str
    takes: list[str]
    privileged: bool
    told: str  # first paragraph of the docstring


def verbs() -> list[Verb]:
    """The public functions that write entries, family by family, in the order of the files."""
    nodes = (node for each in FAMILIES for node in ast.parse(inspect.getsource(each)).body)
    found = (_verb(node) for node in nodes if isinstance(node, ast.FunctionDef))
    return [each for each in found if each is not None]


def _verb(node: ast.FunctionDef) -> Verb | None:
    call = next(_writes(node), None)
    if node.name.startswith("_") or call is None:
        return None
    given = {each.arg: each.value for each in call.keywords}
    return Verb(
        node.name,
        _action(call.args[0]),
        [each.arg for each in node.args.kwonlyargs if each.arg not in {"actor", "now", "beside"}],
        isinstance(given.get("privileged"), ast.Constant),
        " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split()),
    )


def _writes(node: ast.FunctionDef) -> Iterator[ast.Call]:
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and getattr(each.func, "id", "") == WRITER:
            yield each


def _action(node: ast.expr) -> str:
    """The action as it stands in entries; `version.VERB` where a verb is given a part of it."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    name = ast.unparse(node)[2:-1]  # f'...'
    for given, shown in GIVEN.items():
        name = name.replace(given, shown)
    return name


def text() -> str:
    """The whole page."""
    rows = [
        f"| `{each.action}` | `{each.name}` | {_list(each.takes)} | "
        f"{'yes' if each.privileged else ''} | {_kept(each.action)} | {each.told} |"
        for each in verbs()
    ]
    head = "| action | verb | takes | privileged | kept | what |\n|---|---|---|---|---|---|"
    return "\n".join([HEAD, head, *rows]) + "\n"


def _list(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _kept(action: str) -> str:
    days = retention.days_of(action)
    whole = days % retention.YEAR == 0
    return f"{days // retention.YEAR} a" if whole else f"{days} d"
