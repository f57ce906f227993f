"""我的: where everything about the own account is found (views/account.py)."""

import pytest
from django.test import Client

from tests.cast import ZHOU_PHONE
from tests.factories import UserFactory
from tests.my import door
from tests.pages import english, full_numbers

from .signing import agreed, signed_in

pytestmark = pytest.mark.django_db

ME, EVERYWHERE = "/my/me/", "/my/me/everywhere/"


def test_the_phone_is_masked_and_all_rights_are_a_tap_away() -> None:
    client, _ = agreed(stated_name="老周")
    html = client.get(ME).content.decode()
    assert "138****0001" in html and ZHOU_PHONE not in html and "老周" in html
    for name in ("record", "download.json", "download.xlsx", "dispute", "erase", "phone", "consents"):
        assert f'="/my/me/{name}' in html


def test_the_page_is_chinese_and_shows_no_number() -> None:
    html = agreed()[0].get(ME).content.decode()
    assert (english(html), full_numbers(html)) == (set(), [])


def test_other_browsers_are_signed_out_and_this_one_stays() -> None:
    here, user = agreed()
    there = door(user)
    page = here.post(EVERYWHERE, follow=True).content.decode()
    assert "其他手机和电脑上的登录都已退出。" in page
    assert (signed_in(here), signed_in(there)) == (user, None)


def test_a_colleague_keeps_the_password() -> None:
    _, user = agreed(is_staff=True)
    user.set_password("a long password")
    user.save()
    door(user).post(EVERYWHERE)
    user.refresh_from_db()
    assert user.check_password("a long password")


def test_a_link_signs_nobody_out() -> None:
    here, user = agreed()
    there = door(user)
    assert here.get(EVERYWHERE).status_code == 405
    assert signed_in(there) == user


@pytest.mark.parametrize("page", [ME, EVERYWHERE])
def test_who_is_locked_sees_that_alone(page: str) -> None:
    user = UserFactory(phone=ZHOU_PHONE, locked_at="2026-01-01T00:00+08:00")
    answer = door(user).get(page)
    assert (answer.status_code, "已锁定" in answer.content.decode()) == (403, True)


@pytest.mark.parametrize("page", [ME, "/my/me/consents/", "/my/me/phone/"])
def test_nobody_sees_it_without_signing_in(page: str) -> None:
    assert Client().get(page)["Location"].startswith("/my/login/?next=")
