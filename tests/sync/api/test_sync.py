"""同步安防数据 in the mini-program: what came of it, and what is refused."""

from typing import Any

import pytest
from django.core.cache import cache

from houses.family import Family
from houses.identity import unlink
from houses.models import Membership
from residents.exceptions import Refusal
from residents.models import Consent, User
from sync.models import SyncItem, SyncRun
from sync.wording import ADVICE, why
from tests.api import Program, problem
from tests.attackers import account
from tests.cast import CHEN_ID, LI, LI_ID, LI_PHONE, ZHOU_ID, ZHOU_PHONE, lis, person, zhous
from tests.factories import FindingFactory, UserFactory
from tests.household import fresh

START, LAST = "/sync/", "/sync/last/"
NEW = "同步完成：新增 1 套房屋，新增 2 名成员。还差的内容请在下面补全。"


@pytest.fixture
def zhou(platform: Any) -> User:
    platform.answers[ZHOU_PHONE] = zhous(LI)
    return account(ZHOU_PHONE, "老周", ZHOU_ID)


def again(program: Program) -> Any:
    """A minute later."""
    cache.clear()
    return program.post(START)


# -- a result ------------------------------------------------------------------------------


def test_an_owner_hears_what_is_new(zhou: User) -> None:
    answer = Program(zhou).post(START)
    assert (answer.status_code, answer["Location"]) == (201, "/api/v1/sync/last/")
    assert answer.json() == {
        "outcome": "created",
        "cause": "",
        "sentence": NEW,
        "new_houses": 1,
        "new_members": 2,
    }


def test_the_house_is_there_afterwards(zhou: User) -> None:
    program = Program(zhou)
    program.post(START)
    (house,) = program.get("/houses/").json()["results"]
    assert [member["name"] for member in house["members"]] == ["老周", "李梅"]


def test_the_same_answer_again_changes_nothing_and_says_so(zhou: User) -> None:
    program = Program(zhou)
    program.post(START)
    told = again(program).json()
    assert (told["outcome"], told["sentence"]) == ("unchanged", "同步完成：与上次相同，没有改动。")


def test_a_phone_that_the_platform_does_not_know_is_a_result(platform: Any) -> None:
    answer = Program(account("13800000088", "陈新", CHEN_ID)).post(START)
    told = answer.json()
    assert (answer.status_code, told["outcome"], told["cause"]) == (201, "not_found", "")
    assert "没有登记您的手机号" in told["sentence"]


def test_a_platform_that_fails_is_a_result_with_what_helps(zhou: User, platform: Any) -> None:
    platform.fault = "j3-gbk"
    answer = Program(zhou).post(START)
    told = answer.json()
    assert (answer.status_code, told["outcome"], told["sentence"]) == (201, "failed", ADVICE[told["cause"]])
    assert not Membership.objects.exists()


def test_a_platform_that_is_away_is_a_result(zhou: User, settings: Any) -> None:
    settings.PLATFORM_TOKEN_URL = settings.PLATFORM_LOOKUP_URL = "http://127.0.0.1:9/"
    told = Program(zhou).post(START).json()
    assert (told["outcome"], told["cause"], told["new_houses"]) == ("failed", "unavailable", 0)


def test_only_the_own_phone_is_asked(zhou: User, platform: Any) -> None:
    program = Program(zhou)
    problem(program.post(START, {"phone": "13800000099"}), 422, "invalid", "phone")
    assert not platform.requests
    program.post(START)
    assert {request.phone for request in platform.requests} == {"", ZHOU_PHONE}


# -- a refusal -----------------------------------------------------------------------------


def test_once_a_minute_and_it_is_said_how_long_to_wait(zhou: User) -> None:
    Program(zhou).post(START)
    answer = Program(zhou).post(START)
    problem(answer, 429, "sync_too_soon")
    assert answer["Retry-After"] == "60" and SyncRun.objects.count() == 1


def test_somebody_elses_answer_shows_nothing_and_says_where_to_go(zhou: User, platform: Any) -> None:
    platform.answers[ZHOU_PHONE] = person("陈新", CHEN_ID, ZHOU_PHONE)
    answer = Program(zhou).post(START)
    assert "到物业" in problem(answer, 422, "identity_mismatch")["detail"]
    assert "陈新" not in answer.content.decode() and not Membership.objects.exists()


def test_while_the_number_is_in_question_nobody_is_linked(zhou: User) -> None:
    program = Program(zhou)
    program.post(START)
    unlinked(zhou)
    FindingFactory(code="id_shared", membership=None, resident=owner(), field="id_number")
    problem(again(program), 409, "link_blocked")
    assert fresh(zhou).resident is None


