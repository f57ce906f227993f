"""A member's record: read with its version, written through a submission while that version stands."""

import json
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.http.request import HttpHeaders
from django.urls import path
from django.utils.functional import cached_property
from django.utils.http import parse_etags
from drf_spectacular.utils import OpenApiParameter
from rest_framework.response import Response

from residents.api import fields
from residents.api.problems import refused
from residents.api.schema import operation
from residents.crypto import digest
from residents.exceptions import Refusal, Refused
from residents.models import Resident
from residents.upstream import blank

from ..drafts import OF_MEMBERSHIP, standing, stored
from ..filled import hidden_in, shown_values
from ..models import Membership, Submission
from ..record_fields import version_of
from ..sight import open_entry
from ..states import Status
from ..wording import label_of, name_at_home, whence
from .entries import HANDING_IN, TYPING, WHOSE, EntryAnswer, EntryView, NestedValues, address_of, location
from .values import NAMES, MissingAnswer, RecordValues, ValuesBody, missing_of

TAG = "登记资料"

NOT_MODIFIED = {304: "与 If-None-Match 相同，没有变化。"}


# -- answers -------------------------------------------------------------------------------


@dataclass
class Record:
    """The record of a member whom the account sees in full."""

    row: Membership

    @property
    def person(self) -> Resident:
        return self.row.resident

    @cached_property
    def standing(self) -> dict[str, Any]:
        return {name: standing(self.person, self.row, name) for name in NAMES}

    @property
    def name(self) -> str:
        return name_at_home(self.row)

    @property
    def values(self) -> dict[str, Any]:
        return shown_values(self.person, self.standing)

    @property
    def masked(self) -> list[str]:
        return hidden_in(self.person, self.standing)

    @property
    def sources(self) -> list[dict[str, Any]]:
        return [self._source(name) for name, value in self.standing.items() if not blank(value)]

    def _source(self, name: str) -> dict[str, Any]:
        source, at = whence(self.row if name in OF_MEMBERSHIP else self.person, name)
        return {"field": name, "label": label_of(name), "source": source, "at": at}

    @property
    def missing(self) -> list[dict[str, str]]:
        return missing_of(self.person)

    @property
    def version(self) -> str:
        return version_of(self.row)


class SourceAnswer(fields.Answer):
    """一项内容的来源。"""

    field = fields.Text(help_text="哪个字段。", example="ethnicity")
    label = fields.Text(help_text="名称。", example="民族")  # type: ignore[assignment]
    source = fields.Text(help_text="从哪里来。", example="业主填写")  # type: ignore[assignment]
    at = fields.Moment(help_text="什么时候。", example="2026-11-23T09:31:00+08:00")


class RecordAnswer(fields.Answer):
    """登记资料。"""

    member = fields.Number(source="row.pk", help_text="成员编号。", example=12)
    house = fields.Number(source="row.house_id", help_text="房屋编号。", example=3)
    name = fields.Text(help_text="家里的称呼。", example="付文生")
    status = fields.Code(Status, source="row.status", leaving_out=(Status.ENDED,), help_text="状态。")
    values = RecordValues(help_text="登记的内容，号码不完整显示。")
    masked = fields.Items(
        child=fields.Text(help_text="字段名。", example="id_number"),
        help_text="哪些字段显示的不是完整内容。修改时不能把带星号的内容送回，不改就不送。",
        example=["id_number", "phone", "birth_date"],
    )
    sources = SourceAnswer(many=True, help_text="已登记的各项从哪里来，什么时候。")
    missing = MissingAnswer(many=True, help_text="还差的内容。")
    version = fields.Text(help_text="登记资料的版本，每次修改都会变。", example="3.2")


def etag_of(answer: Any) -> str:
    """Of all that is shown, the version included: also where a mask hides the change."""
    return f'"{digest(json.dumps(answer, default=str, sort_keys=True), context="etag of a record")}"'


# -- versions ------------------------------------------------------------------------------


def _header(name: str, description: str, **about: Any) -> OpenApiParameter:
    shown = {
        "type": "string",
        "maxLength": 200,
        "examples": ['"pUeyS1LyPzUcnfGYuTDuZtgBf2SJcNnsNBOxqD5eL-o"'],
    }
    return OpenApiParameter(name, shown, OpenApiParameter.HEADER, description=description, **about)


READING = [
    _header("If-None-Match", "上次得到的 ETag；没有变化时答复 304。", required=False),
    _header("ETag", "这一版登记资料的标识，修改时放在 If-Match 里。", response=[200, 304], required=True),
]
CHANGING = [
    _header(
        "If-Match",
        "刚读取的登记资料的 ETag；可以代填而看不到登记资料的成员写 *。",
        required=True,
    ),
    location("已经保存为草稿、没有提交成功的：草稿的地址。", 412, 422),
]


def is_unchanged(headers: HttpHeaders, etag: str) -> bool:
    """Compared weakly: a proxy that compresses makes an ETag weak."""
    known = {one.removeprefix("W/") for one in parse_etags(headers.get("If-None-Match", ""))}
    return bool(known & {"*", etag})


