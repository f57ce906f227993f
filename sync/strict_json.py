"""JSON without the leniency of the standard library (faults.md C2; RFC 8259).

What has two readings is refused: a key given twice, NaN, numbers that no float holds, integers
that other systems have rounded, bytes that are not UTF-8. Errors never quote the text.
"""

import json
import math
import re
from typing import NoReturn

from sync.exceptions import AnswerError

MAX_DEPTH = 12
MAX_DIGITS = 18

# Strings are skipped whole, an unfinished one to the end; possessive, so that no text makes it slow.
_STRING_OR_BRACKET = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)


def decode(body: bytes) -> object:
    """The value of one JSON document in UTF-8, with or without a byte order mark.

    Raises AnswerError: not-utf8, not-json, duplicate, shape (nested deeper than 12, or an
    integer of more than 18 digits).
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise AnswerError("not-utf8") from None
    return decode_text(text)


def decode_text(text: str) -> object:
    """As `decode`, for text that was a string inside a document that is decoded already."""
    text = text.removeprefix("\ufeff")
    _refuse_deep(text)
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_finite,
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError:
        raise AnswerError("not-json") from None


def _refuse_deep(text: str) -> None:
    """The parser recurses, so the depth is known before it starts."""
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        if depth > MAX_DEPTH:
            raise AnswerError("shape")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise AnswerError("duplicate")
    return made


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_DIGITS:
        raise AnswerError("shape")
    return int(digits)


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise AnswerError("not-json")
    return value


def _refuse_constant(_word: str) -> NoReturn:
    """NaN and Infinity are Python's, not JSON's."""
    raise AnswerError("not-json")
