"""The made-up communities that the stand-in for the platform answers from."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from sync.simulator import community, id_numbers, sample
from sync.simulator.households import HOUSEHOLDS, MOST, SEQUENCES, household

ROOT = Path(__file__).resolve().parents[2]
OWNER = community.PHONES[0]

FIRST_600 = "1898d9b5b40d28ef4298429ee4573dc11443b28c98348b48c2357bc43a0243ae"

# Of the further households those at the end of a community and of a block of areas, and the last of 50,000.
FURTHER = [*range(600, 610), *range(990, 1010), *range(1190, 1210), *range(49_990, 50_000)]


def everybody():
    return [person for index in range(HOUSEHOLDS) for person in household(index).people]


def test_600_households_answer_and_some_with_two_phones():
    assert HOUSEHOLDS == 600 < len(community.PHONES) == len(set(community.PHONES))


def test_phones_look_like_phones_and_leave_the_sample_alone():
    assert all(len(phone) == 11 and phone[0] == "1" and phone[1] in "3456789" for phone in community.PHONES)
    assert sample.PHONE not in community.PHONES


def test_an_answer_is_a_function_of_the_phone_in_every_process():
    script = f"from sync.simulator import community; print(community.answer({OWNER!r}))"
    other = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert other.stdout.strip() == str(community.answer(OWNER))


def test_a_changed_answer_does_not_change_the_next_one():
    community.answer(OWNER)["houses"].clear()
    assert community.answer(OWNER)["houses"]


def test_no_number_comes_twice():
    numbers = [person.id_number for person in everybody()]
    assert len(numbers) == len(set(numbers))


def test_the_numbers_are_valid_but_for_a_few_defects():
    invalid = [person for person in everybody() if not id_numbers.is_valid(person.id_number)]
    assert 0 < len(invalid) < HOUSEHOLDS * 0.03


def test_a_valid_number_tells_birth_and_sex_but_for_a_few_defects():
    def agrees(person):
        sex = 1 if int(person.id_number[16]) % 2 else 2
        return person.id_number[6:14] == f"{person.birth:%Y%m%d}" and sex == (person.stated_sex or person.sex)

    odd = [person for person in everybody() if id_numbers.is_valid(person.id_number) and not agrees(person)]
    assert 0 < len(odd) < HOUSEHOLDS * 0.03


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014", "130324198705046010"])
def test_the_check_character_is_that_of_the_standard(number):
    assert id_numbers.is_valid(number)


def test_a_number_of_15_digits_has_one_full_form():
    assert id_numbers.full_form("610104620927690") == "610104196209276908"


# Tens of thousands of households


def test_the_first_600_households_stay_as_they_were():
    told = json.dumps([[phone, community.answer(phone)] for phone in community.PHONES], ensure_ascii=False)
    assert hashlib.sha256(told.encode()).hexdigest() == FIRST_600


def test_every_phone_of_a_further_household_is_answered():
    phones = [person.phone for index in FURTHER for person in household(index).people if person.phone]
    assert [community.answer(phone, 50_000)["people_phone"] for phone in phones] == phones


def test_each_household_has_one_owners_phone():
    assert list(community.owners(50_000))[-10:] == [household(index).owner.phone for index in FURTHER[-10:]]


def test_no_phone_of_50_000_owners_comes_twice():
    assert len({*community.owners(50_000), sample.PHONE}) == 50_001


def test_households_that_share_a_sequence_share_no_number():
    same = [person.id_number for index in range(0, MOST, SEQUENCES) for person in household(index).people]
    assert len({id_numbers.full_form(number)[:17] for number in same}) == len(same)


def test_a_further_600_households_are_a_further_community():
    told = [community.answer(phone, 1201)["houses"][0]["xiaoqu"] for phone in community.owners(1201)]
    assert told == ["2"] * 600 + ["3"] * 600 + ["4"]


def test_no_two_rooms_of_a_further_community_have_one_address():
    homes = [household(index) for index in range(600, 1200)]
    rooms = [place for home in homes for place in (home.place, home.second_place) if place is not None]
    assert len(rooms) == len(set(rooms)) > 600


def test_a_household_beyond_those_asked_for_is_unknown():
    phone = household(600).owner.phone
    assert community.answer(phone, 601) and community.answer(phone, 600) is None


@pytest.mark.parametrize("phone", ["", "1", "1390000000x", "１３９００００００００", "139000000000"])
def test_what_is_no_phone_is_unknown(phone):
    assert community.answer(phone, MOST) is None


def test_a_phone_under_another_operator_is_unknown():
    assert community.answer("100" + OWNER[3:], MOST) is None


def answers():
    return [community.answer(phone) for phone in community.PHONES]


def test_husband_and_wife_answer_with_roles_of_their_own():
    both = [household(index) for index in range(HOUSEHOLDS) if len(household(index).people) > 2]
    home = next(home for home in both if home.people[1].phone and home.people[2].role in (11, 12))
    roles = [
        [int(row["people_house_role"]) for row in community.answer(person.phone)["houses"][0]["members"]][2]
        for person in home.people[:2]
    ]
    assert roles == [home.people[2].role, 13]


def test_the_community_has_tenants_and_owners_of_two_houses():
    subjects = [int(answer["houses"][0]["people_house_role"]) for answer in answers()]
    assert 2 in subjects and 1 in subjects and 4 in subjects
    assert {len(answer["houses"]) for answer in answers()} == {1, 2}


def test_some_members_have_no_number_and_some_answers_leave_the_subject_out():
    rows = [(answer, row) for answer in answers() for row in answer["houses"][0]["members"]]
    assert {"", None} <= {row["people_idcard"] for _, row in rows}
    with_subject = {id(answer) for answer, row in rows if row["people_idcard"] == answer["people_idcard"]}
    assert 0.8 * len(answers()) < len(with_subject) < len(answers())
