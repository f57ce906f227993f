"""A birthday changes what is asked and what is found, without anybody writing."""

from datetime import date

import pytest
import time_machine

from houses import birthdays
from houses.models import Finding
from houses.states import Status
from tests.factories import MembershipFactory, ResidentFactory

pytestmark = pytest.mark.django_db


def child(born: date, **values):
    """Complete, as long as nobody asks for political status and service."""
    person = ResidentFactory(
        id_number="",
        id_type="none",
        sex=1,
        birth_date=born,
        political_status=None,
        is_veteran=None,
        **values,
    )
    row = MembershipFactory(resident=person)
    type(row).objects.restate([person])
    row.refresh_from_db()
    return row


@pytest.fixture
def row():
    with time_machine.travel("2026-05-01T10:00+08:00"):
        row = child(date(2010, 5, 20))
        assert row.status == Status.COMPLETED
        return row


def test_a_sixteenth_birthday_asks_for_what_adults_owe(row) -> None:
    with time_machine.travel("2026-05-20T02:00+08:00"):
        birthdays.restate()
    row.refresh_from_db()
    assert row.status == Status.INCOMPLETE


def test_the_day_before_nothing_changes(row) -> None:
    with time_machine.travel("2026-05-19T02:00+08:00"):
        birthdays.restate()
    row.refresh_from_db()
    assert row.status == Status.COMPLETED


def test_a_night_that_was_slept_through_is_made_up(row) -> None:
    with time_machine.travel("2026-06-10T02:00+08:00"):
        birthdays.restate()
    row.refresh_from_db()
    assert row.status == Status.INCOMPLETE


def test_the_second_night_writes_nothing(row) -> None:
    with time_machine.travel("2026-05-20T02:00+08:00"):
        birthdays.restate()
        row.refresh_from_db()
        version = row.version
        assert birthdays.restate() == 1
    row.refresh_from_db()
    assert row.version == version


def test_a_fourteenth_birthday_settles_the_finding_of_a_child_alone() -> None:
    with time_machine.travel("2026-05-01T10:00+08:00"):
        row = child(date(2012, 5, 20))
        birthdays.findings.refresh(residents=[row.resident_id])
        found = Finding.objects.open().filter(code="minor_without_guardian", membership=row)
        assert found.exists()
    with time_machine.travel("2026-05-20T02:00+08:00"):
        birthdays.restate()
    assert not found.exists()


def test_who_was_born_on_29_february_is_looked_at_on_1_march() -> None:
    ResidentFactory(birth_date=date(2012, 2, 29))
    days = (date(2026, 2, 28), date(2026, 3, 1))
    assert [birthdays.restate(day) for day in days] == [0, 1]


def test_a_leap_day_is_a_day_like_others() -> None:
    ResidentFactory(birth_date=date(2010, 2, 28))
    assert birthdays.restate(date(2028, 2, 29)) == 1
