"""操作日志: acts that leave no history row of their own, with who and why, where auditors read them."""

from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models

from residents.masking import scrub
from residents.models import User


def note(by: User, record: models.Model, what: str, *, gone: bool = False) -> None:
    """One row of the log. The text is scrubbed of numbers, and `str` of a record names nobody."""
    LogEntry.objects.create(
        user_id=by.pk,
        content_type=ContentType.objects.get_for_model(record),
        object_id=str(record.pk),
        object_repr=str(record)[:200],
        action_flag=DELETION if gone else CHANGE,
        change_message=scrub(what)[:500],
    )
