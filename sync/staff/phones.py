"""The phones of a run, masked: which failed and why, and what the others changed, household by household."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path

from houses.models import House
from houses.staff.listing import page_of, pages
from houses.visibility import Scope
from residents.masking import mask_phone

from ..models import Mention, PlatformRecord, SyncItem, SyncRun
from .pages import SyncPage
from .words import cause_in_short, cause_in_words, change_in_words


class PhonesPage(SyncPage):
    """Of a run in hand: who only sees that it was is shown no phone."""

    tab = ""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        run = self.find(self.in_hand, pk=pk)
        tally = self.tally(run)
        chosen = request.GET.get("cause", "")
        cause = chosen if chosen in tally.causes else ""
        number, items, more = page_of(self.items(run, cause).order_by("pk"), request.GET.get("page", ""))
        return self.page(
            title=f"同步任务 {run.pk}",
            section="runs",
            tab=self.tab,
            mine=True,
            run=run,
            tally=tally,
            causes=[(one, cause_in_short(one), n) for one, n in tally.causes.most_common()],
            cause=cause,
            why=cause_in_words(cause) if cause else "",
            rows=self.rows_of(items),
            kept=bool(items) or run.items.exists(),
            pages=pages(request, number, more),
        )

    def items(self, run: SyncRun, cause: str) -> QuerySet[SyncItem]:
        raise NotImplementedError

    def rows_of(self, items: Sequence[SyncItem]) -> list[Any]:
        raise NotImplementedError


class Failures(PhonesPage):
    template_name = "sync/failures.html"
    tab = "failures"

    def items(self, run: SyncRun, cause: str) -> QuerySet[SyncItem]:
        failed = run.items.failed()
        return failed.filter(cause=cause) if cause else failed

    def rows_of(self, items: Sequence[SyncItem]) -> list[Any]:
        return [(item, mask_phone(item.phone), cause_in_short(item.cause)) for item in items]


class Changes(PhonesPage):
    template_name = "sync/changes.html"
    tab = "changes"

    def items(self, run: SyncRun, cause: str) -> QuerySet[SyncItem]:
        changed = run.items.filter(outcome__in=[SyncItem.Outcome.CREATED, SyncItem.Outcome.UPDATED])
        if self.scope.petitions:
            return changed
        return changed.exclude(pk__in=run.items.about_the_flag_alone().values("pk"))

    def rows_of(self, items: Sequence[SyncItem]) -> list[Any]:
        return households(items, self.scope)


@dataclass
class Household:
    """What a phone's answer changed, as far as it lies within a scope."""

    phone: str
    item: SyncItem
    houses: list[House]
    elsewhere: bool  # houses of other communities are in it: these counts are not ours to read
    words: str


def households(items: Sequence[SyncItem], scope: Scope) -> list[Household]:
    """By a few queries for all of them."""
    records = dict(
        PlatformRecord.objects.filter(phone__in=[item.phone for item in items]).values_list("phone", "pk")
    )
    named = Mention.objects.filter(record__in=records.values())
    seen = named.filter(membership__in=scope.memberships)
    elsewhere = set(named.exclude(pk__in=seen.values("pk")).values_list("record", flat=True))
    houses: dict[int, dict[int, House]] = defaultdict(dict)
    for mention in (
        seen.filter(absent_since=None).select_related("membership__house__community").order_by("pk")
    ):
        house = mention.membership.house
        houses[mention.record_id].setdefault(house.pk, house)
    return [_household(item, records.get(item.phone, 0), houses, elsewhere, scope) for item in items]


def _household(
    item: SyncItem, record: int, houses: dict[int, dict[int, House]], elsewhere: set[int], scope: Scope
) -> Household:
    here = list(houses[record].values())
    told = scope.everything or (bool(here) and record not in elsewhere)
    return Household(
        phone=mask_phone(item.phone),
        item=item,
        houses=here,
        elsewhere=record in elsewhere,
        words=change_in_words(item, petitions=scope.petitions) if told else "",
    )


urls = [
    path("runs/<int:pk>/failures/", Failures.as_view(), name="failures"),
    path("runs/<int:pk>/changes/", Changes.as_view(), name="changes"),
]
