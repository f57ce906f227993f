"""What one person's record shows by itself (domain.md, Findings): opens, stays silent, is mended."""

import re
from collections.abc import Callable, Iterable
from datetime import date, timedelta

import pytest
from django.utils import timezone

from houses.models import House, Membership
from residents import checks
from residents.checks import Problem
from residents.choices import IdType
from residents.models import Resident
from residents.upstream import Said
from tests.cast import CHEN_PHONE, ZHOU_ID, ZHOU_PHONE
from tests.factories import id_number

BAD_CHECK = "130302199211302219"
OLD_15 = "610104620927690"


def found(check: Callable[[object], Iterable[Problem]], record: object) -> list[str]:
    return [problem.code for problem in check(record)]


def only(check: Callable[[object], Iterable[Problem]], record: object) -> Problem:
    (problem,) = check(record)
    return problem


def heard(record: object, **said: Said) -> object:
    for field, word in said.items():
        record.said.put(field, word)
    return record


# -- the number --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number",
    ["11010519491231002X", "440524188001010014", "810000199408230021", "830000199201300022", ZHOU_ID],
)
def test_a_good_number_is_silent(number) -> None:
    assert found(checks.id_checksum, Resident(id_number=number)) == []


def test_a_wrong_check_character_is_found_and_the_right_one_told() -> None:
    problem = only(checks.id_checksum, Resident(id_number=BAD_CHECK))
    assert (problem.code, problem.field, problem.suggestion) == ("id_checksum", "id_number", None)
    assert problem.sentence == "证件号码的末位应为 X，与号码不符。"


@pytest.mark.parametrize("number", ["1101051980030700", "ABC", id_number(1, born="19801341")])
def test_what_is_no_number_is_found(number) -> None:
    assert found(checks.id_checksum, Resident(id_number=number)) == ["id_checksum"]


def test_a_birth_in_the_future_or_before_1880_is_found() -> None:
    tomorrow = (timezone.localdate() + timedelta(days=1)).strftime("%Y%m%d")
    for born in (tomorrow, "18791231"):
        assert found(checks.id_checksum, Resident(id_number=id_number(1, born=born))) == ["id_checksum"]


@pytest.mark.parametrize("id_type", [IdType.PASSPORT, IdType.HMT_PASS, IdType.NONE])
def test_a_document_without_check_character_is_not_checked(id_type) -> None:
    assert found(checks.id_checksum, Resident(id_number="E12345678", id_type=id_type)) == []


@pytest.mark.parametrize("id_type", [IdType.HMT_RESIDENCE, IdType.FOREIGN_PERMANENT])
def test_residence_documents_are_checked_by_the_same_rule(id_type) -> None:
    assert found(checks.id_checksum, Resident(id_number="810000199408230020", id_type=id_type))


def test_no_number_is_missing_not_wrong() -> None:
    assert found(checks.id_checksum, Resident()) == []


def test_the_mended_number_is_silent() -> None:
    resident = Resident(id_number=BAD_CHECK)
    assert found(checks.id_checksum, resident)
    resident.id_number = "13030219921130221X"
    assert not found(checks.id_checksum, resident)


def test_fifteen_digits_are_flagged_as_old_and_as_nothing_else() -> None:
    resident = Resident(id_number=OLD_15)
    assert found(checks.id_old_15, resident) == ["id_old_15"]
    assert found(checks.id_checksum, resident) == []


def test_eighteen_characters_are_not_old() -> None:
    assert found(checks.id_old_15, Resident(id_number=ZHOU_ID)) == []


# -- the number against birth date and sex -----------------------------------------------


def test_another_birth_date_than_the_numbers_is_found() -> None:
    resident = Resident(id_number=BAD_CHECK, birth_date=date(1987, 5, 4))
    assert only(checks.id_birth_mismatch, resident).field == "birth_date"


@pytest.mark.parametrize("number", ["", "E12345678", ZHOU_ID])
def test_a_birth_date_that_no_number_contradicts_is_silent(number) -> None:
    assert found(checks.id_birth_mismatch, Resident(id_number=number, birth_date=date(1980, 3, 7))) == []


def test_the_birth_date_of_an_old_number_is_compared() -> None:
    resident = Resident(id_number=OLD_15, birth_date=date(1963, 9, 27))
    assert found(checks.id_birth_mismatch, resident) == ["id_birth_mismatch"]


def test_the_mended_birth_date_is_silent() -> None:
    resident = Resident(id_number=ZHOU_ID, birth_date=date(1987, 5, 4))
    assert found(checks.id_birth_mismatch, resident)
    resident.birth_date = date(1980, 3, 7)
    assert not found(checks.id_birth_mismatch, resident)


def test_another_sex_than_the_numbers_is_found_until_it_is_mended() -> None:
    resident = Resident(id_number=ZHOU_ID, sex=2)
    assert only(checks.id_sex_mismatch, resident).field == "sex"
    resident.sex = 1
    assert not found(checks.id_sex_mismatch, resident)


@pytest.mark.parametrize("resident", [Resident(sex=2), Resident(id_number=ZHOU_ID)])
def test_sex_or_number_alone_is_silent(resident) -> None:
    assert found(checks.id_sex_mismatch, resident) == []


