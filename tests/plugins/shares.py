"""How the tests are divided when pytest runs in several processes (`-n 2`).

Any process may take any test, one at a time, but for two kinds that would be paid for once a
process: what uses the demo's server stays together, and so does a module that makes something
for all of its tests. The demo's come first, for they take longest.

Load it from the top conftest: `pytest_plugins = ["tests.plugins.shares"]`.
"""

import pytest

DEMO = "demo"


def share_of(item: pytest.Item) -> str:
    """The name of the share that must stay in one process, or an empty text."""
    if "server" in getattr(item, "fixturenames", ()):
        return DEMO
    made = item._fixtureinfo.name2fixturedefs.values() if hasattr(item, "_fixtureinfo") else ()
    if any(each.scope == "module" for definitions in made for each in definitions):
        return item.nodeid.partition("::")[0]
    return ""


def pytest_itemcollected(item: pytest.Item) -> None:
    """Name the share for xdist, which keeps what has the same name in one process."""
    if share := share_of(item):
        item.add_marker(pytest.mark.xdist_group(share))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What stays together comes first, the demo first of all; in one process nothing changes."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: (share_of(item) != DEMO, not share_of(item)))
