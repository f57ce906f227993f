"""What the household's acts share: what will happen is said, a form is posted, what changed is told."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from residents.views.pages import FamilyForm

from .pages import FamilyPage


class ActPage(FamilyPage):
    """One act: what will happen, a form, and a button that does it."""

    form_class: type[FamilyForm] = FamilyForm
    button = ""
    danger = False

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(self.form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = self.form(request.POST)
        if not form.carry_out(self.act):
            return self.show(form, form.status)
        messages.success(request, self.done(form))
        return self.back(self.home)

    def form(self, data: Any = None) -> FamilyForm:
        return self.form_class(data)

    def act(self, values: dict[str, Any]) -> object:
        """The method of the family."""
        raise NotImplementedError

    def done(self, form: FamilyForm) -> str:
        """What changed, in words."""
        raise NotImplementedError

    @property
    def home(self) -> str:
        """Where one goes from here, unless the form says where one came from."""
        return reverse("my:home")

    def show(self, form: FamilyForm, status: int = 200, **context: Any) -> HttpResponse:
        shown = {"form": form, "button": self.button, "danger": self.danger, "home": self.home}
        return self.page(status, **{**shown, **context})
