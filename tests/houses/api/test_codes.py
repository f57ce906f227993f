"""The code tables: what the choices say, kept by a client while they stay the same."""

import re
from typing import Any

import pytest

from houses.api.codes import TABLES, CodesAnswer
from houses.choices import HouseholdType, HouseUse, Occupancy, Ownership, Role
from houses.models import House, Membership, Request, Submission
from residents.choices import Ethnicity, IdType, PoliticalStatus, Sex
from residents.models import Resident
from tests.api import Program

pytestmark = pytest.mark.django_db

OURS = (
    Sex, Ethnicity, PoliticalStatus, IdType, Role, HouseholdType, HouseUse, Ownership, Occupancy,
)  # fmt: skip


@pytest.fixture
def answer() -> Any:
    return Program().get("/codes/")


def test_everybody_may_read_them(answer: Any) -> None:
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


def test_no_table_is_left_out(answer: Any) -> None:
    assert set(answer.json()) == set(TABLES) == set(CodesAnswer().fields)
    assert set(OURS) < set(TABLES.values())


@pytest.mark.parametrize("name", TABLES)
def test_a_table_says_what_the_choices_say(answer: Any, name: str) -> None:
    told = [(row["value"], row["label"]) for row in answer.json()[name]]
    assert told == [tuple(choice) for choice in TABLES[name].choices]


def test_whatever_a_record_may_hold_is_in_a_table() -> None:
    fields = [field for model in (Resident, House, Membership, Request) for field in model._meta.fields]
    coded = [[*field.choices] for field in fields if field.choices and field.editable]
    told = [[*table.choices] for table in TABLES.values()]
    assert [one for one in coded if one not in told] == []
    assert Submission.Status.choices not in told  # the states of an entry are told with the entry


def test_roles_have_the_documents_notes(answer: Any) -> None:
    assert [row["note"] for row in answer.json()["role"]] == [role.note for role in Role]
    assert {row["note"] for row in answer.json()["sex"]} == {""}


def test_they_may_be_kept_for_an_hour(answer: Any) -> None:
    assert answer["Cache-Control"] == "public, max-age=3600"
    assert re.fullmatch(r'"[0-9a-f]{32}"', answer["ETag"])


@pytest.mark.parametrize("asked", ["{}", "W/{}", '"other", {}', "*"])
def test_what_is_known_already_is_not_sent_again(answer: Any, asked: str) -> None:
    again = Program().get("/codes/", **{"If-None-Match": asked.format(answer["ETag"])})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", answer["ETag"])
    assert again["Cache-Control"] == answer["Cache-Control"]


@pytest.mark.parametrize("asked", ['"other"', "nonsense", ""])
def test_what_changed_since_is_sent(answer: Any, asked: str) -> None:
    again = Program().get("/codes/", **{"If-None-Match": asked})
    assert (again.status_code, again.content) == (200, answer.content)


def test_the_tables_take_no_query(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        Program().get("/codes/")
