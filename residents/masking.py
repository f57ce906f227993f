"""Showing that a value is there without showing it.

What does not have the expected form is masked whole, at a fixed length: a mask
never tells more of a malformed value than of a good one.
"""

import re

from . import id_numbers
from .validators import normalise_phone

_ID_NUMBER = re.compile(r"[0-9]{15}|[0-9]{17}[0-9X]")
_LONG_NUMBER = re.compile(r"\d(?:[ \-]?\d){10,}(?:[ \-]?[xXｘＸ](?![a-zA-Z]))?")


def mask_id_number(text: str) -> str:
    """1****************9: first and last, always eighteen characters."""
    number = id_numbers.normalise(text)
    if not number:
        return ""
    if not _ID_NUMBER.fullmatch(number):
        return "*" * 18
    return f"{number[0]}{'*' * 16}{number[-1]}"


def mask_phone(text: str) -> str:
    """151****2234; whatever is not a mainland mobile number becomes eleven asterisks."""
    if not text.strip():
        return ""
    phone = normalise_phone(text)
    return f"{phone[:3]}****{phone[-4:]}" if phone else "*" * 11


def mask_name(text: str) -> str:
    """付*: the first character, and nothing of the length of the rest."""
    name = text.strip()
    if not name:
        return ""
    return f"{name[0]}*" if len(name) > 1 and name[0].isalpha() else "*"


def scrub(text: str) -> str:
    """Mask every number of 11 digits or more inside a text, spaced or hyphenated ones included."""
    return _LONG_NUMBER.sub(_mask_number, text)


def is_masked(text: str) -> bool:
    """Whether a posted value is one of our masks coming back, never to be stored."""
    return "*" in text or "＊" in text


def _mask_number(match: re.Match[str]) -> str:
    number = id_numbers.normalise(match.group()).replace("-", "")
    return mask_phone(number) if len(number) == 11 else mask_id_number(number)
