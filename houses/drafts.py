"""What a person types about a member, kept beside the record until it is handed in.

Checked at every save: the author hears of a mistake while typing. `houses.reviewing` hands it
in, `houses.applying` writes it. Who may type is decided in `houses.office` and `houses.family`.
"""

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from residents import typed
from residents.bulk import sign
from residents.exceptions import Refusal, Refused
from residents.models import Consent, Resident, User
from residents.upstream import blank

from .checks import is_child
from .choices import HouseholdType, Role
from .models import House, Invitation, Membership, Submission

Status = Submission.Status

# What a draft keeps; its status is not among them.
KEPT = [
    "values", "base", "base_version", "unseen", "consent_version", "guardian_version", "updated_at",
]  # fmt: skip

# Typed in place of a value: what was drafted of this field goes, and what stands in the record stays.
TAKEN_OUT: Any = object()

# What a submission may say of the membership; the rest is about the person.
OF_MEMBERSHIP = ("role", "household_type")


@dataclass(frozen=True)
class Author:
    """Who types. `consented` and `guardian` are what was ticked with this entry."""

    kind: str
    account: User | None = None
    invitation: Invitation | None = None
    consented: bool = False
    guardian: bool = False
    blind: bool = False  # may fill for somebody of whose record nothing is shown
    whole: bool = False  # asked for everything at once: what may not be kept is refused, not left out

    @property
    def is_staff(self) -> bool:
        return self.kind == Submission.Author.STAFF

    @property
    def consent_version(self) -> int | None:
        """The version of the consent under which sensitive values may be kept, None without one."""
        kind = Consent.Kind.SENSITIVE
        agreed = self.consented or Consent.stands(self.account, kind)
        return Consent.VERSIONS[kind] if agreed else None


@transaction.atomic
def draft(
    author: Author,
    values: Mapping[str, Any],
    *,
    house: House,
    membership: Membership | None = None,
    submission: Submission | None = None,
    lenient: bool = False,
    anew: bool = False,
) -> Submission:
    """Keep what was typed, checked, beside the record. A field that is left out stays as it was;
    one that is TAKEN_OUT is in the draft no more.

    `anew` says that the author saw the record as it stands now, as after a return.

    Without the separate consent a household's sensitive values are not kept. Raises Refused
    with a sentence for each wrong field.
    """
    if membership and not membership.is_open:
        raise Refused(Refusal.ENDED)
    submission = _continued(submission) if submission else _started(author, house, membership)
    resident = membership.resident if membership else Resident()
    values = _without_taken_out(submission, values)
    shown = Resident(pk=resident.pk) if author.blind else resident
    cleaned = _cleaned(author, values, as_typed(shown, submission.values), house, lenient)
    _keep(submission, author, cleaned, resident, membership, anew)
    return submission


def _continued(submission: Submission) -> Submission:
    """Read again under its lock: another window may have handed it in."""
    found = Submission.objects.select_for_update().get(pk=submission.pk)
    if not found.is_editable:
        raise Refused(Refusal.NOT_EDITABLE)
    return found


def _started(author: Author, house: House, membership: Membership | None) -> Submission:
    """The author's open entry about this member, or a new one."""
    if membership and author.account:
        mine = membership.submissions.open().filter(account=author.account, author=author.kind)
        if (found := mine.select_for_update().first()) is not None:
            if not found.is_editable:
                raise Refused(Refusal.NOT_EDITABLE)
            return found
    return Submission(
        house=house,
        membership=membership,
        author=author.kind,
        account=author.account,
        invitation=author.invitation,
    )


def _without_taken_out(submission: Submission, values: Mapping[str, Any]) -> dict[str, Any]:
    """Take these fields out of the draft; what is left was typed."""
    gone = {name for name, value in values.items() if value is TAKEN_OUT}
    for kept in (submission.values, submission.base):
        for name in gone & kept.keys():
            del kept[name]
    return {name: value for name, value in values.items() if name not in gone}


