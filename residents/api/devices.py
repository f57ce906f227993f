"""Where the account is signed in: the mini-programs one by one, or all of them with the browsers."""

from typing import Any
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.urls import path
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework.response import Response

from ..exceptions import Refusal, Refused
from ..models import Device
from . import fields
from .schema import operation
from .views import OwnView

TAG = "登录"
KEY = "0b0cf1ad-6a5b-4d52-8f3c-3b1f0a0b7a11"


class DeviceAnswer(fields.Answer):
    """登录设备。"""

    key = fields.Uuid(help_text="登录设备的编号。", example=KEY)
    name = fields.Text(max_length=50, help_text="登录时给出的名称，没有则为空。", example="我的手机")
    created_at = fields.Moment(source="created", help_text="登录时间。", example="2026-11-23T09:31:00+08:00")
    expires_at = fields.Moment(
        source="expiry", help_text="令牌的失效时间。", example="2026-12-23T09:31:00+08:00"
    )
    current = fields.Flag(help_text="是否就是发出这个请求的设备。", example=True)


class DevicesView(OwnView):
    @property
    def devices(self) -> QuerySet[Device]:
        """The account's own, which still open something."""
        return Device.listed.live().filter(user=self.user)


class Devices(DevicesView):
    @operation(
        "listDevices",
        "我的登录设备",
        tag=TAG,
        answer=DeviceAnswer,
        many=True,
        household=False,
        description="新登录的在前。",
    )
    def get(self, request: Any) -> Response:
        current = ExpressionWrapper(Q(pk=request.auth.pk), output_field=BooleanField())
        return self.page(DeviceAnswer, self.devices.annotate(current=current).order_by("-created", "key"))


class RevokeDevice(DevicesView):
    @operation(
        "revokeDevice",
        "退出一个登录设备",
        tag=TAG,
        status=204,
        household=False,
        refusals=[Refusal.NOT_FOUND],
        parameters=[
            OpenApiParameter(
                "key",
                UUID,
                OpenApiParameter.PATH,
                description="登录设备的编号。",
                examples=[OpenApiExample("key", value=KEY)],
            )
        ],
    )
    def delete(self, request: Any, key: UUID) -> Response:
        if not self.devices.filter(key=key).delete()[0]:
            raise Refused(Refusal.NOT_FOUND)
        return Response(status=204)


class Logout(DevicesView):
    @operation("logout", "退出登录", tag=TAG, status=204, household=False, description="只退出这个设备。")
    def post(self, request: Any) -> Response:
        request.auth.delete()
        return Response(status=204)


class LogoutEverywhere(OwnView):
    @operation(
        "logoutEverywhere",
        "退出所有登录",
        tag=TAG,
        status=204,
        household=False,
        description="所有小程序和浏览器上的登录都退出，也包括这个设备。",
    )
    def post(self, request: Any) -> Response:
        self.user.end_sessions()
        return Response(status=204)


urls = [
    path("auth/devices/", Devices.as_view(), name="devices"),
    path("auth/devices/<uuid:key>/", RevokeDevice.as_view(), name="device"),
    path("auth/logout/", Logout.as_view(), name="logout"),
    path("auth/logout-everywhere/", LogoutEverywhere.as_view(), name="logout_everywhere"),
]
