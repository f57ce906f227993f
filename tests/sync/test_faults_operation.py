"""Concurrency, crash and operation (faults.md, C5).

X1, X4   test_races: processes at one household, wives before husbands
X2       here
X3       tests/houses/test_office_acts, tests/test_admin_pages: a form that is stale
X5       test_crash: one phone; test_kills: a run; here: what the dead held
X6, X7   here; test_worker: a worker that is told to end
X8       client/test_tokens, test_faults_photo; here: no set is open while phones are asked
X9       test_faults_photo: a photo lies in its row, there is no file
X10, X11 here; test_faults_photo: no photo is downloaded twice
X12      test_keys: one phone; here: in mid run
X13      here
X14      here; test_faults_run: phones that always fail
X15      here; `make bench` measures it
X16      test_erasing; here: while the answer is under way
X17      here
X18      here; test_views: the sentence on the page
"""

import io
import os
import signal
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import DataError, OperationalError, connection
from django.utils import timezone

from houses import erasing
from houses.models import Community, House, Membership
from residents.models import Resident, User
from sync import batch, leases, merge, runs
from sync.batch import Ending
from sync.leases import Holder
from sync.models import PlatformRecord, SyncItem, SyncRun
from sync.simulator.server import Simulator
from tests.sync.invariants import all_rows
from tests.sync.many import drain, outcomes, owners, start
from tests.sync.writes import Shared, written_table

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("threads", "platform")]


@pytest.fixture(autouse=True)
def _small_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "SET_SIZE", 10)


