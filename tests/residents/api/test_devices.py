"""The devices of an account, and how each is signed out (residents/api/devices.py)."""

from typing import Any

import pytest
from django.utils import timezone

from residents.models import Device, User
from tests.api import Program, problem
from tests.cast import LI_PHONE, ZHOU_PHONE
from tests.factories import UserFactory
from tests.my import door

NOBODYS = "0d3f6c0a-6f4b-4b5e-9a51-6a7d7c1f2b10"

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return UserFactory(phone=ZHOU_PHONE, phone_verified_at=timezone.now())


def listed(program: Program) -> list[dict[str, Any]]:
    answer = program.get("/auth/devices/")
    assert answer.status_code == 200, answer.json()
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def key_of(program: Program) -> str:
    return next(one["key"] for one in listed(program) if one["current"])


def is_out(program: Program) -> bool:
    return bool(program.get("/me/").status_code == 401)


def test_the_devices_are_listed_and_the_own_is_marked(user: User) -> None:
    old, new = Program(user), Program(user)
    assert [one["current"] for one in listed(new)] == [True, False]
    assert [one["current"] for one in listed(old)] == [False, True]


def test_a_device_tells_neither_token_nor_digest(user: User) -> None:
    assert set(listed(Program(user))[0]) == {"key", "name", "created_at", "expires_at", "current"}


def test_a_device_is_called_by_neither_token_nor_digest(user: User) -> None:
    device, token = Device.sign_in(user)
    shown = f"{device} {device!r}"
    assert not [one for one in (token, device.token_key, device.digest) if one in shown]


def test_what_is_over_is_not_listed(user: User) -> None:
    Device.sign_in(user)
    Device.objects.update(expiry=timezone.now())
    assert len(listed(Program(user))) == 1


def test_another_device_is_signed_out(user: User) -> None:
    here, there = Program(user), Program(user)
    assert here.delete(f"/auth/devices/{key_of(there)}/").status_code == 204
    assert (is_out(here), is_out(there)) == (False, True)


def test_a_device_is_signed_out_once(user: User) -> None:
    here, there = Program(user), Program(user)
    key = key_of(there)
    here.delete(f"/auth/devices/{key}/")
    problem(here.delete(f"/auth/devices/{key}/"), 404, "not_found")


def test_the_device_of_somebody_else_is_none(user: User) -> None:
    other = Program(UserFactory(phone=LI_PHONE, phone_verified_at=timezone.now()))
    problem(Program(user).delete(f"/auth/devices/{key_of(other)}/"), 404, "not_found")
    assert not is_out(other) and len(listed(Program(user))) == 2


@pytest.mark.parametrize("key", [NOBODYS, "x", "1"])
def test_a_device_that_there_is_not_is_not_found(user: User, key: str) -> None:
    problem(Program(user).delete(f"/auth/devices/{key}/"), 404, "not_found")


def test_a_revoked_device_is_told_to_sign_in(user: User) -> None:
    program = Program(user)
    Device.objects.all().delete()
    problem(program.get("/me/"), 401, "unauthenticated")


def test_signing_out_ends_this_device_alone(user: User) -> None:
    here, there = Program(user), Program(user)
    assert here.post("/auth/logout/").status_code == 204
    assert (is_out(here), is_out(there)) == (True, False)


def test_signing_out_everywhere_ends_devices_and_browsers(user: User) -> None:
    here, there, browser = Program(user), Program(user), door(user)
    assert browser.get("/my/consent/").status_code == 200
    assert here.post("/auth/logout-everywhere/").status_code == 204
    assert is_out(here) and is_out(there)
    assert browser.get("/my/consent/")["Location"].startswith("/my/login/")


def test_and_nobody_elses(user: User) -> None:
    other = Program(UserFactory(phone=LI_PHONE, phone_verified_at=timezone.now()))
    Program(user).post("/auth/logout-everywhere/")
    assert not is_out(other)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/me/"),
        ("get", "/auth/devices/"),
        ("post", "/auth/logout/"),
        ("post", "/auth/logout-everywhere/"),
        ("delete", f"/auth/devices/{NOBODYS}/"),
    ],
)
def test_without_a_token_or_locked_there_is_none_of_it(user: User, method: str, path: str) -> None:
    problem(Program().send(method, path), 401, "unauthenticated")
    program = Program(user)
    User.objects.update(locked_at=timezone.now())
    problem(program.send(method, path), 403, "account_locked")


def test_who_joins_the_office_is_signed_out(user: User) -> None:
    program = Program(user)
    User.objects.update(is_staff=True)
    problem(program.get("/me/"), 401, "unauthenticated")


def test_an_account_tells_of_itself(user: User) -> None:
    assert Program(user).get("/me/").json() == {
        "phone": "138****0001",
        "wechat": False,
        "stated": False,
        "stated_name": "",
        "stated_id_number": "",
        "linked": False,
        "consents": {
            "notice": {"version": 1, "stands": False},
            "sensitive": {"version": 1, "stands": False},
        },
    }


def test_anybody_may_read_where_the_texts_are(client: Any) -> None:
    told = Program().get("/notice/").json()
    assert set(told) == {"notice", "sensitive", "guardian"}
    for text in told.values():
        page = client.get(text["url"])
        assert page.status_code == 200 and text["title"] in page.content.decode()
