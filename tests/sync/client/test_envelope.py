"""Sections C2 and C3 of the fault catalogue, the client's side. The row is named in the fault."""

import pytest

from sync.exceptions import SyncError
from sync.simulator import sample
from sync.simulator.server import Body, Play, Script

OWNER = sample.PHONE
NOTHING = "not_found"


def outcome(client):
    """`(cause or not_found or found, attempts)`."""
    try:
        reply = client.lookup(OWNER)
    except SyncError as error:
        return error.cause, error.attempts
    return (NOTHING if reply.data is None else "found"), reply.attempts


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("j3-gbk", "not-utf8"),
        ("j3-gbk-declared", "not-utf8"),
        ("j4-invalid-utf8", "not-utf8"),
        ("j4-overlong-utf8", "not-utf8"),
        ("j5-php-notice", "not-json"),
        ("j5-html-comment", "not-json"),
        ("j5-second-json", "not-json"),
        ("j5-trailing-null", "not-json"),
        ("j5-whitespace", "found"),
        ("j6-data-string", "found"),
        ("j6-data-string-twice", "shape"),
        ("j6-data-empty-string", NOTHING),
        ("j6-data-null", NOTHING),
        ("j6-data-empty-list", NOTHING),
        ("j6-data-empty-object", NOTHING),
        ("j6-data-null-string", NOTHING),
        ("j6-data-empty-list-string", NOTHING),
        ("j6-data-empty-object-string", NOTHING),
        ("j6-data-word", "not-json"),
        ("j6-data-number", "shape"),
        ("j6-data-true", "shape"),
        ("j8-duplicate-code", "duplicate"),
        ("j8-duplicate-phone", "duplicate"),
        ("j8-duplicate-houses", "duplicate"),
        ("j9-nan", "not-json"),
        ("j9-infinity", "not-json"),
        ("j9-huge-exponent", "not-json"),
        ("j10-5000-digits", "shape"),
        ("j11-nesting", "shape"),
        ("j11-nesting-objects", "shape"),
        ("j11-over-limit", "shape"),
        ("j12-raw-control", "not-json"),
        ("j15-root-null", "shape"),
        ("j15-root-false", "shape"),
        ("j15-root-empty-list", "shape"),
        ("j15-root-list", "shape"),
        ("j15-root-string", "shape"),
        ("j15-root-number", "shape"),
        ("j15-root-empty-object", "envelope"),
        ("j16-data-list-of-one", "shape"),
        ("j17-jsonp", "not-json"),
        ("j17-single-quotes", "not-json"),
        ("j17-trailing-comma", "not-json"),
        ("j17-comment", "not-json"),
        ("p1-refused", NOTHING),
        ("p1-long-message", NOTHING),
        ("p1-no-message", NOTHING),
        ("p1-refused-with-data", NOTHING),
        ("p1-code-2", "refused"),
        ("p1-code-500", "refused"),
        ("p1-personal-message", "refused"),
        ("p2-code-string", "found"),
        ("p2-code-int", "found"),
        ("p2-code-float", "envelope"),
        ("p2-code-true", "envelope"),
        ("p2-code-false", "envelope"),
        ("p2-code-null", "envelope"),
        ("p2-code-space", "envelope"),
        ("p2-code-success", "envelope"),
        ("p2-code-empty", "envelope"),
        ("p2-code-float-string", "envelope"),
        ("p2-code-leading-zero", "envelope"),
        ("p2-code-list", "envelope"),
        ("p2-code-full-width", "envelope"),
        ("p2-code-negative", "refused"),
        ("p2-code-missing", "envelope"),
        ("p9-renamed-data", "envelope"),
        ("p9-new-envelope", "envelope"),
        ("p10-maintenance", "not-json"),
    ],
)
def test_an_answer_that_arrived_has_one_meaning_and_is_asked_for_once(client, platform, fault, expected):
    platform.fault = fault
    assert outcome(client) == (expected, 1)


@pytest.mark.parametrize("fault", ["j1-html-no-charset", "j1-text-latin1", "j2-bom", "j2-bom-inner"])
def test_the_bytes_are_utf8_whatever_the_header_says(client, platform, fault):
    platform.fault = fault
    assert client.lookup(OWNER).data["people_name"] == "付钰"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ('"\\"\\""', NOTHING),
        ('"  "', NOTHING),
        ('"\\ufeff{\\"a\\": 1}"', "found"),
        ('"{\\"a\\": 1, \\"a\\": 2}"', "duplicate"),
        ('"{\\"a\\": NaN}"', "not-json"),
        ('"7"', "shape"),
        ('"false"', "shape"),
        ("false", "shape"),
        ("0", "shape"),
        ("[[]]", "shape"),
    ],
)
def test_j6_text_in_data_is_read_as_strictly_once(client, platform, data, expected):
    platform.answers[OWNER] = Body(f'{{"code": "0", "data": {data}}}'.encode())
    assert outcome(client) == (expected, 1)


def test_p2_success_without_data_is_no_answer(client, platform):
    platform.answers[OWNER] = Body(b'{"code": "0"}')
    assert outcome(client) == ("envelope", 1)


def test_p2_an_integer_one_refuses_like_the_text(client, platform):
    platform.answers[OWNER] = Body(b'{"code": 1}')
    assert outcome(client) == (NOTHING, 1)


def test_p7_a_message_that_says_too_often_is_waited_for(client, platform):
    platform.fault = "p7-too-often-once"
    assert outcome(client) == ("found", 2)


def test_p7_too_often_without_end_is_a_rate_limit(make_client, platform):
    platform.fault = "p7-too-often"
    assert outcome(make_client(platform, deadline=0.5)) == ("rate-limited", 1)
    assert len(platform.token_calls) == 1


def test_p7_too_often_counts_under_any_code_and_with_retry_after(client, platform):
    often = Body('{"code": 9, "msg": "操作频繁"}'.encode(), headers={"Retry-After": "0"})
    platform.answers[OWNER] = Script([often, often, Play("j1-html-no-charset")])
    assert outcome(client) == ("found", 3)


def test_p11_the_rest_of_a_connection_is_not_the_next_answer(client, platform):
    platform.faults[OWNER] = "p11-two-answers"
    client.lookup(OWNER)
    del platform.faults[OWNER]
    assert client.lookup(OWNER).data == sample.answer()
