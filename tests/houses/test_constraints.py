"""Invariants that the database itself holds: every raw write here must be refused."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from houses.models import Community, Finding, House, Membership
from residents.models import Resident, User
from tests.factories import (
    CommunityFactory,
    FindingFactory,
    HouseFactory,
    MembershipFactory,
    ResidentFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def refused(record: object, **values: object) -> None:
    """A raw UPDATE of one row, past every method and form."""
    with pytest.raises(IntegrityError), transaction.atomic():
        type(record).objects.filter(pk=record.pk).update(**values)


def accepted(record: object, **values: object) -> None:
    assert type(record).objects.filter(pk=record.pk).update(**values) == 1


# -- who lives where ---------------------------------------------------------------------


def test_a_resident_has_one_open_membership_of_a_house() -> None:
    row = MembershipFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.bulk_create([Membership(house=row.house, resident=row.resident)])


def test_whoever_left_may_come_back() -> None:
    row = MembershipFactory(ended=True)
    MembershipFactory(house=row.house, resident=row.resident)
    assert Membership.objects.count() == 2


def test_an_ended_membership_is_not_opened_beside_an_open_one() -> None:
    ended = MembershipFactory(ended=True)
    MembershipFactory(house=ended.house, resident=ended.resident)
    refused(ended, status="completed", completed_at=NOW, ended_at=None, end_reason="")


@pytest.mark.parametrize("field", ["house", "resident"])
def test_a_membership_joins_a_house_and_a_resident(field) -> None:
    refused(MembershipFactory(), **{field: None})


@pytest.mark.parametrize(
    "values",
    [
        {"status": "ended"},
        {"status": "ended", "ended_at": NOW},
        {"ended_at": NOW},
        {"ended_at": NOW, "end_reason": "moved_out"},
        {"end_reason": "moved_out"},
        {"status": "ended", "end_reason": "moved_out"},
        {"status": "ended", "ended_at": NOW, "end_reason": "bored"},
        {"status": "activated"},
        {"activated_at": NOW},
        {"activated_by_account": True},
        {"status": "incomplete"},
        {"completed_at": None},
        {"status": "moved"},
        {"status": ""},
        {"status": None},
    ],
)
def test_a_completed_membership_takes_no_state_without_its_timestamp(values) -> None:
    refused(MembershipFactory(), **values)


@pytest.mark.parametrize("values", [{"activated_at": None}, {"status": "completed", "completed_at": NOW}])
def test_an_activated_membership_keeps_its_timestamp(values) -> None:
    refused(MembershipFactory(activated=True), **values)


@pytest.mark.parametrize("values", [{"ended_at": None}, {"end_reason": ""}, {"status": "incomplete"}])
def test_an_ended_membership_keeps_time_and_reason(values) -> None:
    refused(MembershipFactory(ended=True), **values)


def test_states_with_their_timestamps_are_accepted() -> None:
    row = MembershipFactory()
    accepted(row, status="incomplete", completed_at=None)
    accepted(row, status="activated", activated_at=NOW, bound_at=NOW, activated_by_account=True)
    accepted(row, status="ended", ended_at=NOW, end_reason="sold")


# -- what identifies a house -------------------------------------------------------------


def address(house: House) -> dict[str, object]:
    return {part: getattr(house, part) for part in ("community", *House.PARTS)}


def test_all_five_parts_identify_a_house() -> None:
    house = HouseFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        House.objects.bulk_create([House(**address(house))])


@pytest.mark.parametrize("part", ["community", "building", "unit", "floor", "room"])
def test_one_other_part_makes_another_house(part) -> None:
    house = HouseFactory()
    other = CommunityFactory() if part == "community" else "9"
    House.objects.bulk_create([House(**address(house) | {part: other})])
    assert House.objects.count() == 2


@pytest.mark.parametrize("part", ["community", "building", "unit", "floor", "room"])
def test_no_part_of_an_address_is_null(part) -> None:
    refused(HouseFactory(), **{part: None})


def test_blank_parts_are_equal_parts() -> None:
    house = HouseFactory(unit="", floor="")
    with pytest.raises(IntegrityError), transaction.atomic():
        House.objects.bulk_create([House(**address(house))])


def test_a_house_has_a_room() -> None:
    refused(HouseFactory(), room="")


def test_a_community_code_belongs_to_one_community() -> None:
    one, other = CommunityFactory.create_batch(2)
    refused(other, platform_code=one.platform_code)


def test_communities_without_a_code_are_many() -> None:
    CommunityFactory.create_batch(2, platform_code="")
    assert Community.objects.count() == 2


def test_a_confirmed_community_has_a_name() -> None:
    refused(CommunityFactory(), name="")


# -- people and their accounts -----------------------------------------------------------


def test_a_resident_has_one_account() -> None:
    taken = UserFactory(resident=ResidentFactory())
    refused(UserFactory(), resident=taken.resident)


def test_two_accounts_never_have_one_phone() -> None:
    UserFactory(phone="13800000001")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(username="other", phone="13800000001")])


def test_nobody_is_the_own_contact() -> None:
    refused(ResidentFactory(), contact=F("id"))


def test_two_people_may_hold_one_number() -> None:
    first, second = ResidentFactory.create_batch(2)
    accepted(second, id_number=first.id_number)


# -- codes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("factory", "field", "values"),
    [
        (ResidentFactory, "sex", [0, 3]),
        (ResidentFactory, "political_status", [0, 3]),
        (ResidentFactory, "id_type", ["", "licence"]),
        (HouseFactory, "use", [0, 10]),
        (HouseFactory, "ownership", [0, 4]),
        (HouseFactory, "occupancy", [0, 8]),
        (MembershipFactory, "role", [14, 20]),
        (MembershipFactory, "household_type", [0, 4]),
        (FindingFactory, "status", ["", "closed"]),
    ],
)
def test_a_code_outside_its_table_is_refused(factory, field, values) -> None:
    record = factory()
    for value in values:
        refused(record, **{field: value})


@pytest.mark.parametrize(
    ("factory", "field", "first", "last"),
    [
        (ResidentFactory, "sex", 1, 2),
        (ResidentFactory, "political_status", 1, 2),
        (HouseFactory, "use", 1, 9),
        (HouseFactory, "ownership", 1, 3),
        (HouseFactory, "occupancy", 1, 7),
        (MembershipFactory, "role", 0, 13),
        (MembershipFactory, "household_type", 1, 3),
    ],
)
def test_every_code_of_the_table_and_unknown_are_accepted(factory, field, first, last) -> None:
    record = factory()
    for value in [*range(first, last + 1), None]:
        accepted(record, **{field: value})


# -- findings ----------------------------------------------------------------------------


def test_a_finding_without_record_is_refused() -> None:
    refused(FindingFactory(), membership=None)


@pytest.mark.parametrize(
    ("kind", "factory"),
    [("resident", ResidentFactory), ("house", HouseFactory), ("community", CommunityFactory)],
)
def test_a_finding_on_two_records_is_refused(kind, factory) -> None:
    refused(FindingFactory(), **{kind: factory()})


@pytest.mark.parametrize(
    ("kind", "factory"),
    [
        ("resident", ResidentFactory),
        ("house", HouseFactory),
        ("community", CommunityFactory),
        ("membership", MembershipFactory),
    ],
)
def test_one_thing_is_open_once(kind, factory) -> None:
    place = {"membership": None, kind: factory()}
    first = FindingFactory(**place)
    with pytest.raises(IntegrityError), transaction.atomic():
        FindingFactory(**place)
    accepted(first, status="resolved", settled_at=NOW)
    FindingFactory(**place)


@pytest.mark.parametrize("other", [{"field": "name"}, {"code": "name_differs"}])
def test_another_code_or_field_is_another_finding(other) -> None:
    row = MembershipFactory()
    FindingFactory(membership=row)
    FindingFactory(membership=row, **other)
    assert Finding.objects.count() == 2


@pytest.mark.parametrize(
    "values",
    [
        {"status": "resolved"},
        {"settled_at": NOW},
        {"status": "waived", "settled_at": NOW},
        {"status": "waived", "reason": "已看过证件"},
    ],
)
def test_a_settled_finding_has_its_time_and_a_waived_one_its_reason(values) -> None:
    refused(FindingFactory(), **values)


def test_people_and_houses_with_members_are_not_deleted() -> None:
    row = MembershipFactory()
    for record in (row.resident, row.house):
        with pytest.raises(IntegrityError), transaction.atomic():
            type(record).objects.filter(pk=record.pk)._raw_delete("default")
            transaction.get_connection().check_constraints()
    assert Resident.objects.count() == House.objects.count() == 1


def test_an_unknown_ethnicity_is_refused() -> None:
    refused(ResidentFactory(), ethnicity="99")


def test_an_unknown_code_of_a_finding_is_refused() -> None:
    refused(FindingFactory(), code="nonsense")
