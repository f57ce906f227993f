"""小区 and 房屋."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Length
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action

from .. import editing
from ..badges import badges, findings_badge
from ..forms import CommunityForm
from ..models import Community, House, Membership
from ..states import Status
from ..visibility import for_staff
from .base import (
    AddressSearch,
    BuildingFilter,
    CommunityFilter,
    RecordAdmin,
    Versioned,
    count_findings,
    filter_by,
)
from .members import MembersInline

OPEN_STATES = (Status.INCOMPLETE, Status.COMPLETED, Status.ACTIVATED)

# From a finding to the house whose page shows it.
HOUSE_FINDINGS = ("house", "membership__house", "resident__memberships__house")


def count_members(rows: list[Any], path: str) -> None:
    """Set `incomplete`, `completed`, `activated` on each row; `path` leads from a membership to it."""
    keys = [row.pk for row in rows]
    members = Membership.objects.open().order_by().filter(**{f"{path}__in": keys})
    found = {(key, status): n for key, status, n in members.values_list(path, "status").annotate(Count("pk"))}
    for row in rows:
        for status in OPEN_STATES:
            setattr(row, status, found.get((row.pk, status), 0))


def _share(part: int, whole: int) -> str:
    return f"{100 * part // whole} %" if whole else "—"


@admin.register(Community)
class CommunityAdmin(RecordAdmin):
    findings_paths = ("community", *(f"{path}__community" for path in HOUSE_FINDINGS))
    list_display = ("named", "platform_code", "confirmed", "members", "complete", "active", "found")
    search_fields = ("name", "platform_code")
    search_help_text = "小区名称或平台编号"
    form = CommunityForm
    fields = ("name", "platform_code", "confirmed_at", "created_at")
    readonly_fields = ("confirmed_at", "created_at")
    actions_detail = ("confirm",)

    def completed(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        count_members(rows, "house__community")
        return count_findings(for_staff(request.user), rows, *self.findings_paths)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "delete", obj)

    def has_confirm_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        community = self.get_object(request, str(object_id))
        return self.may(request, "change") and community is not None and community.confirmed_at is None

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """An unconfirmed community gets its name by being confirmed."""
        unconfirmed = obj is not None and obj.confirmed_at is None
        return (*self.readonly_fields, "name") if unconfirmed else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Community, form: Any, change: bool) -> None:
        if not change:
            obj.confirmed_at = timezone.now()
        obj.save(update_fields=form.changed_data if change else None)

    @action(description="命名并确认", permissions=["confirm"], icon="verified")
    def confirm(self, request: HttpRequest, object_id: str) -> HttpResponse:
        community = self.get_object(request, object_id)
        if community is None:
            raise Http404
        form = CommunityForm(request.POST or None, initial={"name": community.name})
        if request.method == "POST" and form.is_valid():
            if editing.confirm_community(community, form.cleaned_data["name"], by=request.user):
                self.log_change(request, community, "命名并确认")
                messages.success(request, f"已确认小区：{community}。")
            else:
                messages.warning(request, "这个小区刚才已由别人确认，没有改动。")
            return HttpResponseRedirect(reverse("admin:houses_community_change", args=[community.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": "命名并确认小区",
            "sentence": f"安防平台给出了小区编号 {community.platform_code}。填写名称并确认后，"
            "“小区待确认”这一项随之解决。",
            "form": form,
            "fields": [form["name"]],
            "buttons": [("confirm", "确认")],
            "opts": self.opts,
            "original": community,
        }
        return TemplateResponse(request, "admin/act.html", context)

    @admin.display(description="小区", ordering="name")
    def named(self, community: Community) -> str:
        return str(community)

    @admin.display(description="确认", ordering="confirmed_at")
    def confirmed(self, community: Community) -> str:
        return "已确认" if community.confirmed_at else "未确认"

    @admin.display(description="成员")
    def members(self, community: Any) -> int:
        return community.incomplete + community.completed + community.activated

    @admin.display(description="已补完")
    def complete(self, community: Any) -> str:
        return _share(community.completed + community.activated, self.members(community))

    @admin.display(description="已激活")
    def active(self, community: Any) -> str:
        return _share(community.activated, self.members(community))

    @admin.display(description="待核实")
    def found(self, community: Any) -> str:
        return findings_badge(community.open_findings)


@admin.register(House)
class HouseAdmin(AddressSearch, Versioned):
    list_display = (
        "where",
        "community",
        "use",
        "ownership",
        "occupancy",
        "members",
        "found",
        "lacking",
    )
    list_filter = (
        filter_by(CommunityFilter, "community"),
        filter_by(BuildingFilter, ""),
        "occupancy",
        "use",
        "ownership",
    )
    search_fields = ("room", "memberships__resident__name")
    people = ("memberships__resident__",)
    order = ("community", *(by for part in House.PARTS for by in (Length(part), part)))  # 2 before 10
    fieldsets = (
        (
            "房屋",
            {
                "fields": (
                    ("community", "where"),
                    ("use", "ownership"),
                    ("occupancy", "lacking"),
                )
            },
        ),
    )
    add_fieldsets = (
        ("地址", {"fields": ("community", ("building", "unit"), ("floor", "room"))}),
        ("使用情况", {"fields": ("use", "ownership", "occupancy")}),
    )
    readonly_fields = ("where", "lacking")
    inlines = (MembersInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[House]:
        return super().get_queryset(request).select_related("community")

    def completed(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        count_members(rows, "house")
        return count_findings(for_staff(request.user), rows, *HOUSE_FINDINGS)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "delete", obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The address says which house it is: a mistaken one is ended and made anew, not renamed."""
        return ("community", *self.readonly_fields) if obj else self.readonly_fields

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else ()

    def save_model(self, request: HttpRequest, obj: House, form: Any, change: bool) -> None:
        if not change:
            editing.add_house(obj)
        elif values := {name: form.cleaned_data[name] for name in form.changed_data if name in House.SYNCED}:
            editing.change(obj, values, by=request.user, why="管理后台")  # type: ignore[arg-type]  # staff only

    def findings_around(self, record: House) -> Q:
        members = record.memberships.open()
        return Q(house=record) | Q(membership__in=members) | Q(resident__in=members.values("resident"))

    @admin.display(description="房号", ordering=Length("room"))
    def where(self, house: House) -> str:
        return house.address

    @admin.display(description="成员")
    def members(self, house: Any) -> str:
        return badges((status, getattr(house, status)) for status in OPEN_STATES)

    @admin.display(description="待核实")
    def found(self, house: Any) -> str:
        return findings_badge(house.open_findings)

    @admin.display(description="还差")
    def lacking(self, house: House) -> str:
        return "、".join(house.missing()) or "—"
