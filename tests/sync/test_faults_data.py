"""Faults of the data itself, each met once by a whole sync (faults.md, C4)."""

from datetime import date
from typing import Any

import pytest

from houses.models import Community, Finding, House, Membership
from residents.choices import Sex
from residents.models import Resident
from sync.engine import open_findings, sync_phone
from sync.simulator import community, id_numbers
from sync.simulator.data_faults import FAULTS, SCRIPT, SQL
from tests.cast import LI_ID, XIAO_ID, ZHOU_ID, ZHOU_PHONE
from tests.sync.invariants import LATER, STORED, Trial, household, told

FAILURES: dict[str, str] = {
    "d1-wrong-subject": "wrong-subject",
    "d1-phone-in-member-only": "wrong-subject",
    "d3-booleans": "shape",
    "d3-lists": "shape",
    "d5-missing-houses": "shape",
    "d5-missing-room": "shape",
    "d10-long-name": "shape",
    "d10-long-address": "shape",
    "d10-long-job": "shape",
    "d10-long-room": "shape",
    "d10-long-id": "shape",
    "d18-blank-room": "shape",
    "d21-10000-members": "too-many",
    "d21-100-houses": "too-many",
}

# Another spelling of the same facts.
SPELLINGS = [
    "d1-no-phone",
    "d1-phone-null",
    "d1-photo-as-phone",
    "d1-phone-with-prefix",
    "d1-phone-as-number",
    "d3-ints-as-strings",
    "d3-strings-as-ints",
    "d3-floats",
    "d3-float-strings",
    "d3-spaces",
    "d3-full-width",
    "d5-extra-keys",
    "d7-same-twice",
    "d8-full-width",
    "d8-spaces",
    "d11-script-message",
    "d18-suffixes",
    "d18-full-width",
    "d18-blanks",
    "d18-leading-zeros",
    "d18-ints",
    "d18-same-house-twice",
    "d20-eight-digits",
    "d20-slashes",
    "d20-dots",
    "d20-chinese",
    "d20-with-time",
    "d20-with-zone",
]

# Nothing, in many words: what stands stays, what is new stays unknown.
WORDS_FOR_NOTHING = [
    "d4-null",
    "d4-empty-string",
    "d4-null-word",
    "d4-null-capitals",
    "d4-none-word",
    "d4-dash",
    "d4-not-yet",
    "d4-blanks",
]
SILENT = {
    "d4-zero-date": "birth_date",
    "d4-1900": "birth_date",
    "d4-name-null": "name",
    "d4-id-null": "id_number",
    "d5-missing-key": "registered_address",
    "d5-missing-name": "name",
    "d5-missing-id": "id_number",
}
MEANINGLESS_DATES = ["d20-impossible", "d20-month-13", "d20-seconds", "d20-milliseconds", "d20-excel-serial"]

# fault: the field that stays empty in a first answer.
UNKNOWN_CODES = {
    "d9-ethnicity-99": "ethnicity",
    "d9-ethnicity-word": "ethnicity",
    "d9-political-word": "political_status",
    "d9-political-3": "political_status",
    "d9-flag-2": "is_low_income",
}
UNKNOWN_HOUSE_CODES = {"d9-use-99": "use", "d9-xingzhi-99": "ownership", "d9-status-99": "occupancy"}
UNKNOWN_SEX = ["d9-sex-0", "d9-sex-9", "d9-sex-word", "d9-sex-letter"]
UNKNOWN_MEMBER_CODES = {"d9-role-99": "role", "d9-type-99": "household_type"}

# fault: what the record then shows. The number is stored as it came.
BAD_NUMBERS: dict[str, set[str]] = {
    "d8-bad-checksum": {"id_checksum"},
    "d8-birth-mismatch": {"id_birth_mismatch"},
    "d8-future": {"id_checksum", "id_birth_mismatch"},
    "d8-before-1880": {"id_checksum", "id_birth_mismatch"},
    "d8-leap-day": {"id_checksum"},
    "d8-short": {"id_checksum"},
    "d8-long": {"id_checksum"},
    "d8-word": {"id_checksum"},
}
TEXTS: dict[str, str] = {
    "d11-script": SCRIPT,
    "d11-img": '<img src=x onerror="alert(1)">',
    "d11-template": "{{7*7}}{% debug %}",
    "d11-textarea": "</textarea></title></script><b>",
    "d12-sql": SQL,
    "d12-path": "../../etc/passwd",
    "d12-percent": "%s %(name)s {0} ${jndi:ldap://127.0.0.1/a}",
}
FLIPPED: dict[str, tuple[str, object]] = {
    "d23-veteran-flipped": ("is_veteran", True),
    "d23-low-income-flipped": ("is_low_income", False),
    "d23-petition-flipped": ("is_petitioner", True),
    "d23-political-flipped": ("political_status", 2),
}