def _cleaned(
    author: Author, values: Mapping[str, Any], resident: Resident, house: House, lenient: bool
) -> dict[str, Any]:
    asked = consented(values, author)
    if author.whole and (dropped := values.keys() - asked.keys()):
        raise Refused(Refusal.CONSENT_MISSING, dict.fromkeys(dropped, Refusal.CONSENT_MISSING.label))
    person = {name: value for name, value in asked.items() if name not in OF_MEMBERSHIP}
    cleaned = typed.clean(person, resident, lenient=lenient)
    cleaned |= _clean_membership({name: asked[name] for name in OF_MEMBERSHIP if name in asked}, author)
    if cleaned.get("contact"):
        cleaned["contact"] = _contact(cleaned["contact"], resident, house)
    return cleaned


def consented(values: Mapping[str, Any], author: Author) -> dict[str, Any]:
    """The values that may be kept: without the separate consent no sensitive ones of a household."""
    agreed = author.is_staff or author.consent_version is not None
    return {name: value for name, value in values.items() if agreed or name not in typed.SENSITIVE}


def forget_sensitive(account: User) -> None:
    """The separate consent was withdrawn: nothing typed under it stays in what is still with the author."""
    entries = Submission.objects.filter(account=account, status__in=Submission.EDITABLE)
    for entry in entries.exclude(author=Submission.Author.STAFF).select_for_update():
        forget_unconsented(entry, Author(entry.author, account))


def forget_guardian(account: User, child: Resident) -> None:
    """The guardian's consent was withdrawn: none that was given with an entry stands in its place."""
    agreed = Submission.objects.open().filter(account=account, guardian_version__isnull=False)
    for entry in agreed.filter(membership__resident=child).select_for_update(of=("self",)):
        entry.guardian_version = None
        sign(entry, account, "撤回监护人同意")
        entry.save(update_fields=["guardian_version"])


def forget_unconsented(submission: Submission, author: Author) -> None:
    """The consent was withdrawn since it was typed: what it was for is not handed in."""
    values = consented(submission.values, author)
    if values != submission.values:
        submission.values, submission.consent_version = values, None
        submission.base = consented(submission.base, author)
        sign(submission, author.account, "撤回同意")
        submission.save(update_fields=["values", "base", "consent_version"])


def _clean_membership(values: Mapping[str, Any], author: Author) -> dict[str, int | None]:
    """Raises Refused. Role 1 and ownership are never an owner's to give."""
    tables = {"role": (Role, Role.SELF), "household_type": (HouseholdType, HouseholdType.OWNER)}
    cleaned: dict[str, int | None] = {}
    for name, value in values.items():
        table, reserved = tables[name]
        try:
            cleaned[name] = None if blank(value) else int(table(int(value)))
        except (TypeError, ValueError):
            raise Refused(Refusal.INVALID, {name: "请从列表中选择。"}) from None
        if cleaned[name] == reserved and not author.is_staff:
            raise Refused(Refusal.OWNER_ROLE, {name: Refusal.OWNER_ROLE.label})
    return cleaned


def _contact(key: Any, resident: Resident, house: House) -> str:
    """Somebody else of the same house. Raises Refused."""
    fellows = house.memberships.open().exclude(resident=resident.pk)
    found = next((pk for pk in fellows.values_list("resident_id", flat=True) if str(pk) == str(key)), None)
    if found is None:
        raise Refused(Refusal.INVALID, {"contact": "请选择同一套房屋的成员。"})
    return str(found)


