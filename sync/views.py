"""同步 in the workbench: one phone, or the owners of one house, with the result in plain words."""

from collections import defaultdict
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.urls import path

from houses.choices import Role
from houses.models import Community, House
from houses.staff.pages import StaffPage
from residents.masking import mask_phone
from residents.models import User
from residents.validators import normalise_phone

from .engine import sync_phone
from .exceptions import SENTENCES
from .merge import Outcome
from .models import Mention, PlatformRecord, SyncItem, SyncRun
from .visibility import sync_runs

# So many owners of one house are asked at once: the page waits for the answers.
MOST_OWNERS = 3
RUNS_SHOWN = 10
UNTOUCHED = "与上次相同，没有改动任何资料。"


class PhoneForm(forms.Form):
    phone = forms.CharField(
        label="手机号",
        max_length=30,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off", "inputmode": "tel"}),
        help_text="业主或住户在安防平台登记的 11 位手机号。",
    )

    def clean_phone(self) -> str:
        phone = normalise_phone(self.cleaned_data["phone"])
        if not phone:
            raise ValidationError("请输入 11 位手机号。")
        return phone


def in_words(outcome: Outcome, *, petitions: bool = False) -> str:
    """新增 2 名成员，更新 3 个字段，1 处冲突。 What concerns the petition flag is told to who may see it."""
    if outcome.outcome == "failed":
        return SENTENCES[outcome.cause or "database"]
    if outcome.outcome == "not_found":
        return "安防平台没有这个号码的资料，我方资料没有改动。"
    if outcome.outcome == "unchanged":
        return UNTOUCHED
    told_of_nobody_new = outcome.outcome != "created" and not petitions
    hidden = outcome.flags if told_of_nobody_new else {"values": 0, "conflicts": 0}
    counts = {
        "新增 {} 名成员": outcome.memberships["created"],
        "新增 {} 套房屋": outcome.houses["created"],
        "更新 {} 个字段": outcome.fields_updated - hidden["values"],
        "{} 处冲突": outcome.conflicts - hidden["conflicts"],
    }
    told = [text.format(count) for text, count in counts.items() if count]
    if not told and any(hidden.values()):
        return UNTOUCHED
    return f"{'，'.join(told) or '资料有小的更新'}。"


class SyncPage(StaffPage):
    """Asks the platform. Any phone may be asked; what is shown of the answer is within the scope."""

    permission = "sync.start_run"
    template_name = "sync/one.html"
    title = "安防同步"
    here = "sync"
    kind = SyncRun.Kind.PHONE

    def result(self, phone: str) -> dict[str, Any]:
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

    def shown(self, form: PhoneForm, results: list[dict[str, Any]], **more: Any) -> HttpResponse:
        return self.page(form=form, results=results, runs=latest_runs(self.office.user), **more)


def latest_runs(user: User) -> list[Any]:
    """The newest runs that this user sees, each with what came of its phones (`told`)."""
    runs: list[Any] = list(sync_runs(user).order_by("-pk")[:RUNS_SHOWN])
    counted = SyncItem.objects.filter(run__in=runs).values("run", "outcome").annotate(n=Count("pk"))
    told: dict[int, list[str]] = defaultdict(list)
    for row in counted.order_by("run", "outcome"):
        told[row["run"]].append(f"{SyncItem.Outcome(row['outcome']).label} {row['n']}")
    for run in runs:
        run.told = "，".join(told[run.pk])
    return runs


class SyncOne(SyncPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self.shown(PhoneForm(), [])

    def post(self, request: HttpRequest) -> HttpResponse:
        """The phone stands in no address, so the result is the answer to the POST itself."""
        form = PhoneForm(request.POST)
        if not form.is_valid():
            return self.shown(form, [])
        return self.shown(PhoneForm(), [self.result(form.cleaned_data["phone"])])


class SyncHouse(SyncPage):
    """The owners of one house, by the phones that stand in their records."""

    kind = SyncRun.Kind.HOUSE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        house: House = self.find(self.scope.houses, pk=pk)
        owners = house.memberships.open().filter(role=Role.SELF).select_related("resident").order_by("pk")
        phones = dict.fromkeys(row.resident.phone for row in owners if row.resident.phone)
        results = [self.result(phone) for phone in list(phones)[:MOST_OWNERS]]
        return self.shown(PhoneForm(), results, house=house, no_owner=not phones)


urls = [
    path("", SyncOne.as_view(), name="one"),
    path("house/<int:pk>/", SyncHouse.as_view(), name="house"),
]
