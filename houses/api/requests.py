"""申请: what waits for this account's answer, and what it asked for itself."""

from typing import Any

from django.urls import path, reverse
from rest_framework.response import Response

from residents import typed
from residents.api import fields
from residents.api.problems import refused
from residents.api.schema import operation
from residents.exceptions import Refusal, Refused
from residents.masking import scrub

from ..asked import Asked, Waiting, asked, open_one, waiting
from ..family import Family
from ..models import Request
from .views import FamilyView

TAG = "申请"


def _plain(text: str) -> None:
    typed.plain(text, typed.MOST_TEXT)


class FreeText(fields.Text):
    """Shown in full to everybody who sees the record: no ID number and no phone belongs into it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, validators=[_plain], **kwargs)


class Scrubbed(fields.Text):
    """Free text of somebody, whatever it was typed with."""

    def to_representation(self, value: Any) -> str:
        return scrub(super().to_representation(value))


# -- asked ---------------------------------------------------------------------------------


class RequestAnswer(fields.Answer):
    """我的申请。"""

    id = fields.Number(source="request.pk", help_text="申请编号。", example=5)
    kind = fields.Code(Request.Kind, source="request.kind", help_text="类别。")
    word = fields.Text(help_text="这项申请的名称。", example="申请加入房屋")
    about = fields.Text(help_text="关于哪套房屋、哪位成员；与房屋无关的为空。", example="示范小区 1-1-1-101")
    status = fields.Code(Request.Status, source="request.status", help_text="状态。")
    text = Scrubbed(help_text="您写的说明，没有则为空。", example="租住在这里")
    reason = Scrubbed(source="request.answer", help_text="答复的内容，还没有答复则为空。", example="不认识")
    answered = fields.Text(help_text="业主答复或物业答复；没有人答复的为空。", example="业主答复")
    asked_at = fields.Moment(
        source="request.asked_at", help_text="申请时间。", example="2026-11-23T09:31:00+08:00"
    )
    answered_at = fields.Moment(
        source="request.answered_at",
        allow_null=True,
        help_text="答复时间，还没有答复则为 null。",
        example="2026-11-24T10:02:00+08:00",
    )


def told(family: Family, key: int) -> Asked:
    """One that this account asked for. Raises Refused."""
    found = asked(family, pk=key)
    if not found:
        raise Refused(Refusal.NOT_FOUND)
    return found[0]


def address_of(request: Request) -> str:
    """Where a request of this account is to be read."""
    return reverse("household:asked_request", args=[request.pk])


def refused_to_ask(family: Family, error: Refused, kind: str, house: int | None = None) -> Response:
    """A rule said no; where the same request waits already, it is told where."""
    waits = open_one(family, kind, house) if error.code == Refusal.ALREADY_ASKED else None
    return refused(error, address_of(waits) if waits else "")


class AskedRequests(FamilyView):
    @operation(
        "listAskedRequests",
        "我提出的申请",
        tag=TAG,
        answer=RequestAnswer,
        many=True,
        refusals=[Refusal.IDENTITY_MISSING],
        description="新的在前。",
    )
    def get(self, request: Any) -> Response:
        return self.page(RequestAnswer, asked(self.family))


class AskedRequest(FamilyView):
    @operation(
        "readAskedRequest",
        "我提出的一项申请",
        tag=TAG,
        answer=RequestAnswer,
        refusals=[Refusal.NOT_FOUND, Refusal.IDENTITY_MISSING],
    )
    def get(self, request: Any, pk: int) -> Response:
        return self.tell(RequestAnswer, told(self.family, pk))


# -- to answer -----------------------------------------------------------------------------


class WaitingAnswer(fields.Answer):
    """等您答复的申请。"""

    id = fields.Number(source="request.pk", help_text="申请编号。", example=5)
    community = fields.Text(source="request.house.community", help_text="小区名称。", example="示范小区")
    address = fields.Text(
        source="request.house.address", help_text="楼号-单元-楼层-房间。", example="1-1-1-101"
    )
    who = fields.Text(help_text="申请人，只显示姓。", example="陈*")
    wish = fields.Text(help_text="申请什么。", example="申请以“租客”的身份加入您的房屋。")
    brings = fields.Text(
        help_text="同意后会怎样。",
        example="同意后，陈* 成为这套房屋的租客，看不到您和家人的资料；租客的资料您也看不到。",
    )
    text = Scrubbed(source="request.text", help_text="申请人写的说明，没有则为空。", example="租住在这里")
    asked_at = fields.Moment(
        source="request.asked_at", help_text="申请时间。", example="2026-11-23T09:31:00+08:00"
    )


class ReplyBody(fields.Body):
    """答复。"""

    accept = fields.Flag(help_text="是否同意。", example=True)
    reason = FreeText(
        required=False,
        allow_blank=True,
        default="",
        help_text="不同意的原因；同意时可不填。请不要写证件号码和手机号。",
        example="不认识",
    )


class ReplyAnswer(fields.Answer):
    """答复的结果。"""

    id = fields.Number(source="pk", help_text="申请编号。", example=5)
    status = fields.Code(Request.Status, leaving_out=(Request.Status.OPEN,), help_text="状态。")
    reason = Scrubbed(source="answer", help_text="答复的内容。", example="业主已确认")
    answered_at = fields.Moment(help_text="答复时间。", example="2026-11-24T10:02:00+08:00")


class Requests(FamilyView):
    @operation(
        "listRequests",
        "等我答复的申请",
        tag=TAG,
        answer=WaitingAnswer,
        many=True,
        refusals=[Refusal.IDENTITY_MISSING],
        description="先提出的在前。",
    )
    def get(self, request: Any) -> Response:
        return self.page(WaitingAnswer, [Waiting(row) for row in waiting(self.family)])


class Reply(FamilyView):
    """A yes may meet what became of the applicant since: then the request stays open."""

    @operation(
        "answerRequest",
        "答复一项申请",
        tag=TAG,
        body=ReplyBody,
        answer=ReplyAnswer,
        refusals=[
            Refusal.NOT_FOUND,
            Refusal.IDENTITY_MISSING,
            Refusal.REASON_MISSING,
            Refusal.ALREADY_ANSWERED,
            Refusal.IDENTITY_MISMATCH,
            Refusal.LINK_BLOCKED,
            Refusal.ALREADY_LINKED,
            Refusal.ALREADY_BOUND,
            Refusal.ENDED,
        ],
        description="同意只需一步；不同意须写明原因。同意时如申请人的情况有变，答复不成立，申请仍待答复。",
    )
    def post(self, request: Any, pk: int) -> Response:
        said = self.read(ReplyBody)
        return self.tell(ReplyAnswer, self.family.answer(pk, **said))


urls = [
    path("requests/", Requests.as_view(), name="requests"),
    path("requests/asked/", AskedRequests.as_view(), name="asked_requests"),
    path("requests/asked/<int:pk>/", AskedRequest.as_view(), name="asked_request"),
    path("requests/<int:pk>/answer/", Reply.as_view(), name="reply"),
]
