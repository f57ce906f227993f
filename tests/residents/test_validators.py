"""What may be typed as a phone, and what is read as one."""

import pytest
from django.core.exceptions import ValidationError

from residents.validators import normalise_phone, validate_phone


@pytest.mark.parametrize(
    "typed",
    [
        "13800000001",
        " 13800000001 ",
        "138 0000 0001",
        "138-0000-0001",
        "+8613800000001",
        "+86 138 0000 0001",
        "86 13800000001",
        "8613800000001",
        "0086-13800000001",
        "１３８０００００００１",
        "＋８６　１３８０００００００１",
    ],
)
def test_every_spelling_of_a_phone_is_one_phone(typed) -> None:
    assert normalise_phone(typed) == "13800000001"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "1380000000",
        "138000000011",
        "12800000001",
        "23800000001",
        "0335-8051234",
        "十三800000001",
        "https://tc.mg.cool/uploads/test.png",
        "١٣٨٠٠٠٠٠٠٠١",
        "138****0001",
        "13800000001,13800000002",
    ],
)
def test_what_is_not_a_mobile_number_is_no_phone(typed) -> None:
    assert normalise_phone(typed) == ""


def test_a_good_phone_is_accepted() -> None:
    validate_phone("138 0000 0001")


def test_a_bad_phone_is_refused_in_one_sentence_without_the_value() -> None:
    with pytest.raises(ValidationError) as refusal:
        validate_phone("138000")
    assert refusal.value.messages == ["请输入 11 位手机号。"]
