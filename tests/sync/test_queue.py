"""The items of a run as a queue: held by one, written once, cancelled, resumed, retried."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import DataError, connection
from django.utils import timezone

from residents.models import Resident
from sync import batch, leases
from sync.batch import Ending
from sync.leases import Holder
from sync.merge import Outcome
from sync.models import PlatformRecord, SyncItem, SyncRun
from sync.simulator.server import Simulator
from tests.sync.many import drain, outcomes, owners, start
from tests.sync.writes import written_table

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("threads", "platform")]


@pytest.fixture(autouse=True)
def _small_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "SET_SIZE", 10)
    monkeypatch.setattr(batch, "HEARTBEAT", 0.0)


def after(count: int, act: Callable[[], Any]) -> Callable[[Outcome], None]:
    seen: list[Outcome] = []

    def step(outcome: Outcome) -> None:
        seen.append(outcome)
        if len(seen) == count:
            act()

    return step


def found(phone: str) -> Outcome:
    return Outcome(phone, "created")


# -- asking and merging ------------------------------------------------------------------


def while_stored(monkeypatch: pytest.MonkeyPatch, look: Callable[[int], None]) -> None:
    """`look` is called with the size of each set while it is about to be merged, under its locks."""
    settle = batch.settle

    def watched(fetched: Any, record: Any, *, alone: Any) -> Any:
        @contextmanager
        def looking() -> Iterator[None]:
            with alone():
                look(len(fetched))
                yield

        return settle(fetched, record, alone=looking)

    monkeypatch.setattr(batch, "settle", watched)


def test_while_a_set_is_merged_the_next_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    run, ahead = start(40), list[int]()
    held = run.items.waiting().exclude(lease="")
    while_stored(monkeypatch, lambda size: ahead.append(held.count() - size))
    drain(run)
    assert ahead[0] >= 5
    assert outcomes(run) == {"created": 40}


@pytest.mark.sqlite
def test_while_the_one_writer_is_us_our_threads_ask_for_nobody(
    monkeypatch: pytest.MonkeyPatch, platform: Simulator
) -> None:
    asked: list[int] = []

    def look(size: int) -> None:
        time.sleep(0.2)  # what was on its way has come
        before = len(platform.requests)
        time.sleep(0.2)
        asked.append(len(platform.requests) - before)

    run = start(40)
    while_stored(monkeypatch, look)
    drain(run)
    assert set(asked) == {0}
    assert outcomes(run) == {"created": 40}


# -- holding -----------------------------------------------------------------------------


def test_what_one_holds_another_does_not_take() -> None:
    run = start(10)
    mine = Holder(run).take(6)
    assert {item.pk for item in mine}.isdisjoint(item.pk for item in Holder(run).take(10))
    assert Holder(run).take(10) == []


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_many_who_take_at_once_never_hold_the_same_item() -> None:
    run = start(200)
    taken: list[int] = []
    barrier = threading.Barrier(8)

    def take() -> None:
        holder = Holder(run)
        barrier.wait()
        while items := holder.take(3):
            taken.extend(item.pk for item in items)
        connection.close()

    holders = [threading.Thread(target=take) for _ in range(8)]
    for thread in holders:
        thread.start()
    for thread in holders:
        thread.join()
    assert Counter(taken) == Counter(run.items.values_list("pk", flat=True))


def test_whoever_lost_the_lease_writes_no_outcome() -> None:
    run = start(3)
    slow, quick = Holder(run), Holder(run)
    items = slow.take(3)
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        quick.take(2)
        written = slow.record([(item, found(item.phone), 0.1) for item in items])
    assert (written, outcomes(run)) == (1, {"created": 1, "waiting": 2})


def test_an_outcome_is_written_once() -> None:
    run = start(1)
    holder = Holder(run)
    (item,) = holder.take(1)
    told = [(item, found(item.phone), 0.1)]
    assert [holder.record(told), holder.record(told)] == [1, 0]


def test_a_lease_that_is_prolonged_stays() -> None:
    run = start(1)
    holder = Holder(run)
    holder.take(1)
    with time_machine.travel(timezone.now() + timedelta(seconds=50)) as clock:
        holder.prolong()
        clock.shift(timedelta(seconds=50))
        assert leases.free_count(run) == 0


def test_what_was_taken_and_never_asked_keeps_its_place() -> None:
    run = start(5)
    for _ in range(leases.MOST_TAKEN + 1):
        holder = Holder(run)
        holder.take(5)
        holder.give_back_all()
    leases.give_up_poison(run)
    assert outcomes(run) == {"waiting": 5}


def test_a_worker_whose_shift_is_over_costs_no_phone_its_chances(platform: Simulator) -> None:
    run = start(60)
    for _ in range(3):
        assert batch.Drain(run, concurrency=2, seconds=0).work() is Ending.PAUSED
    assert set(run.items.values_list("taken", flat=True)) == {0}


# -- cancelled, resumed, retried ---------------------------------------------------------


def test_a_run_that_is_cancelled_asks_no_further_and_keeps_what_is_done(platform: Simulator) -> None:
    run = start(100)
    ending = drain(run, progress=after(10, lambda: SyncRun.objects.get().cancel(None)))
    done = outcomes(run)["created"]
    assert (ending, run.status, 10 <= done < 100) == (Ending.ENDED, "cancelled", True)
    assert platform.asked.total() == done
    assert not run.items.exclude(lease="").exists()


def test_a_cancelled_run_that_is_resumed_asks_for_the_rest_only(platform: Simulator) -> None:
    run = start(40)
    drain(run, progress=after(10, lambda: SyncRun.objects.get().cancel(None)))
    assert (run.resume(), drain(run), outcomes(run)) == (True, Ending.DONE, {"created": 40})
    assert set(platform.asked.values()) == {1}


def test_retrying_the_failed_asks_for_these_and_nothing_else(platform: Simulator) -> None:
    bad = owners(20)[3:5]
    platform.faults = dict.fromkeys(bad, "t16-204")
    run = start(20)
    drain(run)
    platform.faults.clear()
    platform.asked.clear()
    assert (run.retry_failed(), drain(run), outcomes(run)) == (True, Ending.DONE, {"created": 20})
    assert platform.asked == dict.fromkeys(bad, 1)


def test_where_nothing_failed_nothing_is_retried() -> None:
    run = start(3)
    drain(run)
    assert (run.retry_failed(), run.status) == (False, "done")


def test_a_run_that_is_done_is_not_resumed() -> None:
    run = start(3)
    drain(run)
    assert (run.resume(), run.status) == (False, "done")


def test_the_counts_of_a_run_outlive_its_items() -> None:
    run = start(3)
    drain(run)
    run.items.all().delete()
    assert run.tally() == {"outcomes": {"created": 3}, "causes": {}}


# -- sets --------------------------------------------------------------------------------


class NeverThis:
    """An execute wrapper that refuses every write of this value."""

    def __init__(self, value: str) -> None:
        self.value = value

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if written_table(sql).startswith("residents_resident") and self.value in str(params):
            raise DataError("refused by the test")
        return execute(sql, params, many, context)


def test_a_bad_answer_in_a_set_costs_itself_only_and_each_phone_has_one_outcome(
    platform: Simulator,
) -> None:
    bad = owners(20)[3]
    platform.answers[bad] = {**(platform.answer(bad) or {}), "job_name": "拒绝写入"}
    run, told = start(20), Counter[str]()
    with connection.execute_wrapper(NeverThis("拒绝写入")):
        drain(run, progress=lambda outcome: told.update([outcome.phone]))
    assert (outcomes(run), run.tally()["causes"]) == ({"created": 19, "failed": 1}, {"database": 1})
    assert SyncItem.objects.get(outcome="failed").phone == bad
    assert set(told.values()) == {1}
    assert not Resident.objects.filter(job_title="拒绝写入").exists()


def test_an_answer_whose_phone_was_taken_over_meanwhile_is_merged_and_counted_by_its_holder_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run, settle = start(5), batch.settle

    def lose(*args: Any, **kwargs: Any) -> Any:
        monkeypatch.setattr(batch, "settle", settle)
        SyncItem.objects.filter(run=run).update(lease="somebody:1:else")
        return settle(*args, **kwargs)

    monkeypatch.setattr(batch, "settle", lose)
    batch.Drain(run, concurrency=2).work()
    assert (outcomes(run), PlatformRecord.objects.exclude(digest="").count()) == ({"waiting": 5}, 5)
