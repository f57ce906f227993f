"""The houses of an account with those whom it sees there, in a fixed number of queries."""

from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, QuerySet

from .family import Family
from .models import House
from .sight import Entry, Member, looked_at, members
from .standing import Standing
from .visibility import Sight


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


def _houses(family: Family) -> QuerySet[House]:
    may_name = Exists(family.scope.nameable.filter(pk=OuterRef("pk")))
    return family.scope.houses.select_related("community").annotate(may_name=may_name).order_by("pk")


_HOUSES = Standing(_houses)
_MEMBERS = Standing(lambda family: looked_at(family.scope, family.scope.members))


def dwellings(family: Family, entries: list[Entry]) -> list[Dwelling]:
    """However many members there are, in a fixed number of queries.

    Of a house that was bound, or left, between two of them nothing is told.
    """
    found = {house.pk: Dwelling(house, house.may_name) for house in _HOUSES(family)}
    for member in members(family, _MEMBERS(family), entries):
        if member.row.house_id in found:
            found[member.row.house_id].put(member)
    for entry in entries:
        if entry.submission.membership_id is None and entry.submission.house_id in found:
            found[entry.submission.house_id].named.append(entry)
    return list(found.values())


def unbound(family: Family, entries: list[Entry]) -> list[Member]:
    """The own rows in houses that this account did not bind yet: nobody else there is shown."""
    own = family.scope.shown.filter(resident=family.scope.resident_id, bound_at=None)
    return members(family, looked_at(family.scope, own), entries)
