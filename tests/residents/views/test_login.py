"""登录: a phone, a code, and the way back to where one wanted to go (views/login.py)."""

from datetime import timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from residents.exceptions import Refusal
from residents.models import SmsCode, User
from residents.models.sms_code import TRIES
from tests.cast import LI_PHONE, ZHOU_PHONE
from tests.factories import UserFactory
from tests.my import door
from tests.pages import english, full_numbers, visible

from .signing import Outbox, another, last_code, signed_in

pytestmark = pytest.mark.django_db

LOGIN, CODE = "/my/login/", "/my/login/code/"


@pytest.fixture(autouse=True)
def _sent(outbox: Outbox) -> None:
    """All codes go to the outbox."""


@pytest.fixture
def visitor() -> Client:
    return Client()


def ask(client: Client, phone: str = ZHOU_PHONE, **more: Any) -> Any:
    return client.post(LOGIN, {"phone": phone, **more})


def type_code(client: Client, code: str, **more: Any) -> Any:
    return client.post(CODE, {"code": code, **more})


def wait_a_minute() -> None:
    SmsCode.objects.update(created_at=timezone.now() - timedelta(minutes=2))


# -- in ----------------------------------------------------------------------------------


def test_a_code_is_sent_and_asked_for(visitor: Client, outbox: Outbox) -> None:
    assert ask(visitor, "138 0000 0001")["Location"] == CODE
    assert outbox == [(ZHOU_PHONE, last_code(outbox))]
    page = visible(visitor.get(CODE).content.decode())
    assert "138****0001" in page and ZHOU_PHONE not in page


def test_the_right_code_signs_in(visitor: Client, outbox: Outbox) -> None:
    ask(visitor)
    assert type_code(visitor, last_code(outbox))["Location"] == "/my/"
    user = signed_in(visitor)
    assert user is not None and (user.phone, user.resident) == (ZHOU_PHONE, None)


def test_a_code_is_read_as_a_thumb_leaves_it(visitor: Client, outbox: Outbox) -> None:
    ask(visitor)
    code = last_code(outbox)
    wide = "".join(chr(ord(one) + 0xFEE0) for one in code[:3])
    assert type_code(visitor, f" {wide} {code[3:]} ").status_code == 302


def test_the_way_back_is_kept_to_the_end(visitor: Client, outbox: Outbox) -> None:
    target = "/my/invitation/abc/"
    assert target in visitor.get(f"{LOGIN}?next={target}").content.decode()
    assert ask(visitor, next=target)["Location"] == f"{CODE}?next=%2Fmy%2Finvitation%2Fabc%2F"
    assert target in visitor.get(f"{CODE}?next={target}").content.decode()
    assert type_code(visitor, last_code(outbox), next=target)["Location"] == target


@pytest.mark.parametrize(
    ("page", "posted", "there"),
    [
        ("/my/members/7/fill/origin/", {"registered_address": "x"}, "/my/members/7/fill/origin/"),
        ("/my/who/?next=/my/me/", {"next": "/my/me/"}, "/my/who/?next=/my/me/"),
        ("/my/entries/7/discard/", {"next": "/my/me/"}, "/my/me/"),
        ("/my/me/everywhere/", {}, None),
        ("/my/members/7/fill/origin/", {"next": "//elsewhere.cn/"}, "/my/members/7/fill/origin/"),
    ],
)
def test_who_posts_when_signed_out_meanwhile_comes_back_to_the_form(
    visitor: Client, page: str, posted: dict[str, str], there: str | None
) -> None:
    where, _, query = visitor.post(page, posted)["Location"].partition("?")
    assert (where, QueryDict(query).get("next")) == (LOGIN, there)


@pytest.mark.parametrize("target", ["https://elsewhere.cn/", "//elsewhere.cn/", "javascript:alert(1)"])
def test_the_way_back_stays_with_us(visitor: Client, outbox: Outbox, target: str) -> None:
    assert ask(visitor, next=target)["Location"] == CODE
    assert type_code(visitor, last_code(outbox), next=target)["Location"] == "/my/"


