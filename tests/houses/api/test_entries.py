"""Entries: what was typed of a member or of somebody new, on its way into the record."""

from typing import Any

import pytest
from django.utils import timezone

from houses.choices import Role
from houses.models import Membership, Submission
from residents.models import Resident
from tests.api import Program, problem, program_of
from tests.cast import WANG_ID, WANG_PHONE, XIAO_ID
from tests.factories import HouseFactory
from tests.household import bound, fresh, home, li, staff, zhou

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Membership:
    return zhou(HouseFactory())


@pytest.fixture
def wife(owner: Membership) -> Membership:
    return li(owner.house, owner)


@pytest.fixture
def program(owner: Membership) -> Program:
    return program_of(owner)


def address(owner: Membership) -> str:
    return f"/houses/{owner.house.pk}/members/"


def returned(owner: Membership, wife: Membership) -> Submission:
    family = home(owner)
    entry = family.submit(family.draft(wife.pk, {"name": "李美"}).pk)
    staff("clerk", owner.house.community).send_back(entry.pk, {"name": "请对照证件"}, "姓名不符")
    return fresh(entry)


# -- somebody new ------------------------------------------------------------------------


def test_somebody_new_is_a_draft_first(program: Program, owner: Membership) -> None:
    answer = program.post(address(owner), {"name": "周小妹", "role": Role.DAUGHTER})
    told = answer.json()
    assert (answer.status_code, told["status"], told["member"], told["name"]) == (
        201,
        "draft",
        None,
        "周小妹",
    )
    assert answer["Location"] == f"/api/v1/entries/{told['id']}/"
    assert program.client.get(answer["Location"]).json() == told


def test_somebody_new_is_handed_in_at_once(program: Program, owner: Membership) -> None:
    told = program.post(address(owner), {"name": "周母", "role": Role.MOTHER, "submit": True}).json()
    row = Membership.objects.get(pk=told["member"])
    assert (told["status"], row.resident.name, row.managed_by) == ("applied", "周母", owner.resident)
    assert {"field": "id_number", "label": "证件号码"} in told["missing"]


def test_a_newborn_without_a_guardian_stays_a_draft(program: Program, owner: Membership) -> None:
    baby = {
        "name": "周小宝",
        "role": Role.SON,
        "birth_date": timezone.localdate().isoformat(),
        "submit": True,
    }
    answer = program.post(address(owner), baby)
    problem(answer, 422, "guardian_consent")
    assert program.client.get(answer["Location"]).json()["needs_guardian"] is True


def test_a_newborn_comes_with_a_guardian(program: Program, owner: Membership) -> None:
    baby = {
        "name": "周小宝",
        "role": Role.SON,
        "id_type": "none",
        "birth_date": timezone.localdate().isoformat(),
        "contact": str(owner.resident_id),
        "submit": True,
        "guardian": True,
    }
    assert program.post(address(owner), baby).json()["status"] == "applied"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "周小妹"}, "role"),
        ({"role": 12}, "name"),
        ({"name": "", "role": 12}, "name"),
        ({"name": "周小妹", "role": 1}, "role"),
        ({"name": "周小妹", "role": None}, "role"),
        ({"name": "周小妹", "role": 12, "is_petitioner": False}, "is_petitioner"),
        ({"name": "周小妹", "role": 12, "membership": 1}, "membership"),
    ],
)
def test_who_it_is_has_to_be_said(program: Program, owner: Membership, body: Any, field: str) -> None:
    problem(program.post(address(owner), body), 422, "invalid", field)
    assert not Submission.objects.exists()


def test_a_member_of_the_family_names_nobody(owner: Membership) -> None:
    son = bound(owner.house, Role.SON, name="小周", id_number=XIAO_ID)
    problem(program_of(son).post(address(owner), {"name": "某某", "role": 13}), 403, "not_allowed")


def test_nobody_is_named_in_anothers_house(program: Program) -> None:
    there = f"/houses/{HouseFactory().pk}/members/"
    problem(program.post(there, {"name": "某某", "role": 13}), 404, "not_found")


def test_somebody_new_is_gone_on_with(program: Program, owner: Membership) -> None:
    entry = program.post(address(owner), {"name": "周小妹", "role": Role.DAUGHTER}).json()
    told = program.patch(f"/entries/{entry['id']}/", {"values": {"phone": "13800000077"}}).json()
    assert told["values"] == {"name": "周小妹", "role": Role.DAUGHTER, "phone": "138****0077"}
    assert told["masked"] == ["phone"]


# -- mine --------------------------------------------------------------------------------


