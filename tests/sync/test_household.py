"""同步安防数据 on an owner's phone: what came of it in plain words, and what to do next."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.cache import cache
from django.db import DatabaseError, connection

from houses.models import Membership
from residents.advice import advise
from residents.exceptions import Refusal
from residents.models import Resident, User
from sync.exceptions import SENTENCES
from sync.merge import Outcome
from sync.models import SyncRun
from sync.own import ask_for_own
from sync.wording import ADVICE, in_words

from ..attackers import account, refused
from ..cast import CHEN_ID, LI, ZHOU_ID, ZHOU_PHONE, person, zhous
from ..factories import FindingFactory, UserFactory
from ..household import fresh
from ..my import door
from .writes import written_table

START = "/my/sync/"


@pytest.fixture
def zhou(platform: Any) -> User:
    platform.answers[ZHOU_PHONE] = zhous(LI)
    return account(ZHOU_PHONE, "老周", ZHOU_ID)


def told(user: User) -> str:
    answer = door(user).post(START)
    assert (answer.status_code, answer["Location"]) == (302, "/my/")
    return "".join(str(message) for message in get_messages(answer.wsgi_request))


def test_an_owner_hears_what_is_new(zhou: User) -> None:
    assert told(zhou) == "同步完成：新增 1 套房屋，新增 2 名成员。还差的内容请在下面补全。"


def test_the_same_answer_again_changes_nothing_and_says_so(zhou: User) -> None:
    ask_for_own(zhou)
    cache.clear()  # a minute later
    assert told(zhou) == "同步完成：与上次相同，没有改动。"


def test_once_a_minute(zhou: User) -> None:
    ask_for_own(zhou)
    with refused("sync_too_soon"):
        ask_for_own(zhou)
    assert SyncRun.objects.count() == 1


def test_the_second_tap_within_a_minute_is_told_to_wait(zhou: User) -> None:
    ask_for_own(zhou)
    assert told(zhou) == "一分钟内只能同步一次，请稍等片刻再试。"


def test_one_accounts_pause_is_not_anothers(zhou: User) -> None:
    ask_for_own(zhou)
    other = account("13800000088", "陈新", CHEN_ID)
    assert "没有登记您的手机号" in told(other)


@pytest.mark.parametrize("table", ["sync_syncrun", "sync_syncitem", "residents_user"])
def test_a_database_that_fails_is_told_with_what_helps(zhou: User, table: str) -> None:
    browser = door(zhou)

    def fail(execute: Any, sql: str, *args: Any) -> Any:
        if written_table(sql) == table:
            raise DatabaseError("refused by the test")
        return execute(sql, *args)

    with connection.execute_wrapper(fail):
        answer = browser.post(START)
    assert [str(message) for message in get_messages(answer.wsgi_request)] == [ADVICE["database"]]


def test_a_link_asks_nothing(zhou: User) -> None:
    assert door(zhou).get(START)["Location"] == "/my/"
    assert not SyncRun.objects.exists()


def test_only_the_own_phone_is_asked(zhou: User, platform: Any) -> None:
    door(zhou).post(START, {"phone": "13800000099", "openid": "x"})
    assert {request.phone for request in platform.requests} == {"", ZHOU_PHONE}
    assert Membership.objects.count() == 2


def test_somebody_elses_answer_shows_nothing_and_says_where_to_go(zhou: User, platform: Any) -> None:
    platform.answers[ZHOU_PHONE] = person("陈新", CHEN_ID, ZHOU_PHONE)
    assert told(zhou) == "填写的信息未能通过核对，请到物业办理。"
    assert not Membership.objects.exists()


def unlinked_since(user: User) -> Resident:
    """The person whom a sync of more than a minute ago linked, and the account no more."""
    ask_for_own(user)
    User.objects.filter(pk=user.pk).update(resident=None)
    cache.clear()
    return Resident.objects.get(name="老周")


def test_while_the_number_is_in_question_the_office_is_named(zhou: User) -> None:
    FindingFactory(code="id_shared", membership=None, resident=unlinked_since(zhou), field="id_number")
    assert told(zhou) == f"{Refusal.LINK_BLOCKED.label}{advise(Refusal.LINK_BLOCKED)}"
    assert fresh(zhou).resident is None


def test_a_person_who_has_an_account_gets_no_second_one(zhou: User) -> None:
    UserFactory(resident=unlinked_since(zhou))
    assert told(zhou) == Refusal.ALREADY_LINKED.label
    assert fresh(zhou).resident is None


def test_who_has_not_said_who_they_are_is_asked_first(platform: Any) -> None:
    assert door(account(ZHOU_PHONE)).post(START)["Location"].startswith("/my/who/")


@pytest.mark.parametrize("cause", SENTENCES)
def test_every_failure_tells_a_resident_what_to_do(cause: str) -> None:
    assert "请" in ADVICE[cause]
    assert in_words(Outcome(ZHOU_PHONE, "failed", cause)) == ADVICE[cause]
