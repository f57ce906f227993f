"""A person is forgotten (houses/erasing.py): from every table, and by every sync to come."""

import json
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder

from houses import findings
from houses.absorbing import absorb
from houses.answering import answer
from houses.choices import Role
from houses.erasing import erase
from houses.models import Finding, House, Invitation, Membership, Request, Submission
from houses.states import FindingCode
from residents import id_numbers
from residents.models import AccessLog, Consent, Resident, Tombstone, User
from residents.upstream import Said
from sync.models import PlatformRecord
from tests.cast import (
    LI,
    LI_ID,
    LI_PHONE,
    XIAO,
    ZHOU,
    ZHOU_ID,
    ZHOU_PHONE,
    dwelling,
    lis,
    member,
    person,
    zhous,
)
from tests.factories import MembershipFactory, ResidentFactory, UserFactory
from tests.household import fresh, home, li, login, refused, visitor, wang, zhou

pytestmark = pytest.mark.django_db

NAME, NUMBER, PHONE = "欧阳若兰", LI_ID, LI_PHONE
ALL_OF_HER = {NAME, NUMBER, PHONE, NUMBER[-6:]}


@pytest.fixture
def clerk() -> User:
    return UserFactory(staff=True)


def everything_stored() -> str:
    """Every column of every table as it reads when it is unsealed, history and bookkeeping included."""
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
    rows = {model._meta.db_table: list(model._base_manager.values()) for model in models}
    return json.dumps(rows, ensure_ascii=False, cls=DjangoJSONEncoder, default=str)


def left_of(*values: str) -> set[str]:
    stored = everything_stored()
    return {value for value in values if value in stored}


@pytest.fixture
def her(clerk: User) -> Membership:
    """She has an account, has asked, typed and agreed, was seen, invited, and is known elsewhere too."""
    owner = zhou(MembershipFactory().house)
    row = li(owner.house, owner, name=NAME, registered_address=f"{NAME}的老家", job_title=f"{NAME}工作室")
    MembershipFactory(resident=row.resident, role=Role.OTHER, ended=True)
    family = home(owner)
    family.submit(family.draft(row.pk, {"employer": f"{NAME}工作室", "name": NAME + "兰"}).pk)
    family.ask_end(row.pk, f"{NAME}搬走了")
    Invitation.issue(row, family.user)
    login(row.resident)
    home(row).ask_erasure(f"请删除{NAME}")
    home(row).dispute(f"我是{NAME}")
    AccessLog.write(clerk, row.resident_id, AccessLog.Kind.VIEW, reason="核对证件")
    findings.refresh(residents=[row.resident_id])
    return row


def test_nothing_of_her_is_left_in_any_table(her: Membership, clerk: User) -> None:
    assert left_of(*ALL_OF_HER) == ALL_OF_HER
    erase(her.resident, by=clerk)
    assert left_of(*ALL_OF_HER) == set()


def test_nothing_is_left_when_a_request_is_how_it_came(her: Membership, clerk: User) -> None:
    request = Request.objects.get(kind=Request.Kind.ERASE)
    answer(request, accept=True, reason=f"同意{NAME}的申请", by=clerk)
    assert left_of(*ALL_OF_HER) == set()


def test_nothing_is_left_of_what_her_history_said(her: Membership, clerk: User) -> None:
    for name in ("老名字甲", "老名字乙"):
        person_ = fresh(her.resident)
        person_.name = name
        person_.save()
    erase(her.resident, by=clerk)
    assert left_of("老名字甲", "老名字乙") == set()


def test_nothing_is_left_of_a_record_that_she_absorbed(her: Membership, clerk: User) -> None:
    double = ResidentFactory(name="欧阳小兰", id_number=NUMBER)
    absorb(her.resident, double, by=clerk)
    erase(fresh(her.resident), by=clerk)
    assert left_of("欧阳小兰") == set()


def test_nothing_is_left_of_an_entry_that_named_her_as_somebody_new(clerk: User) -> None:
    """The owner typed her in; before it was looked at she was put on the books another way."""
    owner = zhou(MembershipFactory().house)
    family = home(owner)
    family.name_member(owner.house_id, {"name": NAME, "id_number": NUMBER, "role": Role.OTHER})
    row = li(owner.house, owner, name=NAME)
    erase(row.resident, by=clerk)
    assert left_of(*ALL_OF_HER) == set()


