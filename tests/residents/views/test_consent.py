"""告知与同意: read by everybody, agreed to version by version, taken back (views/consent.py)."""

from typing import Any

import pytest
from django.template.loader import get_template
from django.test import Client

from residents.models import Consent, User
from tests.factories import ResidentFactory, UserFactory
from tests.my import door
from tests.pages import english, full_numbers, visible

from .signing import agreed

pytestmark = pytest.mark.django_db

NOTICE, SENSITIVE, GUARDIAN = Consent.Kind
ASK, MINE = "/my/consent/", "/my/me/consents/"


@pytest.fixture
def newcomer() -> tuple[Client, User]:
    """Who signed in and agreed to nothing yet."""
    client, user = agreed()
    Consent.objects.all().delete()
    return client, user


def newer(monkeypatch: pytest.MonkeyPatch, kind: Consent.Kind) -> None:
    monkeypatch.setitem(Consent.VERSIONS, kind, 2)


# -- the texts ---------------------------------------------------------------------------

TEXTS = ["/my/notice/", *(f"/my/notice/{kind}/" for kind in Consent.Kind), "/my/notice/notice/1/"]


@pytest.mark.parametrize("page", TEXTS)
def test_everybody_may_read_the_texts(page: str) -> None:
    html = Client().get(page).content.decode()
    assert (english(html), full_numbers(html)) == (set(), [])
    assert "第 1 版" in html


@pytest.mark.parametrize("kind", Consent.Kind)
def test_every_version_that_was_agreed_to_can_be_read(kind: Consent.Kind) -> None:
    for version in range(1, Consent.VERSIONS[kind] + 1):
        assert get_template(f"household/{kind.value}_{version}.html")


@pytest.mark.parametrize("page", ["/my/notice/other/", "/my/notice/notice/0/", "/my/notice/notice/2/"])
def test_there_are_no_other_texts(page: str) -> None:
    assert Client().get(page).status_code == 404


@pytest.mark.parametrize(
    "told", ["物业服务企业", "一标三实", "安防平台", "保存多久", "撤回同意", "删除", "未满十四周岁", "投诉"]
)
def test_the_notice_says_what_the_law_asks(told: str) -> None:
    assert told in visible(Client().get("/my/notice/").content.decode())


@pytest.mark.parametrize("told", ["微信，只在您用微信登录时", "微信给您的用户标识", "登录设备"])
def test_the_notice_says_what_a_mini_program_brings(told: str) -> None:
    assert told in visible(Client().get("/my/notice/").content.decode())


@pytest.mark.parametrize("kind", Consent.Kind)
def test_each_text_says_what_those_at_home_see(kind: Consent.Kind) -> None:
    page = visible(Client().get(f"/my/notice/{kind.value}/").content.decode())
    assert "称呼、与房屋的关系和登记状态" in page


@pytest.mark.parametrize("field", ["证件号码", "民族", "政治面貌", "是否退役军人", "是否低保", "照片"])
def test_each_sensitive_field_is_named_in_its_text_and_at_its_tick(newcomer: Any, field: str) -> None:
    assert field in Client().get("/my/notice/sensitive/").content.decode()
    assert field in newcomer[0].get(ASK).content.decode()


# -- agreeing ----------------------------------------------------------------------------


def test_before_the_notice_every_page_asks_for_it(newcomer: Any) -> None:
    assert newcomer[0].get("/my/")["Location"] == f"{ASK}?next=%2Fmy%2F"


def test_nothing_is_ticked_beforehand(newcomer: Any) -> None:
    assert "checked" not in newcomer[0].get(ASK).content.decode()


@pytest.mark.parametrize(
    ("ticks", "stand"),
    [({"notice": "on"}, (True, False)), ({"notice": "on", "sensitive": "on"}, (True, True))],
)
def test_each_tick_is_a_consent_of_its_own(newcomer: Any, ticks: dict[str, str], stand: Any) -> None:
    client, user = newcomer
    assert client.post(ASK, {**ticks, "next": "/my/me/"})["Location"] == "/my/me/"
    assert (Consent.stands(user, NOTICE), Consent.stands(user, SENSITIVE)) == stand


@pytest.mark.parametrize("ticks", [{}, {"sensitive": "on"}])
def test_without_the_notice_nobody_goes_on(newcomer: Any, ticks: dict[str, str]) -> None:
    answer = newcomer[0].post(ASK, {**ticks, "next": "/my/me/"})
    html = answer.content.decode()
    assert answer.status_code == 422 and "请阅读后勾选，才能继续。" in html
    assert 'value="/my/me/"' in html and html.count(" checked") == len(ticks)
    assert not Consent.objects.exists()


