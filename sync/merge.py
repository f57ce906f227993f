"""Answers into records: one transaction for a set, one unit for each answer.

    merge(answers) -> outcomes, in the order of the answers

A set is loaded in a handful of queries, applied in memory answer by answer
(`sync.unit`), and written in sets. When it fails as a whole, its answers are replayed
one by one, so that a bad one costs itself only. No network call happens in here.
"""

import gc
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from houses import findings
from houses.models import Community, House, Membership
from houses.models.membership import STATED, hand_over
from houses.neighbourhood import Neighbourhood
from residents.bulk import fresh, insert, insert_absent, overwrite, record_history
from residents.crypto import SealError
from residents.models import NumberLock, Resident, Tombstone

from .books import CREATED, UNCHANGED, UPDATED, Asked, Books
from .exceptions import StorageError
from .matching import form, number_of
from .models import Mention, PlatformRecord
from .street import Address, Street, standing
from .unit import Unit, address_of

# Raise it when reading or merging changes its meaning: then the same answer is read again.
RULES_VERSION = 2

TRIES = 3
# Two processes that meet a new community wait for each other's whole set: once more, then one by one.
TRIES_OF_A_SET = 2
# Each time; five seconds in all, and then it is `busy` (X1).
LOCK_SECONDS = 1.6
log = structlog.get_logger(__name__)
WHY = "安防平台同步"

HOUSE_FIELDS = ["floor", *House.SYNCED, "upstream", "sources", "version", "updated_at"]
RESIDENT_FIELDS = [*Resident.SYNCED, "pinyin", "upstream", "sources", "version", "updated_at"]
MEMBERSHIP_FIELDS = [
    *Membership.SYNCED, *STATED, "managed_by", "absent_since", "relisted_since",
    "upstream", "sources", "version", "updated_at",
]  # fmt: skip


@dataclass
class Outcome:
    """What became of one phone: `outcome` is created, updated, unchanged, not_found or failed."""

    phone: str = field(repr=False)
    outcome: str
    cause: str | None = None
    attempts: int = 0
    residents: Counter[str] = field(default_factory=Counter)
    houses: Counter[str] = field(default_factory=Counter)
    memberships: Counter[str] = field(default_factory=Counter)
    fields_updated: int = 0
    conflicts: int = 0
    # Of both, `values` and `conflicts` about the petition flag: told to who may see it.
    flags: Counter[str] = field(default_factory=Counter)

    @property
    def stored(self) -> bool:
        """Whether what the platform said of this phone stands in the books."""
        return self.outcome not in ("failed", "not_found")


Record = Callable[[Sequence[Outcome]], object]
Alone = Callable[[], AbstractContextManager[None]]


def merge(
    answers: Sequence[Asked], record: Record = lambda outcomes: None, alone: Alone = nullcontext
) -> list[Outcome]:
    """Merge answers; each is stored wholly or not at all, and a failure is an outcome.

    `record` notes the outcomes of what is stored, in the same transaction. `alone` is entered while
    locks are held for which others wait.
    """
    if not answers:
        return []
    try:
        return _persistently(answers, record, alone)
    except StorageError as error:
        if len(answers) == 1:
            return [Outcome(one.phone, "failed", error.cause, one.attempts) for one in answers]
        log.warning("set replayed one by one", answers=len(answers), cause=error.cause)
    return [outcome for one in answers for outcome in merge([one], record, alone)]


def _persistently(answers: Sequence[Asked], record: Record, alone: Alone) -> list[Outcome]:
    """Deadlocks and lost races are tried again: the other side has committed by then."""
    tries = TRIES if len(answers) == 1 else TRIES_OF_A_SET
    for attempt in range(1, tries + 1):
        try:
            return _merge_set(answers, record, alone)
        except (IntegrityError, OperationalError, InterfaceError):
            if attempt == tries:
                raise StorageError("busy") from None
            _mend_connection()
        except DatabaseError:
            raise StorageError("database") from None
        except SealError:
            raise StorageError("keys") from None
        except Exception as error:  # a fault of ours: one bad answer must not stop a run of thousands
            log.error("merge failed", error=type(error).__name__, at=_place_of(error))
            raise StorageError("internal") from None
    raise AssertionError("unreachable")


