"""My houses with their members."""

import pytest

from houses.choices import Role
from houses.models import Membership
from residents.models import Consent, User
from tests.api import Program, problem, program_of
from tests.cast import WANG_ID, WANG_PHONE
from tests.factories import HouseFactory
from tests.household import bound, home, li, zhou

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Membership:
    return zhou(HouseFactory())


def test_the_owner_sees_the_house_with_its_members(owner: Membership) -> None:
    wife = li(owner.house, owner)
    answer = program_of(owner).get("/houses/")
    assert answer.status_code == 200, answer.json()
    (house,) = answer.json()["results"]
    assert [member["id"] for member in house["members"]] == [owner.pk, wife.pk]


def test_a_member_is_told_with_what_is_missing(owner: Membership) -> None:
    wife = li(owner.house, owner)
    (_, told) = program_of(owner).get(f"/houses/{owner.house.pk}/").json()["members"]
    assert (told["name"], told["role_name"], told["status"], told["sight"]) == (
        "李梅",
        "妻子",
        "incomplete",
        "full",
    )
    assert told["missing"][:2] == ["民族", "户籍地址"]
    assert (told["may_fill"], told["may_invite"], told["entry"]) == (True, True, None)
    assert told["person"] == str(wife.resident_id)


def test_a_member_is_told_with_the_open_entry(owner: Membership) -> None:
    wife = li(owner.house, owner)
    entry = home(owner).draft(wife.pk, {"job_title": "护士"})
    (_, told) = program_of(owner).get(f"/houses/{owner.house.pk}/").json()["members"]
    assert told["entry"] == entry.pk


def test_who_is_of_another_camp_is_counted(owner: Membership) -> None:
    tenant = bound(owner.house, Role.TENANT, name="王租", id_number=WANG_ID, phone=WANG_PHONE)
    house = program_of(tenant).get(f"/houses/{owner.house.pk}/").json()
    assert ([member["id"] for member in house["members"]], house["counted"]) == ([tenant.pk], 1)


def test_another_house_does_not_exist(owner: Membership) -> None:
    problem(program_of(owner).get(f"/houses/{HouseFactory().pk}/"), 404, "not_found")


def test_a_page_that_there_is_not_is_none(owner: Membership) -> None:
    problem(program_of(owner).get("/houses/?page=2"), 404, "not_found")


def test_nobody_sees_it_without_a_token(owner: Membership) -> None:
    answer = Program().get("/houses/")
    problem(answer, 401, "unauthenticated")
    assert answer["WWW-Authenticate"] == "Token"


def test_signing_out_everywhere_ends_the_device(owner: Membership) -> None:
    program = program_of(owner)
    User.objects.get(resident=owner.resident).end_sessions()
    problem(program.get("/houses/"), 401, "unauthenticated")


def test_without_the_notice_it_is_said_what_is_owed(owner: Membership) -> None:
    Consent.objects.all().delete()
    problem(program_of(owner).get("/houses/"), 403, "notice_missing")


def test_who_has_not_said_who_they_are_is_asked_to(owner: Membership) -> None:
    User.objects.filter(resident=owner.resident).update(stated_at=None)
    problem(program_of(owner).get("/houses/"), 403, "identity_missing")


def test_an_address_that_is_none_is_a_problem_document(owner: Membership) -> None:
    problem(program_of(owner).get("/nothing/"), 404, "not_found")


def test_the_houses_take_few_queries(owner: Membership, django_assert_max_num_queries: object) -> None:
    li(owner.house, owner)
    program = program_of(owner)
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        program.get("/houses/")
