"""Forms of the office."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from residents.forms import refuse_numbers

from .models import Community


class VersionedForm(forms.ModelForm):
    """A form that does not overwrite what somebody else, or a sync, wrote meanwhile."""

    base_version = forms.IntegerField(widget=forms.HiddenInput, required=False, label="")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and not self.is_bound:
            self.initial["base_version"] = self.instance.version

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, value in cleaned.items():
            refuse_numbers(name, value)
        if self.instance.pk and cleaned.get("base_version") != self.instance.version:
            raise ValidationError("这条记录刚被修改过，请刷新页面后再填。", code="stale")
        return cleaned


class ReasonForm(forms.Form):
    """Why a finding is settled."""

    reason = forms.CharField(
        label="处理说明",
        max_length=200,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="写明核对了什么、依据是什么；不要写证件号码和手机号。",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        refuse_numbers("reason", cleaned.get("reason"))
        return cleaned


class CommunityForm(forms.ModelForm):
    """A community that is known has a name."""

    name = forms.CharField(label="名称", max_length=50, widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = Community
        fields = ("name",)
