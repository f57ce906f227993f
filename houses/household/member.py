"""成员: one member of a house as this account sees them; the nickname; the move out."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.functional import cached_property

from residents.forms import line, reason_field
from residents.models import Photo
from residents.views.pages import FamilyForm

from ..asked import open_one
from ..family import NICKNAME_LENGTH
from ..models import Membership, Request
from ..sight import Member, facts, looked_at, reader_of
from ..states import Status
from .act_page import ActPage
from .pages import FamilyPage


class MemberPage(FamilyPage):
    template_name = "household/member.html"
    here = "home"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.find(looked_at(self.scope, self.scope.shown), pk=pk)
        member = Member.of(self.family, row)
        return self.page(
            title=member.name,
            member=member,
            row=row,
            facts=facts(row.resident, reader_of(self.scope, row.resident), row) if member.full else [],
            photo=Photo.of(row.resident_id) if member.full else None,
            is_bound=row.bound_at is not None,
            leaving=open_one(self.family, Request.Kind.END, row.house_id),
        )


class NicknameForm(FamilyForm):
    nickname = line("家庭昵称", help_text=f"最多 {NICKNAME_LENGTH} 个字，例如“孩儿他爸”。清空则显示姓名。")


class Nickname(ActPage):
    template_name = "household/nickname.html"
    title = "家庭昵称"
    here = "home"
    form_class = NicknameForm
    button = "保存"

    @cached_property
    def row(self) -> Membership:
        rows = self.scope.own.select_related("resident", "house__community")
        found: Membership = self.find(rows, pk=self.kwargs["pk"])
        return found

    @property
    def home(self) -> str:
        return reverse("my:member", args=[self.row.pk])

    def form(self, data: Any = None) -> FamilyForm:
        return NicknameForm(data, initial={"nickname": self.row.nickname})

    def act(self, values: dict[str, Any]) -> None:
        self.family.set_nickname(self.row.pk, values["nickname"])

    def done(self, form: FamilyForm) -> str:
        nickname = form.cleaned_data["nickname"]
        return f"家庭昵称已改为“{nickname}”。" if nickname else "已取消家庭昵称，家人看到的是您的姓名。"

    def show(self, form: FamilyForm, status: int = 200, **context: Any) -> HttpResponse:
        activated = self.row.status == Status.ACTIVATED
        return super().show(form, status, row=self.row, activated=activated, **context)


class LeaveForm(FamilyForm):
    free_text = ("text",)
    text = reason_field("迁出原因", help_text="例如：已搬到别处居住。请不要写证件号码和手机号。")


class Leave(ActPage):
    """申请迁出: for oneself, or for somebody whom one manages."""

    template_name = "household/leave.html"
    title = "申请迁出"
    here = "home"
    form_class = LeaveForm
    button = "申请迁出"
    danger = True

    @cached_property
    def row(self) -> Any:
        return self.find(looked_at(self.scope, self.scope.shown), pk=self.kwargs["pk"])

    @property
    def member(self) -> Member:
        return Member.of(self.family, self.row)

    @property
    def home(self) -> str:
        return reverse("my:member", args=[self.row.pk])

    def act(self, values: dict[str, Any]) -> None:
        self.family.ask_end(self.row.pk, values["text"])

    def done(self, form: FamilyForm) -> str:
        return "已申请迁出，等待物业答复。答复会显示在“申请”里。"

    def show(self, form: FamilyForm, status: int = 200, **context: Any) -> HttpResponse:
        waiting = open_one(self.family, Request.Kind.END, self.row.house_id)
        return super().show(form, status, member=self.member, row=self.row, waiting=waiting, **context)


urls = [
    path("members/<int:pk>/", MemberPage.as_view(), name="member"),
    path("members/<int:pk>/nickname/", Nickname.as_view(), name="nickname"),
    path("members/<int:pk>/leave/", Leave.as_view(), name="leave"),
]
