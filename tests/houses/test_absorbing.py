"""Two records that prove to be one person become one (houses/absorbing.py), and stay one."""

from typing import Any

import pytest
from django.utils import timezone

from houses import findings, settling
from houses.absorbing import absorb
from houses.choices import Role
from houses.models import Finding, Invitation, Membership, Request, Submission
from houses.states import EndReason, FindingCode
from residents.models import Absorbed, AccessLog, Consent, Resident, User
from residents.upstream import Said
from sync.models import PlatformRecord
from tests.cast import (
    LI,
    LI_ID,
    LI_PHONE,
    WANG_ID,
    WANG_PHONE,
    XIAO,
    XIAO_ID,
    ZHOU,
    ZHOU_ID,
    ZHOU_PHONE,
    dwelling,
    lis,
    member,
    person,
    zhous,
)
from tests.factories import HouseFactory, MembershipFactory, ResidentFactory, UserFactory
from tests.household import GAPS, fresh, login, refused
from tests.sync.writes import watching

pytestmark = pytest.mark.django_db

LIS_WRONG_ID = "110105198205120049"  # right by itself, and not hers
HER_FATHER = member("李大山", "110105195506060015", 5)


@pytest.fixture
def clerk() -> User:
    return UserFactory(staff=True)


def conflicts(record: Any) -> dict[str, Any]:
    """What must be chosen on this record, and the value that is offered."""
    found = Finding.objects.open().filter(code=FindingCode.PLATFORM_CONFLICT)
    kind = "resident" if isinstance(record, Resident) else "membership"
    return {one.field: one.suggestion["value"] for one in found.filter(**{kind: record})}


def settle(record: Any, field: str, *, take: bool, by: User) -> None:
    """The one click: take the other value, or say that ours is right."""
    kind = "resident" if isinstance(record, Resident) else "membership"
    finding = Finding.objects.open().get(code=FindingCode.PLATFORM_CONFLICT, field=field, **{kind: record})
    if take:
        settling.take_suggestion(finding, by=by)
    else:
        settling.settle(finding, "已问过本人", waive=False, by=by)


# -- values ------------------------------------------------------------------------------


def test_a_blank_is_filled_and_its_source_comes_along(clerk: User) -> None:
    kept = ResidentFactory(employer="")
    source = {"from": "self", "at": "2026-01-01T00:00:00+08:00"}
    other = ResidentFactory(employer="第一中学", sources={"employer": source})
    absorb(kept, other, by=clerk)
    assert (fresh(kept).employer, fresh(kept).sources["employer"]) == ("第一中学", source)


def test_where_both_differ_ours_stays_and_the_other_is_offered(clerk: User) -> None:
    kept, other = ResidentFactory(employer="第一中学"), ResidentFactory(employer="第二中学")
    absorb(kept, other, by=clerk)
    assert fresh(kept).employer == "第一中学"
    assert conflicts(kept)["employer"] == "第二中学"


def test_one_click_takes_the_other_value(clerk: User) -> None:
    kept, other = ResidentFactory(employer="第一中学"), ResidentFactory(employer="第二中学")
    absorb(kept, other, by=clerk)
    settle(kept, "employer", take=True, by=clerk)
    assert (fresh(kept).employer, "employer" in conflicts(kept)) == ("第二中学", False)


def test_one_click_keeps_ours(clerk: User) -> None:
    kept, other = ResidentFactory(employer="第一中学"), ResidentFactory(employer="第二中学")
    absorb(kept, other, by=clerk)
    settle(kept, "employer", take=False, by=clerk)
    assert (fresh(kept).employer, "employer" in conflicts(kept)) == ("第一中学", False)


def test_a_birth_date_can_be_chosen_too(clerk: User) -> None:
    kept, other = ResidentFactory(birth_date="1980-03-07"), ResidentFactory(birth_date="1980-03-08")
    absorb(kept, other, by=clerk)
    settle(kept, "birth_date", take=True, by=clerk)
    assert fresh(kept).birth_date.isoformat() == "1980-03-08"


def test_a_flag_that_is_no_is_a_value_to_choose_from(clerk: User) -> None:
    kept, other = ResidentFactory(is_veteran=True), ResidentFactory(is_veteran=False)
    absorb(kept, other, by=clerk)
    assert conflicts(kept)["is_veteran"] is False


