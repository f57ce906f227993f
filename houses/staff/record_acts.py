"""补全 and 添加: a member's record through `RecordForm`, and what changed by it, in words."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from residents.completeness import missing
from residents.models import Resident
from residents.upstream import blank

from ..choices import HouseholdType, Role
from ..drafts import standing
from ..models import Membership, Submission
from ..office import ADD, COMPLETE
from ..visibility import Scope
from ..wording import label_of
from .act_page import HouseAct, MemberAct
from .forms import called
from .record_form import NAMES, RecordForm, fill
from .walking import Claim

# What a housekeeper meets most: (key, word, first choices, what to mind).
NEWCOMERS: list[tuple[str, str, dict[str, Any], str]] = [
    (
        "newborn",
        "新生儿",
        {"id_type": "none"},
        "还没有证件号时，证件类型选“尚无”；联系人选监护人。",
    ),
    (
        "tenant",
        "租客",
        {"role": Role.TENANT, "household_type": HouseholdType.TENANT},
        "租客的家人也选“租客”。租期在添加后登记。",
    ),
    (
        "nanny",
        "保姆、护工",
        {"role": Role.TENANT, "household_type": HouseholdType.OTHER},
        "不是业主亲属的同住人都按“租客”登记，住户类型选“其他”。",
    ),
    ("owner", "业主", {"role": Role.SELF, "household_type": HouseholdType.OWNER}, "请先核对产权证明。"),
]


class Complete(MemberAct):
    """补全: fill in or correct a member's record."""

    permission = COMPLETE
    template_name = "staff/act_record.html"
    title = "补全资料"
    button = "保存"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._show(self._form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = fill(self._fresh, request.POST, self.office)
        if form.done is None:
            return self._show(form, form.status)
        messages.success(request, completed_told(self.scope, form, self._fresh()))
        return self.leave()

    def _fresh(self) -> Membership:
        """As it stands now: somebody else may have written meanwhile."""
        vars(self).pop("row", None)
        return self.row

    def _form(self, data: Any = None) -> RecordForm:
        return RecordForm(data, user=self.office.user, house=self.row.house, row=self.row)

    def _show(self, form: RecordForm, status: int = 200) -> HttpResponse:
        concerned = Q(membership=self.row) | Q(resident=self.row.resident_id)
        found = list(self.scope.findings.open().filter(concerned).order_by("code", "pk"))
        form.remark_findings(found)
        claim = Claim.of("memberships", self.row, self.office.user, may=self.row.is_open)
        own = self.row.submissions.waiting().filter(account=self.office.user)
        return self.show(form, status, claim=claim, found=found, own_waits=own.exists())


def completed_told(scope: Scope, form: RecordForm, row: Membership) -> str | SafeString:
    """付文生：补全 2 项：民族、户籍地址；现在：已补完。"""
    if form.done.status == Submission.Status.WAITING:
        return waits(form.done)
    changed = changes_told(form.now, values_of(row), form.done.values)
    found = found_told(scope, row) if form.cleaned_data["reason"] else ""
    return f"{row.resident.shown_name}：{changed}；{stands(row)}{found}"


def values_of(row: Membership) -> dict[str, Any]:
    return {name: standing(row.resident, row, name) for name in NAMES}


def changes_told(before: dict[str, Any], after: dict[str, Any], typed: Any) -> str:
    """补全 2 项：民族、户籍地址；修改 1 项：手机号；由证件号带出：性别."""
    changed = [name for name in NAMES if before[name] != after[name]]
    groups = {
        "补全": [name for name in changed if name in typed and blank(before[name])],
        "修改": [n for n in changed if n in typed and not blank(before[n]) and not blank(after[n])],
        "清空": [name for name in changed if name in typed and blank(after[name])],
        "由证件号带出": [name for name in changed if name not in typed and not blank(after[name])],
    }
    told = {word: "、".join(map(label_of, names)) for word, names in groups.items() if names}
    return "；".join(f"{word} {len(groups[word])} 项：{said}" for word, said in told.items()) or "没有改动"


def stands(row: Membership) -> str:
    """现在：已补完。"""
    lacking = missing(row.resident)
    return f"现在：{row.get_status_display()}" + (f"，还差：{'、'.join(lacking)}。" if lacking else "。")


def found_told(scope: Scope, row: Membership) -> str:
    concerned = Q(membership=row) | Q(resident=row.resident_id)
    found = scope.findings.open().errors().filter(concerned).count()
    return f"按您的依据保存，待核实 {found} 项。" if found else ""


def waits(entry: Submission) -> SafeString:
    """Said where an entry was not taken at once, with the way to it."""
    pk = entry.membership_id
    link = reverse("staff:member", args=[pk]) if pk else reverse("staff:entry", args=[entry.pk])
    return format_html('已提交，等待审核后才进入档案。<a href="{}">查看这份提交</a>', link)


class AddMember(HouseAct):
    """Somebody new in a house."""

    permission = ADD
    template_name = "staff/act_record.html"
    title = "添加成员"
    button = "添加"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._show(self._form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = self._form(request.POST)
        if not form.add(self.office):
            return self._show(form, form.status)
        messages.success(request, self._told(form))
        return self.leave()

    def _kind(self) -> tuple[str, str, dict[str, Any], str]:
        asked = self.request.GET.get("for", "")
        return next((one for one in NEWCOMERS if one[0] == asked), ("", "", {}, ""))

    def _form(self, data: Any = None) -> RecordForm:
        first = {name: str(value) for name, value in self._kind()[2].items()}
        return RecordForm(data, user=self.office.user, house=self.house, initial=first)

    def _show(self, form: RecordForm, status: int = 200) -> HttpResponse:
        kind = self._kind()
        known = self._known(form) if form.insists else []
        return self.show(
            form,
            status,
            newcomers=NEWCOMERS,
            kind=kind[0],
            sentence=kind[3],
            known=known,
            members=self.house.memberships.open().select_related("resident__contact").order_by("pk"),
        )

    def _known(self, form: RecordForm) -> list[tuple[Resident, list[Membership]]]:
        """Who of the own scope holds the typed number already, and where they live."""
        number = form.cleaned_data.get("id_number", "") or form.data.get("id_number", "")
        people = self.scope.residents.filter(id_number=number)[:5] if number else []
        rows = self.scope.memberships.open().select_related("house__community")
        return [(one, list(rows.filter(resident=one)[:5])) for one in people]

    def _told(self, form: RecordForm) -> str | SafeString:
        entry: Submission = form.done
        if entry.status == Submission.Status.WAITING:
            return waits(entry)
        row = self.scope.memberships.select_related("resident__contact").get(submissions=entry)
        found = found_told(self.scope, row) if form.cleaned_data["reason"] else ""
        stood = row.resident.created_at < entry.created_at
        known = "此人已在册，归到原有资料，只补空白的项目；" if stood else ""
        return f"已添加 {called(row)}；{known}{stands(row)}{found}"


urls = [
    path("members/<int:pk>/complete/", Complete.as_view(), name="complete"),
    path("houses/<int:pk>/add/", AddMember.as_view(), name="add_member"),
]
