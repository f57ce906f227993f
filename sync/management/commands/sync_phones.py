"""`sync_phones FILE [--concurrency N] [--resume RUN] [--json]`: one phone a line."""

import json
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from residents.commands import OfficeCommand
from residents.validators import normalise_phone
from sync import batch
from sync.merge import Outcome
from sync.models import SyncItem, SyncRun

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
        run = self._run(options)
        self.stderr.write(f"任务 {run.pk}")
        started = time.monotonic()
        bar = Bar(self.stderr, run.items.count(), run.items.exclude(outcome=SyncItem.Outcome.WAITING).count())
        finished = batch.drain(run, concurrency=options["concurrency"], progress=bar.step)
        summary = summarise(run, time.monotonic() - started, bar.stepped)
        self.stdout.write(json.dumps(summary, ensure_ascii=False) if options["json"] else in_words(summary))
        self._exit(finished, summary)

    def _run(self, options: dict[str, Any]) -> SyncRun:
        if bool(options["file"]) == bool(options["resume"]):
            raise CommandError("请给出手机号文件，或用 --resume 继续一个任务。", returncode=2)
        if options["file"]:
            return batch.start(read_phones(options["file"]))
        run = SyncRun.objects.filter(pk=options["resume"]).first()
        if run is None:
            raise CommandError("没有这个编号的同步任务。", returncode=2)
        batch.resume(run)
        return run

    def _exit(self, finished: bool, summary: dict[str, Any]) -> None:
        if not finished:
            raise CommandError(f"同步已停止，请处理后用 --resume {summary['run']} 继续。", returncode=1)
        if summary["failed"]:
            sys.exit(3)


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
    outcomes, causes = batch.counts(run)
    kinds = ("created", "updated", "unchanged", "not_found", "failed")
    return {
        "run": run.pk,
        "total": sum(outcomes.values()),
        **{kind: outcomes[kind] for kind in kinds},
        "causes": dict(sorted(causes.items())),
        "seconds": round(seconds, 2),
        "rate": round(asked / seconds, 1) if seconds else 0,
    }


def in_words(summary: dict[str, Any]) -> str:
    return (
        f"共 {summary['total']} 个号码：新建 {summary['created']}，有更新 {summary['updated']}，"
        f"无变化 {summary['unchanged']}，平台没有 {summary['not_found']}，失败 {summary['failed']}；"
        f"用时 {summary['seconds']} 秒，每秒 {summary['rate']} 个。"
    )