def test_the_same_number_in_both_its_lengths_is_no_contradiction(clerk: User) -> None:
    kept = ResidentFactory(id_number="110105196001010017")
    other = ResidentFactory(id_number="110105600101001")
    absorb(kept, other, by=clerk)
    assert "id_number" not in conflicts(kept)


def test_what_was_only_read_off_the_number_gives_way(clerk: User) -> None:
    derived = {"birth_date": {"from": "id_number", "at": ""}}
    kept = ResidentFactory(id_number=ZHOU_ID, birth_date="1980-03-07", sources=derived)
    other = ResidentFactory(id_number=ZHOU_ID, birth_date="1980-03-08")
    absorb(kept, other, by=clerk)
    assert (fresh(kept).birth_date.isoformat(), conflicts(kept).get("birth_date")) == ("1980-03-08", None)


def test_a_number_taken_over_tells_birth_and_sex(clerk: User) -> None:
    kept = ResidentFactory(id_number="", birth_date=None, sex=None)
    other = ResidentFactory(id_number=LI_ID, birth_date=None, sex=None)
    absorb(kept, other, by=clerk)
    assert (fresh(kept).birth_date.isoformat(), fresh(kept).sex) == ("1982-05-12", 2)


def test_what_completes_the_record_completes_its_memberships(clerk: User) -> None:
    row = MembershipFactory(resident=ResidentFactory(**GAPS))
    absorb(row.resident, ResidentFactory(), by=clerk)
    assert (row.status, fresh(row).status) == ("incomplete", "completed")


def test_what_the_platform_said_of_the_other_is_kept(clerk: User) -> None:
    kept, other = ResidentFactory(job_title=""), ResidentFactory(job_title="教师")
    other.said.put("job_title", Said("教师", rank=2, by=str(other.pk)))
    other.save()
    absorb(kept, other, by=clerk)
    said = fresh(kept).said.get("job_title")
    assert (said.value, said.rank, said.by) == ("教师", 2, str(kept.pk))


# -- one house ---------------------------------------------------------------------------


@pytest.fixture
def twice() -> Any:
    """李梅 stands twice in one house: once filled in, once not. (kept row, double)"""
    house = HouseFactory()
    mine = MembershipFactory(house=house, resident__name="李梅", resident__id_number=LI_ID, role=Role.WIFE)
    double = MembershipFactory(house=house, resident=ResidentFactory(name="李梅", **GAPS), role=Role.WIFE)
    return mine, double


def test_two_open_rows_in_one_house_become_one(twice: Any, clerk: User) -> None:
    mine, double = twice
    absorb(mine.resident, double.resident, by=clerk)
    assert (fresh(mine).is_open, fresh(double).end_reason) == (True, EndReason.MISTAKE)
    assert {fresh(mine).resident, fresh(double).resident} == {mine.resident}


def test_the_two_roles_are_a_choice(twice: Any, clerk: User) -> None:
    mine, double = twice
    Membership.objects.filter(pk=double.pk).update(role=Role.RELATIVE)
    absorb(mine.resident, double.resident, by=clerk)
    assert (fresh(mine).role, conflicts(mine)) == (Role.WIFE, {"role": Role.RELATIVE})


def test_one_click_takes_the_other_role(twice: Any, clerk: User) -> None:
    mine, double = twice
    Membership.objects.filter(pk=mine.pk).update(role=Role.RELATIVE)
    absorb(mine.resident, double.resident, by=clerk)
    settle(mine, "role", take=True, by=clerk)
    assert (fresh(mine).role, conflicts(mine)) == (Role.WIFE, {})


def test_one_click_keeps_the_role(twice: Any, clerk: User) -> None:
    mine, double = twice
    Membership.objects.filter(pk=double.pk).update(role=Role.RELATIVE)
    absorb(mine.resident, double.resident, by=clerk)
    settle(mine, "role", take=False, by=clerk)
    assert (fresh(mine).role, conflicts(mine)) == (Role.WIFE, {})


def test_nickname_lease_and_manager_come_from_the_double_where_ours_lacks_them(
    twice: Any, clerk: User
) -> None:
    mine, double = twice
    owner, until = ResidentFactory(), timezone.localdate()
    Membership.objects.filter(pk=double.pk).update(nickname="梅梅", lease_until=until, managed_by=owner)
    absorb(mine.resident, double.resident, by=clerk)
    row = fresh(mine)
    assert (row.nickname, row.lease_until, row.managed_by) == ("梅梅", until, owner)