def _mend_connection() -> None:
    """One that broke is closed, so that the next try opens another."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()


def _place_of(error: Exception) -> str:
    """Where it was raised. The message itself may quote a value, so it is never logged."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"


@contextmanager
def _collector_paused() -> Iterator[None]:
    """What a set builds lives until its end: looking for garbage among it takes a fifth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@_collector_paused()
@transaction.atomic
def _merge_set(answers: Sequence[Asked], record: Record, alone: Alone) -> list[Outcome]:
    _wait_for_locks_no_longer_than(LOCK_SECONDS)
    with alone():
        books = _open_books(answers)
        units = []
        for asked in answers:
            unit = Unit(books, asked)
            unit.apply()
            units.append(unit)
        _write(books)
        outcomes = [_outcome(asked, unit) for asked, unit in zip(answers, units, strict=True)]
        record(outcomes)
    return outcomes


def _wait_for_locks_no_longer_than(seconds: float) -> None:
    """SQLite has one writer and a timeout of its own (config/settings.py)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{seconds * 1000:.0f}ms"])


# -- reading -----------------------------------------------------------------------------


def _open_books(answers: Sequence[Asked]) -> Books:
    """Take the locks in one order (phones, numbers, houses, people), then read what they guard."""
    records = _lock_phones(answers)
    numbers = {form(number) for asked in answers for number in _numbers(asked)} - {""}
    NumberLock.take(numbers)
    now = timezone.now()
    erased = Tombstone.among(numbers)
    homes = _homes([asked for asked in answers if number_of(asked.answer) not in erased], now)
    mentions = Mention.objects.filter(record__in=[record.pk for record in records.values()])
    named = dict(mentions.values_list("membership_id", "membership__house_id"))
    subjects = {record.subject_id for record in records.values() if record.subject_id}
    around = Neighbourhood.load(
        houses={*homes.values(), *named.values()},
        residents=subjects,
        numbers=numbers,
        lock=True,
    )
    houses = {address: around.houses[pk] for address, pk in homes.items()}
    books = Books(around, houses, records, erased, _erased_rows(answers, houses), now)
    _load_mentions(books)
    return books


def _erased_rows(answers: Sequence[Asked], houses: dict[Address, House]) -> set[tuple[int, str, str]]:
    rows = {
        (houses[address_of(home)].pk, row.name or "", row.number or "")
        for asked in answers
        for home in asked.answer.houses
        if address_of(home) in houses
        for row in home.members or []
    }
    return Tombstone.rows_among(rows)


def _numbers(asked: Asked) -> Iterable[str]:
    yield asked.answer.number
    for dwelling in asked.answer.houses:
        yield from (row.number for row in dwelling.members or [])


def _lock_phones(answers: Sequence[Asked]) -> dict[str, PlatformRecord]:
    phones = sorted({asked.phone for asked in answers})
    known = set(PlatformRecord.objects.filter(phone__in=phones).values_list("phone", flat=True))
    insert_absent([fresh(PlatformRecord, phone=phone) for phone in phones if phone not in known])
    found = PlatformRecord.objects.filter(phone__in=phones).order_by("pk").select_for_update()
    return {record.phone: record for record in found}


def _communities(codes: set[str], now: datetime) -> dict[str, Community]:
    known = set(Community.objects.filter(platform_code__in=codes).values_list("platform_code", flat=True))
    insert_absent([fresh(Community, platform_code=code, created_at=now) for code in sorted(codes - known)])
    found = list(Community.objects.filter(platform_code__in=codes))
    record_history([community for community in found if community.created_at == now], why=WHY)
    return {community.platform_code: community for community in found}


def _homes(answers: Sequence[Asked], now: datetime) -> dict[Address, int]:
    """The house (pk) of every address; what is new is inserted, blank but for its address."""
    addresses = list(dict.fromkeys(address_of(home) for asked in answers for home in asked.answer.houses))
    communities = _communities({address[0] for address in addresses}, now)
    street = Street(communities, addresses)
    doors = {address: street.enter(address) for address in addresses}
    new = {door.address: door for door in doors.values() if not door.house}
    houses = [_blank_house(communities, address, now) for address in sorted(new)]
    insert_absent(houses)
    for address, pk in standing(communities, new):
        if address in new:
            new[address].house = pk
    return {address: door.house for address, door in doors.items()}