def sync_phones(*args: str) -> tuple[int, str]:
    """Exit status of the command, and what it told."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("sync_phones", "--concurrency", "4", *args, stdout=out, stderr=err)
    except CommandError as error:
        return error.returncode, err.getvalue() + str(error)
    except SystemExit as end:
        return int(end.code or 0), err.getvalue()
    return 0, err.getvalue()


def file_of(folder: Path, count: int) -> str:
    (folder / "phones.txt").write_text("\n".join(owners(count)))
    return str(folder / "phones.txt")


def at(count: int, act: Any) -> Any:
    """A progress callback that acts at each phone from the so-manieth on, in this very moment."""
    seen: list[object] = []

    def step(outcome: object) -> None:
        seen.append(outcome)
        if len(seen) >= count:
            act()

    return step


def once(act: Any) -> Any:
    done: list[object] = []
    return lambda: done or done.append(act())


# -- X2, X17: one run of a scope ---------------------------------------------------------


def test_x2_a_second_run_over_the_same_phones_says_so_and_ends_well(tmp_path: Path) -> None:
    running = start(5)
    Holder(running).take(1)
    code, told = sync_phones(file_of(tmp_path, 5))
    assert (code, f"任务 {running.pk}" in told, SyncRun.objects.count()) == (0, True, 1)


def test_x2_an_abandoned_run_is_taken_over_by_whoever_starts_it_again(tmp_path: Path) -> None:
    abandoned = start(5)
    SyncRun.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=2))
    assert sync_phones(file_of(tmp_path, 5))[0] == 0
    abandoned.refresh_from_db()
    assert (SyncRun.objects.count(), abandoned.status, outcomes(abandoned)) == (1, "done", {"created": 5})


def test_x2_other_phones_are_another_run() -> None:
    assert start(5).pk != start(6).pk


def test_x17_twenty_presses_start_one_run() -> None:
    community = Community.objects.create(platform_code="9", name="九号院")
    refused = []
    runs.start_community(community)
    for _ in range(19):
        with pytest.raises(runs.AlreadyRunning) as error:
            runs.start_community(community)
        refused.append(error.value.run)
    assert {*refused} == {SyncRun.objects.get()}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_x17_twenty_presses_at_once_start_one_run() -> None:
    community = Community.objects.create(platform_code="9", name="九号院")
    told: list[str] = []
    barrier = threading.Barrier(20)

    def press() -> None:
        barrier.wait()
        try:
            runs.start_community(community)
            told.append("started")
        except runs.AlreadyRunning:
            told.append("running")
        finally:
            connection.close()

    presses = [threading.Thread(target=press) for _ in range(20)]
    for thread in presses:
        thread.start()
    for thread in presses:
        thread.join()
    assert Counter(told) == {"started": 1, "running": 19}


# -- X5, X14: what the dead held ---------------------------------------------------------


def dead(run: SyncRun, most: int) -> list[SyncItem]:
    """Held by a process of this machine that is no more."""
    holder = Holder(run)
    holder.name = holder.name.replace(f":{os.getpid()}:", f":{2**22 + 1}:")
    return holder.take(most)


def test_x5_what_a_dead_process_held_is_free_at_once() -> None:
    run = start(8)
    dead(run, 8)
    assert (leases.free_count(run), runs.sweep(), leases.free_count(run)) == (0, [run], 8)


def test_x5_what_another_machine_holds_is_free_when_its_lease_is_over() -> None:
    run = start(8)
    elsewhere = Holder(run)
    elsewhere.name = "elsewhere:1:abc"
    elsewhere.take(8)
    assert (runs.sweep(), leases.free_count(run)) == ([], 0)
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        assert (runs.sweep(), leases.free_count(run)) == ([run], 8)


def test_x5_a_run_that_lost_its_process_goes_on_where_it_was() -> None:
    run = start(20)
    drain(run, progress=at(10, once(lambda: dead(run, 5))))
    assert (outcomes(run), run.status) == ({"created": 20}, "done")


def test_x14_a_phone_that_ends_every_process_is_failed_and_the_others_go_on() -> None:
    run = start(5)
    poison = run.items.order_by("pk").first()
    SyncItem.objects.filter(pk=poison.pk).update(taken=leases.MOST_TAKEN)
    drain(run)
    assert (outcomes(run), run.tally()["causes"]) == ({"created": 4, "failed": 1}, {"internal": 1})
    poison.refresh_from_db()
    assert poison.cause == "internal"


def test_x14_a_phone_that_was_held_by_the_dead_waits_behind_the_others() -> None:
    run = start(5)
    first = dead(run, 1)
    leases.release(run)
    assert [item.pk for item in Holder(run).take(5)][-1] == first[0].pk


def test_x14_an_answer_that_we_fail_to_read_costs_itself_only(monkeypatch: pytest.MonkeyPatch) -> None:
    phones, fetch = owners(12), batch.fetch

    def choke(phone: str, *others: Any) -> Any:
        if phone == phones[3]:
            raise RecursionError("of the test")
        return fetch(phone, *others)

    monkeypatch.setattr(batch, "fetch", choke)
    run = start(12)
    assert (drain(run), outcomes(run)) == (Ending.DONE, {"created": 11, "failed": 1})
    assert run.tally()["causes"] == {"internal": 1}


# -- X6: told to end ---------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_x6_sigterm_stores_what_came_and_a_resumed_run_ends_it(platform: Simulator, tmp_path: Path) -> None:
    platform.latency = 0.1
    shared = Shared(tmp_path)
    call = f"tests.sync.test_faults_operation.command({file_of(tmp_path, 120)!r})"
    process = shared.start(call)
    while len(platform.lookups) < 30:
        assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGTERM)
    told = process.communicate(timeout=120)[1]
    shared.pull()
    run = SyncRun.objects.get()
    done = run.total - run.items.waiting().count()
    assert (process.returncode, f"--resume {run.pk}" in told, run.status) == (1, True, "stopped")
    assert 0 < done < 120
    assert not run.items.exclude(lease="").exists()
    platform.latency = 0
    assert sync_phones("--resume", str(run.pk))[0] == 0
    assert (outcomes(run), max(platform.asked.values())) == ({"created": 120}, 1)


def command(path: str) -> None:
    """In a process of its own."""
    call_command("sync_phones", path, "--concurrency", "4")


# -- X7: the database --------------------------------------------------------------------


class Refusing:
    """An execute wrapper: every write but those of the run itself fails, from when it is told to on."""

    def __init__(self, error: Exception) -> None:
        self.error, self.on = error, False

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if self.on and written_table(sql).startswith(("residents_", "houses_")):
            raise self.error
        return execute(sql, params, many, context)

    def start(self) -> None:
        self.on = True


FULL = OperationalError("database or disk is full")
CANCELLED = OperationalError("canceling statement due to statement timeout")


@pytest.mark.parametrize("error", [FULL, CANCELLED], ids=["full", "timeout"])
def test_x7_a_database_that_takes_nothing_more_stops_the_run_and_loses_nothing(error: Exception) -> None:
    run, refusing = start(60), Refusing(error)
    with connection.execute_wrapper(refusing):
        ending = drain(run, progress=at(10, refusing.start))
    done = outcomes(run)["created"]
    assert (ending, run.cause) == (Ending.STOPPED, "busy")
    assert PlatformRecord.objects.exclude(digest="").count() == done
    runs.resume(run)
    while drain(run) is Ending.STOPPED:
        runs.resume(run)
    assert outcomes(run)["created"] + outcomes(run).get("failed", 0) == 60


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_x7_a_connection_that_is_cut_in_mid_run_is_opened_again_and_nothing_is_lost() -> None:
    run = start(60)

    def cut() -> None:
        with pytest.raises(OperationalError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    refused = []
    try:
        drain(run, progress=at(10, once(cut)))
    except (OperationalError, batch.InterfaceError) as error:
        refused.append(error)
        connection.close()
    assert PlatformRecord.objects.exclude(digest="").count() == outcomes(run)["created"]
    assert (drain(run), outcomes(run)) == (Ending.DONE, {"created": 60})


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_x7_a_row_that_somebody_locks_for_too_long_costs_its_phone_only(
    platform: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever locks it gives up later; the phone is asked again then."""
    drain(start(6))
    for phone in owners(6):
        platform.answers[phone] = {**(platform.answer(phone) or {}), "company_name": "新单位"}
    monkeypatch.setattr(merge, "LOCK_SECONDS", 0.3)
    locked, release = threading.Event(), threading.Event()

    def lock() -> None:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT * FROM residents_resident WHERE name = %s FOR UPDATE", [name])
            locked.set()
            release.wait(60)
            cursor.execute("ROLLBACK")
        connection.close()

    name = PlatformRecord.objects.get(phone=owners(6)[2]).subject.name
    holder = threading.Thread(target=lock)
    holder.start()
    try:
        assert locked.wait(30)
        run = start(6)
        drain(run)
    finally:
        release.set()
        holder.join()
    assert (outcomes(run), run.tally()["causes"]) == ({"updated": 5, "failed": 1}, {"busy": 1})
    assert (run.retry_failed(), drain(run), outcomes(run)) == (True, Ending.DONE, {"updated": 6})
    connection.close()


