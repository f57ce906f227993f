"""更换手机号: the old phone is proved first, then the new one."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path

from residents.exceptions import Refused
from residents.masking import mask_phone
from residents.models import SmsCode
from residents.sign_in import Codes, require_proof
from residents.views.codes import AskPhone, CodePage, TypeCode
from residents.views.pages import FamilyForm

from .pages import FamilyPage


class PhonePage(CodePage, FamilyPage):
    needs_identity = False
    title = "更换手机号"
    here = "me"


class ChangePhone(PhonePage):
    """A code goes to the phone that the account has."""

    template_name = "household/phone_change.html"
    purpose = SmsCode.Purpose.CHANGE_OLD

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(FamilyForm())

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = FamilyForm(request.POST)
        if form.carry_out(lambda _: self.codes.send(self.user.phone or "")):
            return redirect("my:change_phone_code")
        return self.show(form, form.status)

    def show(self, form: FamilyForm, status: int = 200) -> HttpResponse:
        return self.page(status, form=form, phone=mask_phone(self.user.phone or ""), button="获取验证码")


class OldPhoneCode(PhonePage, TypeCode):
    """The used code is the proof, for a while: the session has its token."""

    purpose = SmsCode.Purpose.CHANGE_OLD
    phone_page = "my:change_phone"
    button = "下一步"

    def go_on(self) -> HttpResponseBase:
        return redirect("my:new_phone")


class ProvedPage(PhonePage):
    """Only for who has just proved the old phone."""

    purpose = SmsCode.Purpose.CHANGE_NEW

    def gate(self, request: HttpRequest) -> HttpResponseBase | None:
        stopped = super().gate(request)
        if stopped is not None:
            return stopped
        try:
            require_proof(self.user, self.proof)
        except Refused as refused:
            messages.error(request, refused.fields["old_request"])
            return redirect("my:change_phone")
        return None

    @property
    def proof(self) -> str:
        return Codes(self.request, SmsCode.Purpose.CHANGE_OLD).token


class NewPhone(ProvedPage, AskPhone):
    intro = "现在的手机号已验证。请在十分钟内输入新手机号，并用新手机号收验证码。"
    code_page = "my:new_phone_code"


class NewPhoneCode(ProvedPage, TypeCode):
    phone_page = "my:new_phone"
    button = "更换手机号"

    def accept(self, phone: str) -> None:
        self.family.change_phone(phone, self.proof)
        update_session_auth_hash(self.request, self.user)

    def go_on(self) -> HttpResponseBase:
        messages.success(self.request, "手机号已更换，其他手机和电脑上的登录都已退出。")
        return redirect("account:me")


urls = [
    path("me/phone/", ChangePhone.as_view(), name="change_phone"),
    path("me/phone/code/", OldPhoneCode.as_view(), name="change_phone_code"),
    path("me/phone/new/", NewPhone.as_view(), name="new_phone"),
    path("me/phone/new/code/", NewPhoneCode.as_view(), name="new_phone_code"),
]
