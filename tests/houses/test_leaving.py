"""The end of a membership, reopening, the sale of a house (houses/leaving.py), and the next sync."""

from typing import Any

import pytest

from houses import leaving
from houses.choices import HouseholdType, HouseUse, Occupancy, Role
from houses.models import Finding, House, Invitation, Membership, Request, Submission
from houses.office import Office
from houses.states import EndReason, FindingCode, Status
from houses.visibility import for_household
from residents.models import Resident, User
from sync.models import PlatformRecord
from tests.cast import (
    CHEN_ID,
    CHEN_PHONE,
    LI,
    LI_ID,
    LI_PHONE,
    WANG_ID,
    XIAO,
    XIAO_ID,
    ZHOU,
    ZHOU_ID,
    ZHOU_PHONE,
    dwelling,
    member,
    person,
    zhous,
)
from tests.factories import HouseFactory, MembershipFactory, UserFactory
from tests.household import fresh, home, li, refused, signed, visitor, wang, zhou
from tests.sync.writes import watching

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> User:
    return UserFactory(staff=True)


@pytest.fixture
def owner() -> Membership:
    return zhou(HouseFactory())


@pytest.fixture
def wife(owner: Membership) -> Membership:
    return li(owner.house, owner)


# -- the end -----------------------------------------------------------------------------


@pytest.mark.parametrize("reason", EndReason.values)
def test_a_membership_ends_for_each_reason(wife: Membership, clerk: User, reason: str) -> None:
    leaving.end(wife, reason, by=clerk)
    row = fresh(wife)
    assert (row.status, row.end_reason, row.is_open) == ("ended", reason, False)
    assert signed(row) == (clerk, EndReason(reason).label)


def test_what_was_said_about_it_is_kept_in_the_history(wife: Membership, clerk: User) -> None:
    leaving.end(wife, EndReason.MOVED_OUT, by=clerk, why="搬到女儿家")
    assert signed(wife) == (clerk, "已搬走：搬到女儿家")


def test_nobody_moves_out_twice(wife: Membership, clerk: User) -> None:
    leaving.end(wife, EndReason.MOVED_OUT, by=clerk)
    with refused("ended"):
        leaving.end(wife, EndReason.SOLD, by=clerk)


def test_the_person_stays_on_the_books_and_other_houses_stay(wife: Membership, clerk: User) -> None:
    other = MembershipFactory(resident=wife.resident, role=Role.OTHER)
    leaving.end(wife, EndReason.MOVED_OUT, by=clerk)
    assert fresh(other).is_open
    assert fresh(wife.resident).name == "李梅"


def test_what_was_under_way_about_the_member_dies(owner: Membership, wife: Membership, clerk: User) -> None:
    family = home(owner)
    entry = family.draft(wife.pk, {"job_title": "教师"})
    request, (invitation, _) = family.ask_end(wife.pk, "搬走"), family.invite(wife.pk)
    leaving.end(wife, EndReason.MOVED_OUT, by=clerk)
    assert fresh(entry).status == Submission.Status.DROPPED
    assert (fresh(request).status, fresh(request).answer) == (Request.Status.CLOSED, "成员已迁出（已搬走）")
    assert fresh(invitation).revoked_at is not None


def test_an_entry_that_was_applied_stays_applied(owner: Membership, wife: Membership, clerk: User) -> None:
    family = home(owner)
    entry = family.submit(family.draft(wife.pk, {"job_title": "教师"}).pk)
    leaving.end(wife, EndReason.MOVED_OUT, by=clerk)
    assert fresh(entry).status == Submission.Status.APPLIED


def test_what_the_leaving_had_not_handed_in_for_others_dies(
    owner: Membership, wife: Membership, clerk: User
) -> None:
    entry = home(owner).draft(wife.pk, {"job_title": "教师"})
    leaving.end(owner, EndReason.MOVED_OUT, by=clerk)
    assert fresh(entry).status == Submission.Status.DROPPED


def test_what_the_leaving_had_handed_in_for_others_waits_on(
    owner: Membership, wife: Membership, clerk: User
) -> None:
    entry = home(owner).submit(home(owner).draft(wife.pk, {"name": "李小梅"}).pk)
    leaving.end(owner, EndReason.MOVED_OUT, by=clerk)
    assert fresh(entry).status == Submission.Status.WAITING


def test_what_concerned_another_member_goes_on(owner: Membership, wife: Membership, clerk: User) -> None:
    entry = home(owner).draft(wife.pk, {"job_title": "教师"})
    leaving.end(wang(owner.house), EndReason.LEASE_OVER, by=clerk)
    assert fresh(entry).status == Submission.Status.DRAFT


