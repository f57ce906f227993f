"""A person is forgotten: everything personal goes, and a tombstone keeps every sync from bringing it back."""

from collections.abc import Container, Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q

from residents import id_numbers
from residents.bulk import revise
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
    Tombstone.raise_for(numbers, _own_rows(person))
    _forget_entries(person, houses, numbers)
    _forget_requests(person)
    _forget_account(person)
    _forget_memberships(person, by)
    _forget_person(person, by)
    Membership.objects.restate(Resident.objects.filter(pk__in=dependants), by=by, why="联系人资料已删除")
    findings.refresh(houses=houses, numbers=numbers)


def _own_rows(person: Resident) -> set[tuple[int, str, str]]:
    """As the platform calls the person in each house, numbers that are not the own ones included."""
    rows = {(row.house_id, name, number) for row in person.memberships.all() for name, number in row.called}
    return rows | {(row.house_id, person.name, person.id_number) for row in person.memberships.all()}


def _own_numbers(person: Resident) -> set[str]:
    """The person's number, and every other under which the platform might bring the person back.

    None that somebody else holds; and of the others none that somebody else is called by: the
    platform may have given the person a number that is theirs.
    """
    own = {person.id_form} - {""}
    called = {number for row in person.memberships.all() for number in _called(row)}
    held = Resident.objects.filter(id_number__in=own | called | person.known_numbers()).exclude(pk=person.pk)
    others = (person.known_numbers() | called) - own - _called_elsewhere(person)
    return (own | others) - {other.id_form for other in held}


def _called(row: Membership) -> set[str]:
    return {id_numbers.matching_form(number) for _, number in row.called if number}


def _called_elsewhere(person: Resident) -> set[str]:
    """By which numbers the platform's rows call the fellow members, and what their own answers say."""
    homes = person.memberships.values("house")
    fellows = Membership.objects.open().filter(house__in=homes).exclude(resident=person)
    return {
        number
        for row in fellows.select_related("resident")
        for number in _called(row) | row.resident.known_numbers()
    }


def _forget_entries(person: Resident, houses: Iterable[int], numbers: Container[str]) -> None:
    """Entries that name the person as somebody new go; in the others the person is no contact any more."""
    for entry in Submission.objects.filter(house__in=houses):
        number = id_numbers.matching_form(entry.values.get("id_number") or "")
        if entry.membership_id is None and number in numbers:
            Submission.objects.filter(pk=entry.pk).delete()
            Submission.history.filter(id=entry.pk).delete()
        else:
            _forget_contact(entry, str(person.pk))


def _forget_contact(entry: Submission, key: str) -> None:
    books = [dict(book) for book in (entry.values, entry.base)]
    for book in books:
        if book.get("contact") == key:
            del book["contact"]
    if books != [entry.values, entry.base]:
        Submission.objects.filter(pk=entry.pk).update(values=books[0], base=books[1])


def _forget_requests(person: Resident) -> None:
    """That it was asked and answered stays in the history; what was written goes."""
    theirs = Q(account__resident=person) | Q(membership__resident=person) | Q(resident=person)
    keys = list(Request.objects.filter(theirs).values_list("pk", flat=True))
    Request.objects.filter(pk__in=keys).delete()
    Request.history.filter(id__in=keys).update(text="", answer="—")


def _forget_account(person: Resident) -> None:
    """A resident's login goes; a member of staff keeps it, without the person."""
    account = User.objects.filter(resident=person).first()
    if account is None:
        return
    if account.is_staff:
        nobody = {"resident": None, "stated_name": "", "stated_id_number": "", "stated_at": None}
        User.objects.filter(pk=account.pk).update(**nobody)
    else:
        Submission.history.filter(account=account).update(note="")
        account.delete()


def _forget_memberships(person: Resident, by: User) -> None:
    rows = list(person.memberships.all())
    for row in rows:
        if row.is_open:
            row.end(EndReason.MISTAKE, by=by, why="资料已删除")
        row.mentions.forget_answers()
    keys = [row.pk for row in rows]
    typed = list(Submission.objects.filter(membership__in=keys).values_list("pk", flat=True))
    person.memberships.all().delete()
    Submission.history.filter(Q(id__in=typed) | Q(membership__in=keys)).delete()
    Membership.history.filter(id__in=keys).delete()


def _let_go(records: Any, name: str, by: User) -> None:
    """Whoever pointed to the person points to nobody, and their history tells it."""
    for record in records:
        setattr(record, name, None)
        revise(record, [name], by=by, why="资料已删除")


def _forget_person(person: Resident, by: User) -> None:
    keys = person.all_keys()
    _let_go(Membership.objects.filter(managed_by=person), "managed_by", by)
    _let_go(Resident.objects.filter(contact=person), "contact", by)
    for record in person.platform_records.all():
        record.delete()  # one by one: each takes along what the runs keep of its phone
    person.delete()
    Resident.history.filter(id__in=keys).delete()
