"""Reviewing, completing and activating from a membership's page: the workbench's forms in the admin's look.

Nothing is written here: each act is a method of `houses.office`, and what it refuses is shown at the form.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action
from unfold.widgets import INPUT_CLASSES, RADIO_CLASSES, SELECT_CLASSES, TEXTAREA_CLASSES

from residents.exceptions import Refused, told

from ..models import Membership, Submission
from ..office import ACTIVATE, COMPLETE, REVIEW, Office
from ..staff.comparison import Comparison, author_of
from ..staff.entries import ReturnForm, contact_names
from ..staff.forms import ACTIVATION_REASONS, ReasonForm
from ..staff.record_acts import completed_told
from ..staff.record_form import RecordForm, fill
from ..states import Status
from ..wording import Reader, moment
from .base import Scoped

_DRESSES: tuple[tuple[type[forms.Widget], list[str]], ...] = (
    (forms.RadioSelect, RADIO_CLASSES),
    (forms.Select, SELECT_CLASSES),
    (forms.Textarea, TEXTAREA_CLASSES),
    (forms.HiddenInput, []),
    (forms.TextInput, INPUT_CLASSES),
    (forms.DateInput, INPUT_CLASSES),
)


def dress(form: forms.Form) -> None:
    """The admin's classes on the workbench's widgets."""
    for field in form.fields.values():
        classes = next((found for kind, found in _DRESSES if isinstance(field.widget, kind)), [])
        field.widget.attrs["class"] = " ".join(classes)


class MemberActs(Scoped):
    """Buttons on the page of a membership, each where it can be done now."""

    actions_detail = ("review", "complete", "activate")

    # -- who may, and when ------------------------------------------------------------------

    def has_review_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        row = self._within(request, REVIEW, object_id)
        return row is not None and row.submissions.waiting().exists()

    def has_complete_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        row = self._within(request, COMPLETE, object_id)
        return row is not None and row.is_open

    def has_activate_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        row = self._within(request, ACTIVATE, object_id)
        return row is not None and row.status == Status.COMPLETED

    def _within(self, request: HttpRequest, permission: str, object_id: Any) -> Membership | None:
        """The membership, where this user holds the permission on it."""
        if not request.user.has_perm(permission) or not str(object_id).isdecimal():
            return None
        rows = Office(request.user).scope(permission).memberships  # type: ignore[arg-type]  # has a permission
        found: Membership | None = (
            rows.select_related("resident__contact", "house__community", "claimed_by")
            .filter(pk=object_id)
            .first()
        )
        return found

    def _row(self, request: HttpRequest, permission: str, object_id: Any) -> Membership:
        row = self._within(request, permission, object_id)
        if row is None:
            raise Http404
        return row

    # -- the acts ---------------------------------------------------------------------------

    @action(description="审核", permissions=["review"], icon="fact_check")
    def review(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row, office = self._row(request, REVIEW, object_id), _office(request)
        entry = row.submissions.waiting().select_related("account__resident").order_by("submitted_at").first()
        if entry is None:
            raise Http404
        reader = Reader(
            full=row.claimed_by_me(office.user), names=contact_names(office.scope(), None, [entry])
        )
        form = ReturnForm(entry, reader, request.POST)
        if request.method == "POST" and self._decide(request, office, entry, form):
            return self._to(row)
        compared = Comparison(row, [entry], [], reader)
        return self._page(
            request,
            "admin/member_review.html",
            row,
            "审核提交",
            sentence=f"{author_of(entry)} {moment(entry.submitted_at)} 提交。通过后写入档案；"
            "退回时勾选要修改的项目，并写明原因。",
            lines=[line for line in compared.lines if line.name in entry.values],
            entry=entry,
            form=form,
        )

    def _decide(self, request: HttpRequest, office: Office, entry: Submission, form: ReturnForm) -> bool:
        """Approve or return; why it was refused stands at the form."""
        approved = request.POST.get("act") == "approve"
        if not approved and not form.check():
            return False
        seen = request.POST.get("seen_version", "")
        try:
            if approved:
                office.approve(entry.pk, seen_version=int(seen) if seen.isdecimal() else 0)
            else:
                office.send_back(entry.pk, form.reasons, form.note)
        except Refused as refused:
            form.errors = {**refused.fields, "note": told(refused)}
            return False
        messages.success(request, "已通过，写入档案。" if approved else "已退回，等填写人修改。")
        return True

    @action(description="补全", permissions=["complete"], icon="edit_note")
    def complete(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row, office = self._row(request, COMPLETE, object_id), _office(request)
        if request.method == "POST":
            form = fill(lambda: self._row(request, COMPLETE, object_id), request.POST, office)
            if form.done is not None:
                told_now = completed_told(office.scope(), form, self._row(request, COMPLETE, object_id))
                messages.success(request, told_now)
                return self._to(row)
        else:
            form = RecordForm(user=office.user, house=row.house, row=row)
        dress(form)
        sentence = "只保存改动过的项目。证件号码、手机号和出生日期已隐去，不改请留空。"
        return self._page(request, "admin/member_record.html", row, "补全资料", sentence=sentence, form=form)

    @action(description="激活", permissions=["activate"], icon="how_to_reg")
    def activate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row, office = self._row(request, ACTIVATE, object_id), _office(request)
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.carry_out(lambda v: office.activate(row.pk, v["reason"])):
            messages.success(request, f"{row.resident.name} 已激活（{form.cleaned_data['reason']}）。")
            return self._to(row)
        dress(form)
        examples = "、".join(ACTIVATION_REASONS)
        sentence = f"激活表示此人的身份和住处已由物业核实。请写明依据，例如：{examples}。"
        return self._page(request, "admin/member_record.html", row, "激活", sentence=sentence, form=form)

    # -- pages ------------------------------------------------------------------------------

    def _to(self, row: Membership) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:houses_membership_change", args=[row.pk]))

    def _page(
        self, request: HttpRequest, template: str, row: Membership, title: str, **context: Any
    ) -> HttpResponse:
        around = {
            **self.admin_site.each_context(request),
            "title": f"{title}：{self.title_of(row)}",
            "opts": self.opts,
            "original": row,
            "subtitle": self.title_of(row),
            "row": row,
        }
        return TemplateResponse(request, template, {**around, **context})


def _office(request: HttpRequest) -> Office:
    return Office(request.user)  # type: ignore[arg-type]  # the admin lets nobody else in