def test_what_else_a_form_says_of_the_account_is_not_heard(visitor: Client, outbox: Outbox) -> None:
    other = UserFactory(phone=LI_PHONE, is_superuser=True)
    claims = {"openid": "x", "wechat_openid": "x", "phone_verified": "1", "user": other.pk, "phone": LI_PHONE}
    ask(visitor, **{**claims, "phone": ZHOU_PHONE, "is_staff": "1"})
    type_code(visitor, last_code(outbox), **claims, is_staff="1", id=other.pk)
    user = signed_in(visitor)
    assert user is not None and (user.phone, user.wechat_openid) == (ZHOU_PHONE, None)
    assert (user.is_staff, user == other) == (False, False)


def test_who_is_signed_in_needs_no_code(outbox: Outbox) -> None:
    client = door(UserFactory(phone=ZHOU_PHONE, phone_verified_at=timezone.now()))
    assert client.get(LOGIN)["Location"] == "/my/"
    assert ask(client)["Location"] == client.get(CODE)["Location"] == "/my/"
    assert outbox == []


# -- not in ------------------------------------------------------------------------------


@pytest.mark.parametrize("phone", ["", "1380000", "02131512234", "138****0001", "x" * 40])
def test_what_is_no_phone_gets_no_code(visitor: Client, outbox: Outbox, phone: str) -> None:
    answer = ask(visitor, phone)
    assert (answer.status_code, outbox) == (422, [])
    assert "请输入 11 位手机号。" in answer.content.decode()


@pytest.mark.parametrize("code", ["", "12345", "1234567", "12345x", "x" * 40])
def test_what_is_no_code_is_told_and_not_counted(visitor: Client, code: str) -> None:
    ask(visitor)
    assert type_code(visitor, code).status_code == 422
    assert SmsCode.objects.get().tries == 0


def test_a_wrong_code_is_told_once_at_its_field(visitor: Client, outbox: Outbox) -> None:
    ask(visitor)
    answer = type_code(visitor, another(last_code(outbox)))
    assert answer.status_code == 422 and signed_in(visitor) is None
    assert answer.content.decode().count("验证码不正确") == 1


def test_without_having_asked_there_is_no_code_to_type(visitor: Client) -> None:
    assert visitor.get(f"{CODE}?next=/my/me/")["Location"] == f"{LOGIN}?next=%2Fmy%2Fme%2F"
    assert type_code(visitor, "123456").status_code == 422


def test_a_code_works_in_the_browser_that_asked_for_it(visitor: Client, outbox: Outbox) -> None:
    ask(visitor)
    thief = Client()
    assert type_code(thief, last_code(outbox)).status_code == 422
    assert signed_in(thief) is None


def test_a_used_code_signs_nobody_in_again(visitor: Client, outbox: Outbox) -> None:
    ask(visitor)
    type_code(visitor, last_code(outbox))
    visitor.post("/my/logout/")
    assert type_code(visitor, last_code(outbox)).status_code == 422
    assert signed_in(visitor) is None


def test_a_code_that_was_guessed_at_too_often_is_told_to_be_dead(visitor: Client, outbox: Outbox) -> None:
    ask(visitor)
    for _ in range(TRIES):
        type_code(visitor, another(last_code(outbox)))
    answer = type_code(visitor, last_code(outbox))
    assert (answer.status_code, signed_in(visitor)) == (422, None)
    assert answer.content.decode().count(Refusal.CODE_DEAD.label) == 1


def test_a_known_phone_and_an_unknown_one_are_told_the_same(outbox: Outbox) -> None:
    UserFactory(phone=ZHOU_PHONE, phone_verified_at=timezone.now(), locked_at=timezone.now())
    UserFactory(phone=LI_PHONE, is_staff=True)
    told = []
    for phone in (ZHOU_PHONE, LI_PHONE, "13900000009"):
        client = Client()
        answer = ask(client, phone)
        page = visible(client.get(CODE).content.decode())
        told.append(
            (answer.status_code, answer["Location"], page.replace(f"{phone[:3]}****{phone[-4:]}", ""))
        )
    assert told[0] == told[1] == told[2]


def test_a_locked_account_hears_it_after_the_right_code(visitor: Client, outbox: Outbox) -> None:
    UserFactory(phone=ZHOU_PHONE, locked_at=timezone.now())
    ask(visitor)
    assert "锁定" not in type_code(visitor, another(last_code(outbox))).content.decode()
    answer = type_code(visitor, last_code(outbox))
    assert "帐号已锁定，请到物业办理。" in answer.content.decode()
    assert (answer.status_code, signed_in(visitor)) == (422, None)


