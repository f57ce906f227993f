"""同步安防数据: the account's own answer, started and told. What the platform does wrong is a result."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import path, reverse
from rest_framework.response import Response

from houses.api.views import FamilyView
from residents.api import fields
from residents.api.headers import made
from residents.api.schema import operation
from residents.exceptions import Refusal, Refused

from ..merge import Outcome
from ..models import SyncItem
from ..own import ask_for_own, last_of_own
from ..wording import in_words, last_in_words

TAG = "同步安防数据"


@dataclass
class Result:
    """What came of it, as the account is told."""

    told: Outcome
    sentence: str
    finished_at: datetime | None = None

    @property
    def cause(self) -> str:
        return self.told.cause or ""

    @property
    def new_houses(self) -> int:
        return self.told.houses["created"]

    @property
    def new_members(self) -> int:
        return self.told.memberships["created"]


class ResultAnswer(fields.Answer):
    """同步的结果。"""

    outcome = fields.Code(
        SyncItem.Outcome,
        source="told.outcome",
        leaving_out=(SyncItem.Outcome.WAITING,),
        help_text="结果。",
    )
    cause = fields.Text(max_length=30, help_text="失败的原因代码；没有失败则为空。", example="")
    sentence = fields.Text(
        help_text="给用户看的说明。",
        example="同步完成：新增 1 套房屋，新增 2 名成员。还差的内容请在下面补全。",
    )


class StartedAnswer(ResultAnswer):
    """刚才同步的结果。"""

    new_houses = fields.Number(help_text="新增多少套房屋。", example=1)
    new_members = fields.Number(help_text="新增多少名成员。", example=2)


class LastAnswer(ResultAnswer):
    """最近一次同步的结果。"""

    finished_at = fields.Moment(allow_null=True, help_text="完成时间。", example="2026-11-23T09:31:00+08:00")


class Start(FamilyView):
    @operation(
        "startSync",
        "同步安防数据",
        tag=TAG,
        body=fields.Nothing,
        answer=StartedAnswer,
        status=201,
        refusals=[
            Refusal.IDENTITY_MISSING,
            Refusal.SYNC_TOO_SOON,
            Refusal.IDENTITY_MISMATCH,
            Refusal.LINK_BLOCKED,
            Refusal.ALREADY_LINKED,
        ],
        description=(
            "按已验证的手机号查询安防平台，最多等十秒，一分钟一次。"
            "平台没有答复或答复有误也是一种结果（outcome 为 failed），资料没有改动。"
        ),
        parameters=[made("这次结果的地址。", "/api/v1/sync/last/")],
    )
    def post(self, request: Any) -> Response:
        self.read(fields.Nothing)
        outcome = ask_for_own(self.user)
        found = Result(outcome, in_words(outcome))
        return self.tell(StartedAnswer, found, 201, Location=reverse("sync_api:last"))


class Last(FamilyView):
    @operation(
        "readLastSync",
        "最近一次同步的结果",
        tag=TAG,
        answer=LastAnswer,
        refusals=[Refusal.IDENTITY_MISSING, Refusal.NOT_FOUND],
    )
    def get(self, request: Any) -> Response:
        last = last_of_own(self.user)
        if last is None:
            raise Refused(Refusal.NOT_FOUND)
        sentence = last_in_words(last.outcome)
        return self.tell(LastAnswer, Result(last.outcome, sentence, last.finished_at))


urls = [
    path("", Start.as_view(), name="start"),
    path("last/", Last.as_view(), name="last"),
]
