"""楼盘表: the floors of one building and unit by their rooms, coloured by what needs doing most."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path

from residents.completeness import missing

from .. import badges
from ..models import Community, House, Submission
from ..queues import Queue, queue_of
from ..visibility import Scope
from .pages import StaffPage

# What a cell shows: the first of these that any member of the house is in.
PRESSING = ("review", "finding", "returned", "incomplete", "completed", "activated", "none")

_OF_QUEUE = {Queue.REVIEW: "review", Queue.FINDING: "finding", Queue.RETURNED: "returned"}
_DIGITS = re.compile(r"(\d+)")


@dataclass
class Cell:
    """One dwelling: `people` are name, state and what is missing of each member."""

    house: House
    states: set[str] = field(default_factory=set)
    people: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def state(self) -> str:
        return next((state for state in PRESSING if state in self.states), "none")

    @property
    def sign(self) -> str:
        return badges.STATES[self.state][0]

    @property
    def word(self) -> str:
        return badges.STATES[self.state][1]


@dataclass
class Grid:
    columns: list[str]
    floors: list[tuple[str, list[Cell | None]]]
    counts: list[tuple[str, int]]


def natural(text: str) -> list[tuple[int, str]]:
    """2 before 10, -1 before 1, and letters after the digits."""
    if re.fullmatch(r"-?\d+", text):
        return [(int(text), "")]
    return [(int(part), "") if part.isdigit() else (0, part) for part in _DIGITS.split(text) if part]


def build(scope: Scope, houses: list[House]) -> Grid:
    """Houses of one building and unit, read with their members in three queries."""
    cells = {house.pk: Cell(house) for house in houses}
    _add_members(scope, cells)
    _add_own(scope, cells)
    places: dict[str, dict[str, Cell]] = defaultdict(dict)
    for cell in cells.values():
        places[cell.house.floor][_column(cell.house)] = cell
    columns = sorted({column for floor in places.values() for column in floor}, key=natural)
    floors = sorted(places, key=natural, reverse=True)
    counted = Counter(cell.state for cell in cells.values())
    return Grid(
        columns,
        [(floor, [places[floor].get(column) for column in columns]) for floor in floors],
        [(state, counted[state]) for state in reversed(PRESSING) if counted[state]],
    )


def _column(house: House) -> str:
    """1203 on floor 12 is 03: rooms above each other stand in one column."""
    return house.room.removeprefix(house.floor) or house.room


def _add_members(scope: Scope, cells: dict[int, Cell]) -> None:
    rows = (
        scope.memberships.open().filter(house__in=cells).annotate(queue=queue_of(petitions=scope.petitions))
    )
    for row in rows.select_related("resident__contact").order_by("pk"):
        state = _OF_QUEUE.get(row.queue, row.status)
        cell = cells[row.house_id]
        cell.states.add(state)
        lacks = "、".join(missing(row.resident))
        cell.people.append((row.resident.shown_name, state, lacks))


def _add_own(scope: Scope, cells: dict[int, Cell]) -> None:
    """What waits about the house itself: an error of its own, somebody newly named."""
    named = scope.submissions.filter(membership=None, house__in=cells)
    for pk, status in named.waiting().union(named.returned()).values_list("house_id", "status"):
        cells[pk].states.add("review" if status == Submission.Status.WAITING else "returned")
    errors = scope.findings.open().errors().filter(house__in=cells)
    for pk in errors.values_list("house_id", flat=True):
        cells[pk].states.add("finding")


class BuildingGrid(StaffPage):
    template_name = "staff/grid.html"
    title = "楼盘表"
    here = "grid"

    def get(self, request: HttpRequest, community: int) -> HttpResponse:
        found: Community = self.find(self.scope.communities, pk=community)
        houses = self.scope.houses.filter(community=found)
        buildings = sorted(set(houses.values_list("building", flat=True)), key=natural)
        building = _chosen(request, "building", buildings)
        units = sorted(set(houses.filter(building=building).values_list("unit", flat=True)), key=natural)
        unit = _chosen(request, "unit", units)
        rooms = list(houses.filter(building=building, unit=unit))
        state = request.GET.get("state", "")
        return self.page(
            community=found,
            buildings=buildings,
            building=building,
            units=units,
            unit=unit,
            grid=build(self.scope, rooms),
            only=state if state in PRESSING else "",
            signs=list(PRESSING),
        )


def _chosen(request: HttpRequest, name: str, choices: list[str]) -> str:
    asked: Any = request.GET.get(name)
    return asked if asked in choices else next(iter(choices), "")


urls = [path("grid/<int:community>/", BuildingGrid.as_view(), name="grid")]