def test_who_managed_the_double_as_the_other_record_manages_nobody_of_the_own(
    twice: Any, clerk: User
) -> None:
    mine, double = twice
    Membership.objects.filter(pk=mine.pk).update(managed_by=double.resident)
    absorb(mine.resident, double.resident, by=clerk)
    assert fresh(mine).managed_by is None


@pytest.mark.parametrize("whose", [0, 1], ids=["of-the-kept", "of-the-double"])
def test_a_binding_is_carried_over_and_activates(twice: Any, clerk: User, whose: int) -> None:
    Membership.objects.filter(pk=twice[whose].pk).update(bound_at=timezone.now())
    login(twice[whose].resident)
    kept = absorb(twice[0].resident, twice[1].resident, by=clerk)
    row = fresh(twice[0])
    assert (row.status, row.activated_by_account) == ("activated", True)
    assert fresh(kept).self_managed_since is not None


def test_an_activation_at_the_counter_is_carried_over(twice: Any, clerk: User) -> None:
    mine, double = twice
    Membership.objects.filter(pk=double.pk).update(activated_at=timezone.now(), status="activated")
    absorb(mine.resident, double.resident, by=clerk)
    row = fresh(mine)
    assert (row.status, row.activated_by_account) == ("activated", False)
    assert fresh(mine.resident).self_managed_since is None


def test_self_managed_stays_self_managed(clerk: User) -> None:
    kept, other = ResidentFactory(), ResidentFactory(self_managed_since=timezone.now())
    absorb(kept, other, by=clerk)
    assert fresh(kept).self_managed_since == other.self_managed_since


def test_both_rows_tell_in_their_history_who_made_one_of_two(twice: Any, clerk: User) -> None:
    mine, double = twice
    absorb(mine.resident, double.resident, by=clerk)
    for row in twice:
        last = row.history.first()
        assert (last.history_user, last.history_change_reason) == (clerk, "合并两份资料")


def test_the_doubles_invitation_opens_nothing_any_more(twice: Any, clerk: User) -> None:
    mine, double = twice
    invitation, _ = Invitation.issue(double, clerk)
    absorb(mine.resident, double.resident, by=clerk)
    assert fresh(invitation).revoked_at is not None


def test_what_was_handed_in_about_the_double_is_about_ours(twice: Any, clerk: User) -> None:
    mine, double = twice
    entry = Submission.objects.create(
        house=double.house,
        membership=double,
        author="owner",
        account=UserFactory(),
        values={"job_title": "教师"},
    )
    absorb(mine.resident, double.resident, by=clerk)
    assert (fresh(entry).membership, fresh(entry).status) == (mine, "draft")


def test_of_two_open_entries_of_one_author_the_doubles_is_dropped(twice: Any, clerk: User) -> None:
    mine, double = twice
    author = UserFactory()
    entries = [
        Submission.objects.create(house=row.house, membership=row, author="owner", account=author)
        for row in twice
    ]
    absorb(mine.resident, double.resident, by=clerk)
    assert [fresh(entry).status for entry in entries] == ["draft", "dropped"]


def test_a_request_about_the_double_waits_on_ours(twice: Any, clerk: User) -> None:
    mine, double = twice
    request = Request.ask(Request.Kind.END, UserFactory(), house=double.house, membership=double)
    absorb(mine.resident, double.resident, by=clerk)
    assert (fresh(request).membership, fresh(request).status) == (mine, "open")


def test_what_an_absorbed_finding_of_the_double_said_is_over(twice: Any, clerk: User) -> None:
    mine, double = twice
    Membership.objects.filter(pk=double.pk).update(role=None)
    absorb(mine.resident, double.resident, by=clerk)
    assert not Finding.objects.open().filter(membership=double).exists()


def test_a_shared_number_is_settled_by_being_one(twice: Any, clerk: User) -> None:
    mine, double = twice
    Resident.objects.filter(pk=double.resident_id).update(id_number=LI_ID)
    findings.refresh(residents=[mine.resident_id, double.resident_id])
    absorb(mine.resident, fresh(double.resident), by=clerk)
    assert not Finding.objects.open().filter(code=FindingCode.ID_SHARED).exists()


# -- different houses --------------------------------------------------------------------


