"""By match, by invitation, by application: what the mini-program tells, and what it does not."""

from typing import Any

import pytest

from houses.choices import Role
from houses.family import Family
from houses.models import House, Request
from houses.qr import key_of_room
from residents.models import Attempt, Resident, User
from tests.api import Program, problem
from tests.attackers import SECRETS, Home, account, chens_home, sees_nothing, stranger, zhous_home
from tests.cast import CHEN_ID, LI_ID, LI_PHONE, WANG_ID, WANG_PHONE
from tests.factories import CommunityFactory, FindingFactory, HouseFactory, id_number
from tests.household import everything, fresh

pytestmark = pytest.mark.django_db

MATCH, CONFIRM, CONFIRMABLE = "/bindings/match/", "/bindings/confirm/", "/bindings/confirmable/"
INVITATION, APPLICATIONS = "/bindings/invitation/", "/bindings/applications/"
SUBMITTED = {"detail": "已提交，等待业主或物业确认。", "confirmable": []}
NOBODYS_ID = id_number(77, born="19700101")


@pytest.fixture
def home() -> Home:
    return zhous_home()


@pytest.fixture
def wife(home: Home) -> User:
    """Her record holds the phone with which she signed in."""
    return account(LI_PHONE, "李梅", LI_ID)


@pytest.fixture
def thief(home: Home) -> User:
    """Who knows 李梅's name and number."""
    return stranger("李梅", LI_ID)


@pytest.fixture
def newcomer(home: Home) -> User:
    return stranger("陈新", CHEN_ID)


def nobody() -> User:
    return account("13800000019", "没有人", NOBODYS_ID)


def tells_nobody(answer: Any) -> bool:
    return not [secret for secret in SECRETS if secret in answer.content.decode()]


# -- by match ------------------------------------------------------------------------------


def test_a_match_and_no_match_are_answered_alike_byte_for_byte(thief: User) -> None:
    there, nowhere = (Program(user).post(MATCH) for user in (thief, nobody()))
    assert Request.objects.count() == 1
    assert (there.status_code, there.json()) == (202, SUBMITTED)
    assert there.content == nowhere.content and dict(there.items()) == dict(nowhere.items())


def test_a_match_and_no_match_leave_the_same_lists(thief: User) -> None:
    programs = [Program(thief), Program(nobody())]
    for program in programs:
        program.post(MATCH)
    for path in (CONFIRMABLE, "/requests/", "/requests/asked/", "/houses/"):
        there, nowhere = (program.get(path).content for program in programs)
        assert there == nowhere


def test_an_application_after_a_match_is_told_as_if_there_had_been_none(home: Home, thief: User) -> None:
    program = Program(thief)
    elsewhere = program.post(APPLICATIONS, where(HouseFactory())).json()
    program.post(MATCH)
    there = program.post(APPLICATIONS, where(home.house)).json()
    assert there["id"] > Request.objects.get(quiet=True).pk > elsewhere["id"]
    assert there["asked_at"] > elsewhere["asked_at"]
    own = ("id", "about", "asked_at")
    assert without(there, *own) == without(elsewhere, *own)


def test_an_application_takes_the_place_of_a_match_and_is_left_to_the_office(home: Home, thief: User) -> None:
    Program(thief).post(MATCH)
    Program(thief).post(APPLICATIONS, where(home.house))
    quiet, asked = Request.objects.order_by("pk")
    assert (quiet.status, asked.status, asked.office_only) == ("closed", "open", True)
    assert not home.family.requests.exists()


def test_whose_phone_the_record_holds_may_confirm(home: Home, wife: User) -> None:
    answer = Program(wife).post(MATCH).json()
    known = {"community": str(home.house.community), "address": home.house.address, "role": 4}
    assert answer["confirmable"] == [{"member": home.wife.pk, **known}]
    assert Program(wife).get(CONFIRMABLE).json()["results"] == answer["confirmable"]


