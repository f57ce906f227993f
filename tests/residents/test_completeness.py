"""What a record owes, and what it still lacks (domain.md, Two axes, one status)."""

from datetime import date

import pytest
import time_machine

from residents.choices import IdType
from residents.completeness import (
    LABELS,
    is_complete,
    missing,
    missing_fields,
    required_fields,
)
from residents.models import Resident
from tests.cast import XIAO_ID, ZHOU_ID
from tests.factories import ResidentFactory

ALL = [
    "name",
    "id_number",
    "sex",
    "birth_date",
    "ethnicity",
    "registered_address",
    "political_status",
    "is_veteran",
    "is_low_income",
    "contact_phone",
]
ADULT_ONLY = {"political_status", "is_veteran"}


def complete(**changes: object) -> Resident:
    return ResidentFactory.build(**{"name": "老周", "id_number": ZHOU_ID} | changes)


def test_an_adult_owes_all_of_the_record() -> None:
    assert sorted(required_fields(complete())) == sorted(ALL)


def test_whoever_gives_all_of_it_is_complete() -> None:
    assert is_complete(complete())
    assert missing(complete()) == []


@pytest.mark.parametrize("field", ALL[:-1])
def test_each_required_field_can_be_the_missing_one(field) -> None:
    person = complete()
    setattr(person, field, "" if isinstance(getattr(person, field), str) else None)
    assert missing_fields(person) == [field]
    assert missing(person) == [LABELS[field]]
    assert not is_complete(person)


@pytest.mark.parametrize("field", ["photo_url", "job_title", "employer", "is_petitioner"])
def test_the_rest_is_never_asked(field) -> None:
    assert field not in required_fields(complete())


@pytest.mark.parametrize("flag", ["is_veteran", "is_low_income"])
def test_no_is_an_answer_and_unknown_is_none(flag) -> None:
    assert missing_fields(complete(**{flag: False})) == []
    assert missing_fields(complete(**{flag: None})) == [flag]


def test_a_new_record_knows_nothing() -> None:
    assert missing_fields(Resident()) == ALL
    assert (Resident().sex, Resident().is_veteran, Resident().ethnicity) == (None, None, "")


# -- age ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "asked"),
    [("2025-09-08T12:00:00+08:00", False), ("2025-09-09T00:30:00+08:00", True)],
    ids=["the day before 16", "16 in Shanghai, not yet in London"],
)
def test_under_16_nobody_is_asked_what_concerns_adults(today, asked) -> None:
    with time_machine.travel(today, tick=False):
        owed = set(required_fields(complete(birth_date=date(2009, 9, 9))))
    assert (owed >= ADULT_ONLY) is asked
    assert owed | ADULT_ONLY == set(ALL)


def test_the_age_is_read_off_a_valid_number_when_no_birth_date_is_stated() -> None:
    with time_machine.travel("2020-01-01T12:00:00+08:00", tick=False):
        assert not ADULT_ONLY & set(required_fields(Resident(id_number=XIAO_ID)))


def test_a_person_of_unknown_age_owes_what_an_adult_owes() -> None:
    assert set(required_fields(Resident())) >= ADULT_ONLY


# -- other documents ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "id_type", [IdType.HMT_RESIDENCE, IdType.FOREIGN_PERMANENT, IdType.PASSPORT, IdType.HMT_PASS]
)
def test_other_documents_owe_no_ethnicity_address_or_political_status(id_type) -> None:
    owed = set(required_fields(complete(id_type=id_type)))
    assert set(ALL) - owed == {"ethnicity", "registered_address", "political_status"}


def test_who_has_no_document_yet_owes_no_number() -> None:
    owed = set(required_fields(complete(id_type=IdType.NONE)))
    assert "id_number" not in owed
    assert {"name", "birth_date", "sex", "contact_phone"} <= owed


# -- contact phone -----------------------------------------------------------------------


def test_the_phone_of_the_contact_counts() -> None:
    assert is_complete(complete(phone="", contact=ResidentFactory.build()))


@pytest.mark.parametrize("contact", [None, Resident(name="李梅")], ids=["nobody", "a contact without phone"])
def test_without_any_phone_the_contact_phone_is_missing(contact) -> None:
    assert missing(complete(phone="", contact=contact)) == ["联系电话"]
