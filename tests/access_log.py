"""The access log takes no DELETE and no TRUNCATE, so its guard is lifted while tables are flushed."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def flushable(*, restore: bool = True) -> Iterator[None]:
    guard = importlib.import_module("residents.migrations.0003_access_log_append_only")
    _run(guard.UNDO[connection.vendor])
    try:
        yield
    finally:
        if restore:
            _run({"sqlite": guard.SQLITE, "postgresql": guard.POSTGRESQL}[connection.vendor])


def _run(statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
