"""Signing in: by a code on the phone, or by WeChat. Each answers with the token of a new device."""

from typing import Any

from django.core.validators import RegexValidator
from django.urls import path
from rest_framework.response import Response

from ..exceptions import Refusal
from ..models import Device, SmsCode, User
from ..models.sms_code import LIFETIME, MINUTE
from ..sign_in import admitted, admitted_by_wechat, client_address, send_code, sign_in_device, use_code
from . import account, fields
from .headers import NO_STORE
from .schema import operation
from .views import AccountView

TAG = "登录"
LOGIN = SmsCode.Purpose.LOGIN


class PublicView(AccountView):
    """For everybody. A token that is over is no reason to turn anybody away who signs in anew."""

    authentication_classes = []
    permission_classes = []


# -- what is sent and told -----------------------------------------------------------------


class PhoneNumber(fields.Text):
    def __init__(self, **kwargs: Any) -> None:
        form = RegexValidator(r"^1[3-9][0-9]{9}$", "请输入 11 位手机号。")
        super().__init__(min_length=11, max_length=11, validators=[form], example="13800000001", **kwargs)


class SmsDigits(fields.Text):
    def __init__(self) -> None:
        form = RegexValidator(r"^[0-9]{6}$", "请输入短信里的 6 位数字。")
        told = {"help_text": "短信里的 6 位数字，五分钟内有效，最多试五次。", "example": "012345"}
        super().__init__(min_length=6, max_length=6, validators=[form], **told)


class Ticket(fields.Text):
    """What came with the sending of a code, and is sent back with the code."""

    def __init__(self, help_text: str = "获取验证码时得到的 request。") -> None:
        example = "kq0o3mEw1oTcx4wXcW3Yh0m0mVb1u9yJc8vQe2lqZ5E"
        super().__init__(max_length=100, help_text=help_text, example=example)


class DeviceName(fields.Text):
    def __init__(self) -> None:
        told = {"help_text": "设备名称，显示在登录设备列表里，可不填。", "example": "我的手机"}
        super().__init__(max_length=50, required=False, allow_blank=True, default="", **told)


class CodeSentAnswer(fields.Answer):
    """验证码已发送。"""

    request = Ticket("这次获取的标识，与验证码一起提交。")
    wait_seconds = fields.Number(help_text="多少秒后可以再次获取。", example=60)
    expires_seconds = fields.Number(help_text="验证码多少秒后失效。", example=300)


class TokenAnswer(fields.Answer):
    """已登录。令牌只给出这一次。"""

    token = fields.Text(
        max_length=64, help_text="令牌，放在请求头 Authorization: Token <令牌>。", example="9f2c0d3a1b" * 6
    )
    expires_at = fields.Moment(
        source="device.expiry",
        help_text="令牌的失效时间，使用中自动延长。",
        example="2026-12-23T09:31:00+08:00",
    )
    device = fields.Uuid(
        source="device.key", help_text="登录设备的编号。", example="0b0cf1ad-6a5b-4d52-8f3c-3b1f0a0b7a11"
    )
    account = account.AccountAnswer(help_text="登录的帐号。")


def code_sent(view: AccountView, phone: str, purpose: str) -> Response:
    """A code goes to this phone. Raises Refused."""
    token = send_code(phone, purpose, client_address(view.request))
    seconds = {"wait_seconds": MINUTE.total_seconds(), "expires_seconds": LIFETIME.total_seconds()}
    return view.tell(CodeSentAnswer, {"request": token, **seconds}, 202)


def signed_in(view: AccountView, user: User, device: Device, token: str, status: int = 201) -> Response:
    told = {"token": token, "device": device, "account": account.told(user)}
    return view.tell(TokenAnswer, told, status, **NO_STORE)


# -- by a code on the phone ----------------------------------------------------------------


class PhoneBody(fields.Body):
    """手机号。"""

    phone = PhoneNumber(help_text="中国大陆手机号，11 位数字。")


class SmsLoginBody(fields.Body):
    """短信登录。"""

    request = Ticket()
    code = SmsDigits()
    device = DeviceName()


class SendLoginCode(PublicView):
    @operation(
        "sendLoginCode",
        "获取登录验证码",
        tag=TAG,
        body=PhoneBody,
        answer=CodeSentAnswer,
        status=202,
        public=True,
        refusals=[Refusal.SMS_TOO_SOON, Refusal.SMS_TOO_MANY, Refusal.SMS_FAILED],
        description="手机号有没有登记过，答复都一样。",
    )
    def post(self, request: Any) -> Response:
        return code_sent(self, self.read(PhoneBody)["phone"], LOGIN)


class LoginBySms(PublicView):
    @operation(
        "loginBySms",
        "用短信验证码登录",
        tag=TAG,
        body=SmsLoginBody,
        answer=TokenAnswer,
        status=201,
        public=True,
        refusals=[Refusal.CODE_WRONG, Refusal.CODE_DEAD, Refusal.STAFF_PASSWORD, Refusal.ACCOUNT_LOCKED],
        description="没有帐号的手机号登录后自动建立帐号。每次登录是一个新的登录设备。",
    )
    def post(self, request: Any) -> Response:
        sent = self.read(SmsLoginBody)
        user = admitted(use_code(sent["request"], LOGIN, sent["code"]))
        return signed_in(self, user, *sign_in_device(user, sent["device"]))


# -- by WeChat -----------------------------------------------------------------------------


class WechatBody(fields.Body):
    """微信登录。"""

    code = fields.Text(
        max_length=128,
        help_text="wx.login 得到的 code，只能用一次。",
        example="0a3xYZ0w3kFqf23Wz40w3ABCde1xYZ0b",
    )
    phone_code = fields.Text(
        max_length=128,
        required=False,
        help_text="getPhoneNumber 得到的 code；这个微信第一次登录时需要。",
        example="e31968a7f94cc5ee25fafc2aef2773f0bb8c3937b22520eb8ee345274d00c144",
    )
    device = DeviceName()


class LoginByWechat(PublicView):
    @operation(
        "loginByWechat",
        "用微信登录",
        tag=TAG,
        body=WechatBody,
        answer=TokenAnswer,
        status=201,
        public=True,
        refusals=[
            Refusal.PHONE_UNVERIFIED,
            Refusal.STAFF_PASSWORD,
            Refusal.ACCOUNT_LOCKED,
            Refusal.WECHAT_WRONG,
            Refusal.WECHAT_FAILED,
        ],
        description=(
            "openid 由服务器向微信换取，不接受小程序传来的 openid。登录过的微信只需 code；"
            "第一次登录答复 phone_unverified，请取得手机号授权后，用新的 code 和 phone_code 再次登录，"
            "登录到这个手机号的帐号。没有配置微信的服务器一律答复 wechat_failed，请改用短信登录。"
        ),
    )
    def post(self, request: Any) -> Response:
        sent = self.read(WechatBody)
        user = admitted_by_wechat(sent["code"], sent.get("phone_code", ""))
        return signed_in(self, user, *sign_in_device(user, sent["device"]))


urls = [
    path("auth/sms/", SendLoginCode.as_view(), name="send_code"),
    path("auth/sms/login/", LoginBySms.as_view(), name="login_by_sms"),
    path("auth/wechat/", LoginByWechat.as_view(), name="login_by_wechat"),
]
