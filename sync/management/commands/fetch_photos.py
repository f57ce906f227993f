"""`fetch_photos [--watch]`: the photos of the platform that are due."""

import signal
import threading
from argparse import ArgumentParser
from collections import Counter
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, close_old_connections

from residents.commands import OfficeCommand
from sync.models import PhotoFetch
from sync.photos import fetch_due

SECONDS = 60
log = structlog.get_logger(__name__)


class Command(OfficeCommand):
    """One pass, or one a minute until SIGINT or SIGTERM. As many as like may run: each photo is one's."""

    help = "下载安防平台提供的照片（只从设置 PHOTO_HOSTS 列出的主机）。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--watch", action="store_true", help="每分钟检查一次，直到收到停止信号")

    def handle(self, *args: Any, watch: bool, **options: Any) -> None:
        if not settings.PHOTO_HOSTS:
            self.stdout.write("设置 PHOTO_HOSTS 为空，不下载照片。")
        if watch:
            self._watch()
        else:
            self.stdout.write(in_words(fetch_due()))

    def _watch(self) -> None:
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        while not stop.is_set():
            self._pass()
            stop.wait(SECONDS)

    def _pass(self) -> None:
        """A database that is away for a while ends one pass, not the worker."""
        close_old_connections()
        try:
            counts = fetch_due()
        except DatabaseError as error:
            log.error("photos left for the next pass", error=type(error).__name__)
            return
        if counts:
            self.stdout.write(in_words(counts))


def in_words(counts: Counter[str]) -> str:
    told = (f"{outcome.label} {counts[outcome]}" for outcome in PhotoFetch.Outcome if counts[outcome])
    return f"照片：{'，'.join(told) or '没有需要下载的'}。"