def require_match(headers: HttpHeaders, etag: str | None) -> None:
    """The client has seen what stands now; who is shown nothing (None) says `*`. Raises Refused."""
    given = parse_etags(headers.get("If-Match", ""))
    if not given or (given == ["*"] and etag is not None):
        raise Refused(Refusal.VERSION_MISSING)
    if (etag or "*") not in given:
        raise Refused(Refusal.STALE)


# -- views ---------------------------------------------------------------------------------


class FillBody(NestedValues):
    """补全或修改登记资料。"""

    values = ValuesBody(help_text="要填或要改的字段；没有写到的保持原样。")
    submit = fields.Flag(default=True, help_text="是否立即提交，否则存为草稿。", example=True)
    guardian = fields.Flag(
        default=False, help_text="未满 14 周岁的：我是孩子的父母或监护人，同意登记这些资料。", example=False
    )


class RecordView(EntryView):
    def show_record(self, row: Membership) -> Response:
        answer = RecordAnswer(Record(row)).data
        etag = etag_of(answer)
        headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
        if is_unchanged(self.request.headers, etag):
            return Response(status=304, headers=headers)
        return Response(answer, headers=headers)

    def fill(self, key: int) -> Response:
        said = self.read(FillBody)
        row = self.family.fillable(key)
        shown = self._shown(key)
        require_match(self.request.headers, etag_of(RecordAnswer(Record(shown)).data) if shown else None)
        try:
            entry = self._keep(row, shown, said)
        except Refused as error:
            return refused(error, self._waiting(row) if error.code == Refusal.NOT_EDITABLE else "")
        return self.hand_in(entry) if said["submit"] else self.show(entry)

    def _shown(self, key: int) -> Membership | None:
        """What the account sees of whom it may fill for, None where that is nothing."""
        rows = self.scope.full.select_related("resident__contact")
        row: Membership | None = rows.filter(pk=key).first()
        return row

    def _keep(self, row: Membership, shown: Membership | None, said: dict[str, Any]) -> Submission:
        """The draft is of the version that was compared; of another one nothing is kept. Raises Refused."""
        values = said["values"]
        if not values and open_entry(self.family, row) is None:
            raise Refused(Refusal.NOTHING_TYPED)
        with transaction.atomic():
            entry = self.family.draft(row.pk, values, guardian=said["guardian"], anew=True)
            if shown and moved_on(entry, shown):
                raise Refused(Refusal.STALE)
        return entry

    def _waiting(self, row: Membership) -> str:
        entry = open_entry(self.family, row)
        return address_of(entry) if entry else ""


def moved_on(entry: Submission, shown: Membership) -> bool:
    """Whether the record changed between the reading of `shown` and of what the draft is based on."""
    of_membership = {name: stored(getattr(shown, name)) for name in OF_MEMBERSHIP if name in entry.base}
    same = all(entry.base[name] == value for name, value in of_membership.items())
    return not same or entry.base_version != shown.resident.version


CHANGE: dict[str, Any] = {
    "tag": TAG,
    "body": FillBody,
    "answer": EntryAnswer,
    "refusals": [*TYPING, *HANDING_IN, Refusal.VERSION_MISSING],
    "parameters": CHANGING,
    "description": "只填补空白的立即采用；改动已登记内容的等物业审核。有错误时什么都不保存；"
    "提交没有成功的保存为草稿，地址在 Location 里。敏感内容须先同意处理敏感信息。",
}
READ: dict[str, Any] = {
    "tag": TAG,
    "answer": RecordAnswer,
    "parameters": READING,
    "others": NOT_MODIFIED,
}


class MemberRecord(RecordView):
    @operation(
        "readMemberRecord",
        "成员的登记资料",
        refusals=[*WHOSE, Refusal.SELF_MANAGED, Refusal.NOT_ALLOWED],
        description="本人的，和由您代填、尚未自行管理的成员的。",
        **READ,
    )
    def get(self, request: Any, pk: int) -> Response:
        return self.show_record(self.family.readable(pk))

    @operation("fillMemberRecord", "补全或修改成员的登记资料", **CHANGE)
    def patch(self, request: Any, pk: int) -> Response:
        return self.fill(pk)


class MyRecord(RecordView):
    """Of the first own membership, bound or not; the person's values are the same in each."""

    @property
    def key(self) -> int:
        row: Membership = self.find(self.scope.own.order_by("pk"))
        return row.pk

    @operation(
        "readMyRecord",
        "我的登记资料",
        refusals=WHOSE,
        description="还不是任何房屋的成员的，没有登记资料（404）。",
        **READ,
    )
    def get(self, request: Any) -> Response:
        return self.show_record(self.family.readable(self.key))

    @operation("fillMyRecord", "补全或修改我的登记资料", **CHANGE)
    def patch(self, request: Any) -> Response:
        return self.fill(self.key)


urls = [
    path("members/<int:pk>/record/", MemberRecord.as_view(), name="member_record"),
    path("me/record/", MyRecord.as_view(), name="my_record"),
]
