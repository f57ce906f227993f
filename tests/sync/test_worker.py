"""Workers that hear the doorbell: real processes, on both brokers."""

import base64
import json
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import redis
from django.utils import timezone

from houses.models import Community
from residents.models import User
from sync import leases, nightly, runs, tasks
from sync.models import SyncRun
from sync.simulator.server import Simulator
from tests.sync.many import outcomes, owners, start
from tests.sync.workers import Office, office
from tests.sync.writes import Shared

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["sqlite", "redis"])
def here(request: pytest.FixtureRequest, platform: Simulator, tmp_path: Path) -> Iterator[Office]:
    with office(request.param, Shared(tmp_path), tmp_path) as made:
        yield made


def rung(here: Office, count: int) -> SyncRun:
    run = start(count)
    here.shared.push()
    tasks.ring(run.pk)
    return run


def messages(here: Office) -> str:
    """Everything that lies in the broker, read or not, with the bodies in clear."""
    payloads = _of_redis(here.broker) if here.broker.startswith("redis") else _of_file(here.folder)
    bodies = [base64.b64decode(json.loads(payload)["body"]).decode() for payload in payloads]
    return "\n".join([*payloads, *bodies])


def _of_redis(address: str) -> list[str]:
    with redis.Redis.from_url(address, decode_responses=True) as broker:
        waiting = broker.lrange("celery", 0, -1)
        return [*waiting, *(json.dumps(json.loads(taken)[0]) for taken in broker.hvals("unacked"))]


def _of_file(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "broker.sqlite3")) as broker:
        return [payload for (payload,) in broker.execute("SELECT payload FROM kombu_message")]


def status(run: SyncRun) -> str:
    run.refresh_from_db()
    return run.status


def test_a_run_that_is_rung_is_drained_and_no_phone_is_in_the_broker_or_a_log(here: Office) -> None:
    run = rung(here, 30)
    waiting = messages(here)
    here.worker()
    here.wait(lambda: status(run) == "done")
    assert outcomes(run) == {"created": 30}
    assert "sync.drain" in waiting
    said = waiting + messages(here) + here.logs
    assert not [phone for phone in owners(30) if phone in said]


def test_x6_a_worker_that_is_told_to_end_stores_what_came_and_gives_back_the_rest(
    here: Office, platform: Simulator
) -> None:
    platform.latency = 0.3
    run = rung(here, 400)
    worker = here.worker()
    here.wait(lambda: platform.asked.total() > 40)
    worker.send_signal(signal.SIGTERM)
    worker.wait(60)
    here.shared.pull()
    done = outcomes(run).get("created", 0)
    assert (status(run), 0 < done < 400) == ("running", True)
    assert not run.items.exclude(lease="").exists()
    assert platform.asked.total() == done


def test_x5_a_worker_that_is_killed_loses_nothing_and_the_next_one_goes_on(
    here: Office, platform: Simulator
) -> None:
    platform.latency = 0.1
    run = rung(here, 60)
    worker = here.worker()
    here.wait(lambda: platform.asked.total() > 10)
    worker.kill()
    worker.wait()
    here.worker()
    here.wait(lambda: status(run) == "done")
    assert outcomes(run) == {"created": 60}


@pytest.mark.postgresql
def test_two_workers_share_a_run(platform: Simulator, tmp_path: Path) -> None:
    platform.latency = 0.3
    holders: set[str] = set()
    with office("redis", Shared(tmp_path), tmp_path) as here:
        here.worker(), here.worker()
        run = rung(here, 600)
        here.wait(lambda: holders.update(leases.holders(run)) or status(run) == "done")
    assert len({name.split(":")[1] for name in holders}) == 2
    assert outcomes(run) == {"created": 600}
    assert platform.asked.total() == 600


@pytest.mark.postgresql
def test_the_sweep_rings_for_a_run_that_nobody_works_on(platform: Simulator, tmp_path: Path) -> None:
    with office("redis", Shared(tmp_path), tmp_path) as here:
        run = start(5)
        tasks.sweep()
        assert f"[{run.pk}, 0]" in messages(here).replace("[[", "[")
        here.worker()
        here.wait(lambda: status(run) == "done")


# -- the night ---------------------------------------------------------------------------


@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch) -> Community:
    """It is night whenever the test runs."""
    now = timezone.localtime()
    monkeypatch.setattr(nightly, "BEGINS", now.replace(hour=0, minute=0).time())
    monkeypatch.setattr(nightly, "ENDS", now.replace(hour=23, minute=59, second=59).time())
    community = Community.objects.create(platform_code="9", name="九号院")
    nightly.switch(community, on=True, by=User.objects.create_user("王", is_staff=True))
    return community


def test_a_night_is_started_once_though_asked_for_twice(night: Community) -> None:
    assert [len(nightly.start_due()), len(nightly.start_due())] == [1, 0]


@pytest.mark.django_db(transaction=True)
def test_a_night_is_started_once_though_two_processes_ask(
    night: Community, tmp_path: Path, platform: Simulator
) -> None:
    shared = Shared(tmp_path)
    both = [shared.start("tests.sync.test_worker.start_the_night()") for _ in range(2)]
    for process in both:
        assert process.stdout and process.stdout.readline() == "ready\n"
    for process in both:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    told = [process.communicate(timeout=60) for process in both]
    assert sorted(out.strip() for out, _ in told) == ["0", "1"], told


def start_the_night() -> None:
    """In a process of its own, at any hour."""
    now = timezone.localtime()
    nightly.BEGINS = now.replace(hour=0, minute=0).time()
    nightly.ENDS = now.replace(hour=23, minute=59, second=59).time()
    print("ready", flush=True)
    input()
    print(len(nightly.start_due()))


def test_a_night_whose_community_is_being_synced_is_not_started_again(night: Community) -> None:
    runs.start_community(night)
    assert nightly.start_due() == []


def test_a_community_that_was_switched_off_sleeps(night: Community) -> None:
    nightly.switch(night, on=False, by=User.objects.get())
    assert nightly.start_due() == []
