"""Names by their sound: full, initials, several readings; written with the name, in bulk too."""

import pytest

from residents.models import Resident
from residents.pinyin import MOST_READINGS, spellings
from tests.factories import ResidentFactory


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("付钰", "fuyu"),
        ("付钰", "fy"),
        ("付钰", "fu"),
        ("单田芳", "stf"),
        ("阿依古丽·买买提", "aygl"),
        ("Anna Li", "anna"),
    ],
)
def test_a_name_is_found_by_its_sound(name: str, typed: str) -> None:
    assert f" {typed}" in spellings(name)


def test_a_known_word_is_read_as_the_word() -> None:
    assert spellings("重庆") == " chongqing cq"


def test_readings_are_bounded() -> None:
    assert len(spellings("行行重重乐乐").split()) <= 2 * MOST_READINGS


def test_nobody_has_no_sound() -> None:
    assert spellings("") == ""


@pytest.mark.django_db
def test_the_spelling_follows_the_name() -> None:
    person = ResidentFactory(name="付钰")
    person.name = "王梅"
    person.save(update_fields=["name"])
    assert Resident.objects.get(pinyin__contains=" wm") == person


@pytest.mark.django_db
def test_the_spelling_is_written_in_bulk() -> None:
    Resident.objects.bulk_create([Resident(name="付文生")])
    assert Resident.objects.filter(pinyin__contains=" fws").count() == 1
