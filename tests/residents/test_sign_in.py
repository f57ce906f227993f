"""Who gets in by a code on a phone, from where, and for how long (residents/sign_in.py, backends.py)."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.utils import timezone
from structlog.testing import capture_logs

from residents import sign_in
from residents.models import User
from residents.sign_in import client_address
from tests.cast import LI_PHONE, ZHOU_PHONE
from tests.factories import UserFactory
from tests.household import refused
from tests.my import door

pytestmark = pytest.mark.django_db


def visit(session: Any = None, **headers: str) -> HttpRequest:
    request = RequestFactory().get("/my/", **headers)
    request.session = session or SessionStore()
    return request


def again(request: HttpRequest) -> HttpRequest:
    """The same browser, later."""
    return visit(request.session)


# -- who gets in -------------------------------------------------------------------------


def test_a_new_phone_makes_an_account() -> None:
    sign_in.sign_in(request := visit(), ZHOU_PHONE)
    user = User.objects.get()
    assert (get_user(again(request)), user.phone) == (user, ZHOU_PHONE)
    assert user.phone_verified_at is not None and not user.has_usable_password()


def test_its_name_tells_nothing_of_the_phone() -> None:
    sign_in.sign_in(visit(), ZHOU_PHONE)
    User.objects.update(phone=LI_PHONE)
    sign_in.sign_in(visit(), ZHOU_PHONE)
    assert len(set(User.objects.values_list("username"))) == 2


def test_a_known_phone_is_the_account_that_stands() -> None:
    user = UserFactory(phone=ZHOU_PHONE, phone_verified_at=timezone.now())
    sign_in.sign_in(request := visit(), ZHOU_PHONE)
    assert (get_user(again(request)), User.objects.count()) == (user, 1)


def test_what_the_office_typed_is_verified_by_the_first_sign_in() -> None:
    user = UserFactory(phone=ZHOU_PHONE)
    sign_in.sign_in(visit(), ZHOU_PHONE)
    user.refresh_from_db()
    assert user.phone_verified_at is not None


@pytest.mark.parametrize("office", [{"is_staff": True}, {"is_superuser": True}])
def test_an_sms_opens_no_workbench(office: dict[str, bool]) -> None:
    UserFactory(phone=ZHOU_PHONE, phone_verified_at=timezone.now(), **office)
    request = visit()
    with refused("staff_password"):
        sign_in.sign_in(request, ZHOU_PHONE)
    assert get_user(again(request)).is_anonymous


@pytest.mark.parametrize("office", [{"is_staff": True}, {"is_superuser": True}])
def test_who_joins_the_office_signs_in_anew(office: dict[str, bool]) -> None:
    sign_in.sign_in(request := visit(), ZHOU_PHONE)
    User.objects.update(**office)
    assert get_user(again(request)).is_anonymous


@pytest.mark.parametrize("barred", [{"locked_at": timezone.now()}, {"is_active": False}])
def test_a_locked_account_stays_out(barred: dict[str, Any]) -> None:
    UserFactory(phone=ZHOU_PHONE, **barred)
    with refused("account_locked"):
        sign_in.sign_in(visit(), ZHOU_PHONE)


def test_the_session_is_another_after_signing_in() -> None:
    """A session that somebody else planted in the browser before is worth nothing."""
    session = SessionStore()
    session["planted"] = True
    session.save()
    before = session.session_key
    sign_in.sign_in(visit(session), ZHOU_PHONE)
    assert session.session_key != before and not SessionStore(before).exists(before)


@pytest.mark.parametrize(("days", "stays"), [(13, True), (15, False)])
def test_a_phone_stays_signed_in_for_a_fortnight(days: int, stays: bool) -> None:
    with time_machine.travel("2026-06-01 08:00+08:00", tick=False) as clock:
        sign_in.sign_in(request := visit(), ZHOU_PHONE)
        request.session.save()
        clock.shift(timedelta(days=days))
        later = visit(SessionStore(request.session.session_key))
        assert (get_user(later).is_authenticated, later.session.get_expire_at_browser_close()) == (
            stays,
            not stays,
        )


def test_the_session_holds_no_phone() -> None:
    sign_in.sign_in(request := visit(), ZHOU_PHONE)
    assert ZHOU_PHONE not in str(request.session.items())


# -- who is signed out -------------------------------------------------------------------


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session and not get_user(visit(client.session)).is_anonymous


@pytest.fixture
def user() -> User:
    return UserFactory(phone=ZHOU_PHONE, phone_verified_at=timezone.now())


def test_all_sessions_of_an_account_end_at_once(user: User) -> None:
    browsers, stranger = [door(user), door(user)], door(UserFactory())
    user.end_sessions()
    assert [signed_in(one) for one in (*browsers, stranger)] == [False, False, True]


def test_it_takes_no_password_away() -> None:
    colleague = UserFactory(staff=True)
    colleague.set_password("a long password")
    colleague.end_sessions()
    assert colleague.check_password("a long password")


def test_a_new_phone_ends_the_sessions_of_the_old_one(user: User) -> None:
    browser = door(user)
    user.take_phone(LI_PHONE)
    assert not signed_in(browser)


def test_a_phone_of_another_account_is_not_taken(user: User) -> None:
    UserFactory(phone=LI_PHONE)
    browser = door(user)
    with refused("phone_taken", "phone"):
        user.take_phone(LI_PHONE)
    assert signed_in(browser)


# -- from where --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behind_proxy", "forwarded", "found"),
    [
        (False, "1.1.1.1", "10.0.0.1"),
        (True, "1.1.1.1", "1.1.1.1"),
        (True, "6.6.6.6, 1.1.1.1", "1.1.1.1"),
        (True, "", "10.0.0.1"),
        (True, "1.1.1.1:5678", "1.1.1.1"),
        (True, "6.6.6.6, [2001:db8::1]:80", "2001:db8::/64"),
        (True, "[2001:db8::1]", "2001:db8::/64"),
        (True, "::ffff:1.1.1.1", "1.1.1.1"),
        (True, "[::ffff:1.1.1.1]:80", "1.1.1.1"),
        (True, "fe80::1%eth0", "fe80::/64"),
        (True, "not an address", ""),
        (True, "1.1.1.1,", ""),
    ],
)
def test_an_address_is_believed_from_our_own_proxy(settings, behind_proxy, forwarded, found) -> None:
    settings.BEHIND_PROXY = behind_proxy
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    assert client_address(visit(REMOTE_ADDR="10.0.0.1", **headers)) == found


def test_a_network_of_ipv6_is_one_visitor() -> None:
    one, other = visit(REMOTE_ADDR="2001:db8::1"), visit(REMOTE_ADDR="2001:db8::ffff:2")
    assert client_address(one) == client_address(other) == "2001:db8::/64"


def test_two_addresses_of_ipv4_within_ipv6_are_two_visitors() -> None:
    one, other = visit(REMOTE_ADDR="::ffff:1.2.3.4"), visit(REMOTE_ADDR="::ffff:8.8.8.8")
    assert (client_address(one), client_address(other)) == ("1.2.3.4", "8.8.8.8")


def test_an_unknown_address_is_told_to_the_log_and_not_quoted() -> None:
    with capture_logs() as lines:
        assert client_address(visit(REMOTE_ADDR="13800000001")) == ""
    assert [line["event"] for line in lines] == ["client address unknown"]
    assert lines[0]["log_level"] == "warning" and "13800000001" not in str(lines)
