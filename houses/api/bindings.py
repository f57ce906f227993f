"""绑定房屋: by match, by invitation, by application. None of it tells who lives where."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import path
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from residents.api import fields
from residents.api.headers import A_REQUEST, made
from residents.api.schema import operation
from residents.completeness import missing
from residents.exceptions import Refusal, Refused

from .. import qr
from ..asked import SUBMITTED
from ..choices import Role
from ..family import Family
from ..models import Community, House, Membership, Request
from ..states import Status
from .requests import FreeText, RequestAnswer, address_of, refused_to_ask, told
from .views import FamilyView

TAG = "绑定房屋"

# What may come of a bond that the person asks for.
_BINDING = (
    Refusal.IDENTITY_MISSING,
    Refusal.LINK_BLOCKED,
    Refusal.ALREADY_LINKED,
    Refusal.ALREADY_BOUND,
    Refusal.ENDED,
)


# -- by match ------------------------------------------------------------------------------


class ConfirmableAnswer(fields.Answer):
    """可以直接确认的房屋：登记的姓名、证件号码和手机号都与您一致。"""

    member = fields.Number(source="pk", help_text="成员编号，确认时用。", example=12)
    community = fields.Text(source="house.community", help_text="小区名称。", example="示范小区")
    address = fields.Text(source="house.address", help_text="楼号-单元-楼层-房间。", example="1-1-1-101")
    role = fields.Code(Role, allow_null=True, help_text="登记的与业主的关系，未知为 null。", example=4)


class MatchAnswer(fields.Answer):
    """查找的结果：不论有没有找到，说明都一样。"""

    detail = fields.Text(help_text="给用户看的说明。", example=SUBMITTED)
    confirmable = ConfirmableAnswer(many=True, help_text="可以直接确认的房屋，多半为空。")


class ConfirmBody(fields.Body):
    """确认。"""

    member = fields.Number(help_text="成员编号，来自可以直接确认的房屋。", example=12)


@dataclass
class Bound:
    """What came of it, and what is still owed before the activation."""

    row: Membership

    @property
    def missing(self) -> list[str]:
        return missing(self.row.resident)


class BoundAnswer(fields.Answer):
    """绑定的结果。"""

    member = fields.Number(source="row.pk", help_text="您在这套房屋的成员编号。", example=12)
    house = fields.Number(source="row.house_id", help_text="房屋编号。", example=3)
    community = fields.Text(source="row.house.community", help_text="小区名称。", example="示范小区")
    address = fields.Text(source="row.house.address", help_text="楼号-单元-楼层-房间。", example="1-1-1-101")
    status = fields.Code(
        Status,
        source="row.status",
        leaving_out=(Status.ENDED,),
        help_text="状态；还差内容的补全后激活。",
        example="activated",
    )
    missing = fields.Items(
        child=fields.Text(help_text="一项的名称。", example="民族"),
        help_text="还差的内容，不差为空列表。",
        example=["民族", "户籍地址"],
    )


class Match(FamilyView):
    @operation(
        "matchHouses",
        "按姓名和证件号码查找我的房屋",
        tag=TAG,
        body=fields.Nothing,
        answer=MatchAnswer,
        status=202,
        refusals=[Refusal.IDENTITY_MISSING, Refusal.TOO_MANY],
        description=(
            "为保护住户，不论有没有找到，答复都一样；由业主或物业确认后，房屋会出现在“我的房屋”。"
            "只有登记的手机号也是您的，才会列出来由您直接确认。每天次数有限。"
        ),
    )
    def post(self, request: Any) -> Response:
        self.read(fields.Nothing)
        found = self.family.match()
        return self.tell(MatchAnswer, {"detail": SUBMITTED, "confirmable": found}, 202)


class Confirmable(FamilyView):
    @operation(
        "listConfirmable",
        "可以直接确认的房屋",
        tag=TAG,
        answer=ConfirmableAnswer,
        many=True,
        refusals=[Refusal.IDENTITY_MISSING],
    )
    def get(self, request: Any) -> Response:
        return self.page(ConfirmableAnswer, self.family.confirmable)


class Confirm(FamilyView):
    @operation(
        "confirmHouse",
        "这是我家，确认绑定",
        tag=TAG,
        body=ConfirmBody,
        answer=BoundAnswer,
        refusals=[Refusal.NOT_FOUND, *_BINDING],
    )
    def post(self, request: Any) -> Response:
        key = self.read(ConfirmBody)["member"]
        return self.tell(BoundAnswer, Bound(self.family.confirm(key)))


# -- by invitation -------------------------------------------------------------------------


class InvitationBody(fields.Body):
    """邀请。"""

    token = fields.Text(
        max_length=64, help_text="邀请链接末尾的一段。", example="pLm3vA0zQh7cX9r2sT4wYb6dN1kE8fGu"
    )
    last_six = fields.Text(max_length=20, help_text="本人证件号码后六位。", example="120022")


class AcceptInvitation(FamilyView):
    @operation(
        "acceptInvitation",
        "凭邀请绑定房屋",
        tag=TAG,
        body=InvitationBody,
        answer=BoundAnswer,
        refusals=[
            *_BINDING,
            Refusal.INVITATION_DEAD,
            Refusal.INVITATION_DIGITS,
            Refusal.IDENTITY_MISMATCH,
            Refusal.TOO_MANY,
        ],
        description="每天次数有限，每个邀请输错五次后失效。",
    )
    def post(self, request: Any) -> Response:
        said = self.read(InvitationBody)
        return self.tell(BoundAnswer, Bound(self.family.accept_invitation(**said)))


# -- by application ------------------------------------------------------------------------


class CommunityAnswer(fields.Answer):
    """小区。"""

    id = fields.Number(source="pk", help_text="小区编号。", example=1)
    name = fields.Text(help_text="小区名称。", example="示范小区")


def _part(help_text: str, example: str) -> fields.Text:
    return fields.Text(
        max_length=30, required=False, allow_blank=True, default="", help_text=help_text, example=example
    )


class ApplicationBody(fields.Body):
    """申请加入房屋：房间二维码的钥匙，或者小区和楼号、单元、楼层、房间，二者选一。"""

    room_key = fields.Text(
        required=False,
        max_length=100,
        help_text="房间二维码里链接末尾的一段。",
        example="3:kq0o3mEw1oTcx4wXcW3Yh0m0mVb1u9yJc8vQe2lqZ5E",
    )
    community = fields.Number(required=False, help_text="小区编号，来自小区列表。", example=1)
    building = _part("楼号，例如 1号楼填 1。", "1")
    unit = _part("单元，没有可不填。", "1")
    floor = _part("楼层，可不填。", "1")
    room = _part("房间，例如 101。按地址申请时必填。", "101")
    role = fields.Code(
        Role,
        leaving_out=(Role.SELF,),
        help_text="您是业主的什么人。",
        example=2,
        error_messages={"invalid_choice": "请从列表中选择。"},
    )
    text = FreeText(
        help_text="申请说明。请不要写证件号码和手机号。",
        example="租住在这里",
        error_messages={"blank": Refusal.REASON_MISSING.label},
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One way to say which house, and all of it."""
        typed = [name for name in ("community", *House.PARTS) if attrs.get(name)]
        if "room_key" in attrs and typed:
            raise ValidationError(dict.fromkeys(typed, fields.UNKNOWN))
        if "room_key" not in attrs and (owed := {"community", "room"} - {*typed}):
            raise ValidationError(dict.fromkeys(sorted(owed), "请填写。"))
        return attrs


