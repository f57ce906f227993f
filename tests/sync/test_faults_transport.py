"""Faults below JSON, each met once by a whole sync (faults.md, C1)."""

import socket
import tracemalloc
from typing import Any

import pytest

from sync import transport
from sync.simulator.server import Simulator
from sync.simulator.transport_faults import FAULTS
from tests.sync.invariants import LATER, STORED, Trial, household, told

pytestmark = pytest.mark.once

CAP = 2_000_000

# fault: cause, lookups sent; with few seconds where the time is what runs out.
FAILURES: dict[str, tuple[str, int]] = {
    "t4-reset": ("unavailable", 3),
    "t4-reset-before": ("unavailable", 3),
    "t5-truncated": ("unavailable", 3),
    "t5-truncated-chunks": ("unavailable", 3),
    "t5-chunks-without-end": ("unavailable", 3),
    "t5-close-without-length": ("not-json", 1),
    "t5-cut-to-a-number": ("shape", 1),
    "t5-cut-line": ("envelope", 1),
    "t6-longer-than-length": ("not-json", 1),
    "t8-gzip": ("encoding", 1),
    "t8-gzip-bomb": ("encoding", 1),
    "t8-gzip-undeclared": ("not-utf8", 1),
    "t9-not-http": ("unavailable", 2),
    "t9-bad-status": ("unavailable", 2),
    "t9-bare-json": ("unavailable", 2),
    "t14-404": ("refused", 1),
    "t16-204": ("empty", 1),
    "t16-205": ("empty", 1),
    "t16-empty-200": ("empty", 1),
    "t16-blank-200": ("empty", 1),
    "t19-huge-header": ("unavailable", 2),
    "t19-many-headers": ("unavailable", 2),
}
STALLS = [
    "t2-stall",
    "t2-stall-headers",
    "t2-stall-body",
    "t3-slow-drip",
    "t3-drip-headers",
    "t3-drip-chunks",
]
HUGE = ["t7-huge-body", "t7-huge-without-length", "t7-huge-chunks"]
REDIRECTS = ["t10-redirect", *(f"t10-redirect-{status}" for status in (301, 303, 307, 308))]
UNAVAILABLE = ["t14-500", "t14-502", "t14-503", "t14-504", "t14-500-healthy-body"]
PASSING = ["t13-429", "t13-429-date", "t13-429-absent", "t13-429-garbage"]
LASTING = ["t13-429-huge", "t13-429-always"]
REFUSED = ["t15-401", "t15-403"]
UNTRUSTED = ["t17-self-signed", "t17-expired", "t17-wrong-host", "t17-tls10"]
AT_HOME = ["t11-redirect-loop", "t12-redirect-login-always"]
HEALTHY_IN_THE_END: dict[str, int] = {
    "t12-redirect-login": 2,
    "t13-429-past-date": 2,
    "t13-429-zero": 2,
    "t13-429-negative": 2,
    "t14-500-once": 2,
    "t14-503-once": 2,
    "t15-401-old-token": 2,
    "t19-continue": 1,
    "t19-http10": 1,
    "t19-lower-case-headers": 1,
    "t19-duplicate-headers": 1,
    "t20-close-after-answer": 1,
}
ALONE = ["t9-empty-reply", "t19-two-lengths", "t20-dead-keep-alive"]
GROUPS = (STALLS, HUGE, REDIRECTS, AT_HOME, PASSING, LASTING, UNAVAILABLE, REFUSED, UNTRUSTED, ALONE)
MET = {*FAILURES, *HEALTHY_IN_THE_END, *(name for group in GROUPS for name in group)}


@LATER
@pytest.mark.parametrize("fault", FAILURES)
def test_a_broken_exchange_changes_nothing(trial: Trial, fault: str) -> None:
    with trial.meets(fault) as outcome:
        assert (outcome.outcome, outcome.cause, outcome.attempts) == ("failed", *FAILURES[fault])


@pytest.mark.parametrize("fault", HEALTHY_IN_THE_END)
def test_a_passing_trouble_ends_in_the_whole_answer(trial: Trial, fault: str) -> None:
    with trial.meets(fault) as outcome:
        assert outcome.outcome in STORED
        assert household() == told(trial.new, **trial.typed)
        assert outcome.attempts <= HEALTHY_IN_THE_END[fault]


@LATER
@pytest.mark.parametrize("fault", STALLS)
def test_t2_t3_whoever_is_slow_meets_the_deadline(trial: Trial, fault: str) -> None:
    with trial.meets(fault, deadline=0.5) as outcome:
        assert (outcome.cause, outcome.attempts) == ("deadline", 1)


@LATER
@pytest.mark.parametrize("fault", HUGE)
def test_t7_a_huge_body_is_neither_read_nor_kept(trial: Trial, fault: str) -> None:
    """I8: no more than the limit and a chunk, not the 200 MB."""
    tracemalloc.start()
    try:
        with trial.meets(fault) as outcome:
            _, peak = tracemalloc.get_traced_memory()
            assert (outcome.cause, outcome.attempts) == ("too-big", 1)
            assert peak < 5 * CAP
    finally:
        tracemalloc.stop()


@LATER
def test_t8_a_bomb_is_not_inflated(trial: Trial) -> None:
    """I8: 50 MB stay the 50 kB that they travel as."""
    tracemalloc.start()
    try:
        with trial.meets("t8-gzip-bomb"):
            assert tracemalloc.get_traced_memory()[1] < 5 * CAP
    finally:
        tracemalloc.stop()


