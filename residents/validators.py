"""What a person may type; each refusal is one clear sentence."""

import re

from django.core.exceptions import ValidationError

_PHONE = re.compile(r"1[3-9]\d{9}")
_PHONE_NOISE = re.compile(r"[\s\-()]|^\+?(?:00)?86(?=[\s\-]?1)")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


def normalise_phone(text: str) -> str:
    """Eleven digits of a mainland mobile number, or "" for anything else."""
    plain = _PHONE_NOISE.sub("", text.translate(_FULL_WIDTH).strip())
    return plain if _PHONE.fullmatch(plain) and plain.isascii() else ""


def validate_phone(value: str) -> None:
    if not normalise_phone(value):
        raise ValidationError("请输入 11 位手机号。", code="phone")