def test_an_entry_that_names_her_as_the_contact_names_nobody(clerk: User) -> None:
    owner = zhou(MembershipFactory().house)
    row, child = li(owner.house, owner), MembershipFactory(house=owner.house, role=Role.SON)
    values = {"contact": str(row.resident_id), "job_title": "学生"}
    entry = Submission.objects.create(house=owner.house, membership=child, author="staff", values=values)
    erase(row.resident, by=clerk)
    assert fresh(entry).values == {"job_title": "学生"}


def test_a_stranger_who_claimed_to_be_her_keeps_the_account_only(her: Membership, clerk: User) -> None:
    stranger = visitor("王租", ZHOU_ID, "13800000009")
    Request.ask(Request.Kind.DISPUTE, stranger, resident=her.resident, text=f"我才是{NAME}")
    erase(her.resident, by=clerk)
    assert left_of(NAME) == set()
    assert User.objects.filter(pk=stranger.pk).exists()


# -- her account -------------------------------------------------------------------------


def test_her_account_goes_with_all_that_it_agreed_to(her: Membership, clerk: User) -> None:
    account = her.resident.account
    erase(her.resident, by=clerk)
    assert not User.objects.filter(pk=account.pk).exists()
    assert not Consent.objects.filter(account=account.pk).exists()


def test_what_staff_typed_keeps_its_notes_when_one_of_them_is_erased(her: Membership, clerk: User) -> None:
    User.objects.filter(resident=her.resident).update(is_staff=True)
    row = MembershipFactory()
    entry = Submission(
        house=row.house, membership=row, author="staff", account=her.resident.account, note="已核对"
    )
    entry.save()
    erase(her.resident, by=clerk)
    assert entry.history.get().note == "已核对"


def test_what_she_typed_for_others_stays_without_her(clerk: User) -> None:
    owner = zhou(MembershipFactory().house)
    row = li(owner.house, owner)
    entry = home(owner).draft(row.pk, {"job_title": "教师"})
    erase(owner.resident, by=clerk)
    assert (fresh(entry).account, fresh(entry).values) == (None, {"job_title": "教师"})


def test_a_member_of_staff_keeps_the_login_and_loses_the_person(her: Membership, clerk: User) -> None:
    User.objects.filter(resident=her.resident).update(is_staff=True)
    account = User.objects.get(resident=her.resident)
    erase(her.resident, by=clerk)
    account = fresh(account)
    assert (account.resident, account.stated_name, account.stated_id_number) == (None, "", "")


def test_what_a_member_of_staff_asked_for_as_a_resident_is_forgotten(her: Membership, clerk: User) -> None:
    User.objects.filter(resident=her.resident).update(is_staff=True, phone="13800000009")
    erase(her.resident, by=clerk)
    assert left_of(*ALL_OF_HER) == set()


def test_staff_who_did_something_and_are_erased_leave_their_signature(her: Membership, clerk: User) -> None:
    """History and log say which login did it: that is no resident's data."""
    User.objects.filter(resident=her.resident).update(is_staff=True)
    account = User.objects.get(resident=her.resident)
    AccessLog.write(account, ResidentFactory().pk, AccessLog.Kind.VIEW, reason="核对证件")
    erase(her.resident, by=clerk)
    assert AccessLog.objects.filter(account=account.pk).count() == 1


# -- who saw her -------------------------------------------------------------------------


def test_who_saw_her_stays(her: Membership, clerk: User) -> None:
    erase(her.resident, by=clerk)
    row = AccessLog.objects.get()
    assert (row.resident_id, row.account, row.reason) == (her.resident_id, clerk, "核对证件")


def test_what_she_saw_as_a_login_stays_when_the_login_is_gone(her: Membership, clerk: User) -> None:
    account = her.resident.account
    AccessLog.write(account, ResidentFactory().pk, AccessLog.Kind.VIEW, reason="本人查看")
    erase(her.resident, by=clerk)
    assert AccessLog.objects.filter(account=account.pk).exists()


# -- her family --------------------------------------------------------------------------


