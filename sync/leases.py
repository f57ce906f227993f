"""Who works on which phones of a run, however many processes do and whatever ends them.

A holder takes items for a minute and prolongs that while it lives; what it leaves undone is free
again when the minute is over, at once where its process is known to be gone. An outcome is written
only by whoever holds the item, in the transaction that stores the answer (`record`): so no phone is
lost, and none is counted twice.
"""

import os
import socket
import uuid
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from .merge import Outcome
from .models import SyncItem, SyncItemQuerySet, SyncRun

LEASE = timedelta(seconds=60)
PROLONGED_AFTER = 15.0  # seconds
# An item that was taken up so often and never answered ends the process that holds it.
MOST_TAKEN = 20

_COLUMNS = (
    "outcome", "cause", "attempts", "seconds", "new_members", "new_houses",
    "fields_updated", "conflicts", "flag_values", "flag_conflicts",
)  # fmt: skip


class Holder:
    """One process at work on one run."""

    def __init__(self, run: SyncRun) -> None:
        self.run = run
        self.name = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:12]}"

    @property
    def held(self) -> SyncItemQuerySet:
        return self.run.items.waiting().filter(lease=self.name)

    def take(self, most: int) -> list[SyncItem]:
        """So many free items at most, and none of a run that is to go no further."""
        until = timezone.now() + LEASE
        with transaction.atomic():
            if not SyncRun.objects.running().filter(pk=self.run.pk).exists():
                return []
            free = _free(self.run).order_by("taken", "pk").select_for_update(skip_locked=True)
            items = list(free.only("phone", "run", "taken")[:most])
            rows = SyncItem.objects.filter(pk__in=[item.pk for item in items])
            rows.update(lease=self.name, leased_until=until, taken=F("taken") + 1)
        return items

    def prolong(self) -> None:
        self.held.update(leased_until=timezone.now() + LEASE)

    def put_back(self, items: Iterable[SyncItem]) -> None:
        """Free again. What was asked already waits behind the others."""
        self.held.filter(pk__in=[item.pk for item in items]).update(lease="", leased_until=None)

    def give_back_all(self) -> None:
        """What has no outcome when work ends, in order, was not asked, or learned nothing of its phone."""
        self.held.update(lease="", leased_until=None, taken=F("taken") - 1)

    def record(self, done: Sequence[tuple[SyncItem, Outcome, float]]) -> int:
        """Write outcomes (with seconds) of items that we still hold; how many these were."""
        if not done:
            return 0
        rows = [(item.pk, *columns(outcome, seconds).values()) for item, outcome, seconds in done]
        values = ", ".join([f"({', '.join(['%s'] * (1 + len(_COLUMNS)))})"] * len(rows))
        # Of a list of VALUES both databases call the columns column1, column2, …
        news = ", ".join(f"{name} = news.column{n}" for n, name in enumerate(_COLUMNS, 2))
        table = SyncItem._meta.db_table
        statement = (
            f"UPDATE {table} SET {news}, done_at = %s, lease = '', leased_until = NULL"
            f" FROM (VALUES {values}) AS news"
            f" WHERE {table}.id = news.column1 AND {table}.lease = %s AND {table}.outcome = 'waiting'"
        )
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        with connection.cursor() as cursor:
            cursor.execute(statement, [now, *(value for row in rows for value in row), self.name])
            return int(cursor.rowcount)


def columns(outcome: Outcome, seconds: float) -> dict[str, str | int | float]:
    """What an item keeps of an outcome."""
    return {
        "outcome": outcome.outcome,
        "cause": outcome.cause or "",
        "attempts": outcome.attempts,
        "seconds": round(seconds, 3),
        "new_members": outcome.memberships["created"],
        "new_houses": outcome.houses["created"],
        "fields_updated": outcome.fields_updated,
        "conflicts": outcome.conflicts,
        "flag_values": outcome.flags["values"],
        "flag_conflicts": outcome.flags["conflicts"],
    }


def _is_leased() -> Q:
    """Nobody leases for longer than a lease: what ends later is of a clock that was set back (X13)."""
    return Q(leased_until__range=(timezone.now(), timezone.now() + 2 * LEASE))


def _free(run: SyncRun) -> SyncItemQuerySet:
    return run.items.waiting().filter(Q(leased_until=None) | ~_is_leased())


def free_count(run: SyncRun) -> int:
    return _free(run).count()


def holders(run: SyncRun) -> set[str]:
    """Those who hold items now, and live as far as we know."""
    leased = run.items.waiting().filter(_is_leased()).order_by()
    return {name for name in leased.values_list("lease", flat=True).distinct() if not _is_gone(name)}


def is_abandoned(run: SyncRun) -> bool:
    """Nobody works on it: no holder lives, and there was no sign of life for a lease's time."""
    if run.items.waiting().filter(_is_leased()).exists():
        return not holders(run)
    return abs(timezone.now() - (run.heartbeat_at or run.started_at)) > LEASE


def release(run: SyncRun, *, all_of_them: bool = False) -> None:
    """Take back what the dead hold; `all_of_them`: for whoever knows that all holders are dead."""
    leased = run.items.waiting().exclude(lease="").order_by()
    names = set(leased.values_list("lease", flat=True).distinct())
    gone = names if all_of_them else {name for name in names if _is_gone(name)}
    leased.filter(lease__in=gone).update(lease="", leased_until=None)


def give_up_poison(run: SyncRun) -> None:
    """Items that ended every process that held them are failed, so that the run comes to its end."""
    poison = _free(run).filter(taken__gte=MOST_TAKEN)
    poison.update(outcome=SyncItem.Outcome.FAILED, cause="internal", done_at=timezone.now(), lease="")


def _is_gone(name: str) -> bool:
    """A process of this machine that is no more. Of other machines only the time tells."""
    host, _, rest = name.partition(":")
    pid = rest.partition(":")[0]
    if host != socket.gethostname() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False
