"""A stored value as a person reads it: labels for codes, masks for numbers, nothing sealed in full."""

from datetime import date, datetime
from typing import Any

from django.db import models
from django.utils import timezone

from .fields import Sealed, SealedBooleanField
from .masking import mask_id_number, mask_phone, scrub
from .upstream import blank

NOTHING = "—"
_MASKS = {"id_number": mask_id_number, "phone": mask_phone}


def in_words(field: models.Field, value: Any) -> str:
    """The value of a model field, in Chinese and masked. Of a relation it tells only whether there is one."""
    if blank(value):
        return NOTHING
    if isinstance(field, Sealed) and not isinstance(field, SealedBooleanField):
        mask = _MASKS.get(field.name)
        return mask(str(value)) if mask else "已登记"
    if field.is_relation:
        return "已登记"
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    return _plain(field, value)


def _plain(field: models.Field, value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        # A birthday is eight of the eighteen digits: beside a masked number only the year is told.
        return f"{value.year} 年" if field.name == "birth_date" else value.isoformat()
    return scrub(str(value))
