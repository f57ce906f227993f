"""Rows written in sets are the rows that Django and simple_history would have written one by one."""

from datetime import date
from typing import Any

import pytest
from django.db import DataError, IntegrityError, connection

from houses.models import Finding, House, Membership
from residents.bulk import fresh, insert, insert_absent, overwrite, record_history
from residents.models import Resident
from sync.models import Mention
from tests.factories import HouseFactory, MembershipFactory, ResidentFactory, UserFactory

pytestmark = pytest.mark.django_db

OF_THE_ROW_ITSELF = {"history_id", "history_date"}


def noted(record: Any) -> dict[str, Any]:
    """The last history row, column by column."""
    row = type(record).history.filter(id=record.pk).order_by("-history_id").values().first()
    return {name: value for name, value in row.items() if name not in OF_THE_ROW_ITSELF}


def new_person(**values: Any) -> Resident:
    return Resident(name="单小明", birth_date=date(1980, 3, 7), is_petitioner=True, **values)


@pytest.mark.parametrize("factory", [ResidentFactory, HouseFactory, MembershipFactory])
def test_a_set_leaves_the_history_row_that_a_save_leaves(factory: Any) -> None:
    record, clerk = factory(), UserFactory(staff=True)
    type(record).history.bulk_history_create(
        [record], update=True, default_user=clerk, default_change_reason="改"
    )
    by_the_package = noted(record)
    record_history([record], by=clerk, why="改", update=True)
    assert noted(record) == by_the_package
    assert type(record).history.filter(id=record.pk).count() == 3


def test_a_row_is_noted_under_whom_it_was_signed_by() -> None:
    signed, other = ResidentFactory.create_batch(2)
    owner, clerk = UserFactory(), UserFactory(staff=True)
    signed._history_user, signed._change_reason = owner, "本人更正"
    record_history([signed, other], by=clerk, why="柜台", update=True)
    told = [(noted(one)["history_user_id"], noted(one)["history_change_reason"]) for one in (signed, other)]
    assert told == [(owner.pk, "本人更正"), (clerk.pk, "柜台")]


def test_equal_sealed_values_of_a_set_do_not_look_equal() -> None:
    insert([new_person(), new_person()])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT is_petitioner FROM {Resident._meta.db_table}")
        one, other = cursor.fetchall()
    assert one != other


def test_an_inserted_row_reads_as_it_was_written() -> None:
    person = new_person(phone="13900000001", sources={"name": {"from": "platform"}})
    insert([person])
    read = Resident.objects.get(phone="13900000001")
    for field in Resident._meta.concrete_fields:
        assert getattr(read, field.attname) == getattr(person, field.attname)
    assert " shanxiaoming" in read.pinyin


def test_each_inserted_row_gets_its_own_key() -> None:
    house, people = HouseFactory(), ResidentFactory.create_batch(3)
    rows = [Membership(house=house, resident=person) for person in people]
    insert(rows)
    assert [Membership.objects.get(pk=row.pk).resident for row in rows] == people


def test_only_the_named_fields_are_overwritten() -> None:
    person = ResidentFactory(name="原名", employer="原单位")
    person.name, person.employer = "新名", "新单位"
    overwrite([person], ["employer"])
    person.refresh_from_db()
    assert (person.name, person.employer) == ("原名", "新单位")


def test_a_row_that_breaks_a_rule_is_refused() -> None:
    row = MembershipFactory()
    with pytest.raises(IntegrityError):
        insert([Membership(house=row.house, resident=row.resident)])


@pytest.mark.postgresql
def test_a_value_that_is_too_long_is_refused_and_not_cut_off() -> None:
    house = HouseFactory()
    house.building = "9" * 200
    with pytest.raises(DataError):
        overwrite([house], ["building"])


def test_whoever_watches_the_statements_sees_every_row_that_is_written() -> None:
    seen: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(str(params))
        return execute(sql, params, many, context)

    people = [new_person(), new_person()]
    with connection.execute_wrapper(watch):
        insert(people)
    told = "".join(seen)
    assert all(str(person.pk) in told or person.pk.hex in told for person in people)


def test_keys_go_on_after_those_that_were_given_before() -> None:
    house, people = HouseFactory(), ResidentFactory.create_batch(3)
    first, second, third = [Membership(house=house, resident=person) for person in people]
    insert([first])
    second.save()
    insert([third])
    assert first.pk < second.pk < third.pk


@pytest.mark.parametrize("model", [Resident, House, Membership, Mention, Finding])
def test_a_fresh_row_is_what_its_model_makes(model: Any) -> None:
    one, other = fresh(model), fresh(model)
    made, moments = model(), ("id", "created_at", "updated_at", "opened_at")
    assert one._state.adding
    for field in model._meta.concrete_fields:
        value = getattr(one, field.attname)
        assert type(value) is type(getattr(made, field.attname))
        assert field.attname in moments or value == getattr(made, field.attname)
        assert value is not getattr(other, field.attname) or not isinstance(value, dict)


def test_a_fresh_row_has_the_values_it_is_given() -> None:
    house = HouseFactory()
    row = fresh(Membership, house_id=house.pk, role=1)
    assert (row.house, row.role) == (house, 1)


def test_a_row_that_stands_already_stays() -> None:
    house = HouseFactory()
    insert_absent([fresh(House, community_id=house.community_id, building="99", room="101", floor="1")])
    parts = {part: getattr(house, part) for part in House.PARTS}
    insert_absent([fresh(House, community_id=house.community_id, **parts, version=7)])
    assert House.objects.count() == 2
    assert House.objects.get(pk=house.pk).version == house.version
