"""Forms of the office's acts."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.html import format_html

from residents.forms import ActForm, line, reason_field

from ..models import Membership
from ..states import EndReason
from ..wording import role_of

# One tap each.
ACTIVATION_REASONS = ["已核对身份证原件", "电话核实本人", "已核对户口本"]

# What each reason for an end brings about, beside its word.
END_BRINGS = {
    EndReason.MOVED_OUT: "只结束此人在这套房屋的登记，资料保留，以后可以恢复。",
    EndReason.LEASE_OVER: "只结束此人在这套房屋的登记；同住的租客家人请逐个办理。",
    EndReason.SOLD: "只结束此人。全家一起搬走请在房屋页办理“过户”。",
    EndReason.DECEASED: "此人在所有房屋的登记全部结束，帐号随即锁定，不能再登录。",
    EndReason.MISTAKE: "此人本来就不该登记在这套房屋。",
}

ERASE_WORD = "删除"


class ReasonForm(ActForm):
    """An act that needs nothing but its reason."""

    free_text = ("reason",)
    reason = reason_field()


class EndForm(ActForm):
    free_text = ("why",)
    reason = forms.ChoiceField(
        label="迁出原因",
        widget=forms.RadioSelect,
        choices=[
            (reason.value, format_html("{} <small>{}</small>", reason.label, brings))
            for reason, brings in END_BRINGS.items()
        ],
        error_messages={"required": "请选择迁出原因。"},
    )
    why = reason_field("说明（可不填）", required=False)


class LeaseForm(ActForm):
    until = forms.DateField(
        label="租期至",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="当天仍在租期内；清空表示没有租期。",
    )


class TransferForm(ActForm):
    """过户: who leaves, and who owns the house next."""

    leaving = forms.MultipleChoiceField(
        label="随房屋过户迁出的成员",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少勾选一名迁出的成员。"},
    )
    name = line("新业主姓名", help_text="还不知道新业主时三项都留空，以后再添加。")
    id_number = line("新业主证件号码")
    phone = line("新业主手机号", inputmode="tel")

    def __init__(self, *args: Any, rows: Sequence[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["leaving"]
        field.choices = [(str(row.pk), called(row)) for row in rows]
        field.initial = [str(row.pk) for row in rows]

    @property
    def owner(self) -> dict[str, str]:
        """What is known of the next owner; empty where nothing is."""
        typed = {name: self.cleaned_data.get(name, "") for name in ("name", "id_number", "phone")}
        return {name: value for name, value in typed.items() if value}


def called(row: Membership) -> str:
    """付文生（丈夫）."""
    return f"{row.resident.shown_name}（{role_of(row)}）"


class FindPersonForm(ActForm):
    q = line("查找另一份资料", required=True, help_text="姓名、证件后四位、完整证件号或手机号。")


class PhoneForm(ReasonForm):
    phone = line("新手机号", required=True, inputmode="tel", help_text="请先当面确认新号码是本人在用。")
    field_order = ("phone", "reason")


class IdentityForm(ReasonForm):
    name = line("姓名", required=True)
    id_number = line("证件号码", required=True)
    field_order = ("name", "id_number", "reason")


class EraseForm(ReasonForm):
    word = line(f"请输入“{ERASE_WORD}”二字确认", required=True)

    def clean_word(self) -> str:
        word: str = self.cleaned_data["word"]
        if word != ERASE_WORD:
            raise forms.ValidationError(f"请输入“{ERASE_WORD}”二字，确认后才会删除。")
        return word
