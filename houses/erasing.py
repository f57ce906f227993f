"""A person is forgotten: everything personal goes, and a tombstone keeps every sync from bringing it back."""

from typing import Any

from django.db import transaction

from residents.exceptions import Refusal, Refused
from residents.models import Resident, Tombstone, User

from . import findings
from .locks import lock_homes
from .models import Finding, Membership, Request, Submission
from .states import EndReason, FindingCode


@transaction.atomic
def erase(resident: Resident, *, by: User) -> None:
    """Delete the person, the memberships, their history, what was typed, and the account.

    What stays: the keyed digests of the numbers, and who looked at the record when. Raises
    Refused while it is not settled whose number it is: the wrong one would be barred for good.
    """
    houses = lock_homes([resident.pk], numbers=resident.known_numbers())
    person = Resident.objects.filter(pk=resident.pk).first()
    if person is None:
        raise Refused(Refusal.ALREADY_ABSORBED)
    if Finding.objects.open().filter(resident=person, code=FindingCode.ID_SHARED).exists():
        raise Refused(Refusal.NUMBER_UNSETTLED)
    numbers, dependants = _own_numbers(person), list(person.contact_of.values_list("pk", flat=True))
    Tombstone.raise_for(numbers)
    _forget_account(person)
    _forget_memberships(person, by)
    _forget_person(person)
    Membership.objects.restate(Resident.objects.filter(pk__in=dependants), by=by, why="联系人资料已删除")
    findings.refresh(houses=houses, numbers=numbers)


def _own_numbers(person: Resident) -> set[str]:
    """Every number that the platform might bring the person back under, and nobody else holds."""
    numbers = person.known_numbers()
    for row in person.memberships.all():
        numbers |= {number for _, number in row.called if number}
    held = Resident.objects.filter(id_number__in=numbers).exclude(pk=person.pk)
    return numbers - {other.id_form for other in held} - {other.id_number for other in held}


def _forget_account(person: Resident) -> None:
    """A resident's login goes; a member of staff keeps it, without the person."""
    account = User.objects.filter(resident=person).first()
    if account is None:
        return
    if account.is_staff:
        User.objects.filter(pk=account.pk).update(
            resident=None, stated_name="", stated_id_number="", stated_at=None
        )
        return
    _forget_requests(Request.objects.filter(account=account))
    Submission.history.filter(account=account).update(note="")
    account.delete()


def _forget_requests(requests: Any) -> None:
    """That it was asked and answered stays in the history; what was written goes."""
    Request.history.filter(id__in=list(requests.values_list("pk", flat=True))).update(text="", answer="—")


def _forget_memberships(person: Resident, by: User) -> None:
    rows = list(person.memberships.all())
    for row in rows:
        if row.is_open:
            row.end(EndReason.MISTAKE, by=by, why="资料已删除")
        row.mentions.forget_answers()
    keys = [row.pk for row in rows]
    _forget_requests(Request.objects.filter(membership__in=keys))
    Submission.history.filter(membership__in=keys).delete()
    person.memberships.all().delete()
    Membership.history.filter(id__in=keys).delete()


def _forget_person(person: Resident) -> None:
    keys = person.all_keys()
    person.platform_records.all().delete()
    person.delete()
    Resident.history.filter(id__in=keys).delete()
