"""Section C1 of the fault catalogue, the client's side. The row is named in the fault."""

import logging
import socket
import time
from email.utils import format_datetime

import pytest
from django.utils import timezone

from sync.exceptions import SyncError
from sync.simulator import sample
from sync.simulator.server import HEALTHY, Body, Play, Raw, Script, Simulator
from sync.transport import retry_after

OWNER = sample.PHONE
NOBODY = "13000000000"


def failure(client, phone=OWNER):
    with pytest.raises(SyncError) as caught:
        client.lookup(phone)
    return caught.value.cause, caught.value.attempts


def closed_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def test_a_healthy_answer_is_given_as_it_came(client):
    reply = client.lookup(OWNER)
    assert (reply.data, reply.attempts) == (sample.answer(), 1)


def test_phone_and_token_travel_in_a_form(client, platform):
    client.lookup(OWNER)
    [request] = platform.lookups
    assert (request.method, request.phone, set(request.form)) == ("POST", OWNER, {"phone", "token"})
    assert request.path == "/lookup"


def test_nothing_compressed_is_asked_for(client, platform):
    client.lookup(OWNER)
    assert platform.lookups[0].headers["accept-encoding"] == "identity"


def test_t1_where_nobody_listens_it_is_tried_four_times(platform, make_client):
    make_client(platform).lookup(OWNER)
    gone = make_client(platform, lookup_url=f"http://127.0.0.1:{closed_port()}/lookup")
    assert failure(gone) == ("unavailable", 4)


def test_t1_a_token_endpoint_that_is_gone_costs_no_lookup(platform, make_client):
    gone = make_client(platform, token_url=f"http://127.0.0.1:{closed_port()}/token")
    assert failure(gone) == ("unavailable", 0)
    assert platform.lookups == []


@pytest.mark.parametrize(
    "fault",
    ["t2-stall", "t2-stall-headers", "t2-stall-body", "t3-slow-drip", "t3-drip-headers", "t3-drip-chunks"],
)
def test_what_never_ends_is_left_at_the_deadline_and_not_tried_again(platform, make_client, fault):
    platform.fault = fault
    started = time.monotonic()
    assert failure(make_client(platform, deadline=0.6)) == ("deadline", 1)
    assert time.monotonic() - started < 0.6 + 2


def test_t3_headers_that_drip_for_the_token_end_at_the_deadline_too(platform, make_client):
    platform.token_script = Script([Play("t3-drip-headers")])
    assert failure(make_client(platform, deadline=0.6)) == ("deadline", 0)


def test_a_read_that_stalls_is_tried_again_while_there_is_time(platform, make_client, monkeypatch):
    monkeypatch.setattr("sync.transport.READ_SECONDS", 0.2)
    platform.answers[OWNER] = Script([Play("t2-stall"), HEALTHY])
    assert make_client(platform).lookup(OWNER).attempts == 2


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("t4-reset", ("unavailable", 3)),
        ("t4-reset-before", ("unavailable", 3)),
        ("t5-truncated", ("unavailable", 3)),
        ("t5-truncated-chunks", ("unavailable", 3)),
        ("t5-chunks-without-end", ("unavailable", 3)),
        ("t5-close-without-length", ("not-json", 1)),
        ("t5-cut-to-a-number", ("shape", 1)),
        ("t5-cut-line", ("envelope", 1)),
        ("t6-longer-than-length", ("not-json", 1)),
        ("t7-huge-body", ("too-big", 1)),
        ("t7-huge-without-length", ("too-big", 1)),
        ("t7-huge-chunks", ("too-big", 1)),
        ("t8-gzip-bomb", ("encoding", 1)),
        ("t8-gzip", ("encoding", 1)),
        ("t8-gzip-undeclared", ("not-utf8", 1)),
        ("t9-not-http", ("unavailable", 2)),
        ("t9-empty-reply", ("unavailable", 3)),
        ("t9-bad-status", ("unavailable", 2)),
        ("t9-bare-json", ("unavailable", 2)),
        ("t10-redirect", ("redirect", 1)),
        ("t10-redirect-303", ("redirect", 1)),
        ("t10-redirect-307", ("redirect", 1)),
        ("t10-redirect-308", ("redirect", 1)),
        ("t11-redirect-loop", ("redirect", 1)),
        ("t14-500", ("unavailable", 4)),
        ("t14-502", ("unavailable", 4)),
        ("t14-503", ("unavailable", 4)),
        ("t14-504", ("unavailable", 4)),
        ("t14-500-healthy-body", ("unavailable", 4)),
        ("t14-404", ("refused", 1)),
        ("t16-204", ("empty", 1)),
        ("t16-205", ("empty", 1)),
        ("t16-empty-200", ("empty", 1)),
        ("t16-blank-200", ("empty", 1)),
        ("t19-two-lengths", ("unavailable", 3)),
        ("t19-huge-header", ("unavailable", 2)),
        ("t19-many-headers", ("unavailable", 2)),
    ],
)
def test_a_fault_of_transport_has_one_cause_and_a_bounded_number_of_tries(client, platform, fault, outcome):
    platform.fault = fault
    assert failure(client) == outcome
    assert len(platform.lookups) == outcome[1]


