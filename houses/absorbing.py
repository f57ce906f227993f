"""Two records that prove to be one person become one (domain.md; workflows.md, Resident page).

What the kept record lacks it takes over; where both differ it keeps its own, and the other's
value stands as a finding until a person chooses. Memberships, findings, submissions, requests,
consents, the account, and the photo where the kept one has none, follow; history and access log
keep the old key, which leads on (`Resident.all_keys`).
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction

from residents.bulk import overwrite, revise, sign
from residents.exceptions import Refusal, Refused
from residents.models import Absorbed, Consent, Photo, Resident, User

from . import findings
from .locks import lock_homes
from .models import Finding, House, Membership, Request, Submission
from .models.membership import STATED, MembershipQuerySet, hand_over
from .states import EndReason, FindingStatus

WHY = "合并两份资料"


@transaction.atomic
def absorb(kept: Resident, other: Resident, *, by: User | None) -> Resident:
    """Make one person of two. Returns the kept record as it stands. Raises Refused."""
    if kept.pk == other.pk:
        raise Refused(Refusal.SAME_RECORD)
    numbers = [kept.id_number, other.id_number]
    houses = lock_homes([kept.pk, other.pk], numbers=numbers)
    kept, other = _both(kept, other)
    _move_account(kept, other)
    if kept.contact_id == other.pk:
        kept.contact = None
    kept.absorb(other)
    _move_memberships(kept, other, by)
    _move_the_rest(kept, other, by)
    _rename_speaker(houses, kept, other)
    _rename_contact(houses, kept, other)
    _forget_answers(kept)
    _remove(other, by)
    taken = [*Resident.SYNCED, "contact", "self_managed_since", "created_at", "upstream", "sources"]
    revise(kept, taken, by=by, why=WHY)
    Absorbed.objects.create(kept=kept, former=other.pk)
    Membership.objects.restate([kept, *kept.contact_of.select_related("contact")], by=by, why=WHY)
    hand_over(kept.memberships.open())
    findings.refresh(residents=[kept.pk], houses=houses, numbers=numbers)
    return Resident.objects.get(pk=kept.pk)


def _both(kept: Resident, other: Resident) -> tuple[Resident, Resident]:
    """Read under the locks. Raises Refused where one of them is gone."""
    found = Resident.objects.in_bulk([kept.pk, other.pk])
    if len(found) < 2:
        raise Refused(Refusal.ALREADY_ABSORBED)
    return found[kept.pk], found[other.pk]


def _move_account(kept: Resident, other: Resident) -> None:
    accounts = User.objects.filter(resident__in=[kept.pk, other.pk])
    if accounts.count() > 1:
        raise Refused(Refusal.TWO_ACCOUNTS)
    accounts.update(resident=kept)


# -- memberships -------------------------------------------------------------------------


def _move_memberships(kept: Resident, other: Resident, by: User | None) -> None:
    _keep_managers_apart(kept, other, by)
    standing = {row.house_id: row for row in kept.memberships.open()}
    for row in list(other.memberships.all()):
        mine = standing.get(row.house_id)
        if row.is_open and mine is not None:
            _unite(mine, row, by)
        _hand(row, kept, by)
    _remanage(Membership.objects.filter(managed_by=other).exclude(resident=kept), kept, by)
    _remanage(Membership.objects.filter(managed_by__in=[kept, other], resident=kept), None, by)


def _keep_managers_apart(kept: Resident, other: Resident, by: User | None) -> None:
    """Whoever fills for one of the two does not thereby read the other: a manager stays where both
    records have the same one, or live in one house."""
    rows = Membership.objects.open().filter(resident__in=[kept.pk, other.pk])
    listed = set(rows.values_list("resident", "managed_by"))
    apart = len({manager for _, manager in listed}) > 1 and len({person for person, _ in listed}) > 1
    if apart and rows.values("house").distinct().count() > 1:
        _remanage(rows, None, by)


def _remanage(rows: MembershipQuerySet, manager: Resident | None, by: User | None) -> None:
    for row in rows.filter(managed_by__isnull=False):
        row.managed_by = manager
        revise(row, ["managed_by"], by=by, why=WHY)


def _unite(mine: Membership, double: Membership, by: User | None) -> None:
    """Two open rows of one person in one house: the double ends, what it knew stays.

    It keeps the platform's words, so that the next answer's second row is recognised.
    """
    facts: dict[str, Any] = {
        "bound_at": mine.bound_at or double.bound_at,
        "activated_at": mine.activated_at or double.activated_at,
    }
    facts["activated_by_account"] = mine.activated_by_account or double.activated_by_account
    mine.absorb(double)
    submissions = double.submissions.open()
    submissions.filter(account__in=mine.submissions.open().values("account")).drop(by=by, why=WHY)
    moving: list[Any] = [*double.submissions.all(), *double.requests.all()]
    for typed_or_asked in moving:
        typed_or_asked.membership = mine
        sign(typed_or_asked, by, WHY)
        typed_or_asked.save(update_fields=["membership"])
    double.invitations.all().revoke()
    double.end(EndReason.MISTAKE, by=by, why=WHY)
    for name, value in facts.items():
        setattr(mine, name, value)
    mine.restate(mine.resident)
    taken = [*Membership.SYNCED, "nickname", "managed_by", "lease_until", "upstream", "sources"]
    revise(mine, [*taken, "bound_at", *STATED], by=by, why=WHY)


def _hand(row: Membership, kept: Resident, by: User | None) -> None:
    row.refresh_from_db()
    row.resident = kept
    revise(row, ["resident"], by=by, why=WHY)


# -- what else points to the person ------------------------------------------------------


def _move_the_rest(kept: Resident, other: Resident, by: User | None) -> None:
    other.findings.filter(status=FindingStatus.OPEN).delete()  # the checks run again
    Finding.objects.filter(resident=other).update(resident=kept)
    Request.objects.filter(resident=other).update(resident=kept)
    for dependant in other.contact_of.exclude(pk=kept.pk):
        dependant.contact = kept
        revise(dependant, ["contact"], by=by, why=WHY)
    standing = Consent.objects.filter(child=kept, withdrawn_at=None).values("account")
    Consent.objects.filter(child=other, withdrawn_at=None, account__in=standing).delete()
    Consent.objects.filter(child=other).update(child=kept)
    if Photo.of(kept) is None:
        Photo.objects.filter(resident=other).update(resident=kept)
    Absorbed.objects.filter(kept=other).update(kept=kept)


def _forget_answers(kept: Resident) -> None:
    """The next answer about this person is read in full."""
    kept.platform_records.update(digest="")
    for row in kept.memberships.all():
        row.mentions.forget_answers()


def _rename_speaker(houses: Iterable[int], kept: Resident, other: Resident) -> None:
    """What the other said in the own answers is the kept one's word from now on."""
    other.platform_records.update(subject=kept)
    members = Membership.objects.filter(house__in=houses)
    people = Resident.objects.filter(pk__in=members.values("resident")).exclude(pk__in=[kept.pk, other.pk])
    _renamed(kept, other.pk, kept.pk)
    _phone_is_back(kept)
    for records in (House.objects.filter(pk__in=houses), members, people):
        changed = [record for record in records if _renamed(record, other.pk, kept.pk)]
        overwrite(changed, ["upstream"])


