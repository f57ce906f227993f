"""The fields of a member's record: as a client sends them, and as it reads them."""

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from residents import typed
from residents.api import fields
from residents.choices import Ethnicity, IdType, PoliticalStatus, Sex
from residents.completeness import LABELS, missing_fields
from residents.models import Resident

from ..choices import HouseholdType, Role
from ..drafts import OF_MEMBERSHIP
from ..sight import owed_at
from ..wording import field_named, label_of

NAMES = (*typed.FIELDS, *OF_MEMBERSHIP)

LONGEST: dict[str, int] = {
    name: field_named(name).max_length for name in ("name", "registered_address", "job_title", "employer")
}
_FREE: dict[str, Any] = {"required": False, "allow_null": True}
_TEXT: dict[str, Any] = {**_FREE, "allow_blank": True}
_CHOICE: dict[str, Any] = {"error_messages": {"invalid_choice": "请从列表中选择。"}}


class Values(serializers.Serializer[Any]):
    """What a person may say of a member; null is unknown. The petition flag is no part of it."""

    name = fields.Text(max_length=LONGEST["name"], **_TEXT, help_text="姓名。", example="付文生")
    id_type = fields.Code(IdType, required=False, **_CHOICE, help_text="证件类型。")
    id_number = fields.Text(
        max_length=40, **_TEXT, help_text="证件号码，只显示首末两位。", example="1****************0"
    )
    sex = fields.Code(Sex, **_FREE, **_CHOICE, help_text="性别。")
    birth_date = fields.Text(
        max_length=20,
        **_FREE,
        help_text="出生日期；已登记证件号码的只显示年份。",
        example="1987 年",
    )
    ethnicity = fields.Code(Ethnicity, **_FREE, **_CHOICE, help_text="民族。")
    registered_address = fields.Text(**_TEXT, help_text="户籍地址。", example="河北省秦皇岛市海港区文化路1号")
    phone = fields.Text(max_length=40, **_TEXT, help_text="手机号，中间四位不显示。", example="151****2234")
    contact = fields.Uuid(
        **_FREE,
        help_text="联系人（监护人）：同一套房屋另一位成员的 person。",
        example="7b0f6a4e-5d0c-4a53-9a57-0d1b1f7a2c11",
    )
    political_status = fields.Code(PoliticalStatus, **_FREE, **_CHOICE, help_text="政治面貌。")
    is_veteran = fields.Flag(**_FREE, help_text="是否退役军人。", example=False)
    is_low_income = fields.Flag(**_FREE, help_text="是否低保。", example=False)
    job_title = fields.Text(max_length=LONGEST["job_title"], **_TEXT, help_text="工作。", example="教师")
    employer = fields.Text(max_length=LONGEST["employer"], **_TEXT, help_text="公司。", example="第一中学")
    role = fields.Code(Role, **_FREE, **_CHOICE, help_text="与业主的关系。", example=5)
    household_type = fields.Code(HouseholdType, **_FREE, **_CHOICE, help_text="住户类型。", example=3)


class ValuesBody(fields.Body, Values):
    """填写的内容：只写要填或要改的字段，null 表示清空。带星号的内容不能原样送回。"""

    id_number = fields.Text(
        max_length=40,
        **_TEXT,
        help_text="证件号码。有效的身份证号会带出生日期和性别。",
        example="130324198705046010",
    )
    birth_date = fields.Day(**_FREE, help_text="出生日期。", example="1987-05-04")  # type: ignore[assignment]
    phone = fields.Text(max_length=40, **_TEXT, help_text="11 位手机号。", example="15131512234")
    role = fields.Code(
        Role,
        leaving_out=(Role.SELF,),
        **_FREE,
        **_CHOICE,
        help_text="与业主的关系，以这套房屋的业主来看。“本人”由安防平台或物业登记，不能填写。",
        example=5,
    )
    household_type = fields.Code(
        HouseholdType,
        leaving_out=(HouseholdType.OWNER,),
        **_FREE,
        **_CHOICE,
        help_text="住户类型。“业主”由安防平台或物业登记，不能填写。",
        example=3,
    )


class RecordValues(fields.Answer, Values):
    """登记的内容，没有登记的为 null。"""

    def get_fields(self) -> dict[str, Any]:
        found = super().get_fields()
        for field in found.values():
            field.required = True
        return found


class TypedValues(fields.Answer, Values):
    """填写的内容：没有填写的字段不出现，清空的为 null。"""

    def to_representation(self, instance: Any) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        return {name: value for name, value in shown.items() if name in instance}


class MissingAnswer(fields.Answer):
    """还差的一项。"""

    field = fields.Text(
        help_text="在哪个字段填写；联系电话在 phone 填写，或在 contact 选联系人。", example="ethnicity"
    )
    label = fields.Text(help_text="名称。", example="民族")  # type: ignore[assignment]


class ReasonAnswer(fields.Answer):
    """退回的一项。"""

    field = fields.Text(help_text="哪个字段。", example="registered_address")
    label = fields.Text(help_text="名称。", example="户籍地址")  # type: ignore[assignment]
    reason = fields.Text(help_text="物业写的原因。", example="请写到门牌号")


def missing_of(person: Resident) -> list[dict[str, str]]:
    """还差 of a record, each with the field at which it is filled in."""
    names = missing_fields(person)
    return [
        {"field": field, "label": LABELS[name]} for field, name in zip(owed_at(names), names, strict=True)
    ]


def reasons_of(reasons: dict[str, str], names: Iterable[str] = NAMES) -> list[dict[str, str]]:
    """In the order of a form."""
    return [
        {"field": name, "label": label_of(name), "reason": reasons[name]}
        for name in names
        if reasons.get(name)
    ]
