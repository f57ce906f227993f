"""What the pages of an act share, at the office and at home: a form is posted, what changed is told."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.views import View

from ..forms import ActForm

Form = TypeVar("Form", bound=ActForm)


class Act(View, Generic[Form]):
    """One act: what will happen, a form, and a button that does it. Stands before a page of either door."""

    form_class: type[Form]
    button = ""
    danger = False

    # The page's.
    page: Callable[..., HttpResponse]
    back: Callable[..., HttpResponseRedirect]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(self.form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = self.form(request.POST)
        if not form.carry_out(self.act):
            return self.show(form, form.status)
        messages.success(request, self.done(form))
        return self.leave()

    def form(self, data: Any = None) -> Form:
        return self.form_class(data)

    def act(self, values: dict[str, Any]) -> object:
        """The method of the office or the family."""
        raise NotImplementedError

    def done(self, form: Form) -> str:
        """What changed, in words."""
        raise NotImplementedError

    @property
    def home(self) -> str:
        """Where one goes from here, unless the form says where one came from."""
        raise NotImplementedError

    def leave(self) -> HttpResponseBase:
        return self.back(self.home)

    def show(self, form: Form, status: int = 200, **context: Any) -> HttpResponse:
        shown = {"form": form, "button": self.button, "danger": self.danger, "home": self.home}
        return self.page(status, **{**shown, **context})
