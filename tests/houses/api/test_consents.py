"""What an account agrees to and takes back in a mini-program (houses/api/consents.py)."""

from typing import Any

import pytest
from django.utils import timezone

from houses.choices import Role
from houses.models import Membership
from residents.models import Consent, Resident, User
from tests.api import Program, problem, program_of
from tests.attackers import Home, zhous_home
from tests.cast import CHEN_PHONE
from tests.factories import HouseFactory, UserFactory
from tests.household import bound, li

pytestmark = pytest.mark.django_db

NOTICE, SENSITIVE, GUARDIAN = Consent.Kind


@pytest.fixture
def fresh() -> Program:
    """Somebody who has just signed in."""
    return Program(UserFactory(phone=CHEN_PHONE, phone_verified_at=timezone.now()))


@pytest.fixture
def home() -> Home:
    return zhous_home()


def listed(program: Program) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = program.get("/me/consents/").json()["results"]
    return found


def standing(program: Program) -> set[str]:
    return {one["kind"] for one in listed(program) if one["stands"]}


@pytest.mark.parametrize("kind", ["notice", "sensitive"])
def test_each_is_given_by_itself(fresh: Program, kind: str) -> None:
    answer = fresh.post("/me/consents/", {"kind": kind, "version": 1})
    told = answer.json()
    assert (answer.status_code, told["kind"], told["version"], told["stands"]) == (201, kind, 1, True)
    assert standing(fresh) == {kind}
    assert [one for one, state in fresh.get("/me/").json()["consents"].items() if state["stands"]] == [kind]


def test_given_twice_it_stands_once(fresh: Program) -> None:
    told = [fresh.post("/me/consents/", {"kind": "notice"}).json() for _ in range(2)]
    assert told[0] == told[1] and len(listed(fresh)) == 1


def test_with_the_notice_the_household_is_open(fresh: Program) -> None:
    problem(fresh.get("/houses/"), 403, "notice_missing")
    fresh.post("/me/consents/", {"kind": "notice"})
    problem(fresh.get("/houses/"), 403, "identity_missing")


def test_what_was_read_in_another_version_is_read_again(fresh: Program) -> None:
    problem(fresh.post("/me/consents/", {"kind": "notice", "version": 2}), 422, "invalid", "version")
    assert listed(fresh) == []


@pytest.mark.parametrize("kind", ["guardian", "all", "", None, 1])
def test_nothing_else_is_agreed_to(fresh: Program, kind: Any) -> None:
    problem(fresh.post("/me/consents/", {"kind": kind}), 422, "invalid", "kind")


def test_an_older_version_does_not_stand(fresh: Program) -> None:
    fresh.post("/me/consents/", {"kind": "notice"})
    Consent.objects.update(version=0)
    assert standing(fresh) == set() and len(listed(fresh)) == 1


def test_it_is_taken_back_and_stays_in_the_list(fresh: Program) -> None:
    fresh.post("/me/consents/", {"kind": "sensitive"})
    assert fresh.delete("/me/consents/sensitive/").status_code == 204
    (one,) = listed(fresh)
    assert (one["stands"], bool(one["withdrawn_at"])) == (False, True)


def test_what_was_not_given_is_not_taken_back(fresh: Program) -> None:
    problem(fresh.delete("/me/consents/sensitive/"), 404, "not_found")


@pytest.mark.parametrize("kind", ["guardian", "all", "%00", "1"])
def test_what_is_no_consent_is_not_found(fresh: Program, kind: str) -> None:
    problem(fresh.delete(f"/me/consents/{kind}/"), 404, "not_found")


def test_the_notice_is_taken_back_and_the_list_stays_open(home: Home) -> None:
    program = program_of(home.owner)
    assert program.delete("/me/consents/notice/").status_code == 204
    assert standing(program) == {"sensitive"}


def test_nobody_elses_are_listed_or_taken_back(home: Home, fresh: Program) -> None:
    assert listed(fresh) == []
    fresh.post("/me/consents/", {"kind": "notice"})
    fresh.delete("/me/consents/notice/")
    assert standing(program_of(home.owner)) == {"notice", "sensitive"}


# -- for a child ---------------------------------------------------------------------------


@pytest.fixture
def child(home: Home) -> Membership:
    return li(home.house, home.owner, id_number="110105201809090010")


def path(row: Membership) -> str:
    return f"/members/{row.pk}/guardian-consent/"


def given(row: Membership) -> bool:
    return Consent.objects.standing().filter(kind=GUARDIAN, child=row.resident).exists()


def test_a_guardian_agrees_for_one_child(home: Home, child: Membership) -> None:
    answer = program_of(home.owner).post(path(child))
    told = answer.json()
    assert (answer.status_code, told["kind"], told["member"]) == (201, "guardian", child.pk)
    assert given(child) and not given(home.wife)


def test_and_takes_it_back(home: Home, child: Membership) -> None:
    program = program_of(home.owner)
    program.post(path(child))
    assert program.delete(path(child)).status_code == 204 and not given(child)
    problem(program.delete(path(child)), 404, "not_found")


def test_also_when_the_child_moved_away_or_the_notice_is_taken_back(home: Home, child: Membership) -> None:
    program = program_of(home.owner)
    program.post(path(child))
    child.end("moved_out")
    program.delete("/me/consents/notice/")
    assert [one["member"] for one in listed(program) if one["kind"] == "guardian"] == [None]
    assert program.delete(path(child)).status_code == 204 and not given(child)


def test_giving_is_behind_the_notice(home: Home, child: Membership) -> None:
    program = program_of(home.owner)
    program.delete("/me/consents/notice/")
    problem(program.post(path(child)), 403, "notice_missing")


def test_nobody_is_the_own_guardian(home: Home) -> None:
    problem(program_of(home.owner).post(path(home.owner)), 422, "guardian_consent")


def test_for_who_manages_oneself_nobody_agrees(home: Home, child: Membership) -> None:
    Resident.objects.filter(pk=child.resident_id).update(self_managed_since=timezone.now())
    problem(program_of(home.owner).post(path(child)), 403, "self_managed")


def test_a_member_whom_one_does_not_fill_for_is_not_ones_child(home: Home, child: Membership) -> None:
    brother = bound(home.house, Role.SON, name="小周", id_number="110105200505050013")
    problem(program_of(brother).post(path(child)), 403, "not_allowed")


@pytest.mark.parametrize("method", ["post", "delete"])
def test_the_child_of_another_house_is_none(home: Home, child: Membership, method: str) -> None:
    program_of(home.owner).post(path(child))
    neighbour = bound(HouseFactory(), Role.SELF, name="邻居甲")
    problem(program_of(neighbour).send(method, path(child)), 404, "not_found")
    assert given(child)


def test_without_a_token_there_is_none_of_it(child: Membership) -> None:
    for method, where in (("get", "/me/consents/"), ("post", "/me/consents/"), ("delete", path(child))):
        problem(Program().send(method, where), 401, "unauthenticated")


def test_locked_there_is_none_of_it(home: Home) -> None:
    program = program_of(home.owner)
    User.objects.update(locked_at=timezone.now())
    problem(program.get("/me/consents/"), 403, "account_locked")
