"""绑定房屋: by match and by application (by invitation: `invitation`). None of it tells who lives where."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path
from django.utils.functional import cached_property

from residents.completeness import missing
from residents.exceptions import Refusal
from residents.forms import line, reason_field
from residents.views.pages import FamilyForm

from .. import qr
from ..asked import SUBMITTED
from ..models import Community, House, Membership
from ..states import Status
from .act_page import ActPage
from .fill_form import role_field
from .pages import FamilyPage


def bound(request: HttpRequest, row: Membership) -> HttpResponseRedirect:
    """What came of it, and on to what is still owed."""
    where = f"{row.house.community} {row.house.address}"
    if row.status == Status.ACTIVATED:
        messages.success(request, f"已绑定 {where}，您已激活。")
        return redirect("my:home")
    owed = "、".join(missing(row.resident))
    messages.success(request, f"已绑定 {where}。还差：{owed}。补全后激活。")
    return redirect("my:fill", row.pk)


# -- by match ----------------------------------------------------------------------------


class Match(FamilyPage):
    """Looking is asked for by a POST, which is counted; what may be confirmed is there to be read."""

    template_name = "household/match.html"
    title = "查找我的房屋"
    here = "home"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(FamilyForm())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = FamilyForm(request.POST)
        if not form.carry_out(lambda _: self.family.match()):
            return self.show(form, form.status)
        messages.success(request, SUBMITTED)
        return redirect("my:match")

    def show(self, form: FamilyForm, status: int = 200) -> HttpResponse:
        return self.page(status, form=form, found=self.family.confirmable)


class Confirm(Match):
    """这是我家."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("my:match")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        key = kwargs["pk"]
        if key not in {row.pk for row in self.family.confirmable}:
            raise Http404(Refusal.NOT_FOUND.label)
        form = FamilyForm(request.POST)
        if not form.carry_out(lambda _: self.family.confirm(key)):
            return self.show(form, form.status)
        return bound(request, form.done)


# -- by application ----------------------------------------------------------------------


class ApplicationForm(FamilyForm):
    """As whom, and why."""

    free_text = ("text",)
    role = role_field(required=True, help_text="您是业主的什么人。")
    text = reason_field("申请说明", help_text="例如：租住在这里。请不要写证件号码和手机号。")


class AddressForm(ApplicationForm):
    """The same for a house whose address is typed, in parts."""

    community = forms.ModelChoiceField(
        label="小区",
        queryset=Community.objects.confirmed(),
        empty_label="请选择",
        error_messages={"required": "请选择小区。", "invalid_choice": "请从列表中选择。"},
    )
    building = line("楼号", help_text="例如 1号楼，填 1。")
    unit = line("单元", help_text="没有单元可不填。")
    floor = line("楼层", help_text="可不填。")
    room = line("房间", required=True, help_text="例如 101。")
    field_order = ("community", *House.PARTS, "role", "text")


class Apply(ActPage):
    template_name = "household/apply.html"
    title = "申请加入房屋"
    here = "home"
    form_class: type[FamilyForm] = AddressForm
    button = "提交申请"

    def act(self, values: dict[str, Any]) -> None:
        parts = {part: values[part] for part in House.PARTS}
        self.apply_for(self.family.house_at(values["community"], parts), values)

    def apply_for(self, house: House, values: dict[str, Any]) -> None:
        self.family.apply_for(house, values["role"], values["text"])

    def done(self, form: FamilyForm) -> str:
        return f"{SUBMITTED}答复会显示在“申请”里。"


class Door(Apply):
    """Where the code at a room's door leads: its address and the application, nothing else."""

    form_class = ApplicationForm

    @cached_property
    def house(self) -> House:
        rows = House.objects.confirmed().select_related("community")
        found: House = self.find(rows, pk=qr.room_behind(self.kwargs["key"]))
        return found

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.scope.houses.filter(pk=self.house.pk).exists():
            return redirect("my:home")
        return super().get(request, *args, **kwargs)

    def act(self, values: dict[str, Any]) -> None:
        self.apply_for(self.house, values)

    def show(self, form: FamilyForm, status: int = 200, **context: Any) -> HttpResponse:
        return super().show(form, status, house=self.house, **context)


urls = [
    path("match/", Match.as_view(), name="match"),
    path("confirm/<int:pk>/", Confirm.as_view(), name="confirm"),
    path("apply/", Apply.as_view(), name="apply"),
    path("house/<str:key>/", Door.as_view(), name="house"),
]
