"""`sync_phones FILE [--concurrency N] [--resume RUN] [--json]`: one phone a line."""

import json
import signal
import sys
import threading
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import DatabaseError, InterfaceError

from residents.commands import OfficeCommand
from residents.validators import normalise_phone
from sync import batch, leases, runs
from sync.exceptions import SENTENCES
from sync.merge import Outcome
from sync.models import SyncRun

WIDTH = 40


class Command(OfficeCommand):
    help = "按文件（一行一个手机号）批量向安防平台查询并更新。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", help="手机号文件，一行一个")
        threads = settings.PLATFORM_CONCURRENCY
        parser.add_argument("--concurrency", type=int, default=threads, help="同时查询数")
        parser.add_argument("--resume", type=int, metavar="RUN", help="继续一个中断的任务")
        parser.add_argument("--json", action="store_true", help="最后输出一行 JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["concurrency"] < 1:
            raise CommandError("同时查询数应为不小于 1 的整数。", returncode=2)
        try:
            run = self._run(options)
        except runs.AlreadyRunning as other:
            self.stderr.write(f"这批号码正在同步（任务 {other.run.pk}），本次没有另外开始。")
            return
        self.stderr.write(f"任务 {run.pk}")
        started = time.monotonic()
        bar = Bar(self.stderr, run.total, run.total - run.items.waiting().count())
        with until_told_to_stop() as stopping:
            ending = self._drain(run, options["concurrency"], bar, stopping)
        summary = summarise(run, time.monotonic() - started, bar.stepped)
        self.stdout.write(json.dumps(summary, ensure_ascii=False) if options["json"] else in_words(summary))
        self._exit(ending, run, summary)

    def _drain(self, run: SyncRun, concurrency: int, bar: "Bar", stopping: Event) -> batch.Ending:
        try:
            return batch.drain(run, concurrency=concurrency, progress=bar.step, stopping=stopping)
        except (DatabaseError, InterfaceError):
            sentence = f"数据库中断，已停止。恢复后用 --resume {run.pk} 继续。"
            raise CommandError(sentence, returncode=1) from None

    def _run(self, options: dict[str, Any]) -> SyncRun:
        if bool(options["file"]) == bool(options["resume"]):
            raise CommandError("请给出手机号文件，或用 --resume 继续一个任务。", returncode=2)
        if options["file"]:
            return runs.start_list(read_phones(options["file"]))
        run = SyncRun.objects.filter(pk=options["resume"]).first()
        if run is None:
            raise CommandError("没有这个编号的同步任务。", returncode=2)
        leases.release(run, all_of_them=True)
        if not run.is_running:
            runs.resume(run)
        return run

    def _exit(self, ending: batch.Ending, run: SyncRun, summary: dict[str, Any]) -> None:
        if ending is batch.Ending.PAUSED:
            run.stop("")
        if ending is not batch.Ending.DONE:
            self.stdout.flush()
            why = SENTENCES.get(run.cause, "同步已停止。")
            raise CommandError(f"{why}处理后用 --resume {run.pk} 继续。", returncode=1)
        if summary["failed"]:
            sys.exit(3)


@contextmanager
def until_told_to_stop() -> Iterator[Event]:
    """Set by SIGTERM and Ctrl-C: what has arrived is stored, the rest is left for a resumed run (X6)."""
    stopping = Event()
    if threading.current_thread() is not threading.main_thread():
        yield stopping
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in before:
        signal.signal(number, lambda *_: stopping.set())
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def read_phones(name: str) -> list[str]:
    """The phones of the file; a line that is none is named by its number."""
    try:
        lines = Path(name).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise CommandError("无法读取手机号文件，请确认路径和 UTF-8 编码。", returncode=2) from None
    phones = {number: normalise_phone(line) for number, line in enumerate(lines, 1) if line.strip()}
    if wrong := [number for number, phone in phones.items() if not phone]:
        raise CommandError(f"第 {wrong[0]} 行不是 11 位手机号（共 {len(wrong)} 行有误）。", returncode=2)
    return list(phones.values())


class Bar:
    """A progress bar on a terminal, silence elsewhere."""

    def __init__(self, stream: Any, total: int, done: int) -> None:
        self.stream, self.total, self.done, self.stepped = stream, total, done, 0

    def step(self, outcome: Outcome) -> None:
        self.done, self.stepped = self.done + 1, self.stepped + 1
        if self.stream.isatty():
            filled = WIDTH * self.done // max(self.total, 1)
            bar = "█" * filled + "░" * (WIDTH - filled)
            ending = "\n" if self.done == self.total else ""
            self.stream.write(f"\r{bar} {self.done}/{self.total}", ending=ending)


def summarise(run: SyncRun, seconds: float, asked: int) -> dict[str, Any]:
    """The line of contract.md; counts cover the whole run, seconds and rate this call."""
    told = run.tally()
    outcomes, causes = Counter(told["outcomes"]), told["causes"]
    kinds = ("created", "updated", "unchanged", "not_found", "failed")
    return {
        "run": run.pk,
        "total": sum(outcomes.values()),
        **{kind: outcomes[kind] for kind in kinds},
        "causes": causes,
        "seconds": round(seconds, 2),
        "rate": round(asked / seconds, 1) if seconds else 0,
    }


def in_words(summary: dict[str, Any]) -> str:
    return (
        f"共 {summary['total']} 个号码：新建 {summary['created']}，有更新 {summary['updated']}，"
        f"无变化 {summary['unchanged']}，平台没有 {summary['not_found']}，失败 {summary['failed']}；"
        f"用时 {summary['seconds']} 秒，每秒 {summary['rate']} 个。"
    )
