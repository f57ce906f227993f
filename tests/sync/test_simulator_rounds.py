"""Answers that change from one round to the next, as between two nights."""

from sync.simulator import community
from sync.simulator.households import household

HOUSEHOLDS = 1200
CHANGED, UNCHANGED = community.owners(2)  # in the first round


def in_round(number):
    return [community.answer(phone, HOUSEHOLDS, number) for phone in community.owners(HOUSEHOLDS)]


def changed(before, after):
    return [place for place, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]


def test_each_round_another_tenth_of_the_households_changes():
    first, second, third = map(in_round, range(3))
    assert changed(first, second) == list(range(0, HOUSEHOLDS, 10))
    assert changed(second, third) == list(range(1, HOUSEHOLDS, 10))


def test_after_ten_rounds_every_household_has_changed():
    assert len(changed(in_round(0), in_round(10))) == HOUSEHOLDS


def test_a_changed_household_has_another_job_and_one_more_member():
    old, new = (community.answer(CHANGED, round=number) for number in (0, 1))
    assert old["job_name"] != new["job_name"]
    new["job_name"] = old["job_name"]
    *members, joined = new["houses"][0]["members"]
    new["houses"][0]["members"] = members
    assert joined["people_idcard"] and new == old


def test_whoever_joins_has_a_number_of_their_own():
    answers = in_round(10)
    joined = [answer["houses"][0]["members"][-1]["people_idcard"] for answer in answers]
    known = {person.id_number for index in range(HOUSEHOLDS) for person in household(index).people}
    assert len({*joined} - known) == HOUSEHOLDS


def test_a_spouse_tells_of_the_same_newcomer():
    home = next(
        home for home in map(household, range(0, 600, 10)) if len(home.people) > 1 and home.people[1].phone
    )
    told = [community.answer(person.phone, round=1)["houses"][0]["members"][-1] for person in home.people[:2]]
    assert told[0]["people_idcard"] == told[1]["people_idcard"]


def test_a_second_sync_stores_what_the_round_has_changed(platform, sync):
    sync(CHANGED)
    platform.round = 1
    outcome = sync(CHANGED)
    assert (outcome.outcome, outcome.conflicts, outcome.fields_updated) == ("updated", 0, 1)
    assert outcome.residents["created"] == outcome.memberships["created"] == 1


def test_a_second_sync_of_an_unchanged_household_stores_nothing(platform, sync):
    sync(UNCHANGED)
    platform.round = 1
    assert sync(UNCHANGED).outcome == "unchanged"
