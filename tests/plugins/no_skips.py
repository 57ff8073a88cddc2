"""With GATEHOUSE_SERVICES=1 the machine has all that the tests can use: a skip is a failure.

But for a test marked `extra`: it needs a package that an operator may add and no test machine must.

Load it from the top conftest: `pytest_plugins = ["tests.plugins.no_skips"]`.
"""

import os

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> pytest.TestReport:
    """Turn a skip into a failure that keeps the reason."""
    report = yield
    expected = hasattr(report, "wasxfail") or item.get_closest_marker("extra") is not None
    if report.skipped and not expected and os.environ.get("GATEHOUSE_SERVICES") == "1":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped where nothing may be: {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> pytest.CollectReport:
    """The same for a whole file, e.g. `pytest.importorskip` at its top."""
    report = yield
    if report.skipped and os.environ.get("GATEHOUSE_SERVICES") == "1":
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} was skipped where nothing may be: {report.longrepr}"
    return report
