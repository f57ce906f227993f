"""验证手机号: who signed in by password proves a phone once (views/account.py)."""

import pytest
from django.test import Client
from django.utils import timezone

from residents.models import Consent, User
from tests.cast import LI_PHONE, ZHOU_PHONE
from tests.factories import UserFactory
from tests.my import door
from tests.pages import english, full_numbers

from .signing import Outbox, another, last_code, signed_in

pytestmark = pytest.mark.django_db

PHONE, CODE = "/my/phone/", "/my/phone/code/"


@pytest.fixture
def colleague() -> User:
    user = UserFactory(staff=True)
    Consent.give(user, Consent.Kind.NOTICE)
    return user


@pytest.fixture
def client(colleague: User) -> Client:
    return door(colleague)


def verify(client: Client, outbox: Outbox, phone: str = ZHOU_PHONE) -> str:
    """What the last page says."""
    client.post(PHONE, {"phone": phone})
    told = {"code": last_code(outbox), "next": "/my/me/"}
    return client.post(CODE, told, follow=True).content.decode()


def test_a_colleague_gets_home_by_a_verified_phone(colleague: User, client: Client, outbox: Outbox) -> None:
    assert client.get("/my/me/")["Location"] == f"{PHONE}?next=%2Fmy%2Fme%2F"
    verify(client, outbox)
    colleague.refresh_from_db()
    assert colleague.phone == ZHOU_PHONE and colleague.phone_verified_at is not None
    assert client.get("/my/me/").status_code == 200


def test_the_way_back_is_kept(client: Client, outbox: Outbox) -> None:
    client.post(PHONE, {"phone": ZHOU_PHONE})
    answer = client.post(CODE, {"code": last_code(outbox), "next": "/my/me/"})
    assert answer["Location"] == "/my/me/"


def test_other_browsers_are_signed_out_and_this_one_stays(
    colleague: User, client: Client, outbox: Outbox
) -> None:
    other = door(colleague)
    verify(client, outbox)
    assert (signed_in(client), signed_in(other)) == (colleague, None)


def test_a_phone_of_another_account_is_refused_neutrally(
    colleague: User, client: Client, outbox: Outbox
) -> None:
    UserFactory(phone=ZHOU_PHONE)
    page = verify(client, outbox)
    colleague.refresh_from_db()
    assert "这个手机号不能用于此帐号，请到物业办理。" in page
    assert (colleague.phone, signed_in(client)) == (None, colleague)


def test_a_wrong_code_verifies_nothing(colleague: User, client: Client, outbox: Outbox) -> None:
    client.post(PHONE, {"phone": ZHOU_PHONE})
    assert client.post(CODE, {"code": another(last_code(outbox))}).status_code == 422
    colleague.refresh_from_db()
    assert (colleague.phone, colleague.phone_verified_at) == (None, None)


def test_a_code_to_sign_in_verifies_nothing(client: Client, outbox: Outbox) -> None:
    """The same phone and the same browser, another purpose."""
    Client().post("/my/login/", {"phone": ZHOU_PHONE})
    assert client.post(CODE, {"code": last_code(outbox)}).status_code == 422


def test_a_verified_phone_is_changed_elsewhere(outbox: Outbox) -> None:
    user = UserFactory(phone=ZHOU_PHONE, phone_verified_at=timezone.now())
    client = door(user)
    assert client.get(PHONE)["Location"] == client.get(CODE)["Location"] == "/my/"
    assert client.post(PHONE, {"phone": LI_PHONE})["Location"] == "/my/"
    assert outbox == []


@pytest.mark.parametrize("page", [PHONE, CODE])
def test_the_pages_are_chinese_and_show_no_number(client: Client, outbox: Outbox, page: str) -> None:
    client.post(PHONE, {"phone": ZHOU_PHONE})
    html = client.get(page).content.decode()
    assert (english(html), full_numbers(html)) == (set(), [])


@pytest.mark.parametrize("page", [PHONE, CODE])
def test_nobody_verifies_without_signing_in(page: str) -> None:
    assert Client().get(page)["Location"].startswith("/my/login/")
