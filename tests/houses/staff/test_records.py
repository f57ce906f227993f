"""House page, resident page, communities and grid: what stands there, for whom, in how many queries."""

from typing import Any

import pytest
import segno
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from houses.choices import Role
from houses.models import Community, House, StaffRole, Submission
from houses.qr import key_of_room
from residents.models import AccessLog
from tests.factories import CommunityFactory, HouseFactory, MembershipFactory, UserFactory
from tests.pages import full_numbers

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return HouseFactory(building="1", unit="1", floor="1", room="101")


def staff(house: House, role: str) -> Client:
    user = UserFactory(staff=True)
    StaffRole.objects.create(user=user, community=house.community, role=role)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def manager(house: House) -> Client:
    return staff(house, StaffRole.Role.MANAGER)


@pytest.fixture
def wife(house: House) -> Any:
    return MembershipFactory(house=house, role=Role.WIFE, resident__name="李梅", resident__ethnicity="")


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


# -- house -------------------------------------------------------------------------------


def test_a_house_shows_its_members_and_what_they_lack(manager: Client, wife: Any) -> None:
    page = text(manager, f"/staff/houses/{wife.house_id}/")
    assert "李梅" in page and "民族" in page and full_numbers(page) == []


def test_the_reminder_names_what_is_missing_without_numbers(manager: Client, wife: Any) -> None:
    assert "您家 1-1-1-101 还差：李梅 民族。" in text(manager, f"/staff/houses/{wife.house_id}/")


def test_an_empty_house_says_what_to_do(manager: Client, house: House) -> None:
    assert "还没有登记成员" in text(manager, f"/staff/houses/{house.pk}/")


def test_somebody_newly_named_is_told_at_the_house(manager: Client, house: House) -> None:
    waiting = {"status": "waiting", "submitted_at": timezone.now()}
    entry = Submission.objects.create(house=house, author="owner", values={"name": "小周"}, **waiting)
    assert f"/staff/entries/{entry.pk}/" in text(manager, f"/staff/houses/{house.pk}/")


def test_another_offices_house_does_not_exist(manager: Client) -> None:
    assert manager.get(f"/staff/houses/{HouseFactory().pk}/").status_code == 404


def test_a_house_owes_what_is_unknown_and_gets_it(manager: Client, house: House) -> None:
    House.objects.filter(pk=house.pk).update(use=None)
    values = {"use": 1, "ownership": 1, "occupancy": 1, "base_version": house.version}
    manager.post(f"/staff/houses/{house.pk}/edit/", values)
    house.refresh_from_db()
    assert (house.use, house.origin.label("use"), house.history.first().history_user is not None) == (
        1,
        "物业填写",
        True,
    )


def test_a_house_that_moved_on_is_not_overwritten(manager: Client, house: House) -> None:
    values = {"use": 2, "ownership": 1, "occupancy": 1, "base_version": house.version - 1}
    page = manager.post(f"/staff/houses/{house.pk}/edit/", values).content.decode()
    house.refresh_from_db()
    assert "刚被修改过" in page and house.use == 1


def test_a_viewer_reads_and_is_offered_nothing(house: House, wife: Any) -> None:
    page = text(staff(house, StaffRole.Role.VIEWER), f"/staff/houses/{house.pk}/")
    assert "李梅" in page and "新增成员" not in page and "过户" not in page


def test_the_code_of_a_house_is_a_picture(manager: Client, house: House) -> None:
    picture = manager.get(f"/staff/houses/{house.pk}/code.svg")
    assert picture["Content-Type"] == "image/svg+xml" and picture.content.startswith(b"<svg xmlns")


def test_the_code_of_a_house_leads_to_its_door(manager: Client, house: House) -> None:
    address = f"http://testserver{reverse('my:house', args=[key_of_room(house.pk)])}"
    drawn = segno.make_qr(address).svg_inline(scale=6, border=2, lineclass="", svgclass="")
    picture = manager.get(f"/staff/houses/{house.pk}/code.svg").content.decode()
    assert picture.endswith(drawn.removeprefix("<svg"))


# -- resident ----------------------------------------------------------------------------


def test_a_person_is_shown_masked_with_sources(manager: Client, wife: Any) -> None:
    person = wife.resident
    person.origin.note("registered_address", "owner")
    person.save()
    page = text(manager, f"/staff/residents/{person.pk}/")
    assert "业主填写" in page and full_numbers(page) == [] and "还差：民族" in page


