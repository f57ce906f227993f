"""房屋成员: as a list of their own, and inside a house or a person."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.forms import PaginationInlineFormSet

from residents.admin import worded
from residents.completeness import missing
from residents.models import Resident

from .. import editing
from ..badges import findings_badge, state_badge
from ..models import Membership
from ..visibility import for_staff
from .acts import MemberActs
from .base import (
    AddressSearch,
    BuildingFilter,
    CommunityFilter,
    Versioned,
    count_findings,
    filter_by,
    house_link,
    resident_link,
)

ID_NUMBER = worded(Resident._meta.get_field("id_number"), "resident")
PHONE = worded(Resident._meta.get_field("phone"), "resident")
FINDINGS_PATHS = ("membership", "resident__memberships")


class MemberColumns:
    """Columns of a membership."""

    @admin.display(description="姓名")
    def person(self, row: Membership) -> str:
        return resident_link(row.resident)

    @admin.display(description="房屋")
    def dwelling(self, row: Membership) -> str:
        return house_link(row.house)

    @admin.display(description="小区")
    def community(self, row: Membership) -> str:
        return str(row.house.community)

    @admin.display(description="状态", ordering="status")
    def state(self, row: Membership) -> str:
        return state_badge(row.status)

    @admin.display(description="待核实")
    def found(self, row: Any) -> str:
        return findings_badge(row.open_findings)

    @admin.display(description="还差")
    def lacking(self, row: Membership) -> str:
        return "、".join(missing(row.resident)) or "—"


class CountedFormSet(PaginationInlineFormSet):
    """The rows of one page of an inline, with their findings counted."""

    _counted: list[Any] | None = None

    def get_queryset(self) -> list[Any]:
        if self._counted is None:
            scope = for_staff(self.request.user)
            self._counted = count_findings(scope, list(super().get_queryset()), *FINDINGS_PATHS)
        return self._counted


class MembershipInline(MemberColumns, TabularInline):
    """Read here, changed on the membership's own page."""

    model = Membership
    formset = CountedFormSet
    fk_name: str
    extra = 0
    per_page = 20
    hide_title = True
    show_change_link = False
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        rows = for_staff(request.user).memberships.select_related("resident__contact", "house__community")
        return rows.order_by("ended_at", "pk")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("houses.view_membership")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission


class MembersInline(MembershipInline):
    """成员 of a house."""

    fk_name = "house"
    verbose_name_plural = "成员"
    fields = readonly_fields = ("person", "role", "state", "found", "lacking", ID_NUMBER, PHONE)


class HomesInline(MembershipInline):
    """房屋 of a person."""

    fk_name = "resident"
    verbose_name_plural = "房屋"
    fields = readonly_fields = (
        "dwelling",
        "community",
        "role",
        "household_type",
        "nickname",
        "state",
        "found",
    )


@admin.register(Membership)
class MembershipAdmin(MemberActs, MemberColumns, AddressSearch, Versioned):
    list_display = ("called", "dwelling", "community", "role", "household_type", "state", "found", "lacking")
    list_display_links = ("called",)
    list_filter = (
        filter_by(CommunityFilter, "house__community"),
        filter_by(BuildingFilter, "house__"),
        "status",
        "role",
        "household_type",
    )
    search_fields = ("resident__name", "nickname", "house__room")
    people, house = ("resident__",), "house__"
    fieldsets = (
        (None, {"fields": ("person", "dwelling", "community", "role", "household_type", "state", "lacking")}),
        ("可修改", {"fields": ("nickname", "lease_until")}),
        (
            "经过",
            {
                "fields": (
                    "completed_at",
                    "activated_at",
                    "ended_at",
                    "end_reason",
                    "created_at",
                    "updated_at",
                )
            },
        ),
    )
    MAY_CHANGE = ("nickname", "lease_until")
    readonly_fields = (
        "person", "dwelling", "community", "role", "household_type", "state", "lacking",
        "completed_at", "activated_at", "ended_at", "end_reason", "created_at", "updated_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("resident__contact", "house__community")

    def completed(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        return count_findings(for_staff(request.user), rows, *FINDINGS_PATHS)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "change", obj)

    @admin.display(description="姓名", ordering="resident__name")
    def called(self, row: Membership) -> str:
        return row.resident.shown_name

    def title_of(self, record: Membership) -> str:
        return f"{record.resident.shown_name} 在 {record.house.address} "

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        values = {name: form.cleaned_data[name] for name in form.changed_data if name in self.MAY_CHANGE}
        if values:
            editing.change(obj, values, by=request.user, why="管理后台")  # type: ignore[arg-type]  # staff only

    def findings_around(self, record: Membership) -> Q:
        return Q(membership=record) | Q(resident=record.resident_id)
