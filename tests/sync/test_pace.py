"""The platform's pauses and our own limit hold over two processes (faults.md, T13; PLATFORM_RATE)."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import time_machine

from sync import batch
from sync.exceptions import RateLimited
from sync.models import SyncRun
from sync.pace import Pace
from sync.simulator.replies import HEALTHY, Body, Script
from sync.simulator.server import Request, Simulator
from tests.sync.many import outcomes, owners, start
from tests.sync.writes import Shared

BUSY = '{"code": "1", "msg": "请求过于频繁", "data": ""}'.encode()


class Clocked(Simulator):
    """Notes when each question came."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []

    def note(self, request: Request) -> None:
        super().note(request)
        if request.phone:
            self.times.append(time.monotonic())


@pytest.fixture
def platform(db: None, settings: object) -> Iterator[Clocked]:
    with Clocked() as simulator:
        settings.PLATFORM_TOKEN_URL, settings.PLATFORM_LOOKUP_URL = simulator.token_url, simulator.lookup_url
        settings.PLATFORM_KEY_K, settings.PLATFORM_KEY_D = simulator.key_k, simulator.key_d
        yield simulator


def work(pk: int) -> None:
    """In a process of its own; starts with the other."""
    print("ready", flush=True)
    input()
    batch.drain(SyncRun.objects.get(pk=pk), concurrency=4)


def two_at(run: SyncRun, folder: Path) -> None:
    """Two processes work on the run to its end."""
    shared = Shared(folder)
    both = [shared.start(f"tests.sync.test_pace.work({run.pk})") for _ in range(2)]
    for process in both:
        assert process.stdout and process.stdout.readline() == "ready\n"
    for process in both:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in both:
        assert process.communicate(timeout=180)[1] == ""
    shared.pull()


def in_three_seconds() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=4), usegmt=True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_t13_while_the_platform_wants_a_pause_neither_process_asks(
    platform: Clocked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, form: str
) -> None:
    told: list[float] = []

    def busy(request: Request) -> Body:
        told.append(time.monotonic())
        said = "3" if form == "seconds" else in_three_seconds()
        return Body(BUSY, status=429, headers={"Retry-After": said})

    platform.latency = 0.02
    platform.answers[owners(200)[40]] = Script([busy, HEALTHY])
    monkeypatch.setattr(batch, "SET_SIZE", 20)
    run = start(200)
    two_at(run, tmp_path)
    # What was under way is answered; what another process noted is seen after half a second.
    pause = [moment for moment in platform.times if told[0] + 1.0 < moment < told[0] + 2.9]
    assert (outcomes(run), pause) == ({"created": 200}, [])
    assert platform.asked.total() == 201


@pytest.mark.django_db(transaction=True)
def test_two_processes_ask_no_more_often_than_the_rate_allows(
    platform: Clocked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rate = 40
    monkeypatch.setenv("PLATFORM_RATE", str(rate))
    run = start(240)
    two_at(run, tmp_path)
    times = sorted(platform.times)
    most = max(sum(1 for other in times if one <= other < one + 1) for one in times)
    assert (outcomes(run), platform.asked.total()) == ({"created": 240}, 240)
    assert most <= rate * 1.5


# -- in this process ---------------------------------------------------------------------


def test_a_pause_is_for_all_who_ask_with_this_account(threads: None, db: None) -> None:
    Pace("account", 0).pause(30)
    with pytest.raises(RateLimited):
        Pace("account", 0).wait(0.1)
    Pace("another", 0).wait(0.1)


def test_a_wait_is_left_when_it_is_told_to_end(threads: None, db: None) -> None:
    pace = Pace("account", 0)
    pace.pause(30)
    with pytest.raises(RateLimited):
        pace.wait(float("inf"), lambda: True)


@pytest.mark.parametrize("hours", [-3, 3])
def test_x13_a_pause_does_not_outlive_a_clock_that_steps(threads: None, db: None, hours: int) -> None:
    with time_machine.travel(datetime.now(UTC), tick=True) as clock:
        Pace("account", 0).pause(30)
        clock.shift(timedelta(hours=hours))
        Pace("account", 0).wait(0.1)


@pytest.mark.parametrize("hours", [-3, 3])
def test_x13_the_rate_goes_on_when_the_clock_steps(threads: None, db: None, hours: int) -> None:
    with time_machine.travel(datetime.now(UTC), tick=True) as clock:
        pace = Pace("account", 50)
        pace.wait(1)
        clock.shift(timedelta(hours=hours))
        pace.wait(1)
