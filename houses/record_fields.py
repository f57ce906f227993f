"""The form fields of a member's record, as the office's pages and the household's show them.

Nothing is preselected: unknown stays unknown until somebody says so.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString

from residents.choices import IdType
from residents.upstream import blank

from .choices import Role
from .drafts import standing, stored
from .models import Membership
from .wording import field_named, label_of

# What is chosen where one is asked and does not know: no value, like no answer.
UNKNOWN = "-"

_FLAGS = ("is_veteran", "is_low_income")
_RADIO = ("sex", "political_status", "household_type", "role", *_FLAGS)
_SELECT = ("ethnicity", "id_type")
_YES_OR_NO = {"1": True, "0": False, UNKNOWN: None}
_VERSION = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})")


# -- fields ------------------------------------------------------------------------------


def field_of(name: str, *, help_text: str = "", hidden: str = "", empty: str = "未知") -> forms.Field:
    """The form field of one value, the contact aside (`contact_field`).

    `hidden` is the mask of what is there and not shown: an empty box beside it changes nothing.
    `empty` is the first choice of a list, for unknown.
    """
    label = label_of(name)
    if name in _RADIO:
        return _radio(name, label, help_text)
    if name in _SELECT:
        return _select(name, label, help_text, empty)
    if name == "birth_date":
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        wrong = {"invalid": "请填写年月日。"}
        return forms.DateField(
            label=label, required=False, help_text=help_text, widget=widget, error_messages=wrong
        )
    attributes = {"autocomplete": "off", "inputmode": "tel" if name == "phone" else "text"}
    if hidden:
        attributes["placeholder"] = hidden_told(hidden)
    return forms.CharField(
        label=label, required=False, help_text=help_text, widget=forms.TextInput(attrs=attributes)
    )


def hidden_told(mask: str, word: str = "已登记") -> str:
    return f"{word} {mask}，不改请留空"


def contact_field(
    fellows: Sequence[tuple[str, str]], help_text: str = "", *, empty: str = "没有"
) -> forms.ChoiceField:
    """Who of the house is called where the person has no phone: (key, name)."""
    return forms.ChoiceField(
        label=label_of("contact"), required=False, help_text=help_text, choices=[("", empty), *fellows]
    )


def _radio(name: str, label: str, help_text: str) -> forms.Field:
    if name in _FLAGS:
        choices: list[Any] = [("1", "是"), ("0", "否"), (UNKNOWN, "不清楚")]
        return _chosen(label, help_text, choices, _YES_OR_NO.__getitem__)
    codes = _codes(name)
    if name == "role":
        codes = [(value, noted(Role(value))) for value, _ in codes]
    return _chosen(label, help_text, [*codes, (UNKNOWN, "不清楚")], _code)


def _select(name: str, label: str, help_text: str, empty: str) -> forms.Field:
    """A document has a type, and its first is the one that nearly all have."""
    if name == "id_type":
        return forms.ChoiceField(
            label=label, required=False, help_text=help_text, choices=_codes(name), initial=IdType.ID_CARD
        )
    return forms.ChoiceField(
        label=label, required=False, help_text=help_text, choices=[("", empty), *_codes(name)]
    )


def _codes(name: str) -> list[tuple[Any, Any]]:
    return [(value, word) for value, word in field_named(name).choices if not blank(value)]


def _code(value: str) -> int | None:
    return None if value == UNKNOWN else int(value)


def _chosen(label: str, help_text: str, choices: list[Any], coerce: Callable[[str], Any]) -> forms.Field:
    return forms.TypedChoiceField(
        label=label,
        required=False,
        help_text=help_text,
        choices=choices,
        coerce=coerce,
        empty_value=None,
        widget=forms.RadioSelect,
    )


def noted(role: Role) -> str | SafeString:
    """The role with the document's note beside it."""
    return format_html("{} <small>{}</small>", role.label, role.note) if role.note else role.label


# -- values ------------------------------------------------------------------------------


def as_posted(value: Any) -> str:
    """As a browser sends it; unknown is empty, so that no choice is made."""
    if isinstance(value, bool):
        return str(int(value))
    return "" if value is None else str(stored(value))


def same(one: Any, other: Any) -> bool:
    """Whether two values are one, all spellings of unknown included."""
    return (blank(one) and blank(other)) or stored(one) == stored(other)


def values_of(row: Membership, names: Sequence[str]) -> dict[str, Any]:
    """What stands in a member's record now."""
    return {name: standing(row.resident, row, name) for name in names}


def version_of(row: Membership) -> str:
    """Which record a page showed: the person's version and the membership's."""
    return f"{row.resident.version}.{row.version}"


def values_at(row: Membership, version: str, names: Sequence[str]) -> dict[str, Any]:
    """What a page of that version showed, kept in the history; of an unknown version what stands now."""
    posted = _VERSION.fullmatch(version)
    if posted is None or version == version_of(row):
        return values_of(row, names)
    person = row.resident.history.filter(version=posted.group(1)).order_by("-history_id").first()
    member = row.history.filter(version=posted.group(2)).order_by("-history_id").first()
    if person is None or member is None:
        return values_of(row, names)
    return {name: standing(person, member, name) for name in names}