@pytest.mark.parametrize("fault", ["t17-self-signed", "t17-expired", "t17-wrong-host", "t17-tls10"])
def test_a_certificate_that_is_not_trusted_stops_at_once(make_client, fault):
    with Simulator(fault=fault) as platform:
        assert failure(make_client(platform)) == ("tls", 0)
        assert platform.requests == []


@pytest.mark.parametrize(
    "fault",
    [
        "t19-continue",
        "t19-http10",
        "t19-lower-case-headers",
        "t19-duplicate-headers",
        "t20-close-after-answer",
    ],
)
def test_the_corners_of_http_are_read(client, platform, fault):
    platform.fault = fault
    assert client.lookup(OWNER).attempts == 1


@pytest.mark.parametrize("fault", ["t14-500-once", "t14-503-once", "t20-dead-keep-alive"])
def test_what_passes_is_tried_again(client, platform, fault):
    platform.fault = fault
    assert client.lookup(OWNER).data == sample.answer()
    assert len(platform.lookups) == 2


LARGE = b'{"code": 0, "data": {"a": "%b"}}' % (b"a" * 1000)


def test_t7_an_answer_of_exactly_the_limit_is_read(platform, make_client):
    platform.answers[OWNER] = Body(LARGE)
    assert make_client(platform, max_bytes=len(LARGE)).lookup(OWNER).data == {"a": "a" * 1000}


def test_t7_one_byte_more_than_the_limit_is_too_big(platform, make_client):
    platform.answers[OWNER] = Raw(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + LARGE)
    assert failure(make_client(platform, max_bytes=len(LARGE) - 1)) == ("too-big", 1)


def test_t10_nothing_is_sent_to_where_a_redirect_points(client, platform):
    with Simulator() as elsewhere:
        platform.fault, platform.redirect_to = "t10-redirect-307", elsewhere.lookup_url
        assert failure(client) == ("redirect", 1)
        assert elsewhere.requests == []


def test_t10_the_body_of_a_redirect_is_not_read(client, platform):
    platform.answers[OWNER] = Body(b" " * 3_000_000, status=302, headers={"Location": "http://127.0.0.1:9/"})
    assert failure(client) == ("redirect", 1)


def test_t10_a_redirect_of_the_token_call_is_not_followed(platform, client):
    platform.token_script = Script([Body(b"", status=307, headers={"Location": platform.lookup_url})])
    assert failure(client) == ("redirect", 0)
    assert len(platform.requests) == 1


def test_t12_a_login_page_under_an_old_token_means_a_dead_token(warm, platform):
    platform.fault = "t12-redirect-login"
    assert warm.lookup(OWNER).attempts == 2
    assert len(platform.token_calls) == 1