def test_searches_have_a_daily_limit_and_say_when_they_are_free_again(wife: User) -> None:
    for _ in range(Attempt.LIMITS[Attempt.Kind.MATCH]):
        Attempt.spend(wife, Attempt.Kind.MATCH)
    answer = Program(wife).post(MATCH)
    problem(answer, 429, "too_many")
    assert 0 < int(answer["Retry-After"]) <= 24 * 3600 + 1


def test_a_search_takes_no_name_of_somebody(thief: User) -> None:
    problem(Program(thief).post(MATCH, {"name": "李梅"}), 422, "invalid", "name")


def test_who_did_not_say_who_it_is_gets_nothing(home: Home) -> None:
    program = Program(account("13800000019"))
    for path in (MATCH, CONFIRM, INVITATION, APPLICATIONS):
        problem(program.post(path), 403, "identity_missing")
    for path in (CONFIRMABLE, "/communities/"):
        problem(program.get(path), 403, "identity_missing")


# -- 这是我家 --------------------------------------------------------------------------------


def test_who_confirms_is_bound_and_activated(home: Home, wife: User) -> None:
    answer = Program(wife).post(CONFIRM, {"member": home.wife.pk})
    house = {"house": home.house.pk, "community": str(home.house.community), "address": home.house.address}
    assert (answer.status_code, answer.json()) == (
        200,
        {"member": home.wife.pk, **house, "status": "activated", "missing": []},
    )


def test_who_confirms_with_a_gap_is_told_what_is_missing(home: Home, wife: User) -> None:
    Resident.objects.filter(pk=home.wife.resident_id).update(ethnicity="")
    answer = Program(wife).post(CONFIRM, {"member": home.wife.pk}).json()
    assert (answer["status"], answer["missing"]) == ("incomplete", ["民族"])


@pytest.mark.parametrize("whose", ["owner", "wife", "son", "tenant"])
def test_what_is_not_ones_own_is_not_there_to_confirm(home: Home, thief: User, whose: str) -> None:
    program, before = Program(thief), everything()
    problem(program.post(CONFIRM, {"member": getattr(home, whose).pk}), 404, "not_found")
    assert everything() == before


def test_what_is_bound_is_not_confirmed_again(home: Home) -> None:
    problem(Program(home.owners).post(CONFIRM, {"member": home.owner.pk}), 404, "not_found")


def test_while_the_number_is_in_question_nothing_is_bound(home: Home, wife: User) -> None:
    FindingFactory(code="id_shared", membership=None, resident=home.wife.resident, field="id_number")
    problem(Program(wife).post(CONFIRM, {"member": home.wife.pk}), 409, "link_blocked")
    assert fresh(home.wife).bound_at is None


def test_an_account_that_is_somebody_else_is_not_bound(home: Home, wife: User) -> None:
    User.objects.filter(pk=wife.pk).update(resident=chens_home().resident)
    problem(Program(wife).post(CONFIRM, {"member": home.wife.pk}), 409, "already_linked")


@pytest.mark.parametrize("member", ["1", None, True, 1.5])
def test_a_member_is_told_by_its_number(wife: User, member: object) -> None:
    problem(Program(wife).post(CONFIRM, {"member": member}), 422, "invalid", "member")


# -- by invitation -------------------------------------------------------------------------


@pytest.fixture
def token(home: Home) -> str:
    return home.family.invite(home.wife.pk)[1]


def invited(token: str, last_six: str = LI_ID[-6:]) -> dict[str, str]:
    return {"token": token, "last_six": last_six}


def test_who_is_invited_is_bound_with_any_phone(home: Home, thief: User, token: str) -> None:
    answer = Program(thief).post(INVITATION, invited(token))
    assert (answer.status_code, answer.json()["status"]) == (200, "activated")
    assert fresh(home.wife).bound_at


def test_an_invitation_is_used_once(thief: User, token: str) -> None:
    Program(thief).post(INVITATION, invited(token))
    problem(Program(nobody()).post(INVITATION, invited(token)), 409, "invitation_dead")


