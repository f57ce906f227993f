"""Address parts, folded before they are compared (domain.md, The platform)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from houses.addresses import fold
from houses.models import Community, House
from tests.factories import CommunityFactory, HouseFactory

PARTS = ("platform_code", "building", "unit", "floor", "room")


@pytest.mark.parametrize(
    "spelling", ["1", "01", "1号楼", "1栋", "1#", "1幢", "１号楼", " 1 栋", "第1栋", "001号楼", "1号"]
)
def test_spellings_of_a_building(spelling) -> None:
    assert fold("building", spelling) == "1"


@pytest.mark.parametrize("spelling", ["2", "2单元", "02单元", "２ 单元"])
def test_spellings_of_a_unit(spelling) -> None:
    assert fold("unit", spelling) == "2"


@pytest.mark.parametrize("spelling", ["3", "3层", "03", "3楼", "３Ｆ", "第3层"])
def test_spellings_of_a_floor(spelling) -> None:
    assert fold("floor", spelling) == "3"


@pytest.mark.parametrize("spelling", ["101", "101室", "0101", "１０１", " 101 室", "101\u3000"])
def test_spellings_of_a_room(spelling) -> None:
    assert fold("room", spelling) == "101"


@pytest.mark.parametrize(
    ("part", "spelling", "folded"),
    [
        ("room", "12a", "12A"),
        ("building", "b座", "B"),
        ("building", "东楼", "东"),
        ("floor", "-01", "-1"),
        ("floor", "0", "0"),
        ("room", "000", "0"),
        ("platform_code", "01", "1"),
        ("platform_code", "ab-1", "AB-1"),
    ],
)
def test_letters_zeros_and_signs(part, spelling, folded) -> None:
    assert fold(part, spelling) == folded


@pytest.mark.parametrize(
    ("part", "one", "other"),
    [
        ("building", "1", "11"),
        ("building", "10", "1"),
        ("room", "101", "1010"),
        ("room", "12A", "12"),
        ("floor", "-1", "1"),
        ("building", "A1", "1"),
    ],
)
def test_different_places_stay_different(part, one, other) -> None:
    assert fold(part, one) != fold(part, other)


@pytest.mark.parametrize("part", PARTS)
def test_nothing_stays_nothing(part) -> None:
    assert (fold(part, ""), fold(part, "  ")) == ("", "")


@pytest.mark.parametrize("word", ["栋", "室", "单元"])
@pytest.mark.parametrize("part", PARTS[1:])
def test_a_unit_word_alone_does_not_vanish(part, word) -> None:
    assert fold(part, word) == word


@pytest.mark.parametrize(
    ("part", "spelling"), [("building", "3号楼栋"), ("room", "101号室"), ("room", "第01室")]
)
def test_what_is_folded_folds_to_itself(part, spelling) -> None:
    assert fold(part, fold(part, spelling)) == fold(part, spelling)


@given(st.sampled_from(PARTS), st.text("第01２aＦ号楼栋单元层室房户#- ", max_size=8))
def test_any_text_folds_once_and_for_all(part, text) -> None:
    assert fold(part, fold(part, text)) == fold(part, text)


@pytest.mark.django_db
def test_a_house_is_stored_folded() -> None:
    house = HouseFactory(building="01号楼", unit="２单元", floor="3层", room="301a室")
    assert House.objects.get(pk=house.pk).address == "1-2-3-301A"


@pytest.mark.django_db
def test_a_community_is_stored_by_its_folded_code() -> None:
    CommunityFactory(platform_code=" 0７ ")
    assert Community.objects.get().platform_code == "7"


@pytest.mark.django_db
def test_an_unknown_part_is_left_out_of_the_address() -> None:
    assert HouseFactory(floor="", room="101").address == "1-1-101"
