"""What the platform said last, and where our values came from: two small books kept on each record.

`upstream` (sealed JSON) holds for each field `{"value", "rank", "by"}` and, where they
apply, `"conflict"` (both sides changed, a person must choose), `"raw"` (a code that the
document does not know) and `"moved"` (the phone now answers with another person).
`rank` tells how well placed the speaker was and `by` who it was (domain.md, Sync).
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.utils import timezone


def blank(value: Any) -> bool:
    """Unknown, in any of its spellings. False and 0 are values."""
    return value is None or value == ""


@dataclass(frozen=True)
class Said:
    """What the platform said about one field."""

    value: Any = None
    rank: int = 0
    by: str = ""
    conflict: bool = False
    raw: str = ""
    moved: str = ""

    def settled(self) -> "Said":
        return replace(self, conflict=False)


class Upstream:
    """The sealed book of one record (`record.upstream`)."""

    def __init__(self, record: Any) -> None:
        self.record = record

    def get(self, field: str) -> Said | None:
        entry = self.record.upstream.get(field)
        if entry is None:
            return None
        return replace(Said(**entry), value=self._python(field, entry.get("value")))

    def put(self, field: str, said: Said) -> None:
        entry = {name: value for name, value in vars(said).items() if not blank(value) and value is not False}
        if "value" not in entry and said.value is False:
            entry["value"] = False
        if isinstance(said.value, date):
            entry["value"] = said.value.isoformat()
        self.record.upstream = {**self.record.upstream, field: entry}

    def value(self, field: str) -> Any:
        said = self.get(field)
        return said.value if said else None

    def emptied(self, field: str) -> bool:
        """The platform gave a value and a person here took it away: it stays away."""
        return not blank(self.value(field))

    def fields(self) -> list[str]:
        return list(self.record.upstream)

    def _python(self, field: str, value: Any) -> Any:
        if field == "birth_date" and isinstance(value, str):
            return date.fromisoformat(value)
        return value


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

    def note(self, field: str, source: str) -> None:
        entry = {"from": source, "at": timezone.now().isoformat(timespec="seconds")}
        self.record.sources = {**self.record.sources, field: entry}

    def of(self, field: str) -> str:
        return str(self.record.sources.get(field, {}).get("from", ""))

    def derived(self, field: str) -> bool:
        return self.of(field) == self.ID_NUMBER
