"""What was handed in: approved, returned with reasons; and the page of a newly named member."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from residents.exceptions import Refused, told
from residents.masking import mask_id_number
from residents.models import Resident
from residents.upstream import blank
from residents.views.pages import came_from

from .. import applying
from ..models import Membership, Submission
from ..office import REVIEW
from ..queues import Kind
from ..visibility import Scope
from ..wording import Reader, in_order, label_of, moment
from .comparison import Cell, author_of
from .pages import StaffPage
from .reasons import checked
from .walking import Claim, acts_in, along, let_go

RETURN_REASONS = ["与证件不符", "填写不完整", "看不清，请重填", "请按户口本填写"]
# Where a field was ticked and nothing said: the sentence says it.
SEE_SENTENCE = "请核对后修改"


def contact_names(
    scope: Scope, resident: Resident | None, submissions: Iterable[Submission]
) -> dict[str, str]:
    """The names of the contacts that a page tells, by key; of people outside the scope none."""
    keys = {str(one.values["contact"]) for one in submissions if one.values.get("contact")}
    keys |= {str(resident.contact_id)} if resident and resident.contact_id else set()
    if not keys:
        return {}
    return {str(pk): name for pk, name in scope.residents.filter(pk__in=keys).values_list("pk", "name")}


def name_of(submission: Submission) -> str:
    member = submission.membership
    return str(member.resident.name if member else submission.values.get("name", "")) or "（姓名未知）"


class SubmissionAct(StaffPage):
    """An act upon what was handed in, that leads on to the next record of the queue."""

    def _submission(self, pk: int) -> Submission:
        rows = self.scope.submissions.select_related(
            "membership__resident",
            "membership__claimed_by",
            "house__community",
            "account__resident",
            "claimed_by",
        )
        found: Submission = self.find(rows, pk=pk)
        return found

    def _onward(self, submission: Submission) -> HttpResponseBase:
        if submission.membership_id:
            return self.back("staff:member", submission.membership_id)
        return self.back("staff:entry", submission.pk)

    def _let_go(self, member: Membership | None) -> None:
        queue = self.request.POST.get("queue", "")
        if member is not None and queue:
            let_go(self.office, member, queue)


class Approve(SubmissionAct):
    """`seen_version` is the record that the reviewer looked at: a newer one is shown first."""

    permission = REVIEW

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        submission = self._submission(pk)
        version, person = request.POST.get("seen_version", ""), self._person()
        seen = int(version) if version.isdecimal() else None
        if self.attempt(
            lambda: self.office.approve(pk, seen_version=seen, person=person),
            f"已通过：{name_of(submission)}，{submission.house.address}。",
        ):
            self._let_go(submission.membership)
        return self._onward(submission)

    def _person(self) -> UUID | None:
        try:
            return UUID(person) if (person := self.request.POST.get("person", "")) else None
        except ValueError:
            raise Http404 from None


# -- returning -----------------------------------------------------------------------------


@dataclass
class ReturnRow:
    name: str
    label: str
    value: str
    ticked: bool
    reason: str
    error: str


class ReturnForm:
    """A tick and a reason for each submitted field, and a sentence."""

    def __init__(self, submission: Submission, reader: Reader, posted: QueryDict | None = None) -> None:
        self.submission, self.reader, self.posted = submission, reader, posted or QueryDict()
        self.names = in_order(submission.values)
        self.note = self.posted.get("note", "").strip()
        self.errors: dict[str, str] = {}
        self.common = RETURN_REASONS

    @property
    def reasons(self) -> dict[str, str]:
        """Of the ticked fields, and of those that a reason was written for."""
        ticked = self.posted.getlist("field")
        said = {name: self._said(name) for name in self.names}
        return {name: said[name] or SEE_SENTENCE for name in self.names if name in ticked or said[name]}

    @property
    def rows(self) -> list[ReturnRow]:
        return [self._row(name) for name in self.names]

    def check(self) -> bool:
        """Whether what was written may be shown; what may not is told at its field."""
        texts = {**{name: self._said(name) for name in self.names}, "note": self.note}
        self.errors = {name: error for name, text in texts.items() if (error := checked(text)[1])}
        return not self.errors

    def _said(self, name: str) -> str:
        return str(self.posted.get(f"reason-{name}", "")).strip()

    def _row(self, name: str) -> ReturnRow:
        value = self.reader.say(name, self.submission.values[name])
        ticked = name in self.posted.getlist("field")
        return ReturnRow(name, label_of(name), value, ticked, self._said(name), self.errors.get(name, ""))


class Return(SubmissionAct):
    """On a page of its own; with script the same form opens over the record."""

    permission = REVIEW
    template_name = "staff/review_return.html"
    title = "退回修改"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        submission = self._submission(pk)
        return self._page(submission, ReturnForm(submission, self._reader(submission)))

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        submission = self._submission(pk)
        form = ReturnForm(submission, self._reader(submission), request.POST)
        if not form.check():
            return self._page(submission, form, 422)
        try:
            self.office.send_back(pk, form.reasons, form.note)
        except Refused as refused:
            form.errors = {"note": told(refused), **refused.fields}
            return self._page(submission, form, 422)
        messages.success(request, f"已退回：{name_of(submission)}，等{submission.get_author_display()}修改。")
        self._let_go(submission.membership)
        return self._onward(submission)

    def _reader(self, submission: Submission) -> Reader:
        record = submission.membership or submission
        names = contact_names(self.scope, None, [submission])
        return Reader(full=record.claimed_by_me(self.office.user), names=names)

    def _page(self, submission: Submission, form: ReturnForm, status: int = 200) -> HttpResponse:
        asked = self.request.POST or self.request.GET
        return self.page(
            status=status,
            submission=submission,
            name=name_of(submission),
            author=author_of(submission),
            form=form,
            then=came_from(self.request),
            queue=asked.get("queue", ""),
        )


# -- somebody newly named ------------------------------------------------------------------


class EntryPage(SubmissionAct):
    """A member whom a household named: new on the books, or somebody who stands there already."""

    template_name = "staff/entry.html"
    title = "审核新成员"

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        submission = self._submission(pk)
        if submission.membership_id:
            return redirect("staff:member", submission.membership_id)
        acts = acts_in(self.office.user, submission.house.community_id)
        waiting = submission.status == Submission.Status.WAITING
        may = waiting and "review_submission" in acts
        claim = Claim.of("submissions", submission, self.office.user, may=may)
        reader = Reader(full=claim.mine, names=contact_names(self.scope, None, [submission]))
        return self.page(
            submission=submission,
            name=name_of(submission),
            author=author_of(submission),
            cells=self._cells(submission, reader),
            claim=claim,
            may_decide=may and not claim.theirs,
            form=ReturnForm(submission, reader),
            known=self._known(submission) if may else None,
            **along(self, Kind.SUBMISSION, submission.pk),
        )

    def _cells(self, submission: Submission, reader: Reader) -> list[tuple[str, Cell]]:
        source = f"{author_of(submission)} {moment(submission.submitted_at)} 提交"
        values = submission.values
        names = [name for name in in_order(values) if not blank(values[name])]
        return [(label_of(name), Cell(reader.say(name, values[name]), source)) for name in names]

    def _known(self, submission: Submission) -> dict[str, Any] | None:
        """Whom it seems to be, where the reviewer sees that person; of anybody else nothing is told."""
        person = applying.person_on_the_books(submission)
        scope = self.office.scope(REVIEW)
        if person is None or not scope.residents.filter(pk=person.pk).exists():
            return None
        rows = scope.memberships.open().filter(resident=person).select_related("house__community")
        homes = [f"{row.house.community} {row.house.address}" for row in rows]
        here = any(row.house_id == submission.house_id for row in rows)
        return {"person": person, "number": mask_id_number(person.id_number), "homes": homes, "here": here}
