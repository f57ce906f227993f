"""What somebody typed into a search box."""

import pytest

from residents.search import by_last_four, is_number

ID = "110105198001010019"


@pytest.mark.parametrize(
    "text", [ID, "1101 0519 8001 0100 19", "138-0000-0001", "１３８００００００１１", "E12345678"]
)
def test_a_number_is_a_number_however_it_is_written(text: str) -> None:
    assert is_number(text)


@pytest.mark.parametrize("text", ["付钰", "1-1-1-101", "12-3-2304", "2219", "12304", "3号楼"])
def test_names_and_rooms_are_no_numbers(text: str) -> None:
    assert not is_number(text)


@pytest.mark.parametrize(
    ("text", "is_tail"), [("2219", True), ("001x", True), ("付钰", False), ("22190", False)]
)
def test_the_last_four_are_told_by_their_form(text: str, is_tail: bool) -> None:
    assert (by_last_four(text) is not None) is is_tail
