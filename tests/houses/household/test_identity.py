"""我是谁: stated once, looked at twice, under the separate consent (houses/household/identity.py)."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.http import urlencode

from houses.family import Family
from residents.exceptions import Refusal
from residents.models import Attempt, Consent, User
from tests.attackers import account, stranger
from tests.cast import LI_ID, LI_PHONE, ZHOU_ID
from tests.household import everything
from tests.my import door
from tests.pages import english, full_numbers

from .reading import checked, read, words

pytestmark = pytest.mark.django_db

WHO = reverse("my:who")
ME = {"name": "李梅", "id_number": LI_ID}
SURE = {**ME, "act": "confirm"}


@pytest.fixture
def user() -> User:
    """Has agreed to all, and has not said who she is."""
    return account(LI_PHONE)


@pytest.fixture
def wary(user: User) -> User:
    """Has agreed to the notice alone."""
    Family(user).withdraw_consent(Consent.Kind.SENSITIVE)
    return user


def post(user: User, values: dict[str, Any], **more: Any) -> Any:
    return door(user).post(WHO, {**values, **more}, follow=True)


def told(answer: Any) -> str:
    html: str = answer.content.decode()
    return html


def stated(user: User) -> tuple[str, str]:
    user.refresh_from_db()
    return user.stated_name, user.stated_id_number


# -- asked, shown again, kept --------------------------------------------------------------


def test_the_page_says_that_it_is_asked_once(user: User) -> None:
    shown = words(user, "my:who")
    assert "只能填写一次" in shown and "只能到物业更改" in shown


def test_whoever_did_not_say_who_it_is_is_led_here_and_back(user: User) -> None:
    answer = door(user).get(reverse("my:match"))
    assert answer["Location"] == f"{WHO}?{urlencode({'next': reverse('my:match')})}"


def test_what_was_typed_is_shown_again_and_nothing_is_kept(user: User) -> None:
    client, before = door(user), everything()
    answer = client.post(WHO, ME)
    assert (answer.status_code, everything()) == (200, before)
    assert "李梅" in told(answer) and f"{LI_ID[:6]} {LI_ID[6:14]} {LI_ID[14:]}" in told(answer)
    assert "1982-05-12，女" in told(answer) and "不能自己修改" in told(answer)


def test_what_is_confirmed_is_kept_and_the_ways_to_a_house_are_shown(user: User) -> None:
    answer = post(user, SURE)
    assert stated(user) == ("李梅", LI_ID)
    assert answer.redirect_chain == [(reverse("my:home"), 302)]
    assert "已记下您的姓名和证件号码" in told(answer) and "查找我的房屋" in checked(answer)


def test_one_goes_on_to_where_one_wanted_to_go(user: User) -> None:
    there = reverse("my:apply")
    assert f'name="next" value="{there}"' in told(post(user, ME, next=there))
    assert post(user, SURE, next=there).redirect_chain == [(there, 302)]


@pytest.mark.parametrize("where", ["https://example.com/", "//example.com/", "javascript:alert(1)"])
def test_nobody_is_led_to_another_site(user: User, where: str) -> None:
    assert post(user, SURE, next=where).redirect_chain == [(reverse("my:home"), 302)]


def test_one_goes_back_and_corrects_what_was_typed(user: User) -> None:
    answer = post(user, ME, act="change")
    assert (answer.status_code, stated(user)) == (200, ("", ""))
    assert f'value="{LI_ID}"' in told(answer) and 'value="李梅"' in told(answer)


def test_no_number_stands_in_an_address(user: User) -> None:
    answer = post(user, SURE)
    assert LI_ID not in str(answer.redirect_chain) + str(answer.wsgi_request.session.items())


def test_the_page_is_kept_by_no_browser(user: User) -> None:
    assert "no-store" in door(user).post(WHO, ME)["Cache-Control"]


# -- what is refused -----------------------------------------------------------------------


@pytest.mark.parametrize("act", ["", "confirm"])
@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"id_number": "110105198205120021"}, "证件号码有误，请对照证件核对每一位。"),
        ({"id_number": "1****************2"}, "请填写完整内容，不要保留星号。"),
        ({"id_number": ""}, "请填写。"),
        ({"name": " "}, "请填写。"),
        ({"name": "李" * 51}, "最多 50 个字。"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    user: User, act: str, wrong: dict[str, str], sentence: str
) -> None:
    answer = post(user, ME, act=act, **wrong)
    assert (answer.status_code, stated(user)) == (422, ("", ""))
    assert f'<p class="wrong" role="alert">{sentence}</p>' in told(answer)
    assert english(told(answer)) == set()


def test_what_was_typed_stays_typed(user: User) -> None:
    answer = post(user, ME, id_number="110105198205120021")
    assert 'value="李梅"' in told(answer) and 'value="110105198205120021"' in told(answer)


def test_looking_twice_costs_no_try(user: User) -> None:
    post(user, ME)
    post(user, ME, id_number="110105198205120021")
    assert not Attempt.objects.exists()


def test_too_many_tries_are_told(user: User) -> None:
    for _ in range(Attempt.LIMITS[Attempt.Kind.IDENTITY]):
        Attempt.spend(user, Attempt.Kind.IDENTITY)
    answer = post(user, SURE)
    assert (answer.status_code, stated(user)) == (429, ("", ""))
    assert Refusal.TOO_MANY.label in told(answer)


@pytest.mark.parametrize("act", ["", "confirm"])
def test_it_is_stated_once(act: str) -> None:
    user = stranger("李梅", LI_ID)
    answer = post(user, {"name": "老周", "id_number": ZHOU_ID}, act=act)
    assert (answer.status_code, stated(user)) == (422, ("李梅", LI_ID))
    assert Refusal.IDENTITY_STATED.label in checked(answer)


def test_what_was_stated_is_shown_masked_with_where_to_change_it() -> None:
    shown = read(stranger("李梅", LI_ID), "my:who")
    assert "李梅" in shown and f"1{'*' * 16}2" in shown and "到物业更改" in shown
    assert 'name="id_number"' not in shown


def test_nothing_else_that_is_posted_is_taken(user: User) -> None:
    post(user, SURE, resident="1", wechat_openid="o", phone="13800000019", is_staff="on")
    user.refresh_from_db()
    assert (user.resident, user.wechat_openid, user.phone, user.is_staff) == (None, None, LI_PHONE, False)


# -- the separate consent ------------------------------------------------------------------


def test_who_has_agreed_is_not_asked_again(user: User) -> None:
    assert 'name="sensitive"' not in read(user, "my:who")


def test_the_consent_has_a_tick_of_its_own_which_is_not_ticked(wary: User) -> None:
    shown = read(wary, "my:who")
    assert '<input type="checkbox" name="sensitive"' in shown and "checked" not in shown
    assert reverse("account:text", args=["sensitive"]) in shown


@pytest.mark.parametrize("act", ["", "confirm"])
def test_without_the_consent_nothing_is_kept(wary: User, act: str) -> None:
    client, before = door(wary), everything()
    answer = client.post(WHO, {**ME, "act": act})
    assert (answer.status_code, everything()) == (422, before)
    assert f'<p class="wrong" role="alert">{Refusal.CONSENT_MISSING.label}</p>' in told(answer)


def test_the_tick_gives_the_consent_with_what_is_stated(wary: User) -> None:
    assert 'name="sensitive" value="True"' in told(post(wary, ME, sensitive="on"))
    assert not Consent.stands(wary, Consent.Kind.SENSITIVE)
    post(wary, SURE, sensitive="on")
    assert Consent.stands(wary, Consent.Kind.SENSITIVE) and stated(wary) == ("李梅", LI_ID)


def test_a_consent_is_not_given_with_a_wrong_number(wary: User) -> None:
    post(wary, ME, id_number="110105198205120021", sensitive="on")
    assert not Consent.stands(wary, Consent.Kind.SENSITIVE)


# -- who may enter -------------------------------------------------------------------------


def test_who_is_not_signed_in_signs_in_first() -> None:
    answer = Client().get(WHO)
    assert answer["Location"] == f"{reverse('account:login')}?{urlencode({'next': WHO})}"


def test_a_locked_account_states_nothing(user: User) -> None:
    client = door(user)
    User.objects.filter(pk=user.pk).update(locked_at=user.phone_verified_at)
    assert client.post(WHO, SURE).status_code == 403
    assert stated(user) == ("", "")


def test_a_form_of_another_site_states_nothing(user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(WHO, SURE).status_code == 403
    assert stated(user) == ("", "") and full_numbers(words(user, "my:who")) == []
