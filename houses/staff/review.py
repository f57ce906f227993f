"""审核: one record with the platform, last approved and submitted value side by side."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path

from residents.completeness import missing
from residents.exceptions import Refused, told
from residents.masking import scrub
from residents.views.pages import came_from

from ..models import Finding, Membership, Submission
from ..office import SETTLE
from ..queues import Kind
from ..states import FindingCode, FindingStatus, Status
from ..templatetags.register import suggestion
from ..wording import Reader, moment
from .comparison import Comparison, author_of
from .entries import Approve, EntryPage, Return, ReturnForm, contact_names
from .pages import StaffPage
from .reasons import reason_in
from .walking import Claim, acts_in, along, let_go

# One tap each.
SETTLED_REASONS = ["已核对证件原件", "已与本人电话确认", "以产权证为准", "平台资料有误，已上报"]
KEEP_OURS = "保留我方的值"


class Member(StaffPage):
    template_name = "staff/review.html"
    title = "审核"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        row: Membership = self.find(
            self.scope.memberships.select_related(
                "resident__contact", "house__community", "claimed_by", "managed_by"
            ),
            pk=pk,
        )
        acts = acts_in(self.office.user, row.house.community_id)
        may_claim = row.is_open and "review_submission" in acts
        claim = Claim.of("memberships", row, self.office.user, may=may_claim)
        return self.page(
            row=row,
            acts=acts if row.is_open and not claim.theirs else frozenset(),
            claim=claim,
            lacking=missing(row.resident) if row.is_open else [],
            may_activate=row.status == Status.COMPLETED,
            may_reopen=not row.is_open and "end_membership" in acts,
            **along(self, Kind.MEMBERSHIP, row.pk),
            **self._compared(row, claim),
        )

    def _compared(self, row: Membership, claim: Claim) -> dict[str, Any]:
        open_ones = self._submissions(row)
        waiting = [one for one in open_ones if one.status == Submission.Status.WAITING]
        reader = Reader(full=claim.mine, names=contact_names(self.scope, row.resident, waiting))
        comparison = Comparison(
            row, waiting, self._findings(row), reader, self.scope.petitions, _last_sync(row)
        )
        return {
            "is_next_act": not waiting and not any(finding.is_error for finding in comparison.findings),
            "lines": comparison.lines,
            "other_findings": comparison.other_findings,
            "waiting": [
                (one, author_of(one), moment(one.submitted_at), ReturnForm(one, reader)) for one in waiting
            ],
            "returned": [
                (one, author_of(one)) for one in open_ones if one.status == Submission.Status.RETURNED
            ],
            "settled_reasons": SETTLED_REASONS,
            "keep_ours": KEEP_OURS,
        }

    def _submissions(self, row: Membership) -> list[Submission]:
        status = (Submission.Status.WAITING, Submission.Status.RETURNED)
        rows = self.scope.submissions.filter(membership=row, status__in=status)
        return list(rows.select_related("account__resident").order_by("submitted_at", "pk"))

    def _findings(self, row: Membership) -> list[Finding]:
        found = self.scope.findings.open().filter(Q(membership=row) | Q(resident=row.resident_id))
        rows = list(found.select_related("membership__resident", "resident").order_by("code", "pk"))
        for finding in rows:
            finding.pick = _pick(row, finding)  # type: ignore[attr-defined]  # for the template
        return rows


def _pick(row: Membership, finding: Finding) -> str:
    """用平台值 第二中学: the other side of a conflict, masked like its field."""
    if not finding.suggestion or finding.code != FindingCode.PLATFORM_CONFLICT:
        return ""
    name = finding.suggestion["field"]
    record = row if finding.membership else row.resident
    said = record.said.get(name)
    side = "用平台值" if said and said.conflict else "用合并进来的值"
    return f"{side} {Reader().say(name, finding.suggestion['value'])}"


def _last_sync(row: Any) -> Any:
    """When an answer of the platform last named this member."""
    told_in = row.mentions.order_by("-record__checked_at")
    return told_in.values_list("record__checked_at", flat=True).first()


# -- findings ------------------------------------------------------------------------------


class FindingAct(StaffPage):
    """An act upon a finding that leads back to where its button stood."""

    permission = SETTLE
    finding: Finding
    title = "处理待核实"

    def _finding(self, pk: int) -> Finding:
        found: Finding = self.find(
            self.scope.findings.select_related(
                "resident", "community", "house__community", "membership__resident", "membership__house"
            ),
            pk=pk,
        )
        return found

    def _members(self, finding: Finding) -> Iterable[Membership]:
        """The members on whose pages it stands: colleagues claim these."""
        if finding.membership:
            return [finding.membership]
        return finding.resident.memberships.open() if finding.resident else []

    def _done(self, finding: Finding, sentence: str) -> HttpResponseBase:
        messages.success(self.request, sentence)
        for row in self._members(finding):
            if row.claimed_by_me(self.office.user):
                let_go(self.office, row, self.request.POST.get("queue", ""))
        return self.back("staff:findings")


class Settle(FindingAct):
    """Dealt with, or right as it is; with a reason."""

    template_name = "staff/review_settle.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._page(self._finding(pk))

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        finding, (reason, error) = self._finding(pk), reason_in(request)
        waive = request.POST.get("act") == "waive"
        if error:
            return self._page(finding, error)
        try:
            self.office.settle(pk, reason, waive=waive)
        except Refused as refused:
            return self._page(self._finding(pk), told(refused))
        return self._done(finding, f"{'已确认无误' if waive else '已解决'}：{finding.get_code_display()}。")

    def _page(self, finding: Finding, error: str = "") -> HttpResponse:
        return self.page(
            status=422 if error else 200,
            finding=finding,
            is_open=finding.status == FindingStatus.OPEN,
            reasons=SETTLED_REASONS,
            error=error,
            then=came_from(self.request),
            queue=self.request.POST.get("queue", self.request.GET.get("queue", "")),
            chosen=self.request.POST.get("reason", ""),
            other=self.request.POST.get("other", ""),
        )


class Take(FindingAct):
    """One click: the suggested value is written, and everything is checked again."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        finding = self._finding(pk)
        taken = suggestion(finding)
        try:
            self.office.take_suggestion(pk)
        except Refused as refused:
            messages.error(request, told(refused))
            return self.back("staff:findings")
        return self._done(finding, f"已{scrub(taken)}。")


urls = [
    path("members/<int:pk>/", Member.as_view(), name="member"),
    path("entries/<int:pk>/", EntryPage.as_view(), name="entry"),
    path("submissions/<int:pk>/approve/", Approve.as_view(), name="approve"),
    path("submissions/<int:pk>/return/", Return.as_view(), name="return"),
    path("findings/<int:pk>/settle/", Settle.as_view(), name="settle"),
    path("findings/<int:pk>/take/", Take.as_view(), name="take"),
]
