"""Signing in from a mini-program: by a code on the phone, or by WeChat (residents/api/signing_in.py)."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from houses import identity
from houses.models import Membership
from houses.office import Office
from residents.models import Device, SmsCode, User
from residents.sign_in import send_code
from tests.api import Program, problem
from tests.cast import CHEN_PHONE, LI_PHONE, ZHOU_PHONE
from tests.factories import HouseFactory, UserFactory
from tests.household import zhou
from tests.wechat_server import PHONE, SESSION, Wechat

pytestmark = pytest.mark.django_db

OPENID = "o6_bmjrPTlm6_2sgVt7hMZOPfL2M"
Outbox = list[tuple[str, str]]


def account(phone: str = ZHOU_PHONE, **values: Any) -> User:
    return UserFactory(phone=phone, **{"phone_verified_at": timezone.now(), **values})


def ask(phone: str = ZHOU_PHONE) -> Any:
    return Program().post("/auth/sms/", {"phone": phone})


def sms_login(outbox: Outbox, phone: str = ZHOU_PHONE, **sent: Any) -> Any:
    request = ask(phone).json()["request"]
    return Program().post("/auth/sms/login/", {"request": request, "code": outbox[-1][1], **sent})


def by_wechat(**sent: Any) -> Any:
    return Program().post("/auth/wechat/", sent)


def enters(answer: Any) -> dict[str, Any]:
    """The account that the token of this answer opens, as it tells of itself."""
    assert answer.status_code == 201, answer.json()
    program = Program()
    program.carry(answer.json()["token"])
    told: dict[str, Any] = program.get("/me/").json()
    assert told == answer.json()["account"]
    return told


# -- by a code on the phone ----------------------------------------------------------------


def test_a_code_is_sent_and_opens_an_account(outbox: Outbox) -> None:
    answer = sms_login(outbox, device="我的手机")
    assert enters(answer)["phone"] == "138****0001"
    device = Device.objects.get()
    assert (answer.json()["device"], device.name) == (str(device.key), "我的手机")
    assert answer["Cache-Control"] == "no-store"


def test_it_is_told_how_long_to_wait(outbox: Outbox) -> None:
    answer = ask()
    told = answer.json()
    assert (answer.status_code, told["wait_seconds"], told["expires_seconds"]) == (202, 60, 300)


def test_a_known_phone_and_an_unknown_one_are_answered_alike(outbox: Outbox) -> None:
    account()
    told = [ask(phone).json() for phone in (ZHOU_PHONE, LI_PHONE)]
    assert len({(*one, one["wait_seconds"]) for one in told}) == 1 and len(outbox) == 2


def test_who_signs_in_twice_has_two_devices_of_one_account(outbox: Outbox) -> None:
    sms_login(outbox)
    SmsCode.objects.all().delete()
    sms_login(outbox)
    assert (User.objects.count(), Device.objects.count()) == (1, 2)


def test_the_last_signing_in_is_noted(outbox: Outbox) -> None:
    user = account()
    sms_login(outbox)
    user.refresh_from_db()
    assert user.last_login is not None


@pytest.mark.parametrize("phone", ["1380000000", "23800000001", "138****0001", "１３８００００００01", ""])
def test_what_is_no_phone_gets_no_code(outbox: Outbox, phone: str) -> None:
    problem(ask(phone), 422, "invalid", "phone")
    assert outbox == []


def test_a_second_code_within_a_minute_is_refused_with_the_time(outbox: Outbox) -> None:
    ask()
    answer = ask()
    problem(answer, 429, "sms_too_soon", "phone")
    assert answer["Retry-After"] == "60"


def test_a_sixth_code_within_an_hour_is_refused(outbox: Outbox) -> None:
    for _ in range(5):
        ask()
        SmsCode.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    problem(ask(), 429, "sms_too_many", "phone")


def test_a_wrong_code_opens_nothing(outbox: Outbox) -> None:
    request = ask().json()["request"]
    wrong = f"{(int(outbox[-1][1]) + 1) % 10**6:06}"
    problem(
        Program().post("/auth/sms/login/", {"request": request, "code": wrong}), 422, "code_wrong", "code"
    )
    assert not User.objects.exists()


def test_a_code_opens_once(outbox: Outbox) -> None:
    request = ask().json()["request"]
    sent = {"request": request, "code": outbox[-1][1]}
    assert Program().post("/auth/sms/login/", sent).status_code == 201
    problem(Program().post("/auth/sms/login/", sent), 409, "code_dead", "code")


def test_a_code_without_its_request_opens_nothing(outbox: Outbox) -> None:
    ask()
    sent = {"request": "guessed", "code": outbox[-1][1]}
    problem(Program().post("/auth/sms/login/", sent), 409, "code_dead", "code")


def test_a_code_for_something_else_opens_nothing(outbox: Outbox) -> None:
    request = send_code(ZHOU_PHONE, SmsCode.Purpose.CHANGE_NEW, "")
    sent = {"request": request, "code": outbox[-1][1]}
    problem(Program().post("/auth/sms/login/", sent), 409, "code_dead", "code")


@pytest.mark.parametrize("office", [{"is_staff": True}, {"is_superuser": True}])
def test_an_sms_opens_no_office_account(outbox: Outbox, office: dict[str, bool]) -> None:
    account(**office)
    problem(sms_login(outbox), 403, "staff_password")
    assert not Device.objects.exists()


@pytest.mark.parametrize("barred", [{"locked_at": timezone.now()}, {"is_active": False}])
def test_a_locked_account_stays_out(outbox: Outbox, barred: dict[str, Any]) -> None:
    account(**barred)
    problem(sms_login(outbox), 403, "account_locked")
    assert not Device.objects.exists()


def test_a_token_that_is_over_does_not_hinder_signing_in(outbox: Outbox) -> None:
    program = Program()
    program.carry("0" * 64)
    assert program.post("/auth/sms/", {"phone": ZHOU_PHONE}).status_code == 202


@pytest.mark.parametrize("name", ["user", "resident", "phone_verified_at", "openid"])
def test_no_field_but_the_asked_ones_is_taken(outbox: Outbox, name: str) -> None:
    problem(sms_login(outbox, **{name: LI_PHONE}), 422, "invalid", name)


# -- by WeChat -----------------------------------------------------------------------------


def test_an_unknown_wechat_is_asked_for_a_phone(wechat: Wechat) -> None:
    problem(by_wechat(code=wechat.opens(OPENID)), 403, "phone_unverified")
    assert not User.objects.exists()


def test_an_unknown_wechat_with_a_phone_is_an_account(wechat: Wechat) -> None:
    answer = by_wechat(code=wechat.opens(OPENID), phone_code=wechat.gives(ZHOU_PHONE), device="微信")
    told = enters(answer)
    assert (told["phone"], told["wechat"]) == ("138****0001", True)
    user = User.objects.get()
    assert (user.phone, user.wechat_openid, Device.objects.get().name) == (ZHOU_PHONE, OPENID, "微信")


def test_the_account_of_that_phone_is_known_by_it(wechat: Wechat) -> None:
    user = account()
    enters(by_wechat(code=wechat.opens(OPENID), phone_code=wechat.gives(ZHOU_PHONE)))
    assert User.objects.get().pk == user.pk


def test_a_known_wechat_needs_no_phone(wechat: Wechat) -> None:
    account(wechat_openid=OPENID)
    assert enters(by_wechat(code=wechat.opens(OPENID)))["phone"] == "138****0001"
    assert wechat.paths == [SESSION]


def test_the_newest_wechat_of_a_phone_wins(wechat: Wechat) -> None:
    account(wechat_openid="another")
    enters(by_wechat(code=wechat.opens(OPENID), phone_code=wechat.gives(ZHOU_PHONE)))
    assert User.objects.get().wechat_openid == OPENID
    problem(by_wechat(code=wechat.opens("another")), 403, "phone_unverified")


def test_a_known_wechat_is_its_account_whatever_phone_is_sent(wechat: Wechat) -> None:
    account(wechat_openid=OPENID)
    other = account(LI_PHONE)
    told = enters(by_wechat(code=wechat.opens(OPENID), phone_code=wechat.gives(LI_PHONE)))
    other.refresh_from_db()
    assert (told["phone"], other.wechat_openid) == ("138****0001", None)
    assert PHONE not in wechat.paths


@pytest.mark.parametrize("name", ["openid", "wechat_openid", "unionid", "phone", "session_key"])
def test_an_openid_or_phone_of_the_clients_is_refused(wechat: Wechat, name: str) -> None:
    account(wechat_openid=OPENID)
    problem(by_wechat(code="forged", **{name: OPENID}), 422, "invalid", name)
    assert wechat.asked == [] and not Device.objects.exists()


def test_a_code_of_wechats_opens_once(wechat: Wechat) -> None:
    account(wechat_openid=OPENID)
    code = wechat.opens(OPENID)
    enters(by_wechat(code=code))
    problem(by_wechat(code=code), 422, "wechat_wrong")


def test_a_phone_code_of_nobody_opens_nothing(wechat: Wechat) -> None:
    problem(by_wechat(code=wechat.opens(OPENID), phone_code="forged"), 422, "wechat_wrong")
    assert not User.objects.exists()


def test_a_phone_of_elsewhere_opens_nothing(wechat: Wechat) -> None:
    sent = {"code": wechat.opens(OPENID), "phone_code": wechat.gives("61234567", "852")}
    problem(by_wechat(**sent), 422, "invalid", "phone_code")


def test_where_wechat_is_down_one_signs_in_by_sms(wechat: Wechat) -> None:
    wechat.said[SESSION] = {"errcode": -1, "errmsg": "system busy"}
    answer = by_wechat(code="code")
    problem(answer, 503, "wechat_failed")
    assert answer["Retry-After"] == "60"


def test_without_an_app_one_signs_in_by_sms(settings: Any) -> None:
    settings.WECHAT_APP_ID = ""
    problem(by_wechat(code="code"), 503, "wechat_failed")


@pytest.mark.parametrize("known", [OPENID, None], ids=["by WeChat", "by phone"])
@pytest.mark.parametrize(
    ("barred", "code"),
    [
        ({"is_staff": True}, "staff_password"),
        ({"is_superuser": True}, "staff_password"),
        ({"locked_at": timezone.now()}, "account_locked"),
        ({"is_active": False}, "account_locked"),
    ],
)
def test_who_stays_out_by_sms_stays_out_by_wechat(
    wechat: Wechat, known: str | None, barred: dict[str, Any], code: str
) -> None:
    user = account(wechat_openid=known, **barred)
    sent = {"code": wechat.opens(OPENID), "phone_code": wechat.gives(ZHOU_PHONE)}
    problem(by_wechat(**sent), 403, code)
    user.refresh_from_db()
    assert (user.wechat_openid, Device.objects.exists()) == (known, False)


def test_the_session_key_goes_nowhere(wechat: Wechat, caplog: Any, capfd: Any) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = by_wechat(code=wechat.opens(OPENID), phone_code=wechat.gives(ZHOU_PHONE))
    written = caplog.text + "".join(capfd.readouterr()) + answer.content.decode() + str(answer.headers)
    for secret in (wechat.session_key, wechat.secret, wechat.token, OPENID, ZHOU_PHONE):
        assert secret not in written + stored(), secret


def stored() -> str:
    """All that the database holds, sessions and cache included, as it is stored."""
    with connection.cursor() as cursor:
        found = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found.append(str(cursor.fetchall()))
    return "".join(found)


# -- who held the phone before -------------------------------------------------------------


@pytest.fixture
def owner() -> Membership:
    row = zhou(HouseFactory())
    User.objects.filter(resident=row.resident).update(wechat_openid=OPENID)
    return row


def counter() -> Office:
    return Office(UserFactory(staff=True, is_superuser=True))


def test_a_wechat_does_not_survive_a_change_of_phone_at_the_counter(
    wechat: Wechat, owner: Membership
) -> None:
    counter().change_phone(owner.resident.account.pk, CHEN_PHONE, "手机丢失")
    problem(by_wechat(code=wechat.opens(OPENID)), 403, "phone_unverified")


def test_a_wechat_does_not_survive_the_unlinking(wechat: Wechat, owner: Membership) -> None:
    identity.unlink(owner.resident.account, "手机号已换人", by=UserFactory(staff=True))
    problem(by_wechat(code=wechat.opens(OPENID)), 403, "phone_unverified")
