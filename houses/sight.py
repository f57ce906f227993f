"""A member of a household, what was typed about them and their record, as one account sees it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from django.db.models import Exists, OuterRef, QuerySet

from residents import typed
from residents.choices import GB_11643
from residents.completeness import missing, missing_fields
from residents.exceptions import Refusal
from residents.models import Resident
from residents.upstream import blank

from .drafts import OF_MEMBERSHIP, standing
from .family import Family
from .models import Membership, Submission
from .standing import Standing
from .visibility import HouseholdScope, Sight, may_be_invited
from .wording import Reader, day, label_of, labels, name_at_home, role_of, source_of

BRIEF = "您可以看到称呼、关系和状态。资料只有本人、代填的家人和物业可以查看。"
BLIND = "您可以代填，但看不到已经登记的内容；提交后由物业核对。"


@dataclass
class Entry:
    """What this account typed, until it reaches the record or is given up."""

    submission: Submission

    @property
    def pk(self) -> int:
        return int(self.submission.pk)

    @property
    def state(self) -> str:
        """The sign under which it stands, "" for a draft."""
        states = {Submission.Status.WAITING: "review", Submission.Status.RETURNED: "returned"}
        return states.get(Submission.Status(self.submission.status), "")

    @property
    def to_do(self) -> str:
        """The word of the link that leads on, "" where it is the office's turn."""
        words = {Submission.Status.DRAFT: "继续填写", Submission.Status.RETURNED: "去修改"}
        return words.get(Submission.Status(self.submission.status), "")

    @property
    def returned(self) -> str:
        """What the office wrote, "" unless it came back."""
        if self.submission.status != Submission.Status.RETURNED:
            return ""
        return self.submission.note or f"请修改：{labels(self.submission.reasons)}"

    @property
    def name(self) -> str:
        """Whom it names, where it is about somebody new."""
        return self.submission.values.get("name") or "（姓名未填）"


_OPEN = Standing(lambda family: family.submissions.open().order_by("created_at", "pk"))


def open_entries(family: Family) -> list[Entry]:
    return [Entry(one) for one in _OPEN(family)]


def open_entry(family: Family, row: Membership) -> Submission | None:
    """About one member; the newest, where more than one is open."""
    found: Submission | None = _OPEN.build(family).filter(membership=row).last()
    return found


def looked_at(scope: HouseholdScope, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Rows of the scope with all that a page shows and offers of each."""
    fills = Exists(scope.fillable.filter(pk=OuterRef("pk")))
    return rows.select_related("resident__contact", "house__community").annotate(fills=fills)


@dataclass
class Member:
    """A member with `sight`, as `looked_at` found the row."""

    row: Any
    mine: bool
    entry: Entry | None = None

    @classmethod
    def of(cls, family: Family, row: Any) -> Self:
        entry = open_entry(family, row)
        return cls(row, row.resident_id == family.scope.resident_id, Entry(entry) if entry else None)

    @property
    def name(self) -> str:
        return name_at_home(self.row)

    @property
    def role(self) -> str:
        return role_of(self.row)

    @property
    def full(self) -> bool:
        return bool(self.row.sight == Sight.FULL)

    @property
    def missing(self) -> list[str]:
        """还差, of whom one sees the record."""
        return missing(self.row.resident) if self.full else []

    @property
    def to_do(self) -> str:
        """The word of the link to the form, "" where nothing is owed, or it is the office's turn."""
        if self.entry:
            return self.entry.to_do
        if not self.row.fills:
            return ""
        return "代填" if not self.full else "去补全" if self.missing else ""

    @property
    def fill_word(self) -> str:
        """The same where the form is offered at any time."""
        is_open = self.row.fills and not self.entry
        return self.to_do or ("修改资料" if is_open else "")

    @property
    def may_invite(self) -> bool:
        """Whether a link is offered for them."""
        return may_be_invited(self.row, mine=self.mine) and self.row.bound_at is None

    @property
    def why_brief(self) -> str:
        """Why no more is shown, "" where all is."""
        if self.full:
            return ""
        if self.row.fills:
            return BLIND
        return Refusal.SELF_MANAGED.label if self.row.resident.self_managed_since else BRIEF


def members(family: Family, rows: Iterable[Any], entries: Iterable[Entry]) -> list[Member]:
    """Of rows that were `looked_at`; the own one first."""
    about = {entry.submission.membership_id: entry for entry in entries}
    mine = family.scope.resident_id
    found = [Member(row, row.resident_id == mine, about.get(row.pk)) for row in rows]
    return sorted(found, key=lambda member: (not member.mine, member.row.pk))


# -- a record ------------------------------------------------------------------------------


@dataclass
class Fact:
    """One value of a record as it is shown, with where it is from."""

    label: str
    value: str
    source: str = ""
    owed: bool = False


def masked(person: Resident) -> set[str]:
    """What is never shown in full: numbers, and a birthday that is part of the number beside it."""
    beside = person.id_type in GB_11643 and person.id_number
    return {"id_number", "phone", "birth_date"} if beside else {"id_number", "phone"}


def owed_at(fields: Iterable[str]) -> list[str]:
    """The fields of a record at which these are told; a contact phone is told at the phone."""
    return ["phone" if name == "contact_phone" else name for name in fields]


def facts(person: Resident, reader: Reader, row: Membership | None = None) -> list[Fact]:
    """The record; with `row` also what stands in that house."""
    owed = set(owed_at(missing_fields(person)))
    names = (*typed.FIELDS, *OF_MEMBERSHIP) if row else typed.FIELDS
    return [_fact(person, row, name, reader, name in owed) for name in names]


def _fact(person: Resident, row: Membership | None, name: str, reader: Reader, owed: bool) -> Fact:
    value = standing(person, row, name)
    if blank(value):
        return Fact(label_of(name), "还差" if owed else "未填", owed=owed)
    record = row if name in OF_MEMBERSHIP else person
    return Fact(label_of(name), reader.say(name, value), source_of(record, name, day))


def reader_of(scope: HouseholdScope, person: Resident, *, full: bool = False) -> Reader:
    """The contact's name only where this account sees the contact."""
    contact = person.contact_id
    seen = scope.shown.filter(resident=contact).select_related("resident") if contact else []
    names = {str(one.resident_id): name_at_home(one) for one in seen}
    return Reader(full=full, names=names, unnamed="已登记")
