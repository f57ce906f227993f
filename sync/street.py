"""The houses that stand at the addresses of a set, and the doors through which its answers enter."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from houses.models import Community, House

# platform code, building, unit, floor, room
Address = tuple[str, ...]


def standing(
    communities: dict[str, Community], addresses: Collection[Address]
) -> Iterator[tuple[Address, int]]:
    """The houses in the buildings and with the room numbers of these addresses."""
    if not addresses:
        return
    near = House.objects.filter(
        community__in=[community.pk for community in communities.values()],
        building__in={address[1] for address in addresses},
        room__in={address[4] for address in addresses},
    )
    parts = ("community__platform_code", "building", "unit", "floor", "room")
    for pk, *address in near.order_by("pk").values_list("pk", *parts):
        yield tuple(address), pk


@dataclass
class Door:
    """A house (0 before it is inserted) at its address, and the floor by which it is found by now."""

    address: Address
    house: int
    floor: str


class Street:
    """Houses by their address; a blank floor matches the one house whose other parts are equal."""

    def __init__(self, communities: dict[str, Community], addresses: Collection[Address]) -> None:
        self._doors: dict[Address, list[Door]] = defaultdict(list)
        for address, pk in standing(communities, addresses):
            self._open(address, pk)

    def enter(self, address: Address) -> Door:
        """The door of this address, a new one where there is none. Whoever states the floor of a blank
        one settles it: the next floor is another house."""
        floor = address[3]
        door = self._find(address) or self._open(address, 0)
        door.floor = door.floor or floor
        return door

    def _find(self, address: Address) -> Door | None:
        code, building, unit, floor, room = address
        near = self._doors.get((code, building, unit, room), [])
        exact = next((door for door in near if door.floor == floor), None)
        alone = near[0] if len(near) == 1 else None
        return exact or (alone if alone and "" in (floor, alone.floor) else None)

    def _open(self, address: Address, house: int) -> Door:
        code, building, unit, floor, room = address
        door = Door(address, house, floor)
        self._doors[(code, building, unit, room)].append(door)
        return door
