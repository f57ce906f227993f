"""What the forms of all pages share: what was typed goes to one method, and what that refuses is told
at the field. The forms know no rule of their own but one: free text carries no number."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction

from . import typed
from .exceptions import Refusal, Refused


def refuse_numbers(field: str, value: Any) -> None:
    """Free text is shown in full: no ID number and no phone belongs into it."""
    if isinstance(value, str):
        try:
            typed.plain(value, typed.MOST_TEXT)
        except ValidationError as error:
            raise ValidationError({field: error.messages[0]}, code="number") from None


class ActForm(forms.Form):
    """A form whose values one method takes."""

    # Shown in full to everybody who sees the record.
    free_text: Sequence[str] = ()

    # False where a refused try must still count: whoever guesses is counted.
    whole = True

    done: Any = None  # what the act returned
    status = 422  # what the page is answered with where it was refused

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in self.free_text:
            refuse_numbers(name, cleaned.get(name))
        return cleaned

    def carry_out(self, act: Callable[[dict[str, Any]], object]) -> bool:
        """Do it with the cleaned values, all or nothing. False where it was refused: why stands here."""
        if not self.is_valid():
            return False
        try:
            with transaction.atomic() if self.whole else nullcontext():
                self.done = act(self.cleaned_data)
        except Refused as refused:
            self.tell(refused)
            return False
        return True

    def tell(self, refused: Refused) -> None:
        """Each sentence at its field; the refusal's own, and those of other fields, above the form."""
        above = {refused.sentence: None}
        for name, sentence in refused.fields.items():
            if name in self.fields:
                self.add_error(name, sentence)
                above.pop(sentence, None)
            else:
                above[sentence] = None
        for sentence in above:
            self.add_error(None, sentence)


def reason_field(label: str = "原因", *, required: bool = True, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=200,
        required=required,
        help_text=help_text or "请不要写证件号码和手机号。",
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": Refusal.REASON_MISSING.label},
    )


def line(label: str, *, required: bool = False, help_text: str = "", **attributes: str) -> forms.CharField:
    """One line of text that no browser remembers."""
    widget = forms.TextInput(attrs={"autocomplete": "off", **attributes})
    return forms.CharField(
        label=label,
        required=required,
        help_text=help_text,
        widget=widget,
        error_messages={"required": "请填写。"},
    )
