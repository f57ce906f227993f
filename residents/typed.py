"""What a person types into a record: brought to the form that is stored, or refused in one sentence each.

The platform's data is flagged and never refused for its quality (`residents.checks`); what is
typed here is refused, or, for staff who give a reason, accepted as it is.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from . import id_numbers
from .choices import GB_11643
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

# What is told where a value is none of the field's: Django's own sentence quotes what was typed.
_CHOOSE = "请从列表中选择。"
_REFUSED = {
    "id_type": _CHOOSE,
    "sex": _CHOOSE,
    "ethnicity": _CHOOSE,
    "political_status": _CHOOSE,
    "is_veteran": "请选择是或否。",
    "is_low_income": "请选择是或否。",
    "birth_date": "请填写年月日。",
}
_FLAGS = ("is_veteran", "is_low_income")
_DOCUMENT = re.compile(r"[0-9A-Z()/\-]{0,30}")
MOST_TEXT = 200


def plain(text: str, longest: int) -> str:
    """Free text as it is shown in full to everybody who sees the record: no number, no mask.

    Raises ValidationError with one sentence.
    """
    if any(not (character.isprintable() or character.isspace()) for character in text):
        raise ValidationError("含有无法显示的字符。")
    text = " ".join(text.split())
    if is_masked(text):
        raise ValidationError("请填写完整内容，不要保留星号。")
    if scrub(text) != text:
        raise ValidationError("这里会完整显示，请不要填写证件号码或手机号。", code="number")
    if len(text) > longest:
        raise ValidationError(f"最多 {longest} 个字。")
    return text


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
    if name == "contact":
        return None if blank(value) or (isinstance(value, str) and not value.strip()) else value
    value = _text(name, _plain(name, value))
    field: Any = Resident._meta.get_field(name)
    if blank(value) and name != "id_type":
        return None if field.null else ""
    try:
        cleaned = field.clean(value, resident)
    except ValidationError:
        raise ValidationError(_REFUSED.get(name, "请按提示填写。")) from None
    if name == "birth_date" and not id_numbers.EARLIEST_BIRTH <= cleaned <= timezone.localdate():
        raise ValidationError("出生日期不成立。")
    return cleaned


def _plain(name: str, value: Any) -> Any:
    """A text, a number, a date or a yes and no, each only where it may stand."""
    if value is None or isinstance(value, str) or (isinstance(value, date) and name == "birth_date"):
        return value
    if isinstance(value, bool) == (name in _FLAGS) and isinstance(value, int) and name != "birth_date":
        return value if name in (*_FLAGS, "sex", "political_status") else str(value)
    raise ValidationError(_REFUSED.get(name, "请按提示填写。"))


def _text(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if name not in ("id_number", "phone"):
        field: Any = Resident._meta.get_field(name)
        return plain(value, field.max_length or MOST_TEXT)
    if is_masked(value):
        raise ValidationError("请填写完整内容，不要保留星号。")
    if name == "id_number":
        return _document(value)
    if value.strip() and not normalise_phone(value):
        raise ValidationError("请输入 11 位手机号。")
    return normalise_phone(value)


def _document(value: str) -> str:
    """A number of any document: digits, capital letters, at most brackets, strokes and hyphens."""
    number = id_numbers.normalise(value)
    if not _DOCUMENT.fullmatch(number):
        raise ValidationError("证件号码只能有数字和字母。")
    return number


def _contradictions(cleaned: Mapping[str, Any], resident: Resident) -> dict[str, str]:
    """A typed number that is no number, and typed values that the number contradicts."""

    def stands(name: str) -> Any:
        return cleaned[name] if name in cleaned else getattr(resident, name)

    number, errors = stands("id_number"), {}
    checked = stands("id_type") in GB_11643
    if cleaned.get("id_number") and checked and not id_numbers.is_valid(number):
        errors["id_number"] = "证件号码有误，请对照证件核对每一位。"
    told = id_numbers.told(number) if number and checked else None
    if told and {"id_number", "birth_date", "sex"} & cleaned.keys():
        for name, from_number in (("birth_date", told.birth), ("sex", told.sex)):
            if name in cleaned and not blank(cleaned[name]) and cleaned[name] != from_number:
                errors[name] = "与证件号码不符，请核对。"
    return errors