def test_the_findings_of_the_row_close(owner: Membership, clerk: User) -> None:
    row = wang(owner.house)
    leaving.reopen(_ended(row, clerk), "看错了", by=clerk)
    assert Finding.objects.open().filter(code=FindingCode.OCCUPANCY_CONTRADICTION).exists()
    leaving.end(row, EndReason.LEASE_OVER, by=clerk)
    assert not Finding.objects.open().exists()


def test_the_household_does_not_see_who_left(owner: Membership, wife: Membership, clerk: User) -> None:
    leaving.end(wife, EndReason.MOVED_OUT, by=clerk)
    assert list(home(owner).scope.members) == [owner]


def test_who_left_sees_the_house_no_more(owner: Membership, wife: Membership, clerk: User) -> None:
    leaving.end(owner, EndReason.MOVED_OUT, by=clerk)
    scope = home(owner).scope
    assert (scope.houses.count(), scope.members.count(), scope.fillable.count()) == (0, 0, 0)


def test_who_left_keeps_the_account(owner: Membership, clerk: User) -> None:
    leaving.end(owner, EndReason.MOVED_OUT, by=clerk)
    account = User.objects.get(resident=owner.resident_id)
    assert account.locked_at is None


# -- deceased ----------------------------------------------------------------------------


def test_of_somebody_deceased_all_memberships_end(owner: Membership, clerk: User) -> None:
    flat = MembershipFactory(resident=owner.resident)
    leaving.end(owner, EndReason.DECEASED, by=clerk)
    assert {fresh(row).end_reason for row in (owner, flat)} == {EndReason.DECEASED}
    assert signed(flat)[0] == clerk


def test_what_was_under_way_in_the_other_house_dies_too(owner: Membership, clerk: User) -> None:
    flat = MembershipFactory(resident=owner.resident)
    invitation, _ = Invitation.issue(flat, clerk)
    request = home(owner).ask_end(flat.pk, "卖了")
    leaving.end(owner, EndReason.DECEASED, by=clerk)
    assert (fresh(invitation).revoked_at is not None, fresh(request).status) == (True, "closed")


def test_nobody_logs_in_as_the_deceased(owner: Membership, clerk: User) -> None:
    family = home(owner)
    leaving.end(owner, EndReason.DECEASED, by=clerk)
    with refused("account_locked"):
        home(owner).dispute("我还在")
    assert not for_household(fresh(family.user)).members.exists()


def test_what_the_deceased_asked_for_dies(owner: Membership, clerk: User) -> None:
    request = home(owner).dispute("姓名有误")
    leaving.end(owner, EndReason.DECEASED, by=clerk)
    assert fresh(request).status == Request.Status.CLOSED


def test_a_membership_that_had_ended_before_keeps_its_reason(owner: Membership, clerk: User) -> None:
    old = MembershipFactory(resident=owner.resident, ended=True)
    leaving.end(owner, EndReason.DECEASED, by=clerk)
    assert fresh(old).end_reason == EndReason.MOVED_OUT


def test_a_member_of_staff_who_owned_a_flat_and_died_is_locked_too(owner: Membership, clerk: User) -> None:
    User.objects.filter(resident=owner.resident).update(is_staff=True)
    leaving.end(owner, EndReason.DECEASED, by=clerk)
    assert User.objects.get(resident=owner.resident_id).locked_at is not None


# -- reopening ---------------------------------------------------------------------------


def _ended(row: Membership, by: User, reason: str = EndReason.MOVED_OUT) -> Membership:
    leaving.end(row, reason, by=by)
    return fresh(row)


def test_reopened_the_status_is_what_the_record_says(owner: Membership, clerk: User) -> None:
    row = wang(owner.house)
    leaving.reopen(_ended(row, clerk), "看错了", by=clerk)
    assert (fresh(row).status, fresh(row).end_reason) == (Status.COMPLETED, "")
    assert signed(row) == (clerk, "恢复：看错了")


def test_a_binding_is_not_taken_up_again(owner: Membership, clerk: User) -> None:
    leaving.reopen(_ended(owner, clerk), "看错了", by=clerk)
    row = fresh(owner)
    assert (row.status, row.bound_at, row.activated_by_account) == (Status.COMPLETED, None, False)


def test_nobody_is_reopened_who_is_there(owner: Membership, clerk: User) -> None:
    with refused("not_ended"):
        leaving.reopen(owner, "看错了", by=clerk)