# -- X8: the network and transactions ----------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_x8_no_phone_is_asked_inside_a_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    fetch, inside = batch.fetch, []

    def look(*args: Any) -> Any:
        inside.append(connection.in_atomic_block)
        return fetch(*args)

    monkeypatch.setattr(batch, "fetch", look)
    drain(start(12))
    assert inside == [False] * 12


# -- X10, X11, X12: once, with a history, by the right keys ------------------------------


def test_x10_the_same_run_again_changes_no_row_and_leaves_no_history() -> None:
    drain(start(20))
    before = all_rows()
    again = start(20)
    drain(again)
    assert (outcomes(again), all_rows() == before) == ({"unchanged": 20}, True)


class NoHistory(Refusing):
    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "_historical" in written_table(sql):
            raise self.error
        return execute(sql, params, many, context)


def test_x11_where_the_history_cannot_be_written_nothing_else_is() -> None:
    run, before = start(5), all_rows()
    with connection.execute_wrapper(NoHistory(DataError("refused by the test"))):
        drain(run)
    assert (outcomes(run), run.tally()["causes"]) == ({"failed": 5}, {"database": 5})
    assert all_rows() == before


OTHER_KEY = b"k" * 32


def test_x12_keys_that_are_exchanged_in_mid_run_stop_it_and_write_nothing_more(settings: Any) -> None:
    drain(start(40))
    right, before = settings.PII_KEYS, all_rows()
    run = runs.start_list(owners(41))

    def exchange() -> None:
        settings.PII_KEYS = [OTHER_KEY]

    ending = drain(run, progress=at(5, exchange))
    settings.PII_KEYS = right
    assert (ending, run.cause, all_rows() == before) == (Ending.STOPPED, "keys", True)
    assert (run.resume(), drain(run), outcomes(run)) == (True, Ending.DONE, {"unchanged": 40, "created": 1})


