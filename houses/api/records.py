"""A member's record: read with its version, written through a submission while that version stands."""

import json
from dataclasses import dataclass
from typing import Any

from django.http.request import HttpHeaders
from django.urls import path
from django.utils.functional import cached_property
from django.utils.http import parse_etags
from rest_framework.response import Response

from residents.api import fields
from residents.api.headers import NOT_MODIFIED, header, text, unless_known, versions
from residents.api.problems import refused
from residents.api.schema import operation
from residents.crypto import digest
from residents.exceptions import Refusal, Refused
from residents.models import Resident
from residents.upstream import blank

from ..drafts import OF_MEMBERSHIP, standing
from ..filled import hidden_in, shown_values
from ..models import Membership, Submission
from ..record_fields import version_of
from ..sight import open_entry
from ..states import Status
from ..wording import label_of, name_at_home, whence
from .entries import (
    HANDING_IN,
    KEPT,
    TYPING,
    WHOSE,
    EntryAnswer,
    EntryView,
    Guardian,
    NestedValues,
    address_of,
)
from .values import NAMES, MissingAnswer, RecordValues, ValuesBody, missing_of

TAG = "登记资料"


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


AN_ETAG = '"pUeyS1LyPzUcnfGYuTDuZtgBf2SJcNnsNBOxqD5eL-o"'

IF_MATCH = header(
    "If-Match", "刚读取的登记资料的 ETag；可以代填而看不到登记资料的成员写 *。", text(AN_ETAG), required=True
)


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
    guardian = Guardian()


class RecordView(EntryView):
    def show_record(self, row: Membership) -> Response:
        answer = RecordAnswer(Record(row)).data
        return unless_known(self.request, answer, etag_of(answer), "private, no-cache")

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
        """The draft is of the version that was compared. Raises Refused."""
        values = said["values"]
        if not values and open_entry(self.family, row) is None:
            raise Refused(Refusal.NOTHING_TYPED)
        seen = version_of(shown) if shown else ""
        return self.family.draft(row.pk, values, guardian=said["guardian"], seen=seen)

    def _waiting(self, row: Membership) -> str:
        entry = open_entry(self.family, row)
        return address_of(entry) if entry else ""


CHANGE: dict[str, Any] = {
    "tag": TAG,
    "body": FillBody,
    "answer": EntryAnswer,
    "refusals": [*TYPING, *HANDING_IN, Refusal.VERSION_MISSING],
    "parameters": [IF_MATCH, KEPT],
    "description": "只填补空白的立即采用；改动已登记内容的等物业审核。有错误时什么都不保存；"
    "提交没有成功的保存为草稿，地址在 Location 里。敏感内容须先同意处理敏感信息。",
}
READ: dict[str, Any] = {
    "tag": TAG,
    "answer": RecordAnswer,
    "parameters": versions("这一版登记资料的标识，修改时放在 If-Match 里。", AN_ETAG),
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
