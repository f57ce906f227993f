"""What the pages of the acts share: what will happen is said, a form is posted, what changed is told."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.functional import cached_property

from residents.completeness import missing
from residents.forms import ActForm
from residents.views.pages import came_from

from ..models import House, Membership
from .forms import ReasonForm
from .pages import StaffPage


class ActPage(StaffPage):
    """One act: what will happen, a form, and a button that does it."""

    template_name = "staff/act.html"
    form_class: type[ActForm] = ReasonForm
    sentence = ""
    button = ""
    danger = False

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(self.form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = self.form(request.POST)
        if not form.carry_out(self.act):
            return self.show(form, 422)
        messages.success(request, self.done(form))
        return self.leave()

    def form(self, data: Any = None) -> ActForm:
        return self.form_class(data)

    def act(self, values: dict[str, Any]) -> object:
        """The method of the office."""
        raise NotImplementedError

    def done(self, form: ActForm) -> str:
        """What changed, in words."""
        raise NotImplementedError

    @property
    def home(self) -> str:
        """Where one goes from here, unless the form says where one came from."""
        raise NotImplementedError

    def leave(self) -> HttpResponseBase:
        return self.back(self.home)

    def show(self, form: ActForm, status: int = 200, **context: Any) -> HttpResponse:
        shown = {
            "form": form,
            "sentence": self.sentence,
            "button": self.button,
            "danger": self.danger,
            "next": came_from(self.request),
            "home": self.home,
        }
        return self.page(status, **{**shown, **context})


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