def test_a_person_who_has_an_account_gets_no_second_one(zhou: User) -> None:
    program = Program(zhou)
    program.post(START)
    unlinked(zhou)
    User.objects.filter(pk=UserFactory().pk).update(resident=owner())
    problem(again(program), 409, "already_linked")


def owner() -> Any:
    return Membership.objects.get(resident__name="老周").resident


def unlinked(user: User) -> None:
    User.objects.filter(pk=user.pk).update(resident=None)


def test_who_did_not_say_who_it_is_asks_nothing(platform: Any) -> None:
    program = Program(account(ZHOU_PHONE))
    problem(program.post(START), 403, "identity_missing")
    problem(program.get(LAST), 403, "identity_missing")
    assert not SyncRun.objects.exists()


def test_nobody_asks_without_a_token(platform: Any) -> None:
    problem(Program().post(START), 401, "unauthenticated")
    problem(Program().get(LAST), 401, "unauthenticated")


# -- the last result -----------------------------------------------------------------------


def test_the_last_result_is_there_to_be_read(zhou: User) -> None:
    program = Program(zhou)
    program.post(START)
    told = program.get(LAST).json()
    assert (told["outcome"], told["cause"]) == ("created", "")
    assert told["sentence"] == "最近一次同步已经完成，资料以现在显示的为准。"
    assert told["finished_at"].endswith("+08:00")


def test_the_newest_one_counts(zhou: User) -> None:
    program = Program(zhou)
    program.post(START)
    again(program)
    assert program.get(LAST).json()["outcome"] == "unchanged"


def test_who_never_asked_has_none(zhou: User) -> None:
    problem(Program(zhou).get(LAST), 404, "not_found")


def test_anothers_result_is_nobody_elses(zhou: User, platform: Any) -> None:
    Program(zhou).post(START)
    platform.answers[LI_PHONE] = lis()
    problem(Program(account(LI_PHONE, "李梅", LI_ID)).get(LAST), 404, "not_found")


def test_what_the_office_asked_for_this_phone_is_not_the_accounts(zhou: User) -> None:
    run = SyncRun.objects.create(started_by=UserFactory(staff=True))
    SyncItem.objects.create(run=run, phone=ZHOU_PHONE, outcome=SyncItem.Outcome.CREATED)
    problem(Program(zhou).get(LAST), 404, "not_found")


def test_a_result_of_the_former_phone_is_none_of_the_new_one(zhou: User) -> None:
    Program(zhou).post(START)
    User.objects.filter(pk=zhou.pk).update(phone="13800000055")
    problem(Program(fresh(zhou)).get(LAST), 404, "not_found")


def test_whoever_holds_the_phone_next_reads_nothing_of_before(zhou: User) -> None:
    Program(zhou).post(START)
    unlink(fresh(zhou), "号码换了主人", by=UserFactory(staff=True))
    next_holder = Family(fresh(zhou))
    for kind in (Consent.Kind.NOTICE, Consent.Kind.SENSITIVE):
        next_holder.consent(kind)
    next_holder.state_identity("陈新", CHEN_ID)
    problem(Program(next_holder.user).get(LAST), 404, "not_found")


def test_a_failure_is_told_again(zhou: User, platform: Any) -> None:
    platform.fault = "j3-gbk"
    told = Program(zhou).post(START).json()
    assert Program(zhou).get(LAST).json()["sentence"] == told["sentence"]


def test_a_mismatch_is_told_again_as_that(zhou: User, platform: Any) -> None:
    platform.answers[ZHOU_PHONE] = person("陈新", CHEN_ID, ZHOU_PHONE)
    Program(zhou).post(START)
    told = Program(zhou).get(LAST).json()
    assert (told["outcome"], told["cause"]) == ("failed", "identity_mismatch")
    assert told["sentence"] == Refusal.IDENTITY_MISMATCH.label


def test_what_was_stored_and_linked_nobody_is_no_success(zhou: User) -> None:
    program = Program(zhou)
    program.post(START)
    unlinked(zhou)
    told = program.get(LAST).json()
    assert (told["outcome"], told["cause"]) == ("failed", "link_blocked")


@pytest.mark.parametrize("cause", [*ADVICE, "identity_mismatch", "link_blocked", "already_linked"])
def test_every_cause_says_what_a_resident_can_do(cause: str) -> None:
    assert why(cause).endswith("。")
