import pytest
from hypothesis import given
from hypothesis import strategies as st

from residents.masking import is_masked, mask_id_number, mask_name, mask_phone, scrub

STARS_11, STARS_18 = "*" * 11, "*" * 18


@pytest.mark.parametrize(
    ("number", "mask"),
    [
        ("130302199211302219", f"1{'*' * 16}9"),
        ("11010519491231002x", f"1{'*' * 16}X"),
        ("610104620927690", f"6{'*' * 16}0"),
        (" １30302199211302219", f"1{'*' * 16}9"),
    ],
)
def test_a_number_shows_first_and_last_of_always_18(number, mask):
    assert mask_id_number(number) == mask and len(mask) == 18


@pytest.mark.parametrize(
    "number", ["1", "12", "E12345678", "H1234567890", "1303021992113022191", "没有", "1*9"]
)
def test_what_is_no_citizen_number_is_masked_whole(number):
    assert mask_id_number(number) == STARS_18


@pytest.mark.parametrize("phone", ["15131512234", "+86 151 3151 2234", "151-3151-2234", "１5131512234"])
def test_a_phone_shows_three_and_four(phone):
    assert mask_phone(phone) == "151****2234"


@pytest.mark.parametrize("phone", ["1", "0335-1234567", "151315122345", "+1 202 555 0100", "电话", "2234"])
def test_what_is_no_mobile_number_is_masked_whole(phone):
    assert mask_phone(phone) == STARS_11


@pytest.mark.parametrize(
    ("name", "mask"),
    [("付钰", "付*"), ("付文生", "付*"), ("买买提·艾力", "买*"), ("John Smith", "J*"), ("𠮷田", "𠮷*")],
)
def test_a_name_shows_its_first_character(name, mask):
    assert mask_name(name) == mask


@pytest.mark.parametrize("name", ["付", "*付", "·付", "1付"])
def test_a_name_of_one_character_or_none_is_masked_whole(name):
    assert mask_name(name) == "*"


@pytest.mark.parametrize("mask", [mask_id_number, mask_phone, mask_name])
@pytest.mark.parametrize("empty", ["", " ", "\u3000"])
def test_nothing_stays_nothing(mask, empty):
    assert mask(empty) == ""


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("手机号15131512234不存在", "手机号151****2234不存在"),
        ("130302199211302219 重复", f"1{'*' * 16}9 重复"),
        ("证件11010519491231002X。", f"证件1{'*' * 16}X。"),
        ("证件11010519491231002ｘ。", f"证件1{'*' * 16}X。"),
        ("610104620927690", f"6{'*' * 16}0"),
        ("８6-151-3151-2234", STARS_18),
        ("130302 19921130 2219", f"1{'*' * 16}9"),
        ("1" * 30, STARS_18),
        ("15131512234,15131512235", "151****2234,151****2235"),
    ],
)
def test_long_numbers_in_a_text_are_masked(text, scrubbed):
    assert scrub(text) == scrubbed


@pytest.mark.parametrize(
    "text", ["", "token失效", "code 1", "请求频繁，60 秒后再试", "2026-03-01 12:30:05", "1-1-1-101"]
)
def test_other_texts_stay_as_they_are(text):
    assert scrub(text) == text


@given(st.text(alphabet="0123456789 -xX中a", max_size=60))
def test_no_run_of_eleven_digits_survives(text):
    assert not any(len(run) > 10 for run in "".join(c if c.isdigit() else " " for c in scrub(text)).split())


@given(st.text(max_size=30))
def test_a_mask_tells_at_most_its_own_characters(text):
    assert len(mask_id_number(text)) in {0, 18} and mask_id_number(text).count("*") in {0, 16, 18}
    assert len(mask_phone(text)) in {0, 11} and mask_phone(text).count("*") in {0, 4, 11}
    assert mask_name(text)[1:] in {"", "*"}


@pytest.mark.parametrize("text", ["151****2234", f"1{'*' * 16}9", "付*", "付＊"])
def test_a_mask_that_comes_back_is_recognised(text):
    assert is_masked(text)


@pytest.mark.parametrize("text", ["", "付钰", "15131512234"])
def test_a_value_is_no_mask(text):
    assert not is_masked(text)
