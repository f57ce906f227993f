"""The code tables, for everybody: a client keeps them and asks whether they are still the same."""

import hashlib
import json
from functools import cache
from typing import Any

from django.db.models import Choices
from django.urls import path
from rest_framework.response import Response

from residents.api import fields
from residents.api.headers import NOT_MODIFIED, header, text, unless_known, versions
from residents.api.schema import operation
from residents.api.views import AccountView
from residents.choices import Ethnicity, IdType, PoliticalStatus, Sex

from ..choices import HouseholdType, HouseUse, Occupancy, Ownership, Role
from ..models import Request
from ..states import Status

TABLES: dict[str, type[Choices]] = {
    "sex": Sex,
    "ethnicity": Ethnicity,
    "political_status": PoliticalStatus,
    "id_type": IdType,
    "role": Role,
    "household_type": HouseholdType,
    "house_use": HouseUse,
    "ownership": Ownership,
    "occupancy": Occupancy,
    "status": Status,
    "request_kind": Request.Kind,
    "request_status": Request.Status,
}
CACHE = "public, max-age=3600"  # a new release may word a table anew


@cache
def tables() -> dict[str, list[dict[str, Any]]]:
    return {
        name: [{"value": one.value, "label": one.label, "note": getattr(one, "note", "")} for one in table]
        for name, table in TABLES.items()
    }


@cache
def etag() -> str:
    """Strong: the same tables are the same bytes."""
    told = json.dumps(tables(), ensure_ascii=False, sort_keys=True)
    return f'"{hashlib.sha256(told.encode()).hexdigest()[:32]}"'


class NumberCodeAnswer(fields.Answer):
    """代码表的一行，值为整数。"""

    value = fields.Number(help_text="值。", example=2)
    label = fields.Text(help_text="名称。", example="租客")  # type: ignore[assignment]
    note = fields.Text(
        help_text="补充说明，没有则为空。", example="所有非业主亲属的都是租客（包括租客的家人）"
    )


class TextCodeAnswer(fields.Answer):
    """代码表的一行，值为文字。"""

    value = fields.Text(max_length=30, help_text="值。", example="01")
    label = fields.Text(help_text="名称。", example="汉族")  # type: ignore[assignment]
    note = fields.Text(help_text="补充说明，没有则为空。", example="")


class CodesAnswer(fields.Answer):
    """全部代码表。"""

    sex = NumberCodeAnswer(many=True, help_text="性别。")
    ethnicity = TextCodeAnswer(many=True, help_text="民族（GB 3304）。")
    political_status = NumberCodeAnswer(many=True, help_text="政治面貌。")
    id_type = TextCodeAnswer(many=True, help_text="证件类型。")
    role = NumberCodeAnswer(many=True, help_text="与业主的关系；填写时要显示补充说明。")
    household_type = NumberCodeAnswer(many=True, help_text="住户类型。")
    house_use = NumberCodeAnswer(many=True, help_text="房屋用途。")
    ownership = NumberCodeAnswer(many=True, help_text="房屋性质。")
    occupancy = NumberCodeAnswer(many=True, help_text="居住现状。")
    status = TextCodeAnswer(many=True, help_text="成员的状态。")
    request_kind = TextCodeAnswer(many=True, help_text="申请的类别。")
    request_status = TextCodeAnswer(many=True, help_text="申请的状态。")


class Codes(AccountView):
    authentication_classes = ()
    permission_classes = ()

    @operation(
        "listCodes",
        "全部代码表",
        tag="代码表",
        answer=CodesAnswer,
        others=NOT_MODIFIED,
        public=True,
        description="不需要登录。答复可以保存一小时，之后带上 If-None-Match 再问。",
        parameters=[
            *versions("这一版代码表的标识。", '"5d41402abc4b2a76b9719d911017c592"'),
            header("Cache-Control", "可以保存多久。", text(CACHE), 200, 304, required=True),
        ],
    )
    def get(self, request: Any) -> Response:
        return unless_known(request, CodesAnswer(tables()).data, etag(), CACHE)


urls = [path("codes/", Codes.as_view(), name="codes")]
