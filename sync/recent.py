"""The last syncs on the dashboard: a fragment, fourteen days of phones that were read or not."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from houses.staff.pages import StaffPage
from residents.models import User

from .staff.figures import tallies
from .visibility import sync_runs

DAYS = 14
HEIGHT = 60  # of the drawing


@dataclass
class Day:
    """One column: phones read and failed, with the heights of both parts."""

    day: date
    x: int
    read: int
    failed: int
    most: int

    @property
    def failed_height(self) -> float:
        return round(HEIGHT * self.failed / self.most, 1)

    @property
    def read_height(self) -> float:
        return round(HEIGHT * self.read / self.most, 1)

    @property
    def read_y(self) -> float:
        return HEIGHT - self.read_height

    @property
    def failed_y(self) -> float:
        return round(self.read_y - self.failed_height, 1)


def days(user: User) -> list[Day]:
    """Oldest first; a day without a sync is an empty column."""
    today = timezone.localdate()
    first = today - timedelta(days=DAYS - 1)
    counts = _counts(user, first)
    all_days = [first + timedelta(days=n) for n in range(DAYS)]
    most = max((sum(counts[day].values()) for day in all_days), default=0) or 1
    return [
        Day(day, n * 20, counts[day]["read"], counts[day]["failed"], most) for n, day in enumerate(all_days)
    ]


def _counts(user: User, first: date) -> dict[date, Counter[str]]:
    counts: dict[date, Counter[str]] = {first + timedelta(days=n): Counter() for n in range(DAYS)}
    recent = sync_runs(user).filter(started_at__date__gte=first)
    runs = list(recent.only("started_at", "status", "counts"))
    found = tallies(runs, petitions=True)  # read or not: what of it was new is not told here
    for run in runs:
        day, tally = timezone.localdate(run.started_at), found[run.pk]
        if day in counts:
            counts[day].update(read=tally.done - tally.failed, failed=tally.failed)
    return counts


class Recent(StaffPage):
    permission = "sync.view_syncrun"
    template_name = "sync/recent.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        latest = sync_runs(self.office.user).order_by("-pk").first()
        return self.part(days=days(self.office.user), latest=latest)
