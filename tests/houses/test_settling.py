"""One click that settles a finding (houses/settling.py): the value is written, the rest follows."""

from typing import Any

import pytest

from houses import findings, settling
from houses.choices import HouseUse, Role
from houses.models import Finding, House
from houses.states import FindingCode, FindingStatus
from residents.models import Resident, User
from residents.upstream import Said
from sync.models import PlatformRecord
from sync.simulator import sample
from tests.cast import LI, LI_ID, XIAO_ID, ZHOU_PHONE, zhous
from tests.factories import (
    FindingFactory,
    HouseFactory,
    MembershipFactory,
    ResidentFactory,
    UserFactory,
)
from tests.household import fresh, refused, signed

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> User:
    return UserFactory(staff=True)


def the(code: str, **on: Any) -> Finding:
    return Finding.objects.open().get(code=code, **on)


def codes(**on: Any) -> set[str]:
    return set(Finding.objects.open().filter(**on).values_list("code", flat=True))


def contested(record: Any, field: str, value: Any) -> Finding:
    """The platform says another value than ours, both changed."""
    record.said.put(field, Said(value, rank=2, by="x", conflict=True))
    record.save()
    kind = {Resident: "residents", House: "houses"}.get(type(record))
    findings.refresh(**({kind: [record.pk]} if kind else {"houses": [record.house_id]}))
    return the(FindingCode.PLATFORM_CONFLICT, field=field)


# -- taking the suggestion ---------------------------------------------------------------


def test_the_samples_number_is_taken_with_one_click(sync: Any, clerk: User) -> None:
    sync(sample.PHONE)
    settling.take_suggestion(the(FindingCode.SELF_ID_MISMATCH), by=clerk)
    subject = Resident.objects.get(name="付钰")
    assert subject.id_number == "130324198705046010"
    assert codes(resident=subject) == {FindingCode.ID_SHARED}


def test_what_was_taken_is_signed_and_its_source_is_the_office(sync: Any, clerk: User) -> None:
    sync(sample.PHONE)
    settling.take_suggestion(the(FindingCode.SELF_ID_MISMATCH), by=clerk)
    subject = Resident.objects.get(name="付钰")
    assert signed(subject) == (clerk, "采用建议的值")
    assert (subject.origin.of("id_number"), subject.version) == ("staff", 2)


def test_what_was_taken_stays_when_the_same_answer_comes_again(sync: Any, clerk: User) -> None:
    sync(sample.PHONE)
    settling.take_suggestion(the(FindingCode.SELF_ID_MISMATCH), by=clerk)
    PlatformRecord.objects.update(digest="")
    sync(sample.PHONE)
    assert Resident.objects.get(name="付钰").id_number == "130324198705046010"
    assert not Finding.objects.open().filter(code=FindingCode.SELF_ID_MISMATCH).exists()


def test_the_platforms_side_of_a_conflict_is_the_platforms(clerk: User) -> None:
    person = ResidentFactory(employer="第一中学")
    settling.take_suggestion(contested(person, "employer", "第二中学"), by=clerk)
    person = fresh(person)
    assert (person.employer, person.origin.of("employer")) == ("第二中学", "platform")
    assert (person.said.get("employer").conflict, codes()) == (False, set())


def test_of_a_house(clerk: User) -> None:
    house = HouseFactory()
    settling.take_suggestion(contested(house, "use", 2), by=clerk)
    assert (fresh(house).use, signed(house)) == (HouseUse(2), (clerk, "采用建议的值"))


def test_of_a_membership(clerk: User) -> None:
    row = MembershipFactory(role=Role.WIFE, resident__id_number=LI_ID)
    settling.take_suggestion(contested(row, "role", Role.DAUGHTER), by=clerk)
    assert (fresh(row).role, fresh(row).version, codes()) == (Role.DAUGHTER, 2, set())