@LATER
def test_t1_nobody_listens(trial: Trial, settings: Any) -> None:
    right = settings.PLATFORM_LOOKUP_URL
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings.PLATFORM_LOOKUP_URL = f"http://127.0.0.1:{closed.getsockname()[1]}/lookup"
        with trial.meets(None) as outcome:
            settings.PLATFORM_LOOKUP_URL = right
            assert (outcome.cause, outcome.attempts) == ("unavailable", 4)


@LATER
def test_t1_the_name_leads_nowhere(trial: Trial, settings: Any) -> None:
    right, settings.PLATFORM_LOOKUP_URL = settings.PLATFORM_LOOKUP_URL, "http://platform.invalid/lookup"
    with trial.meets(None, deadline=0.5) as outcome:
        settings.PLATFORM_LOOKUP_URL = right
        assert outcome.cause in {"unavailable", "deadline"}
        assert outcome.attempts >= 1


@LATER
def test_t9_an_empty_reply_is_no_answer(trial: Trial) -> None:
    with trial.meets("t9-empty-reply") as outcome:
        assert outcome.cause == "unavailable"
        assert 2 <= outcome.attempts <= 3


@LATER
@pytest.mark.parametrize("fault", REDIRECTS)
def test_t10_a_redirect_takes_nothing_elsewhere(trial: Trial, fault: str) -> None:
    with Simulator() as elsewhere:
        trial.platform.redirect_to = elsewhere.lookup_url
        with trial.meets(fault) as outcome:
            assert outcome.cause == "redirect"
        assert elsewhere.requests == []


@LATER
@pytest.mark.parametrize("fault", AT_HOME)
def test_t11_t12_a_redirect_at_home_is_not_followed(trial: Trial, fault: str) -> None:
    with trial.meets(fault) as outcome:
        assert outcome.cause == "redirect"
        assert outcome.attempts <= 3
        assert "/login" not in {request.route for request in trial.platform.requests}


@LATER
@pytest.mark.parametrize("fault", PASSING)
def test_t13_a_pause_that_fits_is_kept(trial: Trial, fault: str) -> None:
    with trial.meets(fault, deadline=5.0) as outcome:
        assert outcome.outcome in STORED
        assert outcome.attempts == 2
        assert household() == told(trial.new, **trial.typed)


@LATER
@pytest.mark.parametrize("fault", LASTING)
def test_t13_a_pause_that_does_not_fit_ends_the_question(trial: Trial, fault: str) -> None:
    with trial.meets(fault, deadline=0.8) as outcome:
        assert (outcome.cause, outcome.attempts) == ("rate-limited", 1)


@LATER
@pytest.mark.parametrize("fault", UNAVAILABLE)
def test_t14_a_server_error_is_tried_again_as_long_as_there_is_time(
    trial: Trial, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """At once, after 0.2 s and after 0.4 s more; the next pause of 0.8 s does not fit."""
    monkeypatch.setattr(transport.random, "uniform", lambda low, high: 1.0)
    with trial.meets(fault, deadline=1.3) as outcome:
        assert (outcome.cause, outcome.attempts) == ("unavailable", 3)


@LATER
def test_t14_a_server_error_is_tried_four_times_at_most(trial: Trial) -> None:
    with trial.meets("t14-503", deadline=6.0) as outcome:
        assert (outcome.cause, outcome.attempts) == ("unavailable", 4)


@LATER
@pytest.mark.parametrize("fault", REFUSED)
def test_t15_a_refusal_is_believed_of_a_new_token(trial: Trial, fault: str) -> None:
    with trial.meets(fault) as outcome:
        assert outcome.cause == "refused"
        assert outcome.attempts <= 3
        assert len({request.token for request in trial.platform.lookups[-outcome.attempts :]}) <= 2


@LATER
@pytest.mark.parametrize("fault", UNTRUSTED)
def test_t17_a_certificate_that_proves_nothing_ends_it(trial: Trial, settings: Any, fault: str) -> None:
    right = settings.PLATFORM_TOKEN_URL, settings.PLATFORM_LOOKUP_URL
    with Simulator(fault=fault) as untrusted:
        settings.PLATFORM_TOKEN_URL, settings.PLATFORM_LOOKUP_URL = untrusted.token_url, untrusted.lookup_url
        with trial.meets(None) as outcome:
            settings.PLATFORM_TOKEN_URL, settings.PLATFORM_LOOKUP_URL = right
            assert (outcome.cause, outcome.attempts) == ("tls", 0)
        assert untrusted.requests == []


@LATER
def test_t18_the_environment_names_no_proxy_and_no_password(
    trial: Trial, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login office password secret\n")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(netrc))
    with Simulator() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        with trial.meets(None) as outcome:
            assert outcome.outcome in STORED
        assert proxy.requests == []
    assert not [request for request in trial.platform.requests if "authorization" in request.headers]


@LATER
def test_t19_two_lengths_that_disagree_store_nothing_cut(trial: Trial) -> None:
    with trial.meets("t19-two-lengths") as outcome:
        assert outcome.cause in {"unavailable", "not-json"}
        assert outcome.attempts <= 3


def test_t20_a_connection_that_died_between_two_questions_is_opened_again(trial: Trial) -> None:
    with trial.meets("t20-dead-keep-alive") as outcome:
        assert outcome.outcome in STORED
        assert outcome.attempts <= 2
        assert household() == told(trial.new, **trial.typed)


def test_every_transport_fault_of_the_simulator_is_met_here() -> None:
    assert set(FAULTS) - {"t13-429-seconds"} == MET
