"""One phone from question to outcome; the run's rows tell staff what came of it."""

import json
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from django.db import DatabaseError, transaction
from django.utils import timezone

from houses.models import Finding, House, Membership
from residents.crypto import SealError, digest
from residents.exceptions import Refused
from residents.models import User

from .books import Asked
from .client import PlatformClient
from .exceptions import SyncError
from .leases import columns
from .merge import RULES_VERSION, Alone, Outcome, Record, merge
from .models import Mention, MentionQuerySet, PlatformRecord, SyncItem, SyncRun
from .schemas import read_answer

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Recognised:
    """An answer not read: the phone's last one again, as far as was known when it was asked."""

    phone: str = field(repr=False)
    data: object = field(repr=False)
    digest: str
    attempts: int = 0


Fetched = Asked | Recognised | Outcome


def sync_phone(
    phone: str,
    *,
    client: PlatformClient | None = None,
    by: User | None = None,
    kind: str = SyncRun.Kind.PHONE,
) -> Outcome:
    """Ask the platform for one phone and store what it answers, in a run of its own."""
    return or_failed(phone, lambda: in_a_run(phone, client, by, kind=kind))


def or_failed(phone: str, sync: Callable[[], Outcome]) -> Outcome:
    """What came of it; also a database that fails beside the answer (the run, who it is) is an outcome."""
    try:
        return sync()
    except DatabaseError:
        return Outcome(phone, "failed", "database")


def in_a_run(
    phone: str,
    client: PlatformClient | None,
    by: User | None,
    admit: Callable[[Fetched], None] | None = None,
    kind: str = SyncRun.Kind.PHONE,
) -> Outcome:
    """Ask, store and note what came of it. `admit` looks at what came before any of it is
    stored, and raises Refused where it must not be."""
    run = SyncRun.objects.create(started_by=by, kind=kind, total=1, heartbeat_at=timezone.now())
    item = SyncItem.objects.create(run=run, phone=phone)
    started = time.monotonic()
    outcome = Outcome(phone, "failed", "internal")
    try:
        known = known_digests([phone])
        with client or PlatformClient.from_settings() as platform:
            fetched = fetch(phone, platform, known.get(phone, ""))
        if admit is not None:
            admit(fetched)
        outcome = settle([fetched], reread=admit is None)[0]
        if outcome.outcome == "unchanged" and isinstance(fetched, Recognised):
            count_unchanged(outcome)
    except SealError:
        outcome = Outcome(phone, "failed", "keys")  # already what was known of the phone is not readable
    except Refused as refused:
        outcome.cause = refused.code
        raise
    finally:
        record_outcome(item, outcome, time.monotonic() - started)
        run.finish()
    return outcome


def known_digests(phones: Collection[str]) -> dict[str, str]:
    """By phone, what its last answer is recognised by; read under today's rules."""
    known = PlatformRecord.objects.filter(phone__in=phones, rules_version=RULES_VERSION).exclude(digest="")
    return dict(known.values_list("phone", "digest"))


def fetch(phone: str, client: PlatformClient, known: str = "") -> Fetched:
    """Ask, recognise the same answer, read a new one. A failure is an outcome; no transaction is open."""
    attempts = 0
    try:
        reply = client.lookup(phone)
        attempts = reply.attempts
        if reply.data is None:
            return Outcome(phone, "not_found", attempts=attempts)
        answer = Recognised(phone, reply.data, answer_digest(reply.data), attempts)
        return answer if answer.digest == known else _asked(answer)
    except SyncError as error:
        return Outcome(phone, "failed", error.cause, max(error.attempts, attempts))
    except DatabaseError:
        return Outcome(phone, "failed", "database", attempts)


def _asked(answer: Recognised) -> Asked:
    """Raises AnswerError."""
    read = read_answer(answer.data, phone=answer.phone)
    asked = Asked(answer.phone, read, answer.digest, answer.attempts)
    _ = asked.heard  # now: a merge holds locks
    return asked


