"""更换手机号: the old phone's code first, then the new one's (houses/household/phone.py)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from residents.models import SmsCode, User
from tests.attackers import zhous_home
from tests.cast import CHEN_PHONE, LI_PHONE, ZHOU_PHONE
from tests.factories import UserFactory
from tests.my import door
from tests.pages import english, full_numbers, visible

pytestmark = pytest.mark.django_db

OLD, OLD_CODE, NEW, NEW_CODE = (f"/my/me/phone/{step}" for step in ("", "code/", "new/", "new/code/"))
Outbox = list[tuple[str, str]]


@pytest.fixture
def zhou() -> User:
    return zhous_home().owners


@pytest.fixture
def client(zhou: User) -> Client:
    return door(zhou)


def prove(client: Client, outbox: Outbox) -> None:
    """The old phone."""
    client.post(OLD)
    assert outbox[-1][0] == ZHOU_PHONE
    assert client.post(OLD_CODE, {"code": outbox[-1][1]})["Location"] == NEW


def change(client: Client, outbox: Outbox, phone: str = CHEN_PHONE) -> str:
    client.post(NEW, {"phone": phone})
    assert outbox[-1][0] == phone
    return client.post(NEW_CODE, {"code": outbox[-1][1]}, follow=True).content.decode()


def phone_of(user: User) -> str | None:
    return User.objects.get(pk=user.pk).phone


def test_both_phones_are_proved_one_after_the_other(zhou: User, client: Client, outbox: Outbox) -> None:
    prove(client, outbox)
    page = visible(change(client, outbox))
    assert phone_of(zhou) == CHEN_PHONE
    assert "手机号已更换" in page and "138****0004" in page


def test_other_browsers_are_signed_out_and_this_one_stays(zhou: User, client: Client, outbox: Outbox) -> None:
    other = door(zhou)
    prove(client, outbox)
    change(client, outbox)
    assert client.get("/my/me/").status_code == 200
    assert other.get("/my/me/")["Location"].startswith("/my/login/")


def test_the_page_shows_where_the_code_goes(client: Client) -> None:
    assert "138****0001" in client.get(OLD).content.decode()


def test_the_code_goes_to_the_accounts_phone_whatever_is_typed(client: Client, outbox: Outbox) -> None:
    client.post(OLD, {"phone": CHEN_PHONE})
    assert [phone for phone, _ in outbox] == [ZHOU_PHONE]


@pytest.mark.parametrize("page", [NEW, NEW_CODE])
def test_without_the_old_phone_there_is_no_new_one(client: Client, outbox: Outbox, page: str) -> None:
    assert client.get(page)["Location"] == OLD
    assert client.post(page, {"phone": CHEN_PHONE, "code": "123456"})["Location"] == OLD
    assert outbox == []


def test_a_wrong_code_proves_nothing(client: Client, outbox: Outbox) -> None:
    client.post(OLD)
    code = f"{(int(outbox[-1][1]) + 1) % 10**6:06}"
    assert client.post(OLD_CODE, {"code": code}).status_code == 422
    assert client.get(NEW)["Location"] == OLD


def test_the_proof_lasts_ten_minutes(client: Client, outbox: Outbox) -> None:
    prove(client, outbox)
    SmsCode.objects.update(used_at=timezone.now() - timedelta(minutes=11))
    assert client.get(NEW)["Location"] == OLD


def test_the_proof_is_this_browsers(zhou: User, client: Client, outbox: Outbox) -> None:
    prove(client, outbox)
    assert door(zhou).get(NEW)["Location"] == OLD


def test_the_proof_is_used_up_by_the_change(client: Client, outbox: Outbox) -> None:
    prove(client, outbox)
    change(client, outbox)
    assert client.get(NEW)["Location"] == OLD


def test_a_phone_of_another_account_is_refused_neutrally(zhou: User, client: Client, outbox: Outbox) -> None:
    UserFactory(phone=LI_PHONE)
    prove(client, outbox)
    page = change(client, outbox, LI_PHONE)
    assert "这个手机号不能用于此帐号，请到物业办理。" in page
    assert phone_of(zhou) == ZHOU_PHONE


def test_who_is_locked_meanwhile_changes_nothing(zhou: User, client: Client, outbox: Outbox) -> None:
    prove(client, outbox)
    client.post(NEW, {"phone": CHEN_PHONE})
    User.objects.filter(pk=zhou.pk).update(locked_at=timezone.now())
    assert client.post(NEW_CODE, {"code": outbox[-1][1]}).status_code == 403
    assert phone_of(zhou) == ZHOU_PHONE


def test_the_way_there_is_the_household_s_too_before_it_said_who_it_is(zhou: User, client: Client) -> None:
    User.objects.filter(pk=zhou.pk).update(stated_at=None)
    assert client.get(OLD).status_code == 200


def test_the_pages_are_chinese_and_show_no_number(client: Client, outbox: Outbox) -> None:
    pages = [client.get(OLD)]
    client.post(OLD)
    pages.append(client.get(OLD_CODE))
    client.post(OLD_CODE, {"code": outbox[-1][1]})
    pages.append(client.get(NEW))
    client.post(NEW, {"phone": CHEN_PHONE})
    pages.append(client.get(NEW_CODE))
    html = "".join(page.content.decode() for page in pages)
    assert [page.status_code for page in pages] == [200] * 4
    assert (english(html), full_numbers(html)) == (set(), [])
