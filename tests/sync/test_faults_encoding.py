"""Faults of encoding and JSON, each met once by a whole sync (faults.md, C2)."""

from typing import Any

import pytest

from houses.models import House, Membership
from residents.models import Resident
from sync.simulator.encoding_faults import FAULTS
from tests.cast import LI_ID, ZHOU_ID
from tests.sync.invariants import FIRST, LATER, STORED, Trial, household, told

FAILURES: dict[str, str] = {
    "j3-gbk": "not-utf8",
    "j3-gbk-declared": "not-utf8",
    "j3-gbk-short": "shape",
    "j4-invalid-utf8": "not-utf8",
    "j4-overlong-utf8": "not-utf8",
    "j4-replacement-char": "shape",
    "j5-php-notice": "not-json",
    "j5-html-comment": "not-json",
    "j5-second-json": "not-json",
    "j5-trailing-null": "not-json",
    "j6-data-string-twice": "shape",
    "j6-data-word": "not-json",
    "j6-data-number": "shape",
    "j6-data-true": "shape",
    "j8-duplicate-code": "duplicate",
    "j8-duplicate-phone": "duplicate",
    "j8-duplicate-houses": "duplicate",
    "j9-nan": "not-json",
    "j9-infinity": "not-json",
    "j9-huge-exponent": "not-json",
    "j10-5000-digits": "shape",
    "j10-id-rounded": "shape",
    "j10-id-as-float": "shape",
    "j11-nesting": "shape",
    "j11-nesting-objects": "shape",
    "j11-over-limit": "shape",
    "j12-null-char": "shape",
    "j12-null-char-address": "shape",
    "j12-control-char": "shape",
    "j12-raw-control": "not-json",
    "j13-lone-surrogate": "shape",
    "j13-lone-surrogate-key": "shape",
    "j15-root-null": "shape",
    "j15-root-false": "shape",
    "j15-root-empty-list": "shape",
    "j15-root-list": "shape",
    "j15-root-string": "shape",
    "j15-root-number": "shape",
    "j15-root-empty-object": "envelope",
    "j16-houses-one-object": "shape",
    "j16-houses-text": "shape",
    "j16-houses-of-text": "shape",
    "j16-data-list-of-one": "shape",
    "j16-members-text": "shape",
    "j16-members-of-null": "shape",
    "j16-name-object": "shape",
    "j17-jsonp": "not-json",
    "j17-single-quotes": "not-json",
    "j17-trailing-comma": "not-json",
    "j17-comment": "not-json",
}
NOTHING = [
    "j6-data-empty-string",
    "j6-data-null",
    "j6-data-empty-list",
    "j6-data-empty-object",
    "j6-data-null-string",
    "j6-data-empty-list-string",
    "j6-data-empty-object-string",
]
SPELLINGS = [
    "j1-html-no-charset",
    "j1-text-latin1",
    "j2-bom",
    "j2-bom-inner",
    "j5-whitespace",
    "j6-data-string",
    "j7-escaped-slashes",
    "j14-full-width-digits",
    "j14-nbsp",
    "j14-zero-width",
    "j14-rtl-override",
    "j16-houses-object",
    "j16-members-object",
]
NAMES = {
    "j14-emoji-name": "老周😀",
    "j14-rare-characters": "𠮷㛃",
    "j14-middle-dot": "阿卜杜拉·买买提",
    "j14-latin-full-width": "Ｊｏｈｎ Smith",
}
EMPTIED = ["j16-members-null", "j16-members-empty-object"]
ALONE = ["j7-doubly-escaped", "j7-backslash-address", "j10-id-as-number", "j16-houses-null"]


@LATER
@pytest.mark.parametrize("fault", FAILURES)
def test_what_has_no_one_meaning_changes_nothing(trial: Trial, fault: str) -> None:
    with trial.meets(fault) as outcome:
        assert (outcome.outcome, outcome.cause, outcome.attempts) == ("failed", FAILURES[fault], 1)


@FIRST
@pytest.mark.parametrize(
    "fault", ["j4-invalid-utf8", "j8-duplicate-houses", "j12-null-char", "j16-members-of-null"]
)
def test_a_first_answer_without_a_meaning_leaves_nothing(trial: Trial, fault: str) -> None:
    with trial.meets(fault):
        assert not Resident.objects.filter(id_number=ZHOU_ID).exists()
        assert not House.objects.filter(room="101").exists()


@pytest.mark.parametrize("fault", NOTHING)
def test_j6_nothing_under_code_0_is_an_unknown_phone_and_deletes_nothing(trial: Trial, fault: str) -> None:
    with trial.meets(fault) as outcome:
        assert (outcome.outcome, outcome.cause) == ("not_found", None)


@pytest.mark.parametrize("fault", SPELLINGS)
def test_every_spelling_of_the_same_is_stored_alike(trial: Trial, fault: str) -> None:
    with trial.meets(fault) as outcome:
        assert outcome.outcome == ("updated" if trial.settled else "created")
        assert household() == told(trial.new, **trial.typed)


@pytest.mark.parametrize("fault", NAMES)
def test_j14_a_rare_name_is_kept_to_the_character(trial: Trial, fault: str) -> None:
    with trial.meets(fault) as outcome:
        assert outcome.outcome in STORED
        assert Resident.objects.get(id_number=ZHOU_ID).name == NAMES[fault]


def test_j7_the_photos_slashes_are_unescaped_once_more(trial: Trial) -> None:
    with trial.meets("j7-doubly-escaped"):
        stored = Resident.objects.get(id_number=ZHOU_ID).photo_url
        assert stored == "https://tc.mg.cool/uploads/test.png"


def test_j7_no_other_backslash_is_touched(trial: Trial) -> None:
    with trial.meets("j7-backslash-address"):
        stored = Resident.objects.get(id_number=ZHOU_ID).registered_address
        assert stored == trial.new["people_address"] + r"98\/3"


def test_j10_a_number_that_its_check_digit_proves_is_an_id_number(trial: Trial) -> None:
    """The fault gives 老周 a number of digits only: nobody else's, so he keeps his place."""
    with trial.meets("j10-id-as-number") as outcome:
        assert outcome.outcome in STORED
        stored = Resident.objects.get(name="老周").id_number
        assert isinstance(stored, str) and stored.isdigit() and len(stored) == 18


@pytest.mark.parametrize("fault", EMPTIED)
def test_j16_phps_empty_list_of_members_deletes_nobody(trial: Trial, fault: str) -> None:
    with trial.meets(fault) as outcome:
        assert outcome.outcome in STORED
        rows = Membership.objects.filter(resident__id_number=LI_ID)
        assert [row.absent_since is not None for row in rows] == [True] * trial.settled
        assert Membership.objects.get(resident__id_number=ZHOU_ID).absent_since is None


def test_j16_phps_empty_list_of_houses_deletes_nobody(trial: Trial) -> None:
    with trial.meets("j16-houses-null") as outcome:
        assert outcome.outcome in STORED
        assert Resident.objects.get(id_number=ZHOU_ID).employer == "第二中学"
        assert Membership.objects.filter(house__room="101").count() == 2 * trial.settled


def test_every_encoding_fault_of_the_simulator_is_met_here() -> None:
    met: set[Any] = {*FAILURES, *NOTHING, *SPELLINGS, *NAMES, *EMPTIED, *ALONE}
    assert met == set(FAULTS)
