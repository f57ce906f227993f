"""One record takes over what another of the same person knew: in memory, field by field."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from . import id_numbers
from .upstream import Said, blank


def take_over(record: Any, other: Any, fields: Iterable[str]) -> None:
    """Fill our blanks from the other; where both differ ours stays, and theirs is kept to be chosen.

    Works on any record with `said` and `origin`; nothing is saved. What was only read off an
    ID number counts as blank: it follows the number.
    """
    for name in fields:
        said, others = record.said.get(name), other.said.get(name)
        if others is not None and (said is None or others.rank > said.rank):
            record.said.put(name, others)  # the better placed word: what the next answer is compared with
        ours, theirs = _own_value(record, name), _own_value(other, name)
        if blank(theirs):
            continue
        if blank(ours):
            setattr(record, name, theirs)
            record.sources[name] = other.sources.get(name, {})
        elif not _same(name, ours, theirs):
            kept = record.said.get(name) or Said()
            record.said.put(name, kept._replace(absorbed=_stored(theirs)))


def _own_value(record: Any, name: str) -> Any:
    """The value, unless it is nothing but what the ID number told."""
    read_off = getattr(record, "read_off_number", None)
    return None if read_off and read_off(name) else getattr(record, name)


def _same(name: str, ours: Any, theirs: Any) -> bool:
    if name == "id_number":
        return id_numbers.matching_form(ours) == id_numbers.matching_form(theirs)
    return bool(ours == theirs)


def _stored(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
