"""The three ways in which a resident who is not the owner binds a house.

By match, by invitation, by application (domain.md, Accounts and binding). Nothing here tells
an account who lives where: a match that must be confirmed, and none, look the same.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.db import transaction

from residents.bulk import revise, sign
from residents.exceptions import Refusal, Refused, require_reason
from residents.models import Attempt, Resident, User
from residents.upstream import Sources

from . import findings, identity
from .choices import Role
from .locks import StillMay, always, lock
from .models import Community, House, Invitation, Membership, Request
from .models.membership import MembershipQuerySet

NO_HOUSE = "没有找到这套房屋，请核对小区、楼号、单元和房间；仍然找不到请联系物业。"


def candidates(user: User) -> MembershipQuerySet:
    """Open memberships whose person has the stated name and number, not yet bound."""
    user.require_identity()
    holders = Resident.objects.filter(id_number=user.stated_id_number)
    people = [one.pk for one in holders if user.says_it_is(one.name, {one.id_form})]
    return Membership.objects.open().filter(resident__in=people, bound_at=None)


# -- by match ----------------------------------------------------------------------------


def match(user: User) -> list[Membership]:
    """Look for the account's own memberships.

    Returns those that the person may confirm at once, because the record holds the verified
    phone. Any other match becomes a request that the owner or the office answers; whether
    there was one is not told. Raises Refused.
    """
    user.require_identity()
    Attempt.spend(user, Attempt.Kind.MATCH)
    mine = confirmable(user)
    for row in candidates(user).exclude(pk__in=[row.pk for row in mine]).select_related("resident", "house"):
        _ask_to_bind(user, row)
    return mine


def confirmable(user: User) -> list[Membership]:
    """Those of the account's own memberships that the person may confirm at once. Raises Refused."""
    found = candidates(user).select_related("resident", "house__community").order_by("pk")
    return [row for row in found if _may_confirm(user, row)]


def _may_confirm(user: User, row: Membership) -> bool:
    """The record holds the account's phone, it has not moved on, and it is known other than from a house
    that is not this one: what an owner types of a member opens no other house."""
    person = row.resident
    said, house = person.said.get("phone"), person.origin.house("phone")
    moved = said is not None and bool(said.moved)
    if not user.phone or person.phone != user.phone or moved or house not in (None, row.house_id):
        return False
    return not _has_other_account(user, person)


def _has_other_account(user: User, resident: Resident) -> bool:
    return User.objects.filter(resident=resident).exclude(pk=user.pk).exists()


def _ask_to_bind(user: User, row: Membership) -> None:
    """Filled in already. Where somebody else is that person already, the office looks at it."""
    disputed = _has_other_account(user, row.resident)
    kind = Request.Kind.DISPUTE if disputed else Request.Kind.BIND
    with suppress(Refused):  # it waits for its answer already
        Request.ask(
            kind,
            user,
            house=row.house,
            membership=row,
            resident=row.resident if disputed else None,
            role=row.role,
            office_only=disputed or row.role == Role.SELF,
            quiet=True,
            text="姓名和证件号码与房屋成员相符。",
        )


@transaction.atomic
def confirm(user: User, row: Membership) -> Membership:
    """The person says: that is me, and I live there. Raises Refused."""
    found = candidates(user).filter(pk=row.pk).select_related("resident").first()
    if found is None or not _may_confirm(user, found):
        raise Refused(Refusal.NOT_FOUND)
    return _bind(user, found, "本人确认绑定")


@transaction.atomic
def _bind(user: User, row: Membership, why: str) -> Membership:
    lock(houses=[row.house_id], people=[row.resident_id])
    identity.link(user, row.resident)
    if not row.bind(by=user, why=why):
        row.refresh_from_db()
        raise Refused(Refusal.ENDED if not row.is_open else Refusal.ALREADY_BOUND)
    _fill_phone(user, row.resident)
    row.refresh_from_db()
    return row


def _fill_phone(user: User, resident: Resident) -> None:
    """A record without a phone gets the verified one of its own person."""
    person = Resident.objects.select_for_update().get(pk=resident.pk)
    if person.phone or not user.phone or person.said.emptied("phone"):
        return
    person.phone = user.phone
    person.origin.note("phone", Sources.SELF)
    revise(person, ["phone", "sources"], by=user, why="已验证的手机号")
    Membership.objects.restate([person, *person.contact_of.select_related("contact")], by=user)
    findings.refresh(residents=[person.pk])


# -- by invitation -----------------------------------------------------------------------


