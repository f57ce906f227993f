"""谁看过此人: rows are added and never changed, also by raw SQL, on both databases."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from residents.exceptions import Refusal, Refused
from residents.models import AccessLog, Resident, User
from residents.models.access import KEPT
from tests.factories import ResidentFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> User:
    return UserFactory(staff=True)


@pytest.fixture
def person() -> Resident:
    return ResidentFactory()


def seen(clerk: User, person: Resident, *, days_ago: int = 0) -> AccessLog:
    return AccessLog.objects.create(
        account=clerk,
        resident=person,
        kind=AccessLog.Kind.VIEW,
        reason="核对证件",
        at=timezone.now() - timedelta(days=days_ago),
    )


def execute(sql: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def refused_by_the_database(sql: str, *parameters: Any) -> bool:
    before = list(AccessLog.objects.order_by("pk").values())
    with pytest.raises(DatabaseError), transaction.atomic():
        execute(sql, *parameters)
    return list(AccessLog.objects.order_by("pk").values()) == before


# -- writing -----------------------------------------------------------------------------


def test_a_row_tells_who_saw_whom_what_and_why(clerk: User, person: Resident) -> None:
    AccessLog.write(clerk, person.pk, AccessLog.Kind.REVEAL, fields=("phone",), reason=" 电话联系 ")
    row = AccessLog.objects.get()
    assert (row.account, row.resident, row.kind) == (clerk, person, "reveal")
    assert (row.fields, row.reason) == (["phone"], "电话联系")


@pytest.mark.parametrize("reason", ["", "  ", "\n"])
def test_without_a_reason_nothing_is_shown(clerk: User, person: Resident, reason: str) -> None:
    with pytest.raises(Refused) as caught:
        AccessLog.write(clerk, person.pk, AccessLog.Kind.VIEW, reason=reason)
    assert caught.value.code == Refusal.REASON_MISSING
    assert not AccessLog.objects.exists()


def test_a_row_without_a_reason_is_refused_by_the_database(clerk: User, person: Resident) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        AccessLog.objects.create(account=clerk, resident=person, kind="view", reason="")


def test_an_export_leaves_a_row_for_each_person(clerk: User) -> None:
    people = [ResidentFactory(), ResidentFactory()]
    AccessLog.write_export(clerk, [one.pk for one in people], reason="年度核查")
    rows = AccessLog.objects.values_list("resident", "kind", "reason")
    assert set(rows) == {(one.pk, "export", "年度核查") for one in people}


@pytest.mark.parametrize("reason", ["", "  "])
def test_without_a_reason_nothing_is_exported(clerk: User, person: Resident, reason: str) -> None:
    with pytest.raises(Refused) as caught:
        AccessLog.write_export(clerk, [person.pk], reason=reason)
    assert caught.value.code == Refusal.REASON_MISSING
    assert not AccessLog.objects.exists()


def test_a_long_reason_of_an_export_is_cut_like_any(clerk: User, person: Resident) -> None:
    AccessLog.write_export(clerk, [person.pk], reason="核" * 150)
    assert AccessLog.objects.get().reason == "核" * 100


# -- reading -----------------------------------------------------------------------------


def test_of_a_person_are_the_rows_about_that_person(clerk: User, person: Resident) -> None:
    mine = seen(clerk, person)
    seen(clerk, ResidentFactory())
    assert list(AccessLog.objects.filter(resident__in=person.all_keys())) == [mine]


def test_past_keeping_is_what_is_older_than_half_a_year(clerk: User, person: Resident) -> None:
    old = seen(clerk, person, days_ago=KEPT.days + 1)
    seen(clerk, person, days_ago=KEPT.days - 1)
    assert list(AccessLog.objects.past_keeping()) == [old]


# -- nothing is changed, nothing young is deleted ----------------------------------------


@pytest.mark.parametrize("days", [0, KEPT.days - 1, KEPT.days + 1])
def test_no_row_is_changed_however_old(clerk: User, person: Resident, days: int) -> None:
    row = seen(clerk, person, days_ago=days)
    with pytest.raises(DatabaseError), transaction.atomic():
        AccessLog.objects.filter(pk=row.pk).update(reason="民警查询")
    assert AccessLog.objects.get().reason == "核对证件"


def test_no_row_is_saved_again(clerk: User, person: Resident) -> None:
    row = seen(clerk, person)
    row.reason = "民警查询"
    with pytest.raises(DatabaseError), transaction.atomic():
        row.save()


def test_no_row_is_written_over_by_an_upsert(clerk: User, person: Resident) -> None:
    row = seen(clerk, person)
    row.reason = "民警查询"
    with pytest.raises(DatabaseError), transaction.atomic():
        AccessLog.objects.bulk_create(
            [row], update_conflicts=True, unique_fields=["pk"], update_fields=["reason"]
        )


@pytest.mark.parametrize("days", [0, KEPT.days - 1])
def test_no_young_row_is_deleted(clerk: User, person: Resident, days: int) -> None:
    row = seen(clerk, person, days_ago=days)
    with pytest.raises(DatabaseError), transaction.atomic():
        row.delete()
    assert AccessLog.objects.exists()


def test_old_rows_may_go(clerk: User, person: Resident) -> None:
    seen(clerk, person, days_ago=KEPT.days + 1)
    young = seen(clerk, person)
    AccessLog.objects.past_keeping().delete()
    assert list(AccessLog.objects.all()) == [young]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE residents_accesslog SET reason = 'x'",
        "UPDATE residents_accesslog SET at = '2000-01-01 00:00:00'",
        "UPDATE residents_accesslog SET id = id + 1000",
        "DELETE FROM residents_accesslog",
    ],
)
def test_raw_sql_changes_and_deletes_no_row(clerk: User, person: Resident, sql: str) -> None:
    seen(clerk, person)
    assert refused_by_the_database(sql)


def test_one_young_row_among_the_old_stops_a_raw_delete(clerk: User, person: Resident) -> None:
    seen(clerk, person, days_ago=KEPT.days + 1)
    seen(clerk, person)
    assert refused_by_the_database("DELETE FROM residents_accesslog")


def test_raw_sql_may_delete_what_is_old(clerk: User, person: Resident) -> None:
    seen(clerk, person, days_ago=KEPT.days + 1)
    execute("DELETE FROM residents_accesslog")
    assert not AccessLog.objects.exists()


@pytest.mark.sqlite
@pytest.mark.parametrize("verb", ["REPLACE", "INSERT OR REPLACE"])
def test_no_row_is_replaced(clerk: User, person: Resident, verb: str) -> None:
    """SQLite deletes for a REPLACE without asking the triggers of a DELETE."""
    row = seen(clerk, person)
    columns = "id, at, account_id, resident_id, kind, fields, reason"
    assert refused_by_the_database(
        f"{verb} INTO residents_accesslog ({columns}) "
        "SELECT id, at, account_id, resident_id, kind, fields, 'x' FROM residents_accesslog WHERE id = %s",
        row.pk,
    )


@pytest.mark.postgresql
def test_the_table_is_not_truncated(clerk: User, person: Resident) -> None:
    """Row triggers are not asked by a TRUNCATE."""
    seen(clerk, person)
    assert refused_by_the_database("TRUNCATE residents_accesslog")


# -- it outlives -------------------------------------------------------------------------


def test_it_outlives_whom_it_names(clerk: User, person: Resident) -> None:
    row, key = seen(clerk, person), person.pk
    person.delete()
    assert AccessLog.objects.get() == row
    assert AccessLog.objects.get().resident_id == key


def test_it_outlives_who_looked(clerk: User, person: Resident) -> None:
    seen(clerk, person)
    key = clerk.pk
    clerk.delete()
    assert AccessLog.objects.get().account_id == key


def test_its_name_names_nobody(clerk: User, person: Resident) -> None:
    row = seen(clerk, person)
    assert str(row) == f"查看记录 {row.pk}"
