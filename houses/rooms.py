"""批量建房: the rooms of a building at once, so that the grid has its empty cells from the first day."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from residents.bulk import insert_absent, record_history
from residents.exceptions import Refusal, Refused
from residents.models import User

from . import addresses
from .models import Community, House

MOST = 2000


@dataclass(frozen=True)
class Plan:
    """`units` units, floors `first_floor` to `last_floor` (no floor 0), `rooms` rooms on each.

    Rooms are numbered as floor and two digits: 101, 1203; below ground -101.
    """

    building: str
    units: int
    first_floor: int
    last_floor: int
    rooms: int

    def doors(self) -> list[tuple[str, str, str]]:
        """Unit, floor and room of every dwelling. Raises Refused."""
        self._require_bounds()
        floors = self._floors()
        if self.units * len(floors) * self.rooms > MOST:
            raise Refused(Refusal.TOO_MANY_ROOMS)
        return [
            (str(unit), str(floor), f"{floor}{room:02d}")
            for unit in range(1, self.units + 1)
            for floor in floors
            for room in range(1, self.rooms + 1)
        ]

    def _floors(self) -> list[int]:
        return [floor for floor in range(self.first_floor, self.last_floor + 1) if floor]

    def _require_bounds(self) -> None:
        """Before anything is counted out: a slip of the keyboard asks for no million floors."""
        longest: Any = House._meta.get_field("building").max_length
        wrong = {
            "building": len(addresses.fold("building", self.building)) > longest,
            "units": not 1 <= self.units <= 99,
            "last_floor": self.first_floor < -9 or self.last_floor > 200 or not self._floors(),
            "rooms": not 1 <= self.rooms <= 99,
        }
        if any(wrong.values()):
            told = {name: "请填写合理的内容。" for name, is_wrong in wrong.items() if is_wrong}
            raise Refused(Refusal.INVALID, told)


@transaction.atomic
def create(community: Community, plan: Plan, *, by: User) -> int:
    """Make the rooms that are not there yet. Returns how many were made. Raises Refused."""
    doors = plan.doors()
    building = addresses.fold("building", plan.building)
    standing = set(community.houses.filter(building=building).values_list("unit", "floor", "room"))
    rooms = [
        House(community=community, building=building, unit=unit, floor=floor, room=room)
        for unit, floor, room in doors
    ]
    for house in rooms:
        house.fold()
    new = [house for house in rooms if not standing & {_door(house), _door_without_floor(house)}]
    insert_absent(new)
    made = community.houses.filter(building=building, created_at__in={house.created_at for house in new})
    record_history(list(made), by=by, why="批量建房")
    return len(made)


def _door(house: House) -> tuple[str, str, str]:
    return (house.unit, house.floor, house.room)


def _door_without_floor(house: House) -> tuple[str, str, str]:
    """How the platform may have named it: a blank floor is the house whose other parts are equal."""
    return (house.unit, "", house.room)