def _blank_house(communities: dict[str, Community], address: Address, now: datetime) -> House:
    code, building, unit, floor, room = address
    parts = {"building": building, "unit": unit, "floor": floor, "room": room}
    return fresh(House, community_id=communities[code].pk, **parts, created_at=now, updated_at=now)


def _load_mentions(books: Books) -> None:
    """The mentions by these phones, and those by other phones of the same memberships."""
    rows = books.around.rows
    for mention in Mention.objects.filter(membership__in=rows).order_by("pk"):
        mention.membership = rows[mention.membership_id]
        books.add_mention(mention)


# -- writing -----------------------------------------------------------------------------


def _write(books: Books) -> None:
    _write_rows(books, Resident, RESIDENT_FIELDS)
    _write_houses(books)
    _write_rows(books, Membership, MEMBERSHIP_FIELDS)
    hand_over(books.pending(Membership, UPDATED))
    _write_bookkeeping(books)
    _restate_dependants(books)
    _check(books)


def _write_rows(books: Books, model: type[Resident] | type[Membership], fields: list[str]) -> None:
    created, updated = books.pending(model, CREATED), books.pending(model, UPDATED)
    insert(created)
    record_history(created, why=WHY)
    _update(books, updated, fields)


def _write_houses(books: Books) -> None:
    """New houses stand already, with nothing but their address: their values follow."""
    created, updated = books.pending(House, CREATED), books.pending(House, UPDATED)
    overwrite(created, HOUSE_FIELDS)
    record_history(created, why=WHY)
    _update(books, updated, HOUSE_FIELDS)


def _update(books: Books, rows: list[Any], fields: list[str]) -> None:
    for row in rows:
        row.version += 1
        row.updated_at = books.now
    overwrite(rows, fields)
    record_history(rows, why=WHY, update=True)


def _write_bookkeeping(books: Books) -> None:
    changed = list({id(mention): mention for mention in books.changed_mentions}.values())
    for mention in changed:
        mention.membership = mention.membership  # its key is known by now
    new, known = [m for m in changed if m._state.adding], [m for m in changed if not m._state.adding]
    insert(new)
    overwrite(known, ["row", "role", "own", "absent_since"])
    for record in books.records.values():
        record.rules_version, record.checked_at = RULES_VERSION, books.now
    overwrite(list(books.records.values()), ["digest", "rules_version", "subject", "checked_at", "heard"])


def _restate_dependants(books: Books) -> None:
    """Whoever is reached through a person's phone may be complete now, wherever they live.

    Through somebody whom this set created nobody is reached yet.
    """
    people = books.pending(Resident, UPDATED)
    elsewhere = Resident.objects.filter(contact__in=people).exclude(pk__in=books.around.residents)
    dependants = elsewhere.select_related("contact")
    Membership.objects.restate(dependants, why=WHY)


def _check(books: Books) -> None:
    touched = [record for record, _ in books.touched.values()]
    people = {record.pk for record in touched if isinstance(record, Resident)}
    homes = {record.pk for record in touched if isinstance(record, House)}
    homes |= {record.house_id for record in touched if isinstance(record, Membership)}
    if touched:
        scope = findings.scope_of(books.around, residents=people, houses=homes, numbers=books.numbers)
        findings.check(books.around, scope)


def _outcome(asked: Asked, unit: Unit) -> Outcome:
    states = unit.states.values()
    result = Outcome(asked.phone, UNCHANGED, None, asked.attempts, conflicts=unit.conflicts, flags=unit.flags)
    for record, state in states:
        counts = {Resident: result.residents, House: result.houses, Membership: result.memberships}
        counts[type(record)][state] += 1
        result.fields_updated += unit.new_values[id(record)] if state != CREATED else 0
    if any(state != UNCHANGED for _, state in states) or unit.conflicts:
        result.outcome = UPDATED
    if unit.found and unit.states[id(unit.found.resident)][1] == CREATED:
        result.outcome = CREATED
    return result
