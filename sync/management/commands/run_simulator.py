import signal
import sys
import threading
from argparse import ArgumentParser
from typing import Any, NoReturn

from django.core.management.base import BaseCommand

from sync.simulator.faults import FAULTS
from sync.simulator.households import CHANGE_EVERY, HOUSEHOLDS, MOST
from sync.simulator.server import Simulator


class Command(BaseCommand):
    """Serve the stand-in for the platform until SIGINT or SIGTERM; needs no database."""

    help = "在本机启动模拟安防平台。"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", default="8001", help="端口，0 表示任选空闲端口")
        parser.add_argument("--fault", help="制造的故障；list 列出全部名称")
        parser.add_argument("--latency", default="0", help="每次应答前等待的秒数")
        parser.add_argument("--households", default=str(HOUSEHOLDS), help="可查的户数，每 600 户为一个小区")
        parser.add_argument("--round", default="0", help="第几轮；每一轮另有十分之一的住户发生变化")
        parser.add_argument(
            "--prepared", action="store_true", help="启动前先生成全部应答：每次查询更省，启动更慢"
        )

    def handle(self, *, fault: str | None, prepared: bool, **options: Any) -> None:
        if fault == "list":
            self.stdout.write("\n".join(FAULTS))
            return
        platform = asked_for(fault, **options)
        if prepared:
            platform.prepare()
        self.serve(platform)

    def serve(self, platform: Simulator) -> None:
        stop = stop_signal()
        try:
            platform.start()
        except OSError:
            refuse(f"端口 {platform.port} 无法使用，可能已被占用，请用 --port 换一个。")
        try:
            self.announce(platform)
            stop.wait()
        finally:
            platform.stop()
        self.stdout.write(f"共收到 {platform.asked.total()} 次查询，涉及 {len(platform.asked)} 个手机号。")

    def announce(self, platform: Simulator) -> None:
        fault = f"，故障 {platform.fault}" if platform.fault else ""
        # Households, not phones: to count the phones of fifty thousand takes seconds.
        self.stdout.write(f"模拟安防平台已启动：{platform.url}，共 {platform.households} 户可查{fault}。")
        self.stdout.flush()


def asked_for(
    fault: str | None, *, port: str, latency: str, households: str, round: str, **others: Any
) -> Simulator:
    return Simulator(
        parsed_number(port, "端口", 0, 65535),
        known_fault(fault),
        parsed_seconds(latency),
        households=parsed_number(households, "户数", 1, MOST),
        round=parsed_number(round, "轮次", 0, CHANGE_EVERY),
        counts_only=True,
    )


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


def parsed_number(text: str, name: str, least: int, most: int) -> int:
    number = int(text) if text.isdecimal() else -1
    if not least <= number <= most:
        refuse(f"{name}应为 {least} 到 {most} 之间的整数。")
    return number


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
