"""Several workers sync the same households at once: nothing twice, nothing lost, no error for the caller.

The workers are processes of their own, which start together.
"""

import json
import sys
import threading
from collections import Counter
from collections.abc import Iterable

import pytest
from django.db import connection

from sync.client import PlatformClient
from sync.engine import fetch, settle, sync_phone
from sync.merge import Outcome
from sync.simulator.households import household
from tests.sync.writes import TRACES, Shared, clear, duplicates, state

pytestmark = pytest.mark.django_db(transaction=True)

HOUSEHOLDS = 20
COUPLES = 10
Groups = list[list[str]]


@pytest.fixture
def shared(platform, tmp_path):
    return Shared(tmp_path)


# -- what runs in the other processes ----------------------------------------------------


def race(groups: Groups) -> None:
    """Sync group after group, each as a set."""
    _wait_for_the_others()
    with PlatformClient.from_settings() as client:
        _tell(outcome for group in groups for outcome in settle([fetch(phone, client) for phone in group]))


def couples(groups: Groups) -> None:
    """The phones of each group at the same moment, each in a thread of its own."""
    _wait_for_the_others()
    _tell(outcome for group in groups for outcome in _at_once(group))


def _at_once(phones: list[str]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    start = threading.Barrier(len(phones))

    def run(phone: str) -> None:
        try:
            start.wait()
            outcomes.append(sync_phone(phone))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[phone]) for phone in phones]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def _wait_for_the_others() -> None:
    print("ready", flush=True)
    sys.stdin.readline()


def _tell(outcomes: Iterable[Outcome]) -> None:
    print(json.dumps([outcome.cause or outcome.outcome for outcome in outcomes]))


# -- what runs here ----------------------------------------------------------------------


def together(shared: Shared, name: str, jobs: list[Groups]) -> Counter[str]:
    """One process for each job, all at once; returns how often each outcome (or cause) came."""
    shared.push()
    workers = [shared.start(f"tests.sync.test_races.{name}({groups})") for groups in jobs]
    for worker in workers:
        assert worker.stdout and worker.stdout.readline() == "ready\n"
    told = []
    for worker in workers:
        assert worker.stdin
        worker.stdin.write("go\n")
        worker.stdin.flush()
    for worker in workers:
        out, errors = worker.communicate(timeout=300)
        assert (worker.returncode, errors) == (0, "")
        told += json.loads(out)
    shared.pull()
    return Counter(told)


def homes(count: int, *, phones: int = 1) -> Groups:
    """The phones of the first households that have so many; the owner's first."""
    found = [[person.phone for person in household(index).people if person.phone] for index in range(60)]
    return [group for group in found if len(group) >= phones][:count]


def turned(groups: Groups, workers: int) -> list[Groups]:
    """Each pair of workers starts with another household, so that they meet often."""
    step = len(groups) // workers * 2
    return [groups[at:] + groups[:at] for at in (worker // 2 * step for worker in range(workers))]


def one_by_one(groups: Groups) -> Groups:
    return [[phone] for group in groups for phone in group]


def alone(groups: Groups, *hidden: str) -> list[str]:
    """What a single process leaves (`state`); the database is empty again afterwards."""
    for group in groups:
        for phone in group:
            sync_phone(phone)
    left = state(*hidden)
    clear()
    return left


WORKERS = [
    pytest.param(8, id="eight", marks=pytest.mark.postgresql),
    pytest.param(4, id="four", marks=pytest.mark.sqlite),
]


@pytest.mark.parametrize("workers", WORKERS)
def test_many_processes_leave_what_one_leaves(shared, workers) -> None:
    groups = homes(HOUSEHOLDS)
    expected = alone(groups)
    told = together(shared, "race", [one_by_one(turn) for turn in turned(groups, workers)])
    assert (duplicates(), told.keys() - {"created", "updated", "unchanged"}) == ([], set())
    assert told.total() == workers * len(one_by_one(groups))
    assert state() == expected


@pytest.mark.parametrize("workers", WORKERS)
def test_many_processes_with_sets_leave_what_one_leaves(shared, workers) -> None:
    """Sets that overlap and run in different directions want the same locks."""
    groups = homes(HOUSEHOLDS)
    expected = alone(groups, "version")
    jobs = [_in_sets(turn, size=3 + worker) for worker, turn in enumerate(turned(groups, workers))]
    told = together(shared, "race", jobs)
    assert (duplicates(), told.keys() - {"created", "updated", "unchanged"}) == ([], set())
    assert state("version") == expected


def _in_sets(groups: Groups, *, size: int) -> Groups:
    """Several households in a set: one set may tell in one step what single answers tell in two."""
    chunks = [groups[at : at + size] for at in range(0, len(groups), size)]
    return [[phone for group in chunk for phone in group] for chunk in chunks]


@pytest.mark.parametrize("workers", WORKERS)
def test_phones_in_any_order_leave_nothing_twice(shared, workers) -> None:
    """Half of the workers ask the wives' phones first: whoever is first, the values are the same."""
    groups = [group for group in homes(HOUSEHOLDS) if _one_owner(group)]
    expected = alone(groups, *TRACES)
    orders = [groups, [group[::-1] for group in groups]] * (workers // 2)
    told = together(shared, "race", [one_by_one(order) for order in orders])
    assert (duplicates(), told.keys() - {"created", "updated", "unchanged"}) == ([], set())
    assert state(*TRACES) == expected


def test_a_husbands_and_a_wifes_phone_at_once(shared) -> None:
    groups = [group[:2] for group in homes(4 * COUPLES, phones=2) if _one_owner(group)][:COUPLES]
    expected = alone(groups, *TRACES)
    told = together(shared, "couples", [groups])
    assert told.keys() <= {"created", "updated"}
    assert (told.total(), duplicates()) == (2 * COUPLES, [])
    assert state(*TRACES) == expected


def _one_owner(group: list[str]) -> bool:
    """Where each calls itself the owner, the first to speak keeps the word on the house."""
    home = next(home for home in map(household, range(60)) if home.owner.phone == group[0])
    return not home.each_the_owner