def test_a_colleague_is_led_to_the_password_after_the_right_code(visitor: Client, outbox: Outbox) -> None:
    UserFactory(phone=ZHOU_PHONE, is_staff=True)
    ask(visitor)
    assert "密码" not in type_code(visitor, another(last_code(outbox))).content.decode()
    page = type_code(visitor, last_code(outbox), next="/my/me/").content.decode()
    assert Refusal.STAFF_PASSWORD.label in page
    assert 'href="/admin/login/?next=/my/me/"' in page and signed_in(visitor) is None


# -- again, and too often ----------------------------------------------------------------


def test_too_often_is_told_as_such(visitor: Client) -> None:
    ask(visitor)
    answer = ask(visitor)
    assert answer.status_code == 429
    assert answer.content.decode().count("一分钟内只能获取一次验证码") == 1


def test_a_fourth_code_within_an_hour_is_told_as_too_many(visitor: Client, outbox: Outbox) -> None:
    for _ in range(3):
        ask(visitor)
        wait_a_minute()
    answer = ask(visitor)
    assert (answer.status_code, len(outbox)) == (429, 3)
    assert answer.content.decode().count(Refusal.SMS_TOO_MANY.label) == 1


def test_who_has_a_code_already_finds_where_to_type_it(visitor: Client) -> None:
    ask(visitor)
    assert "已收到验证码，去输入" in visitor.get(LOGIN).content.decode()


def test_a_new_code_replaces_the_one_before(visitor: Client, outbox: Outbox) -> None:
    ask(visitor)
    wait_a_minute()
    assert visitor.post(f"{CODE}?next=/my/me/", {"resend": "1"})["Location"] == f"{CODE}?next=/my/me/"
    first, second = (code for _, code in outbox)
    assert type_code(visitor, first).status_code == 422 or first == second
    assert type_code(visitor, second).status_code == 302


def test_a_new_code_too_soon_leaves_the_one_before(visitor: Client, outbox: Outbox) -> None:
    ask(visitor)
    assert visitor.post(CODE, {"resend": "1"}).status_code == 429
    assert type_code(visitor, last_code(outbox)).status_code == 302


def test_what_could_not_be_sent_is_told_and_asked_for_again(visitor: Client, settings: Any) -> None:
    settings.SMS_BACKEND = "tests.residents.views.signing.DeadBackend"
    answer = ask(visitor)
    assert (answer.status_code, "短信没有发送成功" in answer.content.decode()) == (422, True)
    assert SmsCode.objects.get().failed_at is not None
    assert visitor.get(CODE)["Location"] == LOGIN


def test_another_number_may_be_typed(visitor: Client, outbox: Outbox) -> None:
    ask(visitor)
    assert f'href="{LOGIN}"' in visitor.get(CODE).content.decode()
    ask(visitor, LI_PHONE)
    type_code(visitor, last_code(outbox))
    assert User.objects.get().phone == LI_PHONE


# -- out ---------------------------------------------------------------------------------


def test_signing_out_is_a_post() -> None:
    client = door(UserFactory(phone=ZHOU_PHONE, phone_verified_at=timezone.now()))
    assert client.get("/my/logout/").status_code == 405
    assert client.post("/my/logout/")["Location"] == LOGIN
    assert signed_in(client) is None


# -- the pages ---------------------------------------------------------------------------


@pytest.mark.parametrize("page", [LOGIN, CODE])
def test_the_pages_are_chinese_show_no_number_and_are_not_kept(visitor: Client, page: str) -> None:
    ask(visitor)
    answer = visitor.get(page)
    html = answer.content.decode()
    assert (english(html), full_numbers(html)) == (set(), [])
    assert answer["Cache-Control"] == "no-store"


def test_a_phone_offers_its_keys_and_its_code(visitor: Client) -> None:
    assert 'type="tel"' in visitor.get(LOGIN).content.decode()
    ask(visitor)
    page = visitor.get(CODE).content.decode()
    assert 'inputmode="numeric"' in page and 'autocomplete="one-time-code"' in page
