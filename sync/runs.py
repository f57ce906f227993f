"""Starting runs over many phones: which phones, and that one scope has one run at a time (X2, X17)."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import islice

from django.db import IntegrityError, transaction
from django.db.models import Count
from django.utils import timezone

from houses.choices import Role
from houses.models import Community, Membership
from residents import bulk
from residents.crypto import digest
from residents.fields import SealedField
from residents.models import User

from . import leases
from .models import SyncItem, SyncRun

CHUNK = 1000
# A question that somebody waited for is over by then, whatever became of it.
LONGEST_QUESTION = timedelta(hours=1)
KEPT = timedelta(days=180)


class AlreadyRunning(Exception):
    """A run of the same scope is under way: `run`."""

    def __init__(self, run: SyncRun) -> None:
        super().__init__(run.pk)
        self.run = run


def start_list(phones: Iterable[str], *, by: User | None = None) -> SyncRun:
    """A run over these phones, each once. Raises AlreadyRunning where one over the same phones goes on.

    One that was abandoned is taken up again instead.
    """
    unique = list(dict.fromkeys(phones))
    scope = f"list:{digest(' '.join(sorted(unique)), context='sync-list')}"
    return _start(SyncRun(kind=SyncRun.Kind.LIST, started_by=by, scope=scope), unique)


def start_community(
    community: Community, *, by: User | None = None, kind: str = SyncRun.Kind.COMMUNITY
) -> SyncRun:
    """A run over the known owners of a community. Raises AlreadyRunning, as `start_list`."""
    run = SyncRun(kind=kind, started_by=by, community=community, scope=f"community:{community.pk}")
    return _start(run, owners_of(community))


def owners_of(community: Community) -> list[str]:
    """The phones of those who are 本人 of a house there, as their records hold them."""
    owners = Membership.objects.open().filter(house__community=community, role=Role.SELF)
    phones = owners.exclude(resident__phone="").order_by("pk").values_list("resident__phone", flat=True)
    return list(dict.fromkeys(phone for phone in phones.iterator() if phone))


def owner_counts(communities: Iterable[Community]) -> dict[int, int]:
    """By community, how many phones `owners_of` gives: counted by their digests, none is opened."""
    owners = Membership.objects.open().filter(house__community__in=communities, role=Role.SELF)
    phone = SealedField.digest_of("resident__phone")
    counted = owners.exclude(resident__phone="").order_by().values_list("house__community")
    return dict(counted.annotate(n=Count(phone, distinct=True)))


def resume(run: SyncRun, *, failed_too: bool = False) -> bool:
    """Go on with what waits, or with `failed_too` with the failed. Raises AlreadyRunning."""
    try:
        with transaction.atomic():
            return run.retry_failed() if failed_too else run.resume()
    except IntegrityError:
        raise AlreadyRunning(SyncRun.objects.running().get(scope=run.scope)) from None


def _start(run: SyncRun, phones: Iterable[str]) -> SyncRun:
    try:
        with transaction.atomic():
            _create(run, phones)
    except IntegrityError:
        other = SyncRun.objects.filter(scope=run.scope).latest("pk")
        if other.is_running and leases.is_abandoned(other):
            leases.release(other)
            return other
        raise AlreadyRunning(other) from None
    return run


def _create(run: SyncRun, phones: Iterable[str]) -> None:
    run.heartbeat_at = timezone.now()
    run.save(force_insert=True)
    items = (bulk.fresh(SyncItem, run_id=run.pk, phone=phone) for phone in phones)
    while chunk := list(islice(items, CHUNK)):
        bulk.insert(chunk)
        run.total += len(chunk)
    run.save(update_fields=["total"])


def sweep() -> list[SyncRun]:
    """Free what the dead held; the runs that nobody works on though phones wait (X5)."""
    _close_interrupted()
    idle = []
    for run in SyncRun.objects.running().filter(kind__in=SyncRun.QUEUED).order_by("pk"):
        leases.release(run)
        leases.give_up_poison(run)
        if not run.finish() and run.is_running and not leases.holders(run):
            idle.append(run)
    return idle


def _close_interrupted() -> None:
    """Questions whose process died: whoever waited for the answer asks again by themselves."""
    asked = SyncRun.objects.running().exclude(kind__in=SyncRun.QUEUED)
    for run in asked.filter(started_at__lt=timezone.now() - LONGEST_QUESTION):
        waiting = run.items.waiting()
        waiting.update(outcome=SyncItem.Outcome.FAILED, cause="interrupted", done_at=timezone.now())
        run.finish()


def forget_old() -> int:
    """Which phones were asked for is kept for half a year; what came of the runs stays."""
    old = SyncItem.objects.filter(run__finished_at__lt=timezone.now() - KEPT)
    return old.delete()[0]
