"""A merge that ends in the middle, by an error or by kill -9, leaves the old state whole and no lock."""

import signal
from collections.abc import Iterator

import pytest
from django.db import DatabaseError, DataError, IntegrityError, OperationalError, connection

from sync.books import Asked
from sync.engine import answer_digest, sync_phone
from sync.merge import merge
from sync.models import SyncItem
from sync.schemas import read_answer
from tests.cast import (
    CHEN_ID,
    CHEN_PHONE,
    LI,
    WANG_ID,
    WANG_PHONE,
    XIAO,
    ZHOU,
    ZHOU_PHONE,
    dwelling,
    member,
    person,
    zhous,
)
from tests.sync.writes import Shared, Watch, die, rows, state, watching, written_table

LEAST_WRITES = 8
GRANDPA = member("老老周", "11010519520606001X", 5)


def second_answer() -> dict:
    """Much is new: another room, another grandfather, another address; the child has gone."""
    home, other = dwelling(ZHOU, LI, GRANDPA, people_house_use=2), dwelling(ZHOU, room="102")
    return {**zhous(), "people_address": "河北省秦皇岛市海港区河北大街2号", "houses": [home, other]}


@pytest.fixture(params=["nobody", "a household"])
def before(request, platform) -> None:
    """What stood before: nothing, or the household of the phone's last answer."""
    if request.param == "a household":
        platform.answers[ZHOU_PHONE] = zhous(LI, XIAO)
        sync_phone(ZHOU_PHONE)
    platform.answers[ZHOU_PHONE] = second_answer()


# -- an error ----------------------------------------------------------------------------


def failing(n: int, error: type[Exception], *, times: int = 1000) -> Watch:
    def fail() -> None:
        raise error("refused by the test")

    return Watch(n, fail, times=times)


def failures(error: type[Exception]) -> Iterator[tuple[int, Watch, str]]:
    """The outcome's cause for an error at the first write, at the second, … until none is left to fail."""
    for n in range(1, 100):
        with watching(failing(n, error)) as watch:
            outcome = sync_phone(ZHOU_PHONE)
        if not watch.struck:
            assert outcome.outcome in {"created", "updated"}
            return
        assert outcome.outcome == "failed"
        yield n, watch, outcome.cause


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("error", "cause", "tries"),
    [
        (IntegrityError, "busy", 3),
        (OperationalError, "busy", 3),
        (DatabaseError, "database", 1),
        (DataError, "database", 1),
    ],
)
def test_an_error_at_any_write_leaves_the_old_state(before, error, cause, tries) -> None:
    stood, reached = rows(), 0
    for n, watch, told in failures(error):
        assert (told, watch.struck) == (cause, tries)
        assert rows() == stood
        reached = n
    assert reached > LEAST_WRITES
    assert rows() != stood


@pytest.mark.django_db
def test_a_failed_phone_is_told_to_staff_with_its_cause(before) -> None:
    with watching(failing(5, IntegrityError)):
        sync_phone(ZHOU_PHONE)
    item = SyncItem.objects.latest("pk")
    assert (item.outcome, item.cause) == ("failed", "busy")


@pytest.mark.django_db
@pytest.mark.parametrize("n", range(1, 13))
def test_an_error_that_passes_is_nobodys_loss(before, n) -> None:
    with watching(failing(n, OperationalError, times=2)) as watch:
        assert sync_phone(ZHOU_PHONE).outcome in {"created", "updated"}
    assert watch.struck == 2


# -- a set -------------------------------------------------------------------------------


def asked(phone: str, data: dict) -> Asked:
    return Asked(phone, read_answer(data, phone=phone), answer_digest(data))


def three() -> list[Asked]:
    wang = person("王租", WANG_ID, WANG_PHONE, dwelling(member("王租", WANG_ID, 1), room="301"))
    chen = person("老陈", CHEN_ID, CHEN_PHONE, dwelling(member("老陈", CHEN_ID, 1), room="401"))
    return [asked(ZHOU_PHONE, zhous(LI, XIAO)), asked(WANG_PHONE, wang), asked(CHEN_PHONE, chen)]


class NeverThis:
    """An execute wrapper that refuses every write of this value."""

    def __init__(self, value: str, error: type[Exception]) -> None:
        self.value, self.error = value, error

    def __call__(self, execute, sql, params, many, context):
        if written_table(sql) and self.value in str(params):
            raise self.error("refused by the test")
        return execute(sql, params, many, context)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("error", "cause"), [(IntegrityError, "busy"), (OperationalError, "busy"), (DataError, "database")]
)
@pytest.mark.parametrize("place", range(3))
def test_one_bad_answer_of_a_set_costs_itself_only(place, error, cause) -> None:
    name = ["老周", "王租", "老陈"][place]
    with connection.execute_wrapper(NeverThis(name, error)):
        outcomes = merge(three())
    told = [outcome.cause or outcome.outcome for outcome in outcomes]
    assert told == ["created"] * place + [cause] + ["created"] * (2 - place)


@pytest.mark.django_db
def test_the_others_of_a_set_stand_as_if_they_had_come_alone() -> None:
    with connection.execute_wrapper(NeverThis("王租", DataError)):
        merge(three())
    left = state()
    merge(three()[1:2])
    assert [row for row in state() if row in left] == left
    assert any("王租" in row for row in state())


# -- kill -9 -----------------------------------------------------------------------------


def sync_until_killed(phone: str, n: int) -> None:
    """Runs in a process of its own, which ends itself at the n-th write of the merge."""
    with watching(Watch(n, die)):
        sync_phone(phone)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("n", [1, 4, 8, 12])
def test_kill_9_leaves_the_old_state_and_no_lock(before, tmp_path, n) -> None:
    stood, shared = rows(), Shared(tmp_path)
    worker = shared.start(f"tests.sync.test_crash.sync_until_killed({ZHOU_PHONE!r}, {n})")
    worker.communicate(timeout=60)
    assert worker.returncode == -signal.SIGKILL
    shared.pull()
    assert rows() == stood
    again = shared.start(f"tests.sync.test_crash.sync_now({ZHOU_PHONE!r})")
    assert again.communicate(timeout=15)[0].split() in (["created"], ["updated"])
    shared.pull()
    assert rows() != stood


def sync_now(phone: str) -> None:
    print(sync_phone(phone).outcome)
