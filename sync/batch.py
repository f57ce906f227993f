"""Many phones: the run's items are the queue and the truth; threads ask, sets are merged.

An item stays `waiting` until its outcome is stored, so whatever ends the process, a
resumed run asks again for what has no outcome and for nothing else.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice

from django.db import connection
from django.utils import timezone

from residents.models import User

from .client import PlatformClient
from .engine import ITEM_FIELDS, Fetched, fetch, note_outcome, settle
from .exceptions import STOPPING
from .merge import Outcome
from .models import SyncItem, SyncRun

# How many answers share a transaction, and how many unreachable phones in a row end a run.
SET_SIZE = 200
BREAKER = 20
BREAKING = STOPPING | {"unavailable", "rate-limited", "database"}

Progress = Callable[[Outcome], None]
Got = tuple[SyncItem, Fetched, float]


def start(phones: Iterable[str], *, by: User | None = None) -> SyncRun:
    """A run over these phones, each once."""
    run = SyncRun.objects.create(started_by=by)
    items = (SyncItem(run=run, phone=phone) for phone in dict.fromkeys(phones))
    while chunk := list(islice(items, 1000)):
        SyncItem.objects.bulk_create(chunk)
    return run


def resume(run: SyncRun) -> None:
    SyncRun.objects.filter(pk=run.pk).update(status=SyncRun.Status.RUNNING, finished_at=None)


def drain(run: SyncRun, *, concurrency: int, progress: Progress = lambda outcome: None) -> bool:
    """Work off what waits. False where the platform is down or refuses us: resume the run later."""
    unreachable = 0
    with PlatformClient.from_settings() as client, ThreadPoolExecutor(concurrency) as threads:
        for got in _sets(_answers(run, client, threads, concurrency)):
            for outcome in _store(got):
                progress(outcome)
                unreachable = unreachable + 1 if outcome.cause in BREAKING else 0
                if outcome.cause in STOPPING or unreachable >= BREAKER:
                    threads.shutdown(wait=True, cancel_futures=True)
                    return _finish(run, SyncRun.Status.STOPPED)
    return _finish(run, SyncRun.Status.DONE)


def _waiting(run: SyncRun) -> Iterator[SyncItem]:
    """The waiting items, a page at a time: memory stays flat."""
    last = 0
    while page := list(run.items.filter(outcome=SyncItem.Outcome.WAITING, pk__gt=last).order_by("pk")[:1000]):
        last = page[-1].pk
        yield from page


def _answers(
    run: SyncRun, client: PlatformClient, threads: ThreadPoolExecutor, concurrency: int
) -> Iterator[list[Got]]:
    """What has arrived since the last look; about two questions for each thread are under way."""
    waiting, under_way = _waiting(run), set[Future[Got]]()
    while True:
        for item in islice(waiting, 2 * concurrency - len(under_way)):
            under_way.add(threads.submit(_ask, item, client))
        if not under_way:
            return
        done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
        yield [future.result() for future in done]


def _ask(item: SyncItem, client: PlatformClient) -> Got:
    started = time.monotonic()
    try:
        return item, fetch(item.phone, client), time.monotonic() - started
    finally:
        connection.close()


def _sets(arrivals: Iterator[list[Got]]) -> Iterator[list[Got]]:
    """Gather arrivals into sets, for a second at most: an answer does not wait for company."""
    gathered: list[Got] = []
    since = time.monotonic()
    for got in arrivals:
        gathered += got
        if len(gathered) >= SET_SIZE or time.monotonic() - since > 1:
            yield gathered
            gathered, since = [], time.monotonic()
    if gathered:
        yield gathered


def _store(got: list[Got]) -> list[Outcome]:
    outcomes = settle([fetched for _, fetched, _ in got])
    for (item, _, seconds), outcome in zip(got, outcomes, strict=True):
        note_outcome(item, outcome, seconds)
    answered = [item for item, _, _ in got if item.cause not in STOPPING]
    SyncItem.objects.bulk_update(answered, ITEM_FIELDS)
    return outcomes


def _finish(run: SyncRun, status: SyncRun.Status) -> bool:
    SyncRun.objects.filter(pk=run.pk).update(status=status, finished_at=timezone.now())
    return status == SyncRun.Status.DONE


def counts(run: SyncRun) -> tuple[Counter[str], Counter[str]]:
    """Outcomes and causes of the whole run."""
    outcomes, causes = Counter[str](), Counter[str]()
    for outcome, cause in run.items.values_list("outcome", "cause"):
        outcomes[outcome] += 1
        causes.update([cause] if cause else [])
    return outcomes, causes
