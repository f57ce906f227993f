"""The form in which a household types what it knows of a member: one topic of it, or all at once.

    form = MemberForm(request.POST, row=row, consented=…, topics=["origin"])
    if form.carry_out(lambda _: family.draft(row.pk, form.typed)): …

`form.topics` is for the template (`household/fill_topics.html`): the title and fields of each topic.
`form.typed` is what was touched, for `Family.draft`, `Family.name_member` or `reviewing.fill_by_link`.

It asks what the record owes and what may be said besides; under 16 nobody is asked for political
status or service. Numbers of the record stand masked beside empty boxes; drafted ones stand masked in
their boxes, to be emptied or typed anew. Of a blind author's member nothing of
the record is shown; of somebody new (`row` None) there is none.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.functional import cached_property

from residents import id_numbers, typed
from residents.choices import GB_11643, IdType
from residents.completeness import ADULT_QUESTIONS_AGE, missing_fields, required_fields
from residents.crypto import digest
from residents.models import Resident
from residents.upstream import Sources, blank
from residents.views.pages import FamilyForm

from ..choices import Role
from ..drafts import OF_MEMBERSHIP, TAKEN_OUT, as_typed
from ..models import Membership, Submission
from ..record_fields import (
    UNKNOWN,
    as_posted,
    contact_field,
    field_of,
    hidden_told,
    same,
    values_at,
    version_of,
)
from ..sight import masked, owed_at
from ..wording import Reader, labels, source_of

TOPICS: dict[str, tuple[str, tuple[str, ...]]] = {
    "who": ("身份", ("name", "id_type", "id_number", "sex", "birth_date")),
    "origin": ("民族与户籍", ("ethnicity", "registered_address")),
    "contact": ("联系方式", ("phone", "contact")),
    "more": ("其他", ("political_status", "is_veteran", "is_low_income", "job_title", "employer")),
    "role": ("与业主的关系", ("role",)),
}
NAMES = tuple(name for _, names in TOPICS.values() for name in names)

_HELP = {
    "id_type": "还没有证件的新生儿选“尚无”。",
    "id_number": "填写有效的身份证号后，会自动带出生日期和性别。",
    "contact": "本人没有手机号时，选一位家人作联系人。未满 14 周岁请选监护人。",
    "role": "以这套房屋的业主来看，此人是业主的什么人。",
}
_OPTIONAL = "可不填。"
_CHOOSE = "请选择"

# What is drafted of these stands masked in its box; a masked birthday fits into none.
_NUMBERS = ("id_number", "phone")


class MemberForm(FamilyForm):
    """`entry` is the author's open submission, which the form continues; `fellows` are the members who
    may be shown as contacts, as (key, name)."""

    base_version = forms.CharField(widget=forms.HiddenInput, required=False)
    draft_seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        row: Membership | None = None,
        entry: Submission | None = None,
        fellows: Sequence[tuple[str, str]] = (),
        blind: bool = False,
        consented: bool = False,
        topics: Iterable[str] = TOPICS,
    ) -> None:
        self.row, self.entry, self.blind, self.consented = row, entry, blind, consented
        self.record = None if blind else row
        self.fellows = self._with_present_contact(fellows)
        self.drafted: dict[str, Any] = entry.values if entry else {}
        self.standing = self._standing(data)
        self.shown = self.standing | self.drafted
        self.person = self._person()
        self.parts = {topic: self._asked(TOPICS[topic][1]) for topic in topics}
        boxes = {name: self._box(name) for name in self.shown}
        seen = _digests({name: boxes[name] for name in self.drafted})
        self.seen = _read(seen if data is None else data.get("draft_seen", seen))
        super().__init__(data, initial={**boxes, "base_version": self._version, "draft_seen": seen})
        for name in (name for names in self.parts.values() for name in names):
            self.fields[name] = self._field(name)
            self._remark(name)
        if self.record is None:
            del self.fields["base_version"]

    # -- what it is about ---------------------------------------------------------------------

    @property
    def _version(self) -> str:
        return version_of(self.record) if self.record else ""

    def _standing(self, data: Any) -> dict[str, Any]:
        """What the page showed of the record when it was opened."""
        if self.record is None:
            return {} if self.blind else {"id_type": IdType.ID_CARD.value}
        version = self._version if data is None else str(data.get("base_version", ""))
        return values_at(self.record, version, NAMES)

    def _person(self) -> Resident:
        """The record as it would stand with the draft."""
        return as_typed(self.record.resident if self.record else Resident(), self.drafted)

    def _with_present_contact(self, fellows: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Who is the contact now may be somebody whom the author does not see."""
        present = str(self.record.resident.contact_id or "") if self.record else ""
        unseen = [(present, "现在的联系人")] if present and present not in dict(fellows) else []
        return [*fellows, *unseen]

    # -- what is asked ------------------------------------------------------------------------

    def _asked(self, names: Iterable[str]) -> list[str]:
        allowed = [name for name in names if self.consented or name not in typed.SENSITIVE]
        questions = self._questions
        return [name for name in allowed if questions.get(name, True)]

    @cached_property
    def _questions(self) -> dict[str, bool]:
        """The fields that not everybody is asked for."""
        age = self.person.age()
        grown_up = age is None or age >= ADULT_QUESTIONS_AGE
        return {
            "name": self._may_name,
            "role": self._may_place,
            "sex": not self._is_told("sex"),
            "birth_date": not self._is_told("birth_date"),
            "contact": bool(self.fellows),
            "political_status": grown_up,
            "is_veteran": grown_up,
        }

    @property
    def _may_name(self) -> bool:
        """A name that is unknown, or that this household typed."""
        if self.row is None or "name" in self.drafted or not self.row.resident.name:
            return True
        typed_here = (Sources.OWNER, Sources.SELF)
        return self.record is not None and self.row.resident.origin.of("name") in typed_here

    @property
    def _may_place(self) -> bool:
        return self.row is None or self.row.role is None or "role" in self.drafted

    def _is_told(self, name: str) -> bool:
        """Whether the number tells it, or will, once it is typed."""
        if self.person.id_type not in GB_11643:
            return False
        if not self.person.id_number:
            return self.consented
        return id_numbers.is_valid(self.person.id_number) and not blank(getattr(self.person, name))

    # -- fields -------------------------------------------------------------------------------

    def _field(self, name: str) -> forms.Field:
        help_text = self._help(name)
        if name == "contact":
            return contact_field(self.fellows, help_text, empty=_CHOOSE)
        if name == "role":
            return role_field(help_text=help_text)
        field: Any = field_of(name, help_text=help_text, empty=_CHOOSE)
        if name == "id_type" and self.blind:  # nothing is known of the document that stands
            field.choices, field.initial = [("", _CHOOSE), *field.choices], ""
        if (mask := self._mask(name)) and not self._is_boxed(name):
            field.widget.attrs["placeholder"] = hidden_told(mask, self._word(name))
        return field

    def _help(self, name: str) -> str:
        if name == "phone" and self.fellows:
            return "本人没有手机号可不填，在下面选联系人。"
        required = owed_at(required_fields(self.person))
        is_optional = name not in required and name not in ("id_type", "contact", "role")
        return (_OPTIONAL if is_optional else "") + _HELP.get(name, "")

    def _mask(self, name: str) -> str:
        """What is there and not shown."""
        value = self.shown.get(name)
        return "" if blank(value) or name not in masked(self.person) else Reader().say(name, value)

    def _box(self, name: str) -> str:
        """What the field is filled with when the page opens."""
        if mask := self._mask(name):
            return mask if self._is_boxed(name) else ""
        return as_posted(self.shown[name])

    def _is_boxed(self, name: str) -> bool:
        return name in _NUMBERS and not blank(self.drafted.get(name))

    def _word(self, name: str) -> str:
        return "已填" if name in self.drafted else "已登记"

    def _remark(self, name: str) -> None:
        """At the field: whether it is owed, where its value is from, why it was returned."""
        field: Any = self[name]
        field.owed = name in self._owed
        field.source = self._source(name)
        returned = self.entry is not None and self.entry.status == Submission.Status.RETURNED
        field.returned = self.entry.reasons.get(name, "") if self.entry and returned else ""

    @property
    def _owed(self) -> set[str]:
        """Of whom the author knows nothing it is not told either."""
        if self.blind:
            return set()
        owed = set(owed_at(missing_fields(self.person)))
        unplaced = self.row is None and blank(self.drafted.get("role"))
        return owed | {"role"} if unplaced else owed

    def _source(self, name: str) -> str:
        if name in self.drafted:
            return f"您填写的，还没有提交{'；清空就不再保留' if self._is_boxed(name) else ''}"
        if self.record is None or blank(self.shown.get(name)):
            return ""
        record = self.record if name in OF_MEMBERSHIP else self.record.resident
        source = source_of(record, name)
        mask = self._mask(name)
        return f"{hidden_told(mask)}；{source}" if mask and name == "birth_date" else source

    # -- for the page -------------------------------------------------------------------------

    @property
    def topics(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Title and fields of each topic that has any."""
        return [
            (TOPICS[topic][0], [self[name] for name in names]) for topic, names in self.parts.items() if names
        ]

    @property
    def withheld(self) -> str:
        """What is not asked because the separate consent is missing."""
        asked = {name for topic in self.parts for name in TOPICS[topic][1]}
        return "" if self.consented else labels(asked & typed.SENSITIVE)

    @property
    def typed(self) -> dict[str, Any]:
        """What was touched; what was not posted (a choice that nobody made) is no change."""
        values = {name: value for name, value in self.cleaned_data.items() if name in NAMES}
        posted = {name: value for name, value in values.items() if self.add_prefix(name) in self.data}
        if blank(posted.get("id_type")):  # there is no document type "unknown"
            posted.pop("id_type", None)
        touched = {name: value for name, value in posted.items() if self._is_touched(name, value)}
        emptied = {
            name for name in touched if name in _NUMBERS and name in self.seen and blank(touched[name])
        }
        return touched | dict.fromkeys(emptied, TAKEN_OUT)

    def _is_touched(self, name: str, value: Any) -> bool:
        """Other than the page showed, whatever another window has drafted since; an empty box beside a
        mask is no change."""
        if name in self.seen:
            return self.seen[name] != _digest(name, as_posted(value))
        return not same(value, self.standing.get(name)) and not (blank(value) and self._mask(name))


def _digests(boxes: Mapping[str, str]) -> str:
    """What was drafted when the page opened, so that it is recognised when it comes back and not told."""
    return " ".join(f"{name}:{_digest(name, text)}" for name, text in boxes.items())


def _digest(name: str, text: str) -> str:
    return digest(f"{name}:{text}", context="draft shown")


def _read(seen: str) -> dict[str, str]:
    pairs = (pair.partition(":") for pair in seen.split())
    return {name: told for name, _, told in pairs}


def role_field(*, required: bool = False, help_text: str = _HELP["role"]) -> forms.Field:
    """Without the owner, whom the office enters; what the document does not advise comes last."""
    field: Any = field_of("role", help_text=help_text)
    field.label, field.required = TOPICS["role"][0], required
    field.error_messages |= {"required": "请选择与业主的关系。", "invalid_choice": "请从列表中选择。"}
    open_to_all = [choice for choice in field.choices if choice[0] not in (Role.SELF, UNKNOWN)]
    field.choices = sorted(open_to_all, key=lambda choice: bool(Role(choice[0]).note))
    return field
