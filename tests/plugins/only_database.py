"""`--only-database`: just the tests that ask the site's database, for a second run on another one.

Load it from the top conftest: `pytest_plugins = ["tests.plugins.only_database"]`.
"""

import pytest

FIXTURES = {"db", "transactional_db"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--only-database", action="store_true", help="leave out what asks the database nothing"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--only-database"):
        return
    asking = [item for item in items if _asks(item)]
    config.hook.pytest_deselected(items=[item for item in items if not _asks(item)])
    items[:] = asking


def _asks(item: pytest.Item) -> bool:
    uses = not FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))
    return uses or item.get_closest_marker("django_db") is not None