def test_the_family_stands_and_the_house_too(her: Membership, clerk: User) -> None:
    homes = House.objects.count()
    erase(her.resident, by=clerk)
    assert Membership.objects.get(house=her.house, resident__name="老周").status == "activated"
    assert House.objects.count() == homes


def test_whom_she_managed_is_managed_by_nobody(clerk: User) -> None:
    owner = zhou(MembershipFactory().house)
    row = li(owner.house, owner)
    erase(owner.resident, by=clerk)
    assert fresh(row).managed_by is None


def test_who_was_reached_through_her_is_incomplete_again(clerk: User) -> None:
    mother = MembershipFactory(role=Role.WIFE)
    child = ResidentFactory(phone="", contact=mother.resident)
    row = MembershipFactory(house=mother.house, resident=child, role=Role.SON)
    erase(mother.resident, by=clerk)
    assert (row.status, fresh(row).status, fresh(child).contact) == ("completed", "incomplete", None)


def test_a_child_that_is_alone_now_is_a_finding(clerk: User) -> None:
    mother = MembershipFactory(role=Role.WIFE)
    child = ResidentFactory(id_number="", birth_date=date(2020, 1, 1))
    row = MembershipFactory(house=mother.house, resident=child, role=Role.SON)
    erase(mother.resident, by=clerk)
    assert Finding.objects.open().filter(code=FindingCode.MINOR_WITHOUT_GUARDIAN, membership=row).exists()


# -- refusals ----------------------------------------------------------------------------


def test_while_a_number_is_shared_nobody_is_erased(clerk: User) -> None:
    one, two = ResidentFactory(id_number=NUMBER), ResidentFactory(id_number=NUMBER)
    findings.refresh(residents=[one.pk, two.pk])
    with refused("number_unsettled"):
        erase(one, by=clerk)


def test_once_it_is_settled_whose_number_it_is_the_other_can_be_erased(clerk: User) -> None:
    one, two = ResidentFactory(id_number=NUMBER), ResidentFactory(id_number=NUMBER)
    Resident.objects.filter(pk=two.pk).update(id_number="")
    findings.refresh(residents=[one.pk, two.pk])
    erase(fresh(two), by=clerk)
    assert Tombstone.among({NUMBER}) == set()


def test_nobody_is_erased_twice(clerk: User) -> None:
    one = ResidentFactory()
    erase(one, by=clerk)
    with refused("already_absorbed"):
        erase(one, by=clerk)


# -- and the platform goes on ------------------------------------------------------------


@pytest.fixture
def erased(sync: Any, clerk: User) -> None:
    """李梅 is known by his answer and by her own, and asks to be forgotten."""
    sync(ZHOU_PHONE, zhous(LI, XIAO))
    sync(LI_PHONE, lis(member("老周", ZHOU_ID, 1)))
    erase(Resident.objects.get(name="李梅"), by=clerk)


def names() -> set[str]:
    return set(Resident.objects.values_list("name", flat=True))


def test_her_own_answer_brings_nothing_back(erased: None, sync: Any) -> None:
    before = Membership.objects.count()
    sync(LI_PHONE)
    assert (names(), Membership.objects.count()) == ({"老周", "小周"}, before)


def test_his_answer_does_not_bring_her_back(erased: None, sync: Any) -> None:
    for job in ("教师", "退休"):
        sync(ZHOU_PHONE, zhous(LI, XIAO, job_name=job))
    assert names() == {"老周", "小周"}


def test_her_number_of_15_digits_is_hers_too(erased: None, sync: Any) -> None:
    assert id_numbers.matching_form("110105820512002") == LI_ID
    sync(ZHOU_PHONE, zhous(member("李梅", "110105820512002", 4)))
    assert names() == {"老周", "小周"}


def test_her_own_answer_with_the_number_in_her_row_only_brings_nothing_back(erased: None, sync: Any) -> None:
    hers = dwelling(member("李梅", LI_ID, 4), ZHOU, role=4)
    sync(LI_PHONE, person("李梅", "", LI_PHONE, hers))
    assert names() == {"老周", "小周"}