def subject() -> Resident:
    """老周, by the membership of his own answer: some faults change his name or number."""
    return Resident.objects.get(platform_records__phone=ZHOU_PHONE)


def findings(resident: Resident) -> set[str]:
    return set(Finding.objects.open().filter(resident=resident).values_list("code", flat=True))


def unknown_fields() -> set[str]:
    return set(Finding.objects.open().filter(code="unknown_code").values_list("field", flat=True))


@LATER
@pytest.mark.parametrize("fault", FAILURES)
def test_an_answer_without_a_meaning_changes_nothing(trial: Trial, fault: str) -> None:
    with trial.meets(fault) as outcome:
        assert (outcome.outcome, outcome.cause, outcome.attempts) == ("failed", FAILURES[fault], 1)


def test_d1_of_another_phones_answer_nothing_is_stored(trial: Trial) -> None:
    with trial.meets("d1-wrong-subject"):
        stranger = community.answer(community.PHONES[0]) or {}
        assert not Resident.objects.filter(name=stranger["people_name"]).exists()


@pytest.mark.parametrize("fault", SPELLINGS)
def test_another_spelling_of_the_same_is_stored_alike(trial: Trial, fault: str) -> None:
    with trial.meets(fault) as outcome:
        assert outcome.outcome == ("updated" if trial.settled else "created")
        assert household() == told(trial.new, **trial.typed)
        assert House.objects.count() == 2 and Resident.objects.count() == 4
        assert open_findings(ZHOU_PHONE) == ["unknown_community"]


@LATER
def test_d2_a_phone_that_moved_keeps_both_people(trial: Trial) -> None:
    """The newcomer gets the phone; the former holder keeps it too, with a notice."""
    with trial.meets("d2-another-person") as outcome:
        assert outcome.outcome == "created"
        former = Resident.objects.get(pk=trial.subject)
        assert (former.name, former.phone, former.id_number) == ("老周", ZHOU_PHONE, ZHOU_ID)
        assert (subject() != former, subject().phone) == (True, ZHOU_PHONE)
        assert "phone_moved" in findings(former)


def test_d3_an_exponent_in_a_text_is_its_number_or_unknown(trial: Trial) -> None:
    with trial.meets("d3-exponent-strings") as outcome:
        assert outcome.outcome in STORED
        assert subject().sex == Sex.MALE
        assert subject().political_status in ({1} if trial.settled else {1, None})


def test_d3_empty_codes_are_nothing(trial: Trial) -> None:
    with trial.meets("d3-empty-strings") as outcome:
        assert outcome.outcome in STORED
        assert subject().political_status == (1 if trial.settled else None)
        assert House.objects.get(room="101").use == (1 if trial.settled else None)
        assert "unknown_code" not in open_findings(ZHOU_PHONE)


def test_d3_a_word_for_a_code_is_unknown_and_shown(trial: Trial) -> None:
    with trial.meets("d3-words") as outcome:
        assert outcome.outcome in STORED
        assert subject().political_status == (1 if trial.settled else None)
        if not trial.settled:
            assert {"political_status", "is_veteran", "use", "role", "household_type"} <= unknown_fields()


@pytest.mark.parametrize("fault", WORDS_FOR_NOTHING)
def test_d4_a_word_for_nothing_is_nothing_and_wipes_nothing(trial: Trial, fault: str) -> None:
    with trial.meets(fault) as outcome:
        assert outcome.outcome in STORED
        now, stood = subject(), ["01", trial.old["people_address"], "第一中学", 1, False]
        fields = ("ethnicity", "registered_address", "employer", "political_status", "is_veteran")
        expected = stood if trial.settled else ["", "", "", None, None]
        assert [getattr(now, field) for field in fields] == expected
        assert now.birth_date == date(1980, 3, 7)  # kept, or read off the number
        assert "unknown_code" not in open_findings(ZHOU_PHONE)


