"""The token: kept for all, renewed by one, and never the reason that a known phone is lost (P3 to P6)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.core.cache import cache
from django.db import transaction

from sync.exceptions import SyncError
from sync.simulator import community, sample
from sync.simulator.server import HEALTHY, Body, Play, Script, Simulator
from sync.tokens import Lease, Sightings, Token

OWNER = sample.PHONE
KNOWN = community.PHONES[:24]
UNKNOWN = [f"130000000{number:02}" for number in range(24)]
KEY = b"\x01" * 32


def failure(client, phone=OWNER):
    with pytest.raises(SyncError) as caught:
        client.lookup(phone)
    return caught.value.cause, caught.value.attempts


def ask_all(client, phones, threads=8):
    """The phones that the platform knows, asked by several threads."""
    with ThreadPoolExecutor(threads) as pool:
        replies = list(pool.map(client.lookup, phones))
    assert max(reply.attempts for reply in replies) <= 3
    return {phone for phone, reply in zip(phones, replies, strict=True) if reply.data}


def test_one_token_serves_many_lookups_and_clients(platform, make_client):
    for client in (make_client(platform), make_client(platform)):
        client.lookup(OWNER)
        client.lookup(OWNER)
    assert len(platform.token_calls) == 1


def test_the_token_lies_sealed_in_the_cache(warm):
    token = warm.tokens.newest()
    kept = repr(cache._cache)
    assert token.value not in kept and token.value not in repr(token)


def test_a_token_that_todays_keys_do_not_open_counts_as_none(settings, warm, platform):
    settings.PII_KEYS = [KEY]
    assert warm.lookup(OWNER).attempts == 1
    assert len(platform.token_calls) == 1


def test_rubbish_in_the_place_of_the_token_counts_as_none(warm):
    for rubbish in ("rubbish", "a.b", b"", 7):
        cache.set(warm.tokens._key, rubbish)
        assert warm.lookup(OWNER).attempts == 1


def test_two_accounts_do_not_share_a_token(platform, make_client):
    make_client(platform).lookup(OWNER)
    platform.key_k = "other"
    make_client(platform, key_k="other").lookup(OWNER)
    assert len(platform.token_calls) == 2


def test_p3_a_dead_token_is_renewed_and_the_phone_asked_once_more(warm, platform):
    platform.expire_tokens()
    assert warm.lookup(OWNER).attempts == 2
    assert len(platform.token_calls) == 1


def test_an_unknown_phone_under_a_new_token_is_the_answer(client, platform):
    reply = client.lookup(UNKNOWN[0])
    assert (reply.data, reply.attempts, len(platform.token_calls)) == (None, 1, 1)


def test_an_unknown_phone_under_an_old_token_is_asked_under_a_new_one(warm, platform):
    reply = warm.lookup(UNKNOWN[0])
    assert (reply.data, reply.attempts, len(platform.token_calls)) == (None, 2, 1)


def test_a_token_that_another_process_renewed_is_used_without_a_renewal(warm, platform):
    def renewed_meanwhile(_request):
        platform.answers[OWNER] = HEALTHY
        warm.tokens.publish(Token(platform.tokens.issue()))
        return Body(b'{"code": 1}')

    platform.answers[OWNER] = renewed_meanwhile
    assert warm.lookup(OWNER).attempts == 2
    assert platform.token_calls == []


def test_a_token_that_another_process_renewed_is_not_taken_for_new(warm, platform):
    """Ours died before we asked with it: only a token issued for this question tells."""

    def renewed_meanwhile(_request):
        platform.answers[OWNER] = HEALTHY
        warm.tokens.publish(Token("dead already"))
        return Body(b'{"code": 1}')

    platform.answers[OWNER] = renewed_meanwhile
    assert warm.lookup(OWNER).data == sample.answer()
    assert len(platform.token_calls) == 1


def test_a_lease_lost_meanwhile_makes_a_refusal_doubtful_again(client, platform):
    """Who lost the lease cannot know that nobody renewed."""

    def lost(_request):
        platform.answers[OWNER] = HEALTHY
        cache.delete(client.tokens.lock)
        return Body(b'{"code": 1}')

    platform.answers[OWNER] = lost
    assert client.lookup(OWNER).data == sample.answer()


def test_nine_refusals_without_a_lease_are_an_error_and_never_an_answer(client, platform):
    def lost(_request):
        cache.delete(client.tokens.lock)
        return Body(b'{"code": 1}')

    platform.answers[OWNER] = lost
    assert failure(client) == ("token", 9)


def test_a_token_just_issued_is_shown_to_others_only_after_its_own_question(client, platform):
    """On a platform where a token is good for one lookup, others would use it up."""
    seen = []

    def look(_request):
        seen.append(client.tokens.newest())
        return HEALTHY

    platform.answers[OWNER] = look
    client.lookup(OWNER)
    assert seen == [None] and client.tokens.newest() is not None


def test_a_refusal_stands_where_a_later_question_was_accepted(platform, make_client):
    """No renewal is needed: the token was alive after the refusal, so it was alive before."""
    client = make_client(platform, deadline=5)
    client.lookup(OWNER)
    arrived, leave = Event(), Event()

    def held(_request):
        arrived.set()
        leave.wait(3)
        return HEALTHY

    platform.answers[KNOWN[0]] = held
    with ThreadPoolExecutor(2) as pool:
        pool.submit(client.lookup, KNOWN[0])
        arrived.wait(3)
        unknown = pool.submit(client.lookup, UNKNOWN[0])
        while not unknown.done():
            client.lookup(KNOWN[1])
        leave.set()
    assert (unknown.result().data, unknown.result().attempts, len(platform.token_calls)) == (None, 1, 1)


def test_an_acceptance_sent_before_the_refusal_came_proves_nothing():
    sightings, token = Sightings(), Token("t")
    sightings.accepted(token, sent=5.0)
    assert not sightings.prove(token, since=5.0, seconds=0)
    assert sightings.prove(token, since=4.9, seconds=0)


def test_an_acceptance_of_another_token_proves_nothing():
    sightings = Sightings()
    sightings.accepted(Token("same"), sent=5.0)
    assert not sightings.prove(Token("same"), since=1.0, seconds=0)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"single_token": True},
        {"single_token": True, "expire_after": 5},
        {"expire_after": 1},
        {"fault": "p3-token-expires-after-answer"},
    ],
    ids=["plain", "p5-single-token", "p5-short-lived", "good-for-one", "p3-expires-after-answer"],
)
def test_eight_threads_lose_no_known_phone_and_find_no_unknown_one(make_client, options):
    phones = [phone for pair in zip(KNOWN, UNKNOWN, strict=True) for phone in pair]
    with Simulator(latency=0.005, **options) as platform:
        assert ask_all(make_client(platform, deadline=20), phones) == set(KNOWN)


def test_eight_threads_share_one_first_token(platform, make_client):
    platform.latency = 0.01
    assert ask_all(make_client(platform, deadline=20), KNOWN) == set(KNOWN)
    assert len(platform.token_calls) == 1


def test_p5_eight_threads_whose_token_died_renew_it_once(platform, make_client):
    client = make_client(platform, deadline=20)
    client.lookup(OWNER)
    platform.expire_tokens()
    assert ask_all(client, KNOWN) == set(KNOWN)
    assert len(platform.token_calls) == 2


def test_a_holder_that_died_is_not_waited_for_longer_than_its_lease(client):
    Lease(client.tokens.lock, seconds=0.3).take()
    assert client.lookup(OWNER).attempts == 1


def test_a_holder_that_does_not_come_back_ends_the_wait_at_the_deadline(platform, make_client):
    client = make_client(platform, deadline=0.3)
    Lease(client.tokens.lock, seconds=60).take()
    assert failure(client) == ("deadline", 0)
    assert platform.requests == []


def test_a_lease_is_given_back_after_a_failure_too(client, platform):
    platform.fault = "p4-token-refused"
    failure(client)
    assert Lease(client.tokens.lock, seconds=1).take()


def test_a_lease_is_taken_by_one(client):
    one, other = Lease(client.tokens.lock, 5), Lease(client.tokens.lock, 5)
    assert one.take() and not other.take()
    other.release()
    assert one.held()


@pytest.mark.parametrize(
    ("fault", "outcome", "calls"),
    [
        ("p4-token-refused", ("token", 0), 1),
        ("p4-token-missing", ("token", 0), 1),
        ("p4-token-empty", ("token", 0), 1),
        ("p4-token-null", ("token", 0), 1),
        ("p4-token-number", ("token", 0), 1),
        ("p4-token-list", ("token", 0), 1),
        ("p4-token-401", ("token", 0), 1),
        ("p4-token-html", ("token", 0), 1),
        ("p4-token-500", ("unavailable", 0), 4),
        ("p4-token-reset", ("unavailable", 0), 3),
        ("p6-wrong-credentials", ("token", 0), 1),
    ],
)
def test_a_token_that_is_not_to_be_had_is_an_error(client, platform, fault, outcome, calls):
    platform.fault = fault
    assert failure(client) == outcome
    assert (len(platform.token_calls), len(platform.lookups)) == (calls, 0)


def test_p4_a_token_endpoint_that_stalls_ends_at_the_deadline(platform, make_client):
    platform.fault = "p4-token-stall"
    assert failure(make_client(platform, deadline=0.5)) == ("deadline", 0)


def test_p4_a_token_endpoint_that_says_too_often_is_a_rate_limit(platform, make_client):
    platform.fault = "p4-token-too-often"
    assert failure(make_client(platform, deadline=0.5)) == ("rate-limited", 0)


@pytest.mark.parametrize(
    "fault",
    [
        "p4-token-without-code",
        "p4-expires-text",
        "p4-expires-string",
        "p4-expires-zero",
        "p4-expires-negative",
    ],
)
def test_a_token_is_used_until_it_is_refused_whatever_is_said_of_its_life(client, platform, fault):
    platform.fault = fault
    client.lookup(OWNER)
    assert client.lookup(OWNER).attempts == 1
    assert len(platform.token_calls) == 1


@pytest.mark.parametrize(
    "document",
    [
        b'{"code": true, "token": "a"}',
        b'{"code": null, "token": "a"}',
        b'{"code": "00", "token": "a"}',
        b'{"token": "  "}',
        b'{"token": "a\\u0000"}',
        b'{"token": "\\ud800"}',
        b'{"token": "a", "token": "b"}',
        b"[]",
    ],
)
def test_p4_a_token_document_of_another_form_is_an_error(client, platform, document):
    platform.token_script = Script([Body(document)])
    assert failure(client) == ("token", 0)


def test_p6_our_own_wrong_credentials_are_tried_once(platform, make_client):
    assert failure(make_client(platform, key_d="wrong")) == ("token", 0)
    assert len(platform.token_calls) == 1


def test_p6_a_dead_token_that_cannot_be_renewed_is_an_error_and_no_answer(warm, platform):
    platform.expire_tokens()
    platform.token_script = Script([Play("p6-wrong-credentials")])
    assert failure(warm) == ("token", 1)


@pytest.mark.django_db
def test_x8_a_lookup_inside_a_transaction_is_a_bug(client, platform):
    with transaction.atomic(), pytest.raises(RuntimeError):
        client.lookup(OWNER)
    assert platform.requests == []


@pytest.mark.django_db
def test_x8_the_transaction_around_a_test_is_none(client):
    assert client.lookup(OWNER).attempts == 1


@pytest.mark.django_db
def test_the_database_cache_keeps_token_and_lease(settings, platform, make_client):
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}
    }
    client = make_client(platform)
    client.lookup(OWNER)
    platform.expire_tokens()
    assert client.lookup(OWNER).attempts == 2
    assert client.tokens.newest() is not None
