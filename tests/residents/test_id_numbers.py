from datetime import date

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from residents import id_numbers
from residents.choices import Sex

GOOD = {
    "11010519491231002X": (date(1949, 12, 31), Sex.FEMALE),
    "440524188001010014": (date(1880, 1, 1), Sex.MALE),
    "810000199408230021": (date(1994, 8, 23), Sex.FEMALE),
    "830000199201300022": (date(1992, 1, 30), Sex.FEMALE),
    "130324198705046010": (date(1987, 5, 4), Sex.MALE),
}
BAD_CHECK = "130302199211302219"
OLD, OLD_AS_18 = "610104620927690", "610104196209276908"


def with_check(first17):
    return first17 + id_numbers.check_character(first17)


@pytest.mark.parametrize("number", [*GOOD, OLD, OLD_AS_18])
def test_a_good_number_is_valid(number):
    assert id_numbers.is_valid(number) and id_numbers.has_valid_checksum(number)


@pytest.mark.parametrize(("number", "told"), GOOD.items())
def test_a_valid_number_tells_birth_and_sex(number, told):
    assert id_numbers.told(number) == told


def test_a_wrong_check_character_is_invalid():
    assert not id_numbers.has_valid_checksum(BAD_CHECK) and not id_numbers.is_valid(BAD_CHECK)


def test_the_documents_number_should_end_in_x():
    assert id_numbers.check_character(BAD_CHECK[:17]) == "X"


def test_an_invalid_number_tells_nothing_though_it_states_something():
    assert id_numbers.told(BAD_CHECK) is None
    assert id_numbers.stated_birth(BAD_CHECK) == date(1992, 11, 30)
    assert id_numbers.stated_sex(BAD_CHECK) == Sex.MALE


@pytest.mark.parametrize(
    "text",
    [" 11010519491231002x ", "１１０１０５１９４９１２３１００２ｘ", "110105 1949\u30001231\u200b002X"],
)
def test_full_width_blanks_and_case_are_folded(text):
    assert id_numbers.normalise(text) == "11010519491231002X"


def test_an_old_number_is_matched_by_its_18_characters():
    assert id_numbers.matching_form(OLD) == OLD_AS_18


def test_only_15_digits_are_an_old_number():
    assert id_numbers.is_old_15(OLD) and not id_numbers.is_old_15(OLD_AS_18)


def test_an_old_number_tells_what_its_18_characters_tell():
    assert id_numbers.told(OLD) == id_numbers.told(OLD_AS_18) == (date(1962, 9, 27), Sex.FEMALE)


@pytest.mark.parametrize(
    "text", ["", "E12345678", "1234", "１", "11010519491231002", "11010519491231002XX", "٣" * 18]
)
def test_what_has_no_shape_of_a_number_states_nothing(text):
    assert id_numbers.stated_birth(text) is None
    assert id_numbers.stated_sex(text) is None
    assert id_numbers.told(text) is None
    assert not id_numbers.is_valid(text)


def test_other_documents_are_matched_as_normalised():
    assert id_numbers.matching_form(" e1234 5678") == "E12345678"


@pytest.mark.parametrize("birth", ["19990230", "19001301", "00000101", "19990100"])
def test_a_birth_that_is_no_date_is_invalid(birth):
    number = with_check(f"110105{birth}002")
    assert id_numbers.stated_birth(number) is None and not id_numbers.is_valid(number)


def test_the_29th_of_february_exists_in_leap_years_only():
    assert id_numbers.is_valid(with_check("11010520000229002"))
    assert not id_numbers.is_valid(with_check("11010519000229002"))


def test_a_birth_before_1880_is_stated_and_invalid():
    number = with_check("11010518791231002")
    assert id_numbers.stated_birth(number) == date(1879, 12, 31) and not id_numbers.is_valid(number)


@pytest.mark.parametrize(("now", "valid"), [("2026-03-01T16:30Z", True), ("2026-03-01T15:30Z", False)])
def test_today_is_that_of_shanghai(now, valid):
    with time_machine.travel(now, tick=False):
        assert id_numbers.is_valid(with_check("11010520260302002")) is valid


def test_a_permanent_residence_card_follows_the_same_rule():
    number = with_check("91115619850615001")
    assert id_numbers.told(number) == (date(1985, 6, 15), Sex.MALE)


@given(st.from_regex(r"[0-9]{17}", fullmatch=True), st.integers(0, 16), st.sampled_from("0123456789"))
def test_one_wrong_digit_is_always_noticed(first17, place, digit):
    number = with_check(first17)
    changed = number[:place] + digit + number[place + 1 :]
    assert id_numbers.has_valid_checksum(changed) is (changed == number)


@given(st.text(max_size=20))
def test_no_text_breaks_the_reading_and_folding_twice_changes_nothing(text):
    id_numbers.told(text)
    form = id_numbers.matching_form(text)
    assert id_numbers.matching_form(form) == form
