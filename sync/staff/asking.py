"""One phone, or the owners of one house: asked while the page waits, with the result in plain words."""

from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.urls import path

from houses.choices import Role
from houses.models import Community, House
from residents.crypto import digest
from residents.masking import mask_phone

from ..engine import sync_phone
from ..models import Mention, PlatformRecord, SyncRun
from .forms import PhoneForm
from .starting import StartPage
from .words import in_words

# So many owners of one house are asked at once: the page waits for the answers.
MOST_OWNERS = 3
PAUSE = 5  # seconds
JUST_ASKED = "这个号码几秒前刚查询过，没有重复查询。请稍等几秒再试。"


class AskingPage(StartPage):
    """Asks the platform."""

    kind = SyncRun.Kind.PHONE

    def result(self, phone: str) -> dict[str, Any]:
        """What to show of this phone. Pressed again while the page waits, it is asked once (X17)."""
        if not cache.add(f"office-sync-{digest(phone, context='office-sync')}", True, PAUSE):
            return {"phone": mask_phone(phone), "failed": True, "words": JUST_ASKED}
        return self._asked(phone)

    def _asked(self, phone: str) -> dict[str, Any]:
        outcome = sync_phone(phone, by=self.office.user, kind=self.kind)
        named = Mention.objects.filter(
            record__in=PlatformRecord.objects.filter(phone=phone), absent_since=None
        )
        rows = self.scope.memberships.filter(mentions__in=named)
        houses = list(self.scope.houses.filter(memberships__in=rows).select_related("community").distinct())
        elsewhere = named.exclude(membership__house__in=houses).exists()
        return {
            "phone": mask_phone(phone),
            "failed": outcome.outcome == "failed",
            "words": in_words(outcome, petitions=self.scope.petitions),
            "houses": houses,
            "unconfirmed": self._unconfirmed(named),
            "elsewhere": elsewhere,
        }

    def _unconfirmed(self, named: Any) -> list[Community]:
        found = Community.objects.filter(houses__memberships__mentions__in=named, confirmed_at=None)
        return list(found.distinct())


class SyncOne(AskingPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self.shown()

    def post(self, request: HttpRequest) -> HttpResponse:
        """The phone stands in no address, so the result is the answer to the POST itself."""
        form = PhoneForm(request.POST)
        if not form.is_valid():
            return self.shown(form=form)
        return self.shown(results=[self.result(form.cleaned_data["phone"])])


class SyncHouse(AskingPage):
    """The owners of one house, by the phones that stand in their records."""

    kind = SyncRun.Kind.HOUSE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        house: House = self.find(self.scope.houses, pk=pk)
        owners = house.memberships.open().filter(role=Role.SELF).select_related("resident").order_by("pk")
        phones = dict.fromkeys(row.resident.phone for row in owners if row.resident.phone)
        results = [self.result(phone) for phone in list(phones)[:MOST_OWNERS]]
        return self.shown(results=results, house=house, no_owner=not phones)


urls = [
    path("", SyncOne.as_view(), name="one"),
    path("house/<int:pk>/", SyncHouse.as_view(), name="house"),
]
