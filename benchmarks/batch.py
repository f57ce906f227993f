"""The batch sync against its own fetching, against plain `update_or_create`, and its memory.

usage: python -m benchmarks.batch [--phones N] [--many N] [--latency S] [--in-flight N] [--plain N]

Each side is a process of its own, which asks a simulator with this latency for new households and
works on a database of its own beside that of DATABASE_URL. Fetch-only is the shipped drain with the
merge replaced by a no-op. The rates are those of one run on one machine, which the simulator and
the database share: only the ratios mean something elsewhere.
"""

import os
import resource
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Max, Sum
from django.test import override_settings

from houses.models import House, Membership
from residents.models import Resident
from scripts.postgresql import free_port
from sync import batch, engine, runs
from sync.books import Asked
from sync.client import PlatformClient
from sync.merge import Alone, Outcome, Record
from sync.models import SyncRun
from sync.simulator import community

from .merge import empty, scratch_database, store_plainly

AIMS = {"one": 0.6, "two": 0.8, "plain": 4, "again": 0.9, "memory": 1.2}


# -- in a process of its own ---------------------------------------------------------------


def merge_nothing(answers: Sequence[Asked], record: Record, alone: Alone) -> list[Outcome]:
    """In the place of the merge: the outcomes are noted, and nothing else."""
    outcomes = [Outcome(one.phone, "created", attempts=one.attempts) for one in answers]
    with transaction.atomic():
        record(outcomes)
    return outcomes


def drain(run: SyncRun, in_flight: int) -> None:
    assert batch.drain(run, concurrency=in_flight) is batch.Ending.DONE


def fetch_only(run: SyncRun, in_flight: int) -> None:
    engine.merge = merge_nothing
    drain(run, in_flight)


def row_by_row(run: SyncRun, in_flight: int) -> None:
    """What one would write first: each thread asks, and stores what it got."""

    def sync(phone: str) -> None:
        try:
            fetched = engine.fetch(phone, client)
            assert isinstance(fetched, Asked)
            store_plainly(fetched)
        finally:
            connection.close()

    phones = list(run.items.values_list("phone", flat=True))
    with PlatformClient.from_settings() as client, ThreadPoolExecutor(in_flight) as threads:
        list(threads.map(sync, phones))


WORK: dict[str, Callable[[SyncRun, int], None]] = {
    "drain": drain, "fetch_only": fetch_only, "row_by_row": row_by_row
}  # fmt: skip


def work(name: str, run: int, in_flight: int) -> None:
    """Waits for the word, works, and tells the seconds and the megabytes it took."""
    print("ready", flush=True)
    sys.stdin.readline()
    started = time.perf_counter()
    with override_settings(DEBUG=False):
        WORK[name](SyncRun.objects.get(pk=run), in_flight)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(time.perf_counter() - started, megabytes, flush=True)


# -- measuring ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Measured:
    """Phones a second, and the most megabytes of one process."""

    rate: float
    megabytes: float


@dataclass(frozen=True)
class Bench:
    """The stand-in platform, and how it is asked."""

    environment: dict[str, str]
    in_flight: int

    def measure(self, name: str, phones: int, processes: int = 1) -> Measured:
        run = runs.start_list(community.owners(phones))
        share = str(self.in_flight // processes)
        command = [sys.executable, "-m", "benchmarks.batch", "--work", name, str(run.pk), share]
        workers = [self._start(command) for _ in range(processes)]
        for worker in workers:
            assert _told(worker.stdout) == ["ready"]
        for worker in workers:
            worker.stdin.write("go\n")
            worker.stdin.flush()
        told = [[float(word) for word in _told(worker.stdout)] for worker in workers]
        for worker in workers:
            assert worker.wait() == 0
        seconds, megabytes = (max(column) for column in zip(*told, strict=True))
        SyncRun.objects.filter(pk=run.pk, status="running").delete()
        return Measured(phones / seconds, megabytes)

    def _start(self, command: list[str]) -> "subprocess.Popen[str]":
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, env=self.environment, **pipes)


def _told(stream: "IO[str]") -> list[str]:
    return stream.readline().split()


