"""我的家: the account's houses with their members, what waits for whom, and what to do next."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.urls import path

from ..family import Family
from ..models import House
from ..visibility import Sight
from .pages import FamilyPage
from .requests import Asked, asked
from .sight import Entry, Member, members, open_entries

ASKED_SHOWN = 3


@dataclass
class Dwelling:
    """A house of the account with those whom it sees there."""

    house: House
    may_name: bool
    seen: list[Member] = field(default_factory=list)
    counted: int = 0
    named: list[Entry] = field(default_factory=list)  # somebody new, not on the books yet

    def put(self, member: Member) -> None:
        if member.row.sight == Sight.COUNTED:
            self.counted += 1
        else:
            self.seen.append(member)


def dwellings(family: Family, entries: list[Entry]) -> list[Dwelling]:
    """However many members there are, in a fixed number of queries."""
    scope = family.scope
    may_name = Exists(scope.nameable.filter(pk=OuterRef("pk")))
    houses: Any = scope.houses.select_related("community").annotate(may_name=may_name).order_by("pk")
    found = {house.pk: Dwelling(house, house.may_name) for house in houses}
    for member in members(family, scope.members, entries):
        found[member.row.house_id].put(member)
    for entry in entries:
        if entry.submission.membership_id is None:
            found[entry.submission.house_id].named.append(entry)
    return list(found.values())


def unbound(family: Family, entries: list[Entry]) -> list[Member]:
    """The own rows in houses that this account did not bind yet: nobody else there is shown."""
    return members(
        family, family.scope.shown.filter(resident=family.scope.resident_id, bound_at=None), entries
    )


def news(family: Family) -> list[Asked]:
    """The last of what the account asked for."""
    return asked(family)[:ASKED_SHOWN]


class Home(FamilyPage):
    template_name = "household/home.html"
    title = "我的家"
    here = "home"

    def get(self, request: HttpRequest) -> HttpResponse:
        entries = open_entries(self.family)
        return self.page(
            dwellings=dwellings(self.family, entries),
            unbound=unbound(self.family, entries),
            asked=news(self.family),
        )


urls = [path("", Home.as_view(), name="home")]
