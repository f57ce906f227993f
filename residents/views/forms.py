"""What is typed on the pages of the own account."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from ..consent_texts import SENSITIVE
from ..exceptions import Refusal, Refused
from ..validators import normalise_phone
from .pages import FamilyForm

_FULL_WIDTH_DIGITS = {ord("０") + n: str(n) for n in range(10)}


class PhoneForm(FamilyForm):
    phone = forms.CharField(
        label="手机号",
        max_length=30,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "numeric", "autocomplete": "tel"}),
        error_messages={"required": "请输入 11 位手机号。", "max_length": "请输入 11 位手机号。"},
    )

    def clean_phone(self) -> str:
        phone = normalise_phone(self.cleaned_data["phone"])
        if not phone:
            raise ValidationError("请输入 11 位手机号。")
        return phone


class CodeForm(FamilyForm):
    code = forms.CharField(
        label="验证码",
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
        error_messages={"required": "请输入短信里的 6 位数字。", "max_length": "请输入短信里的 6 位数字。"},
    )

    def clean_code(self) -> str:
        """As a thumb or a paste leaves it: blanks and full-width digits do not count."""
        code = "".join(self.cleaned_data["code"].translate(_FULL_WIDTH_DIGITS).split())
        if not (len(code) == 6 and code.isascii() and code.isdigit()):
            raise ValidationError("请输入短信里的 6 位数字。")
        return code


class SensitiveForm(FamilyForm):
    sensitive = forms.BooleanField(
        label=f"我单独同意处理我填写的敏感信息：{SENSITIVE}。",
        error_messages={"required": "请阅读后勾选。"},
    )


class ConsentForm(SensitiveForm):
    """The notice has to be agreed to, sensitive fields need not; each by a tick of its own."""

    notice = forms.BooleanField(
        label="我已阅读并同意《个人信息处理告知》。", error_messages={"required": "请阅读后勾选，才能继续。"}
    )
    field_order = ["notice", "sensitive"]

    def __init__(self, *args: object, sensitive: bool, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sensitive"].required = False
        if not sensitive:
            del self.fields["sensitive"]


class GuardianForm(FamilyForm):
    """With the tick of a child's guardian, where one is asked for (`guardian`)."""

    guardian_label = ""

    def __init__(self, *args: Any, guardian: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if guardian:
            self.fields["guardian"] = forms.BooleanField(label=self.guardian_label, required=False)

    def tell(self, refused: Refused) -> None:
        """That it is missing stands at the tick."""
        if refused.code == Refusal.GUARDIAN_CONSENT and "guardian" in self.fields:
            refused.fields["guardian"] = refused.sentence
        super().tell(refused)