@pytest.mark.parametrize("fault", SILENT)
def test_d4_d5_what_is_not_told_stays_as_it_was(trial: Trial, fault: str) -> None:
    with trial.meets(fault) as outcome:
        assert outcome.outcome in STORED
        kept = {
            "birth_date": date(1980, 3, 7),
            "name": "老周",
            "id_number": ZHOU_ID,
            "registered_address": trial.old["people_address"] if trial.settled else "",
        }
        assert getattr(subject(), SILENT[fault]) == kept[SILENT[fault]]
        assert Membership.objects.filter(house__room="101").count() == 3


def test_d5_members_that_are_not_spoken_of_are_not_absent(trial: Trial) -> None:
    with trial.meets("d5-missing-members") as outcome:
        assert outcome.outcome in STORED
        rows = Membership.objects.filter(house__room="101").order_by("pk")
        assert [row.resident.id_number for row in rows] == [ZHOU_ID, LI_ID][: 1 + trial.settled]
        assert not rows.exclude(absent_since=None).exists()


@LATER
@pytest.mark.parametrize("fault", ["d6-no-members", "d6-no-houses"])
def test_d6_nobody_is_deleted_because_the_list_is_empty(trial: Trial, fault: str) -> None:
    with trial.meets(fault) as outcome:
        assert outcome.outcome == "updated"
        gone = Membership.objects.get(resident__id_number=LI_ID)
        assert (gone.is_open, gone.absent_since is not None) == (True, True)
        assert Finding.objects.open().filter(membership=gone, code="absent_upstream").exists()
        assert Membership.objects.get(resident__id_number=ZHOU_ID).absent_since is None


def test_d7_the_same_person_in_two_spellings_is_one(trial: Trial) -> None:
    with trial.meets("d7-case-of-x"):
        assert Resident.objects.filter(name="赵小雨").count() == 1
        assert Membership.objects.filter(house__room="101").count() == 4


def test_d7_one_number_under_two_names_is_two_people(trial: Trial) -> None:
    with trial.meets("d7-two-names"):
        pair = Resident.objects.filter(name__in=["赵一", "赵二"])
        assert len({person.id_number for person in pair}) == 1
        assert [findings(person) for person in pair] == [{"id_shared"}] * 2
        assert {(person.sex, person.birth_date) for person in pair} == {(None, None)}


@pytest.mark.parametrize("fault", BAD_NUMBERS)
def test_d8_a_bad_number_is_stored_and_flagged(trial: Trial, fault: str) -> None:
    with trial.meets(fault) as outcome:
        assert outcome.outcome in STORED
        assert (subject().name, subject().birth_date) == ("老周", date(1980, 3, 7))
        assert subject().id_number != ZHOU_ID
        assert BAD_NUMBERS[fault] <= findings(subject())
        assert Membership.objects.filter(house__room="101").count() == 3


def test_d8_an_old_number_is_the_same_persons(trial: Trial) -> None:
    with trial.meets("d8-15-digits"):
        assert subject().id_number == id_numbers.old_form(ZHOU_ID)
        assert findings(subject()) == {"id_old_15"}
        assert Membership.objects.filter(house__room="101").count() == 3


def test_d8_a_small_x_is_a_large_one(trial: Trial) -> None:
    with trial.meets("d8-lower-x"):
        assert subject().id_number == id_numbers.ending_in_x(ZHOU_ID)


def test_d8_a_sex_that_the_number_denies_is_flagged(trial: Trial) -> None:
    with trial.meets("d8-sex-mismatch"):
        assert subject().sex == Sex.FEMALE
        assert findings(subject()) == {"id_sex_mismatch"}


@pytest.mark.parametrize("fault", UNKNOWN_CODES)
def test_d9_an_unknown_code_is_empty_and_shown(trial: Trial, fault: str) -> None:
    field = UNKNOWN_CODES[fault]
    with trial.meets(fault) as outcome:
        assert outcome.outcome in STORED
        if trial.settled:
            assert getattr(subject(), field) == {"ethnicity": "01", "political_status": 1}.get(field, False)
        else:
            assert getattr(subject(), field) in (None, "")
            assert (findings(subject()), unknown_fields()) == ({"unknown_code"}, {field})


@pytest.mark.parametrize("fault", UNKNOWN_SEX)
def test_d9_an_unknown_sex_is_read_off_the_number(trial: Trial, fault: str) -> None:
    with trial.meets(fault) as outcome:
        assert outcome.outcome in STORED
        assert subject().sex == Sex.MALE


