"""我的家: the account's houses with their members, what waits for whom, and what to do next."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from ..asked import asked
from ..dwellings import dwellings, unbound
from ..sight import open_entries
from .pages import FamilyPage

ASKED_SHOWN = 3


class Home(FamilyPage):
    template_name = "household/home.html"
    title = "我的家"
    here = "home"

    def get(self, request: HttpRequest) -> HttpResponse:
        entries = open_entries(self.family)
        return self.page(
            dwellings=dwellings(self.family, entries),
            unbound=unbound(self.family, entries),
            asked=asked(self.family)[:ASKED_SHOWN],
        )


urls = [path("", Home.as_view(), name="home")]
