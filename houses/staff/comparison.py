"""The rows of the review table: a field each, with what the platform said, what stands, what was typed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from residents import id_numbers
from residents.completeness import missing_fields
from residents.masking import scrub
from residents.upstream import blank
from residents.wording import NOTHING

from ..drafts import OF_MEMBERSHIP, standing, stored
from ..models import Finding, Membership, Submission
from ..visibility import PETITION_FIELD
from ..wording import FIELDS, Reader, label_of, moment, source_of

NEW, CHANGED, EMPTIED, SAME = "新增", "改动", "清空", "相同"
OTHER_THAN_OURS = "与登记不同"


@dataclass
class Cell:
    """One value as it is shown: where it is from, and a word where it stands out."""

    text: str = NOTHING
    source: str = ""
    mark: str = ""

    @property
    def is_there(self) -> bool:
        return self.text != NOTHING


@dataclass
class Line:
    """One field of the record."""

    name: str
    label: str
    platform: list[Cell]
    now: Cell
    typed: list[Cell]
    findings: list[Finding] = field(default_factory=list)

    @property
    def word(self) -> str:
        """What sets this row apart, "" where nothing does."""
        typed = (cell.mark for cell in self.typed if cell.mark not in ("", SAME))
        said = (OTHER_THAN_OURS for cell in self.platform if cell.mark)
        return next(typed, "") or next(said, "")


def author_of(submission: Submission) -> str:
    """代填人 付钰: who typed it, as colleagues call them."""
    account = submission.account
    kind = submission.get_author_display()
    if account is None:
        return kind
    name = account.shown_name if account.is_staff else _household_name(account)
    return f"{kind} {name}".rstrip()


def _household_name(account: Any) -> str:
    return account.resident.name if account.resident else account.stated_name


@dataclass
class Comparison:
    """A membership and its person beside what the platform said and what waits."""

    row: Membership
    submissions: Sequence[Submission]
    findings: Sequence[Finding]
    reader: Reader
    petitions: bool = False
    synced_at: datetime | None = None

    @property
    def lines(self) -> list[Line]:
        names = (*FIELDS, PETITION_FIELD) if self.petitions else FIELDS
        owed = {"phone" if name == "contact_phone" else name for name in missing_fields(self.row.resident)}
        return [self._line(name, name in owed) for name in names]

    @property
    def other_findings(self) -> list[Finding]:
        """Those that stand at no field of the table."""
        shown = set(FIELDS) | {PETITION_FIELD}
        return [finding for finding in self.findings if finding.field not in shown]

    def _line(self, name: str, owed: bool) -> Line:
        return Line(
            name,
            label_of(name),
            self._said(name),
            self._now(name, owed),
            [self._typed(name, submission) for submission in self.submissions],
            [finding for finding in self.findings if finding.field == name],
        )

    # -- what stands ------------------------------------------------------------------------

    def _record(self, name: str) -> Any:
        return self.row if name in OF_MEMBERSHIP else self.row.resident

    def _standing(self, name: str) -> Any:
        return standing(self.row.resident, self.row, name)

    def _now(self, name: str, owed: bool) -> Cell:
        value = self._standing(name)
        if blank(value):
            return Cell(mark="还差" if owed else "")
        return Cell(self.reader.say(name, value), source_of(self._record(name), name))

    # -- the platform -----------------------------------------------------------------------

    def _said(self, name: str) -> list[Cell]:
        """The platform's word; of name and number also how the household's row has them."""
        said = self._record(name).said.get(name)
        source = f"安防平台，最近同步 {moment(self.synced_at)}" if self.synced_at else "安防平台"
        cells = []
        if said and not blank(said.value):
            conflict = "冲突" if said.conflict else ""
            cells.append(self._told(name, said.value, source, conflict))
        if said and said.raw:
            cells.append(Cell(f"不认识的代码 {scrub(said.raw)}", source, "不认识"))
        if said and not blank(said.absorbed):
            cells.append(self._told(name, said.absorbed, "合并进来的资料"))
        named = [value for value in self._called(name) if not said or value != said.value]
        cells += [self._told(name, value, f"{source}（本户成员行）") for value in named]
        return cells or [Cell()]

    def _told(self, name: str, value: Any, source: str, mark: str = "") -> Cell:
        differs = OTHER_THAN_OURS if self._differs(name, value) else ""
        return Cell(self.reader.say(name, value), source, mark or differs)

    def _differs(self, name: str, value: Any) -> bool:
        ours = self._standing(name)
        if name == "id_number":
            return id_numbers.matching_form(str(value)) != id_numbers.matching_form(ours)
        return bool(stored(value) != stored(ours))

    def _called(self, name: str) -> list[str]:
        """How the household's rows name the person or the number, in another way than the record does."""
        part = {"name": 0, "id_number": 1}.get(name)
        if part is None:
            return []
        told = [pair[part] for pair in self.row.called if pair[part]]
        return [value for value in dict.fromkeys(told) if self._differs(name, value)]

    # -- what was typed ---------------------------------------------------------------------

    def _typed(self, name: str, submission: Submission) -> Cell:
        if name not in submission.values:
            return Cell()
        value = submission.values[name]
        source = f"{author_of(submission)} {moment(submission.submitted_at)} 提交"
        return Cell(self.reader.say(name, value), source, self._mark(name, value))

    def _mark(self, name: str, value: Any) -> str:
        ours = stored(self._standing(name))
        if value == ours or (blank(value) and blank(ours)):
            return SAME
        if blank(value):
            return EMPTIED
        return NEW if blank(ours) else CHANGED
