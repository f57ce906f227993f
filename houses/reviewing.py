"""Handing in what was typed: applied at once or waiting, approved, returned, given up.

One that only fills blanks and opens no finding of weight error is applied at once (the owner's
entry completes the record); anything else waits for the office. Staff's own entries are applied
at once too, an error only with a written reason; where a community reviews all, they wait as well.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from residents.exceptions import Refusal, Refused
from residents.models import Resident, User
from residents.upstream import blank

from .applying import apply, hold, person_on_the_books
from .drafts import (
    OF_MEMBERSHIP,
    Author,
    changes,
    draft,
    forget_unconsented,
    lacks_guardian,
    only_fills,
    require_plain,
    stale_fields,
)
from .locks import StillMay, always, lock
from .models import Finding, Invitation, Membership, Submission

Status = Submission.Status


class _OpensErrors(Exception):
    """Undoes an application that would open a finding of weight error."""


@transaction.atomic
def submit(
    submission: Submission, author: Author, *, reason: str = "", still_may: StillMay = always
) -> Submission:
    """Hand it in: applied at once, or waiting for the office. Raises Refused."""
    known = person_on_the_books(submission) if author.is_staff and submission.membership is None else None
    hold(submission, known)
    still_may()
    _require_submittable(submission, author)
    handed_in = {"submitted_at": timezone.now(), "reasons": {}, "note": reason[:200]}
    if not submission.move(Submission.EDITABLE, Status.WAITING, by=author.account, why=reason, **handed_in):
        raise Refused(Refusal.NOT_EDITABLE)
    if _may_apply_at_once(submission, author):
        _apply_or_leave_waiting(submission, author, reason, known)
    return submission


def _may_apply_at_once(submission: Submission, author: Author) -> bool:
    if submission.house.community.review_all:
        return False
    return author.is_staff or (not submission.unseen and only_fills(submission))


def _apply_or_leave_waiting(
    submission: Submission, author: Author, reason: str, known: Resident | None
) -> None:
    """What would open an error waits for the office; the office itself gives a reason. Raises Refused."""
    try:
        with transaction.atomic():
            _apply_unless_errors(submission, author, reason, known)
    except _OpensErrors:
        if author.is_staff:
            told = {"reason": "这样填写会产生待核实，请写明依据。"}
            raise Refused(Refusal.REASON_MISSING, told) from None
        submission.refresh_from_db()


def _require_submittable(submission: Submission, author: Author) -> None:
    submission.refresh_from_db()
    if not submission.is_editable:
        raise Refused(Refusal.NOT_EDITABLE)
    forget_unconsented(submission, author)
    member = submission.membership
    if member is not None:
        member.refresh_from_db()
        if not member.is_open:
            raise Refused(Refusal.ENDED)
    elif not submission.values.get("name"):
        raise Refused(Refusal.INVALID, {"name": "请填写姓名。"})
    elif blank(submission.values.get("role")):
        raise Refused(Refusal.INVALID, {"role": "请选择与业主的关系。"})
    if not submission.unseen and not changes(submission) and member is not None:
        raise Refused(Refusal.NOTHING_TYPED)
    if (stale := stale_fields(submission)) and submission.membership is not None:
        raise Refused(Refusal.STALE, dict.fromkeys(stale, Refusal.STALE.label))
    if not author.is_staff:
        _require_guardian(submission)


def _require_guardian(submission: Submission) -> None:
    known = submission.membership is not None and not submission.unseen
    child = submission.membership.resident if known and submission.membership else None
    agreed = submission.guardian_version is not None
    if not agreed and lacks_guardian(submission.account, child, submission.values):
        raise Refused(Refusal.GUARDIAN_CONSENT)


def _apply_unless_errors(submission: Submission, author: Author, reason: str, known: Resident | None) -> None:
    """What staff enter under a name and number that are on the books is about that person."""
    before = _open_errors(submission, known)
    apply(submission, by=author.account, why="提交后直接采用", person=known)
    if _open_errors(submission, known) - before and not (author.is_staff and reason.strip()):
        raise _OpensErrors


def _open_errors(submission: Submission, known: Resident | None) -> set[int]:
    """Errors on the house's people and members, and on whoever holds a number that was typed."""
    homes = {submission.house_id}
    person = submission.membership.resident if submission.membership else known
    if person is not None:
        homes |= set(person.memberships.values_list("house_id", flat=True))
    members = Membership.objects.filter(house__in=homes)
    number = submission.values.get("id_number") or ""
    holders = Resident.objects.filter(id_number=number) if number else Resident.objects.none()
    concerned = (
        Q(resident__in=members.values("resident")) | Q(membership__in=members) | Q(resident__in=holders)
    )
    return set(Finding.objects.open().errors().filter(concerned).values_list("pk", flat=True))


