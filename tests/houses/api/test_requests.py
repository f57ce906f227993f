"""申请 in the mini-program: what waits for an answer, how it is answered, and what one asked for."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from houses.choices import Role
from houses.family import Family
from houses.models import Membership, Request
from houses.states import EndReason
from residents.models import User
from tests.api import Program, problem
from tests.attackers import SECRETS, Home, account, at_home, member, person, stranger, zhous_home
from tests.cast import CHEN_ID, CHEN_PHONE, LI_ID
from tests.factories import FindingFactory, HouseFactory, MembershipFactory, UserFactory, id_number
from tests.household import everything, fresh, visitor

pytestmark = pytest.mark.django_db

NEIGHBOURS_ID = id_number(79)
WAITING, ASKED = "/requests/", "/requests/asked/"


@pytest.fixture
def home() -> Home:
    return zhous_home()


@pytest.fixture
def chen() -> User:
    return visitor("陈五", CHEN_ID, CHEN_PHONE)


@pytest.fixture
def asked(home: Home, chen: User) -> Request:
    return Family(chen).apply_for(home.house, Role.TENANT, "租住")


def answer(user: User, request: Request, **said: Any) -> Any:
    return Program(user).post(f"/requests/{request.pk}/answer/", said)


def waiting(user: User) -> Any:
    return Program(user).get(WAITING).json()["results"]


def told(user: User) -> Any:
    return Program(user).get(ASKED).json()["results"]


# -- to answer -----------------------------------------------------------------------------


def test_an_owner_reads_who_wants_what_and_what_a_yes_does(home: Home, asked: Request) -> None:
    (one,) = waiting(home.owners)
    assert (one["id"], one["who"], one["text"]) == (asked.pk, "陈*", "租住")
    assert (one["community"], one["address"]) == (str(home.house.community), home.house.address)
    assert one["wish"] == "申请以“租客”的身份加入您的房屋。"
    assert one["brings"].startswith("同意后，陈* 成为这套房屋的租客")
    assert "陈五" not in str(one) and CHEN_ID not in str(one) and CHEN_PHONE not in str(one)


def test_of_a_member_it_is_said_that_they_will_manage_themselves(home: Home) -> None:
    Family(stranger("李梅", LI_ID)).match()
    (one,) = waiting(home.owners)
    assert "说自己是李梅（妻子）" in one["wish"] and "您不能再查看和修改" in one["brings"]


def test_the_oldest_comes_first(home: Home, asked: Request) -> None:
    second = visitor("陈丫", "110105197506060081", "13800000055")
    Family(second).apply_for(home.house, Role.DAUGHTER, "回家住")
    keys = [one["id"] for one in waiting(home.owners)]
    assert keys == sorted(keys) and keys[0] == asked.pk


def test_a_number_in_a_text_of_old_is_masked(home: Home, asked: Request) -> None:
    Request.objects.update(text=f"电话{CHEN_PHONE}")
    assert waiting(home.owners)[0]["text"] == "电话138****0004"


def test_a_yes_is_one_tap(home: Home, asked: Request) -> None:
    said = answer(home.owners, asked, accept=True)
    result = said.json()
    assert (said.status_code, result["status"], result["reason"]) == (200, "accepted", "业主已确认")
    assert Membership.objects.filter(house=home.house, resident__name="陈五").exists()
    assert not waiting(home.owners)


def test_a_no_has_its_reason(home: Home, asked: Request) -> None:
    for said in ({}, {"reason": ""}, {"reason": "  "}):
        problem(answer(home.owners, asked, accept=False, **said), 422, "reason_missing", "reason")
    assert fresh(asked).status == "open"


def test_a_no_is_told_with_its_reason(home: Home, asked: Request, chen: User) -> None:
    answer(home.owners, asked, accept=False, reason="不认识")
    (one,) = told(chen)
    assert (one["status"], one["reason"], one["answered"]) == ("refused", "不认识", "业主答复")
    assert one["answered_at"] > one["asked_at"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"accept": False, "reason": "电话 13800000001"}, "reason"),
        ({"accept": False, "reason": "是" * 201}, "reason"),
        ({"accept": False, "reason": 1}, "reason"),
        ({"accept": "true"}, "accept"),
        ({"accept": None}, "accept"),
        ({}, "accept"),
        ({"accept": True, "role": 1}, "role"),
    ],
)
def test_what_is_wrong_in_an_answer_is_told_at_its_field(
    home: Home, asked: Request, said: dict[str, Any], field: str
) -> None:
    problem(answer(home.owners, asked, **said), 422, "invalid", field)
    assert fresh(asked).status == "open"


def test_a_request_is_answered_once(home: Home, asked: Request) -> None:
    home.office.answer(asked.pk, accept=False, reason="信息与证件不符")
    problem(answer(home.owners, asked, accept=True), 409, "already_answered")
    assert fresh(asked).answer == "信息与证件不符"


def test_somebody_who_came_on_the_books_elsewhere_is_left_to_the_office(home: Home, asked: Request) -> None:
    MembershipFactory(resident=person("陈五", CHEN_ID, "13700000009"))
    problem(answer(home.owners, asked, accept=True), 404, "not_found")
    assert fresh(asked).status == "open" and not waiting(home.owners)


def test_a_number_that_is_in_question_is_not_linked(home: Home) -> None:
    Family(stranger("李梅", LI_ID)).match()
    FindingFactory(code="id_shared", membership=None, resident=home.wife.resident, field="id_number")
    request = Request.objects.get()
    problem(answer(home.owners, request, accept=True), 409, "link_blocked")
    assert fresh(request).status == "open"


def test_whoever_is_somebody_else_by_now_is_not_taken_in(home: Home) -> None:
    user = stranger("李梅", LI_ID)
    Family(user).match()
    home.office.correct_identity(user.pk, "陈新", CHEN_ID, "核对身份证")
    problem(answer(home.owners, Request.objects.get(), accept=True), 422, "identity_mismatch")


# -- whose it is not -----------------------------------------------------------------------


def neighbour() -> User:
    return at_home(member(HouseFactory(), person("邻居甲", NEIGHBOURS_ID, "13800000061"), Role.SELF))


@pytest.mark.parametrize("who", ["neighbour", "tenant", "wife", "applicant"])
def test_a_request_for_anothers_house_is_not_there(home: Home, asked: Request, chen: User, who: str) -> None:
    """A neighbour, who owns next door, learns nothing of it; nor does who lives here and owns nothing."""
    users = {
        "neighbour": neighbour,
        "tenant": lambda: at_home(home.tenant),
        "wife": lambda: at_home(home.wife),
        "applicant": lambda: chen,
    }
    program = Program(users[who]())
    before = everything()
    said = program.post(f"/requests/{asked.pk}/answer/", {"accept": True})
    problem(said, 404, "not_found")
    assert said.content == program.post("/requests/999999/answer/", {"accept": True}).content
    assert program.get(WAITING).json()["results"] == []
    assert everything() == before


def test_an_application_as_owner_is_the_offices(home: Home, chen: User) -> None:
    request = Family(chen).apply_for(home.house, Role.SELF, "买了这套房")
    assert not waiting(home.owners)
    problem(answer(home.owners, request, accept=True), 404, "not_found")


def test_somebody_elses_request_is_not_there_to_read(home: Home, asked: Request) -> None:
    for user in (home.owners, stranger("陈新", "110105199001010053")):
        program = Program(user)
        one, nowhere = program.get(f"{ASKED}{asked.pk}/"), program.get(f"{ASKED}999999/")
        problem(one, 404, "not_found")
        assert one.content == nowhere.content and program.get(ASKED).json()["count"] == 0


def test_what_a_match_asked_for_is_not_told(home: Home) -> None:
    thief = stranger("李梅", LI_ID)
    Family(thief).match()
    assert told(thief) == []
    problem(Program(thief).get(f"{ASKED}{Request.objects.get().pk}/"), 404, "not_found")


# -- asked ---------------------------------------------------------------------------------


def test_what_one_asked_for_is_there_with_its_state(home: Home, asked: Request, chen: User) -> None:
    (one,) = told(chen)
    asked_at = one.pop("asked_at")
    assert asked_at.endswith("+08:00") and one == {
        "id": asked.pk,
        "kind": "bind",
        "word": "申请加入房屋",
        "about": f"{home.house.community} {home.house.address}",
        "status": "open",
        "text": "租住",
        "reason": "",
        "answered": "",
        "answered_at": None,
    }


def test_one_is_told_as_in_the_list(asked: Request, chen: User) -> None:
    assert Program(chen).get(f"{ASKED}{asked.pk}/").json() == told(chen)[0]


def test_the_newest_comes_first_and_by_pages(asked: Request, chen: User) -> None:
    later = Family(chen).apply_for(HouseFactory(), Role.TENANT, "又租一套")
    first = Program(chen).get(f"{ASKED}?page_size=1").json()
    assert (first["count"], first["results"][0]["id"]) == (2, later.pk)
    assert Program(chen).get(first["next"].partition("/api/v1")[2]).json()["results"][0]["id"] == asked.pk


def test_the_offices_answer_is_told_as_the_offices_and_names_nobody(
    home: Home, asked: Request, chen: User
) -> None:
    home.office.answer(asked.pk, accept=False, reason="信息与证件不符")
    (one,) = told(chen)
    assert (one["answered"], one["reason"]) == ("物业答复", "信息与证件不符")
    assert home.office.user.username not in str(one)


def test_what_closed_by_itself_was_answered_by_nobody(asked: Request, chen: User) -> None:
    Request.objects.all().close("房屋已过户", by=None)
    (one,) = told(chen)
    assert (one["status"], one["reason"], one["answered"]) == ("closed", "房屋已过户", "")


def test_an_end_names_the_member_while_one_sees_them(home: Home) -> None:
    home.family.ask_end(home.wife.pk, "搬走了")
    (one,) = told(home.owners)
    assert (one["kind"], one["about"].endswith("李梅（妻子）"), one["text"]) == ("end", True, "搬走了")


def test_of_a_member_who_is_no_longer_seen_the_name_is_not_told(home: Home) -> None:
    home.family.ask_end(home.wife.pk, "搬走了")
    home.office.end(home.owner.pk, EndReason.MOVED_OUT)
    assert len(told(home.owners)) == 1 and "李梅" not in str(told(home.owners))


def test_what_a_check_wrote_is_for_the_office(home: Home, chen: User) -> None:
    Request.ask(Request.Kind.DISPUTE, chen, resident=home.wife.resident, office_only=True, text="李梅的号码")
    (one,) = told(chen)
    assert (one["kind"], one["text"], one["about"]) == ("dispute", "", "")
    assert not [secret for secret in SECRETS if secret in str(one)]


def test_the_list_takes_the_same_queries_however_long_it_is(
    home: Home, asked: Request, chen: User, django_assert_num_queries: Any
) -> None:
    program = Program(chen)
    with CaptureQueriesContext(connection) as one:
        program.get(ASKED)
    for house in (HouseFactory(), HouseFactory()):
        Family(chen).apply_for(house, Role.TENANT, "租住")
    with django_assert_num_queries(len(one)):
        assert program.get(ASKED).json()["count"] == 3


# -- the gates -----------------------------------------------------------------------------


def test_nobody_reads_or_answers_without_a_token(asked: Request) -> None:
    for path in (WAITING, ASKED, f"{ASKED}{asked.pk}/"):
        problem(Program().get(path), 401, "unauthenticated")
    problem(Program().post(f"/requests/{asked.pk}/answer/", {"accept": True}), 401, "unauthenticated")


def test_who_did_not_say_who_it_is_answers_nothing(asked: Request) -> None:
    program = Program(account("13800000062"))
    problem(program.get(WAITING), 403, "identity_missing")
    problem(program.post(f"/requests/{asked.pk}/answer/", {"accept": True}), 403, "identity_missing")


def test_staff_have_no_way_in(home: Home, asked: Request) -> None:
    problem(Program(UserFactory(staff=True)).get(WAITING), 401, "unauthenticated")
