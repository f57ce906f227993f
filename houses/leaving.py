"""The end of a membership and what ends with it; reopening; the sale of a house (过户)."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from residents.bulk import overwrite, revise
from residents.exceptions import Refusal, Refused
from residents.models import User

from . import findings, identity
from .locks import lock, lock_homes
from .models import House, Invitation, Membership, Request, Submission
from .states import EndReason


@transaction.atomic
def end(row: Membership, reason: str, *, by: User | None, why: str = "") -> None:
    """The person lives here no more; of somebody deceased all memberships end. Raises Refused."""
    if reason not in EndReason.values:
        raise Refused(Refusal.INVALID, {"reason": "请选择迁出原因。"})
    label = EndReason(reason).label
    lock_homes([row.resident_id], houses=[row.house_id])
    if not _end_one(row, reason, by, f"{label}：{why}" if why else ""):
        raise Refused(Refusal.ENDED)
    houses = {row.house_id}
    if reason == EndReason.DECEASED:
        houses |= _bury(row, by)
    findings.refresh(houses=houses, residents=[row.resident_id])


def _end_one(row: Membership, reason: str, by: User | None, why: str = "") -> bool:
    if not row.end(reason, by=by, why=why):
        return False
    over = f"成员已迁出（{EndReason(reason).label}）"
    row.submissions.all().drop(by=by, why=over)
    row.requests.all().close(over, by=by)
    row.invitations.all().revoke()
    given = Invitation.objects.filter(invited_by__resident=row.resident_id, membership__house=row.house_id)
    given.revoke()
    _drop_what_nobody_can_finish(row, over, by)
    return True


def _drop_what_nobody_can_finish(row: Membership, why: str, by: User | None) -> None:
    """Entries about others that are still with whoever leaves; what was handed in stays with the office."""
    theirs = Submission.objects.filter(house=row.house_id, account__resident=row.resident_id)
    with_the_author = theirs.filter(status__in=Submission.EDITABLE).exclude(author=Submission.Author.STAFF)
    with_the_author.drop(by=by, why=why)


def _bury(row: Membership, by: User | None) -> set[int]:
    """The other memberships end too, and nobody logs in as this person any more."""
    others = list(row.resident.memberships.open())
    for other in others:
        _end_one(other, EndReason.DECEASED, by)
    if account := User.objects.filter(resident=row.resident_id).first():
        account.requests.all().close(f"成员已迁出（{EndReason.DECEASED.label}）", by=by)
        identity.lock(account)
    return {other.house_id for other in others}


@transaction.atomic
def reopen(row: Membership, reason: str, *, by: User) -> None:
    """The person lives here after all; a binding is made anew. Raises Refused."""
    lock(houses=[row.house_id], people=[row.resident_id])
    try:
        with transaction.atomic():
            reopened = row.reopen(reason, by=by)
    except IntegrityError:
        raise Refused(Refusal.ALREADY_MEMBER) from None
    if not reopened:
        raise Refused(Refusal.NOT_ENDED)
    findings.refresh(houses=[row.house_id])


@transaction.atomic
def transfer(
    house: House, leaving: Iterable[Membership], *, by: User, then: Callable[[], object] | None = None
) -> list[Membership]:
    """The house was sold: these members leave, and what was under way here dies with them.

    `then` enters the next owner in the same transaction.

    Whoever owns it next speaks for the house afresh: the old owner's words keep their value
    and lose their rank. Returns the rows that ended. Raises Refused when nobody leaves.
    """
    leaving = list(leaving)
    lock(houses=[house.pk], people=[row.resident_id for row in leaving])
    ended = [row for row in leaving if row.house_id == house.pk and _end_one(row, EndReason.SOLD, by)]
    if not ended:
        raise Refused(Refusal.ENDED)
    gone = {row.resident_id for row in ended}
    _drop_what_was_under_way(house, gone, by)
    for row in house.memberships.open().filter(managed_by__in=gone):
        row.managed_by = None
        revise(row, ["managed_by"], by=by, why="房屋过户")
    _forget_ranks([house, *house.memberships.open()])
    if then is not None:
        then()
    findings.refresh(houses=[house.pk], residents=gone)
    return ended


def _drop_what_was_under_way(house: House, gone: set[Any], by: User) -> None:
    why = "房屋已过户"
    of_the_leaving = Q(account__resident__in=gone) | Q(membership=None)
    house.submissions.filter(of_the_leaving).drop(by=by, why=why)
    Request.objects.filter(house=house).close(why, by=by)
    for row in house.memberships.open():
        row.invitations.all().revoke()


def _forget_ranks(records: Iterable[House | Membership]) -> None:
    for record in records:
        for name in record.said.fields():
            if said := record.said.get(name):
                record.said.put(name, said._replace(rank=0, by=""))
        overwrite([record], ["upstream"])