def test_the_open_entries_are_listed(program: Program, owner: Membership, wife: Membership) -> None:
    named = program.post(address(owner), {"name": "周小妹", "role": Role.DAUGHTER}).json()
    about = home(owner).draft(wife.pk, {"employer": "二中"})
    home(owner).submit(home(owner).draft(owner.pk, {"employer": "三中"}).pk)
    listed = program.get("/entries/").json()
    assert [entry["id"] for entry in listed["results"]] == [named["id"], about.pk]


def test_the_list_takes_few_queries(
    program: Program, owner: Membership, wife: Membership, django_assert_max_num_queries: Any
) -> None:
    for name in ("周甲", "周乙", "周丙"):
        home(owner).name_member(owner.house.pk, {"name": name, "role": Role.OTHER})
    home(owner).draft(wife.pk, {"employer": "二中"})
    with django_assert_max_num_queries(6):
        program.get("/entries/")


def test_what_came_back_tells_why(program: Program, owner: Membership, wife: Membership) -> None:
    returned(owner, wife)
    (told,) = program.get("/entries/").json()["results"]
    assert (told["status"], told["note"]) == ("returned", "姓名不符")
    assert told["reasons"] == [{"field": "name", "label": "姓名", "reason": "请对照证件"}]


def test_what_came_back_is_mended_and_handed_in_again(
    program: Program, owner: Membership, wife: Membership
) -> None:
    entry = returned(owner, wife)
    program.patch(f"/entries/{entry.pk}/", {"values": {"name": "李梅", "employer": "二中"}})
    told = program.post(f"/entries/{entry.pk}/submit/").json()
    assert (told["status"], told["reasons"], told["note"]) == ("applied", [], "")


def test_what_was_taken_is_still_read_and_not_changed(
    program: Program, owner: Membership, wife: Membership
) -> None:
    entry = home(owner).submit(home(owner).draft(wife.pk, {"employer": "二中"}).pk)
    assert program.get(f"/entries/{entry.pk}/").json()["status"] == "applied"
    problem(program.patch(f"/entries/{entry.pk}/", {"values": {"employer": "三中"}}), 409, "not_editable")
    problem(program.post(f"/entries/{entry.pk}/submit/"), 409, "not_editable")
    problem(program.delete(f"/entries/{entry.pk}/"), 409, "not_editable")


def test_an_entry_is_given_up(program: Program, owner: Membership, wife: Membership) -> None:
    entry = home(owner).draft(wife.pk, {"employer": "二中"})
    assert program.delete(f"/entries/{entry.pk}/").status_code == 204
    problem(program.get(f"/entries/{entry.pk}/"), 404, "not_found")
    problem(program.delete(f"/entries/{entry.pk}/"), 409, "not_editable")


def test_anothers_entry_does_not_exist(owner: Membership, wife: Membership) -> None:
    entry = home(owner).draft(wife.pk, {"employer": "二中"})
    tenant = bound(owner.house, Role.TENANT, name="王租", id_number=WANG_ID, phone=WANG_PHONE)
    other = program_of(tenant)
    for answer in (
        other.get(f"/entries/{entry.pk}/"),
        other.patch(f"/entries/{entry.pk}/", {"values": {"employer": "三中"}}),
        other.post(f"/entries/{entry.pk}/submit/"),
        other.delete(f"/entries/{entry.pk}/"),
    ):
        problem(answer, 404, "not_found")


def test_an_entry_about_whom_one_no_longer_fills_for_is_gone(
    program: Program, owner: Membership, wife: Membership
) -> None:
    entry = home(owner).draft(wife.pk, {"employer": "二中"})
    Resident.objects.filter(pk=wife.resident_id).update(self_managed_since=timezone.now())
    problem(program.get(f"/entries/{entry.pk}/"), 404, "not_found")


def test_what_is_wrong_in_a_change_is_told_at_its_field(
    program: Program, owner: Membership, wife: Membership
) -> None:
    entry = home(owner).draft(wife.pk, {"employer": "二中"})
    problem(program.patch(f"/entries/{entry.pk}/", {"values": {"sex": 9}}), 422, "invalid", "sex")
    problem(program.patch(f"/entries/{entry.pk}/", {"values": {}, "guardian": 1}), 422, "invalid", "guardian")
    assert fresh(entry).values == {"employer": "二中"}


def test_a_value_is_taken_back(program: Program, owner: Membership, wife: Membership) -> None:
    entry = home(owner).draft(wife.pk, {"employer": "二中"})
    told = program.patch(f"/entries/{entry.pk}/", {"values": {"employer": None}}).json()
    assert told["values"] == {"employer": None}
