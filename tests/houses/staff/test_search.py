"""One box in the header: whoever is meant is found, within the office's communities only."""

from typing import Any

import pytest
from django.test import Client

from houses.models import StaffRole
from tests.factories import HouseFactory, MembershipFactory, UserFactory
from tests.pages import full_numbers

pytestmark = pytest.mark.django_db
PHONE, NUMBER = "13800000001", "110105198003070012"


@pytest.fixture
def home() -> Any:
    return HouseFactory(building="1", unit="1", floor="1", room="101")


@pytest.fixture
def clerk(client: Client, home: Any) -> Client:
    user = UserFactory(staff=True)
    StaffRole.objects.create(user=user, community=home.community, role=StaffRole.Role.CLERK)
    client.force_login(user)
    return client


@pytest.fixture
def fu(home: Any) -> Any:
    return MembershipFactory(
        house=home, resident__name="付钰", resident__phone=PHONE, resident__id_number=NUMBER
    )


def hits(client: Client, text: str, **extra: Any) -> str:
    return client.post("/staff/search/", {"q": text}, **extra).content.decode()


@pytest.mark.parametrize("typed", ["付钰", "付", "fuyu", "fy", "FY", "0012", NUMBER, PHONE, "138 0000 0001"])
def test_a_person_is_found(clerk: Client, fu: Any, typed: str) -> None:
    assert "付钰" in hits(clerk, typed)


@pytest.mark.parametrize("typed", ["1-1-101", "1-1-1-101", "101", "1号楼-1单元-101室"])
def test_a_room_is_found(clerk: Client, fu: Any, typed: str) -> None:
    assert f"/staff/houses/{fu.house_id}/" in hits(clerk, typed)


def test_results_come_as_one_types_without_the_frame(clerk: Client, fu: Any) -> None:
    page = hits(clerk, "fy", headers={"HX-Request": "true"})
    assert "付钰" in page and "<html" not in page


def test_a_full_number_comes_back_in_no_address_and_no_hit(clerk: Client, fu: Any) -> None:
    page = hits(clerk, NUMBER, headers={"HX-Request": "true"})
    assert full_numbers(page) == []


def test_another_offices_people_are_not_found(clerk: Client) -> None:
    MembershipFactory(resident__name="付钰", resident__phone=PHONE)
    assert "没有找到" in hits(clerk, "付钰") and "没有找到" in hits(clerk, PHONE)


def test_twenty_come_first(clerk: Client, home: Any) -> None:
    for _ in range(21):
        MembershipFactory(house=home, resident__name="王梅")
    page = hits(clerk, "wm")
    assert page.count('class="hit"') == 20 and "只显示前 20 条" in page


def test_an_empty_box_explains_itself(clerk: Client) -> None:
    assert "按回车" in clerk.get("/staff/search/").content.decode()
    assert hits(clerk, " ", headers={"HX-Request": "true"}).strip() == ""


def test_queries_do_not_grow_with_the_hits(
    clerk: Client, home: Any, django_assert_max_num_queries: Any
) -> None:
    for _ in range(25):
        MembershipFactory(house=home, resident__name="王梅")
    with django_assert_max_num_queries(16):
        hits(clerk, "wm")
