"""房屋: one dwelling with its members, what is missing, what happened, and what can be done."""

from typing import Any

import segno
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse

from residents.completeness import missing

from .. import qr
from ..models import House, Membership
from ..queues import queue_of
from .pages import StaffPage
from .place_forms import HouseForm
from .told import happened


class HousePage(StaffPage):
    template_name = "staff/house.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        house: House = self.find(self.scope.houses.select_related("community"), pk=pk)
        members = self._members(house)
        open_members = [row for row in members if row.is_open]
        people = [row.resident_id for row in open_members]
        findings = self.scope.findings.open().filter(
            Q(house=house) | Q(membership__in=open_members) | Q(resident__in=people)
        )
        return self.page(
            title=f"{house.community} {house.address}",
            house=house,
            members=open_members,
            gone=[row for row in members if not row.is_open],
            named=list(self.scope.submissions.open().filter(house=house, membership=None)),
            requests=list(self.scope.requests.open().filter(house=house).select_related("account")),
            findings=with_rows(findings, open_members),
            reminder=reminder(house, members),
            entries=self._entries(house, members),
        )

    def _members(self, house: House) -> list[Any]:
        rows: list[Any] = list(
            self.scope.memberships.filter(house=house)
            .select_related("resident__contact", "managed_by")
            .annotate(queue=queue_of(petitions=self.scope.petitions))
            .order_by("ended_at", "pk")
        )
        for row in rows:
            row.lacks = missing(row.resident)
        return rows

    def _entries(self, house: House, members: list[Any]) -> Any:
        called = {row.pk: row.resident.name for row in members}
        return happened(
            self.scope,
            (House, [house.pk], {house.pk: "房屋"}),
            (Membership, [row.pk for row in members], called),
        )


def with_rows(findings: Any, members: list[Any]) -> list[Any]:
    """Findings, each with the membership (`row`) on whose review page it is dealt with."""
    by_person = {row.resident_id: row.pk for row in reversed(members) if row.is_open}
    found: list[Any] = list(
        findings.select_related("membership__resident", "resident").order_by("code", "pk")
    )
    for finding in found:
        finding.row = finding.membership_id or by_person.get(finding.resident_id)
    return found


def reminder(house: House, members: list[Any]) -> str:
    """催办: a text for the household's chat, without numbers; "" where nothing is missing."""
    lacking = [f"{row.resident.name} {'、'.join(row.lacks)}" for row in members if row.is_open and row.lacks]
    return f"您家 {house.address} 还差：{'；'.join(lacking)}。请点此补全：" if lacking else ""


class HouseEdit(StaffPage):
    """What the house itself owes: use, ownership, occupancy."""

    permission = "houses.change_house"
    template_name = "staff/house_edit.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        house = self.find(self.scope.houses.select_related("community"), pk=pk)
        return self._form(house, HouseForm(instance=house))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        house = self.find(self.scope.houses.select_related("community"), pk=pk)
        form = HouseForm(request.POST, instance=house)
        if not form.is_valid():
            return self._form(house, form)
        changed = {name: form.cleaned_data[name] for name in form.changed_data if name in House.SYNCED}
        self.attempt(lambda: self.office.change_house(pk, changed), f"已保存 {len(changed)} 项。")
        return self.back("staff:house", pk)

    def _form(self, house: House, form: HouseForm) -> HttpResponse:
        return self.page(title=f"修改 {house.address}", house=house, form=form)


class HouseCode(StaffPage):
    """房屋码: leads a resident to the application for this house; it says nothing else."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        house = self.find(self.scope.houses, pk=pk)
        address = request.build_absolute_uri(reverse("my:house", args=[qr.key_of_room(house.pk)]))
        drawn = segno.make_qr(address).svg_inline(scale=6, border=2, lineclass="", svgclass="")
        return HttpResponse(_as_file(drawn), content_type="image/svg+xml")


def _as_file(drawn: str) -> str:
    return drawn.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)


urls = [
    path("houses/<int:pk>/", HousePage.as_view(), name="house"),
    path("houses/<int:pk>/edit/", HouseEdit.as_view(), name="house_edit"),
    path("houses/<int:pk>/code.svg", HouseCode.as_view(), name="house_code"),
]
