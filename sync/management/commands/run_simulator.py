import signal
import sys
import threading
from argparse import ArgumentParser
from typing import Any, NoReturn

from django.core.management.base import BaseCommand

from sync.simulator.community import PHONES
from sync.simulator.faults import FAULTS
from sync.simulator.server import Simulator

KNOWN_PHONES = len(PHONES) + 1  # the document's sample too


class Command(BaseCommand):
    """Serve the stand-in for the platform until SIGINT or SIGTERM; needs no database."""

    help = "在本机启动模拟安防平台。"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", default="8001", help="端口，0 表示任选空闲端口")
        parser.add_argument("--fault", help="制造的故障；list 列出全部名称")
        parser.add_argument("--latency", default="0", help="每次应答前等待的秒数")

    def handle(self, *, port: str, fault: str | None, latency: str, **options: Any) -> None:
        if fault == "list":
            self.stdout.write("\n".join(FAULTS))
            return
        platform = Simulator(parsed_port(port), known_fault(fault), parsed_seconds(latency))
        stop = stop_signal()
        try:
            platform.start()
        except OSError:
            refuse(f"端口 {port} 无法使用，可能已被占用，请用 --port 换一个。")
        try:
            self.announce(platform)
            stop.wait()
        finally:
            platform.stop()

    def announce(self, platform: Simulator) -> None:
        fault = f"，故障 {platform.fault}" if platform.fault else ""
        self.stdout.write(f"模拟安防平台已启动：{platform.url}，共 {KNOWN_PHONES} 个手机号可查{fault}。")
        self.stdout.flush()


def stop_signal() -> threading.Event:
    """Set by SIGINT and SIGTERM; installed before the port opens, so that none is missed."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def refuse(sentence: str) -> NoReturn:
    """A bad argument: one sentence, status 2. CommandError would put its own name before it."""
    sys.stderr.write(f"{sentence}\n")
    sys.exit(2)


def parsed_port(text: str) -> int:
    port = int(text) if text.isdecimal() else -1
    if not 0 <= port <= 65535:
        refuse("端口应为 0 到 65535 之间的整数。")
    return port


def parsed_seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < float("inf"):
        refuse("等待秒数应为不小于 0 的数字。")
    return seconds


def known_fault(name: str | None) -> str | None:
    if name is not None and name not in FAULTS:
        sys.stdout.write("\n".join(FAULTS) + "\n")
        refuse(f"没有名为 {name} 的故障，可用的名称已列出。")
    return name