def test_a_new_version_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    client, user = agreed()
    newer(monkeypatch, NOTICE)
    assert client.get("/my/")["Location"].startswith(ASK)
    page = client.get(ASK).content.decode()
    assert "告知的内容有更新" in page
    client.post(ASK, {"notice": "on"})
    assert sorted(user.consents.values_list("version", flat=True)) == [1, 2]


def test_what_stands_is_not_asked_for_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    client, user = agreed()
    Consent.give(user, SENSITIVE)
    assert client.get(ASK)["Location"] == "/my/"
    newer(monkeypatch, NOTICE)
    assert "sensitive" not in visible(page := client.get(ASK).content.decode())
    assert 'name="sensitive"' not in page


def test_who_does_not_agree_may_leave(newcomer: Any) -> None:
    assert 'action="/my/logout/"' in newcomer[0].get(ASK).content.decode()


def test_both_ticks_lead_to_their_texts(newcomer: Any) -> None:
    html = newcomer[0].get(ASK).content.decode()
    assert 'href="/my/notice/?next=' in html and 'href="/my/notice/sensitive/?next=' in html


# -- taking back -------------------------------------------------------------------------


def test_an_account_sees_what_it_agreed_to_and_in_which_version() -> None:
    client, user = agreed()
    Consent.give(user, GUARDIAN, child=ResidentFactory(name="小周"))
    page = visible(client.get(MINE).content.decode())
    assert "个人信息处理告知" in page and "第 1 版全文" in page
    assert "监护人同意（第 1 项）" in page and "小周" not in page


def test_a_consent_is_taken_back_and_the_page_says_what_follows() -> None:
    client, user = agreed()
    Consent.give(user, SENSITIVE)
    assert "撤回后，不能再填写证件号码" in client.get(MINE).content.decode()
    row = user.consents.get(kind=SENSITIVE)
    page = client.post(f"{MINE}{row.pk}/withdraw/", follow=True).content.decode()
    assert "已撤回" in page and not Consent.stands(user, SENSITIVE)


def test_taking_back_the_notice_signs_nothing_away_and_asks_again() -> None:
    client, user = agreed(stated_name="老周")
    client.post(f"{MINE}{user.consents.get().pk}/withdraw/")
    assert client.get("/my/")["Location"].startswith(ASK)
    assert client.get(MINE).status_code == client.get("/my/me/").status_code == 200
    user.refresh_from_db()
    assert (user.stated_name, user.is_active) == ("老周", True)


def test_a_guardians_consent_is_taken_back_for_one_child() -> None:
    client, user = agreed()
    one, other = ResidentFactory(), ResidentFactory()
    for child in (one, other):
        Consent.give(user, GUARDIAN, child=child)
    client.post(f"{MINE}{user.consents.get(child=one).pk}/withdraw/")
    assert [Consent.stands(user, GUARDIAN, child=child) for child in (one, other)] == [False, True]


def test_nobody_takes_back_anothers() -> None:
    _, user = agreed()
    stranger, _ = agreed(phone="13900000009")
    answer = stranger.post(f"{MINE}{user.consents.get().pk}/withdraw/")
    assert answer.status_code == 404 and Consent.stands(user, NOTICE)


def test_a_link_takes_nothing_back() -> None:
    client, user = agreed()
    assert client.get(f"{MINE}{user.consents.get().pk}/withdraw/").status_code == 405
    assert Consent.stands(user, NOTICE)


def test_sensitive_fields_are_agreed_to_later_and_one_comes_back() -> None:
    client, user = agreed()
    assert client.post(MINE, {}).status_code == 422
    assert not Consent.stands(user, SENSITIVE)
    assert client.post(MINE, {"sensitive": "on", "next": "/my/me/"})["Location"] == "/my/me/"
    assert Consent.stands(user, SENSITIVE)


@pytest.mark.parametrize("page", [ASK, MINE])
def test_the_pages_are_chinese_and_show_no_number(newcomer: Any, page: str) -> None:
    html = newcomer[0].get(page).content.decode()
    assert (english(html), full_numbers(html)) == (set(), [])


def test_without_a_verified_phone_nothing_is_agreed_to() -> None:
    assert door(UserFactory()).get(ASK)["Location"].startswith("/my/phone/")
