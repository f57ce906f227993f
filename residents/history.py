"""History in words: who, when, which field from what to what; masked."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models

from .models import Resident
from .wording import in_words

WHAT = {"+": "建档", "~": "修改", "-": "删除"}
_UNTOLD = {"version", "updated_at", "sources", "created_at", "password", "claimed_by", "claimed_at"}

# Model and keys -> the names of those records that the reader may see.
Names = Callable[[Any, set[Any]], Mapping[Any, str]]


@dataclass
class Change:
    """One field of one history row, in words."""

    label: str
    before: str
    after: str


@dataclass
class Entry:
    """One history row, in words; `about` tells of which record where a page shows several."""

    at: datetime
    who: str
    what: str
    why: str
    changes: list[Change] = field(default_factory=list)
    about: str = ""


def told_fields(model: Any, *, petitions: bool) -> list[models.Field]:
    hidden = _UNTOLD if petitions else _UNTOLD | {Resident.PETITION}
    return [one for one in model._meta.concrete_fields if one.name not in hidden]


def in_entries(
    model: Any,
    pairs: Sequence[tuple[Any, Any]],
    *,
    petitions: bool,
    names: Names,
    called: Mapping[Any, str] | None = None,
    colleagues: set[int] | None = None,
) -> Iterator[Entry]:
    """Each history row with the one before it (None for the first), as an entry.

    `called` says by key what a record is called, where rows of several are told. Staff who are
    none of the `colleagues` (None: all are) work elsewhere: neither their name nor their reason is told.
    """
    rows = [row for pair in pairs for row in pair if row is not None]
    fields = [
        one for one in told_fields(model, petitions=petitions) if rows and hasattr(rows[0], one.attname)
    ]
    known = _names(fields, pairs, names)
    for row, before in pairs:
        changed = before is not None and row.history_type == "~"
        changes = list(_differences(fields, before, row, known)) if changed else []
        if changed and not changes:
            continue  # a change without a word would tell of a hidden one
        yield Entry(
            at=row.history_date,
            who=signature(row.history_user, colleagues),
            what=WHAT[row.history_type],
            why="" if elsewhere(row.history_user, colleagues) else row.history_change_reason or "",
            changes=changes,
            about=(called or {}).get(row.id, ""),
        )


def elsewhere(user: Any, colleagues: set[int] | None) -> bool:
    return user is not None and user.is_staff and colleagues is not None and user.pk not in colleagues


def signature(user: Any, colleagues: set[int] | None = None) -> str:
    """Who did it, as the reader may know them."""
    if user is None:
        return "系统"
    if not user.is_staff:
        return "住户帐号"
    return "其他小区物业" if elsewhere(user, colleagues) else str(user.shown_name)


def paired(rows: Iterable[Any], key: str = "id") -> list[tuple[Any, Any]]:
    """Rows of several records, newest first: each with the older one of its record."""
    newer: dict[Any, Any] = {}
    pairs: list[tuple[Any, Any]] = []
    for row in rows:
        mine = getattr(row, key)
        if mine in newer:
            pairs.append((newer[mine], row))
        newer[mine] = row
    pairs += [(row, None) for row in newer.values()]
    return sorted(pairs, key=lambda pair: (pair[0].history_date, pair[0].history_id), reverse=True)


def _names(
    fields: list[models.Field], pairs: Sequence[tuple[Any, Any]], names: Names
) -> dict[str, Mapping[Any, str]]:
    """Names of the related records that came or went; what stayed the same is not told."""
    known = {}
    for one in (each for each in fields if each.is_relation):
        values = [(getattr(old, one.attname), getattr(new, one.attname)) for new, old in pairs if old]
        keys = {key for old, new in values if old != new for key in (old, new)} - {None}
        if keys:
            known[one.name] = names(one.related_model, keys)
    return known


def _differences(
    fields: list[models.Field], before: Any, after: Any, names: Mapping[str, Mapping[Any, str]]
) -> Iterator[Change]:
    for one in fields:
        old, new = getattr(before, one.attname), getattr(after, one.attname)
        if old != new:
            known = names.get(one.name, {})
            yield Change(str(one.verbose_name), _told_as(one, old, known), _told_as(one, new, known))


def _told_as(one: models.Field, value: Any, names: Mapping[Any, str]) -> str:
    return names.get(value) or in_words(one, value)
