"""Real workers, in processes of their own, on a broker of their own."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from config.celery import app
from scripts.postgresql import stop
from scripts.redis_server import redis
from tests.sync.writes import Shared

SECONDS = 300


class Office:
    """The test's database, a broker, and the workers that were started."""

    def __init__(self, shared: Shared, broker: str, folder: Path) -> None:
        self.shared, self.broker, self.folder = shared, broker, folder
        self.workers: list[subprocess.Popen] = []

    def worker(self) -> subprocess.Popen:
        given = {name: str(getattr(settings, name)) for name in self._names()}
        given |= {"DATABASE_URL": self.shared.url, "CELERY_BROKER_URL": self.broker}
        talkative = {"LOG_LEVEL": "DEBUG", "PYTHONWARNINGS": "ignore"}
        with open(self.folder / f"worker-{len(self.workers)}.log", "w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "config", "worker", "--loglevel", "DEBUG"],
                cwd=settings.BASE_DIR,
                env=os.environ | given | talkative,
                stdout=log,
                stderr=log,
            )
        self.workers.append(process)
        return process

    @staticmethod
    def _names() -> list[str]:
        return [f"PLATFORM_{name}" for name in ("TOKEN_URL", "LOOKUP_URL", "KEY_K", "KEY_D", "CONCURRENCY")]

    @property
    def logs(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("worker-*.log")))

    def wait(self, holds: Callable[[], object]) -> None:
        """Until it holds, as the workers' database tells."""
        end = time.monotonic() + SECONDS
        self.shared.pull()
        while not holds():
            assert time.monotonic() < end, self.logs[-3000:]
            time.sleep(0.2)
            self.shared.pull()


@contextmanager
def office(kind: str, shared: Shared, folder: Path) -> Iterator[Office]:
    """`kind` of broker: redis or sqlite."""
    if kind == "redis":
        with redis() as address:
            yield from _open(Office(shared, address, folder))
    else:
        yield from _open(Office(shared, f"sqla+sqlite:///{folder / 'broker.sqlite3'}", folder))


def _open(made: Office) -> Iterator[Office]:
    before, app.conf.broker_url = app.conf.broker_url, made.broker
    app._after_fork()  # the connections of the broker before
    try:
        yield made
    finally:
        for process in made.workers:
            stop(process, 15)
        app._after_fork()
        app.conf.broker_url = before
