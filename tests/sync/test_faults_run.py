"""Faults of the platform met by a run over many phones (faults.md, T13, P3 to P7, P9, P10).

What one phone meets is held by test_faults_transport and test_faults_envelope.
"""

from typing import Any

import pytest

from sync import batch
from sync.batch import BREAKER, PATIENCE, Ending
from sync.models import SyncRun
from sync.simulator.replies import Body
from sync.simulator.server import Simulator
from tests.sync.many import drain, outcomes, owners, start

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("threads", "platform")]
THREADS = 4


@pytest.fixture(autouse=True)
def _small_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "SET_SIZE", 10)


def after(count: int, act: Any) -> Any:
    """A progress callback that acts once so many phones have their outcome."""
    seen: list[object] = []

    def step(outcome: object) -> None:
        seen.append(outcome)
        if len(seen) == count:
            act()

    return step


# -- tokens ------------------------------------------------------------------------------


def test_p3_a_token_that_ends_in_mid_run_is_renewed_once_and_no_phone_is_lost(platform: Simulator) -> None:
    run = start(40)
    assert drain(run, progress=after(10, platform.expire_tokens)) is Ending.DONE
    assert (outcomes(run), len(platform.token_calls)) == ({"created": 40}, 2)


def test_p3_tokens_that_end_again_and_again_make_no_phone_unknown(platform: Simulator) -> None:
    platform.expire_after = 8  # look-ups
    run = start(40)
    drain(run)
    assert outcomes(run) == {"created": 40}


def test_p5_where_a_new_token_kills_the_old_one_the_threads_renew_it_once_together(
    platform: Simulator,
) -> None:
    platform.fault = "p5-single-token"
    run = start(40)
    assert drain(run, progress=after(10, platform.expire_tokens)) is Ending.DONE
    assert (outcomes(run), len(platform.token_calls)) == ({"created": 40}, 2)


@pytest.mark.parametrize("fault", ["p4-token-refused", "p4-token-401", "p6-wrong-credentials"])
def test_p4_p6_a_run_without_a_token_stops_at_once_after_a_few_calls(platform: Simulator, fault: str) -> None:
    platform.fault = fault
    run = start(100)
    assert drain(run) is Ending.STOPPED
    assert (run.status, run.cause, outcomes(run)) == ("stopped", "token", {"waiting": 100})
    assert (len(platform.token_calls) <= THREADS, platform.lookups) == (True, [])


def test_p6_credentials_that_are_changed_in_mid_run_stop_it_and_keep_what_is_done(
    platform: Simulator,
) -> None:
    def change() -> None:
        platform.key_d = "changed"
        platform.expire_tokens()

    run = start(100)
    assert drain(run, progress=after(10, change)) is Ending.STOPPED
    done = outcomes(run)["created"]
    assert (run.cause, outcomes(run)) == ("token", {"created": done, "waiting": 100 - done})
    assert len(platform.token_calls) <= 1 + THREADS
    platform.key_d = "demo"
    assert (run.resume(), drain(run), outcomes(run)) == (True, Ending.DONE, {"created": 100})
    assert max(platform.asked.values()) <= 2 + PATIENCE


def test_t15_an_account_that_is_locked_is_not_hammered(platform: Simulator) -> None:
    platform.fault = "t15-403"
    run = start(100)
    assert (drain(run), run.cause, outcomes(run)) == (Ending.STOPPED, "refused", {"waiting": 100})
    assert len(platform.lookups) <= 3 * THREADS


# -- the platform is down, or speaks another language ------------------------------------


OTHER_LANGUAGES = {
    "t16-204": "empty",
    "p10-maintenance": "not-json",
    "p9-renamed-key": "shape",
    "p9-new-envelope": "envelope",
}


@pytest.mark.parametrize("fault", OTHER_LANGUAGES)
def test_p9_p10_a_platform_that_speaks_another_language_stops_the_run_after_some_phones(
    platform: Simulator, fault: str
) -> None:
    platform.fault = fault
    run = start(100)
    assert (drain(run), run.cause) == (Ending.STOPPED, OTHER_LANGUAGES[fault])
    assert (run.status, run.tally()["outcomes"]) == ("stopped", {"waiting": 100})
    assert len(platform.lookups) <= BREAKER + THREADS


def test_t1_a_platform_that_is_down_stops_the_run_and_a_resumed_run_asks_again_for_what_failed(
    platform: Simulator, settings: Any
) -> None:
    settings.PLATFORM_DEADLINE = 0.3
    platform.fault = "t14-503"
    run = start(60)
    assert (drain(run), run.cause) == (Ending.STOPPED, "unavailable")
    assert len(platform.asked) <= BREAKER + THREADS
    platform.fault, settings.PLATFORM_DEADLINE = None, 3.0
    assert (run.resume(), drain(run), outcomes(run)) == (True, Ending.DONE, {"created": 60})


def test_one_answer_between_failures_keeps_the_run_going(platform: Simulator) -> None:
    phones = owners(60)
    platform.faults = {phone: "t16-204" for number, phone in enumerate(phones) if number % 6}
    run = start(60)
    assert (drain(run, concurrency=1), run.tally()["causes"]) == (Ending.DONE, {"empty": 50})


def test_failures_that_a_run_keeps_meeting_are_outcomes_in_the_end(platform: Simulator) -> None:
    """Phones at whose answers the breaker opened again and again do not hold the others up for ever."""
    platform.faults = dict.fromkeys(owners(30), "t16-204")
    run = start(40)
    endings = [drain(run, concurrency=1)]
    while run.resume():
        endings.append(drain(run, concurrency=1))
    assert (endings[-1], outcomes(run)) == (Ending.DONE, {"created": 10, "failed": 30})
    assert len(endings) <= 2 * PATIENCE


# -- too often ---------------------------------------------------------------------------


TOO_OFTEN = '{"code": "1", "msg": "请求过于频繁", "data": ""}'.encode()


def busy(retry_after: str | None) -> Body:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return Body(TOO_OFTEN, status=429, headers=headers)


@pytest.mark.parametrize("said", ["0", "-5", "Wed, 21 Oct 2015 07:28:00 GMT", "soon", None])
def test_t13_too_often_for_ever_is_no_busy_loop_and_stops_the_run_resumable(
    platform: Simulator, said: str | None
) -> None:
    phones = owners(6)
    platform.answers = dict.fromkeys(phones, busy(said))
    run = start(6)
    assert (drain(run), run.status, run.cause) == (Ending.STOPPED, "stopped", "rate-limited")
    assert outcomes(run) == {"waiting": 6}
    assert len(platform.lookups) <= 6 * 3 * PATIENCE
    platform.answers.clear()
    assert (run.resume(), drain(run), outcomes(run)) == (True, Ending.DONE, {"created": 6})


@pytest.mark.parametrize("fault", ["t13-429", "t13-429-date", "t13-429-absent", "p7-too-often-once"])
def test_t13_p7_a_run_waits_a_pause_out_and_loses_no_phone(platform: Simulator, fault: str) -> None:
    phones = owners(12)
    platform.faults[phones[3]] = fault
    run = start(12)
    assert (drain(run), outcomes(run)) == (Ending.DONE, {"created": 12})
    assert platform.asked.total() == 13


def test_p7_too_often_for_one_phone_costs_the_others_nothing(platform: Simulator) -> None:
    phones = owners(12)
    platform.faults[phones[3]] = "p7-too-often"
    run = start(12)
    drain(run)
    assert SyncRun.objects.get().cause == "rate-limited"
    assert outcomes(run) == {"created": 11, "waiting": 1}
