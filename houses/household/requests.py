"""申请: what this account may answer, and what it asked for itself."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path

from residents.forms import reason_field
from residents.masking import mask_name
from residents.views.pages import FamilyForm

from ..choices import Role
from ..family import Family
from ..models import Request
from ..wording import called_at_home, name_at_home
from .pages import FamilyPage

Kind = Request.Kind

WORDS = {
    Kind.BIND: "申请加入房屋",
    Kind.END: "申请迁出",
    Kind.ERASE: "申请删除资料",
    Kind.DISPUTE: "请物业核实",
}


# -- to answer -----------------------------------------------------------------------------


class RefuseForm(FamilyForm):
    free_text = ("reason",)
    reason = reason_field("不同意的原因")


def refuse_form(key: int, data: Any = None) -> RefuseForm:
    """One for each request of the page."""
    return RefuseForm(data, auto_id=f"id_{key}_%s")


@dataclass
class ToAnswer:
    """A request that waits for this account, with the form of its no."""

    request: Request
    refuse: FamilyForm

    @property
    def who(self) -> str:
        return mask_name(self.request.account.stated_name) or "（姓名未填）"

    @property
    def wish(self) -> str:
        """What it is about, in a sentence."""
        if (member := self.request.membership) is not None:
            return f"说自己是{called_at_home(member)}，申请绑定本人帐号。"
        role = f"以“{Role(self.request.role).label}”的身份" if self.request.role is not None else ""
        return f"申请{role}加入您的房屋。"

    @property
    def brings(self) -> str:
        """What a yes does, in a sentence."""
        if (member := self.request.membership) is not None:
            name = name_at_home(member)
            return f"同意后，此人的帐号与{name}绑定；资料齐全后由{name}本人管理，您不能再查看和修改。"
        if self.request.role == Role.TENANT:
            return f"同意后，{self.who} 成为这套房屋的租客，看不到您和家人的资料；租客的资料您也看不到。"
        return f"同意后，{self.who} 加入您家，能看到家人的称呼、关系和状态；此人的资料由本人填写。"


def to_answer(family: Family, tried: FamilyForm | None = None, key: int | None = None) -> list[ToAnswer]:
    """`tried` is the no to the request `key` that was not complete."""
    rows = family.requests.select_related("account", "house__community", "membership__resident")
    return [
        ToAnswer(row, tried if tried and row.pk == key else refuse_form(row.pk))
        for row in rows.order_by("asked_at", "pk")
    ]


# -- asked ---------------------------------------------------------------------------------


@dataclass
class Asked:
    """Something that this account asked for. `member` is named only while the account sees them."""

    request: Request
    member: str = ""
    told_text: bool = True

    @property
    def word(self) -> str:
        return WORDS[Kind(self.request.kind)]

    @property
    def about(self) -> str:
        house = f"{self.request.house.community} {self.request.house.address}" if self.request.house else ""
        return " ".join(part for part in (house, self.member) if part)

    @property
    def text(self) -> str:
        return self.request.text if self.told_text else ""

    @property
    def answered(self) -> str:
        """业主答复, 物业答复; "" where it was closed by what happened."""
        by = self.request.answered_by
        return "" if by is None else "物业答复" if by.is_staff else "业主答复"


def asked(family: Family) -> list[Asked]:
    """The newest first."""
    rows = family.asked.select_related("house__community", "answered_by").order_by("-asked_at", "-pk")
    concerned = [row.membership_id for row in rows if row.membership_id]
    seen = family.scope.shown.filter(pk__in=concerned).select_related("resident") if concerned else []
    names = {row.pk: called_at_home(row) for row in seen}
    return [Asked(row, names.get(row.membership_id, ""), row.tells_its_text_to(family.user)) for row in rows]


# -- pages ---------------------------------------------------------------------------------


class Requests(FamilyPage):
    template_name = "household/requests.html"
    title = "申请"
    here = "requests"

    def get(self, request: HttpRequest, *args: Any) -> HttpResponse:
        return self.show()

    def show(self, status: int = 200, **tried: Any) -> HttpResponse:
        return self.page(status, waiting=to_answer(self.family, **tried), asked=asked(self.family))


class Answer(Requests):
    """One tap for yes; a no has its reason."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("my:requests")

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        self.find(self.scope.requests, pk=pk)
        if request.POST.get("act") == "accept":
            self.attempt(lambda: self.family.answer(pk, accept=True), "已同意，对方的帐号已绑定。")
            return redirect("my:requests")
        form = refuse_form(pk, request.POST)
        if not form.is_valid():
            return self.show(422, tried=form, key=pk)
        reason = form.cleaned_data["reason"]
        self.attempt(lambda: self.family.answer(pk, accept=False, reason=reason), "已答复不同意。")
        return redirect("my:requests")


urls = [
    path("requests/", Requests.as_view(), name="requests"),
    path("requests/<int:pk>/answer/", Answer.as_view(), name="answer"),
]