def test_x12_a_new_first_key_in_mid_run_is_no_trouble(settings: Any) -> None:
    def rotate() -> None:
        settings.PII_KEYS = [OTHER_KEY, *settings.PII_KEYS]

    run = start(40)
    assert (drain(run, progress=at(10, once(rotate))), outcomes(run)) == (Ending.DONE, {"created": 40})


# -- X13: the clock ----------------------------------------------------------------------


@pytest.mark.parametrize("hours", [-3, 3])
def test_x13_a_clock_that_steps_in_mid_run_ends_it_no_sooner_and_no_later(hours: int) -> None:
    run = start(40)
    with time_machine.travel(timezone.now(), tick=True) as traveller:
        step = once(lambda: traveller.shift(timedelta(hours=hours)))
        assert drain(run, progress=at(10, step)) is Ending.DONE
    seconds = run.items.values_list("seconds", flat=True)
    assert (outcomes(run), all(0 <= one < 60 for one in seconds)) == ({"created": 40}, True)


def test_x13_a_lease_from_a_clock_that_was_set_back_is_none() -> None:
    run = start(5)
    elsewhere = Holder(run)
    elsewhere.name = "elsewhere:1:abc"
    with time_machine.travel(timezone.now() + timedelta(hours=3)):
        elsewhere.take(5)
    assert leases.free_count(run) == 5


# -- X15: thousands ----------------------------------------------------------------------


def test_x15_a_run_holds_no_more_than_a_set_and_its_threads_at_a_time(platform: Simulator) -> None:
    run, held = runs.start_list(f"1390000{number:04}" for number in range(600)), []

    def look() -> None:
        held.append(run.items.waiting().exclude(lease="").count())

    assert drain(run, progress=at(1, look)) is Ending.DONE
    assert outcomes(run) == {"not_found": 600}
    assert max(held) <= batch.SET_SIZE + 2 * 4


def test_x15_progress_can_be_seen_while_it_goes_on() -> None:
    run, seen = start(60), []
    drain(run, progress=at(1, lambda: seen.append(run.items.waiting().count())))
    assert len(set(seen)) > 2


# -- X16: erased meanwhile ---------------------------------------------------------------


def test_x16_who_is_erased_while_the_answer_is_under_way_is_not_brought_back(
    platform: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    drain(start(5))
    gone = PlatformRecord.objects.get(phone=owners(5)[2]).subject
    name, settle = gone.name, batch.settle
    platform.answers[owners(5)[2]] = {**(platform.answer(owners(5)[2]) or {}), "company_name": "新单位"}
    clerk = User.objects.create_user("王", is_staff=True)
    erase = once(lambda: erasing.erase(gone, by=clerk))

    def erase_first(*args: Any, **kwargs: Any) -> Any:
        erase()
        return settle(*args, **kwargs)

    monkeypatch.setattr(batch, "settle", erase_first)
    run = start(5)
    drain(run)
    assert not Resident.objects.filter(name=name, id_number=gone.id_number).exists()
    assert not Membership.objects.filter(resident=gone.pk).exists()
    assert House.objects.exists()


# -- X18: what is said -------------------------------------------------------------------


def test_x18_a_stopped_run_is_told_by_its_number_and_a_sentence_of_ours(
    platform: Simulator, tmp_path: Path
) -> None:
    platform.fault = "p1-code-500"
    code, told = sync_phones(file_of(tmp_path, 5))
    run = SyncRun.objects.get()
    assert (code, run.cause, f"--resume {run.pk}" in told) == (1, "refused", True)
    assert "Traceback" not in told
    assert not [phone for phone in owners(5) if phone in told]
