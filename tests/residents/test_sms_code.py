"""How many codes are sent, how often one may be guessed, and that it works once (models/sms_code.py)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection

from residents.models import SmsCode, User
from residents.models.sms_code import TRIES
from tests.cast import LI_PHONE, ZHOU_PHONE
from tests.household import refused

pytestmark = pytest.mark.django_db

LOGIN = SmsCode.Purpose.LOGIN
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel("2026-06-01 08:00+08:00", tick=False) as clock:
        yield clock


def issue(phone: str = ZHOU_PHONE, token: str = "", address: str = "10.0.0.1") -> tuple[SmsCode, str]:
    """A visitor with a token of its own each time, unless it is given."""
    token = token or f"token {SmsCode.objects.count()} {phone}"
    return SmsCode.issue(phone, LOGIN, token, address)


def another(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


# -- guessing ----------------------------------------------------------------------------


def test_a_code_is_used_once() -> None:
    row, code = issue()
    row.use(code)
    with refused("code_dead", "code"):
        row.use(code)


def test_a_code_lives_five_minutes(clock: Any) -> None:
    row, code = issue()
    clock.shift(5 * MINUTE)
    with refused("code_dead", "code"):
        row.use(code)


def test_a_wrong_code_is_counted_and_told() -> None:
    row, code = issue()
    with refused("code_wrong", "code", but=(SmsCode,)):
        row.use(another(code))
    assert SmsCode.objects.get().tries == 1


def test_after_five_wrong_ones_the_right_one_is_none() -> None:
    row, code = issue()
    for _ in range(TRIES):
        with refused("code_wrong", "code", but=(SmsCode,)):
            row.use(another(code))
    with refused("code_dead", "code"):
        row.use(code)


def test_one_visitors_code_is_no_others() -> None:
    _, code = issue(token="mine")
    other, _ = issue(LI_PHONE, token="another's")
    SmsCode.objects.filter(pk=other.pk).update(code=SmsCode.objects.get(phone=ZHOU_PHONE).code)
    with refused("code_wrong", "code", but=(SmsCode,)):
        SmsCode.objects.get(pk=other.pk).use(code)


def test_a_code_is_found_by_its_token_and_purpose_alone() -> None:
    row, _ = issue(token="mine")
    assert SmsCode.of("mine", LOGIN) == row
    assert SmsCode.of("mine", SmsCode.Purpose.VERIFY) is SmsCode.of("another's", LOGIN) is None


def test_what_could_not_be_sent_opens_nothing() -> None:
    row, code = issue()
    row.fail()
    with refused("code_dead", "code"):
        row.use(code)


# -- sending -----------------------------------------------------------------------------


def test_a_phone_gets_one_code_a_minute(clock: Any) -> None:
    issue()
    clock.shift(59)
    with refused("sms_too_soon", "phone"):
        issue()
    clock.shift(1)
    issue()


def test_what_was_not_sent_counts_for_the_minute(clock: Any) -> None:
    issue()[0].fail()
    with refused("sms_too_soon", "phone"):
        issue()


def test_what_was_not_sent_counts_for_neither_hour_nor_day(clock: Any) -> None:
    for _ in range(12):
        issue()[0].fail()
        clock.shift(MINUTE)
    issue()


def test_a_phone_gets_five_an_hour_and_ten_a_day(clock: Any) -> None:
    for most in (5, 10):
        for n in range(5):
            issue(address=f"10.0.1.{n}")
            clock.shift(MINUTE)
        assert SmsCode.objects.count() == most
        with refused("sms_too_many", "phone"):
            issue()
        clock.shift(HOUR)
    with refused("sms_too_many", "phone"):
        issue()


def test_one_address_sends_to_one_phone_three_an_hour_and_five_a_day(clock: Any) -> None:
    for most in (3, 2):
        for _ in range(most):
            issue()
            clock.shift(MINUTE)
        with refused("sms_too_many", "phone"):
            issue()
        clock.shift(HOUR)
    issue(LI_PHONE)


def test_one_address_does_not_take_all_that_a_phone_gets(clock: Any) -> None:
    for _ in range(5):
        issue(address="198.51.100.7")
        clock.shift(HOUR)
    with refused("sms_too_many", "phone"):
        issue(address="198.51.100.7")
    for _ in range(5):
        issue(address="203.0.113.9")
        clock.shift(HOUR)


def test_nobody_is_locked_for_good(clock: Any) -> None:
    for n in range(10):
        issue(address=f"10.0.1.{n}")
        clock.shift(HOUR)
    clock.shift(DAY)
    issue()


def test_the_hour_slides(clock: Any) -> None:
    """Five before the full hour and five after it would be ten within minutes."""
    clock.shift(55 * MINUTE)
    for n in range(5):
        issue(address=f"10.0.1.{n}")
        clock.shift(MINUTE)
    with refused("sms_too_many", "phone"):
        issue()


def test_an_address_has_limits_of_its_own(clock: Any) -> None:
    for n in range(30):
        issue(f"139000000{n:02}")
    with refused("sms_too_many", "phone"):
        issue(LI_PHONE)
    issue(LI_PHONE, address="10.0.0.2")


def test_visitors_whose_address_is_unknown_are_not_one_visitor(clock: Any) -> None:
    for n in range(31):
        issue(f"139000000{n:02}", address="")
    for _ in range(5):
        issue(address="")
        clock.shift(MINUTE)
    with refused("sms_too_many", "phone"):
        issue(address="")


def test_one_phones_limit_is_not_anothers() -> None:
    issue()
    issue(LI_PHONE)


def test_old_codes_go_with_the_next_that_is_sent(clock: Any) -> None:
    issue(LI_PHONE)
    clock.shift(2 * DAY + MINUTE)
    issue()
    assert [row.phone for row in SmsCode.objects.all()] == [ZHOU_PHONE]


# -- what is kept ------------------------------------------------------------------------


def test_neither_code_nor_phone_nor_address_stands_in_the_table() -> None:
    _, code = issue(token="mine", address="10.0.0.1")
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone, request, code, address FROM residents_smscode")
        stored = "\n".join(cursor.fetchone())
    assert not [one for one in (ZHOU_PHONE, code, "mine", "10.0.0.1") if one in stored]


def test_two_phones_with_one_code_look_different(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.randbelow", lambda most: 123456)
    (one, code), (other, same) = issue(), issue(LI_PHONE)
    assert code == same and one.code != other.code


def test_a_code_makes_no_account() -> None:
    issue()
    assert not User.objects.exists()
