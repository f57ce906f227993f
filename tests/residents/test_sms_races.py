"""Codes that are asked for, guessed and used at the same moment."""

import random
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.http import HttpRequest
from django.test import RequestFactory

from residents import sign_in, sms
from residents.exceptions import Refused
from residents.models import SmsCode, User
from residents.models.sms_code import TRIES
from residents.sign_in import Codes
from tests.cast import ZHOU_PHONE

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

MANY = 20
LOGIN = SmsCode.Purpose.LOGIN


def at_once(*acts: Callable[[], object]) -> Counter[str]:
    """How often each came of it: done, the code of a refusal, or the name of an error."""
    told: list[str] = []
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        try:
            connection.ensure_connection()
            start.wait()
            with connection.execute_wrapper(dawdle):
                told.append(came_of(act))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(told)


def dawdle(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    """The others get in between any two statements."""
    time.sleep(random.uniform(0, 0.004))
    return execute(sql, params, many, context)


def came_of(act: Callable[[], object]) -> str:
    try:
        act()
    except Refused as refused:
        return refused.code
    except Exception as error:
        traceback.print_exc()  # pytest shows it where the race is lost
        return type(error).__name__
    return "done"


def visit(address: str = "10.0.0.1") -> HttpRequest:
    request = RequestFactory().get("/my/login/", REMOTE_ADDR=address)
    request.session = SessionStore()
    return request


def ask(phone: str, address: str) -> Callable[[], None]:
    return lambda: Codes(visit(address), LOGIN).send(phone)


def another(code: str, n: int) -> str:
    return f"{(int(code) + n) % 10**6:06}"


def test_one_phone_gets_one_code_from_wherever_it_is_asked_for(outbox: Any) -> None:
    told = at_once(*[ask(ZHOU_PHONE, f"10.0.0.{n}") for n in range(MANY)])
    assert told == {"done": 1, "sms_too_soon": MANY - 1}
    assert (len(outbox), SmsCode.objects.count()) == (1, 1)


def test_an_address_that_asks_for_many_phones_at_once_gets_what_is_left(outbox: Any) -> None:
    for n in range(25):
        ask(f"139000001{n:02}", "10.0.0.1")()
    told = at_once(*[ask(f"139000002{n:02}", "10.0.0.1") for n in range(MANY)])
    assert told == {"done": 5, "sms_too_many": MANY - 5}


def test_many_phones_from_many_addresses_do_not_stop_each_other(outbox: Any) -> None:
    told = at_once(*[ask(f"139000002{n:02}", f"10.0.0.{n}") for n in range(MANY)])
    assert told == {"done": MANY}


def test_a_code_used_by_twenty_at_once_is_used_once() -> None:
    row, code = SmsCode.issue(ZHOU_PHONE, LOGIN, "token", "10.0.0.1")
    told = at_once(*[lambda: row.use(code)] * MANY)
    assert told == {"done": 1, "code_dead": MANY - 1}


def test_twenty_guesses_at_once_are_five() -> None:
    row, code = SmsCode.issue(ZHOU_PHONE, LOGIN, "token", "10.0.0.1")
    told = at_once(*[lambda n=n: row.use(another(code, n)) for n in range(1, MANY + 1)])
    assert told == {"code_wrong": TRIES, "code_dead": MANY - TRIES}
    assert SmsCode.objects.get().tries == TRIES


def test_twenty_that_sign_in_with_a_new_phone_are_one_account() -> None:
    told = at_once(*[lambda: sign_in.sign_in(visit(), ZHOU_PHONE)] * MANY)
    assert (told, User.objects.count()) == ({"done": MANY}, 1)


def test_twenty_accounts_that_take_one_phone_are_one() -> None:
    users = [User.objects.create_user(f"user{n}") for n in range(MANY)]
    told = at_once(*[lambda user=user: user.take_phone(ZHOU_PHONE) for user in users])
    assert told == {"done": 1, "phone_taken": MANY - 1}


class Probe:
    """Sends nothing, and notes whether a transaction waits for it."""

    inside: list[bool] = []

    def send(self, phone: str, code: str) -> None:
        self.inside.append(connection.in_atomic_block)


def test_no_transaction_waits_for_an_sms(settings: Any) -> None:
    settings.SMS_BACKEND = "tests.residents.test_sms_races.Probe"
    sms.send(ZHOU_PHONE, "000000")
    ask(ZHOU_PHONE, "10.0.0.1")()
    assert Probe.inside == [False, False]


def test_old_codes_are_dropped_by_whoever_comes_first(outbox: Any) -> None:
    for n in range(MANY):
        ask(f"139000001{n:02}", "10.0.0.1")()
    SmsCode.objects.update(created_at="2026-01-01T00:00+08:00")
    told = at_once(*[ask(f"139000002{n:02}", f"10.0.0.{n}") for n in range(MANY)])
    assert (told, SmsCode.objects.count()) == ({"done": MANY}, MANY)