def _keep(
    submission: Submission,
    author: Author,
    cleaned: Mapping[str, Any],
    resident: Resident,
    membership: Membership | None,
    anew: bool,
) -> None:
    kept = consented(submission.values, author)  # nothing stays that was agreed to before and is not now
    submission.values = kept | {name: stored(value) for name, value in cleaned.items()}
    if author.blind:
        submission.unseen, submission.base, submission.base_version = True, {}, 0
    elif membership is not None:
        anew = anew or submission.pk is None or submission.status == Status.RETURNED
        submission.base = seen(submission.values, resident, membership) | ({} if anew else submission.base)
        submission.base_version = resident.version if anew else submission.base_version
    submission.consent_version = author.consent_version
    submission.guardian_version = (
        Consent.VERSIONS[Consent.Kind.GUARDIAN] if author.guardian else submission.guardian_version
    )
    submission.updated_at = timezone.now()
    sign(submission, author.account, "")
    try:
        with transaction.atomic():
            submission.save(update_fields=None if submission.pk is None else KEPT)
    except IntegrityError:  # the author opened one in another window at the same moment
        raise Refused(Refusal.STALE) from None


# -- what was typed, beside what stands ---------------------------------------------------


def seen(names: Iterable[str], resident: Resident, member: Membership) -> dict[str, Any]:
    return {name: stored(standing(resident, member, name)) for name in names}


def standing(resident: Resident, membership: Membership | None, name: str) -> Any:
    """What stands in the record now."""
    if name in OF_MEMBERSHIP:
        return getattr(membership, name) if membership else None
    return resident.contact_id if name == "contact" else getattr(resident, name)


def stored(value: Any) -> Any:
    """As JSON keeps it."""
    return value.isoformat() if isinstance(value, date) else str(value) if hasattr(value, "hex") else value


def person_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Stored values as those of a Resident, by attribute."""
    found = {}
    for name in typed.FIELDS:
        if name in values:
            field: Any = Resident._meta.get_field(name)
            found[field.attname] = field.to_python(values[name]) if not field.is_relation else values[name]
    return found


def as_typed(resident: Resident, values: Mapping[str, Any]) -> Resident:
    """The record as it would stand with these stored values; a copy, never saved."""
    person = copy(resident)
    for attribute, value in person_values(values).items():
        setattr(person, attribute, value)
    for name, value in person.told().items() if "id_number" in values else ():
        if name not in values and (person.origin.derived(name) or blank(getattr(person, name))):
            setattr(person, name, value)
    return person


def lacks_guardian(account: User | None, child: Resident | None, values: Mapping[str, Any]) -> bool:
    """Whether a guardian has to agree, and this account has not as one. `child` is the record that the
    values are for, None where there is none or it is not seen."""
    if not _concerns_child(child or Resident(), values):
        return False
    return child is None or not Consent.stands(account, Consent.Kind.GUARDIAN, child=child)


def _concerns_child(person: Resident, values: Mapping[str, Any]) -> bool:
    """By what stands or by what is typed: nobody grows up by typing."""
    return is_child(person) or is_child(as_typed(person, values))


def standing_now(submission: Submission) -> dict[str, Any]:
    """What stands in the record now, of each field that was typed; nothing for somebody new."""
    member = submission.membership
    if member is None:
        return {}
    return seen(submission.values, Resident.objects.get(pk=member.resident_id), member)


def changes(submission: Submission) -> dict[str, Any]:
    """The typed values that differ from what stands in the record now."""
    now = standing_now(submission)
    return {name: value for name, value in submission.values.items() if value != now.get(name)}


def stale_fields(submission: Submission) -> list[str]:
    """Fields whose value in the record is neither what the author saw nor what was typed."""
    now, typed_here = standing_now(submission), submission.values
    return [name for name, was in submission.base.items() if now.get(name) not in (was, typed_here.get(name))]


def only_fills(submission: Submission) -> bool:
    """No value that stands is touched."""
    now = standing_now(submission)
    return all(blank(now.get(name)) for name in changes(submission))


def require_plain(name: str, text: str, length: int) -> None:
    """Text that is shown in full (`residents.typed.plain`). Raises Refused at its field."""
    try:
        typed.plain(text, length)
    except ValidationError as error:
        raise Refused(Refusal.INVALID, {name: error.messages[0]}) from None