def test_nobody_is_reopened_beside_an_open_row(owner: Membership, clerk: User) -> None:
    old = MembershipFactory(house=owner.house, resident=owner.resident, ended=True)
    with refused("already_member"):
        leaving.reopen(old, "看错了", by=clerk)


# -- the sale ----------------------------------------------------------------------------


def test_who_leaves_ends_as_sold_and_who_stays_stays(
    owner: Membership, wife: Membership, clerk: User
) -> None:
    tenant = wang(owner.house)
    ended = leaving.transfer(owner.house, [owner, wife], by=clerk)
    assert {row.pk for row in ended} == {owner.pk, wife.pk}
    assert {fresh(row).end_reason for row in ended} == {EndReason.SOLD}
    assert fresh(tenant).is_open


def test_what_was_under_way_in_the_house_dies(owner: Membership, wife: Membership, clerk: User) -> None:
    family = home(owner)
    named = family.name_member(owner.house_id, {"name": "小李", "role": Role.OTHER})
    entries = [family.draft(wife.pk, {"job_title": "教师"}), named]
    leaving.transfer(owner.house, [owner, wife], by=clerk)
    assert {fresh(entry).status for entry in entries} == {Submission.Status.DROPPED}


def test_every_request_about_the_house_is_closed(owner: Membership, clerk: User) -> None:
    stranger = visitor("陈五", CHEN_ID, CHEN_PHONE)
    asked = Request.ask(Request.Kind.BIND, stranger, house=owner.house, role=Role.TENANT)
    leaving.transfer(owner.house, [owner], by=clerk)
    assert (fresh(asked).status, fresh(asked).answer) == ("closed", "房屋已过户")


def test_an_invitation_of_who_stays_is_void_too(owner: Membership, clerk: User) -> None:
    invitation, _ = Invitation.issue(wang(owner.house), clerk)
    leaving.transfer(owner.house, [owner], by=clerk)
    assert fresh(invitation).revoked_at is not None


def test_what_the_tenant_typed_about_himself_goes_on(owner: Membership, clerk: User) -> None:
    tenant = wang(owner.house)
    entry = Submission.objects.create(
        house=owner.house, membership=tenant, author="self", account=UserFactory()
    )
    leaving.transfer(owner.house, [owner], by=clerk)
    assert fresh(entry).status == Submission.Status.DRAFT


def test_whom_the_leaving_managed_is_managed_by_nobody_and_the_history_says_why(
    owner: Membership, clerk: User
) -> None:
    row = li(owner.house, owner)
    leaving.transfer(owner.house, [owner], by=clerk)
    assert (fresh(row).managed_by, signed(row)) == (None, (clerk, "房屋过户"))


def test_another_house_of_the_seller_is_untouched(owner: Membership, clerk: User) -> None:
    flat = MembershipFactory(resident=owner.resident)
    leaving.transfer(owner.house, [owner], by=clerk)
    assert fresh(flat).is_open


def test_a_row_of_another_house_does_not_leave_with_this_one(owner: Membership, clerk: User) -> None:
    flat = MembershipFactory(resident=owner.resident)
    leaving.transfer(owner.house, [owner, flat], by=clerk)
    assert fresh(flat).is_open


def test_a_sale_that_nobody_leaves_is_none(owner: Membership, clerk: User) -> None:
    old = MembershipFactory(house=owner.house, ended=True)
    with refused("ended"):
        leaving.transfer(owner.house, [old], by=clerk)


def test_a_next_owner_who_is_refused_undoes_the_sale(owner: Membership, clerk: User) -> None:
    office = Office(UserFactory(staff=True, is_superuser=True))
    with refused("invalid", "phone"):
        office.transfer(owner.house_id, [owner.pk], owner={"name": "陈五", "phone": "123"})


# -- and the platform goes on ------------------------------------------------------------

PHONES = (ZHOU_PHONE, CHEN_PHONE)


