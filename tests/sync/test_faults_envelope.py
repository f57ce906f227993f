"""Faults of the protocol around the data, each met once by a whole sync (faults.md, C3)."""

import pytest

from sync.simulator.envelope_faults import FAULTS
from tests.sync.invariants import LATER, STORED, Trial, household, told

pytestmark = pytest.mark.once

REFUSALS = [
    "p1-refused",
    "p1-long-message",
    "p1-markup-message",
    "p1-no-message",
    "p1-refused-with-data",
    "p3-token-always-expired",
]
FAILURES: dict[str, str] = {
    "p1-code-2": "refused",
    "p1-code-500": "refused",
    "p1-personal-message": "refused",
    **{
        f"p2-code-{code}": "envelope"
        for code in (
            "float", "true", "false", "null", "space", "success", "empty", "float-string", "leading-zero",
            "list", "full-width", "missing",
        )
    },
    "p2-code-negative": "refused",
    "p9-renamed-key": "shape",
    "p9-renamed-data": "envelope",
    "p9-new-envelope": "envelope",
    "p10-maintenance": "not-json",
    "p11-other-answer": "wrong-subject",
    "p11-two-answers": "wrong-subject",
}  # fmt: skip
GOOD_CODES = ["p2-code-string", "p2-code-int"]
TOKENS_THAT_END = ["p3-token-expired", "p3-token-expires-after-answer"]
NO_TOKEN = [
    "p4-token-refused",
    "p4-token-missing",
    "p4-token-empty",
    "p4-token-null",
    "p4-token-number",
    "p4-token-list",
    "p4-token-401",
    "p4-token-html",
    "p6-wrong-credentials",
]
TOKEN_TROUBLE = {
    "p4-token-500": "unavailable",
    "p4-token-stall": "deadline",
    "p4-token-reset": "unavailable",
    "p4-token-too-often": "rate-limited",
}
GOOD_TOKENS = [
    "p4-token-without-code",
    "p4-expires-text",
    "p4-expires-string",
    "p4-expires-zero",
    "p4-expires-negative",
    "p5-single-token",
]
TOO_OFTEN = ["p7-too-often", "p7-too-often-once"]


@pytest.mark.parametrize("fault", REFUSALS)
def test_p1_code_1_under_a_live_token_is_an_unknown_phone(trial: Trial, fault: str) -> None:
    """It deletes nothing, and data that comes along is not looked at."""
    with trial.meets(fault) as outcome:
        assert (outcome.outcome, outcome.cause) == ("not_found", None)
        assert outcome.attempts <= 3


@LATER
@pytest.mark.parametrize("fault", FAILURES)
def test_an_envelope_of_another_kind_changes_nothing(trial: Trial, fault: str) -> None:
    with trial.meets(fault) as outcome:
        assert (outcome.outcome, outcome.cause, outcome.attempts) == ("failed", FAILURES[fault], 1)


@pytest.mark.parametrize("fault", GOOD_CODES)
def test_p2_only_zero_is_zero(trial: Trial, fault: str) -> None:
    with trial.meets(fault) as outcome:
        assert outcome.attempts == 1
        assert household() == told(trial.new, **trial.typed)


@pytest.mark.parametrize("fault", TOKENS_THAT_END)
def test_p3_a_token_that_ends_costs_one_more_question(trial: Trial, fault: str) -> None:
    with trial.meets(fault) as outcome:
        assert outcome.outcome in STORED
        assert outcome.attempts <= 2
        assert household() == told(trial.new, **trial.typed)


@LATER
@pytest.mark.parametrize("fault", NO_TOKEN)
def test_p4_p6_without_a_token_nothing_is_asked_and_nobody_hammers(trial: Trial, fault: str) -> None:
    calls = len(trial.platform.token_calls)
    with trial.meets(fault, everywhere=True) as outcome:
        assert (outcome.outcome, outcome.cause, outcome.attempts) == ("failed", "token", 0)
        assert len(trial.platform.token_calls) == calls + 1


@LATER
@pytest.mark.parametrize("fault", TOKEN_TROUBLE)
def test_p4_a_token_that_does_not_come_is_waited_for_as_long_as_there_is_time(
    trial: Trial, fault: str
) -> None:
    with trial.meets(fault, deadline=0.7, everywhere=True) as outcome:
        assert (outcome.outcome, outcome.cause, outcome.attempts) == ("failed", TOKEN_TROUBLE[fault], 0)


@pytest.mark.parametrize("fault", GOOD_TOKENS)
def test_p4_p5_a_token_is_a_token_whatever_stands_beside_it(trial: Trial, fault: str) -> None:
    with trial.meets(fault, everywhere=True) as outcome:
        assert outcome.attempts == 1
        assert household() == told(trial.new, **trial.typed)


@LATER
def test_p7_too_often_is_no_answer(trial: Trial) -> None:
    with trial.meets("p7-too-often", deadline=0.7) as outcome:
        assert (outcome.outcome, outcome.cause, outcome.attempts) == ("failed", "rate-limited", 1)


def test_p7_too_often_once_is_a_pause(trial: Trial) -> None:
    with trial.meets("p7-too-often-once") as outcome:
        assert outcome.attempts == 2
        assert household() == told(trial.new, **trial.typed)


def test_every_envelope_fault_of_the_simulator_is_met_here() -> None:
    answers = {*REFUSALS, *FAILURES, *GOOD_CODES, *TOO_OFTEN}
    assert answers | {*TOKENS_THAT_END, *NO_TOKEN, *TOKEN_TROUBLE, *GOOD_TOKENS} == set(FAULTS)