def test_a_house_of_the_other_is_one_more_house_of_ours(clerk: User) -> None:
    mine, theirs = MembershipFactory(), MembershipFactory(activated=True)
    absorb(mine.resident, theirs.resident, by=clerk)
    row = fresh(theirs)
    assert (row.resident, row.status, row.version) == (mine.resident, "activated", theirs.version + 1)


def test_a_membership_that_the_other_ended_stays_ended(clerk: User) -> None:
    mine = MembershipFactory()
    old = MembershipFactory(house=mine.house, ended=True)
    absorb(mine.resident, old.resident, by=clerk)
    assert (fresh(old).resident, fresh(old).end_reason) == (mine.resident, EndReason.MOVED_OUT)
    assert fresh(mine).is_open


# -- what points to the person -----------------------------------------------------------


def test_whom_the_other_managed_ours_manages(clerk: User) -> None:
    kept, other = ResidentFactory(), ResidentFactory()
    row = MembershipFactory(role=Role.SON, managed_by=other)
    absorb(kept, other, by=clerk)
    assert fresh(row).managed_by == kept


def test_whose_contact_the_other_was_is_reached_through_ours(clerk: User) -> None:
    kept, other = ResidentFactory(), ResidentFactory()
    child = ResidentFactory(phone="", contact=other)
    absorb(kept, other, by=clerk)
    assert fresh(child).contact == kept


def test_a_contact_of_one_by_the_other_is_nobody(clerk: User) -> None:
    other = ResidentFactory()
    kept = ResidentFactory(contact=other)
    absorb(kept, other, by=clerk)
    assert fresh(kept).contact is None


def test_an_open_entry_that_names_the_other_as_contact_names_ours(twice: Any, clerk: User) -> None:
    mine, double = twice
    child = MembershipFactory(house=mine.house, role=Role.SON)
    values = {"contact": str(double.resident_id)}
    entry = Submission.objects.create(
        house=mine.house, membership=child, author="owner", account=UserFactory(), values=values, base=values
    )
    absorb(mine.resident, double.resident, by=clerk)
    told = {"contact": str(mine.resident_id)}
    assert (fresh(entry).values, fresh(entry).base) == (told, told)


def test_an_open_entry_about_the_other_with_ours_as_contact_names_no_contact(twice: Any, clerk: User) -> None:
    mine, double = twice
    values = {"contact": str(mine.resident_id), "job_title": "教师"}
    entry = Submission.objects.create(
        house=mine.house, membership=double, author="owner", account=UserFactory(), values=values
    )
    absorb(mine.resident, double.resident, by=clerk)
    assert fresh(entry).values == {"job_title": "教师"}


def test_a_dispute_about_the_other_is_about_ours(clerk: User) -> None:
    kept, other = ResidentFactory(), ResidentFactory()
    request = Request.ask(Request.Kind.DISPUTE, UserFactory(), resident=other)
    absorb(kept, other, by=clerk)
    assert (fresh(request).resident, fresh(request).status) == (kept, "open")


def test_a_guardians_consent_for_either_stands_once(clerk: User) -> None:
    guardian, kept, other = UserFactory(), ResidentFactory(), ResidentFactory()
    for child in (kept, other):
        Consent.give(guardian, Consent.Kind.GUARDIAN, child=child)
    absorb(kept, other, by=clerk)
    assert Consent.stands(guardian, Consent.Kind.GUARDIAN, child=kept)
    assert Consent.objects.filter(withdrawn_at=None).count() == 1


def test_a_guardians_consent_for_the_other_is_one_for_ours(clerk: User) -> None:
    guardian, kept, other = UserFactory(), ResidentFactory(), ResidentFactory()
    Consent.give(guardian, Consent.Kind.GUARDIAN, child=other)
    absorb(kept, other, by=clerk)
    assert Consent.stands(guardian, Consent.Kind.GUARDIAN, child=kept)


def test_the_account_of_the_other_is_ours(clerk: User) -> None:
    kept, other = ResidentFactory(), ResidentFactory()
    account = login(other)
    absorb(kept, other, by=clerk)
    assert fresh(account).resident == kept


def test_two_accounts_are_refused_until_one_is_unlinked(clerk: User) -> None:
    kept, other = ResidentFactory(), ResidentFactory()
    login(kept), login(other)
    with refused("two_accounts"):
        absorb(kept, other, by=clerk)


def test_a_record_is_not_absorbed_into_itself(clerk: User) -> None:
    kept = ResidentFactory()
    with refused("same_record"):
        absorb(kept, kept, by=clerk)


