"""Who I am: legal name and ID number, stated once; and the phone, changed by both its codes."""

from datetime import date
from typing import Any

from django.urls import path
from rest_framework.response import Response

from residents import id_numbers
from residents.api import account, fields
from residents.api.account import AccountAnswer
from residents.api.problems import refused
from residents.api.schema import operation
from residents.api.signing_in import (
    CodeSentAnswer,
    PhoneNumber,
    SmsDigits,
    Ticket,
    TokenAnswer,
    code_sent,
    signed_in,
)
from residents.choices import Sex
from residents.exceptions import Refusal, Refused
from residents.masking import mask_id_number
from residents.models import Device, SmsCode
from residents.sign_in import require_proof, use_code

from .views import FamilyView

TAG = "我的帐号"
OLD, NEW = SmsCode.Purpose.CHANGE_OLD, SmsCode.Purpose.CHANGE_NEW


# -- who I am ------------------------------------------------------------------------------


class IdentityBody(fields.Body):
    """本人的姓名和证件号码。"""

    name = fields.Text(max_length=50, help_text="姓名，与证件上的一致。", example="老周")
    id_number = fields.Text(
        max_length=30,
        help_text="居民身份证、港澳台居民居住证或外国人永久居留身份证的号码。",
        example="110105198003070012",
    )


class IdentityPreviewAnswer(fields.Answer):
    """将要记下的内容，请用户再核对一遍。"""

    name = fields.Text(max_length=50, help_text="姓名。", example="老周")
    id_number = fields.Text(max_length=18, help_text="证件号码，已遮盖。", example="1****************2")
    birth_date = fields.Day(
        allow_null=True, help_text="证件号码里的出生日期，没有则为 null。", example="1980-03-07"
    )
    sex = fields.Code(Sex, allow_null=True, help_text="证件号码里的性别，没有则为 null。")


class IdentityView(FamilyView):
    needs_identity = False


class PreviewIdentity(IdentityView):
    @operation(
        "previewIdentity",
        "核对姓名和证件号码",
        tag=TAG,
        body=IdentityBody,
        answer=IdentityPreviewAnswer,
        refusals=[Refusal.IDENTITY_STATED],
        description="只核对，不记下。姓名和证件号码只能填写一次，请用户确认后再提交。",
    )
    def post(self, request: Any) -> Response:
        stated = self.family.read_identity(**self.read(IdentityBody))
        return self.tell(IdentityPreviewAnswer, _preview(stated["name"], stated["id_number"]))


def _preview(name: str, number: str) -> dict[str, str | int | date | None]:
    told = id_numbers.told(number)
    says = {"birth_date": told.birth if told else None, "sex": told.sex if told else None}
    return {"name": name, "id_number": mask_id_number(number), **says}


class StateIdentity(IdentityView):
    @operation(
        "stateIdentity",
        "填写姓名和证件号码",
        tag=TAG,
        body=IdentityBody,
        answer=AccountAnswer,
        status=201,
        refusals=[Refusal.CONSENT_MISSING, Refusal.TOO_MANY, Refusal.IDENTITY_STATED],
        description="只能填写一次，以后由物业修改。需要先同意处理敏感信息。每天最多试五次。",
    )
    def post(self, request: Any) -> Response:
        sent = self.read(IdentityBody)
        try:
            self.family.state_identity(**sent)
        except Refused as error:
            return refused(error, account.address() if error.code == Refusal.IDENTITY_STATED else "")
        return self.tell(AccountAnswer, account.told(self.user), 201)


# -- the phone -----------------------------------------------------------------------------


class OldCodeBody(fields.Body):
    """现在手机号的验证码。"""

    request = Ticket()
    code = SmsDigits()


class NewPhoneBody(fields.Body):
    """新手机号。"""

    old_request = Ticket("获取现在手机号的验证码时得到的 request，已验证。")
    phone = PhoneNumber(help_text="新手机号，11 位数字。")


class ChangePhoneBody(OldCodeBody):
    """新手机号的验证码。"""

    old_request = Ticket("获取现在手机号的验证码时得到的 request，已验证。")


class SendOldCode(IdentityView):
    @operation(
        "sendOldPhoneCode",
        "更换手机号一：获取现在手机号的验证码",
        tag=TAG,
        answer=CodeSentAnswer,
        status=202,
        refusals=[Refusal.SMS_TOO_SOON, Refusal.SMS_TOO_MANY, Refusal.SMS_FAILED],
    )
    def post(self, request: Any) -> Response:
        return code_sent(self, self.user.phone or "", OLD)


class VerifyOldCode(IdentityView):
    @operation(
        "verifyOldPhone",
        "更换手机号二：验证现在的手机号",
        tag=TAG,
        body=OldCodeBody,
        status=204,
        refusals=[Refusal.CODE_WRONG, Refusal.CODE_DEAD],
        description="十分钟内有效。",
    )
    def post(self, request: Any) -> Response:
        sent = self.read(OldCodeBody)
        use_code(sent["request"], OLD, sent["code"])
        return Response(status=204)


class SendNewCode(IdentityView):
    @operation(
        "sendNewPhoneCode",
        "更换手机号三：获取新手机号的验证码",
        tag=TAG,
        body=NewPhoneBody,
        answer=CodeSentAnswer,
        status=202,
        refusals=[Refusal.CODE_DEAD, Refusal.SMS_TOO_SOON, Refusal.SMS_TOO_MANY, Refusal.SMS_FAILED],
    )
    def post(self, request: Any) -> Response:
        sent = self.read(NewPhoneBody)
        require_proof(self.user, sent["old_request"])
        return code_sent(self, sent["phone"], NEW)


class ChangePhone(IdentityView):
    @operation(
        "changePhone",
        "更换手机号四：验证新手机号并更换",
        tag=TAG,
        body=ChangePhoneBody,
        answer=TokenAnswer,
        refusals=[Refusal.CODE_WRONG, Refusal.CODE_DEAD, Refusal.PHONE_TAKEN],
        description="所有登录都会退出；请改用答复里的新令牌。",
    )
    def post(self, request: Any) -> Response:
        sent = self.read(ChangePhoneBody)
        require_proof(self.user, sent["old_request"])
        phone = use_code(sent["request"], NEW, sent["code"])
        self.family.change_phone(phone, sent["old_request"])
        return signed_in(self, self.user, *Device.sign_in(self.user, request.auth.name), status=200)


urls = [
    path("me/identity/preview/", PreviewIdentity.as_view(), name="preview_identity"),
    path("me/identity/", StateIdentity.as_view(), name="identity"),
    path("me/phone/old-code/", SendOldCode.as_view(), name="old_phone_code"),
    path("me/phone/old-code/verify/", VerifyOldCode.as_view(), name="verify_old_phone"),
    path("me/phone/new-code/", SendNewCode.as_view(), name="new_phone_code"),
    path("me/phone/", ChangePhone.as_view(), name="change_phone"),
]
