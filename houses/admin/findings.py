"""待核实: read, and settled with a reason."""

from contextlib import suppress
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html_join
from unfold.decorators import action

from residents.admin import NumberSearch
from residents.exceptions import Refused
from residents.masking import scrub

from ..badges import finding_badge
from ..forms import ReasonForm
from ..models import Finding
from ..office import Office
from ..states import FindingCode
from ..templatetags.register import field_of, suggestion
from ..visibility import for_staff, with_records
from .base import CommunityFilter, Scoped, house_link, link, resident_link

_ACTS = {"resolve": "已解决", "waive": "确认无误"}


class WeightFilter(admin.SimpleListFilter):
    title, parameter_name = "轻重", "weight"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("error", "错误"), ("notice", "提示")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Finding]) -> QuerySet[Finding]:
        if self.value() == "error":
            return queryset.filter(code__in=FindingCode.errors())
        return queryset.exclude(code__in=FindingCode.errors()) if self.value() == "notice" else queryset


class FindingCommunityFilter(CommunityFilter):
    """By the places that the user sees: a person of two communities is found by the own one only."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Finding]) -> QuerySet[Finding]:
        value = self.value() or ""
        if not value.isdecimal():
            return queryset.none() if value else queryset
        place = int(value)
        people = for_staff(request.user).memberships.filter(house__community=place).values("resident")
        return queryset.filter(
            Q(community=place)
            | Q(house__community=place)
            | Q(membership__house__community=place)
            | Q(resident__in=people)
        )


@admin.register(Finding)
class FindingAdmin(NumberSearch, Scoped):
    list_display = ("kind", "weight", "person", "place", "said", "suggested", "state", "opened_at")
    list_filter = (FindingCommunityFilter, "status", WeightFilter, "code")
    search_fields = ("resident__name", "membership__resident__name", "house__room", "membership__house__room")
    people = ("resident__", "membership__resident__")
    order = ("-status", "-opened_at", "pk")
    fields = readonly_fields = (
        "kind", "weight", "person", "place", "about", "said", "suggested", "state",
        "opened_at", "settled_at", "settler", "reason",
    )  # fmt: skip
    actions = ("resolve", "waive")
    actions_detail = ("settle",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Finding]:
        return with_records(super().get_queryset(request), for_staff(request.user))

    def title_of(self, record: Finding) -> str:
        return record.get_code_display()

    # -- acts --

    def has_settle_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        if not self.may(request, "change"):
            return False
        may_settle = self.scoped(request, "houses.change_finding").open()
        finding = self.get_object(request, str(object_id)) if object_id is not None else None
        return object_id is None or (finding is not None and may_settle.filter(pk=finding.pk).exists())

    @action(description="处理", permissions=["settle"], icon="task_alt")
    def settle(self, request: HttpRequest, object_id: str) -> HttpResponse:
        finding = self.get_object(request, object_id)
        if finding is None:
            raise Http404
        back = reverse("admin:houses_finding_change", args=[finding.pk])
        return self._settle(request, [finding], list(_ACTS.items()), back)

    @admin.action(description="标记为已解决", permissions=["settle"])
    def resolve(self, request: HttpRequest, queryset: QuerySet[Finding]) -> HttpResponse:
        return self._settle(request, queryset, [("resolve", _ACTS["resolve"])])

    @admin.action(description="确认无误", permissions=["settle"])
    def waive(self, request: HttpRequest, queryset: QuerySet[Finding]) -> HttpResponse:
        return self._settle(request, queryset, [("waive", _ACTS["waive"])])

    def _settle(self, request: HttpRequest, found: Any, acts: list[tuple[str, str]], back: str = "") -> Any:
        """Ask for the reason, then settle: None leads the list's action back to the list."""
        form = ReasonForm(request.POST if "act" in request.POST else None)
        act = request.POST.get("act", "")
        if act in dict(acts) and form.is_valid():
            self._write(request, found, act, form.cleaned_data["reason"])
            return HttpResponseRedirect(back) if back else None
        context = {
            **self.admin_site.each_context(request),
            "title": "处理待核实",
            "sentence": "“已解决”表示资料已核对并处理；“确认无误”表示资料本来就对，内容不变就不再提示。",
            "found": found,
            "form": form,
            "fields": [form["reason"]],
            "buttons": acts,
            "selected": [] if back else [finding.pk for finding in found],
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/act.html", context)

    def _write(self, request: HttpRequest, found: Any, act: str, reason: str) -> None:
        office, settled = Office(request.user), 0  # type: ignore[arg-type]  # the admin lets in staff only
        for finding in found:
            with suppress(Refused):  # settled by a colleague meanwhile, or of another office
                office.settle(finding.pk, reason, waive=act == "waive")
                self.log_change(request, finding, _ACTS[act])
                settled += 1
        messages.success(request, f"已处理 {settled} 条。")

    # -- columns --

    @admin.display(description="类别", ordering="code")
    def kind(self, finding: Finding) -> str:
        return finding.get_code_display()

    @admin.display(description="轻重")
    def weight(self, finding: Finding) -> str:
        return "错误" if finding.is_error else "提示"

    @admin.display(description="居民")
    def person(self, finding: Finding) -> Any:
        resident = finding.resident or (finding.membership and finding.membership.resident)
        return resident_link(resident) if resident else "—"

    @admin.display(description="房屋或小区")
    def place(self, finding: Any) -> Any:
        if finding.community:
            return link(finding.community, str(finding.community))
        house = finding.house or (finding.membership and finding.membership.house)
        homes = [house] if house else [row.house for row in finding.resident.seen_homes]
        return format_html_join("、", "{}", [(house_link(home),) for home in homes]) or "—"

    @admin.display(description="说明")
    def said(self, finding: Finding) -> str:
        return scrub(finding.sentence)

    @admin.display(description="字段")
    def about(self, finding: Finding) -> str:
        return str(field_of(finding, finding.field).verbose_name) if finding.field else "—"

    @admin.display(description="建议")
    def suggested(self, finding: Finding) -> str:
        return suggestion(finding)

    @admin.display(description="状态", ordering="status")
    def state(self, finding: Finding) -> str:
        return finding_badge(finding.status)

    @admin.display(description="处理人")
    def settler(self, finding: Finding) -> str:
        return finding.settled_by.shown_name if finding.settled_by else "—"
