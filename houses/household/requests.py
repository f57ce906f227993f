"""申请: what this account may answer, and what it asked for itself."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path

from residents.forms import reason_field
from residents.views.pages import FamilyForm

from ..asked import Waiting, asked, waiting
from ..family import Family
from .pages import FamilyPage


class RefuseForm(FamilyForm):
    free_text = ("reason",)
    reason = reason_field("不同意的原因")


def refuse_form(key: int, data: Any = None) -> RefuseForm:
    """One for each request of the page."""
    return RefuseForm(data, auto_id=f"id_{key}_%s")


@dataclass
class ToAnswer(Waiting):
    """With the form of its no."""

    refuse: FamilyForm


def to_answer(family: Family, tried: FamilyForm | None = None, key: int | None = None) -> list[ToAnswer]:
    """`tried` is the no to the request `key` that was not complete."""
    return [
        ToAnswer(row, tried if tried and row.pk == key else refuse_form(row.pk)) for row in waiting(family)
    ]


class Requests(FamilyPage):
    template_name = "household/requests.html"
    title = "申请"
    here = "requests"

    def get(self, request: HttpRequest, *args: Any) -> HttpResponse:
        return self.show()

    def show(self, status: int = 200, **tried: Any) -> HttpResponse:
        return self.page(status, waiting=to_answer(self.family, **tried), asked=asked(self.family))


class Answer(Requests):
    """One tap for yes; a no has its reason."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("my:requests")

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        self.find(self.scope.requests, pk=pk)
        if request.POST.get("act") == "accept":
            self.attempt(lambda: self.family.answer(pk, accept=True), "已同意，对方的帐号已绑定。")
            return redirect("my:requests")
        form = refuse_form(pk, request.POST)
        if not form.is_valid():
            return self.show(422, tried=form, key=pk)
        reason = form.cleaned_data["reason"]
        self.attempt(lambda: self.family.answer(pk, accept=False, reason=reason), "已答复不同意。")
        return redirect("my:requests")


urls = [
    path("requests/", Requests.as_view(), name="requests"),
    path("requests/<int:pk>/answer/", Answer.as_view(), name="answer"),
]
