"""Citizen identity numbers (GB 11643): 17 digits and a check character (ISO 7064 MOD 11-2).

The residence permits of Hong Kong, Macau and Taiwan (81, 82, 83) and the permanent
residence cards of foreigners (9…) follow the same rule. Numbers of the first generation
have 15 digits, without century and check character. The area part is not checked: areas
are renamed and dissolved, the numbers stay.
"""

import re
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from .choices import Sex

EARLIEST_BIRTH = date(1880, 1, 1)

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "10X98765432"
_NEW = re.compile(r"[0-9]{17}[0-9X]")
_OLD = re.compile(r"[0-9]{15}")
_BLANK = re.compile(r"[\s\u200b-\u200f\u202a-\u202e\u2060\ufeff]+")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SHANGHAI = ZoneInfo("Asia/Shanghai")


class Told(NamedTuple):
    """What a valid number tells about its holder."""

    birth: date
    sex: Sex


def normalise(text: str) -> str:
    """Full width folded, blanks removed, letters in upper case."""
    if text.isascii() and text.isalnum():  # nearly all: nothing to fold or to remove
        return text.upper()
    return _BLANK.sub("", text.translate(_FULL_WIDTH)).upper()


@lru_cache(maxsize=4096)  # a merge asks for the same numbers again and again
def matching_form(text: str) -> str:
    """The form in which numbers are compared: normalised, and 15 digits as their 18 characters."""
    number = normalise(text)
    if not _OLD.fullmatch(number):
        return number
    first17 = f"{number[:6]}19{number[6:]}"
    return first17 + check_character(first17)


@lru_cache(maxsize=4096)
def check_character(first17: str) -> str:
    """The 18th character for 17 ASCII digits (ISO 7064 MOD 11-2)."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first17, strict=True))
    return _CHECK_CHARACTERS[total % 11]


@lru_cache(maxsize=4096)
def is_old_15(text: str) -> bool:
    return _OLD.fullmatch(normalise(text)) is not None


@lru_cache(maxsize=4096)
def has_valid_checksum(text: str) -> bool:
    """Whether 18 characters end in the right one; 15 digits have none to be wrong."""
    number = _shaped(text)
    return number is not None and number[17] == check_character(number[:17])


def is_valid(text: str) -> bool:
    """Shape, check character, and a birth date between 1880 and today in China."""
    birth = stated_birth(text)
    return has_valid_checksum(text) and birth is not None and EARLIEST_BIRTH <= birth <= today()


@lru_cache(maxsize=4096)
def stated_birth(text: str) -> date | None:
    """Positions 7 to 14 wherever they are a real date, even if the check character is wrong."""
    number = _shaped(text)
    if number is None:
        return None
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def stated_sex(text: str) -> Sex | None:
    """The 17th digit, odd for male, even if the check character is wrong."""
    number = _shaped(text)
    if number is None:
        return None
    return Sex.MALE if int(number[16]) % 2 else Sex.FEMALE


def told(text: str) -> Told | None:
    """Birth date and sex, None unless the whole number is valid."""
    birth, sex = stated_birth(text), stated_sex(text)
    if birth is None or sex is None or not is_valid(text):
        return None
    return Told(birth, sex)


def _shaped(text: str) -> str | None:
    number = matching_form(text)
    return number if _NEW.fullmatch(number) else None


def today() -> date:
    """The day in Shanghai, whatever the zone of a request."""
    return datetime.now(_SHANGHAI).date()
