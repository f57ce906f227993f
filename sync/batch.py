"""Many phones: the run's items are the queue and the truth; threads ask, sets are merged.

    take items ──> threads ask ──> a set is merged, its outcomes noted in the same transaction
         ^                                │ the platform was too busy, the database too
         └────────── given back ──────────┘

An item stays `waiting` until its outcome is stored, so whatever ends the process, the next one
asks again for what has no outcome and for nothing else. Threads never touch the records.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum, auto
from queue import Empty, SimpleQueue
from threading import Event, Lock

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from residents.crypto import SealError

from .client import PlatformClient
from .engine import Fetched, fetch, known_digests, settle
from .exceptions import PASSING, STOPPING
from .leases import PROLONGED_AFTER, Holder, free_count, give_up_poison, holders, release
from .merge import Outcome
from .models import SyncItem, SyncRun

# How many answers share a transaction, and how long the first of them waits for company (seconds).
SET_SIZE = 200
LONGEST_GATHERING = 1.0
# How many phones in a row may fail before the run is left for later.
BREAKER = 20
# How often what may pass is asked for before it is an outcome.
PATIENCE = 3
# What ends a run and is no phone's outcome.
NO_OUTCOME = STOPPING | {"rate-limited"}
HEARTBEAT = 2.0  # seconds
SHIFT = 20.0  # seconds that a worker gives to one run before others have their turn

Progress = Callable[[Outcome], None]
log = structlog.get_logger(__name__)


class Ending(Enum):
    """Why a process works on a run no longer."""

    DONE = auto()
    STOPPED = auto()  # the platform is down, or refuses us; the run says why
    ENDED = auto()  # somebody cancelled it
    OTHERS = auto()  # what waits is held by others
    PAUSED = auto()  # our time is over, or this process is to end


@dataclass(frozen=True)
class Got:
    """What came of asking for one item, and after how many seconds."""

    item: SyncItem
    fetched: Fetched
    seconds: float


class Breaker:
    """Stops a run whose platform is down, refuses us, or speaks another language than before.

    Told by the threads, as they hear: who is refused must not go on asking while a set is merged.
    """

    def __init__(self) -> None:
        self.cause = ""
        self.streak: list[tuple[SyncItem, str]] = []
        self._turn = Lock()

    def saw(self, item: SyncItem, cause: str | None) -> None:
        with self._turn:
            if cause is None:
                self.streak.clear()
                return
            self.streak.append((item, cause))
            if cause in NO_OUTCOME:
                self.cause = self.cause or cause
            elif len(self.streak) >= BREAKER:
                counted = Counter(cause for _, cause in self.streak)
                self.cause = self.cause or counted.most_common(1)[0][0]

    def unanswered(self) -> list[SyncItem]:
        """The last failures tell of the platform, not of these phones: a resumed run asks again."""
        return [item for item, cause in self.streak if item.taken + 1 < PATIENCE]


class Drain:
    """One process at work on one run. `seconds`: how long it may take up new items."""

    def __init__(
        self,
        run: SyncRun,
        *,
        concurrency: int,
        seconds: float = math.inf,
        stopping: Event | None = None,
        progress: Progress = lambda outcome: None,
    ) -> None:
        self.run, self.concurrency, self.progress = run, concurrency, progress
        self.holder, self.asking, self.storing = Holder(run), Breaker(), Breaker()
        self._stopping = stopping or Event()
        self._until = time.monotonic() + seconds
        self._cancelled = False
        self._more = True
        self._under_way = 0
        self._may_ask = Event()
        self._may_ask.set()
        self._arrivals: SimpleQueue[Got] = SimpleQueue()
        self._gathered: list[Got] = []
        self._gathered_since = self._beaten_at = self._prolonged_at = time.monotonic()

    def work(self) -> Ending:
        """Raises DatabaseError, InterfaceError: nothing is lost, whoever comes next goes on."""
        give_up_poison(self.run)
        try:
            with PlatformClient.from_settings(patience=math.inf, stopped=self._is_over) as self._client:
                self._ask_and_store()
        except SealError:
            self.storing.cause = "keys"  # of the items themselves, or of what is known of their phones
        finally:
            with suppress(DatabaseError, InterfaceError):
                self.holder.give_back_all()
        return self._ending()

    @property
    def _cause(self) -> str:
        """Why the run is to stop, "" while it is not."""
        return self.asking.cause or self.storing.cause

    def _ending(self) -> Ending:
        if self._cause:
            unanswered = [*self.asking.unanswered(), *self.storing.unanswered()]
            self.run.items.filter(pk__in=[item.pk for item in unanswered]).put_off()
            self.run.stop(self._cause)
            log.warning("run stopped", run=self.run.pk, cause=self._cause)
            return Ending.STOPPED
        if self.run.finish() or self.run.status == SyncRun.Status.DONE:
            return Ending.DONE
        if not self.run.is_running:
            return Ending.ENDED
        return Ending.PAUSED if self._is_over() else Ending.OTHERS

    # -- asking ---------------------------------------------------------------------------

    def _ask_and_store(self) -> None:
        self._threads = ThreadPoolExecutor(self.concurrency)
        try:
            while self._submit() or self._gathered:
                self._arrive()
                if self._is_set():
                    self._submit()  # the threads have work while the set is merged
                    self._store()
                self._live()
        finally:
            self._threads.shutdown(cancel_futures=True)
        self._store_last()

    def _is_over(self) -> bool:
        """No new question is asked."""
        late = time.monotonic() >= self._until
        return late or self._cancelled or bool(self._cause) or self._stopping.is_set()

    def _submit(self) -> bool:
        """Keep the threads busy: about a set is under way beside the one that is gathered. Tells whether
        more is to arrive."""
        few = self.concurrency + SET_SIZE // 2 if self._more else 1
        if self._under_way < few and not self._is_over():
            taken = self._take(SET_SIZE)
            self._more = len(taken) == SET_SIZE  # if not, there is no use in looking at every turn
            for item, known in taken:
                self._threads.submit(self._ask, item, known)
            self._under_way += len(taken)
        return bool(self._under_way) and not self._is_over()

    def _take(self, most: int) -> list[tuple[SyncItem, str]]:
        """Items, each with the digest of its phone's last answer."""
        items = self.holder.take(most)
        known = known_digests([item.phone for item in items])
        return [(item, known.get(item.phone, "")) for item in items]

    def _ask(self, item: SyncItem, known: str) -> None:
        """In a thread."""
        self._may_ask.wait()
        started = time.monotonic()
        fetched = self._fetch(item, known)
        cause = fetched.cause if isinstance(fetched, Outcome) else None
        if not (cause and self._may_pass(item, fetched)):
            self.asking.saw(item, cause)
        self._arrivals.put(Got(item, fetched, time.monotonic() - started))
        connection.close()

    def _fetch(self, item: SyncItem, known: str) -> Fetched:
        if self._is_over():
            return Outcome(item.phone, "failed", "rate-limited")
        try:
            return fetch(item.phone, self._client, known)
        except Exception as error:  # a fault of ours: one bad answer must not stop a run of thousands
            log.error("answer not read", error=type(error).__name__)
            return Outcome(item.phone, "failed", "internal")

    def _arrive(self) -> None:
        """What has come, up to a set; waits a moment where nothing has."""
        with suppress(Empty):
            self._gather(self._arrivals.get(timeout=HEARTBEAT / 4))
            while len(self._gathered) < SET_SIZE:
                self._gather(self._arrivals.get_nowait())

    def _gather(self, got: Got) -> None:
        if not self._gathered:
            self._gathered_since = time.monotonic()
        self._gathered.append(got)
        self._under_way -= 1

    def _live(self) -> None:
        """Signs of life, and whether the run is still to go on."""
        now = time.monotonic()
        if now - self._beaten_at > HEARTBEAT:
            self._beaten_at, self._cancelled = now, not self.run.beat()
        if now - self._prolonged_at > PROLONGED_AFTER:
            self._prolonged_at = now
            self.holder.prolong()

    # -- storing --------------------------------------------------------------------------

    def _is_set(self) -> bool:
        """Whether what arrived is to be stored now."""
        waited = time.monotonic() - self._gathered_since
        enough = len(self._gathered) >= SET_SIZE or waited > LONGEST_GATHERING or not self._under_way
        return enough and bool(self._gathered)

    def _store_last(self) -> None:
        """What the threads brought when they were told to end."""
        while not self._arrivals.empty():
            self._arrive()
            self._store()

    def _store(self) -> None:
        got, self._gathered = self._gathered, []
        by_phone = {one.item.phone: one for one in got}
        outcomes = settle(
            [one.fetched for one in got],
            lambda outcomes: self._record(outcomes, by_phone),
            alone=self._alone,
        )
        returned = []
        for one, outcome in zip(got, outcomes, strict=True):
            if self._may_pass(one.item, outcome):
                returned.append(one.item)
            else:
                if not isinstance(one.fetched, Outcome):
                    self.storing.saw(one.item, outcome.cause)
                self.progress(outcome)
        self.holder.put_back(returned)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """SQLite has one writer: while it is us, our own threads do not slow what all others wait for."""
        if connection.vendor == "sqlite":
            self._may_ask.clear()
        try:
            yield
        finally:
            self._may_ask.set()

    def _record(self, outcomes: Sequence[Outcome], by_phone: dict[str, Got]) -> None:
        """In the transaction that stores the answers."""
        done = [(by_phone[outcome.phone], outcome) for outcome in outcomes]
        kept = [(got, outcome) for got, outcome in done if outcome.cause not in NO_OUTCOME]
        self.holder.record(
            [
                (got.item, outcome, got.seconds)
                for got, outcome in kept
                if not self._may_pass(got.item, outcome)
            ]
        )

    def _may_pass(self, item: SyncItem, outcome: Fetched) -> bool:
        """It says nothing about the phone: asked again later, behind the others, a few times."""
        if not isinstance(outcome, Outcome):
            return False
        never_asked = outcome.cause == "rate-limited" and not outcome.attempts  # the wait was cut short
        return never_asked or (outcome.cause in PASSING and item.taken + 1 < PATIENCE)


