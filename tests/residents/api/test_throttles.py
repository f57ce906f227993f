"""How often one may ask: each account, and each address while nobody is signed in."""

from typing import Any

import pytest
from django.core.cache import cache

from residents.api.throttles import PerAccount, PerAddress
from tests.api import Program, problem
from tests.cast import LI_ID, LI_PHONE, ZHOU_ID, ZHOU_PHONE
from tests.household import visitor

pytestmark = pytest.mark.django_db

CLOSED = [("get", "/me/"), ("post", "/me/identity/")]
OPEN = [("get", "/codes/"), ("post", "/auth/sms/login/")]


@pytest.fixture(autouse=True)
def _twice_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    for throttle in (PerAccount, PerAddress):
        monkeypatch.setattr(throttle, "READING", "2/min")
        monkeypatch.setattr(throttle, "WRITING", "2/min")


def asked(program: Program, method: str, path: str, address: str = "10.0.0.1") -> Any:
    program.client.defaults["REMOTE_ADDR"] = address
    return program.send(method, path)


def is_throttled(answer: Any) -> None:
    problem(answer, 429, "throttled")
    assert 0 < int(answer["Retry-After"]) <= 61


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_an_account_is_counted_whatever_its_devices_and_addresses(method: str, path: str) -> None:
    user = visitor("老周", ZHOU_ID, ZHOU_PHONE)
    here, there = Program(user), Program(user)
    assert asked(here, method, path).status_code != 429
    assert asked(there, method, path, "10.0.0.2").status_code != 429
    is_throttled(asked(here, method, path, "10.0.0.3"))


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_an_account_does_not_pay_for_another_at_its_address(method: str, path: str) -> None:
    zhou, li = Program(visitor("老周", ZHOU_ID, ZHOU_PHONE)), Program(visitor("李梅", LI_ID, LI_PHONE))
    answers = [asked(program, method, path) for program in (zhou, zhou, li, li)]
    assert 429 not in {answer.status_code for answer in answers}


@pytest.mark.parametrize(("method", "path"), OPEN)
def test_an_address_is_counted_while_nobody_is_signed_in(method: str, path: str) -> None:
    for _ in range(2):
        assert asked(Program(), method, path).status_code != 429
    is_throttled(asked(Program(), method, path))
    assert asked(Program(), method, path, "10.0.0.2").status_code != 429


def test_what_is_read_is_not_counted_as_written() -> None:
    for method, path in OPEN:
        for _ in range(2):
            assert asked(Program(), method, path).status_code != 429