@pytest.mark.parametrize("fault", UNKNOWN_HOUSE_CODES)
def test_d9_an_unknown_code_of_a_house_is_empty_and_shown(trial: Trial, fault: str) -> None:
    with trial.meets(fault) as outcome:
        assert outcome.outcome in STORED
        assert getattr(House.objects.get(room="101"), UNKNOWN_HOUSE_CODES[fault]) == (
            1 if trial.settled else None
        )
        assert unknown_fields() == {UNKNOWN_HOUSE_CODES[fault]}


@pytest.mark.parametrize("fault", UNKNOWN_MEMBER_CODES)
def test_d9_an_unknown_code_of_a_member_is_empty_and_shown(trial: Trial, fault: str) -> None:
    with trial.meets(fault) as outcome:
        assert outcome.outcome in STORED
        if trial.settled:
            own = Membership.objects.get(resident=subject())
            assert (own.role, own.household_type) == (1, 1)
        assert Membership.objects.filter(house__room="101").count() == 3


def test_d9_unknown_roles_of_all_members_are_shown(trial: Trial) -> None:
    with trial.meets("d9-member-role-99") as outcome:
        assert outcome.outcome in STORED
        son = Membership.objects.get(resident__id_number=XIAO_ID)
        assert son.role is None
        assert Finding.objects.open().filter(membership=son, code="unknown_code", field="role").exists()


@pytest.mark.parametrize("fault", TEXTS)
def test_d11_d12_a_text_for_somebody_elses_parser_is_stored_verbatim(trial: Trial, fault: str) -> None:
    with trial.meets(fault) as outcome:
        assert outcome.outcome in STORED
        now, text = subject(), TEXTS[fault]
        assert (now.name, now.registered_address, now.employer) == (text, text, text)
        assert now.job_title == ("退休" if trial.settled else text)


def test_d11_a_script_for_a_name_is_stored_verbatim(trial: Trial) -> None:
    with trial.meets("d11-script-name"):
        assert subject().name == SCRIPT


def test_d11_a_script_for_a_member_is_stored_verbatim(trial: Trial) -> None:
    with trial.meets("d11-script-member"):
        assert Membership.objects.filter(resident__name=SCRIPT, house__room="101").count() == 1


def test_d11_a_script_for_a_room_is_a_room_of_its_own(trial: Trial) -> None:
    with trial.meets("d11-script-room") as outcome:
        assert outcome.outcome in STORED
        assert House.objects.get(memberships__resident__id_number=XIAO_ID).room.lower() == SCRIPT


def test_d11_a_script_for_a_photo_is_never_more_than_a_text(trial: Trial) -> None:
    with trial.meets("d11-javascript-photo") as outcome:
        assert outcome.outcome in STORED
        assert subject().photo_url in {"javascript:alert(1)", trial.old["people_photo"], ""}


def test_d12_no_line_break_reaches_a_field(trial: Trial) -> None:
    with trial.meets("d12-crlf"):
        stored = Resident.objects.filter(platform_records__phone=ZHOU_PHONE)
        for person in stored:
            assert not set("\r\n") & set(person.name + person.registered_address + person.employer)


def test_d18_an_unknown_community_is_created_unconfirmed(trial: Trial) -> None:
    with trial.meets("d18-unknown-community"):
        made = Community.objects.get(platform_code="9999")
        assert (made.name, made.confirmed_at) == ("", None)
        assert Finding.objects.open().filter(community=made, code="unknown_community").exists()


def test_d18_a_blank_floor_matches_the_one_house(trial: Trial) -> None:
    with trial.meets("d18-blank-floor"):
        assert House.objects.get(room="101").floor == ("1" if trial.settled else "")
        assert len(household()["members"]) == 3


def test_d19_one_family_in_two_houses(trial: Trial) -> None:
    with trial.meets("d19-two-households"):
        assert sorted(House.objects.values_list("room", flat=True)) == ["101", "102", "9901"]
        assert Membership.objects.filter(resident=subject()).count() == 2
        assert Resident.objects.count() == 4


def test_d19_a_family_without_its_head(trial: Trial) -> None:
    with trial.meets("d19-head-missing") as outcome:
        assert outcome.outcome in STORED
        assert Membership.objects.filter(house__room="101").count() == 3
        assert Membership.objects.get(resident=subject()).is_open


