"""What is written once a process answers each account as if it were written for that account."""

from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from django.db import connection, connections

from houses import dwellings, sight
from houses.family import Family
from houses.standing import Standing
from residents.models import User
from tests.factories import UserFactory
from tests.household import login
from tests.my_home import Home, furnish

QUERIES = {"houses": dwellings._HOUSES, "members": dwellings._MEMBERS, "open entries": sight._OPEN}

pytestmark = pytest.mark.django_db


@pytest.fixture
def home() -> Home:
    return furnish()


def families(home: Home) -> dict[str, Family]:
    rows = {"owner": home.owner, "tenant": home.tenant, "neighbour": home.neighbour}
    users = {who: User.objects.get(resident=row.resident_id) for who, row in rows.items()}
    users |= {"wife": login(home.wife.resident), "newcomer": home.newcomer, "nobody": UserFactory()}
    return {who: Family(user) for who, user in users.items()}


def told(rows: Any) -> list[dict[str, Any]]:
    """Values and annotations of each row, and of what came with it."""
    return [_told(row) for row in rows]


def _told(row: Any) -> dict[str, Any]:
    found = {name: value for name, value in vars(row).items() if name != "_state"}
    with_it = {name: _told(one) for name, one in row._state.fields_cache.items() if one is not None}
    return {**found, **with_it}


@pytest.mark.parametrize("name", QUERIES)
def test_each_account_is_told_what_is_its_own(home: Home, name: str) -> None:
    standing, seen = QUERIES[name], set()
    for who, family in families(home).items():
        rows = standing(family)
        seen.add(tuple(row.pk for row in rows))
        assert told(rows) == told(standing.build(family)), who
    assert len(seen) > 1


@pytest.mark.parametrize("name", QUERIES)
def test_nothing_but_the_account_is_written_into_it(name: str, time_machine: Any) -> None:
    """What was written today is asked tomorrow."""
    time_machine.move_to("2026-01-01")
    _, *today, _ = Standing(QUERIES[name].build)._write()
    time_machine.move_to("2027-06-01")
    _, *later, _ = Standing(QUERIES[name].build)._write()
    assert today == later


def test_it_is_one_query(home: Home, django_assert_num_queries: Callable[[int], Any]) -> None:
    owner = families(home)["owner"]
    dwellings._MEMBERS(owner)
    with django_assert_num_queries(1):
        (first, *_) = dwellings._MEMBERS(owner)
        assert first.house.community.name and first.resident.name


@pytest.mark.django_db(transaction=True)
def test_another_thread_asks_by_its_own_connection(home: Home) -> None:
    owner = families(home)["owner"]
    here, there = told(dwellings._MEMBERS(owner)), []

    def ask() -> None:
        there.extend(told(dwellings._MEMBERS(owner)))
        assert connections["default"] is not here_connection
        connections.close_all()

    here_connection = connections["default"]
    thread = Thread(target=ask)
    thread.start()
    thread.join()
    assert there == here and connection.connection is not None
