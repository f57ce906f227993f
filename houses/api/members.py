"""One member as the account sees them; the nickname, the invitation, the move out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import path, reverse
from rest_framework.response import Response

from residents.api import fields
from residents.api.headers import A_REQUEST, NO_STORE, made
from residents.api.schema import operation
from residents.exceptions import Refusal, Refused
from residents.models import Photo

from ..asked import open_one
from ..family import NICKNAME_LENGTH, Family
from ..models import Request
from ..sight import Member, looked_at
from .home import TAG, MemberAnswer
from .requests import FreeText, RequestAnswer, address_of, refused_to_ask, told
from .views import FamilyView

FILLING = [Refusal.NOT_FOUND, Refusal.IDENTITY_MISSING, Refusal.SELF_MANAGED, Refusal.NOT_ALLOWED]


@dataclass
class One(Member):
    """A member with what stands beside the row."""

    leaving: Request | None = None
    invited_until: datetime | None = None
    has_photo: bool = False

    @property
    def unbound(self) -> bool:
        return self.mine and self.row.bound_at is None

    @property
    def nickname(self) -> str:
        return str(self.row.nickname) if self.mine else ""


class OneAnswer(MemberAnswer):
    """一位成员。"""

    community = fields.Text(source="row.house.community", help_text="小区名称。", example="示范小区")
    address = fields.Text(source="row.house.address", help_text="楼号-单元-楼层-房间。", example="1-1-1-101")
    nickname = fields.Text(help_text="本人的家庭昵称，没有则为空；他人的总为空。", example="孩儿他爸")
    unbound = fields.Flag(help_text="是否本人、还没有绑定这套房屋。", example=False)
    why_brief = fields.Text(
        help_text="为什么看不到登记资料，能看到的为空。",
        example=Refusal.SELF_MANAGED.label,
    )
    has_photo = fields.Flag(help_text="是否有照片；看不到资料的成员总为 false。", example=True)
    invited_until = fields.Moment(
        allow_null=True,
        help_text="邀请有效到什么时候；没有有效的邀请、或您不能为此人填写的为 null。",
        example="2026-11-26T09:31:00+08:00",
    )
    leaving = fields.Number(
        source="leaving.pk",
        default=None,
        allow_null=True,
        read_only=True,
        help_text="您为此人提出、等待答复的迁出申请的编号，没有则为 null。",
        example=5,
    )


class MemberView(FamilyView):
    def one(self, key: int) -> One:
        """Raises Refused for somebody of whom nothing but a count is shown."""
        row = self.find(looked_at(self.scope, self.scope.shown), pk=key)
        one = One.of(self.family, row)
        one.leaving = _leaving(self.family, row)
        one.has_photo = one.full and Photo.of(row.resident_id) is not None
        invitation = row.invitations.live().first() if row.fills else None
        one.invited_until = invitation.expires_at if invitation else None
        return one


def _leaving(family: Family, row: Any) -> Request | None:
    found = open_one(family, Request.Kind.END, row.house_id)
    return found if found and found.membership_id == row.pk else None


class MemberPage(MemberView):
    @operation(
        "readMember",
        "一位成员",
        tag=TAG,
        answer=OneAnswer,
        refusals=[Refusal.NOT_FOUND, Refusal.IDENTITY_MISSING],
        description="只能看到称呼、关系和状态的成员也在内；只计人数的没有（404）。",
    )
    def get(self, request: Any, pk: int) -> Response:
        return self.tell(OneAnswer, self.one(pk))


# -- nickname ------------------------------------------------------------------------------


class NicknameBody(fields.Body):
    """家庭昵称。"""

    nickname = fields.Text(
        max_length=NICKNAME_LENGTH,
        allow_blank=True,
        help_text="家人看到的称呼；空表示取消，家人看到姓名。",
        example="孩儿他爸",
    )


class Nickname(MemberView):
    @operation(
        "setNickname",
        "设置家庭昵称",
        tag=TAG,
        body=NicknameBody,
        answer=OneAnswer,
        refusals=[Refusal.NOT_FOUND, Refusal.IDENTITY_MISSING, Refusal.NOT_ACTIVATED],
        description="只能设置本人的，激活以后；每套房屋各有一个。姓名不变，物业总能看到姓名。",
    )
    def put(self, request: Any, pk: int) -> Response:
        self.family.set_nickname(pk, self.read(NicknameBody)["nickname"])
        return self.tell(OneAnswer, self.one(pk))


# -- invitation ----------------------------------------------------------------------------


class InvitationAnswer(fields.Answer):
    """邀请。只在建立时告诉一次，以后读不到。"""

    url = fields.Url(
        help_text="交给被邀请人打开的网页地址。",
        max_length=300,
        example="https://register.example.cn/my/invitation/Zk3x0yQp7mVbTn1cRw9sLd2fGh5jKa8e/",
    )
    token = fields.Text(
        help_text="邀请的口令，在小程序里接受邀请时用。",
        max_length=100,
        example="Zk3x0yQp7mVbTn1cRw9sLd2fGh5jKa8e",
    )
    expires_at = fields.Moment(help_text="有效期至。", example="2026-11-26T09:31:00+08:00")


class Invitations(FamilyView):
    @operation(
        "inviteMember",
        "邀请成员本人填写",
        tag=TAG,
        answer=InvitationAnswer,
        status=201,
        refusals=[*FILLING, Refusal.NOT_INVITABLE, Refusal.UNSEEN, Refusal.ENDED],
        description="72 小时内有效，只能用一次；以前的邀请随之失效。",
    )
    def post(self, request: Any, pk: int) -> Response:
        invitation, token = self.family.invite(pk)
        page = request.build_absolute_uri(reverse("my:invitation", args=[token]))
        told_once = {"url": page, "token": token, "expires_at": invitation.expires_at}
        return self.tell(InvitationAnswer, told_once, 201, **NO_STORE)

    @operation(
        "revokeInvitation",
        "撤回邀请",
        tag=TAG,
        status=204,
        refusals=[*FILLING, Refusal.INVITATION_DEAD],
    )
    def delete(self, request: Any, pk: int) -> Response:
        self.family.revoke_invitation(pk)
        return Response(status=204)


# -- moving out ----------------------------------------------------------------------------


class EndBody(fields.Body):
    """申请迁出。"""

    text = FreeText(help_text="迁出原因。请不要写证件号码和手机号。", example="已搬到别处居住")


class End(FamilyView):
    @operation(
        "askEnd",
        "申请迁出",
        tag=TAG,
        body=EndBody,
        answer=RequestAnswer,
        status=201,
        refusals=[*FILLING, Refusal.REASON_MISSING, Refusal.ALREADY_ASKED],
        parameters=[made("这项申请的地址。", A_REQUEST)],
        description="为本人，或由您代填的成员。由物业答复。同一套房屋一次只能有一项。",
    )
    def post(self, request: Any, pk: int) -> Response:
        text = self.read(EndBody)["text"]
        row = self.family.fillable(pk)
        try:
            asked = self.family.ask_end(row.pk, text)
        except Refused as error:
            return refused_to_ask(self.family, error, Request.Kind.END, row.house_id)
        return self.tell(RequestAnswer, told(self.family, asked.pk), 201, Location=address_of(asked))


urls = [
    path("members/<int:pk>/", MemberPage.as_view(), name="member"),
    path("members/<int:pk>/nickname/", Nickname.as_view(), name="nickname"),
    path("members/<int:pk>/invitation/", Invitations.as_view(), name="invitation"),
    path("members/<int:pk>/end/", End.as_view(), name="end"),
]
