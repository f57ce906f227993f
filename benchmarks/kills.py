"""kill -9 by a random timer from outside, again and again in one run, against a run left in peace.

usage: python -m benchmarks.kills [--phones N] [--kills N] [--seed N] [--latency SECONDS]

On SQLite `sync_phones` is killed and resumed; on PostgreSQL two workers on Redis share the run, and
one that is at work is killed and started again. In the end both databases must say the same, row for
row, and each phone must have one outcome, the same in both. Exit status 1 where that is not so.
"""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random, randrange
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from benchmarks.end_state import Rows, differences, end_state
from config.celery import app as celery_app
from scripts.postgresql import end_with_parent
from scripts.redis_server import redis
from sync import leases, runs, tasks
from sync.models import SyncRun
from sync.simulator import community
from sync.simulator.server import Simulator

WORKERS = 2
LONGEST = 900.0
# Of the time that the run takes in peace: the kills fall into its first two thirds, about.
SPREAD = 1.2


# -- databases ---------------------------------------------------------------------------


@contextmanager
def database(name: str) -> Iterator[str]:
    """This process at work on that database; its address for others."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield address_of(name)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def address_of(name: str) -> str:
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


@contextmanager
def two_databases(folder: Path) -> Iterator[list[str]]:
    """Ready to use, gone at the end."""
    on_file = connection.vendor == "sqlite"
    names = [
        str(folder / f"{n}.sqlite3") if on_file else f"kills_{n}_{os.getpid()}" for n in ("left", "killed")
    ]
    try:
        _create(*names)
        yield names
    finally:
        for name in [] if on_file else names:
            _run_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _create(name: str, copy: str) -> None:
    if connection.vendor == "postgresql":
        _run_sql(f"CREATE DATABASE {name}")
    with database(name):
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)
    if connection.vendor == "postgresql":
        _run_sql(f"CREATE DATABASE {copy} TEMPLATE {name}")
    else:
        shutil.copy(name, copy)


def _run_sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


# -- one run -----------------------------------------------------------------------------


@dataclass
class Site:
    """Where a run takes place, and after how many seconds of work each kill comes."""

    platform: Simulator
    address: str
    folder: Path
    phones: list[str]
    delays: list[float]
    random: Random
    broker: str = ""
    struck: int = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.address,
            "PLATFORM_TOKEN_URL": self.platform.token_url,
            "PLATFORM_LOOKUP_URL": self.platform.lookup_url,
            "PLATFORM_KEY_K": self.platform.key_k,
            "PLATFORM_KEY_D": self.platform.key_d,
            "PLATFORM_DEADLINE": "30",
            "CELERY_BROKER_URL": self.broker,
        }

    def start(self, *command: str, name: str = "", **options: Any) -> subprocess.Popen:
        """Ends with us at the latest."""
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=settings.BASE_DIR,
            env=os.environ | self.environment | {"PGAPPNAME": name, "PYTHONWARNINGS": "ignore"},
            preexec_fn=lambda: end_with_parent(signal.SIGKILL),
            stdout=subprocess.DEVNULL,
            text=True,
            **options,
        )

    def kill(self, process: subprocess.Popen, name: str = "") -> None:
        if process.poll() is not None:
            return
        under_way = in_words(SyncRun.objects.latest("pk"), name)
        process.kill()
        process.wait()
        self.struck += 1
        seconds = time.monotonic() - self.started
        print(f"  第 {self.struck} 次 kill -9：第 {seconds:.2f} 秒，{under_way}。", flush=True)


def in_words(run: SyncRun, name: str) -> str:
    done, held = run.total - run.items.waiting().count(), run.items.waiting().exclude(lease="").count()
    return f"已有结果 {done}，正在查询或等待入库 {held}，{'正在' if is_writing(name) else '没有'}写入"


def is_writing(name: str) -> bool:
    """Whether a transaction that writes is open: of that process, on SQLite of anybody."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            mine = "application_name = %s AND backend_xid IS NOT NULL"
            cursor.execute(f"SELECT count(*) FROM pg_stat_activity WHERE {mine}", [name])
            return bool(cursor.fetchone()[0])
    with closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=0)) as probe:
        try:
            probe.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
    return False


def by_command(site: Site) -> SyncRun:
    """`sync_phones`, killed after so many seconds at work, each time resumed."""
    phones = site.folder / "phones.txt"
    phones.write_text("\n".join(site.phones))
    arguments = [str(phones)]
    for delay in [*site.delays, None]:
        process = site.start("manage.py", "sync_phones", *arguments, stderr=subprocess.PIPE)
        arguments = ["--resume", _number_of(process)]
        if delay is None:
            process.communicate(timeout=LONGEST)
        else:
            time.sleep(delay)
            site.kill(process)
    return SyncRun.objects.get(pk=arguments[1])


