"""Writing many rows in few statements."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models
from django.utils import timezone

from .models import User

BATCH = 500


def overwrite(rows: Sequence[models.Model], fields: Sequence[str]) -> None:
    """Write these fields of rows that stand in the database and are locked by the caller.

    An upsert on the key: one plain statement a batch, where `bulk_update` builds a CASE
    for each field of each row and takes many times as long.
    """
    if rows:
        type(rows[0])._default_manager.bulk_create(
            rows, batch_size=BATCH, update_conflicts=True, unique_fields=["pk"], update_fields=fields
        )


def record_history(
    rows: Sequence[Any], *, by: User | None = None, why: str = "", update: bool = False
) -> None:
    """One history row each, in one INSERT a batch. All rows are of one model."""
    if rows:
        type(rows[0]).history.bulk_history_create(
            rows, update=update, default_user=by, default_change_reason=why[:100], batch_size=BATCH
        )


def sign(record: Any, by: User | None, why: str) -> None:
    """Who changes the record and why: for the history row that its next `save` leaves."""
    record._history_user, record._change_reason = by, why[:100]


def revise(record: Any, fields: Iterable[str], *, by: User | None, why: str) -> None:
    """Save these fields of a locked record as its next version, with the history row of it."""
    record.version += 1
    record.updated_at = timezone.now()
    sign(record, by, why)
    record.save(update_fields={*fields, "version", "updated_at"})