def test_a_record_is_absorbed_once(clerk: User) -> None:
    kept, other = ResidentFactory(), ResidentFactory()
    absorb(kept, other, by=clerk)
    with refused("already_absorbed"):
        absorb(kept, other, by=clerk)


# -- the key that leads on ---------------------------------------------------------------


def test_the_history_of_both_is_found_by_the_keys_of_the_one(clerk: User) -> None:
    kept, other = ResidentFactory(name="李梅"), ResidentFactory(name="李小梅")
    absorb(kept, other, by=clerk)
    told = Resident.history.filter(id__in=fresh(kept).all_keys())
    assert set(told.values_list("name", "history_type")) == {
        ("李梅", "+"), ("李梅", "~"), ("李小梅", "+"), ("李小梅", "-"),
    }  # fmt: skip


def test_the_last_row_of_the_absorbed_tells_who_and_why(clerk: User) -> None:
    kept, other = ResidentFactory(), ResidentFactory()
    absorb(kept, other, by=clerk)
    last = Resident.history.get(id=other.pk, history_type="-")
    assert (last.history_user, last.history_change_reason) == (clerk, "合并两份资料")


def test_who_saw_the_other_saw_this_person(clerk: User) -> None:
    kept, other = ResidentFactory(), ResidentFactory()
    AccessLog.write(clerk, other.pk, AccessLog.Kind.VIEW, reason="核对证件")
    absorb(kept, other, by=clerk)
    assert AccessLog.objects.filter(resident__in=fresh(kept).all_keys()).get().resident_id == other.pk


def test_the_keys_lead_on_through_two_absorptions(clerk: User) -> None:
    first, second, third = ResidentFactory(), ResidentFactory(), ResidentFactory()
    absorb(second, first, by=clerk)
    absorb(third, fresh(second), by=clerk)
    assert set(fresh(third).all_keys()) == {first.pk, second.pk, third.pk}
    assert set(Absorbed.objects.values_list("kept", flat=True)) == {third.pk}


def test_what_the_office_settled_about_the_other_is_kept_to_be_read(clerk: User) -> None:
    kept, other = ResidentFactory(), ResidentFactory()
    finding = Finding.objects.create(
        code=FindingCode.ID_OLD_15, resident=other, sentence="旧号", inputs="x" * 43
    )
    finding.resolve("已看过证件", by=clerk)
    absorb(kept, other, by=clerk)
    assert fresh(finding).resident == kept


# -- and the platform goes on ------------------------------------------------------------


def twins(sync: Any) -> tuple[Membership, Membership]:
    """His answer gives 李梅 a wrong number, hers the right one: two records. (hers, his)"""
    sync(ZHOU_PHONE, zhous(member("李梅", LIS_WRONG_ID, 4), XIAO))
    sync(LI_PHONE, lis(member("老周", ZHOU_ID, 1)))
    hers = Membership.objects.get(resident__id_number=LI_ID)
    return hers, Membership.objects.get(resident__id_number=LIS_WRONG_ID)


PHONES = (ZHOU_PHONE, LI_PHONE)


def written(sync: Any, phone: str) -> tuple[str, list[str]]:
    """The outcome, and the tables of residents and houses that this sync wrote."""
    with watching() as watch:
        outcome = sync(phone)
    return outcome.outcome, sorted(table for table in watch.tables if not table.startswith("sync_"))


either_kept = pytest.mark.parametrize("kept", [0, 1], ids=["hers-kept", "his-kept"])


@pytest.fixture
def one(sync: Any, clerk: User, kept: int) -> Resident:
    """The two records of 李梅 made one; the right number is hers."""
    rows = twins(sync)
    person_ = absorb(rows[kept].resident, rows[1 - kept].resident, by=clerk)
    if kept == 1:
        settle(person_, "id_number", take=True, by=clerk)
    else:
        settle(person_, "id_number", take=False, by=clerk)
    return fresh(person_)


def everybody() -> list[tuple[str, str]]:
    return sorted(Resident.objects.values_list("name", "id_number"))


FAMILY = sorted([("老周", ZHOU_ID), ("李梅", LI_ID), ("小周", XIAO_ID)])


@either_kept
def test_no_second_person_comes_back_with_the_same_answers(sync: Any, one: Resident) -> None:
    for phone in PHONES * 2:
        sync(phone)
    assert everybody() == FAMILY
    assert Membership.objects.open().count() == 3


