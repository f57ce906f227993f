"""批量建房 (houses/rooms.py): a building's rooms at once, and nothing of what stands is touched."""

from dataclasses import replace
from typing import Any

import pytest

from houses import rooms
from houses.models import Community, House
from houses.rooms import Plan
from residents.exceptions import Refused
from residents.models import User
from tests.cast import ZHOU_PHONE, zhous
from tests.factories import CommunityFactory, HouseFactory, UserFactory
from tests.household import fresh, refused

pytestmark = pytest.mark.django_db

SMALL = Plan(building="9", units=2, first_floor=1, last_floor=3, rooms=2)


@pytest.fixture
def community() -> Community:
    return CommunityFactory()


@pytest.fixture
def clerk() -> User:
    return UserFactory(staff=True)


def addresses(community: Community) -> list[str]:
    return [house.address for house in community.houses.order_by("pk")]


def test_every_unit_has_every_floor_and_every_floor_its_rooms(community: Community, clerk: User) -> None:
    assert rooms.create(community, SMALL, by=clerk) == 12
    assert addresses(community)[:3] == ["9-1-1-101", "9-1-1-102", "9-1-2-201"]
    assert addresses(community)[-1] == "9-2-3-302"


def test_there_is_no_floor_0_and_rooms_below_ground_are_marked(community: Community, clerk: User) -> None:
    rooms.create(community, replace(SMALL, units=1, first_floor=-1, last_floor=1, rooms=1), by=clerk)
    assert addresses(community) == ["9-1--1--101", "9-1-1-101"]


def test_high_floors_and_many_rooms_are_told_apart(community: Community, clerk: User) -> None:
    rooms.create(community, replace(SMALL, units=1, first_floor=12, last_floor=12, rooms=11), by=clerk)
    assert addresses(community)[-1] == "9-1-12-1211"


@pytest.mark.parametrize("building", ["9号楼", "09", "９栋", " 9 "])
def test_the_building_is_folded(community: Community, clerk: User, building: str) -> None:
    rooms.create(community, replace(SMALL, building=building), by=clerk)
    assert set(community.houses.values_list("building", flat=True)) == {"9"}


def test_a_community_of_one_building_has_no_building_number(community: Community, clerk: User) -> None:
    assert rooms.create(community, replace(SMALL, building=""), by=clerk) == 12


def test_what_stands_is_kept_and_not_counted(community: Community, clerk: User) -> None:
    house = HouseFactory(community=community, building="9", unit="1", floor="1", room="101", use=2)
    assert rooms.create(community, SMALL, by=clerk) == 11
    assert (fresh(house).use, fresh(house).version, house.history.count()) == (2, 1, 1)


def test_a_room_whose_floor_nobody_stated_is_not_made_twice(community: Community, clerk: User) -> None:
    HouseFactory(community=community, building="9", unit="1", floor="", room="101")
    assert rooms.create(community, SMALL, by=clerk) == 11
    assert community.houses.filter(building="9", unit="1", room="101").count() == 1


def test_the_same_plan_again_makes_nothing(community: Community, clerk: User) -> None:
    rooms.create(community, SMALL, by=clerk)
    assert (rooms.create(community, SMALL, by=clerk), House.objects.count()) == (0, 12)


def test_a_larger_plan_makes_the_rest(community: Community, clerk: User) -> None:
    rooms.create(community, SMALL, by=clerk)
    assert rooms.create(community, replace(SMALL, last_floor=4), by=clerk) == 4


def test_the_same_building_of_another_community_is_another(community: Community, clerk: User) -> None:
    rooms.create(CommunityFactory(), SMALL, by=clerk)
    assert rooms.create(community, SMALL, by=clerk) == 12


def test_each_room_has_a_history_row_signed_once(community: Community, clerk: User) -> None:
    for _ in range(2):
        rooms.create(community, SMALL, by=clerk)
    told = House.history.values_list("history_type", "history_user", "history_change_reason")
    assert (told.count(), set(told)) == (12, {("+", clerk.pk, "批量建房")})


def test_the_platform_finds_the_room_that_was_made(community: Community, clerk: User, sync: Any) -> None:
    Community.objects.filter(pk=community.pk).update(platform_code="1")
    rooms.create(fresh(community), replace(SMALL, building="1"), by=clerk)
    sync(ZHOU_PHONE, zhous())
    assert House.objects.count() == 12


# -- refusals ----------------------------------------------------------------------------

WRONG: dict[str, tuple[dict[str, int], str]] = {
    "no unit": ({"units": 0}, "units"),
    "a hundred units": ({"units": 100}, "units"),
    "no room": ({"rooms": 0}, "rooms"),
    "a hundred rooms": ({"rooms": 100}, "rooms"),
    "upside down": ({"first_floor": 3, "last_floor": 1}, "last_floor"),
    "floor 0 only": ({"first_floor": 0, "last_floor": 0}, "last_floor"),
    "higher than any house": ({"last_floor": 201}, "last_floor"),
    "deeper than any house": ({"first_floor": -10}, "last_floor"),
    "endless": ({"last_floor": 10**12}, "last_floor"),
}


@pytest.mark.parametrize(("change", "field"), WRONG.values(), ids=WRONG)
def test_a_plan_beyond_reason_is_refused(
    community: Community, clerk: User, change: dict[str, int], field: str
) -> None:
    with refused("invalid", field):
        rooms.create(community, replace(SMALL, **change), by=clerk)


def test_a_building_number_that_no_column_holds_is_refused(community: Community, clerk: User) -> None:
    with refused("invalid", "building"):
        rooms.create(community, replace(SMALL, building="9" * 31), by=clerk)


def test_2000_rooms_are_one_act_and_2001_are_refused() -> None:
    assert len(Plan("1", units=4, first_floor=1, last_floor=25, rooms=20).doors()) == 2000
    with pytest.raises(Refused) as caught:
        Plan("1", units=29, first_floor=1, last_floor=23, rooms=3).doors()
    assert caught.value.code == "too_many_rooms"


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(Refused) as caught:
        Plan("1", units=0, first_floor=2, last_floor=1, rooms=0).doors()
    assert set(caught.value.fields) == {"units", "last_floor", "rooms"}