def _renamed(record: Any, before: UUID, after: UUID) -> bool:
    old, new, changed = str(before), str(after), False
    for entry in record.upstream.values():
        for key in ("by", "moved"):
            if entry.get(key) == old:
                entry[key], changed = new, True
    return changed


def _phone_is_back(kept: Resident) -> None:
    """A phone that moved from the one record to the other has not moved at all."""
    phone = kept.upstream.get("phone", {})
    if phone.get("moved") == str(kept.pk):
        del phone["moved"]


def _rename_contact(houses: Iterable[int], kept: Resident, other: Resident) -> None:
    """In entries under way, whoever named the other as the contact means the kept one; nobody is the own."""
    for entry in Submission.objects.open().filter(house__in=houses).select_related("membership"):
        own = entry.membership is not None and entry.membership.resident_id == kept.pk
        books = [_contact_renamed(book, kept, other, own=own) for book in (entry.values, entry.base)]
        if books != [entry.values, entry.base]:
            Submission.objects.filter(pk=entry.pk).update(values=books[0], base=books[1])


def _contact_renamed(book: dict[str, Any], kept: Resident, other: Resident, *, own: bool) -> dict[str, Any]:
    if book.get("contact") not in (str(kept.pk), str(other.pk)):
        return book
    rest = {name: value for name, value in book.items() if name != "contact"}
    return rest if own else rest | {"contact": str(kept.pk)}


def _remove(other: Resident, by: User | None) -> None:
    gone = Resident.objects.get(pk=other.pk)
    sign(gone, by, WHY)
    gone.delete()
