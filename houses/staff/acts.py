"""Activating, ending, inviting and the other acts upon the members of a house, each a form."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from django.utils.functional import cached_property

from residents.forms import ActForm

from .. import qr
from ..choices import Role
from ..models import Membership
from ..models.invitation import VALID_FOR
from ..office import ACTIVATE, COMPLETE, END, INVITE, TRANSFER
from ..states import EndReason, Status
from . import people_acts, record_acts
from .act_page import HouseAct, MemberAct
from .forms import ACTIVATION_REASONS, EndForm, LeaseForm, TransferForm
from .record_acts import found_told, stands


class Activate(MemberAct):
    """At the counter, with a written reason."""

    permission = ACTIVATE
    template_name = "staff/act_activate.html"
    title = "激活"
    button = "激活"
    sentence = "激活表示此人的身份和住处已由物业当面或电话核实。依据会留在历史里。"

    def act(self, values: dict[str, Any]) -> object:
        return self.office.activate(self.pk, values["reason"])

    def done(self, form: ActForm) -> str:
        return f"{self.name} 已激活（{form.cleaned_data['reason']}）。"

    def show(self, form: ActForm, status: int = 200, **context: Any) -> HttpResponse:
        ready = self.row.status == Status.COMPLETED
        return super().show(form, status, taps=ACTIVATION_REASONS, ready=ready, **context)


class End(MemberAct):
    """迁出."""

    permission = END
    form_class = EndForm
    template_name = "staff/act_end.html"
    title = "迁出"
    button = "确认迁出"
    danger = True
    sentence = "迁出后此人不再列入这套房屋；相关的待审核提交、申请和邀请随之作废。资料和历史保留。"

    def act(self, values: dict[str, Any]) -> None:
        self.office.end(self.pk, values["reason"], values["why"])

    def done(self, form: ActForm) -> str:
        reason = EndReason(form.cleaned_data["reason"])
        everywhere = "，此人的全部房屋登记已结束，帐号已锁定" if reason == EndReason.DECEASED else ""
        return f"{self.name} 已从 {self.row.house.address} 迁出（{reason.label}）{everywhere}。"

    def show(self, form: ActForm, status: int = 200, **context: Any) -> HttpResponse:
        others = self.scope.memberships.open().filter(resident=self.row.resident_id).exclude(pk=self.pk)
        homes = [str(row.house) for row in others.select_related("house").order_by("pk")[:10]]
        return super().show(form, status, homes=homes, **context)


class Reopen(MemberAct):
    permission = END
    title = "恢复"
    button = "恢复为在住"
    sentence = "此人重新列入这套房屋，状态按资料是否齐全重新计算；本人绑定和激活不恢复，需要重新办理。"

    def act(self, values: dict[str, Any]) -> None:
        self.office.reopen(self.pk, values["reason"])

    def done(self, form: ActForm) -> str:
        del self.row
        return f"{self.name} 已恢复为 {self.row.house.address} 的成员；{stands(self.row)}"


class Lease(MemberAct):
    permission = COMPLETE
    form_class = LeaseForm
    title = "租期"
    button = "保存租期"
    sentence = "登记租约到期的日子。到期不会自动迁出，需要人来办理。"

    def form(self, data: Any = None) -> ActForm:
        return LeaseForm(data, initial={"until": self.row.lease_until})

    def act(self, values: dict[str, Any]) -> None:
        self.office.set_lease(self.pk, values["until"])

    def done(self, form: ActForm) -> str:
        until = form.cleaned_data["until"]
        return f"{self.name} 的租期已登记到 {until}。" if until else f"{self.name} 的租期已清空。"


class Invite(MemberAct):
    """A link for one member, told once: nothing is kept that could tell it again."""

    permission = INVITE
    form_class = ActForm
    template_name = "staff/act_invite.html"
    title = "邀请"
    button = "生成邀请"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.POST.get("act") == "revoke":
            self.attempt(lambda: self.office.revoke_invitation(self.pk), f"{self.name} 的邀请已撤回。")
            return self.leave()
        form = ActForm(request.POST)
        if not form.carry_out(lambda _: self.office.invite(self.pk)):
            return self.show(form, form.status)
        invitation, token = form.done
        return self.show(form, link=self._link(token), until=invitation.expires_at)

    def _link(self, token: str) -> str:
        return self.request.build_absolute_uri(reverse("my:invitation", args=[token]))

    def show(self, form: ActForm, status: int = 200, **context: Any) -> HttpResponse:
        link = context.get("link", "")
        live = None if link else self.row.invitations.live().select_related("invited_by").first()
        hours = int(VALID_FOR.total_seconds() // 3600)
        drawn = qr.drawn(link, "邀请二维码") if link else ""
        answer = super().show(form, status, live=live, hours=hours, code=drawn, **context)
        answer["Cache-Control"] = "no-store"
        return answer


# -- 过户 ----------------------------------------------------------------------------------


class Transfer(HouseAct):
    """Who leaves with the sale, and who owns the house next; asked, shown again, then done."""

    permission = TRANSFER
    template_name = "staff/act_transfer.html"
    title = "过户"
    button = "下一步"

    @cached_property
    def rows(self) -> list[Membership]:
        return list(self.house.memberships.open().select_related("resident").order_by("pk"))

    def form(self, data: Any = None) -> TransferForm:
        return TransferForm(data, rows=self.rows)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = self.form(request.POST)
        if request.POST.get("act") != "confirm":
            return self.show(form, sure=form.is_valid() and request.POST.get("act") != "change")
        if not form.carry_out(lambda values: self._transfer(form)):
            return self.show(form, form.status)
        messages.success(request, self.done(form))
        return self.leave()

    def _transfer(self, form: TransferForm) -> object:
        chosen = [int(key) for key in form.cleaned_data["leaving"]]
        return self.office.transfer(self.house.pk, chosen, owner=form.owner or None)

    def done(self, form: ActForm) -> str:
        ended = f"已过户：{len(form.done)} 人迁出（{EndReason.SOLD.label}）"
        if not form.cleaned_data.get("name"):
            return f"{ended}。新业主还没有登记，请尽快添加。"
        entered = self.house.memberships.open().filter(role=Role.SELF).order_by("-pk").first()
        if entered is None:
            return f"{ended}；新业主的资料已提交，等待审核。"
        return f"{ended}；新业主 {form.cleaned_data['name']} 已登记。{found_told(self.scope, entered)}"

    def show(self, form: ActForm, status: int = 200, **context: Any) -> HttpResponse:
        sure = context.get("sure", False)
        leaving = set(form.cleaned_data["leaving"]) if sure else set()
        return super().show(
            form,
            status,
            rows=self.rows,
            leaving=[row for row in self.rows if str(row.pk) in leaving],
            staying=[row for row in self.rows if str(row.pk) not in leaving],
            **context,
        )


urls = [
    *record_acts.urls,
    path("members/<int:pk>/activate/", Activate.as_view(), name="activate"),
    path("members/<int:pk>/end/", End.as_view(), name="end"),
    path("members/<int:pk>/reopen/", Reopen.as_view(), name="reopen"),
    path("members/<int:pk>/lease/", Lease.as_view(), name="lease"),
    path("members/<int:pk>/invite/", Invite.as_view(), name="invite"),
    path("houses/<int:pk>/transfer/", Transfer.as_view(), name="transfer"),
    *people_acts.urls,
]
