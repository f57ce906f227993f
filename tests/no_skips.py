"""The rules of this suite, as a pytest plugin.

Nothing is skipped: a test that did not run proves nothing, so a skip or an expected failure is
a failure. And a test that means something on one database only is marked, and left out elsewhere.
What touches no database runs once, on SQLite, and so does what looks at the words and the doors: on
PostgreSQL runs whatever stores, asks, locks or races behind them, and every page is opened by every role
(`test_urls_by_role`, `test_my_by_role`).
"""

from pathlib import Path

import pytest
from django.db import connection
from pytest_django.plugin import blocking_manager_key

from tests.access_log import flushable

DATABASE = {"db", "transactional_db", "live_server"}
OTHER_DATABASE = {"sqlite": {"postgresql"}, "postgresql": {"sqlite", "browser", "once"}}
TESTS = Path(__file__).parent
DOORS = {
    TESTS / door
    for door in (
        "houses/staff", "houses/household", "houses/api",
        "residents/views", "residents/api", "sync/api", "sync/client",
    )
}  # fmt: skip


def pytest_collection_modifyitems(config, items):
    foreign = [item for item in items if is_foreign(item, connection.vendor)]
    config.hook.pytest_deselected(items=foreign)
    items[:] = [item for item in items if item not in foreign]


def is_foreign(item, vendor):
    if any(item.get_closest_marker(mark) for mark in OTHER_DATABASE[vendor]):
        return True
    if vendor == "sqlite" or item.get_closest_marker("postgresql"):
        return False
    stores = item.get_closest_marker("django_db") or DATABASE & set(item.fixturenames)
    return not stores or not DOORS.isdisjoint(item.path.parents)


def refuse(report):
    if report.outcome == "skipped" or hasattr(report, "wasxfail"):
        vars(report).pop("wasxfail", None)
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: no test is skipped or expected to fail here"
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport():
    return refuse((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report():
    return refuse((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item, nextitem):
    """A test's tables are flushed after it, the access log with them."""
    mark = item.get_closest_marker("django_db")
    flushed = {"transactional_db", "live_server"} & set(item.fixturenames)
    if not (flushed or (mark and mark.kwargs.get("transaction"))):
        return (yield)
    # After the last test the database itself is gone, and the guard with it.
    with item.config.stash[blocking_manager_key].unblock(), flushable(restore=nextitem is not None):
        return (yield)
