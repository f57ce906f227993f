"""The code tables, for everybody: a client keeps them and asks whether they are still the same."""

import hashlib
import json
from collections.abc import Callable
from functools import cache
from typing import Any

from django.db.models import Choices
from django.urls import path
from django.utils.http import parse_etags
from rest_framework.response import Response

from residents.api import fields
from residents.api.headers import header, text
from residents.api.schema import Described, operation
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
AN_ETAG = text('"5d41402abc4b2a76b9719d911017c592"')


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


class WithUnchanged(Described):
    """Also answers that nothing changed."""

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        headers = self._get_response_headers_for_code("304")
        return {**bodies, "304": {"description": "与 If-None-Match 相同，没有变化。", "headers": headers}}


def with_unchanged(method: Callable[..., Any]) -> Any:
    """Below `operation`, which builds upon it."""
    method.kwargs = {"schema": WithUnchanged}  # type: ignore[attr-defined]
    return method


class Codes(AccountView):
    authentication_classes = ()
    permission_classes = ()

    @operation(
        "listCodes",
        "全部代码表",
        tag="代码表",
        answer=CodesAnswer,
        public=True,
        description="不需要登录。答复可以保存一小时，之后带上 If-None-Match 再问。",
        parameters=[
            header("If-None-Match", "上次得到的 ETag；没有变化时答复 304。", AN_ETAG),
            header("ETag", "这一版代码表的标识。", AN_ETAG, 200, 304, required=True),
            header("Cache-Control", "可以保存多久。", text(CACHE), 200, 304, required=True),
        ],
    )
    @with_unchanged
    def get(self, request: Any) -> Response:
        seen = {tag.removeprefix("W/") for tag in parse_etags(request.headers.get("If-None-Match", ""))}
        if seen & {etag(), "*"}:
            return Response(status=304, headers={"ETag": etag(), "Cache-Control": CACHE})
        return Response(CodesAnswer(tables()).data, headers={"ETag": etag(), "Cache-Control": CACHE})


urls = [path("codes/", Codes.as_view(), name="codes")]
