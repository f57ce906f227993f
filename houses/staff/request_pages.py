"""申请: who asks for what, what a yes brings about, and the answer with its reason."""

from dataclasses import dataclass

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from residents.exceptions import Refused
from residents.id_numbers import matching_form
from residents.masking import mask_id_number, mask_phone
from residents.models import Resident, User
from residents.names import same_name
from residents.wording import NOTHING

from ..choices import Role
from ..models import Membership, Request
from ..office import ANSWER, REVIEW
from ..visibility import Scope
from .listing import chosen_community, page_of, pages
from .pages import StaffPage, told
from .reasons import reason_in
from .walking import Claim, acts_in

Kind = Request.Kind

# One tap each; the rest is written.
YES = {
    Kind.BIND: ["已核对证件", "已与业主电话确认"],
    Kind.END: ["已与本人确认", "已到现场核实"],
    Kind.ERASE: ["已核对本人身份"],
    Kind.DISPUTE: ["已核实，按本人所述更正"],
}
NO = {
    Kind.BIND: ["不是这套房屋的住户", "信息与证件不符"],
    Kind.END: ["仍在此居住", "未能联系到本人"],
    Kind.ERASE: ["仍在此居住，依法需登记", "未能核实本人身份"],
    Kind.DISPUTE: ["已核实，登记无误", "未能核实，请带证件到物业"],
}


def _loaded(rows: QuerySet[Request]) -> QuerySet[Request]:
    return rows.select_related(
        "account__resident", "community", "house__community", "membership__resident", "resident",
        "claimed_by", "answered_by",
    )  # fmt: skip


class Requests(StaffPage):
    template_name = "staff/requests.html"
    title = "申请"
    here = "requests"

    def get(self, request: HttpRequest) -> HttpResponse:
        community, scope = chosen_community(self.scope, request.GET.get("community", ""))
        answered, kind = request.GET.get("tab") == "answered", request.GET.get("kind", "")
        rows = _loaded(_listed(scope.requests, answered, kind))
        number, found, more = page_of(rows, request.GET.get("page", ""))
        claimable = self.office.scope(REVIEW).requests.filter(pk__in=[row.pk for row in found])
        mine = set(claimable.values_list("pk", flat=True))
        return self.page(
            rows=[(row, asker(row), self._claim(row, row.pk in mine)) for row in found],
            answered=answered,
            kind=kind,
            kinds=Kind.choices,
            community=community,
            pages=pages(request, number, more),
        )

    def _claim(self, row: Request, may: bool) -> Claim:
        return Claim.of("requests", row, self.office.user, may=may)


def _listed(rows: QuerySet[Request], answered: bool, kind: str) -> QuerySet[Request]:
    rows = rows.filter(kind=kind) if kind in Kind.values else rows
    if answered:
        return rows.exclude(status=Request.Status.OPEN).order_by("-answered_at", "pk")
    return rows.filter(status=Request.Status.OPEN).order_by("asked_at", "pk")


def asker(request: Request) -> str:
    account = request.account
    return account.resident.name if account.resident else account.stated_name or "（姓名未填）"


