"""A record of a house's member in words: its fields in the order of a form, their values, whence they are.

Both the office's pages and the household's speak with these; what is shown to whom is theirs to say.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from residents.models import Resident
from residents.upstream import blank
from residents.wording import NOTHING, in_words

from .drafts import OF_MEMBERSHIP
from .models import Membership

# The order in which a paper form asks.
FIELDS = (
    "name", "id_type", "id_number", "sex", "birth_date", "ethnicity", "registered_address", "phone",
    "contact", "political_status", "is_veteran", "is_low_income", "job_title", "employer", "photo_url",
    *OF_MEMBERSHIP,
)  # fmt: skip

# Shown in full to who may see them so: the office's claimer, and the person.
_IN_FULL = {"id_number", "phone"}


class Reader:
    """Values in words: numbers masked, or in full. `names` are the contacts whom the reader may know."""

    def __init__(
        self, *, full: bool = False, names: Mapping[str, str] | None = None, unnamed: str = "非本小区人员"
    ) -> None:
        self.full, self.names, self.unnamed = full, names or {}, unnamed

    def say(self, name: str, value: Any) -> str:
        if blank(value):
            return NOTHING
        if name == "contact":
            return self.names.get(str(value)) or self.unnamed
        model_field = field_named(name)
        if self.full and name in _IN_FULL:
            return str(value)
        if self.full and name == "birth_date":
            return str(model_field.to_python(value).isoformat())
        return in_words(model_field, model_field.to_python(value))


def field_named(name: str) -> Any:
    return (Membership if name in OF_MEMBERSHIP else Resident)._meta.get_field(name)


def label_of(name: str) -> str:
    found = field_named(name)
    return str(found.related_model._meta.verbose_name if found.one_to_one else found.verbose_name)


def labels(names: Iterable[str], most: int = 5) -> str:
    """手机号、户籍地址等 7 项, in the order of the table."""
    found = [label_of(name) for name in in_order(names)]
    return "、".join(found[:most]) + (f"等 {len(found)} 项" if len(found) > most else "")


def in_order(names: Iterable[str]) -> list[str]:
    typed = set(names)
    return [name for name in FIELDS if name in typed]


def moment(at: datetime | None) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M") if at else ""


def day(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d")


def role_of(row: Membership) -> str:
    return str(row.get_role_display()) if row.role is not None else "关系未知"


def name_at_home(row: Membership) -> str:
    """What the household calls a member: the nickname, while activated, else the name."""
    nickname = row.nickname if row.activated_at else ""
    return nickname or row.resident.shown_name


def called_at_home(row: Membership) -> str:
    """付文生（丈夫）."""
    return f"{name_at_home(row)}（{role_of(row)}）"


def whence(record: Any, name: str) -> tuple[str, datetime]:
    """业主填写, and when; what stood from the first day is told as that."""
    label = record.origin.label(name)
    if not label:
        return "建档时登记", record.created_at
    return label, datetime.fromisoformat(record.sources[name]["at"])


def source_of(record: Any, name: str, told: Callable[[datetime], str] = moment) -> str:
    """业主填写 2026-11-23 09:31."""
    label, at = whence(record, name)
    return f"{label} {told(at)}"