def test_of_a_birth_date(clerk: User) -> None:
    person = ResidentFactory(id_number="")
    settling.take_suggestion(contested(person, "birth_date", "1980-03-08"), by=clerk)
    assert fresh(person).birth_date.isoformat() == "1980-03-08"


def test_what_was_read_off_the_old_number_follows_the_new(clerk: User) -> None:
    read_off = {name: {"from": "id_number", "at": ""} for name in ("birth_date", "sex")}
    person = ResidentFactory(sources=read_off)
    settling.take_suggestion(contested(person, "id_number", LI_ID), by=clerk)
    person = fresh(person)
    assert (person.birth_date.isoformat(), person.sex) == ("1982-05-12", 2)


def test_what_was_unknown_is_read_off_the_new_number(clerk: User) -> None:
    person = ResidentFactory(id_number="130302199211302219", birth_date=None, sex=None)
    settling.take_suggestion(contested(person, "id_number", LI_ID), by=clerk)
    person = fresh(person)
    assert (str(person.birth_date), person.sex) == ("1982-05-12", 2)


def test_a_value_that_completes_the_record_completes_the_membership(clerk: User) -> None:
    row = MembershipFactory(resident=ResidentFactory(employer="", ethnicity=""))
    settling.take_suggestion(contested(row.resident, "ethnicity", "01"), by=clerk)
    assert (row.status, fresh(row).status) == ("incomplete", "completed")


def test_a_phone_that_completes_a_child_completes_it(clerk: User) -> None:
    mother = ResidentFactory(phone="")
    row = MembershipFactory(role=Role.SON, resident=ResidentFactory(phone="", contact=mother))
    settling.take_suggestion(contested(mother, "phone", "13800000002"), by=clerk)
    assert fresh(row).status == "completed"


def test_whose_number_was_taken_is_told_too(clerk: User) -> None:
    other = MembershipFactory(resident__id_number=LI_ID).resident
    settling.take_suggestion(contested(ResidentFactory(), "id_number", LI_ID), by=clerk)
    assert FindingCode.ID_SHARED in codes(resident=other)


def test_who_shared_the_old_number_shares_it_no_more(clerk: User) -> None:
    one, two = (MembershipFactory(resident__id_number=LI_ID).resident for _ in range(2))
    finding = contested(one, "id_number", XIAO_ID)
    assert FindingCode.ID_SHARED in codes(resident=two)
    settling.take_suggestion(finding, by=clerk)
    assert codes(resident=two) == set()


# -- looking at it -----------------------------------------------------------------------


@pytest.mark.parametrize(("waive", "status"), [(True, FindingStatus.WAIVED), (False, FindingStatus.RESOLVED)])
def test_a_finding_is_settled_with_who_when_and_why(clerk: User, waive: bool, status: str) -> None:
    finding = FindingFactory()
    settling.settle(finding, " 已问过本人 ", waive=waive, by=clerk)
    settled = fresh(finding)
    assert (settled.status, settled.reason, settled.settled_by) == (status, "已问过本人", clerk)
    assert settled.settled_at is not None


def test_a_conflict_that_was_settled_for_ours_is_not_opened_by_the_same_word(sync: Any, clerk: User) -> None:
    sync(ZHOU_PHONE, zhous(LI))
    Resident.objects.filter(name="老周").update(job_title="退休")
    sync(ZHOU_PHONE, zhous(LI, job_name="校长"))
    settling.settle(the(FindingCode.PLATFORM_CONFLICT), "已问过本人", waive=False, by=clerk)
    PlatformRecord.objects.update(digest="")
    sync(ZHOU_PHONE)
    assert not Finding.objects.open().filter(code=FindingCode.PLATFORM_CONFLICT).exists()
    assert Resident.objects.get(name="老周").job_title == "退休"


