"""Typed values into the record: the only way there (domain.md, Submissions and review)."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from residents import typed
from residents.bulk import revise, sign
from residents.exceptions import Refusal, Refused
from residents.models import Consent, Resident, User
from residents.upstream import blank

from . import findings
from .choices import Role
from .drafts import OF_MEMBERSHIP, person_values
from .locks import lock
from .models import House, Membership, Submission

Status = Submission.Status


@transaction.atomic
def apply(submission: Submission, *, by: User | None, why: str, person: Resident | None = None) -> Membership:
    """Write the values, restate, check again. Raises Refused where it was decided before.

    The caller (`houses.reviewing`) holds the locks, see `hold`.
    """
    house = House.objects.get(pk=submission.house_id)
    member, resident = _target(submission, house, person)
    old_number = resident.id_number
    _write(resident, member, submission, by)
    decided = {"decided_at": timezone.now(), "decided_by": by, "claimed_by": None, "claimed_at": None}
    if not submission.move((Status.WAITING,), Status.APPLIED, by=by, why=why, membership=member, **decided):
        raise Refused(Refusal.NOT_WAITING)
    if submission.guardian_version and submission.account:
        Consent.give(submission.account, Consent.Kind.GUARDIAN, child=resident)
    concerned = [resident, *resident.contact_of.select_related("contact")]
    Membership.objects.restate(concerned, by=by, why=why)
    findings.refresh(residents=[resident.pk], houses=[house.pk], numbers=[old_number])
    member.refresh_from_db()
    return member


def hold(submission: Submission, person: Resident | None = None) -> None:
    """The number that was typed and the one that goes, the house, and the person."""
    member = submission.membership
    people = [one for one in (member.resident if member else None, person) if one is not None]
    numbers = [submission.values.get("id_number") or "", *(one.id_number for one in people)]
    lock(numbers=numbers, houses=[submission.house_id], people=[one.pk for one in people])


def _target(submission: Submission, house: House, person: Resident | None) -> tuple[Membership, Resident]:
    """The member and the person to write to, locked; made for somebody new."""
    if submission.membership is not None:
        member = Membership.objects.get(pk=submission.membership.pk)
        if not member.is_open:
            raise Refused(Refusal.ENDED)
        return member, Resident.objects.get(pk=member.resident_id)
    resident = person and Resident.objects.filter(pk=person.pk).first()
    if person is not None and resident is None:
        raise Refused(Refusal.ALREADY_ABSORBED)
    if resident and house.memberships.open().filter(resident=resident).exists():
        raise Refused(Refusal.ALREADY_MEMBER)
    return _new_member(submission, house, resident)


def _new_member(submission: Submission, house: House, known: Resident | None) -> tuple[Membership, Resident]:
    """Whoever named somebody new may fill for them; a person already on the books is nobody's."""
    resident = known or Resident()
    manager = submission.account.resident if submission.account and not known else None
    by_owner = submission.author in (Submission.Author.OWNER, Submission.Author.SELF)
    member = Membership(house=house, resident=resident, managed_by=manager if by_owner else None)
    return member, resident


def _write(resident: Resident, member: Membership, submission: Submission, by: User | None) -> None:
    """Into the person, then into the membership; each with its source and a history row."""
    values, why = submission.values, submission.get_author_display()
    typed_here = person_values(values)
    if submission.membership is None and not resident._state.adding:
        # Somebody already on the books: what staff say of them fills blanks, what a house says nothing.
        blanks = {name: value for name, value in typed_here.items() if blank(getattr(resident, name))}
        typed_here = blanks if submission.author == Submission.Author.STAFF else {}
    before = resident.id_number
    by_house = None if submission.author == Submission.Author.STAFF else submission.house_id
    changed = _put(resident, typed_here, submission.source, house=by_house)
    if resident.id_number != before:
        resident.read_number_anew(values)
    if changed or resident._state.adding:
        _save(resident, typed.FIELDS, by, why)
    member.resident = resident
    of_membership = {name: values[name] for name in OF_MEMBERSHIP if name in values}
    if _put(member, of_membership, submission.source) or member._state.adding:
        if member.role in (Role.SELF, Role.TENANT) and not member._state.adding:
            member.invitations.all().revoke()  # neither is an owner's to invite any more
        _save(member, OF_MEMBERSHIP, by, why)


def _put(
    record: Resident | Membership, values: Mapping[str, Any], source: str, *, house: int | None = None
) -> bool:
    changed = {name: value for name, value in values.items() if getattr(record, name) != value}
    for attribute, value in changed.items():
        setattr(record, attribute, value)
        name = "contact" if attribute == "contact_id" else attribute
        record.origin.note(name, source, house=house)
    return bool(changed)


def _save(record: Any, fields: Iterable[str], by: User | None, why: str) -> None:
    if not record._state.adding:
        revise(record, [*fields, "sources"], by=by, why=why)
        return
    if isinstance(record, Membership):
        record.restate(record.resident)
    sign(record, by, why)
    record.save()


def person_on_the_books(submission: Submission) -> Resident | None:
    """Who the newly named member seems to be: same name and number. For the reviewer's eyes only."""
    values = submission.values
    return Resident.known_as(values.get("name") or "", values.get("id_number") or "")