def drain(
    run: SyncRun,
    *,
    concurrency: int,
    progress: Progress = lambda outcome: None,
    stopping: Event | None = None,
) -> Ending:
    """Work on a run to its end; what other processes hold is waited for, and taken over from the dead."""
    while True:
        one = Drain(run, concurrency=concurrency, progress=progress, stopping=stopping)
        ending = one.work()
        if ending is not Ending.OTHERS:
            return ending
        release(run)
        time.sleep(1)


def work_a_shift(run_pk: int, beside: int, ring: Callable[[int, int], object], stopping: Event) -> None:
    """What a worker does when the doorbell rings (docs/decisions/0017).

    A shift is short, so that runs take turns and other tasks get theirs; who has not finished rings
    again. Where many items are free a second bell looks for an idle worker: it says how many are at
    work already, and is ignored where by then there are fewer, for then nobody was idle.
    """
    run = SyncRun.objects.running().filter(pk=run_pk).first()
    if run is None:
        return
    at_work = len(holders(run))
    if at_work < beside:
        return
    if free_count(run) > SET_SIZE:
        ring(run_pk, at_work + 1)
    shift = Drain(run, concurrency=settings.PLATFORM_CONCURRENCY, seconds=SHIFT, stopping=stopping)
    if shift.work() is Ending.PAUSED:
        ring(run_pk, 0)
