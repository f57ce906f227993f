"""One box: name, pinyin or initials, last four, full number or phone, room.

A full number comes by POST, is matched by digest and stands in no address.
"""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path

from residents.models import Resident
from residents.search import by_last_four, by_number, is_number

from .. import addresses
from ..models import House
from ..visibility import Scope
from .pages import StaffPage

FIRST = 20


@dataclass
class Found:
    people: list[Any] = field(default_factory=list)
    houses: list[House] = field(default_factory=list)
    more: bool = False

    @property
    def nothing(self) -> bool:
        return not (self.people or self.houses)


def look_up(scope: Scope, text: str, first: int = FIRST) -> Found:
    """The first hits of a search, best guess of what was meant; `more` tells that there are others."""
    text = text.strip()
    if not text:
        return Found()
    houses = list(_houses(scope, text)[: first + 1])
    people = [] if houses else list(_people(scope, text)[: first + 1])
    more = max(len(people), len(houses)) > first
    return Found(people[:first], houses[:first], more)


def _houses(scope: Scope, text: str) -> QuerySet[House]:
    parts = addresses.parts_of(text)
    if parts is None:
        parts = {"room": addresses.fold("room", text)} if text.isdecimal() and len(text) in (3, 4) else None
    found = scope.houses.filter(**parts) if parts else scope.houses.none()
    return found.select_related("community").order_by("community", "building", "unit", "room")


def _people(scope: Scope, text: str) -> QuerySet[Resident]:
    homes = scope.memberships.open().select_related("house__community").order_by("pk")
    rows = Prefetch("memberships", queryset=homes, to_attr="homes")
    return scope.residents.filter(meant(text)).prefetch_related(rows).order_by("name", "pk")


def meant(text: str) -> Q:
    """Whom a text in a search box means: by number, by its last four, by sound, by name."""
    if is_number(text):
        return by_number(text)
    if (tail := by_last_four(text)) is not None:
        return tail
    sound = "".join(filter(str.isalnum, text)).lower()
    if sound.isascii() and sound.isalpha():
        return Q(pinyin__contains=f" {sound}") | Q(name__icontains=text)
    return Q(name__contains=text)


class Search(StaffPage):
    title = "搜索"
    template_name = "staff/search.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Somebody who comes by the address alone gets the empty box."""
        return self.page(searched="", found=None)

    def post(self, request: HttpRequest) -> HttpResponse:
        text = request.POST.get("q", "")[:100]
        found = look_up(self.scope, text) if text.strip() else None
        if request.headers.get("HX-Request"):
            self.template_name = "staff/search_hits.html"
            return self.part(found=found, searched=text)
        return self.page(found=found, searched=text)


urls = [path("search/", Search.as_view(), name="search")]