class RequestPage(StaffPage):
    template_name = "staff/request.html"
    title = "申请"
    here = "requests"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._page(self._request(pk))

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Answer it. What is wrong is told at the answer that was tried."""
        asked, accept = self._request(pk), request.POST.get("act") == "accept"
        then = self._next(asked)
        reason, error = reason_in(request)
        try:
            if error:
                return self._page(asked, accept=accept, error=error)
            self.office.answer(pk, accept=accept, reason=reason)
        except Refused as refused:
            return self._page(self._request(pk), accept=accept, error=told(refused))
        told_as = "已同意" if accept else "已答复不同意"
        messages.success(request, f"{told_as}：{asker(asked)}，{asked.get_kind_display()}。")
        return redirect("staff:request", then) if then else redirect("staff:requests")

    def _request(self, pk: int) -> Request:
        found: Request = self.find(_loaded(self.scope.requests), pk=pk)
        return found

    def _next(self, asked: Request) -> int | None:
        """The open request behind this one, else the first of the others."""
        keys = list(_listed(self.scope.requests, False, "").values_list("pk", flat=True)[:200])
        place = keys.index(asked.pk) if asked.pk in keys else -1
        return next((key for key in [*keys[place + 1 :], *keys] if key != asked.pk), None)

    def _page(self, asked: Request, *, accept: bool | None = None, error: str = "") -> HttpResponse:
        acts = acts_in(self.office.user, asked.community_id)
        is_open = asked.status == Request.Status.OPEN
        claim = Claim.of("requests", asked, self.office.user, may="review_submission" in acts)
        person = concerned(asked, self.scope)
        may = is_open and not claim.theirs and self.office.scope(ANSWER).requests.filter(pk=asked.pk).exists()
        return self.page(
            status=422 if error else 200,
            asked=asked,
            asker=asker(asked),
            person=person,
            facts=stated(asked.account, person),
            brings=brings_about(asked),
            claim=claim,
            may_answer=may,
            yes=YES[Kind(asked.kind)],
            no=NO[Kind(asked.kind)],
            wrong=accept,
            error=error,
            next=self._next(asked),
        )


# -- who asks, and what for ---------------------------------------------------------------


@dataclass
class Fact:
    """What the account says of itself beside what the record has."""

    label: str
    stated: str
    recorded: str
    agrees: bool | None


def concerned(asked: Request, scope: Scope) -> Resident | None:
    """The record that the asker claims to be, where the reader may see it."""
    person = asked.account.resident
    if asked.kind in (Kind.BIND, Kind.DISPUTE):
        member = asked.membership or _same_number_at_home(asked)
        person = asked.resident or (member.resident if member else person)
    seen = person is not None and scope.residents.filter(pk=person.pk).exists()
    return person if seen else None


def _same_number_at_home(asked: Request) -> Membership | None:
    """Somebody of the house who has the number that the account states."""
    number = asked.account.stated_id_number
    if not (asked.house and number):
        return None
    rows = asked.house.memberships.open().select_related("resident")
    return rows.filter(resident__id_number=number).first()


def stated(account: User, person: Resident | None) -> list[Fact]:
    name, number, phone = (person.name, person.id_number, person.phone) if person else ("", "", "")
    said = account.stated_id_number
    return [
        _fact("姓名", account.stated_name, name, same_name(account.stated_name, name)),
        _fact(
            "证件号码",
            mask_id_number(said),
            mask_id_number(number),
            matching_form(said) == matching_form(number),
        ),
        _fact("手机号", mask_phone(account.phone or ""), mask_phone(phone), (account.phone or "") == phone),
    ]


def _fact(label: str, said: str, recorded: str, agrees: bool) -> Fact:
    """Nothing agrees with what is not there."""
    return Fact(label, said or NOTHING, recorded or NOTHING, agrees if said and recorded else None)


def brings_about(asked: Request) -> str:
    """What a yes does, in a sentence."""
    name, place = asker(asked), asked.house.address if asked.house else ""
    if asked.kind == Kind.END:
        who = asked.membership.resident.name if asked.membership else name
        return f"同意后，{who}从 {place} 迁出；未办完的提交、申请和邀请一并作废，资料和经过保留。"
    if asked.kind == Kind.ERASE:
        return f"同意后，{name}的全部资料、成员记录、经过和帐号都会删除，不能恢复；以后同步也不再登记此人。"
    if asked.kind == Kind.DISPUTE:
        return "答复只告诉对方核实结果，不改资料。需要更正、解除帐号或合并资料的，请先到居民页办理，再答复。"
    return _brings_in(asked, name, place)


def _brings_in(asked: Request, name: str, place: str) -> str:
    if asked.membership:
        member = asked.membership.resident.name
        return f"同意后，{name}的帐号绑定 {place} 的成员{member}；资料齐全即激活，不齐的补全后激活。"
    role = f"以“{Role(asked.role).label}”" if asked.role is not None else ""
    return f"同意后，{name}{role}加入 {place} 并绑定帐号；资料齐全即激活，不齐的补全后激活。"
