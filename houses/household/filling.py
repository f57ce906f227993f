"""One member, or somebody new in a house, as an account fills in for them step by step: the steps, what
was typed at each, and what a draft would change."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.functional import cached_property

from residents.models import Consent, Resident
from residents.upstream import blank

from ..drafts import stale_fields, standing, stored
from ..family import Family
from ..filled import Filled
from ..record_fields import same, version_of
from ..sight import masked, open_entry
from ..wording import Reader, called_at_home, in_order, label_of
from .fill_form import TOPICS, MemberForm

CHECK = "check"


@dataclass
class Line:
    """One value that the entry would change, old and new."""

    name: str
    label: str
    before: str
    after: str
    note: str = ""
    moved: bool = False  # what stands is no longer what the author saw


@dataclass
class Filling(Filled):
    """The same in steps, with what the check shows."""

    @classmethod
    def of_member(cls, family: Family, row: Any) -> "Filling":
        """What the account typed of this member before goes on."""
        return cls(family, row.house, row, open_entry(family, row))

    @property
    def name(self) -> str:
        if self.row is not None:
            return "我" if self.mine else called_at_home(self.row)
        return str(self.values.get("name") or "新成员")

    @property
    def version(self) -> str:
        return version_of(self.record) if self.record else ""

    @property
    def saved_at(self) -> str:
        """09:31; of another day the date too."""
        if self.entry is None:
            return ""
        at = timezone.localtime(self.entry.updated_at)
        return at.strftime("%H:%M" if at.date() == timezone.localdate() else "%Y-%m-%d %H:%M")

    @cached_property
    def consented(self) -> bool:
        return Consent.stands(self.family.user, Consent.Kind.SENSITIVE)

    @cached_property
    def fellows(self) -> list[tuple[str, str]]:
        """Who may be the contact: the others of the house, as far as the account sees them."""
        rows = self.family.scope.shown.filter(house=self.house).select_related("resident").order_by("pk")
        others = rows.exclude(resident=self.row.resident_id) if self.row is not None else rows
        return [(str(one.resident_id), called_at_home(one)) for one in others]

    # -- steps --------------------------------------------------------------------------------

    def form(self, data: Any = None, topics: Sequence[str] = tuple(TOPICS)) -> MemberForm:
        return MemberForm(
            data,
            row=self.row,
            entry=self.entry,
            fellows=self.fellows,
            blind=self.blind,
            consented=self.consented,
            topics=topics,
        )

    @cached_property
    def steps(self) -> list[str]:
        """The topics of which anything is asked."""
        return [topic for topic, names in self.form().parts.items() if names]

    @property
    def first(self) -> str:
        """The first step with something returned, or else missing; the check where a draft has it all."""
        form = self.form()
        for mark in ("returned", "owed"):
            for topic, names in form.parts.items():
                if any(getattr(form[name], mark) for name in names):
                    return topic
        return CHECK if self.values and not self.blind else self.steps[0]

    def step_from(self, step: str, way: int) -> str:
        """The step before (-1) or after (1) this one; the check comes last."""
        order = [*self.steps, CHECK]
        return order[max(order.index(step) + way, 0)]

    # -- what was typed -----------------------------------------------------------------------

    def read_off(self) -> list[str]:
        """Labels of what the typed number tells beyond what was typed."""
        return [label_of(name) for name in self._told]

    @property
    def _told(self) -> list[str]:
        if "id_number" not in self.values:
            return []
        names = [name for name in Resident.READ_OFF if name not in self.values]
        return [name for name in names if not same(getattr(self.person, name), self._standing(name))]

    def _standing(self, name: str) -> Any:
        return standing(self.record.resident, self.record, name) if self.record else None

    @cached_property
    def moved(self) -> list[str]:
        """What was changed by others since the author saw it."""
        return stale_fields(self.entry) if self.entry and self.record else []

    @property
    def lines(self) -> list[Line]:
        """Everything that the entry would change, in the order of the form."""
        typed = [name for name in in_order(self.values) if not self._changes_nothing(name)]
        lines = [self._line(name, self.values[name]) for name in typed]
        told = [self._line(name, stored(getattr(self.person, name))) for name in self._told]
        for line in told:
            line.note = "由证件号码带出"
        return lines + told

    def _changes_nothing(self, name: str) -> bool:
        known = self.record is not None
        return known and name not in self.moved and same(self.values[name], self._standing(name))

    def _line(self, name: str, value: Any) -> Line:
        reader = Reader(full=name not in masked(self.person), names=dict(self.fellows), unnamed="已登记")
        reason = self.entry.reasons.get(name, "") if self.entry and self.returned else ""
        now = self._standing(name)
        return Line(
            name=name,
            label=label_of(name),
            before=("未登记" if blank(now) else reader.say(name, now)) if self.record else "",
            after="（清空）" if blank(value) else reader.say(name, value),
            note=f"物业退回：{reason}" if reason else "",
            moved=name in self.moved,
        )