def answer_digest(data: object) -> str:
    """Recognises an answer that says the same; keyed, so that nothing of it is stored."""
    return digest(json.dumps(data, sort_keys=True), context="answer")


def settle(
    fetched: Sequence[Fetched],
    record: Record = lambda outcomes: None,
    *,
    reread: bool = True,
    alone: Alone = nullcontext,
) -> list[Outcome]:
    """Store what was fetched, in one set, its phones all different: the outcomes, in its order.

    `record` notes outcomes, in the transaction that stores their answers. `reread`: an answer that was
    recognised, of a phone whose record has changed since, is merged; else it has failed, as `busy`.
    `alone` is for `merge`.
    """
    known = known_digests([one.phone for one in fetched if isinstance(one, Recognised)])
    read = [_resolved(one, known, reread) if isinstance(one, Recognised) else one for one in fetched]
    ready = [one for one in read if isinstance(one, Outcome)]
    _note_ready(ready, record)
    merged = merge([one for one in read if isinstance(one, Asked)], record, alone)
    record([outcome for outcome in merged if outcome.cause])
    outcomes = {outcome.phone: outcome for outcome in [*ready, *merged]}
    return [outcomes[one.phone] for one in fetched]


def _resolved(one: Recognised, known: dict[str, str], reread: bool) -> Asked | Outcome:
    if known.get(one.phone) == one.digest:
        return Outcome(one.phone, "unchanged", attempts=one.attempts)
    if not reread:
        return Outcome(one.phone, "failed", "busy", one.attempts)
    try:
        return _asked(one)
    except SyncError as error:
        return Outcome(one.phone, "failed", error.cause, one.attempts)


def _note_ready(ready: Sequence[Outcome], record: Record) -> None:
    """What needs no merge: the platform was asked, and said the same or nothing."""
    if not ready:
        return
    answered = [one.phone for one in ready if not one.cause]
    with transaction.atomic():
        if answered:
            PlatformRecord.objects.filter(phone__in=answered).update(checked_at=timezone.now())
        record(ready)


def count_unchanged(outcome: Outcome) -> None:
    """Of an answer that was recognised: everything it names is as it was."""
    rows = Membership.objects.filter(mentions__in=_named_by(outcome.phone))
    people = {*rows.values_list("resident_id", flat=True)} | _subjects(outcome.phone)
    outcome.residents["unchanged"] = len(people)
    outcome.houses["unchanged"] = rows.values("house").distinct().count()
    outcome.memberships["unchanged"] = rows.count()


def _named_by(phone: str) -> MentionQuerySet:
    return Mention.objects.filter(record__in=PlatformRecord.objects.filter(phone=phone), absent_since=None)


def _subjects(phone: str) -> set[UUID]:
    subjects = PlatformRecord.objects.filter(phone=phone).values_list("subject_id", flat=True)
    return {pk for pk in subjects if pk is not None}


def open_findings(phone: str) -> list[str]:
    """Codes open on the subject, the answer's houses, their communities, members and residents."""
    homes = House.objects.filter(memberships__mentions__in=_named_by(phone)).values_list("pk", flat=True)
    rows = Membership.objects.open().filter(house__in=set(homes))
    people = {*rows.values_list("resident_id", flat=True)} | _subjects(phone)
    found = (
        Finding.objects.open().filter(resident__in=people)
        | Finding.objects.open().filter(house__in=set(homes))
        | Finding.objects.open().filter(community__houses__in=set(homes))
        | Finding.objects.open().filter(membership__in=rows)
    )
    return sorted(set(found.values_list("code", flat=True)))


def record_outcome(item: SyncItem, outcome: Outcome, seconds: float) -> None:
    SyncItem.objects.filter(pk=item.pk).update(**columns(outcome, seconds), done_at=timezone.now())
    told = {"outcome": outcome.outcome, "cause": outcome.cause, "attempts": outcome.attempts}
    log.info("phone synced", run=item.run_id, **told)
