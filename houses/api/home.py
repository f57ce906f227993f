"""My houses, with whom the account sees there."""

from typing import Any

from django.urls import path
from rest_framework.response import Response

from residents.api import fields
from residents.api.schema import operation
from residents.exceptions import Refusal, Refused

from ..choices import Role
from ..dwellings import dwellings
from ..sight import open_entries
from ..states import Status
from ..visibility import Sight
from .views import FamilyView

TAG = "房屋和成员"


class MemberAnswer(fields.Answer):
    """成员。"""

    id = fields.Number(source="row.pk", help_text="成员编号。", example=12)
    house = fields.Number(source="row.house_id", help_text="房屋编号。", example=3)
    name = fields.Text(help_text="家里的称呼：激活后为家庭昵称，否则为姓名。", example="付钰")
    person = fields.Uuid(
        source="row.resident_id",
        help_text="此人的标识，填写联系人（contact）时用。",
        example="7b0f6a4e-5d0c-4a53-9a57-0d1b1f7a2c11",
    )
    mine = fields.Flag(help_text="是否本人。", example=False)
    role = fields.Code(
        Role, source="row.role", allow_null=True, help_text="与业主的关系，未知为 null。", example=4
    )
    role_name = fields.Text(source="role", help_text="关系的名称。", example="妻子")
    status = fields.Code(Status, source="row.status", leaving_out=(Status.ENDED,), help_text="状态。")
    sight = fields.Code(Sight, source="row.sight", leaving_out=(Sight.COUNTED,), help_text="您能看到多少。")
    missing = fields.Items(
        child=fields.Text(help_text="一项的名称。", example="民族"),
        help_text="还差的内容；看不到资料的成员为空列表。",
        example=["民族", "户籍地址"],
    )
    may_fill = fields.Flag(source="row.fills", help_text="是否可以为此人填写资料。", example=True)
    may_invite = fields.Flag(help_text="是否可以邀请此人填写。", example=True)
    entry = fields.Number(
        source="entry.pk",
        default=None,
        allow_null=True,
        read_only=True,
        help_text="您为此人填写、尚未了结的资料的编号，没有则为 null。",
        example=7,
    )


class HouseAnswer(fields.Answer):
    """房屋。"""

    id = fields.Number(source="house.pk", help_text="房屋编号。", example=3)
    community = fields.Text(source="house.community", help_text="小区名称。", example="示范小区")
    address = fields.Text(source="house.address", help_text="楼号-单元-楼层-房间。", example="1-1-1-101")
    may_name = fields.Flag(help_text="是否可以添加成员。", example=True)
    members = MemberAnswer(source="seen", many=True, help_text="您能看到的成员，本人在前。")
    counted = fields.Number(help_text="另有多少位成员只计人数。", example=0)


class Houses(FamilyView):
    @operation(
        "listHouses",
        "我的房屋和成员",
        tag=TAG,
        answer=HouseAnswer,
        many=True,
        refusals=[Refusal.IDENTITY_MISSING],
        description="已绑定的房屋，各带能看到的成员。",
    )
    def get(self, request: Any) -> Response:
        return self.page(HouseAnswer, dwellings(self.family, open_entries(self.family)))


class House(FamilyView):
    @operation(
        "readHouse",
        "一套房屋和成员",
        tag=TAG,
        answer=HouseAnswer,
        refusals=[Refusal.NOT_FOUND, Refusal.IDENTITY_MISSING],
    )
    def get(self, request: Any, pk: int) -> Response:
        mine = dwellings(self.family, open_entries(self.family))
        found = next((one for one in mine if one.house.pk == pk), None)
        if found is None:
            raise Refused(Refusal.NOT_FOUND)
        return self.tell(HouseAnswer, found)


urls = [
    path("houses/", Houses.as_view(), name="houses"),
    path("houses/<int:pk>/", House.as_view(), name="house"),
]