@contextmanager
def platform(households: int, latency: float) -> Iterator[dict[str, str]]:
    """A simulator in a process of its own: the environment in which it and the database are found."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    found = {
        "PLATFORM_TOKEN_URL": f"{url}/token",
        "PLATFORM_LOOKUP_URL": f"{url}/lookup",
        "PLATFORM_RATE": "0",
    }
    environment = {**os.environ, **found, "DATABASE_URL": database_url(), "DEBUG": "false"}
    command = [sys.executable, "manage.py", "run_simulator", "--port", str(port), "--prepared"]
    command += ["--households", str(households), "--latency", str(latency)]
    simulator = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        _told(simulator.stdout)
        yield environment
    finally:
        simulator.terminate()
        simulator.wait()


def database_url() -> str:
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    return f"postgres://{found['USER']}:{found['PASSWORD']}@{found['HOST']}:{found['PORT']}/{found['NAME']}"


def written() -> list[object]:
    """Changes with every row of residents and houses that is written, and with every history row."""
    states: list[object] = []
    for model in (Resident, House, Membership):
        states.append(model.objects.aggregate(Max("updated_at"), Sum("version")))
        states.append(model.history.count())
    return states


def say(what: str, value: float, aim: float, *, at_most: bool = False) -> None:
    reached = value <= aim if at_most else value >= aim
    word = "至多" if at_most else "至少"
    print(f"  {what}：{value:.2f}（目标{word} {aim}，{'达到' if reached else '未达到'}）", flush=True)


def compare(options: Namespace) -> None:
    count, many = options.phones, options.many
    print(f"{connection.vendor}：{count} 户，延迟 {options.latency} 秒，同时 {options.in_flight} 个查询。")
    with platform(max(count, many), options.latency) as environment:
        bench = Bench(environment, options.in_flight)
        before_all = bench.measure("fetch_only", count)
        empty()
        plain = bench.measure("row_by_row", options.plain)
        empty()
        two = bench.measure("drain", count, processes=2)
        empty()
        one = bench.measure("drain", count)
        before = written()
        again = bench.measure("drain", count)
        unwritten = before == written()
        empty()
        after_all = bench.measure("fetch_only", count)
        fetching = (before_all.rate + after_all.rate) / 2  # a machine's own pace drifts meanwhile
        print(
            f"  每秒：只查询 {fetching:.0f}，一个进程 {one.rate:.0f}，两个进程 {two.rate:.0f}，"
            f"逐行写入 {plain.rate:.0f}（{options.plain} 户），原样重来 {again.rate:.0f}。"
        )
        say("一个进程与只查询之比", one.rate / fetching, AIMS["one"])
        say("两个进程与只查询之比", two.rate / fetching, AIMS["two"])
        say("一个进程与逐行写入之比", one.rate / plain.rate, AIMS["plain"])
        say("原样重来与只查询之比", again.rate / fetching, AIMS["again"])
        print(f"  原样重来写了住户和房屋的行：{'没有' if unwritten else '有'}。")
        if many:
            more = bench.measure("drain", many)
            print(f"  内存：{count} 户 {one.megabytes:.0f} MB，{many} 户 {more.megabytes:.0f} MB。")
            say("内存之比", more.megabytes / one.megabytes, AIMS["memory"], at_most=True)


def main() -> None:
    parser = ArgumentParser(description="批量同步与只查询、与逐行写入相比，以及占用的内存。")
    parser.add_argument("--phones", type=int, default=5000, help="户数")
    parser.add_argument("--many", type=int, default=50_000, help="量内存的户数，0 为不量")
    parser.add_argument("--latency", type=float, default=0.05, help="平台应答前的秒数")
    parser.add_argument("--in-flight", type=int, default=32, help="同时查询数")
    parser.add_argument("--plain", type=int, default=500, help="逐行写入的户数")
    parser.add_argument("--work", nargs=3, metavar=("NAME", "RUN", "N"), help="由本程序自己启动")
    options = parser.parse_args()
    if options.work:
        name, run, in_flight = options.work
        work(name, int(run), int(in_flight))
        return
    with override_settings(DEBUG=False), scratch_database():
        call_command("createcachetable", verbosity=0)
        compare(options)


if __name__ == "__main__":
    main()