def test_a_new_house_of_hers_is_not_made(erased: None, sync: Any) -> None:
    sync(LI_PHONE, person("李梅", LI_ID, LI_PHONE, dwelling(LI, room="909")))
    assert not House.objects.filter(room="909").exists()


def test_after_her_nothing_is_written_by_the_same_answers(erased: None, sync: Any) -> None:
    for phone in (ZHOU_PHONE, LI_PHONE):
        sync(phone)
    before = {person_.pk: person_.version for person_ in Resident.objects.all()}
    for phone in (ZHOU_PHONE, LI_PHONE):
        PlatformRecord.objects.update(digest="")
        assert sync(phone).outcome == "unchanged"
    assert {person_.pk: person_.version for person_ in Resident.objects.all()} == before


def test_her_phone_is_asked_for_no_person_of_ours(erased: None, sync: Any) -> None:
    sync(LI_PHONE)
    assert PlatformRecord.objects.get(phone=LI_PHONE).subject is None


def test_who_has_her_phone_now_is_welcome(erased: None, sync: Any) -> None:
    sync(LI_PHONE, person("王租", "110105199001010037", LI_PHONE, dwelling(room="303")))
    assert "王租" in names()


def test_who_is_called_like_her_is_welcome(erased: None, sync: Any) -> None:
    sync(ZHOU_PHONE, zhous(member("李梅", "110105198205120049", 4), XIAO))
    assert "李梅" in names()


def test_what_the_sync_wrote_about_her_is_gone_from_every_table(erased: None) -> None:
    assert left_of("李梅", LI_ID) == set()


def test_her_phone_is_gone_with_her_from_the_runs_too(erased: None) -> None:
    assert left_of(LI_PHONE) == set()


def test_his_wrong_number_was_hers_and_she_is_not_barred_with_him(sync: Any, clerk: User) -> None:
    """The platform gives 小周 his mother's number; the office mends it; then he is erased."""
    sync(ZHOU_PHONE, zhous(LI, member("小周", LI_ID, 11)))
    child = Resident.objects.get(name="小周")
    Resident.objects.filter(pk=child.pk).update(id_number="11010520090909001X")
    findings.refresh(residents=[child.pk], numbers=[LI_ID])
    erase(fresh(child), by=clerk)
    sync(LI_PHONE, lis(member("老周", ZHOU_ID, 1)))
    assert Membership.objects.get(resident__name="李梅").resident.phone == LI_PHONE


def test_a_number_that_another_answers_claim_is_not_barred(sync: Any, clerk: User) -> None:
    """She holds another number for now; the household's row says that this one is hers."""
    sync(LI_PHONE, person("李梅", "110105198205120049", LI_PHONE, dwelling(LI, ZHOU, role=4)))
    double = MembershipFactory(house=House.objects.get(), resident__name="小李", role=Role.SON)
    double.said.put("name", Said("小李", rank=1, by="x"))
    double.said.put("id_number", Said(LI_ID, rank=1, by="x"))
    double.save()
    erase(double.resident, by=clerk)
    assert Tombstone.among({LI_ID}) == set()


def test_whom_the_household_lists_under_another_persons_number_does_not_come_back(
    sync: Any, clerk: User
) -> None:
    """The sample's trap: his row carries her number, which cannot be barred. He was corrected, and erased."""
    sync(ZHOU_PHONE, zhous(LI, member("小周", LI_ID, 11)))
    child = Resident.objects.get(name="小周")
    Resident.objects.filter(pk=child.pk).update(id_number="11010520090909001X")
    findings.refresh(residents=[child.pk], numbers=[LI_ID])
    erase(fresh(child), by=clerk)
    sync(ZHOU_PHONE)
    assert names() == {"老周", "李梅"}


def test_whom_the_household_lists_without_a_number_does_not_come_back(sync: Any, clerk: User) -> None:
    sync(ZHOU_PHONE, zhous(member("李梅", "", 4)))
    erase(Resident.objects.get(name="李梅"), by=clerk)
    sync(ZHOU_PHONE)
    assert names() == {"老周"}


def test_a_tenant_in_the_same_house_never_noticed(her: Membership, clerk: User) -> None:
    row = wang(her.house)
    erase(her.resident, by=clerk)
    assert (fresh(row).version, fresh(row.resident).version) == (row.version, row.resident.version)