def _number_of(process: subprocess.Popen) -> str:
    """The run's number comes first: the command is at work then."""
    assert process.stderr
    line = process.stderr.readline()
    if not line.startswith("任务 "):
        sys.exit(f"{line}{process.stderr.read()}")
    return str(line.split()[1])


def by_workers(site: Site) -> SyncRun:
    """Two workers; of those that are at work one is killed after so many seconds, and started again."""
    with redis() as site.broker:
        celery_app.conf.broker_url = site.broker
        run = runs.start_list(site.phones)
        tasks.ring(run.pk)
        workers = [Worker(site, f"worker-{number}") for number in range(1, WORKERS + 1)]
        try:
            for delay in site.delays:
                wait_until(lambda: leases.holders(run) or has_ended(run))
                time.sleep(delay)
                victim = site.random.choice([one for one in workers if one.holds(run)] or workers)
                site.kill(victim.process, victim.name)
                victim.start()
            wait_until(lambda: has_ended(run))
        finally:
            for worker in workers:
                worker.process.terminate()
                worker.process.wait(LONGEST)
    return run


class Worker:
    def __init__(self, site: Site, name: str) -> None:
        self.site, self.name = site, name
        self.start()

    def start(self) -> None:
        command = ("-m", "celery", "-A", "config", "worker", "--without-mingle", "--loglevel", "ERROR")
        self.process = self.site.start(*command, name=self.name)

    def holds(self, run: SyncRun) -> bool:
        return any(f":{self.process.pid}:" in holder for holder in leases.holders(run))


def has_ended(run: SyncRun) -> bool:
    return not SyncRun.objects.running().filter(pk=run.pk).exists()


def wait_until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + LONGEST
    while not holds():
        if time.monotonic() > end:
            sys.exit("任务没有在规定时间内结束。")
        time.sleep(0.02)


# -- both runs ---------------------------------------------------------------------------


@dataclass
class End:
    rows: Rows
    tally: dict[str, Any]
    seconds: float
    struck: int


def carry_out(site: Site) -> End:
    """One run to its end, and what the database says then."""
    run = by_command(site) if connection.vendor == "sqlite" else by_workers(site)
    run.refresh_from_db()
    seconds = ((run.finished_at or run.started_at) - run.started_at).total_seconds()
    asked = site.platform.asked.total()
    print(f"  {run.get_status_display()} {run.tally()}；{seconds:.1f} 秒，平台被问 {asked} 次。", flush=True)
    site.platform.asked.clear()
    return End(end_state(run), run.tally(), seconds, site.struck)


def compare(options: Namespace) -> bool:
    phones, random = list(community.owners(options.phones)), Random(options.seed)
    way = "sync_phones" if connection.vendor == "sqlite" else f"Redis 上 {WORKERS} 个 worker"
    print(f"{connection.vendor}，{way}：{len(phones)} 个号码，随机种子 {options.seed}。", flush=True)
    with surroundings(options) as (platform, names, folder):
        with database(names[0]) as address:
            left = carry_out(Site(platform, address, folder, phones, [], random))
        longest = SPREAD * left.seconds / options.kills
        delays = [random.uniform(0, longest) for _ in range(options.kills)]
        with database(names[1]) as address:
            killed = carry_out(Site(platform, address, folder, phones, delays, random))
    wrong = differences(left.rows, killed.rows)
    rows = sum(len(rows) for rows in left.rows.values())
    print(f"  {len(left.rows)} 张表，{rows} 行，不同的表：{'，'.join(wrong) or '无'}。")
    each_once = left.tally == killed.tally == {"outcomes": {"created": len(phones)}, "causes": {}}
    equal = not wrong and each_once
    print(f"{'一致' if equal else '不一致'}：{killed.struck} 次 kill -9，种子 {options.seed}。", flush=True)
    return equal and killed.struck == options.kills


@contextmanager
def surroundings(options: Namespace) -> Iterator[tuple[Simulator, list[str], Path]]:
    """The platform, two databases and a folder."""
    platform = Simulator(households=options.phones, latency=options.latency, counts_only=True)
    platform.prepare()
    with platform, tempfile.TemporaryDirectory() as folder, two_databases(Path(folder)) as names:
        yield platform, names, Path(folder)


def main() -> int:
    parser = ArgumentParser(description="反复 kill -9 之后，结果是否与未受打扰的任务逐行相同。")
    parser.add_argument("--phones", type=int, default=2000, help="号码数")
    parser.add_argument("--kills", type=int, default=10, help="kill -9 的次数")
    parser.add_argument("--seed", type=int, default=randrange(2**32), help="随机种子")
    parser.add_argument("--latency", type=float, default=0.05, help="平台每次应答前的秒数")
    return 0 if compare(parser.parse_args()) else 1


if __name__ == "__main__":
    sys.exit(main())