def test_a_reveal_shows_the_number_and_leaves_a_row(manager: Client, wife: Any) -> None:
    address = f"/staff/residents/{wife.resident_id}/reveal/"
    part = manager.post(
        address, {"field": "id_number", "reason": "核对证件"}, headers={"HX-Request": "true"}
    ).content.decode()
    assert wife.resident.id_number in part
    assert AccessLog.objects.get().reason == "核对证件"
    assert "核对证件" in text(manager, f"/staff/residents/{wife.resident_id}/")


def test_a_reveal_without_a_reason_shows_nothing(manager: Client, wife: Any) -> None:
    answer = manager.post(f"/staff/residents/{wife.resident_id}/reveal/", {"field": "id_number"})
    assert answer.status_code == 400 and full_numbers(answer.content.decode()) == []
    assert not AccessLog.objects.exists()


@pytest.mark.parametrize("field", ["is_petitioner", "upstream", "name", ""])
def test_only_what_is_masked_can_be_revealed(manager: Client, wife: Any, field: str) -> None:
    address = f"/staff/residents/{wife.resident_id}/reveal/"
    answer = manager.post(address, {"field": field, "reason": "核对证件"})
    assert full_numbers(answer.content.decode()) == []


def test_a_viewer_may_not_reveal(house: House, wife: Any) -> None:
    viewer = staff(house, StaffRole.Role.VIEWER)
    answer = viewer.post(f"/staff/residents/{wife.resident_id}/reveal/", {"field": "phone", "reason": "x"})
    assert answer.status_code == 403


# -- communities -------------------------------------------------------------------------


def test_rooms_are_made_and_stand_in_the_grid(manager: Client, house: House) -> None:
    values = {"building": "2号楼", "units": 1, "first_floor": 1, "last_floor": 3, "rooms": 2}
    answer = manager.post(f"/staff/communities/{house.community_id}/rooms/", values, follow=True)
    assert "新建 6 套房屋" in answer.content.decode()
    assert "302" in text(manager, f"/staff/grid/{house.community_id}/?building=2")


def test_too_many_rooms_are_refused_at_the_form(manager: Client, house: House) -> None:
    values = {"building": "2", "units": 99, "first_floor": 1, "last_floor": 99, "rooms": 9}
    page = manager.post(f"/staff/communities/{house.community_id}/rooms/", values).content.decode()
    assert "一次最多建 2000 套房屋" in page and House.objects.count() == 1


def test_the_system_administrator_names_what_a_sync_brought(client: Client) -> None:
    client.force_login(UserFactory(staff=True, is_superuser=True))
    unknown = Community.objects.create(platform_code="77")
    assert "平台编号 77" in text(client, "/staff/communities/")
    client.post(f"/staff/communities/{unknown.pk}/confirm/", {"name": "文化里"})
    unknown.refresh_from_db()
    assert (unknown.name, unknown.confirmed_at is not None) == ("文化里", True)


def test_a_manager_does_not_name_communities(manager: Client, house: House) -> None:
    address = f"/staff/communities/{house.community_id}/confirm/"
    assert manager.post(address, {"name": "文化里"}).status_code == 403


# -- grid --------------------------------------------------------------------------------


def test_a_cell_shows_what_needs_doing_most(manager: Client, wife: Any, house: House) -> None:
    MembershipFactory(house=house, activated=True)
    page = text(manager, f"/staff/grid/{house.community_id}/")
    assert "cell-incomplete" in page and "2人" in page and "李梅：还差 民族" in page


def test_floors_stand_above_each_other(manager: Client, house: House) -> None:
    for floor in ("2", "10"):
        HouseFactory(community=house.community, floor=floor, room=f"{floor}01")
    page = text(manager, f"/staff/grid/{house.community_id}/")
    assert page.index(">1001<") < page.index(">201<") < page.index(">101<")


def test_a_filter_fades_the_other_cells(manager: Client, wife: Any, house: House) -> None:
    page = text(manager, f"/staff/grid/{house.community_id}/?state=activated")
    assert "cell-incomplete faded" in page


def test_another_offices_grid_does_not_exist(manager: Client) -> None:
    assert manager.get(f"/staff/grid/{CommunityFactory().pk}/").status_code == 404


@pytest.mark.parametrize("page", ["/staff/", "/staff/grid/{0}/", "/staff/houses/{1}/", "/staff/communities/"])
def test_queries_do_not_grow(
    manager: Client, house: House, page: str, django_assert_max_num_queries: Any
) -> None:
    for n in range(30):
        home = HouseFactory(community=house.community, floor=str(n + 2), room=f"{n + 2}01")
        MembershipFactory(house=home)
        MembershipFactory(house=house)
    with django_assert_max_num_queries(20):
        text(manager, page.format(house.community_id, house.pk))
