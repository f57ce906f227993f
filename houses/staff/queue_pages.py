"""待办: the work queues, who has a record, and the list of findings."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.http import urlencode

from residents.completeness import missing
from residents.exceptions import Refused, told
from residents.masking import scrub
from residents.models import Resident

from .. import queues
from ..choices import Role
from ..models import Finding, House, Membership, Submission
from ..models.claim import Claimable
from ..office import REVIEW
from ..queues import Kind, Queue, Turn
from ..states import FindingCode
from ..visibility import Scope, with_records
from ..wording import labels
from .listing import chosen_community, page_of, pages
from .pages import StaffPage
from .request_pages import RequestPage, Requests
from .walking import Claim, Step, Walk

UNNAMED = "（姓名未知）"
CLAIMED_KINDS = {"memberships", "submissions", "requests"}


# -- a page of a queue ---------------------------------------------------------------------


@dataclass
class Entry:
    """One row of a queue."""

    title: str
    link: str
    role: str
    house: House | None
    what: str
    turn: str
    since: Any
    claim: Claim | None


class QueuePage(StaffPage):
    template_name = "staff/queue.html"

    def get(self, request: HttpRequest, queue: str) -> HttpResponse:
        if queue not in Queue.values:
            raise Http404
        community, scope = chosen_community(self.scope, request.GET.get("community", ""))
        walk = Walk(self.office.user, self.scope, queue, str(community.pk) if community else "")
        number, rows, more = page_of(queues.rows(scope, queue), request.GET.get("page", ""))
        entries = Entries(self, scope, walk, rows).all
        return self.page(
            title=str(walk.queue.label),
            here=queue,
            queue=walk.queue,
            purpose=_PURPOSES[walk.queue],
            community=community,
            entries=entries,
            total=queues.counts(scope)[queue],
            start=next((entry.link for entry in entries if not (entry.claim and entry.claim.theirs)), ""),
            pages=pages(request, number, more),
        )


# What a queue is for, in a sentence under its name.
_PURPOSES = {
    Queue.REVIEW: "住户提交的资料，核对后通过或退回。",
    Queue.FINDING: "资料互相矛盾或与平台冲突，请核实。",
    Queue.ACTIVATE: "资料已补完，等本人绑定或在柜台激活。",
    Queue.RETURNED: "已退回给填写人，等对方修改。",
    Queue.COMPLETE: "资料还不齐，等住户补全；也可以在柜台补全。",
}


class Entries:
    """The records behind the rows of one page, in a handful of queries."""

    def __init__(self, page: StaffPage, scope: Scope, walk: Walk, rows: list[dict[str, Any]]) -> None:
        self.user, self.scope, self.walk, self.rows = page.office.user, scope, walk, rows
        self.mine = set(page.office.scope(REVIEW).communities.values_list("pk", flat=True))
        self.found = {kind: self._load(kind) for kind in Kind}
        self.reasons = self._reasons()

    @property
    def all(self) -> list[Entry]:
        """A record that went while the page was built has no row."""
        steps = [(Step.of(row), row) for row in self.rows]
        return [self._entry(step, row) for step, row in steps if step.key in self.found[step.kind]]

    def _keys(self, kind: Kind) -> list[Any]:
        return [row[f"of_{kind}"] for row in self.rows if row["kind"] == kind]

    def _load(self, kind: Kind) -> dict[Any, Any]:
        keys = self._keys(kind)
        if not keys:
            return {}
        rows: dict[Kind, QuerySet[Any]] = {
            Kind.MEMBERSHIP: self.scope.memberships.select_related(
                "resident__contact", "house__community", "claimed_by"
            ),
            Kind.SUBMISSION: self.scope.submissions.select_related("house__community", "claimed_by"),
            Kind.HOUSE: self.scope.houses.select_related("community"),
            Kind.RESIDENT: self.scope.residents,
        }
        return {record.pk: record for record in rows[kind].filter(pk__in=keys)}

    def _entry(self, step: Step, row: dict[str, Any]) -> Entry:
        record = self.found[step.kind][step.key]
        house = record if isinstance(record, House) else getattr(record, "house", None)
        return Entry(
            title=_title(record),
            link=self.walk.address(step),
            role=_role(record),
            house=house,
            what=self._what(step, record),
            turn=str(Turn(row["turn"]).label),
            since=row["since"],
            claim=self._claim(record),
        )

    def _claim(self, record: Any) -> Claim | None:
        if not isinstance(record, Claimable):
            return None
        kind = "memberships" if isinstance(record, Membership) else "submissions"
        may = record.house.community_id in self.mine  # type: ignore[attr-defined]  # both have a house
        return Claim.of(kind, record, self.user, may=may)

    # -- why a record stands here --

    def _what(self, step: Step, record: Any) -> str:
        if isinstance(record, Submission):
            return _waiting_or_returned(record)
        if self.walk.queue == Queue.COMPLETE:
            return f"还差：{'、'.join(missing(record.resident))}"
        if self.walk.queue == Queue.ACTIVATE:
            return "资料已齐"
        return "；".join(self.reasons[step.name])

    def _reasons(self) -> dict[str, list[str]]:
        """By the name of the row: its findings, or its submissions."""
        reasons: dict[str, list[str]] = defaultdict(list)
        if self.walk.queue == Queue.FINDING:
            for name, finding in self._errors():
                reasons[name] += [finding.get_code_display()]
        elif self.walk.queue in (Queue.REVIEW, Queue.RETURNED):
            rows = self.scope.submissions.filter(membership__in=self._keys(Kind.MEMBERSHIP))
            status = (
                Submission.Status.WAITING if self.walk.queue == Queue.REVIEW else Submission.Status.RETURNED
            )
            for submission in rows.filter(status=status).order_by("pk"):
                reasons[f"membership-{submission.membership_id}"].append(_waiting_or_returned(submission))
        return reasons

    def _errors(self) -> Iterable[tuple[str, Finding]]:
        """Each open error with the name of the row that it belongs to."""
        people = defaultdict(list)
        for row in self.found[Kind.MEMBERSHIP].values():
            people[row.resident_id].append(f"membership-{row.pk}")
        for key in self.found[Kind.RESIDENT]:
            people[key].append(f"resident-{key}")
        on_rows = (
            Q(membership__in=self.found[Kind.MEMBERSHIP])
            | Q(house__in=self.found[Kind.HOUSE])
            | Q(resident__in=people)
        )
        for finding in self.scope.findings.open().errors().filter(on_rows).order_by("code"):
            kind, key = finding.record_key
            yield from (
                (name, finding) for name in (people[key] if kind == "resident" else [f"{kind}-{key}"])
            )


def _title(record: Any) -> str:
    if isinstance(record, House):
        return record.address
    if isinstance(record, Submission):
        return record.values.get("name") or UNNAMED
    person = record if isinstance(record, Resident) else record.resident
    return person.shown_name


def _role(record: Any) -> str:
    if isinstance(record, Membership):
        return record.get_role_display() or "角色未填"
    if isinstance(record, Submission):
        role = record.values.get("role")
        return f"新成员 · {Role(role).label}" if role in Role.values else "新成员"
    return "房屋" if isinstance(record, House) else "已不在住"


def _waiting_or_returned(submission: Submission) -> str:
    if submission.status == Submission.Status.RETURNED:
        about = labels(submission.reasons)
        return "：".join(part for part in (about, scrub(submission.note)) if part) or "已退回"
    return f"填写了{labels(submission.values)}"


# -- going on, claiming --------------------------------------------------------------------


class Onward(StaffPage):
    """Where an act leads: to the same record while it waits here still, else to the next."""

    def get(self, request: HttpRequest, queue: str) -> HttpResponseBase:
        if queue not in Queue.values:
            raise Http404
        walk = Walk(self.office.user, self.scope, queue, request.GET.get("community", ""))
        return redirect(walk.onward(request.GET.get("was", ""), request.GET.get("then", "")))


class ClaimPage(StaffPage):
    """Take a record, or give it back. A list shows the row's cell anew, without script the page."""

    permission = REVIEW

    def post(self, request: HttpRequest, kind: str, pk: int) -> HttpResponseBase:
        if kind not in CLAIMED_KINDS:
            raise Http404
        record = self.find(getattr(self.scope, kind), pk=pk)
        act: Any = self.office.claim
        done = "已认领，显示完整内容。"
        if request.POST.get("act") == "release":
            act, done = self.office.release, "已放回，同事可以认领。"
        if not getattr(request, "htmx", False):
            self.attempt(lambda: act(kind, record.pk), done)
            return self.back("staff:queue", Queue.REVIEW.value)
        return self._cell(kind, record, act)

    def _cell(self, kind: str, record: Any, act: Any) -> HttpResponse:
        error = ""
        try:
            act(kind, record.pk)
        except Refused as refused:
            error = told(refused)
        record.refresh_from_db()
        claim = Claim.of(kind, record, self.office.user, may=True)
        context = {"claim": claim, "error": error, "back": self.request.POST.get("next", "")}
        return render(self.request, "staff/queue_claim.html", context)


