"""What the platform said last, and where our values came from: two small books kept on each record.

`upstream` (sealed JSON) holds for each field `{"value", "rank", "by"}` and, where they
apply, `"conflict"` (both sides changed, a person must choose), `"raw"` (a code that the
document does not know), `"moved"` (the phone now answers with another person) and `"absorbed"`
(another value, of a record that proved to be the same person).
`rank` tells how well placed the speaker was and `by` who it was (domain.md, Sync).
"""

from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.utils import timezone


def blank(value: Any) -> bool:
    """Unknown, in any of its spellings. False and 0 are values."""
    return value is None or value == ""


class Said(NamedTuple):
    """What the platform said about one field. A merge makes thirty of them for each phone: hence a tuple."""

    value: Any = None
    rank: int = 0
    by: str = ""
    conflict: bool = False
    raw: str = ""
    moved: str = ""
    absorbed: Any = None  # as JSON keeps it

    def __repr__(self) -> str:
        """Without what was said."""
        return f"Said(rank={self.rank}, by={self.by!r}, conflict={self.conflict}, moved={self.moved!r})"

    def settled(self) -> "Said":
        return self._replace(conflict=False, absorbed=None)


class Upstream:
    """The sealed book of one record (`record.upstream`), read once and kept beside it."""

    def __init__(self, record: Any) -> None:
        self._raw: dict[str, Any] = record.upstream
        self._read: dict[str, Said] = {}

    @classmethod
    def of(cls, record: Any) -> "Upstream":
        """The record's book; a new one where the column was read again."""
        book = record.__dict__.get("_upstream_book")
        if book is None or book._raw is not record.upstream:
            book = record.__dict__["_upstream_book"] = cls(record)
        return book

    def get(self, field: str) -> Said | None:
        if field not in self._read and field in self._raw:
            self._read[field] = self._parsed(field)
        return self._read.get(field)

    def put(self, field: str, said: Said) -> None:
        told = zip(Said._fields, said, strict=True)
        entry = {name: value for name, value in told if value is not None and value != ""}
        if not said.conflict:
            del entry["conflict"]
        if isinstance(said.value, date):
            entry["value"] = said.value.isoformat()
        self._raw[field], self._read[field] = entry, said

    def value(self, field: str) -> Any:
        said = self.get(field)
        return said.value if said else None

    def emptied(self, field: str) -> bool:
        """The platform gave a value and a person here took it away: it stays away."""
        return not blank(self.value(field))

    def fields(self) -> list[str]:
        return list(self._raw)

    def with_any(self, *marks: str) -> list[tuple[str, Said]]:
        """The fields of which one of these is noted: few among many, so that only these are read."""
        marked = (field for field, entry in self._raw.items() if not entry.keys().isdisjoint(marks))
        return [(field, said) for field in marked if (said := self.get(field))]

    def _parsed(self, field: str) -> Said:
        entry = self._raw[field]
        if field == "birth_date" and isinstance(entry.get("value"), str):
            entry = {**entry, "value": date.fromisoformat(entry["value"])}
        return Said(**entry)


@lru_cache(maxsize=8)  # a set of answers is noted under one moment
def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


class Sources:
    """Where each value of a record came from, and when (`record.sources`)."""

    PLATFORM, ID_NUMBER, OWNER, SELF, STAFF, IMPORT = (
        "platform",
        "id_number",
        "owner",
        "self",
        "staff",
        "import",
    )
    LABELS = {
        PLATFORM: "安防平台",
        ID_NUMBER: "由证件号推得",
        OWNER: "业主填写",
        SELF: "本人填写",
        STAFF: "物业填写",
        IMPORT: "表格导入",
    }

    def __init__(self, record: Any) -> None:
        self.record = record

    def note(self, field: str, source: str, at: datetime | None = None, *, house: int | None = None) -> None:
        """`house` is where it was typed, by somebody of that household."""
        noted: dict[str, Any] = {"from": source, "at": _written(at or timezone.now())}
        self.record.sources[field] = noted if house is None else {**noted, "house": house}

    def house(self, field: str) -> int | None:
        """The house whose household typed the value; None for the platform's and the office's."""
        found: int | None = self.record.sources.get(field, {}).get("house")
        return found

    def of(self, field: str) -> str:
        return str(self.record.sources.get(field, {}).get("from", ""))

    def label(self, field: str) -> str:
        """The same in Chinese; "" where it is not known."""
        return self.LABELS.get(self.of(field), "")

    def derived(self, field: str) -> bool:
        return self.of(field) == self.ID_NUMBER
