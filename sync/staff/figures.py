"""How far runs are: counts by outcome, speed, and the time that is left."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from django.db.models import Count, Min
from django.utils import timezone

from ..leases import holders
from ..models import SyncItem, SyncRun

Outcome = SyncItem.Outcome
MINUTE = timedelta(minutes=1)
# The first set of a run is no measure: so long it counts as having taken, in seconds.
LEAST_MEASURED = 5.0
# A worker that lives gives a sign every two seconds.
QUIET_AFTER = timedelta(seconds=30)
SILENT_AFTER = timedelta(minutes=2)


@dataclass
class Tally:
    """How many phones of a run by outcome, and of the failed by cause."""

    outcomes: Counter[str] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)

    @property
    def waiting(self) -> int:
        return self.outcomes[Outcome.WAITING]

    @property
    def failed(self) -> int:
        return self.outcomes[Outcome.FAILED]

    @property
    def changed(self) -> int:
        return self.outcomes[Outcome.CREATED] + self.outcomes[Outcome.UPDATED]

    @property
    def total(self) -> int:
        return self.outcomes.total()

    @property
    def done(self) -> int:
        return self.total - self.waiting

    @property
    def shown(self) -> list[tuple[str, int]]:
        """Outcome and count, in the order of the outcomes; those that do not occur are left out."""
        return [(outcome, n) for outcome in Outcome.values if (n := self.outcomes[outcome])]


def tallies(runs: Sequence[SyncRun], *, petitions: bool) -> dict[int, Tally]:
    """Of each run, by a few queries for all of them: as kept where it has ended, else counted."""
    found = {run.pk: Tally() for run in runs}
    for run in runs:
        if run.keeps_counts:
            found[run.pk] = Tally(Counter(run.counts["outcomes"]), Counter(run.counts["causes"]))
    counted = SyncItem.objects.filter(run__in=[run for run in runs if not run.keeps_counts]).order_by()
    for pk, outcome, cause, n in counted.values_list("run", "outcome", "cause").annotate(n=Count("pk")):
        found[pk].outcomes[outcome] += n
        found[pk].causes.update({cause: n} if cause else {})
    if not petitions:
        _hide_the_flag(found)
    return found


def _hide_the_flag(found: dict[int, Tally]) -> None:
    items = SyncItem.objects.filter(run__in=found).about_the_flag_alone().order_by()
    for pk, n in items.values_list("run").annotate(n=Count("pk")):
        found[pk].outcomes.update({Outcome.UPDATED: -n, Outcome.UNCHANGED: n})


class Progress:
    """Of a run under way."""

    def __init__(self, run: SyncRun, tally: Tally) -> None:
        self.run, self.tally, self.now = run, tally, timezone.now()

    @property
    def percent(self) -> int:
        return 100 * self.tally.done // max(self.tally.total, 1)

    @property
    def tenth(self) -> int:
        return self.percent // 10

    @cached_property
    def rate(self) -> float:
        """Phones a second, over the last minute."""
        recent = self.run.items.filter(done_at__gte=self.now - MINUTE)
        counted = recent.aggregate(n=Count("pk"), first=Min("done_at"))
        if not counted["n"]:
            return 0.0
        return float(counted["n"] / max((self.now - counted["first"]).total_seconds(), LEAST_MEASURED))

    @property
    def left(self) -> timedelta | None:
        return timedelta(seconds=self.tally.waiting / self.rate) if self.rate else None

    @cached_property
    def is_queued(self) -> bool:
        """No worker has begun, or gone on."""
        if self.tally.done and self._silence < QUIET_AFTER:
            return False
        return not holders(self.run)

    @property
    def is_silent(self) -> bool:
        """Nobody gave a sign of life for so long that somebody has to look."""
        return self._silence > SILENT_AFTER

    @property
    def _silence(self) -> timedelta:
        return self.now - (self.run.heartbeat_at or self.run.started_at)