# -- findings ------------------------------------------------------------------------------


class Findings(StaffPage):
    permission = "houses.view_finding"
    template_name = "staff/findings.html"
    title = "待核实清单"
    here = "findings"

    def get(self, request: HttpRequest) -> HttpResponse:
        community, scope = chosen_community(self.scope, request.GET.get("community", ""))
        code, weight = request.GET.get("code", ""), request.GET.get("weight", "")
        found = with_records(_filtered(scope.findings.open(), code, weight), scope)
        names = {} if community else {one.pk: str(one) for one in scope.communities}
        number, rows, more = page_of(found.order_by("opened_at", "pk"), request.GET.get("page", ""))
        return self.page(
            rows=[(finding, *_leads_to(finding, names)) for finding in rows],
            codes=FindingCode.choices,
            code=code,
            weight=weight,
            community=community,
            keep=urlencode({"code": code, "weight": weight}),
            pages=pages(request, number, more),
        )


def _filtered(found: QuerySet[Finding], code: str, weight: str) -> QuerySet[Finding]:
    if code in FindingCode.values:
        found = found.filter(code=code)
    errors = FindingCode.errors()
    return {"error": found.filter(code__in=errors), "notice": found.exclude(code__in=errors)}.get(
        weight, found
    )


def _leads_to(finding: Any, names: dict[int, str]) -> tuple[str, str, str]:
    """Whom or what it is about, where that is, and the page on which it is worked. `names` are those
    of the communities, where rows of several are shown."""

    def place(house: House) -> str:
        return f"{names.get(house.community_id, '')} {house.address}".strip()

    if finding.community:
        return str(finding.community), "", reverse("staff:communities")
    if finding.house:
        return (
            finding.house.address,
            str(finding.house.community),
            reverse("staff:house", args=[finding.house_id]),
        )
    if finding.membership:
        row = finding.membership
        return row.resident.shown_name, place(row.house), reverse("staff:member", args=[row.pk])
    homes = finding.resident.seen_homes
    name = finding.resident.shown_name
    if homes:
        return (
            name,
            "、".join(place(row.house) for row in homes),
            reverse("staff:member", args=[homes[0].pk]),
        )
    return name, "已不在住", reverse("staff:resident", args=[finding.resident_id])


urls = [
    path("queues/<str:queue>/", QueuePage.as_view(), name="queue"),
    path("queues/<str:queue>/onward/", Onward.as_view(), name="onward"),
    path("claims/<str:kind>/<int:pk>/", ClaimPage.as_view(), name="claim"),
    path("requests/", Requests.as_view(), name="requests"),
    path("requests/<int:pk>/", RequestPage.as_view(), name="request"),
    path("findings/", Findings.as_view(), name="findings"),
]