def chens(*others: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """陈五's answer: the house is his now, and it is let."""
    told = {"people_house_use": 2, "people_house_status": 2}
    return person(
        "陈五", CHEN_ID, CHEN_PHONE, dwelling(member("陈五", CHEN_ID, 1), *others, **told), **changes
    )


def row(name: str) -> Membership:
    return Membership.objects.select_related("resident", "house").get(resident__name=name)


def written(sync: Any, phone: str) -> tuple[str, list[str]]:
    with watching() as watch:
        outcome = sync(phone)
    return outcome.outcome, sorted(table for table in watch.tables if not table.startswith("sync_"))


def relisted() -> set[str]:
    found = Finding.objects.open().filter(code=FindingCode.LISTED_AFTER_END)
    return set(found.values_list("membership__resident__name", flat=True))


def test_an_ended_membership_survives_the_answer_that_still_lists_it(sync: Any, clerk: User) -> None:
    sync(ZHOU_PHONE, zhous(LI, XIAO))
    leaving.end(row("李梅"), EndReason.MOVED_OUT, by=clerk)
    sync(ZHOU_PHONE)
    assert (row("李梅").status, relisted()) == ("ended", {"李梅"})


def test_listed_after_the_end_is_said_once(sync: Any, clerk: User) -> None:
    sync(ZHOU_PHONE, zhous(LI, XIAO))
    leaving.end(row("李梅"), EndReason.MOVED_OUT, by=clerk)
    sync(ZHOU_PHONE)
    for _ in range(2):
        PlatformRecord.objects.update(digest="")
        assert written(sync, ZHOU_PHONE) == ("unchanged", [])


def test_it_closes_when_the_answer_lists_her_no_more(sync: Any, clerk: User) -> None:
    sync(ZHOU_PHONE, zhous(LI, XIAO))
    leaving.end(row("李梅"), EndReason.MOVED_OUT, by=clerk)
    sync(ZHOU_PHONE)
    sync(ZHOU_PHONE, zhous(XIAO))
    assert relisted() == set()


def test_the_subject_of_the_answer_who_moved_out_stays_out(sync: Any, clerk: User) -> None:
    sync(ZHOU_PHONE, zhous(LI, XIAO))
    leaving.end(row("老周"), EndReason.MOVED_OUT, by=clerk)
    sync(ZHOU_PHONE)
    assert (row("老周").status, relisted()) == ("ended", {"老周"})


def test_the_deceased_stay_ended(sync: Any, clerk: User) -> None:
    sync(ZHOU_PHONE, zhous(LI, XIAO))
    leaving.end(row("老周"), EndReason.DECEASED, by=clerk)
    for job in ("教师", "退休"):
        sync(ZHOU_PHONE, zhous(LI, XIAO, job_name=job))
    assert row("老周").status == "ended"


def test_reopened_she_is_listed_like_anybody(sync: Any, clerk: User) -> None:
    sync(ZHOU_PHONE, zhous(LI, XIAO))
    leaving.end(row("李梅"), EndReason.MISTAKE, by=clerk)
    sync(ZHOU_PHONE)
    leaving.reopen(row("李梅"), "看错了", by=clerk)
    assert (row("李梅").status, relisted()) == ("incomplete", set())
    assert sync(ZHOU_PHONE).outcome == "unchanged"


@pytest.fixture
def sold(sync: Any, clerk: User) -> House:
    """老周 sold to 陈五; both phones go on answering that the house is theirs."""
    sync(ZHOU_PHONE, zhous(LI, member("王租", WANG_ID, 2)))
    house = House.objects.get()
    office = Office(UserFactory(staff=True, is_superuser=True))
    office.transfer(house.pk, [row("老周").pk, row("李梅").pk], owner={"name": "陈五", "id_number": CHEN_ID})
    return house


def test_the_next_owner_is_an_open_owner_of_the_same_house(sold: House) -> None:
    new = row("陈五")
    assert (new.house, new.role, new.household_type) == (sold, Role.SELF, HouseholdType.OWNER)


either_first = pytest.mark.parametrize("phones", [PHONES, PHONES[::-1]], ids=["old-first", "new-first"])


@pytest.fixture
def both(sold: House, platform: Any) -> House:
    platform.answers[CHEN_PHONE] = chens(member("王租", WANG_ID, 2), XIAO)
    return sold


@either_first
def test_the_new_owners_word_of_the_house_stands(both: House, sync: Any, phones: tuple[str, str]) -> None:
    for phone in phones * 2:
        sync(phone)
    house = fresh(both)
    assert (house.use, house.occupancy) == (HouseUse(2), Occupancy(2))


@either_first
def test_nothing_swings_between_the_old_and_the_new_owner(
    both: House, sync: Any, phones: tuple[str, str]
) -> None:
    for phone in phones * 2:
        sync(phone)
    for phone in phones * 2:
        PlatformRecord.objects.update(digest="")
        assert written(sync, phone) == ("unchanged", [])


@either_first
def test_the_new_owner_manages_and_the_old_one_does_not(
    both: House, sync: Any, phones: tuple[str, str]
) -> None:
    for phone in phones * 2:
        sync(phone)
    assert {row(name).managed_by for name in ("王租", "小周")} == {row("陈五").resident}


@either_first
def test_there_is_one_owner(both: House, sync: Any, phones: tuple[str, str]) -> None:
    for phone in phones * 2:
        sync(phone)
    assert not Finding.objects.open().filter(code=FindingCode.SECOND_OWNER).exists()
    assert {one.resident.name for one in Membership.objects.open()} == {"陈五", "王租", "小周"}


def test_the_old_owners_family_stays_ended(both: House, sync: Any) -> None:
    for job in ("教师", "退休"):
        sync(ZHOU_PHONE, zhous(LI, member("王租", WANG_ID, 2), job_name=job))
    assert {row(name).status for name in ("老周", "李梅")} == {"ended"}
    assert relisted() == {"老周", "李梅"}


def test_whom_the_old_owner_names_after_the_sale_he_does_not_manage(both: House, sync: Any) -> None:
    sync(ZHOU_PHONE, zhous(LI, XIAO))
    assert row("小周").managed_by is None


def test_the_old_owner_changes_no_role_of_who_stayed(both: House, sync: Any) -> None:
    sync(CHEN_PHONE)
    sync(ZHOU_PHONE, zhous(LI, member("王租", WANG_ID, 12)))
    assert row("王租").role == Role.TENANT


def test_the_old_owners_new_word_of_the_house_is_not_heard(both: House, sync: Any) -> None:
    sync(CHEN_PHONE)
    told = dwelling(ZHOU, LI, people_house_use=5, people_house_status=4)
    sync(ZHOU_PHONE, person("老周", ZHOU_ID, ZHOU_PHONE, told))
    assert (fresh(both).use, fresh(both).occupancy) == (HouseUse(2), Occupancy(2))


def test_the_old_owners_own_record_is_heard_like_before(both: House, sync: Any) -> None:
    sync(ZHOU_PHONE, zhous(LI, job_name="退休"))
    assert row("老周").resident.job_title == "退休"


def test_what_staff_set_after_the_sale_is_not_overturned_by_the_old_owner(both: House, sync: Any) -> None:
    House.objects.filter(pk=both.pk).update(occupancy=Occupancy.VACANT)
    sync(ZHOU_PHONE, zhous(LI, job_name="退休"))
    assert fresh(both).occupancy == Occupancy.VACANT


def test_the_old_owner_who_rents_the_flat_back_is_an_owner_too_many(sold: House, sync: Any) -> None:
    """The office entered him as a tenant, his own answer still calls him the owner: somebody must look."""
    old = row("老周").resident
    MembershipFactory(house=sold, resident=old, role=Role.TENANT, household_type=HouseholdType.TENANT)
    sync(CHEN_PHONE, chens(member("老周", ZHOU_ID, 2)))
    sync(ZHOU_PHONE)
    found = Finding.objects.open().filter(code=FindingCode.SECOND_OWNER)
    assert set(found.values_list("membership__resident__name", flat=True)) == {"老周", "陈五"}


def test_a_family_that_stays_and_is_named_by_both_does_not_swing(sync: Any, clerk: User) -> None:
    """A father sells to his son: both go on living there, each answer calls them otherwise."""
    sync(ZHOU_PHONE, zhous(LI, XIAO))
    leaving.transfer(House.objects.get(), [row("老周")], by=clerk)
    his = person("小周", XIAO_ID, CHEN_PHONE, dwelling(member("小周", XIAO_ID, 1), member("李梅", LI_ID, 6)))
    sync(CHEN_PHONE, his)
    for phone in (ZHOU_PHONE, CHEN_PHONE) * 2:
        PlatformRecord.objects.update(digest="")
        sync(phone)
    assert (row("小周").role, row("李梅").role) == (Role.SELF, Role.MOTHER)
    assert row("李梅").managed_by == row("小周").resident


def test_the_sold_house_is_read_in_full_again(sold: House) -> None:
    assert PlatformRecord.objects.get(phone=ZHOU_PHONE).digest == ""


def test_a_resident_of_a_sold_house_keeps_what_the_platform_said(sold: House) -> None:
    tenant = row("王租")
    said = tenant.said.get("role")
    assert (said.value, said.rank, said.by) == (Role.TENANT, 0, "")
    assert Resident.objects.filter(name="老周").exists()


def test_her_own_phone_of_the_same_house_goes_on(sync: Any, clerk: User) -> None:
    sync(ZHOU_PHONE, zhous(LI))
    leaving.end(row("老周"), EndReason.MOVED_OUT, by=clerk)
    sync(LI_PHONE, person("李梅", LI_ID, LI_PHONE, dwelling(member("李梅", LI_ID, 1), XIAO)))
    assert (row("李梅").role, row("小周").managed_by) == (Role.SELF, row("李梅").resident)
