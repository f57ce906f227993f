"""我的: the own account, its phone and its sessions."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path

from ..masking import mask_phone
from ..models import SmsCode
from ..sign_in import sign_out_elsewhere
from .codes import AskPhone, CodePage, TypeCode
from .pages import AccountPage


class VerifyPage(CodePage, AccountPage):
    """For who signed in by password: the phone is proved once, and changed elsewhere."""

    needs_phone = needs_notice = False
    title = "验证手机号"
    purpose = SmsCode.Purpose.VERIFY

    def gate(self, request: HttpRequest) -> HttpResponseBase | None:
        stopped = super().gate(request)
        if stopped is None and self.user.has_phone:
            return self.back("my:home")
        return stopped


class VerifyPhone(VerifyPage, AskPhone):
    intro = "办理自家的事情前，请先验证您本人的手机号。"
    code_page = "account:verify_code"


class VerifyCode(VerifyPage, TypeCode):
    phone_page = "account:verify_phone"

    def accept(self, phone: str) -> None:
        self.user.verify_phone(phone)
        update_session_auth_hash(self.request, self.user)

    def go_on(self) -> HttpResponseBase:
        messages.success(self.request, "手机号已验证。")
        return self.back("my:home")


class Me(AccountPage):
    """Open also to who took back the consent: the rights are not its price."""

    needs_notice = False
    template_name = "household/me.html"
    title = "我的"
    here = "me"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(phone=mask_phone(self.user.phone or ""), name=self.user.stated_name)


class SignOutEverywhere(AccountPage):
    needs_notice = False

    def post(self, request: HttpRequest) -> HttpResponse:
        sign_out_elsewhere(request, self.user)
        messages.success(request, "其他手机和电脑上的登录都已退出。")
        return redirect("account:me")


urls = [
    path("phone/", VerifyPhone.as_view(), name="verify_phone"),
    path("phone/code/", VerifyCode.as_view(), name="verify_code"),
    path("me/", Me.as_view(), name="me"),
    path("me/everywhere/", SignOutEverywhere.as_view(), name="sign_out_everywhere"),
]
