"""One phone from question to outcome; the run's rows tell staff what came of it."""

import json
import time
from collections.abc import Callable, Sequence
from uuid import UUID

import structlog
from django.db import DatabaseError
from django.utils import timezone

from houses.models import Finding, House, Membership
from residents.crypto import digest
from residents.exceptions import Refused
from residents.models import User

from .books import Asked
from .client import PlatformClient, Reply
from .exceptions import SyncError
from .merge import RULES_VERSION, Outcome, merge
from .models import Mention, MentionQuerySet, PlatformRecord, SyncItem, SyncRun
from .schemas import read_answer

log = structlog.get_logger(__name__)

Fetched = Asked | Outcome

ITEM_FIELDS = ["outcome", "cause", "attempts", "seconds"]


def sync_phone(phone: str, *, client: PlatformClient | None = None, by: User | None = None) -> Outcome:
    """Ask the platform for one phone and store what it answers, in a run of its own."""
    return or_failed(phone, lambda: in_a_run(phone, client, by))


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
) -> Outcome:
    """Ask, store and note what came of it. `admit` looks at what came before any of it is
    stored, and raises Refused where it must not be."""
    run = SyncRun.objects.create(started_by=by)
    item = SyncItem.objects.create(run=run, phone=phone)
    started = time.monotonic()
    outcome = Outcome(phone, "failed", "internal")
    try:
        with client or PlatformClient.from_settings() as platform:
            fetched = fetch(phone, platform)
        if admit is not None:
            admit(fetched)
        outcome = settle([fetched])[0]
    except Refused as refused:
        outcome.cause = refused.code
        raise
    finally:
        record_outcome(item, outcome, time.monotonic() - started)
        SyncRun.objects.filter(pk=run.pk).update(status=SyncRun.Status.DONE, finished_at=timezone.now())
    return outcome


def fetch(phone: str, client: PlatformClient) -> Fetched:
    """Ask, recognise the same answer, read a new one. A failure is an outcome; no transaction is open."""
    attempts = 0
    try:
        reply = client.lookup(phone)
        attempts = reply.attempts
        return _read(phone, reply)
    except SyncError as error:
        return Outcome(phone, "failed", error.cause, max(error.attempts, attempts))
    except DatabaseError:
        return Outcome(phone, "failed", "database", attempts)


def _read(phone: str, reply: Reply) -> Fetched:
    if reply.data is None:
        _checked(phone)
        return Outcome(phone, "not_found", attempts=reply.attempts)
    seen = answer_digest(reply.data)
    if PlatformRecord.objects.filter(phone=phone, digest=seen, rules_version=RULES_VERSION).exists():
        _checked(phone)
        return unchanged(phone, reply.attempts)
    return Asked(phone, read_answer(reply.data, phone=phone), seen, reply.attempts)


def answer_digest(data: object) -> str:
    """Recognises an answer that says the same; keyed, so that nothing of it is stored."""
    return digest(json.dumps(data, sort_keys=True), context="answer")


def _checked(phone: str) -> None:
    PlatformRecord.objects.filter(phone=phone).update(checked_at=timezone.now())


def settle(fetched: Sequence[Fetched]) -> list[Outcome]:
    """Merge what was read, in one set; what has its outcome already keeps it."""
    asked = [one for one in fetched if isinstance(one, Asked)]
    merged = iter(merge(asked)) if asked else iter(())
    outcomes = []
    for one in fetched:
        outcome = next(merged) if isinstance(one, Asked) else one
        outcome.attempts = one.attempts
        outcomes.append(outcome)
    return outcomes


def unchanged(phone: str, attempts: int) -> Outcome:
    """The outcome of an answer that was recognised: everything it names is as it was."""
    rows = Membership.objects.filter(mentions__in=_named_by(phone))
    people = {*rows.values_list("resident_id", flat=True)} | _subjects(phone)
    result = Outcome(phone, "unchanged", attempts=attempts)
    result.residents["unchanged"] = len(people)
    result.houses["unchanged"] = rows.values("house").distinct().count()
    result.memberships["unchanged"] = rows.count()
    return result


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


def note_outcome(item: SyncItem, outcome: Outcome, seconds: float) -> None:
    """Write the outcome into the item; not saved."""
    item.outcome, item.cause = outcome.outcome, outcome.cause or ""
    item.attempts, item.seconds = outcome.attempts, round(seconds, 3)


def record_outcome(item: SyncItem, outcome: Outcome, seconds: float) -> None:
    note_outcome(item, outcome, seconds)
    item.save(update_fields=ITEM_FIELDS)
    log.info("phone synced", run=item.run_id, outcome=item.outcome, cause=item.cause, attempts=item.attempts)