def require_invitable(row: Membership | None) -> None:
    """Raises Refused for whom there is no link."""
    if row is None:
        raise Refused(Refusal.NOT_FOUND)
    if not row.is_open:
        raise Refused(Refusal.ENDED)
    if row.bound_at or len(row.resident.id_form) < 6 or User.objects.filter(resident=row.resident).exists():
        raise Refused(Refusal.NOT_INVITABLE)


@transaction.atomic
def invite(row: Membership, *, by: User, still_may: StillMay = always) -> tuple[Invitation, str]:
    """A link for one member, and its token, which is told once. Raises Refused."""
    lock(houses=[row.house_id], people=[row.resident_id])
    still_may()
    require_invitable(Membership.objects.filter(pk=row.pk).select_related("resident").first())
    return Invitation.issue(row, by)


def accept(user: User, token: str, last_six: str) -> Membership:
    """The invited person has an account: bound, and activated as soon as complete. Raises Refused."""
    user.require_identity()
    Attempt.spend(user, Attempt.Kind.INVITATION)
    invitation = Invitation.enter(token, last_six)
    row = invitation.membership
    with transaction.atomic():
        lock(houses=[row.house_id], people=[row.resident_id])
        invitation.use(user)
        if not user.says_it_is(row.resident.name, {row.resident.id_form}):
            raise Refused(Refusal.IDENTITY_MISMATCH)
        return _bind(user, row, "受邀绑定")


# -- by application ----------------------------------------------------------------------


def house_at(user: User, community: Community, parts: Mapping[str, str]) -> House:
    """The house at a typed address. Looking for one that is not there is counted: nobody tries out
    which rooms are on the books. Raises Refused."""
    user.require_identity()
    found = House.at(community, parts)
    if found is None:
        Attempt.spend(user, Attempt.Kind.APPLY)
        raise Refused(Refusal.INVALID, {"room": NO_HOUSE})
    return found


def apply_for(user: User, house: House, role: int, text: str) -> Request:
    """Ask to be taken into a house. Raises Refused.

    The office alone answers for an owner, and for somebody who is on the books elsewhere: an
    owner's yes must not hand a stranger's record to whoever knows the number.
    """
    user.require_identity()
    Attempt.spend(user, Attempt.Kind.APPLY)
    if role not in Role.values:
        raise Refused(Refusal.INVALID, {"role": "请从列表中选择。"})
    text = require_reason(text, "text")[:200]
    known = Resident.objects.filter(id_number=user.stated_id_number).exists()
    return _ask_to_join(user, house, role=role, text=text, office_only=known or role == Role.SELF)


@transaction.atomic
def _ask_to_join(user: User, house: House, **values: Any) -> Request:
    """The application takes the place of a match that waits there: with one or without, the account
    reads the same of it, from what it typed to who answers and what closes it."""
    lock(houses=[house.pk], people=[user.resident_id] if user.resident_id else [])
    if house.memberships.open().filter(resident__account=user, bound_at__isnull=False).exists():
        raise Refused(Refusal.ALREADY_BOUND)
    matched = Request.objects.filter(kind=Request.Kind.BIND, house=house, account=user, quiet=True)
    matched.close("本人另行申请", by=user)
    return Request.ask(Request.Kind.BIND, user, house=house, **values)


@transaction.atomic
def take_in(request: Request, *, by: User) -> Membership:
    """A request to bind was granted: link the account, and bind its membership. Raises Refused.

    The caller (`houses.answering`) holds the number, the house and the people.
    """
    user = User.objects.get(pk=request.account_id)
    user.require_identity()
    row = request.membership or _membership_for(user, request, by)
    if not user.says_it_is(row.resident.name, {row.resident.id_form}):
        raise Refused(Refusal.IDENTITY_MISMATCH)
    return _bind(user, row, "申请绑定，已同意")


def _membership_for(user: User, request: Request, by: User) -> Membership:
    """The applicant's membership of the house, made where there is none."""
    assert request.house is not None  # a constraint of the table
    house = request.house
    known = user.resident or Resident.known_as(user.stated_name, user.stated_id_number)
    person = known or _new_person(user, by)
    row = house.memberships.open().filter(resident=person).first()
    if row is None:
        row = Membership(house=house, resident=person, role=request.role)
        row.origin.note("role", Sources.SELF)
        row.restate(person)
        sign(row, by, "申请绑定，已同意")
        row.save()
        findings.refresh(residents=[person.pk], houses=[house.pk])
    return row


def _new_person(user: User, by: User) -> Resident:
    person = Resident(name=user.stated_name, id_number=user.stated_id_number, phone=user.phone or "")
    for name in ("name", "id_number", "phone"):
        person.origin.note(name, Sources.SELF)
    person.read_number_anew()
    sign(person, by, "申请绑定，已同意")
    person.save()
    return person