def test_d19_a_relation_to_oneself_is_no_second_person(trial: Trial) -> None:
    with trial.meets("d19-relation-to-self"):
        assert household() == told(trial.new, **trial.typed)


def test_d19_parent_and_child_of_oneself_is_no_second_person(trial: Trial) -> None:
    with trial.meets("d19-parent-and-child"):
        assert Resident.objects.filter(name="老周").count() == 1
        assert Membership.objects.get(resident=subject()).role == 1


def test_d19_two_owners_are_two_people(trial: Trial) -> None:
    with trial.meets("d19-two-owners"):
        roles = Membership.objects.filter(house__room="101", role=1).values_list("resident__name", flat=True)
        assert sorted(roles) == sorted(["老周", "赵业主"])


def test_d19_a_child_with_grown_ups_is_no_finding(trial: Trial) -> None:
    with trial.meets("d19-minor"):
        child = Membership.objects.get(resident__name="赵小宝")
        assert (child.role, child.resident.age() in (4, 5)) == (11, True)
        assert not child.findings.filter(code="minor_without_guardian").exists()


def test_d19_a_tenant_who_is_listed_as_the_owner_is_one_person(trial: Trial) -> None:
    with trial.meets("d19-tenant-and-owner") as outcome:
        assert outcome.outcome in STORED
        assert Resident.objects.filter(id_number=ZHOU_ID).count() == 1
        assert Membership.objects.filter(house__room="101", resident=subject()).count() == 1


@pytest.mark.parametrize("fault", MEANINGLESS_DATES)
def test_d20_a_date_without_a_meaning_is_never_a_wrong_date(trial: Trial, fault: str) -> None:
    """It is the date that the number tells, or the one that stood."""
    with trial.meets(fault) as outcome:
        assert outcome.outcome in STORED
        assert subject().birth_date == date(1980, 3, 7)


@LATER
def test_d20_a_date_without_a_meaning_is_shown_where_no_number_tells_it(trial: Trial) -> None:
    trial.platform.answers["13800000009"] = {
        **trial.new,
        "people_phone": "13800000009",
        "people_idcard": None,
        "people_name": "赵无证",
        "people_birth": "2026-02-30",
        "houses": [],
    }
    with trial.meets(None):
        sync_phone("13800000009")
        stranger = Resident.objects.get(name="赵无证")
        assert (stranger.birth_date, findings(stranger)) == (None, {"unknown_code"})


def test_d20_a_birth_in_the_future_is_flagged(trial: Trial) -> None:
    with trial.meets("d20-future"):
        flags = {"id_birth_mismatch"} if subject().birth_date == date(2099, 1, 1) else {"unknown_code"}
        assert flags <= findings(subject())


@LATER
@pytest.mark.parametrize("fault", FLIPPED)
def test_d23_a_flag_that_flips_is_taken_and_leaves_a_trace(trial: Trial, fault: str) -> None:
    field, value = FLIPPED[fault]
    past = Resident.objects.get(pk=trial.subject).history.count()
    with trial.meets(fault) as outcome:
        assert (outcome.outcome, getattr(subject(), field)) == ("updated", value)
        assert subject().history.count() == past + 1
        assert getattr(subject().history.latest(), field) == value


GROUPS: tuple[Any, ...] = (
    FAILURES, SPELLINGS, WORDS_FOR_NOTHING, SILENT, MEANINGLESS_DATES, UNKNOWN_CODES, UNKNOWN_HOUSE_CODES,
    UNKNOWN_SEX, UNKNOWN_MEMBER_CODES, BAD_NUMBERS, TEXTS, FLIPPED,
    [
        "d2-another-person", "d3-exponent-strings", "d3-empty-strings", "d3-words", "d5-missing-members",
        "d6-no-members", "d6-no-houses", "d7-case-of-x", "d7-two-names", "d8-15-digits", "d8-lower-x",
        "d8-sex-mismatch", "d9-member-role-99", "d11-script-name", "d11-script-member", "d11-script-room",
        "d11-javascript-photo", "d12-crlf", "d18-unknown-community", "d18-blank-floor", "d19-two-households",
        "d19-head-missing", "d19-relation-to-self", "d19-parent-and-child", "d19-two-owners", "d19-minor",
        "d19-tenant-and-owner", "d20-future",
    ],
)  # fmt: skip


def test_every_data_fault_of_the_simulator_is_met_here() -> None:
    assert {name for group in GROUPS for name in group} == set(FAULTS)
