"""What an account types of one member, or of somebody new in a house: whom it is about, the record as it
would stand, what is still owed then, and what becomes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import cached_property

from residents.completeness import missing
from residents.exceptions import Refusal, Refused
from residents.masking import scrub
from residents.models import Resident
from residents.upstream import blank

from .drafts import as_typed, lacks_guardian, only_fills, stored
from .family import Family
from .models import House, Membership, Submission
from .sight import masked
from .visibility import Sight
from .wording import Reader, name_at_home

_TEXTS = ("name", "registered_address", "job_title", "employer")


@dataclass
class Filled:
    """`row` is a membership with `sight`, None for somebody new."""

    family: Family
    house: House
    row: Any = None
    entry: Submission | None = None

    # -- who it is about ----------------------------------------------------------------------

    @property
    def mine(self) -> bool:
        return self.row is not None and self.row.resident_id == self.family.user.resident_id

    @property
    def blind(self) -> bool:
        """Of the record nothing is shown: the account fills for them and does not see them in full."""
        return self.row is not None and self.row.sight != Sight.FULL

    @property
    def record(self) -> Membership | None:
        """What the account sees of the books."""
        row: Membership | None = None if self.blind else self.row
        return row

    @property
    def values(self) -> dict[str, Any]:
        values: dict[str, Any] = self.entry.values if self.entry else {}
        return values

    @cached_property
    def person(self) -> Resident:
        """The record as it would stand with what was typed."""
        return as_typed(self.record.resident if self.record else Resident(), self.values)

    def keep(self, values: Mapping[str, Any], *, guardian: bool = False, seen: str = "") -> Submission:
        """Keep this too as a draft. Raises Refused."""
        if self.waits:
            raise Refused(Refusal.NOT_EDITABLE)
        if self.row is not None:
            return self.family.draft(self.row.pk, values, guardian=guardian, seen=seen)
        key = self.entry.pk if self.entry else None
        return self.family.name_member(self.house.pk, values, guardian=guardian, submission=key)

    # -- where it stands ----------------------------------------------------------------------

    @property
    def waits(self) -> bool:
        return self.entry is not None and not self.entry.is_editable

    @property
    def returned(self) -> bool:
        return self.entry is not None and self.entry.status == Submission.Status.RETURNED

    @property
    def lacking(self) -> list[str]:
        """还差 after this; of a record that is not shown it is not told."""
        return [] if self.blind else missing(self.person)

    @property
    def lacks_guardian(self) -> bool:
        """A guardian has to agree, and has not yet."""
        agreed = self.entry is not None and self.entry.guardian_version is not None
        child = self.record.resident if self.record else None
        return not agreed and lacks_guardian(self.family.user, child, self.values)

    @property
    def needs_guardian(self) -> bool:
        """The account may agree as one; nobody is the own guardian."""
        return not self.waits and not self.mine and self.lacks_guardian


def shown_values(person: Resident, values: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON keeps them, for whom they are shown to: numbers masked, None for unknown.

    `person` is the record that they stand in, or would stand in.
    """
    hidden = masked(person)
    return {name: _shown(name, value, name in hidden) for name, value in values.items()}


def _shown(name: str, value: Any, hidden: bool) -> Any:
    if blank(value):
        return None
    if hidden:
        return Reader().say(name, value)
    return scrub(value) if name in _TEXTS else stored(value)


def hidden_in(person: Resident, values: Mapping[str, Any]) -> list[str]:
    """Of which of these a mask is shown."""
    return [name for name in values if name in masked(person) and not blank(values[name])]


def why_it_waits(entry: Submission) -> str:
    """One sentence, as far as the author may know."""
    if entry.unseen:
        return "物业核对后才会采用。"
    if entry.house.community.review_all:
        return "本小区的资料都由物业审核后采用。"
    if entry.membership is not None and not only_fills(entry):
        return "您改动了已登记的内容，物业核对后才会采用。"
    return "有内容需要物业核实，核实后才会采用。"


def outcome(row: Membership, mine: bool) -> str:
    """What came of an entry that was taken at once."""
    who = "您" if mine else name_at_home(row)
    lacking = missing(row.resident)
    if lacking:
        return f"已保存。{who}还差：{'、'.join(lacking)}。"
    return f"已完成补全，{who}现在的状态：{row.get_status_display()}。"