@either_kept
def test_the_same_answers_write_nothing_once_they_were_heard_again(sync: Any, one: Resident) -> None:
    for phone in PHONES:
        sync(phone)
    for phone in PHONES * 2:
        PlatformRecord.objects.update(digest="")
        assert written(sync, phone) == ("unchanged", [])


@either_kept
def test_a_changed_answer_brings_no_second_person_either(sync: Any, one: Resident) -> None:
    for job in ("教师", "退休", "校长"):
        sync(ZHOU_PHONE, zhous(member("李梅", LIS_WRONG_ID, 4), XIAO, job_name=job))
        sync(LI_PHONE, lis(member("老周", ZHOU_ID, 1), job_name=job))
    assert everybody() == FAMILY
    assert fresh(one).job_title == "校长"


@either_kept
def test_the_platform_corrects_his_answer_and_she_is_still_one(sync: Any, one: Resident) -> None:
    sync(ZHOU_PHONE, zhous(LI, XIAO))
    sync(LI_PHONE)
    assert everybody() == FAMILY
    assert Membership.objects.open().count() == 3


@pytest.mark.parametrize("kept", [0, 1], ids=["hers-kept", "his-kept"])
@pytest.mark.parametrize("number", [LI_ID, LIS_WRONG_ID], ids=["her-number", "his-number"])
def test_the_number_that_was_chosen_stands(sync: Any, clerk: User, kept: int, number: str) -> None:
    rows = twins(sync)
    person_ = absorb(rows[kept].resident, rows[1 - kept].resident, by=clerk)
    settle(person_, "id_number", take=person_.id_number != number, by=clerk)
    for phone in PHONES * 2:
        PlatformRecord.objects.update(digest="")
        sync(phone)
    assert fresh(person_).id_number == number
    assert Resident.objects.filter(name="李梅").count() == 1


@either_kept
def test_the_double_that_goes_on_being_listed_is_no_finding(sync: Any, one: Resident) -> None:
    for phone in PHONES * 2:
        sync(phone)
    codes = set(Finding.objects.open().exclude(code="unknown_community").values_list("code", flat=True))
    assert codes == set()


def test_the_answers_of_both_phones_are_about_the_one(sync: Any, clerk: User) -> None:
    sync(LI_PHONE, person("李梅", LI_ID, LI_PHONE, dwelling(room="202", members=[])))
    sync(WANG_PHONE, person("李梅", LIS_WRONG_ID, WANG_PHONE, dwelling(room="303", members=[])))
    kept, other = Resident.objects.order_by("created_at")
    absorb(kept, other, by=clerk)
    assert set(PlatformRecord.objects.values_list("subject", flat=True)) == {kept.pk}
    assert kept.memberships.open().count() == 2


# -- one person, two phones that contradict each other -------------------------------------


def job(phone: str, number: str, room: str, title: str, **more: Any) -> dict[str, Any]:
    return person("李梅", number, phone, dwelling(room=room), job_name=title, **more)


@pytest.fixture
def two_phones(sync: Any, clerk: User) -> Resident:
    """One phone says teacher, the other retired; the office has found that both are 李梅."""
    sync(LI_PHONE, job(LI_PHONE, LI_ID, "202", "教师"))
    sync(WANG_PHONE, job(WANG_PHONE, LIS_WRONG_ID, "303", "退休"))
    kept, other = Resident.objects.order_by("created_at")
    kept = absorb(kept, other, by=clerk)
    settle(kept, "id_number", take=False, by=clerk)
    return kept


def test_a_choice_is_still_open_after_both_phones_answered_again(sync: Any, two_phones: Resident) -> None:
    for phone in (WANG_PHONE, LI_PHONE, WANG_PHONE):
        sync(phone)
    assert (fresh(two_phones).job_title, conflicts(two_phones)["job_title"]) == ("教师", "退休")


@pytest.mark.parametrize("take", [True, False], ids=["theirs", "ours"])
def test_what_was_chosen_stands_when_both_phones_answer_again(
    sync: Any, two_phones: Resident, clerk: User, take: bool
) -> None:
    settle(two_phones, "job_title", take=take, by=clerk)
    for phone in (WANG_PHONE, LI_PHONE) * 2:
        PlatformRecord.objects.update(digest="")
        sync(phone)
    assert fresh(two_phones).job_title == ("退休" if take else "教师")
    assert "job_title" not in conflicts(two_phones)


