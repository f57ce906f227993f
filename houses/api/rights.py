"""The rights over one's own data: a copy, to have it corrected, to have it erased."""

from typing import Any

from django.urls import path
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from residents.api import fields
from residents.api.headers import A_REQUEST, NO_STORE, made
from residents.api.permissions import Account
from residents.api.schema import operation
from residents.exceptions import Refusal, Refused

from ..models import Request
from ..own_data import gather
from .requests import FreeText, RequestAnswer, address_of, refused_to_ask, told
from .views import FamilyView

TAG = "我的权利"
Kind = Request.Kind
MADE = made("这项申请的地址。", A_REQUEST)


class RightsView(FamilyView):
    """Nobody has to agree to anything for these."""

    permission_classes = [Account]
    needs_identity = False


# -- a copy --------------------------------------------------------------------------------


class PartAnswer(fields.Answer):
    """一张表。"""

    title = fields.Text(max_length=50, help_text="表名。", example="帐号")
    rows = fields.Items(
        child=fields.Table(
            child=fields.Text(max_length=20_000, help_text="一格的内容，没有则为空。", example="老周"),
            help_text="一行，键为列名。",
            example={"项目": "自报姓名", "内容": "老周"},
        ),
        source="named",
        help_text="各行。",
        example=[{"项目": "自报姓名", "内容": "老周"}],
    )


class CopyAnswer(fields.Answer):
    """我的资料副本。"""

    parts = PartAnswer(many=True, help_text="各张表。")


class Export(RightsView):
    @operation(
        "exportMyData",
        "下载我的资料",
        tag=TAG,
        answer=CopyAnswer,
        household=False,
        description="本人资料的完整副本，证件号码和手机号不遮盖。每次下载都记入“谁看过我的资料”。",
    )
    def post(self, request: Any) -> Response:
        return self.tell(CopyAnswer, {"parts": gather(self.user)}, 200, **NO_STORE)


# -- what the office answers ---------------------------------------------------------------


class DisputeBody(fields.Body):
    """申请更正。"""

    text = FreeText(
        help_text="哪里不对，应该是什么。请不要写证件号码和手机号。", example="民族登记错了，应为满族"
    )


class ErasureBody(fields.Body):
    """申请删除资料。"""

    text = FreeText(
        required=False,
        allow_blank=True,
        default="",
        help_text="原因，可不填。请不要写证件号码和手机号。",
        example="已搬离",
    )
    sure = fields.Flag(help_text="用户读完说明后确认，必须为 true。", example=True)

    def validate_sure(self, sure: bool) -> bool:
        if not sure:
            raise ValidationError("请先勾选，确认要申请删除。")
        return sure


class AskTheOffice(RightsView):
    kind = ""

    def ask(self, **said: Any) -> Request:
        raise NotImplementedError

    def asked(self, **said: Any) -> Response:
        """The request, which waits now; where it waited already, where that stands."""
        try:
            request = self.ask(**said)
        except Refused as error:
            return refused_to_ask(self.family, error, self.kind)
        answer = told(self.family, request.pk)
        return self.tell(RequestAnswer, answer, 201, Location=address_of(request))


class Dispute(AskTheOffice):
    kind = Kind.DISPUTE

    def ask(self, **said: Any) -> Request:
        return self.family.dispute(**said)

    @operation(
        "askCorrection",
        "申请更正",
        tag=TAG,
        body=DisputeBody,
        answer=RequestAnswer,
        status=201,
        household=False,
        refusals=[Refusal.IDENTITY_MISSING, Refusal.ALREADY_ASKED],
        parameters=[MADE],
        description="自己改不了的内容，请物业核实；答复之前一切照旧。没有同意告知也可以申请。",
    )
    def post(self, request: Any) -> Response:
        return self.asked(**self.read(DisputeBody))


class Erase(AskTheOffice):
    kind = Kind.ERASE

    def ask(self, **said: Any) -> Request:
        return self.family.ask_erasure(**said)

    @operation(
        "askErasure",
        "申请删除资料",
        tag=TAG,
        body=ErasureBody,
        answer=RequestAnswer,
        status=201,
        household=False,
        refusals=[Refusal.IDENTITY_MISSING, Refusal.ALREADY_ASKED],
        parameters=[MADE],
        description="由物业答复，答复之前一切照旧；同意后，资料和帐号都被删除，不能恢复。没有同意告知也可以申请。",
    )
    def post(self, request: Any) -> Response:
        return self.asked(text=self.read(ErasureBody)["text"])


urls = [
    path("me/export/", Export.as_view(), name="export"),
    path("me/dispute/", Dispute.as_view(), name="dispute"),
    path("me/erasure/", Erase.as_view(), name="erasure"),
]