# -- what the platform said --------------------------------------------------------------


def test_a_phone_that_answers_for_somebody_else_is_noticed() -> None:
    resident = heard(Resident(phone=ZHOU_PHONE), phone=Said(ZHOU_PHONE, 2, "zhou", moved="chen"))
    assert only(checks.phone_moved, resident).field == "phone"


def test_a_new_phone_closes_the_notice() -> None:
    resident = heard(Resident(phone=CHEN_PHONE), phone=Said(ZHOU_PHONE, 2, "zhou", moved="chen"))
    assert found(checks.phone_moved, resident) == []


def test_a_phone_that_did_not_move_is_silent() -> None:
    resident = heard(Resident(phone=ZHOU_PHONE), phone=Said(ZHOU_PHONE, 2, "zhou"))
    assert found(checks.phone_moved, resident) == []


CONFLICTS = [
    pytest.param(Resident(employer="一中"), "employer", "二中", "公司", id="resident"),
    pytest.param(House(use=1), "use", 2, "房屋用途", id="house"),
    pytest.param(Membership(role=13), "role", 5, "居民角色", id="membership"),
]


@pytest.mark.parametrize(("record", "field", "theirs", "label"), CONFLICTS)
def test_two_changed_values_are_a_conflict_with_theirs_on_offer(record, field, theirs, label) -> None:
    problem = only(checks.platform_conflict, heard(record, **{field: Said(theirs, 2, "zhou", conflict=True)}))
    assert problem.suggestion == {"field": field, "value": theirs}
    assert problem.sentence.startswith(label)


def test_the_offer_of_a_date_is_its_text() -> None:
    resident = Resident(birth_date=date(1980, 1, 1))
    heard(resident, birth_date=Said(date(1980, 3, 7), 2, "zhou", conflict=True))
    assert only(checks.platform_conflict, resident).suggestion == {
        "field": "birth_date",
        "value": "1980-03-07",
    }


def test_whoever_takes_theirs_has_settled_the_conflict() -> None:
    resident = heard(Resident(employer="一中"), employer=Said("二中", 2, "zhou", conflict=True))
    resident.employer = "二中"
    assert found(checks.platform_conflict, resident) == []


def test_a_different_word_without_conflict_is_silent() -> None:
    resident = heard(Resident(employer="一中"), employer=Said("二中", 2, "zhou"))
    assert found(checks.platform_conflict, resident) == []


UNKNOWNS = [
    pytest.param(Resident(), "political_status", "共青团", id="resident"),
    pytest.param(House(), "use", "99", id="house"),
    pytest.param(Membership(), "role", "20", id="membership"),
]


@pytest.mark.parametrize(("record", "field", "raw"), UNKNOWNS)
def test_an_unknown_code_is_kept_as_evidence_not_as_text(record, field, raw) -> None:
    problem = only(checks.unknown_code, heard(record, **{field: Said(raw=raw, rank=2, by="zhou")}))
    assert (problem.field, problem.evidence) == (field, {"raw": raw})
    assert raw not in problem.sentence


@pytest.mark.parametrize("value", [1, 2])
def test_a_filled_field_closes_the_unknown_code(value) -> None:
    resident = heard(Resident(), political_status=Said(raw="共青团", rank=2, by="zhou"))
    resident.political_status = value
    assert found(checks.unknown_code, resident) == []


def test_no_is_an_answer_to_an_unknown_flag() -> None:
    resident = heard(Resident(is_veteran=False), is_veteran=Said(raw="9", rank=2, by="zhou"))
    assert found(checks.unknown_code, resident) == []


# -- sentences ---------------------------------------------------------------------------


def loud() -> Resident:
    """老周, of whom nearly everything is wrong."""
    resident = Resident(name="老周", id_number=BAD_CHECK, birth_date=date(1987, 5, 4), sex=2)
    resident.phone, resident.employer = ZHOU_PHONE, "一中"
    heard(resident, phone=Said(ZHOU_PHONE, 2, "zhou", moved="chen"))
    heard(resident, employer=Said("二中", 2, "zhou", conflict=True))
    heard(resident, political_status=Said(raw="共青团", rank=2, by="zhou"))
    return resident


def test_every_sentence_is_chinese_and_carries_nothing_personal() -> None:
    problems = [problem for check in checks.CHECKS for problem in check(loud())]
    problems += checks.id_old_15(Resident(id_number=OLD_15))
    assert {problem.code for problem in problems} == {check.__name__ for check in checks.CHECKS}
    for sentence in (problem.sentence for problem in problems):
        assert re.fullmatch(r"[^a-z]*[\u4e00-\u9fff][^a-z]*。", sentence)
        assert not re.search(r"\d{3}", sentence)
        assert not any(word in sentence for word in ("老周", "一中", "二中", "共青团"))


def test_inputs_change_with_what_was_looked_at() -> None:
    before = only(checks.id_checksum, Resident(id_number=BAD_CHECK)).inputs
    after = only(checks.id_checksum, Resident(id_number="130302199211302218")).inputs
    assert before != after