def test_two_phones_of_one_do_not_swing(sync: Any, two_phones: Resident) -> None:
    for phone in (WANG_PHONE, LI_PHONE):
        sync(phone)
    for phone in (WANG_PHONE, LI_PHONE) * 2:
        PlatformRecord.objects.update(digest="")
        assert written(sync, phone) == ("unchanged", [])


def test_the_number_that_was_refused_does_not_come_back(sync: Any, two_phones: Resident) -> None:
    for phone in (LI_PHONE, WANG_PHONE) * 2:
        PlatformRecord.objects.update(digest="")
        sync(phone)
    assert everybody() == [("李梅", LI_ID)]


def test_the_other_phones_news_is_heard(sync: Any, two_phones: Resident, clerk: User) -> None:
    settle(two_phones, "job_title", take=False, by=clerk)
    sync(WANG_PHONE, job(WANG_PHONE, LIS_WRONG_ID, "303", "退休", company_name="老年大学"))
    assert (fresh(two_phones).employer, fresh(two_phones).job_title) == ("老年大学", "教师")


def test_a_phone_that_had_moved_to_the_other_has_not_moved(sync: Any, clerk: User) -> None:
    sync(LI_PHONE, person("李梅", LI_ID, LI_PHONE, dwelling(room="202")))
    sync(LI_PHONE, person("李小梅", LIS_WRONG_ID, LI_PHONE, dwelling(room="303")))
    kept, other = Resident.objects.order_by("created_at")
    absorb(kept, other, by=clerk)
    assert not Finding.objects.open().filter(code=FindingCode.PHONE_MOVED).exists()


def test_the_kept_one_speaks_where_the_other_spoke(sync: Any, clerk: User) -> None:
    hers, his = twins(sync)
    kept = absorb(his.resident, hers.resident, by=clerk)
    books = [*Membership.objects.all(), *Resident.objects.all(), hers.house]
    speakers = {entry.get("by") for record in books for entry in fresh(record).upstream.values()}
    assert str(hers.resident_id) not in speakers and str(kept.pk) in speakers


def test_a_member_whom_both_answers_named_is_one_row_of_one(sync: Any, clerk: User) -> None:
    """Two houses, each answer with the child under another number: absorbed, both stay one."""
    sync(ZHOU_PHONE, zhous(XIAO))
    sync(
        WANG_PHONE,
        person("王租", WANG_ID, WANG_PHONE, dwelling(member("小周", LIS_WRONG_ID, 11), room="303")),
    )
    kept, other = Resident.objects.filter(name="小周").order_by("created_at")
    absorb(kept, other, by=clerk)
    for phone in (ZHOU_PHONE, WANG_PHONE) * 2:
        PlatformRecord.objects.update(digest="")
        sync(phone)
    assert Resident.objects.filter(name="小周").count() == 1


def test_one_who_was_ended_as_a_double_and_left_the_answer_stays_one(sync: Any, clerk: User) -> None:
    hers, his = twins(sync)
    absorb(hers.resident, his.resident, by=clerk)
    sync(ZHOU_PHONE, zhous(XIAO, ZHOU))
    sync(ZHOU_PHONE, zhous(member("李梅", LIS_WRONG_ID, 4), XIAO))
    assert Resident.objects.filter(name="李梅").count() == 1


def test_a_father_of_the_same_name_as_nobody_is_still_a_new_person(sync: Any, clerk: User) -> None:
    """What recognises the double's row must not swallow somebody new."""
    hers, his = twins(sync)
    absorb(hers.resident, his.resident, by=clerk)
    sync(ZHOU_PHONE, zhous(member("李梅", LIS_WRONG_ID, 4), XIAO, HER_FATHER))
    assert Resident.objects.filter(name="李大山").exists()


def test_her_phone_moves_away_and_comes_back_to_the_one(sync: Any, clerk: User) -> None:
    hers, his = twins(sync)
    kept = absorb(his.resident, hers.resident, by=clerk)
    settle(kept, "id_number", take=True, by=clerk)
    sync(LI_PHONE, person("王租", WANG_ID, LI_PHONE, dwelling(room="303")))
    sync(LI_PHONE, lis(member("老周", ZHOU_ID, 1)))
    record = PlatformRecord.objects.get(phone=LI_PHONE)
    assert (record.subject, Resident.objects.filter(name="李梅").count()) == (kept, 1)
