"""邀请: the household asks a member to fill in for themselves; the member opens the link."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode

from residents import id_numbers, typed
from residents.advice import advised
from residents.exceptions import Refusal, Refused
from residents.forms import line
from residents.models import Resident
from residents.views.forms import GuardianForm, SensitiveForm
from residents.views.pages import FamilyForm

from .. import qr, reviewing
from ..checks import is_child
from ..models import Invitation, Membership, Submission
from ..models.invitation import VALID_FOR
from ..wording import name_at_home
from .act_page import ActPage
from .binding import bound
from .fill_form import MemberForm
from .pages import FamilyPage

# -- whoever invites ---------------------------------------------------------------------


class Invite(ActPage):
    """A link for one member, told once: nothing is kept that could tell it again."""

    template_name = "household/invite.html"
    title = "邀请本人填写"
    here = "home"
    button = "生成邀请"

    @cached_property
    def row(self) -> Membership:
        rows = self.scope.shown.select_related("resident", "house__community")
        found: Membership = self.find(rows, pk=self.kwargs["pk"])
        return found

    @property
    def home(self) -> str:
        return reverse("my:member", args=[self.row.pk])

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        key = self.row.pk
        if request.POST.get("act") == "revoke":
            self.attempt(lambda: self.family.revoke_invitation(key), "邀请已撤回，原来的链接不能再用。")
            return redirect("my:invite", key)
        form = self.form(request.POST)
        if not form.carry_out(lambda _: self.family.invite(key)):
            return self.show(form, form.status)
        invitation, token = form.done
        link = request.build_absolute_uri(reverse("my:invitation", args=[token]))
        return self.show(form, link=link, code=qr.drawn(link, "邀请二维码"), until=invitation.expires_at)

    def show(self, form: FamilyForm, status: int = 200, **context: Any) -> HttpResponse:
        return super().show(
            form,
            status,
            row=self.row,
            name=name_at_home(self.row),
            why_not="" if form.is_bound else self._why_not(),
            live=self.row.invitations.live().select_related("invited_by").first(),
            hours=int(VALID_FOR.total_seconds() // 3600),
            **context,
        )

    def _why_not(self) -> str:
        """Why there is no link for this member, and what helps; "" where there is one."""
        try:
            self.family.invitable(self.row.pk)
        except Refused as refused:
            return advised(refused)
        return ""


# -- whoever is invited ------------------------------------------------------------------


class DigitsForm(FamilyForm):
    last_six = line("证件号码后六位", required=True, autocapitalize="characters")


class LinkForm(MemberForm, SensitiveForm, GuardianForm):
    """The own record, all at once, with what is agreed to on the same page."""

    last_six = forms.CharField(widget=forms.HiddenInput)
    notice = forms.BooleanField(
        label="我已阅读并同意《个人信息处理告知》。",
        error_messages={"required": "请阅读后勾选，才能提交。"},
    )
    guardian_label = "此人未满 14 周岁，我是监护人，同意登记孩子的资料。已满 14 周岁不用勾选。"

    def __init__(self, data: Any = None, *, row: Membership, last_six: str = "") -> None:
        super().__init__(data, row=row, consented=True)
        self.initial["last_six"] = last_six
        self.fields["sensitive"].required = False
        if _is_known_to_be_older(row.resident):
            del self.fields["guardian"]

    def clean(self) -> dict[str, Any]:
        """What is sensitive was typed to be kept: it is not dropped without a word."""
        cleaned = super().clean()
        if typed.SENSITIVE & set(self.typed) and not cleaned.get("sensitive"):
            self.add_error("sensitive", f"{Refusal.CONSENT_MISSING.label}不同意的，请把这些内容改回原样。")
        return cleaned

    def hand_in(self, token: str) -> Submission:
        agreed = self.cleaned_data
        return reviewing.fill_by_link(
            token,
            agreed["last_six"],
            self.typed,
            consented=agreed["sensitive"],
            guardian=agreed.get("guardian", False),
        )


def _is_known_to_be_older(person: Resident) -> bool:
    """By the number: a birthday alone may be corrected on the same page."""
    return id_numbers.told(person.id_number) is not None and not is_child(person)


class Invited(FamilyPage):
    """Behind the link. Opening it shows nothing of anybody and uses nothing up: crawlers open links.

    With an account the member binds the house; without one the own fields are filled in, once.
    """

    template_name = "household/invitation.html"
    title = "受邀填写"

    def gate(self, request: HttpRequest) -> HttpResponseBase | None:
        """Everybody may enter. Whoever is `stopped` on the way to a household has no account here yet."""
        self.stopped = super().gate(request)
        return None

    def surroundings(self) -> dict[str, Any]:
        return {} if self.stopped else super().surroundings()

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return self.show(DigitsForm(), done=request.GET.get("done", ""))

    def post(self, request: HttpRequest, token: str) -> HttpResponseBase:
        if request.POST.get("act") == "bind":
            return self._bind(token)
        form = DigitsForm(request.POST)
        if not form.carry_out(lambda values: reviewing.open_link(token, values["last_six"])):
            return self.show(form, form.status)
        return self._fill(token, form.done) if request.POST.get("act") == "fill" else self._open(form)

    def show(self, form: FamilyForm, status: int = 200, **context: Any) -> HttpResponse:
        way_in = self.stopped.get("Location", "") if self.stopped else ""
        return self.page(status, form=form, way_in=way_in, may_bind=not self.stopped, **context)

    def _bind(self, token: str) -> HttpResponseBase:
        if self.stopped is not None:
            return self.stopped
        form = DigitsForm(self.request.POST)
        if not form.carry_out(lambda values: self.family.accept_invitation(token, values["last_six"])):
            return self.show(form, form.status)
        return bound(self.request, form.done)

    def _open(self, form: DigitsForm) -> HttpResponse:
        row, last_six = form.done.membership, form.cleaned_data["last_six"]
        return self._record(LinkForm(row=row, last_six=last_six))

    def _fill(self, token: str, invitation: Invitation) -> HttpResponseBase:
        form = LinkForm(self.request.POST, row=invitation.membership)
        if not form.carry_out(lambda _: form.hand_in(token)):
            return self._record(form, form.status)
        how = "applied" if form.done.status == Submission.Status.APPLIED else "waiting"
        return redirect(f"{self.request.path}?{urlencode({'done': how})}")

    def _record(self, form: LinkForm, status: int = 200) -> HttpResponse:
        self.template_name = "household/invitation_fill.html"
        return self.page(status, form=form, name=form.person.shown_name)


urls = [
    path("members/<int:pk>/invite/", Invite.as_view(), name="invite"),
    path("invitation/<str:token>/", Invited.as_view(), name="invitation"),
]
