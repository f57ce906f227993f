"""The form of a member's record: what staff type goes to `Office.complete` or `Office.add_member`.

It shows what stands and sends only what was touched. Number, phone and birth date stand masked
beside empty boxes, unless the record is claimed by this user. `base_version` says which record the
page showed: what colleagues or a sync changed since is told, and what was typed stays typed.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django import forms

from residents import typed
from residents.completeness import missing_fields
from residents.exceptions import Refusal, Refused
from residents.forms import ActForm, reason_field
from residents.models import User
from residents.upstream import blank

from ..drafts import OF_MEMBERSHIP
from ..models import Finding, House, Membership, Submission
from ..office import Office
from ..record_fields import as_posted, contact_field, field_of, same, values_at, values_of, version_of
from ..wording import Reader, label_of, source_of
from .forms import called

NAMES = (*typed.FIELDS, *OF_MEMBERSHIP)

# A birthday is eight of the eighteen digits: it is as hidden as the number.
MASKED = ("id_number", "phone", "birth_date")

# Against these the office may insist, with a written reason (`residents.typed`).
CONTRADICTED = {"id_number", "birth_date", "sex"}

SECTIONS = {
    "身份": ("name", "id_type", "id_number", "sex", "birth_date", "ethnicity"),
    "户籍与联系": ("registered_address", "phone", "contact"),
    "其他资料": ("political_status", "is_veteran", "is_low_income", "job_title", "employer"),
    "在这套房屋": OF_MEMBERSHIP,
}

_HELP = {
    "id_number": "有效的身份证号会自动带出生日期和性别。",
    "contact": "未成年人必须有监护人；本人没有手机号时，用联系人的号码。",
}


class RecordForm(ActForm):
    """Everything that staff may type about a person in a house."""

    free_text = ("reason",)
    base_version = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        user: User,
        house: House,
        row: Membership | None = None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        self.user, self.house, self.row = user, house, row
        self.full = row is None or row.claimed_by_me(user)
        self.fellows = _fellows(house, row)
        self.now = values_of(row, NAMES) if row else {}
        self.version = version_of(row) if row else ""
        self.seen = self._seen(data)
        self.moved: list[str] = []  # what changed under the author's hands, in words
        self.returned = _returned(row, user)
        shown = self.seen | (self.returned.values if self.returned else {})
        first = {name: as_posted(value) for name, value in shown.items() if self._is_shown(name)}
        super().__init__(data, initial={**first, **(initial or {}), "base_version": self.version})
        for name in NAMES:
            self.fields[name] = self._field(name)
        self.fields["reason"] = reason_field("坚持提交的依据", required=False)
        self.shown = shown
        self._remark()

    # -- fields -----------------------------------------------------------------------------

    def _field(self, name: str) -> forms.Field:
        help_text = _HELP.get(name, "")
        if name == "contact":
            return contact_field(self.fellows, help_text)
        return field_of(name, help_text=help_text, hidden=self._mask(name))

    def _is_shown(self, name: str) -> bool:
        return self.full or name not in MASKED

    def _mask(self, name: str) -> str:
        """What stands where it is not shown."""
        hidden = name in MASKED and not self.full and not blank(self.seen.get(name))
        return self._say(name, self.seen[name]) if hidden else ""

    def _say(self, name: str, value: Any) -> str:
        return Reader(full=self.full, names=dict(self.fellows)).say(name, value)

    # -- what the template shows beside the fields ------------------------------------------

    @property
    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(title, [self[name] for name in names]) for title, names in SECTIONS.items()]

    @property
    def insists(self) -> bool:
        """Whether the office may go on with a written reason: asked for when the checks refused."""
        wrong = self.errors.get("reason") or CONTRADICTED & set(self.errors)
        return bool(self.is_bound and (wrong or self.data.get("reason")))

    def remark_findings(self, findings: Iterable[Finding]) -> None:
        """Open findings, each at the field that it is about."""
        for finding in findings:
            if finding.field in self.fields:
                self[finding.field].findings = [*getattr(self[finding.field], "findings", []), finding]  # type: ignore[attr-defined]

    def _remark(self) -> None:
        """At each field: whether it is owed, where its value is from, why it was returned."""
        if self.row is None:
            return
        owed = {"phone" if name == "contact_phone" else name for name in missing_fields(self.row.resident)}
        for name in NAMES:
            field: Any = self[name]
            field.owed = name in owed
            record = self.row if name in OF_MEMBERSHIP else self.row.resident
            field.source = "" if blank(self.now[name]) else source_of(record, name)
            field.returned = self.returned.reasons.get(name, "") if self.returned else ""
            if name == "birth_date" and (mask := self._mask(name)):
                field.source = f"已登记 {mask}，不改请留空；{field.source}"

    # -- what was touched, and what moved meanwhile -----------------------------------------

    @property
    def touched(self) -> dict[str, Any]:
        """What differs from what the page showed; an empty box beside a mask is no change, nor is what
        was not posted (a choice that nobody made)."""
        values = {name: self.cleaned_data[name] for name in NAMES if name in self.cleaned_data}
        values = {name: value for name, value in values.items() if name in self.data}
        if blank(values.get("id_type")):  # there is no document type "unknown"
            values.pop("id_type", None)
        return {
            name: value
            for name, value in values.items()
            if not same(value, self.shown.get(name)) and not (self._mask(name) and blank(value))
        }

    def _seen(self, data: Any) -> dict[str, Any]:
        """The values that the page showed: those of `base_version`, kept in the history."""
        version = "" if data is None else str(data.get("base_version", ""))
        return values_at(self.row, version, NAMES) if self.row else {}

    def _moved_names(self) -> list[str]:
        return [name for name in NAMES if not same(self.seen.get(name), self.now.get(name))]

    def rebased(self) -> "RecordForm":
        """The same form on the record as it stands now: what was typed stays, the rest is shown anew."""
        mine, moved = set(self.touched), self._moved_names()
        data = {name: as_posted(self.now[name]) if self._is_shown(name) else "" for name in NAMES}
        data |= {name: self.data.get(name, "") for name in mine}
        data |= {"base_version": self.version, "reason": self.data.get("reason", "")}
        fresh = RecordForm(data, user=self.user, house=self.house, row=self.row)
        fresh.is_valid()
        fresh.add_error(None, Refusal.STALE.label)
        fresh.moved = [self._told_move(name) for name in moved]
        for name in mine & set(moved):
            now = self._say(name, self.now[name])
            fresh.add_error(name, f"刚被改为“{now}”，您填的还在，请核对后再提交。")
        return fresh

    def _told_move(self, name: str) -> str:
        before, after = self._say(name, self.seen[name]), self._say(name, self.now[name])
        if before == after:  # both masked alike
            return f"{label_of(name)}：已改为另一个"
        return f"{label_of(name)}：由“{before}”改为“{after}”"

    @property
    def is_stale(self) -> bool:
        """Whether something that this form shows changed since the page was built."""
        return bool(self._moved_names())

    # -- the acts ---------------------------------------------------------------------------

    def complete(self, office: Office) -> bool:
        """Fill in or correct. False where it was refused; `rebased` where the record moved on."""
        return self.carry_out(lambda cleaned: self._complete(office, cleaned["reason"]))

    def _complete(self, office: Office, reason: str) -> Submission:
        assert self.row is not None
        if self.is_stale:
            raise Refused(Refusal.STALE)
        entry = office.complete(self.row.pk, self.touched, reason=reason)
        if entry.base_version != self.row.resident.version:  # between our look and the office's
            raise Refused(Refusal.STALE)
        return entry

    def add(self, office: Office) -> bool:
        """Somebody new in the house."""
        return self.carry_out(
            lambda cleaned: office.add_member(
                self.house.pk,
                {name: value for name, value in self.touched.items() if not blank(value)},
                reason=cleaned["reason"],
            )
        )


def fill(load: Callable[[], Membership], data: Any, office: Office) -> RecordForm:
    """Complete a record with what was posted. `done` is None on the form where it was refused; where
    the record moved on meanwhile, that form stands on the record as it is now."""
    form = RecordForm(data, user=office.user, house=(row := load()).house, row=row)
    if form.complete(office):
        return form
    again = RecordForm(data, user=office.user, house=(row := load()).house, row=row)
    return again.rebased() if again.is_stale and again.is_valid() else form


def _fellows(house: House, row: Membership | None) -> list[tuple[str, str]]:
    """Who may be the contact: the others of the house; and who is it now, wherever they live."""
    others = house.memberships.open().select_related("resident").order_by("pk")
    others = others.exclude(resident=row.resident_id) if row else others
    found = [(str(one.resident_id), called(one)) for one in others]
    current = str(row.resident.contact_id) if row and row.resident.contact_id else ""
    if current and current not in dict(found):
        found.append((current, "现联系人（不在这套房屋）"))
    return found


def _returned(row: Membership | None, user: User) -> Submission | None:
    """The own entry that a colleague returned: it opens again with its reasons."""
    return row.submissions.returned().filter(account=user).first() if row else None
