"""Runs the whole suite on SQLite, and on PostgreSQL what its engine could tell apart (tests/no_skips.py).

usage: python -m scripts.test [PYTEST ARGUMENT…]      SQLITE_ONLY=1 leaves PostgreSQL out
"""

import os
import sys

from scripts.postgresql import end_tidily, postgresql, run

NO_TESTS = 5  # pytest's exit status


def suite(title: str, database: str) -> int:
    print(f"== {title} ==", flush=True)
    return run(sys.executable, "-m", "pytest", "-n", "2", *sys.argv[1:], database=database)


def run_suites() -> list[int]:
    on_sqlite = suite("SQLite", "sqlite:///db.sqlite3")
    if os.environ.get("SQLITE_ONLY"):
        print("已设 SQLITE_ONLY：未在 PostgreSQL 上测试。")
        return [on_sqlite]
    with postgresql() as address:
        return [on_sqlite, suite("PostgreSQL", address)]


def verdict(statuses: list[int], *, picked: bool) -> int:
    """Arguments may pick tests of one database only; without them each run has tests, all green."""
    if picked and any(status != NO_TESTS for status in statuses):
        statuses = [status for status in statuses if status != NO_TESTS]
    return max(statuses)


if __name__ == "__main__":
    end_tidily()
    sys.exit(verdict(run_suites(), picked=bool(sys.argv[1:])))
