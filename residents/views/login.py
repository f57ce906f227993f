"""登录 and 退出: by a code on the phone, without a password and without registering."""

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_POST

from ..models import SmsCode
from ..sign_in import sign_in
from .codes import AskPhone, CodePage, TypeCode
from .pages import FamilyForm


class LoginPage(CodePage):
    """For whoever is not signed in yet."""

    title = "登录"
    purpose = SmsCode.Purpose.LOGIN

    def gate(self, request: HttpRequest) -> HttpResponseBase | None:
        return self.back("my:home") if request.user.is_authenticated else None


class Login(LoginPage, AskPhone):
    template_name = "household/login.html"
    code_page = "account:code"

    def show(self, form: FamilyForm, status: int = 200) -> HttpResponse:
        return self.page(status, form=form, button="获取验证码", waiting=bool(self.codes.phone))


class LoginCode(LoginPage, TypeCode):
    title = "输入验证码"
    phone_page = "account:login"
    button = "登录"

    def accept(self, phone: str) -> None:
        sign_in(self.request, phone)

    def go_on(self) -> HttpResponseBase:
        return self.back("my:home")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    messages.success(request, "已退出登录。")
    return redirect("account:login")


urls = [
    path("login/", Login.as_view(), name="login"),
    path("login/code/", LoginCode.as_view(), name="code"),
    path("logout/", sign_out, name="logout"),
]
