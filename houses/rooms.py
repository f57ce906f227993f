"""批量建房: the rooms of a building at once, so that the grid has its empty cells from the first day."""

from dataclasses import dataclass

from django.db import transaction

from residents.bulk import BATCH, record_history
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
        floors = [floor for floor in range(self.first_floor, self.last_floor + 1) if floor]
        wrong = {
            "units": not 1 <= self.units <= 99,
            "last_floor": not floors or self.last_floor > 200 or self.first_floor < -9,
            "rooms": not 1 <= self.rooms <= 99,
        }
        if any(wrong.values()):
            told = {name: "请填写合理的数目。" for name, is_wrong in wrong.items() if is_wrong}
            raise Refused(Refusal.INVALID, told)
        if self.units * len(floors) * self.rooms > MOST:
            raise Refused(Refusal.TOO_MANY_ROOMS)
        return [
            (str(unit), str(floor), f"{floor}{room:02d}")
            for unit in range(1, self.units + 1)
            for floor in floors
            for room in range(1, self.rooms + 1)
        ]


@transaction.atomic
def create(community: Community, plan: Plan, *, by: User) -> int:
    """Make the rooms that are not there yet. Returns how many were made. Raises Refused."""
    building = addresses.fold("building", plan.building)
    standing = set(community.houses.filter(building=building).values_list("unit", "floor", "room"))
    rooms = [
        House(community=community, building=building, unit=unit, floor=floor, room=room)
        for unit, floor, room in plan.doors()
    ]
    for house in rooms:
        house.fold()
    new = [house for house in rooms if (house.unit, house.floor, house.room) not in standing]
    House.objects.bulk_create(new, batch_size=BATCH, ignore_conflicts=True)
    made = community.houses.filter(building=building, created_at__in={house.created_at for house in new})
    record_history(list(made), by=by, why="批量建房")
    return len(made)
