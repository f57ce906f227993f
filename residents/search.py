"""What an office types into a search box, and what it means. A full number never belongs into a URL."""

import re

from django.db.models import Q

from . import id_numbers
from .validators import normalise_phone

_LAST_FOUR = re.compile(r"\d{3}[\dXx]")
_RUN = re.compile(r"\d{6}")


def is_number(text: str) -> bool:
    """Whether this may be a full number of a document or phone, hyphened or not; 1-1-1-101 is a room."""
    plain = id_numbers.normalise(text)
    return bool(_RUN.search(plain)) or sum(map(str.isdigit, plain)) >= 11


def by_number(text: str, prefix: str = "") -> Q:
    """People who hold exactly this ID number or phone (look-up by digest); `prefix` leads to the person."""
    number = id_numbers.normalise(text).replace("-", "")
    found = Q(**{f"{prefix}id_number": number})
    phone = normalise_phone(text)
    return found | Q(**{f"{prefix}phone": phone}) if phone else found


def by_last_four(text: str, prefix: str = "") -> Q | None:
    """People whose ID number ends so; None for what is not the last four of a number."""
    tail = text.strip()
    return Q(**{f"{prefix}id_number__tail": tail.upper()}) if _LAST_FOUR.fullmatch(tail) else None