def open_link(token: str, last_six: str) -> Invitation:
    """For somebody invited without an account: no record of who manages it themselves. Raises Refused."""
    invitation = Invitation.enter(token, last_six)
    _require_unmanaged(invitation.membership)
    return invitation


def _require_unmanaged(row: Membership) -> None:
    if Resident.objects.filter(pk=row.resident_id, self_managed_since__isnull=False).exists():
        raise Refused(Refusal.INVITATION_DEAD)


def fill_by_link(
    token: str, last_six: str, values: Mapping[str, Any], *, consented: bool, guardian: bool = False
) -> Submission:
    """An invited person without an account fills in the own record: handed in at once. Raises Refused."""
    invitation = open_link(token, last_six)
    row = invitation.membership
    author = Author(
        Submission.Author.INVITATION, invitation=invitation, consented=consented, guardian=guardian
    )
    with transaction.atomic():
        lock(houses=[row.house_id], people=[row.resident_id])
        invitation.use(None)
        _require_unmanaged(row)
        typed_by_link = draft(author, values, house=row.house, membership=row)
        return submit(typed_by_link, author)


@transaction.atomic
def approve(
    submission: Submission, *, by: User, seen_version: int | None = None, person: Resident | None = None
) -> Membership:
    """The office takes it. `seen_version` is the record's version that the reviewer looked at;
    `person` is who a newly named member proves to be, already on the books.

    Raises Refused where somebody decided before, or where the record moved on meanwhile.
    """
    hold(submission, person)
    submission.refresh_from_db()
    if submission.status != Status.WAITING:
        raise Refused(Refusal.NOT_WAITING)
    member = submission.membership
    if member is not None and seen_version is not None:
        version = Resident.objects.filter(pk=member.resident_id).values_list("version", flat=True).get()
        moved = [name for name in stale_fields(submission) if name in OF_MEMBERSHIP]
        if version != seen_version or moved:
            raise Refused(Refusal.STALE)
    elif stale := stale_fields(submission):
        raise Refused(Refusal.STALE, dict.fromkeys(stale, Refusal.STALE.label))
    return apply(submission, by=by, why="审核通过", person=person)


@transaction.atomic
def send_back(submission: Submission, reasons: Mapping[str, str], sentence: str, *, by: User) -> None:
    """Return it to the author with a reason for each field and a sentence. Raises Refused."""
    told = {name: reason.strip() for name, reason in reasons.items() if name in submission.values}
    for name, text in {**told, "note": sentence}.items():
        require_plain(name, text, 200)
    if not sentence.strip() and not any(told.values()):
        raise Refused(Refusal.REASON_MISSING, {"note": Refusal.REASON_MISSING.label})
    if not submission.move(
        (Status.WAITING,),
        Status.RETURNED,
        by=by,
        why="退回",
        reasons=told,
        note=sentence.strip()[:200],
        decided_at=timezone.now(),
        decided_by=by,
        claimed_by=None,
        claimed_at=None,
    ):
        raise Refused(Refusal.NOT_WAITING)


@transaction.atomic
def discard(submission: Submission, *, by: User | None) -> None:
    """The author gives it up. Raises Refused."""
    if not submission.move(Submission.EDITABLE, Status.DROPPED, by=by, why="作者放弃"):
        raise Refused(Refusal.NOT_EDITABLE)
