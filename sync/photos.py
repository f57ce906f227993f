"""Photos of the platform: fetched in the background, made ours, stored sealed (faults.md, D14 to D17).

What is to be done follows from the residents and from `PhotoFetch`; a merge knows nothing of it.
An address is asked once, and again only after a failure, a few times, further and further apart.
One that differs at each sync (a signed query) is followed once a day at most, and the file tells
whether it is another picture. What fails leaves the photo that stands.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import DatabaseError
from django.db.models import F, Q
from django.utils import timezone

from residents import images
from residents.crypto import SealError
from residents.exceptions import Refused
from residents.fields import SealedField
from residents.models import Photo, Resident
from residents.models.photo import REPLACES
from residents.upstream import Sources

from .models import PhotoFetch
from .photo_client import Gate, NoPhoto

DAY = timedelta(days=1)
PAUSES = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), DAY)
LEASE = timedelta(minutes=5)
PAGE = 200

# Refused by the address itself, before anybody was asked; and a file that will not be another one tomorrow.
UNASKED = frozenset({"address", "host"})
FINAL = frozenset({"too-big", "photo_too_big", "photo_format", "photo_unreadable"})

Outcome = PhotoFetch.Outcome
log = structlog.get_logger(__name__)


def fetch_due(gate: Gate | None = None) -> Counter[str]:
    """One pass over all that is due now: how often each outcome came. Without hosts there is none."""
    gate = gate or Gate.from_settings()
    if not gate.hosts:
        return Counter()
    _queue_newcomers()
    return Counter(outcome for fetch in _due() if (outcome := _work(fetch, gate)))


def _queue_newcomers() -> None:
    """A row for everybody whose photo has an address and was never asked for."""
    new = Resident.objects.filter(photo_fetch=None).exclude(photo_url="").values_list("pk", flat=True)
    while page := list(new[:PAGE]):
        PhotoFetch.objects.bulk_create([PhotoFetch(resident_id=pk) for pk in page], ignore_conflicts=True)


def _due() -> Iterator[PhotoFetch]:
    """What is due now, a page at a time."""
    now, last = timezone.now(), 0
    rows = PhotoFetch.objects.alias(stands=SealedField.digest_of("resident__photo_url"))
    changed = ~Q(address=F("stands")) & (Q(asked_at=None) | Q(asked_at__lte=now - DAY))
    due = rows.filter(Q(next_at__lte=now) | changed).order_by("pk")
    while page := list(due.filter(pk__gt=last)[:PAGE]):
        last = page[-1].pk
        yield from page


def _work(fetch: PhotoFetch, gate: Gate) -> str:
    """Get one photo; "" where another worker is at it."""
    if not _lease(fetch):
        return ""
    url = Resident.objects.filter(pk=fetch.resident_id).values_list("photo_url", flat=True).first() or ""
    try:
        outcome, cause = _get(fetch, url, gate), ""
    except NoPhoto as none:
        outcome, cause = Outcome.FAILED, none.cause
    except (DatabaseError, SealError):
        raise
    except Exception as error:  # a fault of ours: one bad file must not stop all others, again and again
        log.error("photo failed", error=type(error).__name__)
        outcome, cause = Outcome.FAILED, "internal"
    _note(fetch, url, outcome, cause)
    return outcome


def _lease(fetch: PhotoFetch) -> bool:
    """The row is ours for some minutes, where it still is as it was read."""
    now = timezone.now()
    as_read = PhotoFetch.objects.filter(pk=fetch.pk, asked_at=fetch.asked_at, next_at=fetch.next_at)
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    return bool(as_read.filter(free).update(leased_until=now + LEASE))


def _get(fetch: PhotoFetch, url: str, gate: Gate) -> Outcome:
    """Raises NoPhoto. A household's or the office's photo stays, and then nothing is downloaded."""
    standing = Photo.of(fetch.resident_id)
    if standing and standing.source not in REPLACES[Sources.PLATFORM]:
        return Outcome.KEPT
    try:
        portrait = images.portrait(gate.fetch(url))
    except Refused as refused:
        raise NoPhoto(refused.code) from None
    try:
        stored = Photo.keep(fetch.resident_id, portrait, Sources.PLATFORM)
    except Refused:  # somebody put one there meanwhile, or the person is gone
        return Outcome.KEPT
    return Outcome.STORED if stored else Outcome.UNCHANGED


def _note(fetch: PhotoFetch, url: str, outcome: Outcome, cause: str) -> None:
    """What came of it, and when to ask again."""
    now, address = timezone.now(), _digest(url)
    failures = 1 + (fetch.attempts if fetch.address == address else 0) if cause else 0
    noted: dict[str, Any] = {"address": address, "outcome": outcome, "cause": cause, "attempts": failures}
    if outcome != Outcome.KEPT and cause not in UNASKED:
        noted["asked_at"] = now
    noted |= {"next_at": _next(now, outcome, cause, failures), "leased_until": None}
    PhotoFetch.objects.filter(pk=fetch.pk).update(**noted)


def _next(now: datetime, outcome: Outcome, cause: str, failures: int) -> datetime | None:
    """When this address is due again. Whom nobody asked, the settings may allow tomorrow."""
    if outcome == Outcome.KEPT or cause in UNASKED:
        return now + DAY
    if not cause or cause in FINAL or failures > len(PAUSES):
        return None
    return now + PAUSES[failures - 1]


def _digest(url: str) -> str:
    """As the column of the address begins."""
    field: Any = Resident._meta.get_field("photo_url")
    return str(field.digest(url))
