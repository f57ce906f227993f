"""The life of a finding (domain.md, Findings): opened, settled by a person, closed by itself."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from houses import findings
from houses.models import Community, Finding, House, Membership
from houses.states import EndReason, FindingCode
from residents.models import Resident
from residents.upstream import Said
from tests.cast import CHEN_ID, LI_ID, XIAO_ID, ZHOU_ID
from tests.factories import (
    CommunityFactory,
    FindingFactory,
    HouseFactory,
    MembershipFactory,
    ResidentFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
BAD_CHECK, WORSE_CHECK = "110105198003070013", "110105198003070014"


def zhou(**values: object) -> Membership:
    return MembershipFactory(resident__name="老周", resident__id_number=ZHOU_ID, **values)


def change(record: object, **values: object) -> None:
    """A value changes, and the checks run again, as every door of the office does."""
    given_up = getattr(record, "id_number", "")
    type(record).objects.filter(pk=record.pk).update(**values)
    refresh(record, given_up)


def refresh(record: object, given_up: str = "") -> None:
    if isinstance(record, Resident):
        findings.refresh(residents=[record.pk], numbers=[given_up])
    else:
        findings.refresh(houses=[record.pk if isinstance(record, House) else record.house_id])


def open_codes(**record: object) -> list[str]:
    return sorted(Finding.objects.open().filter(**record).values_list("code", flat=True))


def wrong_number() -> tuple[Resident, Finding]:
    resident = ResidentFactory(name="老周", id_number=BAD_CHECK)
    refresh(resident)
    return resident, Finding.objects.get(code="id_checksum")


# -- opening and closing -----------------------------------------------------------------


def test_a_clean_household_has_no_findings() -> None:
    refresh(zhou())
    assert not Finding.objects.exists()


def test_a_finding_opens_on_its_record_and_field() -> None:
    resident, finding = wrong_number()
    assert (finding.record_key, finding.field, finding.status) == (
        ("resident", resident.pk),
        "id_number",
        "open",
    )
    assert (finding.is_error, finding.held) == (True, False)


def test_a_mended_record_closes_its_own_finding() -> None:
    resident, finding = wrong_number()
    change(resident, id_number=ZHOU_ID)
    finding.refresh_from_db()
    assert (finding.status, finding.reason, finding.settled_by) == ("resolved", "", None)
    assert finding.settled_at is not None


def test_what_closed_by_itself_opens_again_by_itself() -> None:
    resident, finding = wrong_number()
    change(resident, id_number=ZHOU_ID)
    change(resident, id_number=BAD_CHECK)
    assert Finding.objects.open().exclude(pk=finding.pk).get().code == "id_checksum"


def test_a_finding_that_stays_is_not_written_again() -> None:
    resident, _ = wrong_number()
    with CaptureQueriesContext(connection) as queries:
        refresh(resident)
    assert not [q for q in queries if re.match(r"\s*(INSERT|UPDATE|DELETE)", q["sql"])]


def test_an_open_finding_follows_what_it_looks_at() -> None:
    row = zhou(role=0)
    refresh(row)
    finding = Finding.objects.get()
    change(row, role=13)
    before, finding = finding, Finding.objects.get(pk=finding.pk)
    assert finding.status == "open"
    assert (finding.inputs != before.inputs, finding.sentence != before.sentence) == (True, True)


def test_the_suggestion_is_kept_with_the_finding() -> None:
    resident = ResidentFactory(employer="一中")
    resident.said.put("employer", Said("二中", 2, "zhou", conflict=True))
    resident.save()
    refresh(resident)
    assert Finding.objects.get().suggestion == {"field": "employer", "value": "二中"}


def broken(code: str) -> tuple[object, dict[str, object]]:
    """A record of which `code` is wrong, and the values that mend it."""
    row = zhou(house__community__confirmed_at=None if code == "unknown_community" else timezone.now())
    fellow = MembershipFactory(house=row.house, role=4, resident__name="李梅", resident__id_number=LI_ID)
    resident, house = row.resident, row.house
    match code:
        case "id_checksum":
            resident.id_number = BAD_CHECK
            return resident, {"id_number": ZHOU_ID}
        case "id_birth_mismatch":
            resident.birth_date = date(1980, 3, 8)
            return resident, {"birth_date": date(1980, 3, 7)}
        case "id_sex_mismatch":
            resident.sex = 2
            return resident, {"sex": 1}
        case "id_old_15":
            resident.id_number = "110105800307001"
            return resident, {"id_number": ZHOU_ID}
        case "phone_moved":
            resident.said.put("phone", Said(resident.phone, 2, "zhou", moved="chen"))
            return resident, {"phone": "13800000009"}
        case "platform_conflict":
            resident.said.put("employer", Said("二中", 2, "zhou", conflict=True))
            return resident, {"employer": "二中"}
        case "unknown_code":
            house.use = None
            house.said.put("use", Said(raw="99", rank=2, by="zhou"))
            return house, {"use": 1}
        case "id_shared":
            resident.id_number = LI_ID
            return resident, {"id_number": ZHOU_ID}
        case "self_id_mismatch":
            row.said.put("own_id_number", Said(CHEN_ID, 2, "zhou"))
            return row, {"upstream": {}}
        case "role_sex_mismatch":
            row.role = 4
            return row, {"role": 3}
        case "name_differs":
            row.said.put("name", Said("孩儿他爸", 2, "li"))
            return row, {"nickname": "孩儿他爸"}
        case "role_unclear":
            row.role = 13
            return row, {"role": 3}
        case "second_owner":
            for owner in (row, fellow):
                owner.role = 1
                owner.said.put("role", Said(1, 3, str(owner.resident_id)))
            fellow.save()
            return row, {"role": 3}
        case "minor_without_guardian":
            fellow.end(EndReason.MOVED_OUT)
            resident.birth_date = date(timezone.localdate().year - 5, 1, 1)
            return resident, {"birth_date": date(1980, 3, 7)}
        case "absent_upstream":
            row.absent_since = timezone.now()
            return row, {"absent_since": None}
        case "listed_after_end":
            row.end(EndReason.MOVED_OUT)
            row.relisted_since = timezone.now()
            return row, {"relisted_since": None}
        case "occupancy_contradiction":
            house.occupancy = 5
            return house, {"occupancy": 1}
        case "unknown_community":
            return house, {}
    raise AssertionError(code)


@pytest.mark.parametrize("code", sorted(set(FindingCode.values) - {"unknown_community"}))
def test_each_finding_opens_and_closes_when_it_is_mended(code) -> None:
    record, mended = broken(code)
    record.save()
    refresh(record)
    assert code in open_codes()
    change(record, **mended)
    assert code not in open_codes()


def test_confirming_the_community_closes_its_finding() -> None:
    house, _ = broken("unknown_community")
    refresh(house)
    assert open_codes(community=house.community) == ["unknown_community"]
    Community.objects.update(confirmed_at=timezone.now())
    refresh(house)
    assert open_codes() == []


def test_one_open_community_has_one_finding_for_all_its_houses() -> None:
    houses = HouseFactory.create_batch(2, community=CommunityFactory(confirmed_at=None))
    for house in houses:
        refresh(house)
    assert open_codes() == ["unknown_community"]


# -- settled by a person -----------------------------------------------------------------


@pytest.mark.parametrize(("how", "status"), [("resolve", "resolved"), ("waive", "waived")])
def test_a_person_settles_a_finding_with_a_reason(how, status) -> None:
    _, finding = wrong_number()
    staff = UserFactory(staff=True)
    assert getattr(finding, how)(" 已看过证件 ", by=staff) is True
    finding.refresh_from_db()
    assert (finding.status, finding.reason, finding.settled_by) == (status, "已看过证件", staff)
    assert (finding.settled_at is not None, finding.held) == (True, True)


@pytest.mark.parametrize("how", ["resolve", "waive"])
@pytest.mark.parametrize("reason", ["", "   "])
def test_no_finding_is_settled_without_a_reason(how, reason) -> None:
    _, finding = wrong_number()
    with pytest.raises(ValueError, match="请填写处理说明"):
        getattr(finding, how)(reason, by=None)
    finding.refresh_from_db()
    assert finding.status == "open"


@pytest.mark.parametrize("again", ["resolve", "waive"])
@pytest.mark.parametrize("first", ["resolve", "waive"])
def test_a_finding_is_settled_once(first, again) -> None:
    _, finding = wrong_number()
    other_tab = Finding.objects.get(pk=finding.pk)
    getattr(finding, first)("已看过证件", by=None)
    assert getattr(other_tab, again)("我也看过", by=None) is False
    assert Finding.objects.get().reason == "已看过证件"


@pytest.mark.parametrize("how", ["resolve", "waive"])
def test_what_a_person_settled_is_not_opened_by_the_same_input(how) -> None:
    resident, finding = wrong_number()
    getattr(finding, how)("已看过证件", by=None)
    change(resident, employer="二中")
    assert (open_codes(), Finding.objects.count()) == ([], 1)


def test_a_waiver_ends_when_its_inputs_change() -> None:
    resident, finding = wrong_number()
    finding.waive("已看过证件", by=None)
    change(resident, id_number=WORSE_CHECK)
    assert open_codes() == ["id_checksum"]
    finding.refresh_from_db()
    assert finding.status == "waived"


def test_a_waiver_holds_for_its_own_record_alone() -> None:
    _, finding = wrong_number()
    finding.waive("已看过证件", by=None)
    neighbour = ResidentFactory(id_number=WORSE_CHECK)
    refresh(neighbour)
    assert open_codes(resident=neighbour) == ["id_checksum"]


def test_a_waiver_holds_for_its_own_field_alone() -> None:
    resident = ResidentFactory(employer="一中", job_title="教师")
    for field, theirs in (("employer", "二中"), ("job_title", "医生")):
        resident.said.put(field, Said(theirs, 2, "zhou", conflict=True))
    resident.save()
    refresh(resident)
    Finding.objects.get(field="employer").waive("本人确认", by=None)
    refresh(resident)
    assert Finding.objects.open().get().field == "job_title"


def test_a_conflict_settled_for_ours_stays_settled_when_ours_changes() -> None:
    resident = ResidentFactory(employer="一中")
    resident.said.put("employer", Said("二中", 2, "zhou", conflict=True))
    resident.save()
    refresh(resident)
    Finding.objects.get().resolve("采用我方的值", by=None)
    change(resident, employer="三中")
    assert open_codes() == []


def test_a_conflict_settled_for_ours_opens_when_the_platform_says_another() -> None:
    resident = ResidentFactory(employer="一中")
    resident.said.put("employer", Said("二中", 2, "zhou", conflict=True))
    resident.save()
    refresh(resident)
    Finding.objects.get().resolve("采用我方的值", by=None)
    resident.said.put("employer", Said("三中", 2, "zhou", conflict=True))
    resident.save()
    refresh(resident)
    assert open_codes() == ["platform_conflict"]


# -- whom a change reaches ---------------------------------------------------------------


def test_the_other_holder_of_a_new_number_is_reached() -> None:
    resident, other = ResidentFactory(id_number=ZHOU_ID), ResidentFactory(id_number=LI_ID)
    change(resident, id_number=LI_ID)
    assert "id_shared" in open_codes(resident=resident)
    assert open_codes(resident=other) == ["id_shared"]


def test_the_other_holder_of_the_old_number_is_reached() -> None:
    resident, other = ResidentFactory.create_batch(2, id_number=ZHOU_ID, sex=1, birth_date=date(1980, 3, 7))
    refresh(resident)
    assert open_codes(resident=other) == ["id_shared"]
    change(resident, id_number="110105198003070039")
    assert open_codes() == []


def test_a_holder_in_another_house_is_reached() -> None:
    here, there = zhou(), MembershipFactory(resident__name="陈强", resident__id_number=CHEN_ID)
    change(there.resident, id_number=ZHOU_ID)
    assert "id_shared" in open_codes(resident=here.resident)


def test_a_persons_change_reaches_the_houses() -> None:
    row = zhou(role=3)
    change(row.resident, id_number=LI_ID, sex=2)
    assert open_codes(membership=row) == ["role_sex_mismatch"]


def test_a_persons_change_reaches_the_fellows() -> None:
    row = zhou()
    child = MembershipFactory(house=row.house, role=11, resident__id_number=XIAO_ID)
    change(child.resident, birth_date=date(timezone.localdate().year - 5, 1, 1))
    assert "minor_without_guardian" not in open_codes()
    change(row.resident, birth_date=date(timezone.localdate().year - 15, 1, 1))
    assert open_codes(membership=child) == ["minor_without_guardian"]


def test_ending_a_membership_closes_what_concerned_it() -> None:
    row = zhou(role=13, absent_since=timezone.now())
    refresh(row)
    assert open_codes() == ["absent_upstream", "role_unclear"]
    row.end(EndReason.MOVED_OUT)
    refresh(row)
    assert open_codes() == []


def test_other_houses_are_left_alone() -> None:
    zhou(role=13)
    refresh(MembershipFactory())
    assert not Finding.objects.exists()


def test_nobody_is_nothing_to_check() -> None:
    findings.refresh()
    assert not Finding.objects.exists()


@pytest.mark.parametrize("record", ["resident", "house"])
def test_a_finding_of_another_kind_is_left_alone(record) -> None:
    row = zhou()
    elsewhere = FindingFactory()
    refresh(getattr(row, record))
    elsewhere.refresh_from_db()
    assert elsewhere.status == "open"


# -- what is kept ------------------------------------------------------------------------


def test_what_a_finding_looked_at_is_kept_sealed() -> None:
    wrong_number()
    with connection.cursor() as cursor:
        cursor.execute("SELECT inputs, sentence, suggestion, evidence FROM houses_finding")
        assert BAD_CHECK not in str(cursor.fetchall())


def test_a_finding_shows_its_kind_and_nothing_personal() -> None:
    _, finding = wrong_number()
    assert str(finding) == f"待核实 {finding.pk} 证件校验位"
