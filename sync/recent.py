"""The last syncs on the dashboard: a fragment, fourteen days of phones that were read or not."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import TruncDate
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from houses.staff.pages import StaffPage
from residents.models import User

from .models import SyncItem
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
    items = SyncItem.objects.filter(run__in=sync_runs(user), run__started_at__date__gte=first)
    grouped: Any = items.annotate(day=TruncDate("run__started_at")).values("day")
    failed = Q(outcome=SyncItem.Outcome.FAILED)
    waiting = Q(outcome=SyncItem.Outcome.WAITING)
    for row in grouped.annotate(
        failed=Count("pk", filter=failed), read=Count("pk", filter=~failed & ~waiting)
    ):
        if row["day"] in counts:
            counts[row["day"]].update(read=row["read"], failed=row["failed"])
    return counts


class Recent(StaffPage):
    permission = "sync.view_syncrun"
    template_name = "sync/recent.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        latest = sync_runs(self.office.user).order_by("-pk").first()
        return self.part(days=days(self.office.user), latest=latest)
