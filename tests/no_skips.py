"""The rules of this suite, as a pytest plugin.

Nothing is skipped: a test that did not run proves nothing, so a skip or an expected failure is
a failure. And a test that means something on one database only is marked, and left out elsewhere;
what touches no database runs once, on SQLite.
"""

import pytest
from django.db import connection
from pytest_django.plugin import blocking_manager_key

from tests.access_log import flushable

DATABASE = {"db", "transactional_db", "live_server"}
OTHER_DATABASE = {"sqlite": {"postgresql"}, "postgresql": {"sqlite", "browser"}}


def pytest_collection_modifyitems(config, items):
    """Browser tests are slow and say nothing about the database: they run once, on SQLite."""
    foreign = [item for item in items if is_foreign(item, connection.vendor)]
    config.hook.pytest_deselected(items=foreign)
    items[:] = [item for item in items if item not in foreign]


def is_foreign(item, vendor):
    if any(item.get_closest_marker(mark) for mark in OTHER_DATABASE[vendor]):
        return True
    marked = item.get_closest_marker("django_db") or item.get_closest_marker("postgresql")
    return vendor == "postgresql" and not marked and not DATABASE & set(item.fixturenames)


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
