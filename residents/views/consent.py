"""告知 and 同意: the texts for everybody to read, and what an account agreed to and takes back."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path

from ..consent_texts import FOLLOWS, SENSITIVE, TITLES
from ..exceptions import Refusal
from ..models import Consent
from .forms import ConsentForm, SensitiveForm
from .pages import AccountPage, FamilyForm, PublicPage


class Text(PublicPage):
    """One of the texts, as it reads today or as it once was agreed to."""

    def get(self, request: HttpRequest, kind: str = "notice", version: int | None = None) -> HttpResponse:
        if kind not in Consent.Kind.values:
            raise Http404(Refusal.NOT_FOUND.label)
        newest = Consent.VERSIONS[Consent.Kind(kind)]
        if version is not None and not 1 <= version <= newest:
            raise Http404(Refusal.NOT_FOUND.label)
        self.template_name = f"household/{kind}_{version or newest}.html"
        return self.page(title=TITLES[Consent.Kind(kind)], version=version or newest, newest=newest)


class Agree(AccountPage):
    """Asked for on the way to any other page, and again when a text gets a new version."""

    needs_notice = False
    template_name = "household/consent.html"
    title = "告知与同意"

    def gate(self, request: HttpRequest) -> HttpResponseBase | None:
        stopped = super().gate(request)
        if stopped is None and Consent.stands(self.user, Consent.Kind.NOTICE):
            return self.back("my:home")
        return stopped

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(form=self.form(), again=self.agreed_before)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = self.form(request.POST)
        if form.carry_out(self.agree):
            return self.back("my:home")
        return self.page(form.status, form=form, again=self.agreed_before)

    def form(self, *data: Any) -> ConsentForm:
        return ConsentForm(*data, sensitive=not Consent.stands(self.user, Consent.Kind.SENSITIVE))

    def agree(self, values: dict[str, Any]) -> None:
        Consent.give(self.user, Consent.Kind.NOTICE)
        if values.get("sensitive"):
            Consent.give(self.user, Consent.Kind.SENSITIVE)

    @property
    def agreed_before(self) -> bool:
        """To an earlier version, which is another now."""
        return self.user.consents.filter(kind=Consent.Kind.NOTICE, withdrawn_at=None).exists()


@dataclass(frozen=True)
class Agreed:
    """A consent in the words of its page."""

    row: Consent
    title: str

    @property
    def follows(self) -> str:
        return FOLLOWS[Consent.Kind(self.row.kind)]

    @property
    def outdated(self) -> bool:
        return self.row.version < Consent.VERSIONS[Consent.Kind(self.row.kind)]


def agreed(rows: Iterable[Consent]) -> list[Agreed]:
    """Children are counted, not named: an account may have consented for one whom it sees no more."""
    nth, guardian = count(1), Consent.Kind.GUARDIAN
    return [
        Agreed(
            row,
            f"监护人同意（第 {next(nth)} 项）" if row.kind == guardian else TITLES[Consent.Kind(row.kind)],
        )
        for row in rows
    ]


class Consents(AccountPage):
    """Open also to who took back the notice."""

    needs_notice = False
    template_name = "household/consents.html"
    title = "我的同意"
    here = "me"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(SensitiveForm())

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = SensitiveForm(request.POST)
        if not form.carry_out(lambda _: Consent.give(self.user, Consent.Kind.SENSITIVE)):
            return self.show(form, form.status)
        messages.success(request, "已同意处理敏感信息。")
        return self.back("account:consents")

    def show(self, form: FamilyForm, status: int = 200) -> HttpResponse:
        rows = agreed(self.user.consents.order_by("kind", "given_at"))
        return self.page(
            status,
            sensitive=SENSITIVE,
            form=None if Consent.stands(self.user, Consent.Kind.SENSITIVE) else form,
            standing=[one for one in rows if one.row.withdrawn_at is None],
            past=[one for one in rows if one.row.withdrawn_at],
        )


urls = [
    path("notice/", Text.as_view(), name="notice"),
    path("notice/<str:kind>/", Text.as_view(), name="text"),
    path("notice/<str:kind>/<int:version>/", Text.as_view(), name="text_of_version"),
    path("consent/", Agree.as_view(), name="consent"),
    path("me/consents/", Consents.as_view(), name="consents"),
]
