"""What a person types: brought to the stored form, or refused in a sentence (residents/typed.py)."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from residents import typed
from residents.choices import IdType
from residents.exceptions import Refused
from residents.models import Resident
from tests.cast import LI_ID, ZHOU_ID
from tests.factories import ResidentFactory

FEMALE, MALE = 2, 1


def clean(resident: Resident | None = None, /, *, lenient: bool = False, **values: Any) -> dict[str, Any]:
    return typed.clean(values, resident or Resident(), lenient=lenient)


def mistakes(resident: Resident | None = None, /, *, lenient: bool = False, **values: Any) -> dict[str, str]:
    """The sentence for each field that is refused; nothing for what is taken."""
    try:
        clean(resident, lenient=lenient, **values)
    except Refused as refused:
        assert refused.code == "invalid"
        return refused.fields
    return {}


# -- taken -------------------------------------------------------------------------------

GOOD: list[tuple[str, Any, Any]] = [
    ("name", " 老周 ", "老周"),
    ("name", "阿卜杜拉·买买提", "阿卜杜拉·买买提"),
    ("name", "Anne  Marie\tSmith", "Anne Marie Smith"),
    ("name", "𠮷田", "𠮷田"),
    ("id_type", "passport", "passport"),
    ("id_number", LI_ID, LI_ID),
    ("id_number", "１１０１０５１９８２０５１２００２２", LI_ID),
    ("id_number", "110105 19820512 0022", LI_ID),
    ("id_number", "11010519491231002x", "11010519491231002X"),
    ("id_number", "610104620927690", "610104620927690"),
    ("id_number", "810000199408230021", "810000199408230021"),
    ("sex", "2", FEMALE),
    ("sex", 1, MALE),
    ("birth_date", "1987-05-04", date(1987, 5, 4)),
    ("birth_date", date(1987, 5, 4), date(1987, 5, 4)),
    ("birth_date", "1880-01-01", date(1880, 1, 1)),
    ("ethnicity", "01", "01"),
    ("ethnicity", "97", "97"),
    (
        "registered_address",
        "河北省秦皇岛市海港区文化路1号楼2单元301",
        "河北省秦皇岛市海港区文化路1号楼2单元301",
    ),
    ("phone", "13800000001", "13800000001"),
    ("phone", "+86 138-0000-0001", "13800000001"),
    ("phone", "１３８０００００００１", "13800000001"),
    ("phone", 13800000001, "13800000001"),
    ("political_status", "1", 1),
    ("is_veteran", False, False),
    ("is_veteran", "1", True),
    ("is_low_income", "0", False),
    ("job_title", "教师", "教师"),
    ("employer", "第一中学(高中部)", "第一中学(高中部)"),
]


@pytest.mark.parametrize(("field", "value", "stored"), GOOD)
def test_a_good_value_is_brought_to_the_form_that_is_stored(field: str, value: Any, stored: Any) -> None:
    assert clean(**{field: value}) == {field: stored}


@pytest.mark.parametrize("field", sorted(set(typed.FIELDS) - {"id_type"}))
@pytest.mark.parametrize("empty", ["", "  ", None])
def test_empty_is_unknown(field: str, empty: Any) -> None:
    unknown = None if Resident._meta.get_field(field).null else ""
    assert clean(**{field: empty}) == {field: unknown}


def test_what_is_left_out_stays_out() -> None:
    assert clean() == {}


def test_a_contact_is_the_callers_to_find() -> None:
    assert clean(contact="anything") == {"contact": "anything"}


# -- refused -----------------------------------------------------------------------------

BAD: list[tuple[str, Any]] = [
    ("name", "老" * 51),
    ("name", "老周13800000001"),
    ("name", "老\x00周"),
    ("name", "老\u202e周"),
    ("name", ["老周"]),
    ("name", {"a": 1}),
    ("id_type", "driving_licence"),
    ("id_type", ""),
    ("id_number", "130302199211302219"),
    ("id_number", "110105198205320022"),
    ("id_number", "11010518700512002X"),
    ("id_number", "1101051982051200"),
    ("id_number", "没有"),
    ("id_number", "610104629927690"),
    ("id_number", ["110105198205120022"]),
    ("sex", 0),
    ("sex", 3),
    ("sex", "女"),
    ("sex", True),
    ("birth_date", "1987-13-04"),
    ("birth_date", "1987-02-30"),
    ("birth_date", "四月"),
    ("birth_date", "1879-12-31"),
    ("birth_date", 19870504),
    ("ethnicity", "57"),
    ("ethnicity", "汉族"),
    ("registered_address", "文化路" * 67),
    ("registered_address", "文化路1号，电话13800000001"),
    ("phone", "1380000000"),
    ("phone", "12800000001"),
    ("phone", "0335-3900000"),
    ("phone", "13800000001,13800000002"),
    ("phone", 1),
    ("political_status", 3),
    ("political_status", "群众"),
    ("is_veteran", "也许"),
    ("is_veteran", 2),
    ("is_low_income", "是"),
    ("job_title", "教" * 101),
    ("job_title", f"保安 {ZHOU_ID}"),
    ("employer", "中学 138 0000 0001"),
]


@pytest.mark.parametrize(("field", "value"), BAD)
def test_a_bad_value_is_refused(field: str, value: Any) -> None:
    assert set(mistakes(**{field: value})) == {field}


@pytest.mark.parametrize("field", sorted(set(typed.FIELDS) - {"contact"}))
def test_a_refusal_is_one_chinese_sentence_that_repeats_nothing(field: str) -> None:
    """No True, no YYYY-MM-DD, and nothing of what was typed, which may be personal."""
    (sentence,) = mistakes(**{field: "欧阳" * 150}).values()
    assert sentence.endswith("。") and "欧阳" not in sentence
    assert not re.search("[A-Za-z]{2}", sentence)


@pytest.mark.parametrize("field", ["name", "registered_address", "job_title", "employer"])
@pytest.mark.parametrize(
    "number",
    ["13800000001", "138 0000 0001", "138-0000-0001", LI_ID, "１３８０００００００１", "61010462 0927690"],
)
def test_a_number_in_free_text_is_refused(field: str, number: str) -> None:
    assert set(mistakes(**{field: f"见 {number}"})) == {field}


@pytest.mark.parametrize(
    ("field", "mask"),
    [
        ("id_number", "1****************2"),
        ("id_number", "＊" * 18),
        ("phone", "138****0001"),
        ("name", "老*"),
        ("registered_address", "河北省****"),
    ],
)
@pytest.mark.parametrize("lenient", [False, True])
def test_a_mask_that_comes_back_is_never_a_value(field: str, mask: str, lenient: bool) -> None:
    assert mistakes(lenient=lenient, **{field: mask}) == {field: "请填写完整内容，不要保留星号。"}


@pytest.mark.parametrize(
    "field", ["is_petitioner", "photo_url", "upstream", "self_managed_since", "id", "没有"]
)
@pytest.mark.parametrize("lenient", [False, True])
def test_what_nobody_types_is_refused(field: str, lenient: bool) -> None:
    assert mistakes(lenient=lenient, **{field: "1"}) == {field: "这一项不能在这里填写。"}


def test_tomorrow_is_no_birthday_and_today_is() -> None:
    today = timezone.localdate()
    assert mistakes(birth_date=today + timedelta(days=1)) == {"birth_date": "出生日期不成立。"}
    assert mistakes(birth_date=today) == {}


def test_all_mistakes_are_told_at_once() -> None:
    assert set(mistakes(name="老*", phone="1", sex=3, employer="第一中学")) == {"name", "phone", "sex"}


# -- what contradicts itself --------------------------------------------------------------


def test_a_birth_date_that_the_typed_number_contradicts_is_refused() -> None:
    told = mistakes(id_number=LI_ID, birth_date="1982-05-13", sex=FEMALE)
    assert told == {"birth_date": "与证件号码不符，请核对。"}


def test_a_sex_that_the_typed_number_contradicts_is_refused() -> None:
    assert mistakes(id_number=LI_ID, sex=MALE) == {"sex": "与证件号码不符，请核对。"}


def test_a_birth_date_that_the_number_on_record_contradicts_is_refused() -> None:
    known = Resident(id_number=LI_ID)
    assert set(mistakes(known, birth_date="1982-05-13", sex=MALE)) == {"birth_date", "sex"}


def test_15_digits_tell_birth_and_sex_too() -> None:
    assert set(mistakes(id_number="610104620927690", birth_date="1962-09-28", sex=MALE)) == {
        "birth_date",
        "sex",
    }
    assert mistakes(id_number="610104620927690", birth_date="1962-09-27", sex=FEMALE) == {}


def test_what_agrees_is_taken() -> None:
    assert mistakes(id_number=LI_ID, birth_date="1982-05-12", sex=FEMALE) == {}


def test_emptying_birth_and_sex_contradicts_nothing() -> None:
    assert mistakes(Resident(id_number=LI_ID), birth_date="", sex="") == {}


def test_a_wrong_number_on_record_that_is_not_typed_hinders_nothing() -> None:
    assert mistakes(Resident(id_number="130302199211302219"), birth_date="1987-05-04", name="付钰") == {}


def test_a_number_that_is_refused_for_its_shape_is_told_once() -> None:
    assert set(mistakes(id_number="1****************2", birth_date="1982-05-13")) == {"id_number"}


@pytest.mark.parametrize("id_type", [IdType.PASSPORT, IdType.HMT_PASS])
def test_another_document_has_a_number_of_its_own(id_type: str) -> None:
    assert clean(id_type=id_type, id_number="e12345678") == {"id_type": id_type, "id_number": "E12345678"}


@pytest.mark.parametrize("id_type", [IdType.ID_CARD, IdType.HMT_RESIDENCE, IdType.FOREIGN_PERMANENT])
def test_a_document_with_a_check_character_has_it_checked(id_type: str) -> None:
    assert set(mistakes(id_type=id_type, id_number="E12345678")) == {"id_number"}


def test_the_document_on_record_decides_where_none_is_typed() -> None:
    assert mistakes(Resident(id_type=IdType.PASSPORT), id_number="E12345678") == {}


def test_a_passport_number_contradicts_no_birth_date() -> None:
    told = mistakes(
        id_type=IdType.PASSPORT, id_number="110105198205120022", birth_date="1990-01-01", sex=MALE
    )
    assert told == {}


@pytest.mark.parametrize("number", ["E1234\x005678", "E" * 31, "护照 E12345678", "E1234<b>"])
def test_no_document_has_such_a_number(number: str) -> None:
    assert set(mistakes(id_type=IdType.PASSPORT, id_number=number)) == {"id_number"}


# -- staff who give a reason --------------------------------------------------------------


def test_with_a_reason_a_wrong_check_character_is_taken() -> None:
    assert clean(lenient=True, id_number="130302199211302219") == {"id_number": "130302199211302219"}


def test_with_a_reason_a_contradiction_is_taken() -> None:
    assert mistakes(lenient=True, id_number=LI_ID, birth_date="1982-05-13", sex=MALE) == {}


@pytest.mark.parametrize(
    ("field", "value"), [("phone", "1"), ("sex", 3), ("name", "老\x00周"), ("birth_date", "1879-12-31")]
)
def test_with_a_reason_what_no_column_holds_is_still_refused(field: str, value: Any) -> None:
    assert set(mistakes(lenient=True, **{field: value})) == {field}


# -- what is stored ----------------------------------------------------------------------


@pytest.mark.django_db
def test_what_was_taken_can_be_stored_and_found() -> None:
    person = ResidentFactory(**clean(name="老周", id_number="110105 19800307 0012", phone="138-0000-0001"))
    assert Resident.objects.get(id_number=ZHOU_ID, phone="13800000001") == person


def test_the_record_itself_is_not_touched() -> None:
    person = Resident(name="老周")
    clean(person, name="小周")
    assert person.name == "老周"