def test_an_invitation_that_there_is_not_is_dead(thief: User) -> None:
    problem(Program(thief).post(INVITATION, invited("x" * 32)), 409, "invitation_dead")


def test_the_last_six_are_told_at_their_field_where_they_are_wrong(thief: User, token: str) -> None:
    answer = Program(thief).post(INVITATION, invited(token, "000000"))
    problem(answer, 422, "invitation_digits", "last_six")
    assert tells_nobody(answer)


def test_an_invitation_is_for_the_invited(home: Home, newcomer: User, token: str) -> None:
    answer = Program(newcomer).post(INVITATION, invited(token))
    problem(answer, 422, "identity_mismatch")
    assert tells_nobody(answer) and sees_nothing(newcomer) and fresh(home.wife).bound_at is None


def test_invitations_are_not_tried_out_all_day(thief: User) -> None:
    for _ in range(Attempt.LIMITS[Attempt.Kind.INVITATION]):
        Attempt.spend(thief, Attempt.Kind.INVITATION)
    problem(Program(thief).post(INVITATION, invited("x" * 32)), 429, "too_many")


# -- by application ------------------------------------------------------------------------


def where(there: House, **changes: Any) -> dict[str, Any]:
    """An application for this house, as one types it."""
    parts = {part: getattr(there, part) for part in House.PARTS}
    return {"community": there.community_id, **parts, "role": 2, "text": "租住在这里", **changes}


def without(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


def test_an_application_waits_and_shows_nothing(home: Home, newcomer: User) -> None:
    program = Program(newcomer)
    answer = program.post(APPLICATIONS, where(home.house))
    request = home.family.requests.get()
    assert (request.account, request.role, request.text) == (newcomer, Role.TENANT, "租住在这里")
    assert (answer.status_code, answer.json()["status"]) == (201, "open")
    assert answer["Location"] == f"/api/v1/requests/asked/{request.pk}/"
    assert program.get(f"/requests/asked/{request.pk}/").json() == answer.json()
    assert "老周" not in answer.content.decode() and sees_nothing(newcomer)


def test_an_address_in_any_spelling_is_found(home: Home, newcomer: User) -> None:
    typed = where(home.house, building="１号楼", unit="1单元", room=f"{home.house.room}室")
    assert Program(newcomer).post(APPLICATIONS, without(typed, "floor")).status_code == 201
    assert Request.objects.get().house == home.house


def test_a_house_may_be_told_by_the_key_at_its_door(home: Home, newcomer: User) -> None:
    said = {"room_key": key_of_room(home.house.pk), "role": Role.OTHER, "text": "新来的"}
    assert Program(newcomer).post(APPLICATIONS, said).status_code == 201
    assert Request.objects.get().house == home.house


def test_there_is_no_house_behind_another_key(home: Home, newcomer: User) -> None:
    unknown = HouseFactory(community=CommunityFactory(confirmed_at=None))
    for key in (key_of_room(unknown.pk), key_of_room(2**53), str(home.house.pk), f"{home.house.pk}:x"):
        said = {"room_key": key, "role": Role.OTHER, "text": "新来的"}
        problem(Program(newcomer).post(APPLICATIONS, said), 404, "not_found")


def test_a_house_that_is_not_on_the_books_is_told_neutrally(home: Home, newcomer: User) -> None:
    answer = Program(newcomer).post(APPLICATIONS, where(home.house, room="9999"))
    assert "没有找到这套房屋" in problem(answer, 422, "invalid", "room")["errors"]["room"][0]
    assert not Request.objects.exists()


def test_rooms_are_not_tried_out_one_after_the_other(home: Home, newcomer: User) -> None:
    program = Program(newcomer)
    for number in range(Attempt.LIMITS[Attempt.Kind.APPLY]):
        program.post(APPLICATIONS, where(home.house, room=f"9{number}"))
    for room in (home.house.room, "999"):
        problem(program.post(APPLICATIONS, where(home.house, room=room)), 429, "too_many")
    assert not Request.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ({"role": 1}, ["role"]),
        ({"role": 99}, ["role"]),
        ({"role": "2"}, ["role"]),
        ({"text": " "}, ["text"]),
        ({"text": "我的电话13800000019"}, ["text"]),
        ({"community": 999999}, ["community"]),
        ({"room": ""}, ["room"]),
        ({"room": "1" * 31}, ["room"]),
        ({"room_key": "1:x"}, ["community", "building", "unit", "floor", "room"]),
        ({"resident": 1}, ["resident"]),
    ],
)
def test_what_is_wrong_in_an_application_is_told_at_its_field(
    home: Home, newcomer: User, wrong: dict[str, Any], fields: list[str]
) -> None:
    program, before = Program(newcomer), everything()
    problem(program.post(APPLICATIONS, where(home.house, **wrong)), 422, "invalid", *fields)
    assert everything() == before