def house_of(family: Family, said: Mapping[str, Any]) -> House:
    """The house that was chosen. Raises Refused, which tells nothing of who lives there."""
    if "room_key" in said:
        room = qr.room_behind(said["room_key"])
        found = House.objects.confirmed().filter(pk=room).first() if room is not None else None
        if found is None:
            raise Refused(Refusal.NOT_FOUND)
        return found
    community = Community.objects.confirmed().filter(pk=said["community"]).first()
    if community is None:
        raise Refused(Refusal.INVALID, {"community": "请从列表中选择。"})
    return family.house_at(community, {part: said[part] for part in House.PARTS})


class Communities(FamilyView):
    @operation(
        "listCommunities",
        "可以申请的小区",
        tag=TAG,
        answer=CommunityAnswer,
        many=True,
        refusals=[Refusal.IDENTITY_MISSING],
    )
    def get(self, request: Any) -> Response:
        return self.page(CommunityAnswer, Community.objects.confirmed())


class Applications(FamilyView):
    @operation(
        "applyForHouse",
        "申请加入房屋",
        tag=TAG,
        body=ApplicationBody,
        answer=RequestAnswer,
        status=201,
        refusals=[
            Refusal.IDENTITY_MISSING,
            Refusal.NOT_FOUND,
            Refusal.ALREADY_BOUND,
            Refusal.ALREADY_ASKED,
            Refusal.TOO_MANY,
        ],
        description="由业主或物业答复；在那之前不显示房屋里的任何人。“本人”由物业登记，不能申请。每天次数有限。",
        parameters=[made("这项申请的地址。", A_REQUEST)],
    )
    def post(self, request: Any) -> Response:
        said = self.read(ApplicationBody)
        house = house_of(self.family, said)
        try:
            asked = self.family.apply_for(house, said["role"], said["text"])
        except Refused as error:
            return refused_to_ask(self.family, error, Request.Kind.BIND, house.pk)
        return self.tell(RequestAnswer, told(self.family, asked.pk), 201, Location=address_of(asked))


urls = [
    path("bindings/match/", Match.as_view(), name="match"),
    path("bindings/confirmable/", Confirmable.as_view(), name="confirmable"),
    path("bindings/confirm/", Confirm.as_view(), name="confirm"),
    path("bindings/invitation/", AcceptInvitation.as_view(), name="accept_invitation"),
    path("bindings/applications/", Applications.as_view(), name="applications"),
    path("communities/", Communities.as_view(), name="communities"),
]
