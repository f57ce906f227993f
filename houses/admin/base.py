"""Scope, filters and counts that the pages share."""

from collections import Counter
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from residents.admin import HistoryInWords, NumberSearch, OfficeAdmin, link
from residents.models import Resident

from .. import addresses
from ..forms import VersionedForm
from ..models import Community, Finding, House, Membership, StaffRole
from ..visibility import Scope, for_staff, with_records

_SCOPES: dict[Any, str] = {
    Community: "communities",
    House: "houses",
    Membership: "memberships",
    Resident: "residents",
    Finding: "findings",
    StaffRole: "roles",
}


# A record's page shows so many findings; the list of findings shows them all.
MOST_SHOWN = 50


class Scoped(OfficeAdmin):
    """Pages whose records the scope knows."""

    def scoped(self, request: HttpRequest, permission: str) -> Any:
        return getattr(for_staff(request.user, permission), _SCOPES[self.model])

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if attribute := _SCOPES.get(db_field.related_model):
            permission = f"{self.opts.app_label}.change_{self.opts.model_name}"
            kwargs["queryset"] = getattr(for_staff(request.user, permission), attribute)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class RecordAdmin(HistoryInWords, Scoped):
    """Records with a history and with findings."""

    change_form_outer_after_template = "admin/findings_panel.html"

    def names_of(self, request: HttpRequest, model: Any, keys: set[Any]) -> dict[Any, str]:
        if model not in _SCOPES:
            return {}
        found = getattr(for_staff(request.user), _SCOPES[model]).filter(pk__in=keys)
        return {record.pk: record.name if model is Resident else str(record) for record in found}

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        context["show_save_and_add_another"] = obj is None
        if obj is not None and request.user.has_perm("houses.view_finding"):
            context["record_findings"] = told(request, self.findings_around(obj))[:MOST_SHOWN]
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def findings_around(self, record: Any) -> Q:
        """Which findings the page of a record shows."""
        return Q(**{self.opts.model_name: record})


class Versioned(RecordAdmin):
    """Records that two people, or a person and a sync, may change at once."""

    form = VersionedForm

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The hidden version is only for who may save."""
        fieldsets = list(super().get_fieldsets(request, obj))
        if obj is not None and self.has_change_permission(request, obj):
            fieldsets.append((None, {"fields": ("base_version",), "classes": ("hidden",)}))
        return fieldsets


class AddressSearch(NumberSearch):
    """A search box that knows rooms as well: 1-1-101."""

    search_help_text = "姓名、房号（如 1-1-1-101）、证件后四位、完整证件号或手机号"
    house = ""  # path from a row to its house

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        parts = addresses.parts_of(search_term)
        if parts is None:
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(**{f"{self.house}{part}": value for part, value in parts.items()}), False


def told(request: HttpRequest, condition: Q) -> QuerySet[Finding]:
    """Findings with all that a row shows of them."""
    found = for_staff(request.user).findings.filter(condition)
    return with_records(found, for_staff(request.user)).order_by("-status", "code", "pk")


def count_findings(scope: Scope, rows: list[Any], *paths: str, errors: bool = False) -> list[Any]:
    """Set `open_findings` on each row: how many (errors only, if asked) are open on it and around it.

    `paths` lead from a finding to the row. The rows are in scope, what lies on them elsewhere is not:
    a person's membership in another community has findings of its own.
    """
    found = scope.findings.open()
    found = found.errors() if errors else found
    keys, total = [row.pk for row in rows], Counter[Any]()
    for path in paths:
        condition: dict[str, Any] = {f"{path}__in": keys}
        if path.startswith("resident__memberships__"):
            condition["resident__memberships__ended_at"] = None
        near = found.order_by().filter(**condition)
        total.update(dict(near.values_list(path).annotate(Count("pk", distinct=True))))
    for row in rows:
        row.open_findings = total[row.pk]
    return rows


def resident_link(resident: Resident) -> SafeString:
    return link(resident, resident.shown_name)


def house_link(house: House) -> SafeString:
    return link(house, house.address)


def name_in(scope: Scope, resident: Resident | None) -> str:
    """A related person's name, where the user may see that person."""
    if resident is None:
        return "—"
    return resident.name if scope.residents.filter(pk=resident.pk).exists() else "非本小区人员"


class PlaceFilter(admin.SimpleListFilter):
    """Filters by a place; `paths` lead from a row to the community."""

    paths: tuple[str, ...] = ()

    def matching(self, suffix: str, value: Any) -> Q:
        either = Q()
        for path in self.paths:
            either |= Q(**{f"{path}{suffix}": value})
        return either


class CommunityFilter(PlaceFilter):
    title, parameter_name = "小区", "community"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(place.pk), str(place)) for place in for_staff(request.user).communities.order_by("pk")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if not value:
            return queryset
        known = {str(key) for key, _ in self.lookup_choices}
        return queryset.filter(self.matching("", value)) if value in known else queryset.none()


class BuildingFilter(PlaceFilter):
    """The buildings of the chosen community, or of all that the user sees."""

    title, parameter_name = "楼号", "building"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        scope = for_staff(request.user)
        community = request.GET.get("community", "")
        chosen = [pk for pk in scope.communities.values_list("pk", flat=True) if str(pk) == community]
        houses = scope.houses.filter(community__in=chosen) if chosen else scope.houses
        return [
            (name, name)
            for name in sorted(set(houses.values_list("building", flat=True)), key=_by_number)
            if name
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(self.matching("building", self.value())) if self.value() else queryset


def _by_number(name: str) -> tuple[int, str]:
    """2 before 10, and words last."""
    return (int(name) if name.isdecimal() else 10**9, name)


def filter_by(base: type[PlaceFilter], *paths: str) -> type[PlaceFilter]:
    return type(base.__name__, (base,), {"paths": paths})
