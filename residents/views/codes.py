"""The two pages of every code by SMS: a phone is typed, then the code that went there."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode

from ..exceptions import Refusal
from ..masking import mask_phone
from ..sign_in import Codes
from .forms import CodeForm, PhoneForm
from .pages import FamilyForm, PublicPage, came_from


def onward(name: str, request: HttpRequest) -> HttpResponseRedirect:
    """To the next page of several, which still knows where all of them lead back to."""
    return HttpResponseRedirect(address(name, request))


def address(name: str, request: HttpRequest) -> str:
    target = came_from(request)
    return reverse(name) + (f"?{urlencode({'next': target})}" if target else "")


class CodePage(PublicPage):
    """One of the two."""

    purpose = ""

    @cached_property
    def codes(self) -> Codes:
        return Codes(self.request, self.purpose)


class AskPhone(CodePage):
    """A code is sent to what is typed."""

    template_name = "household/form.html"
    intro = ""
    code_page = ""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(PhoneForm())

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = PhoneForm(request.POST)
        if form.carry_out(lambda values: self.codes.send(values["phone"])):
            return onward(self.code_page, request)
        return self.show(form, form.status)

    def show(self, form: FamilyForm, status: int = 200) -> HttpResponse:
        return self.page(status, form=form, intro=self.intro, button="获取验证码")


class TypeCode(CodePage):
    """What comes of the right one is told by `accept`, and where it leads by `go_on`."""

    template_name = "household/code.html"
    title = "输入验证码"
    phone_page = ""
    button = "确定"

    def accept(self, phone: str) -> None:
        """The holder of this phone has typed the code. Raises Refused."""

    def go_on(self) -> HttpResponseBase:
        raise NotImplementedError

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self.show(CodeForm()) if self.codes.phone else onward(self.phone_page, request)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        if "resend" in request.POST:
            return self.resend()
        form = CodeForm(request.POST)
        if form.carry_out(lambda values: self.accept(self.codes.use(values["code"]))):
            return self.go_on()
        return self.show(form, form.status)

    def resend(self) -> HttpResponseBase:
        again = FamilyForm(self.request.POST)
        if not again.carry_out(lambda _: self.codes.resend()):
            return self.show(CodeForm(), again.status, again=again)
        messages.success(self.request, "验证码已重新发送，请以最新的短信为准。")
        return HttpResponseRedirect(self.request.get_full_path())

    def show(self, form: CodeForm, status: int = 200, again: FamilyForm | None = None) -> HttpResponse:
        return self.page(
            status,
            form=form,
            again=again,
            phone=mask_phone(self.codes.phone),
            seconds=self.codes.seconds_to_wait,
            other=address(self.phone_page, self.request),
            button=self.button,
            for_staff=form.why == Refusal.STAFF_PASSWORD,
        )
