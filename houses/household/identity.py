"""我是谁: legal name and ID number, looked at once more and then stated, once."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path

from residents import id_numbers
from residents.choices import Sex
from residents.exceptions import Refusal
from residents.forms import line
from residents.masking import mask_id_number
from residents.models import Consent
from residents.views.forms import SensitiveForm
from residents.views.pages import FamilyForm, came_from

from .act_page import ActPage


class IdentityForm(SensitiveForm):
    """The number is sensitive: the separate consent is asked for here, unless it stands."""

    name = line("姓名", required=True, help_text="与证件上的一致。")
    id_number = line(
        "证件号码",
        required=True,
        help_text="居民身份证、港澳台居民居住证或外国人永久居留身份证的号码。用其他证件的请到物业办理。",
        autocapitalize="characters",
    )
    field_order = ("name", "id_number", "sensitive")

    def __init__(self, *args: Any, agreed: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sensitive"].error_messages["required"] = Refusal.CONSENT_MISSING.label
        if agreed:
            del self.fields["sensitive"]


class Who(ActPage):
    """Asked, shown again, then kept: a number that is somebody else's is as well formed as the own."""

    needs_identity = False
    template_name = "household/who.html"
    title = "我是谁"
    here = "me"
    button = "下一步"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if (act := request.POST.get("act")) == "confirm":
            return super().post(request)
        form = self.form(request.POST)
        if act == "change":
            return self.show(form)
        if not form.carry_out(self.read):
            return self.show(form, form.status)
        return self.show(form, read=form.done)

    def form(self, data: Any = None) -> FamilyForm:
        return IdentityForm(data, agreed=Consent.stands(self.user, Consent.Kind.SENSITIVE))

    def read(self, values: dict[str, Any]) -> dict[str, str]:
        """What is looked at once more: the number in the groups in which one reads it, and what it tells."""
        stated = self.family.read_identity(values["name"], values["id_number"])
        number = stated["id_number"]
        told = id_numbers.told(number)
        grouped = " ".join((number[:6], number[6:14], number[14:]))
        born = f"{told.birth:%Y-%m-%d}，{Sex(told.sex).label}" if told else ""
        return {"name": stated["name"], "number": grouped, "told": born}

    def act(self, values: dict[str, Any]) -> None:
        if values.get("sensitive"):
            self.family.consent(Consent.Kind.SENSITIVE)
        self.family.state_identity(values["name"], values["id_number"])

    def done(self, form: FamilyForm) -> str:
        said = "已记下您的姓名和证件号码。"
        return said if came_from(self.request) else f"{said}请在下面选一种办法绑定房屋。"

    def show(self, form: FamilyForm, status: int = 200, **context: Any) -> HttpResponse:
        number = mask_id_number(self.user.stated_id_number)
        return super().show(form, status, stated=self.user.stated_at, number=number, **context)


urls = [path("who/", Who.as_view(), name="who")]
