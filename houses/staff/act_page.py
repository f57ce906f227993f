"""The acts of the office: upon a member, upon a house."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property

from residents.completeness import missing
from residents.forms import ActForm
from residents.views.acts import Act
from residents.views.pages import came_from

from ..models import House, Membership
from .forms import ReasonForm
from .pages import StaffPage


class ActPage(Act[ActForm], StaffPage):
    template_name = "staff/act.html"
    form_class: type[ActForm] = ReasonForm
    sentence = ""

    def show(self, form: ActForm, status: int = 200, **context: Any) -> HttpResponse:
        around = {"sentence": self.sentence, "next": came_from(self.request)}
        return super().show(form, status, **{**around, **context})


class MemberAct(ActPage):
    """An act upon one member of a house."""

    @cached_property
    def row(self) -> Membership:
        rows = self.scope.memberships.select_related("resident__contact", "house__community", "claimed_by")
        found: Membership = self.find(rows, pk=self.kwargs["pk"])
        return found

    @property
    def pk(self) -> int:
        return self.row.pk

    @property
    def name(self) -> str:
        return self.row.resident.shown_name

    @property
    def home(self) -> str:
        return reverse("staff:house", args=[self.row.house_id])

    def show(self, form: ActForm, status: int = 200, **context: Any) -> HttpResponse:
        row = self.row
        lacking = missing(row.resident) if row.is_open else []
        return super().show(form, status, **{"row": row, "name": self.name, "lacking": lacking, **context})


class HouseAct(ActPage):
    """An act upon one house."""

    @cached_property
    def house(self) -> House:
        found: House = self.find(self.scope.houses.select_related("community"), pk=self.kwargs["pk"])
        return found

    @property
    def home(self) -> str:
        return reverse("staff:house", args=[self.house.pk])

    def show(self, form: ActForm, status: int = 200, **context: Any) -> HttpResponse:
        return super().show(form, status, **{"house": self.house, **context})
