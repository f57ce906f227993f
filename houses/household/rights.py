"""我的资料: what is stored of me, to have it corrected or erased; taking back a consent."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse

from residents.exceptions import Refusal
from residents.forms import reason_field
from residents.masking import mask_id_number, mask_phone
from residents.models import Photo, Resident, User
from residents.views.pages import AccountPage, FamilyForm

from ..asked import open_one
from ..family import Family
from ..models import Membership, Request
from ..sight import Fact, facts, reader_of
from ..visibility import HouseholdScope
from ..wording import name_at_home, role_of
from .act_page import ActPage
from .pages import FamilyPage


@dataclass
class Place:
    """An own membership, with who may fill for me there."""

    row: Membership
    manager: str = ""

    @property
    def role(self) -> str:
        return role_of(self.row)


def places(scope: HouseholdScope, person: Resident) -> list[Place]:
    """Where one lives, and lived. The manager's name only where this account sees the manager."""
    rows = person.memberships.select_related("house__community").order_by("ended_at", "pk")
    seen = scope.shown.exclude(resident=person).select_related("resident")
    names = {(one.house_id, one.resident_id): name_at_home(one) for one in seen}
    return [Place(row, _manager(row, person, names)) for row in rows]


def _manager(row: Membership, person: Resident, names: dict[Any, str]) -> str:
    """Nobody once one manages oneself."""
    if row.managed_by_id is None or person.self_managed_since or not row.is_open:
        return ""
    return names.get((row.house_id, row.managed_by_id), "同住的家人")


class Record(FamilyPage):
    """What is stored of me. The numbers in full only in the answer to a POST, which no link leads to.

    The rights stay with whoever took back the notice.
    """

    needs_notice = False
    template_name = "household/record.html"
    title = "我的资料"
    here = "me"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(full=False)

    def post(self, request: HttpRequest) -> HttpResponse:
        return self._show(full=True)

    def _show(self, *, full: bool) -> HttpResponse:
        person = self.user.resident
        return self.page(
            full=full,
            account=account_facts(self.user, full),
            person=person,
            facts=facts(person, reader_of(self.scope, person, full=full)) if person else [],
            photo=Photo.of(person) if person else None,
            places=places(self.scope, person) if person else [],
            own=self.scope.own.order_by("pk").first(),
        )


def account_facts(user: User, full: bool) -> list[Fact]:
    number, phone = user.stated_id_number, user.phone or ""
    return [
        Fact("登录手机号", phone if full else mask_phone(phone)),
        Fact("自报姓名", user.stated_name),
        Fact("自报证件号码", number if full else mask_id_number(number)),
    ]


class AskTheOffice(ActPage):
    """A right that the office answers. While it waits, that is told instead of the form."""

    needs_notice = False
    here = "me"
    kind = ""

    @property
    def home(self) -> str:
        return reverse("my:record")

    def show(self, form: FamilyForm, status: int = 200, **context: Any) -> HttpResponse:
        waiting = open_one(self.family, self.kind)
        linked = self.user.resident_id is not None
        return super().show(form, status, waiting=waiting, linked=linked, **context)


class DisputeForm(FamilyForm):
    free_text = ("text",)
    text = reason_field(
        "哪里不对，应该是什么",
        help_text="例如：民族登记错了，应为满族。请不要写证件号码和手机号。",
    )


class Dispute(AskTheOffice):
    template_name = "household/dispute.html"
    title = "申请更正"
    kind = Request.Kind.DISPUTE
    form_class = DisputeForm
    button = "提交给物业核实"

    def act(self, values: dict[str, Any]) -> None:
        self.family.dispute(values["text"])

    def done(self, form: FamilyForm) -> str:
        return "已提交，等待物业核实。答复会显示在“申请”里。"

    def show(self, form: FamilyForm, status: int = 200, **context: Any) -> HttpResponse:
        return super().show(form, status, own=self.scope.own.order_by("pk").first(), **context)


class EraseForm(FamilyForm):
    free_text = ("text",)
    text = reason_field("原因（可不填）", required=False)
    sure = forms.BooleanField(
        label="我已读完上面的说明，确定申请删除我的资料。",
        error_messages={"required": "请先勾选，确认要申请删除。"},
    )


class Erase(AskTheOffice):
    template_name = "household/erase.html"
    title = "申请删除资料"
    kind = Request.Kind.ERASE
    form_class = EraseForm
    button = "申请删除"
    danger = True

    def act(self, values: dict[str, Any]) -> None:
        self.family.ask_erasure(values["text"])

    def done(self, form: FamilyForm) -> str:
        return "已申请删除资料，等待物业答复。答复之前一切照旧。"


class Withdraw(AccountPage):
    """Of the consents on the account's page; what was typed under one goes with it."""

    needs_notice = False
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.user.consents.filter(pk=pk).first()
        if row is None:
            raise Http404(Refusal.NOT_FOUND.label)
        Family(self.user).withdraw_consent(row.kind, child=row.child)
        messages.success(request, "已撤回。")
        return redirect("account:consents")


urls = [
    path("me/record/", Record.as_view(), name="record"),
    path("me/dispute/", Dispute.as_view(), name="dispute"),
    path("me/erase/", Erase.as_view(), name="erase"),
    path("me/consents/<int:pk>/withdraw/", Withdraw.as_view(), name="withdraw"),
]
