"""The nightly re-sync: every community whose office switched it on, once a night."""

from datetime import date, time

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from houses.models import Community
from residents.models import User

from . import runs
from .models import NightlySync, SyncRun

# In the office's own time; whoever was asleep then starts late, until the office opens.
BEGINS, ENDS = time(1, 30), time(6)


def switch(community: Community, *, on: bool, by: User) -> NightlySync:
    values = {"is_on": on, "switched_by": by, "switched_at": timezone.now()}
    return NightlySync.objects.update_or_create(community=community, defaults=values)[0]


def start_due() -> list[SyncRun]:
    """The runs that are due now; whoever asks twice, or from two machines, starts none twice."""
    now = timezone.localtime()
    if not BEGINS <= now.time() < ENDS:
        return []
    due = NightlySync.objects.filter(is_on=True).filter(_not_yet(now.date()))
    started = (_start(nightly, now.date()) for nightly in due.select_related("community"))
    return [run for run in started if run is not None]


def _not_yet(night: date) -> Q:
    return Q(last_night=None) | Q(last_night__lt=night)


@transaction.atomic
def _start(nightly: NightlySync, night: date) -> SyncRun | None:
    """None where somebody else has this night, or the community is being synced already.

    The night is taken and its run made in one transaction: who dies between leaves it to the next.
    """
    mine = NightlySync.objects.filter(_not_yet(night), pk=nightly.pk, is_on=True)
    if not mine.update(last_night=night):
        return None
    try:
        return runs.start_community(nightly.community, kind=SyncRun.Kind.NIGHTLY)
    except runs.AlreadyRunning:
        return None