def test_the_platforms_next_word_is_a_new_conflict(sync: Any, clerk: User) -> None:
    sync(ZHOU_PHONE, zhous(LI))
    Resident.objects.filter(name="老周").update(job_title="退休")
    sync(ZHOU_PHONE, zhous(LI, job_name="校长"))
    settling.settle(the(FindingCode.PLATFORM_CONFLICT), "已问过本人", waive=False, by=clerk)
    sync(ZHOU_PHONE, zhous(LI, job_name="司机"))
    assert the(FindingCode.PLATFORM_CONFLICT).suggestion == {"field": "job_title", "value": "司机"}


def test_a_waiver_holds_while_its_inputs_stay(clerk: User) -> None:
    person = MembershipFactory(resident__id_number="130302199211302219").resident
    findings.refresh(residents=[person.pk])
    settling.settle(the(FindingCode.ID_CHECKSUM), "证件就是这样", waive=True, by=clerk)
    findings.refresh(residents=[person.pk])
    assert FindingCode.ID_CHECKSUM not in codes(resident=person)
    Resident.objects.filter(pk=person.pk).update(id_number="130302199211302218")
    findings.refresh(residents=[person.pk])
    assert FindingCode.ID_CHECKSUM in codes(resident=person)


# -- refusals ----------------------------------------------------------------------------


def test_without_a_suggestion_there_is_nothing_to_take(clerk: User) -> None:
    finding = FindingFactory()
    with refused("no_suggestion"):
        settling.take_suggestion(finding, by=clerk)


@pytest.mark.parametrize("waive", [True, False])
@pytest.mark.parametrize("reason", ["", "  "])
def test_without_a_reason_nothing_is_settled(clerk: User, waive: bool, reason: str) -> None:
    finding = FindingFactory()
    with refused("reason_missing", "reason"):
        settling.settle(finding, reason, waive=waive, by=clerk)


@pytest.mark.parametrize("waive", [True, False])
def test_what_was_settled_is_not_settled_again(clerk: User, waive: bool) -> None:
    finding = FindingFactory()
    settling.settle(finding, "已问过本人", waive=waive, by=clerk)
    with refused("already_settled"):
        settling.settle(finding, "已问过本人", waive=waive, by=clerk)


def test_a_suggestion_is_taken_once(clerk: User) -> None:
    finding = contested(ResidentFactory(), "employer", "第二中学")
    stale = fresh(finding)
    settling.take_suggestion(finding, by=clerk)
    with refused("already_settled"):
        settling.take_suggestion(stale, by=clerk)


def test_a_record_that_was_mended_meanwhile_is_not_overwritten(clerk: User) -> None:
    """Somebody typed the right value: the finding closed by itself, the old button is dead."""
    person = ResidentFactory(employer="第一中学")
    finding = contested(person, "employer", "第二中学")
    Resident.objects.filter(pk=person.pk).update(employer="第二中学")
    findings.refresh(residents=[person.pk])
    with refused("already_settled"):
        settling.take_suggestion(finding, by=clerk)


def test_a_suggestion_that_changed_since_it_was_shown_is_not_taken(sync: Any, clerk: User) -> None:
    sync(ZHOU_PHONE, zhous(LI))
    Resident.objects.filter(name="老周").update(job_title="退休")
    sync(ZHOU_PHONE, zhous(LI, job_name="校长"))
    shown = the(FindingCode.PLATFORM_CONFLICT)
    sync(ZHOU_PHONE, zhous(LI, job_name="司机"))
    with refused("stale"):
        settling.take_suggestion(shown, by=clerk)


def test_while_a_number_is_shared_nothing_is_read_off_it(clerk: User) -> None:
    ResidentFactory(id_number=LI_ID)
    person = ResidentFactory(id_number="", birth_date=None, sex=None)
    settling.take_suggestion(contested(person, "id_number", LI_ID), by=clerk)
    assert (fresh(person).birth_date, fresh(person).sex) == (None, None)


def test_a_house_whose_conflict_was_settled_is_as_complete_as_before(clerk: User) -> None:
    house = HouseFactory(use=None)
    settling.take_suggestion(contested(house, "use", 2), by=clerk)
    assert fresh(house).missing() == []
