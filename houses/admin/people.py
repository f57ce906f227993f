"""居民: to look up. What is on the record changes by a submission or by a sync, not here."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join

from residents.admin import NumberSearch, worded
from residents.completeness import missing
from residents.models import Resident

from ..badges import findings_badge, state_badge
from ..models import Membership
from ..visibility import for_staff
from .base import BuildingFilter, CommunityFilter, RecordAdmin, count_findings, house_link, name_in
from .members import HomesInline


class StatusFilter(admin.SimpleListFilter):
    """People one of whose memberships, seen by this user, stands there."""

    title, parameter_name = "状态", "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return Membership._meta.get_field("status").choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Resident]) -> QuerySet[Resident]:
        if not self.value():
            return queryset
        rows = for_staff(request.user).memberships.filter(status=self.value())
        return queryset.filter(pk__in=rows.values("resident"))


class PersonPlaceFilter:
    """A person by the places of the memberships that the user sees, not of others."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Resident]) -> QuerySet[Resident]:
        if not self.value():  # type: ignore[attr-defined]
            return queryset
        rows = super().queryset(request, for_staff(request.user).memberships)  # type: ignore[misc]
        return queryset.filter(pk__in=rows.values("resident"))


class PersonCommunityFilter(PersonPlaceFilter, CommunityFilter):
    paths = ("house__community",)


class PersonBuildingFilter(PersonPlaceFilter, BuildingFilter):
    paths = ("house__",)


def _field(name: str) -> Any:
    column = worded(Resident._meta.get_field(name))
    column.admin_order_field = name if name in ("name", "sex", "ethnicity") else None  # type: ignore[attr-defined]
    return column


ID_NUMBER, PHONE, PETITIONER = _field("id_number"), _field("phone"), _field("is_petitioner")
_PLAIN = {
    name: _field(name)
    for name in (
        "name", "sex", "ethnicity", "birth_date", "registered_address", "id_type", "political_status",
        "is_veteran", "is_low_income", "job_title", "employer", "photo_url", "created_at", "updated_at",
    )
}  # fmt: skip


def _row(*names: str) -> tuple[Any, ...]:
    return tuple(_PLAIN[name] for name in names)


@admin.register(Resident)
class ResidentAdmin(NumberSearch, RecordAdmin):
    list_display = ("called", _PLAIN["sex"], ID_NUMBER, PHONE, "homes", "found", "lacking")
    list_display_links = ("called",)
    list_filter = (PersonCommunityFilter, PersonBuildingFilter, StatusFilter, "sex")
    search_fields = ("name",)
    order = ("name", "pk")
    inlines = (HomesInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Resident]:
        scope = for_staff(request.user)
        homes = scope.memberships.open().select_related("house").order_by("pk")
        rows = super().get_queryset(request).select_related("contact")
        return rows.prefetch_related(Prefetch("memberships", queryset=homes, to_attr="seen_homes"))

    def completed(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        return count_findings(for_staff(request.user), rows, "resident", "membership__resident")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        resident = super().get_object(request, object_id, from_field)
        if resident is not None:
            resident.contact_name = name_in(for_staff(request.user), resident.contact)
        return resident

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        petitioner = (PETITIONER,) if for_staff(request.user).petitions else ()
        return (
            ("基本资料", {"fields": [_row("name", "sex"), _row("birth_date", "ethnicity"), "lacking"]}),
            (
                "证件与联系",
                {
                    "fields": [
                        (_PLAIN["id_type"], ID_NUMBER),
                        (PHONE, "guardian"),
                        _PLAIN["registered_address"],
                    ]
                },
            ),
            (
                "其他",
                {
                    "fields": [
                        _row("political_status", "is_veteran"),
                        (_PLAIN["is_low_income"], *petitioner, _PLAIN["photo_url"]),
                        _row("job_title", "employer"),
                    ]
                },
            ),
            ("档案", {"fields": ["origins", _row("created_at", "updated_at")]}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return flatten_fieldsets(self.get_fieldsets(request, obj))

    def title_of(self, record: Resident) -> str:
        return record.shown_name

    def findings_around(self, record: Resident) -> Q:
        return Q(resident=record) | Q(membership__resident=record)

    @admin.display(description="姓名", ordering="name")
    def called(self, resident: Resident) -> str:
        return self.title_of(resident)

    @admin.display(description="房屋与状态")
    def homes(self, resident: Any) -> Any:
        rows = [(house_link(row.house), state_badge(row.status)) for row in resident.seen_homes]
        return format_html_join(" ", '<span class="register-home">{} {}</span>', rows) if rows else "—"

    @admin.display(description="待核实")
    def found(self, resident: Any) -> str:
        return findings_badge(resident.open_findings)

    @admin.display(description="还差")
    def lacking(self, resident: Resident) -> str:
        return "、".join(missing(resident)) or "—"

    @admin.display(description="联系人（监护人）")
    def guardian(self, resident: Any) -> str:
        return resident.contact_name

    @admin.display(description="各项来源")
    def origins(self, resident: Resident) -> str:
        labels = {str(_PLAIN[name].short_description): resident.origin.label(name) for name in _PLAIN}
        return "；".join(f"{field}：{source}" for field, source in labels.items() if source) or "—"