def test_an_application_says_which_house(newcomer: User) -> None:
    said = {"role": 2, "text": "租住"}
    problem(Program(newcomer).post(APPLICATIONS, said), 422, "invalid", "community", "room")


def test_a_house_of_an_unconfirmed_community_is_not_applied_for(newcomer: User) -> None:
    house = HouseFactory(community=CommunityFactory(confirmed_at=None))
    problem(Program(newcomer).post(APPLICATIONS, where(house)), 422, "invalid", "community")


def test_the_same_application_again_says_where_the_first_one_is(home: Home, newcomer: User) -> None:
    first = Program(newcomer).post(APPLICATIONS, where(home.house))
    again = Program(newcomer).post(APPLICATIONS, where(home.house, role=13, text="另一个原因"))
    problem(again, 409, "already_asked")
    assert again["Location"] == first["Location"]


def test_anothers_application_is_no_ones_to_know(home: Home, newcomer: User) -> None:
    Program(newcomer).post(APPLICATIONS, where(home.house))
    other = Program(nobody()).post(APPLICATIONS, where(home.house))
    assert other.status_code == 201 and tells_nobody(other)


def test_who_lives_there_does_not_apply(home: Home) -> None:
    problem(Program(home.owners).post(APPLICATIONS, where(home.house)), 409, "already_bound")


def test_who_is_on_the_books_and_who_is_not_are_answered_alike(home: Home) -> None:
    """王租 rents there already, with another phone; 没有人 is nowhere."""
    known, unknown = account("13800000018", "王租", WANG_ID), nobody()
    told = [Program(user).post(APPLICATIONS, where(home.house)).json() for user in (known, unknown)]
    alike = [without(one, "id", "asked_at") for one in told]
    assert alike[0] == alike[1] and WANG_PHONE not in str(told)
    assert [one.office_only for one in Request.objects.order_by("pk")] == [True, False]


# -- 小区 ------------------------------------------------------------------------------------


def test_only_confirmed_communities_are_there_to_choose(home: Home, newcomer: User) -> None:
    CommunityFactory(name="无名小区", confirmed_at=None)
    found = Program(newcomer).get("/communities/").json()["results"]
    community = home.house.community
    assert found == [{"id": community.pk, "name": community.name}]


def test_they_come_by_pages(home: Home, newcomer: User) -> None:
    CommunityFactory()
    first = Program(newcomer).get("/communities/?page_size=1").json()
    assert (first["count"], len(first["results"]), "page=2" in first["next"]) == (2, 1, True)


def test_a_page_that_there_is_not_is_not_found(home: Home, newcomer: User) -> None:
    problem(Program(newcomer).get("/communities/?page=9"), 404, "not_found")


def test_a_locked_account_is_told_that_it_is_locked(home: Home, wife: User) -> None:
    program = Program(wife)
    User.objects.filter(pk=wife.pk).update(locked_at="2026-01-01T00:00Z")
    problem(program.post(CONFIRM, {"member": home.wife.pk}), 403, "account_locked")
    assert not Family(fresh(wife)).scope.houses.exists()