def test_t12_a_login_page_under_a_new_token_is_a_redirect(warm, platform):
    platform.fault = "t12-redirect-login-always"
    assert failure(warm) == ("redirect", 2)
    assert {request.route for request in platform.requests} == {"/lookup", "/token"}


@pytest.mark.parametrize(
    "fault", ["t13-429-past-date", "t13-429-zero", "t13-429-negative", "t13-429-seconds", "t13-429-garbage"]
)
def test_a_rate_limit_that_fits_into_the_deadline_is_waited_for(platform, make_client, fault):
    platform.fault = fault
    assert make_client(platform, deadline=3).lookup(OWNER).attempts == 2


def test_t13_a_wait_that_does_not_fit_is_not_begun(platform, make_client):
    platform.fault = "t13-429-huge"
    started = time.monotonic()
    assert failure(make_client(platform, deadline=20)) == ("rate-limited", 1)
    assert time.monotonic() - started < 5


def test_t13_a_platform_that_goes_on_refusing_is_asked_three_times(client, platform):
    platform.answers[OWNER] = Body(b"", status=429, headers={"Retry-After": "0"})
    assert failure(client) == ("rate-limited", 3)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("-5", 0),
        ("1000000000", 60),
        ("9" * 5000, 60),
        ("", None),
        ("soon", None),
        ("1.5", None),
        ("１", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 60),
    ],
)
def test_retry_after_is_read_in_all_its_forms(value, seconds):
    assert retry_after(value) == seconds


def test_retry_after_a_date_is_so_many_seconds_from_now():
    date = format_datetime(timezone.now() + timezone.timedelta(seconds=30))
    assert 25 < retry_after(date) <= 30


@pytest.mark.parametrize("fault", ["t15-401", "t15-403"])
def test_a_new_token_that_is_refused_by_status_is_not_renewed(client, platform, fault):
    platform.fault = fault
    assert failure(client) == ("refused", 1)
    assert len(platform.token_calls) == 1


@pytest.mark.parametrize("fault", ["t15-401", "t15-403"])
def test_an_old_token_that_is_refused_by_status_is_renewed_once(warm, platform, fault):
    platform.fault = fault
    assert failure(warm) == ("refused", 2)
    assert len(platform.token_calls) == 1


def test_t15_a_renewed_token_that_is_accepted_brings_the_answer(warm, platform):
    platform.fault = "t15-401-old-token"
    assert warm.lookup(OWNER).data == sample.answer()


def test_t18_a_proxy_in_the_environment_is_not_used(monkeypatch, client):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    assert client.lookup(OWNER).attempts == 1


def test_t18_a_netrc_is_not_read(monkeypatch, tmp_path, client, platform):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    client.lookup(OWNER)
    assert "authorization" not in platform.lookups[0].headers


def test_a_cookie_of_the_platform_is_not_sent_back(client, platform):
    platform.answers[OWNER] = Body(
        b'{"code": 0, "data": null}', headers={"Set-Cookie": "PHPSESSID=1; Path=/"}
    )
    client.lookup(OWNER)
    client.lookup(OWNER)
    assert "cookie" not in platform.lookups[1].headers


def test_nothing_personal_reaches_the_log(client, platform, caplog):
    caplog.set_level(logging.DEBUG)
    platform.answers[NOBODY] = Raw(b"HTTP/1.1 200 OK\r\nX-Odd\r\n 13000000000\r\n\r\n13000000000")
    client.lookup(OWNER)
    failure(client, NOBODY)
    secrets = {OWNER, NOBODY, *(request.token for request in platform.lookups)}
    assert "lookup cause=None attempts=1" in caplog.text
    assert not any(secret in caplog.text for secret in secrets)


def test_an_error_quotes_nothing_of_the_answer(client, platform):
    platform.answers[OWNER] = Body('{"code": "张三"}'.encode())
    with pytest.raises(SyncError) as caught:
        client.lookup(OWNER)
    assert str(caught.value) == f"envelope: {caught.value.sentence}"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
