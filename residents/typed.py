"""What a person types into a record: brought to the form that is stored, or refused in one sentence each.

The platform's data is flagged and never refused for its quality (`residents.checks`); what is
typed here is refused, or, for staff who give a reason, accepted as it is.
"""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from . import id_numbers
from .choices import IdType
from .exceptions import Refusal, Refused
from .masking import is_masked, scrub
from .models import Resident
from .upstream import blank
from .validators import normalise_phone

# What a person may type about a person. The petition flag and the photo are not among them.
FIELDS = (
    "name", "id_type", "id_number", "sex", "birth_date", "ethnicity", "registered_address", "phone",
    "contact", "political_status", "is_veteran", "is_low_income", "job_title", "employer",
)  # fmt: skip

# Saved only under the separate consent (domain.md, Privacy; PIPL, article 28).
SENSITIVE = frozenset({"id_number", "ethnicity", "political_status", "is_veteran", "is_low_income"})

# Documents whose number is checked by GB 11643.
_CHECKED = {IdType.ID_CARD, IdType.HMT_RESIDENCE, IdType.FOREIGN_PERMANENT}


def clean(values: Mapping[str, Any], resident: Resident, *, lenient: bool = False) -> dict[str, Any]:
    """The values as they are stored, by field of Resident. `resident` is the record they are for.

    With `lenient` (staff who gave a reason) a number that contradicts itself or the rest is taken
    as it is. Raises Refused (`invalid`) with a sentence for each field, `contact` aside, which is
    the caller's to find.
    """
    cleaned: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, value in values.items():
        try:
            cleaned[name] = _one(name, value, resident)
        except ValidationError as error:
            errors[name] = error.messages[0]
    if not lenient:
        errors = {**_contradictions(cleaned, resident), **errors}
    if errors:
        raise Refused(Refusal.INVALID, errors)
    return cleaned


def _one(name: str, value: Any, resident: Resident) -> Any:
    if name not in FIELDS:
        raise ValidationError("这一项不能在这里填写。")
    if isinstance(value, str):
        value = _text(name, value)
    field: Any = Resident._meta.get_field(name)
    if blank(value):
        return None if field.null else ""
    if name == "contact":
        return value
    cleaned = field.clean(value, resident)
    if name == "birth_date" and not id_numbers.EARLIEST_BIRTH <= cleaned <= timezone.localdate():
        raise ValidationError("出生日期不成立。")
    return cleaned


def _text(name: str, value: str) -> str:
    value = " ".join(value.split())
    if is_masked(value):
        raise ValidationError("请填写完整内容，不要保留星号。")
    if name == "id_number":
        return id_numbers.normalise(value)
    if name == "phone":
        if value and not normalise_phone(value):
            raise ValidationError("请输入 11 位手机号。")
        return normalise_phone(value)
    if scrub(value) != value:
        raise ValidationError("这里会完整显示，请不要填写证件号码或手机号。")
    if any(not character.isprintable() for character in value):
        raise ValidationError("含有无法显示的字符。")
    return value


def _contradictions(cleaned: Mapping[str, Any], resident: Resident) -> dict[str, str]:
    """A typed number that is no number, and typed values that the number contradicts."""

    def stands(name: str) -> Any:
        return cleaned[name] if name in cleaned else getattr(resident, name)

    number, errors = stands("id_number"), {}
    checked = stands("id_type") in _CHECKED
    if cleaned.get("id_number") and checked and not id_numbers.is_valid(number):
        errors["id_number"] = "证件号码有误，请对照证件核对每一位。"
    told = id_numbers.told(number) if number and checked else None
    if told and {"id_number", "birth_date", "sex"} & cleaned.keys():
        for name, from_number in (("birth_date", told.birth), ("sex", told.sex)):
            if name in cleaned and not blank(cleaned[name]) and cleaned[name] != from_number:
                errors[name] = "与证件号码不符，请核对。"
    return errors
