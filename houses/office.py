"""What staff do, each act behind its permission and its scope.

The staff's pages, the admin and the API are thin doors to these methods. A record of another
community does not exist for the caller (`not_found`); one that is seen and may not be acted
upon is `not_allowed`.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from residents import images
from residents.exceptions import Refusal, Refused, require_reason
from residents.models import AccessLog, Photo, Resident, User
from residents.upstream import Sources

from . import (
    absorbing,
    answering,
    binding,
    drafts,
    editing,
    erasing,
    identity,
    leaving,
    logbook,
    reviewing,
    rooms,
    settling,
)
from .choices import HouseholdType, Role
from .drafts import Author
from .models import Finding, House, Invitation, Membership, Request, Submission
from .models.claim import Claimable
from .visibility import Scope, for_staff

COMPLETE, ADD, REVIEW = (
    "houses.complete_membership",
    "houses.add_membership",
    "houses.review_submission",
)
ACTIVATE, END, INVITE = (
    "houses.activate_membership",
    "houses.end_membership",
    "houses.invite_membership",
)
ANSWER, SETTLE = "houses.answer_request", "houses.change_finding"
ADD_HOUSE, CHANGE_HOUSE, TRANSFER = "houses.add_house", "houses.change_house", "houses.transfer_house"
CONFIRM = "houses.change_community"
ABSORB, ERASE, REVEAL = "residents.absorb_resident", "residents.erase_resident", "residents.reveal_resident"
ACCOUNTS = "residents.manage_account"

# What a reveal may show; the petition flag has a permission of its own.
REVEALED = ("id_number", "phone", "birth_date", "photo_url", "photo")

# How long the picture itself may be looked at after its reveal.
LOOK = timedelta(minutes=10)


class Office:
    """A member of staff at work."""

    def __init__(self, user: User) -> None:
        self.user = user

    def scope(self, permission: str = "residents.view_resident") -> Scope:
        return for_staff(self.user, permission)

    # -- typing, reviewing ----------------------------------------------------------------

    def complete(self, key: int, values: Mapping[str, Any], *, reason: str = "") -> Submission:
        """Fill in or correct a member's record, role included; with a reason also against the checks."""
        row = self._membership(key, COMPLETE)
        return self._enter(values, row.house, row, reason)

    def add_member(self, house: int, values: Mapping[str, Any], *, reason: str = "") -> Submission:
        """Somebody new in a house: a newborn, a tenant, an owner."""
        found: House = self._find("houses", house, ADD)
        return self._enter(values, found, None, reason)

    @transaction.atomic
    def _enter(
        self, values: Mapping[str, Any], house: House, row: Membership | None, reason: str
    ) -> Submission:
        author = Author(Submission.Author.STAFF, self.user)
        typed = drafts.draft(
            author, values, house=house, membership=row, lenient=bool(reason.strip()), anew=True
        )
        return reviewing.submit(typed, author, reason=reason)

    def approve(self, key: int, *, seen_version: int | None = None, person: UUID | None = None) -> Membership:
        """`person` is whom a newly named member proves to be; the reviewer has to see that record."""
        submission = self._submission(key)
        known = self._find("residents", person, REVIEW) if person else None
        return reviewing.approve(submission, by=self.user, seen_version=seen_version, person=known)

    def send_back(self, key: int, reasons: Mapping[str, str], sentence: str = "") -> None:
        reviewing.send_back(self._submission(key), reasons, sentence, by=self.user)

    def _submission(self, key: int) -> Submission:
        submission: Submission = self._find("submissions", key, REVIEW)
        submission.require_free_for(self.user)
        if submission.membership:
            submission.membership.require_free_for(self.user)
        return submission

    # -- claims ---------------------------------------------------------------------------

    def claim(self, kind: str, key: int) -> Claimable:
        """Take a `memberships`, `submissions` or `requests` row. The claimer sees it in full: logged."""
        record: Claimable = self._find(kind, key, REVIEW)
        renewed = record.claimed_by_me(self.user)
        record.claim(self.user)
        if isinstance(record, Membership) and not renewed:
            AccessLog.write(
                self.user, record.resident_id, AccessLog.Kind.CLAIM, fields=REVEALED, reason="认领处理"
            )
        return record

    def release(self, kind: str, key: int) -> None:
        record: Claimable = self._find(kind, key, REVIEW)
        record.release(self.user)

    # -- memberships ----------------------------------------------------------------------

    def activate(self, key: int, reason: str) -> Membership:
        """At the counter, with a written reason."""
        row = self._membership(key, ACTIVATE)
        self._require(reason)
        if row.activate(reason.strip(), by=self.user):
            return row
        row.refresh_from_db()
        if not row.is_open:
            raise Refused(Refusal.ENDED)
        raise Refused(Refusal.ALREADY_ACTIVATED if row.activated_at else Refusal.INCOMPLETE)

    def end(self, key: int, reason: str, why: str = "") -> None:
        leaving.end(self._membership(key, END), reason, by=self.user, why=why)

    def reopen(self, key: int, reason: str) -> None:
        row = self._membership(key, END)
        self._require(reason)
        leaving.reopen(row, reason.strip(), by=self.user)

    def change_role(self, key: int, role: int, household_type: int | None = None) -> Submission:
        values = {"role": role} | ({} if household_type is None else {"household_type": household_type})
        return self.complete(key, values)

    def set_lease(self, key: int, until: date | None) -> None:
        row = self._membership(key, COMPLETE)
        if not row.is_open:
            raise Refused(Refusal.ENDED)
        editing.change(row, {"lease_until": until}, by=self.user, why="租期")

    def invite(self, key: int) -> tuple[Invitation, str]:
        return binding.invite(self._membership(key, INVITE), by=self.user)

    def revoke_invitation(self, key: int) -> None:
        if not self._membership(key, INVITE).invitations.all().revoke():
            raise Refused(Refusal.INVITATION_DEAD)

    # -- requests, findings ---------------------------------------------------------------

    def answer(self, key: int, *, accept: bool, reason: str) -> Request:
        request: Request = self._find("requests", key, ANSWER)
        if request.kind == Request.Kind.ERASE:
            self._find("requests", key, ERASE)
        request.require_free_for(self.user)
        answering.answer(request, accept=accept, reason=reason, by=self.user)
        return request

    def settle(self, key: int, reason: str, *, waive: bool) -> None:
        self._require(reason)
        settling.settle(self._finding(key), reason, waive=waive, by=self.user)

    def take_suggestion(self, key: int) -> None:
        settling.take_suggestion(self._finding(key), by=self.user)

    def _finding(self, key: int) -> Finding:
        """Raises Refused while a colleague works on a record that it is about."""
        found: Finding = self._find("findings", key, SETTLE)
        rows = self.scope().memberships.open()
        for row in rows.filter(Q(findings=found) | Q(resident__findings=found)).distinct():
            row.require_free_for(self.user)
        return found

    # -- houses ---------------------------------------------------------------------------

    def change_house(self, key: int, values: Mapping[str, Any]) -> None:
        """What the house itself owes: use, ownership, occupancy."""
        house: House = self._find("houses", key, CHANGE_HOUSE)
        known = {name: value for name, value in values.items() if name in House.SYNCED}
        if not known:
            raise Refused(Refusal.NOTHING_TYPED)
        editing.change(house, editing.cleaned(house, known), by=self.user, why="物业填写")

    def confirm_community(self, key: int, name: str) -> None:
        """Name and confirm a community that a sync brought: the system administrator's."""
        community = self._find("communities", key, CONFIRM)
        if not name.strip():
            raise Refused(Refusal.INVALID, {"name": "请填写小区名称。"})
        if not editing.confirm_community(community, name, by=self.user):
            raise Refused(Refusal.ALREADY_SETTLED)

    def create_rooms(self, community: int, plan: rooms.Plan) -> int:
        return rooms.create(self._find("communities", community, ADD_HOUSE), plan, by=self.user)

    def transfer(
        self, house: int, leaving_rows: Iterable[int], *, owner: Mapping[str, Any] | None = None
    ) -> list[Membership]:
        """过户: who leaves, and who owns it next (name, number, phone), where that is known."""
        found: House = self._find("houses", house, TRANSFER)
        rows = list(found.memberships.open().filter(pk__in=leaving_rows))
        return leaving.transfer(
            found, rows, by=self.user, then=lambda: self._new_owner(found, owner) if owner else None
        )

    def _new_owner(self, house: House, values: Mapping[str, Any]) -> None:
        role = {"role": Role.SELF, "household_type": HouseholdType.OWNER}
        self._enter({**values, **role}, house, None, "房屋过户")

    # -- people and accounts --------------------------------------------------------------

    def absorb(self, kept: UUID, other: UUID) -> Resident:
        both = [self._find("residents", key, ABSORB) for key in (kept, other)]
        return absorbing.absorb(*both, by=self.user)

    def erase(self, key: UUID, reason: str) -> None:
        """On a request on paper; one by account is answered."""
        person: Resident = self._find("residents", key, ERASE)
        self._require(reason)
        logbook.note(self.user, person, f"删除资料：{reason}", gone=True)
        erasing.erase(person, by=self.user)

    def reveal(self, key: UUID, fields: Iterable[str], reason: str) -> dict[str, Any]:
        """The full values, after a row in the access log."""
        person: Resident = self._find("residents", key, REVEAL)
        shown = [name for name in fields if name in REVEALED]
        self._require(reason)
        AccessLog.write(self.user, person.pk, AccessLog.Kind.REVEAL, fields=shown, reason=reason)
        return {name: Photo.of(person) if name == "photo" else getattr(person, name) for name in shown}

    def photo(self, key: UUID) -> Photo:
        """Of a record that one has claimed, or revealed a moment ago: both stand in the access log."""
        person: Resident = self._find("residents", key, REVEAL)
        photo = Photo.of(person)
        if photo is None:
            raise Refused(Refusal.NOT_FOUND)
        if not (self._claims(person) or self._has_revealed_photo(person)):
            raise Refused(Refusal.REASON_MISSING)
        return photo

    def _claims(self, person: Resident) -> bool:
        rows = self.scope(REVIEW).memberships.filter(resident=person, claimed_by=self.user)
        return any(row.claimed_by_me(self.user) for row in rows)

    def _has_revealed_photo(self, person: Resident) -> bool:
        mine = AccessLog.objects.filter(account=self.user, resident=person, kind=AccessLog.Kind.REVEAL)
        looks = mine.filter(at__gte=timezone.now() - LOOK).values_list("fields", flat=True)
        return any("photo" in fields for fields in looks)

    def set_photo(self, key: UUID, file: images.File) -> None:
        """Whoever's stands there: what the counter saw is newer."""
        person = self._free_person(key)
        portrait = images.read(file)
        with transaction.atomic():
            Photo.keep(person.pk, portrait, Sources.STAFF)
            logbook.note(self.user, person, "登记照片")

    @transaction.atomic
    def remove_photo(self, key: UUID, reason: str) -> None:
        person = self._free_person(key)
        self._require(reason)
        if not Photo.objects.filter(resident=person).delete()[0]:
            raise Refused(Refusal.NOT_FOUND)
        logbook.note(self.user, person, f"删除照片：{reason}")

    def _free_person(self, key: UUID) -> Resident:
        """Somebody whose record nobody else works on. Raises Refused."""
        person: Resident = self._find("residents", key, COMPLETE)
        for row in self.scope().memberships.open().filter(resident=person):
            row.require_free_for(self.user)
        return person

    def unlink(self, account: int, reason: str) -> None:
        found = self._find("accounts", account, ACCOUNTS)
        self._require(reason)
        identity.unlink(found, reason.strip(), by=self.user)
        logbook.note(self.user, found, f"解除帐号：{reason}")

    def change_phone(self, account: int, phone: str, reason: str) -> None:
        """At the counter, where the person was seen."""
        found = self._find("accounts", account, ACCOUNTS)
        self._require(reason)
        identity.change_phone(found, phone, at_counter=True)
        logbook.note(self.user, found, f"更换手机号：{reason}")

    def correct_identity(self, account: int, name: str, id_number: str, reason: str) -> None:
        found = self._find("accounts", account, ACCOUNTS)
        self._require(reason)
        identity.restate_identity(found, name, id_number)
        logbook.note(self.user, found, f"更正自报身份：{reason}")

    def lock(self, account: int, reason: str) -> bool:
        found = self._find("accounts", account, ACCOUNTS)
        self._require(reason)
        logbook.note(self.user, found, f"锁定帐号：{reason}")
        return identity.lock(found)

    def unlock(self, account: int, reason: str) -> bool:
        found = self._find("accounts", account, ACCOUNTS)
        self._require(reason)
        logbook.note(self.user, found, f"解锁帐号：{reason}")
        return identity.unlock(found)

    # -- finding and allowing -------------------------------------------------------------

    def _membership(self, key: int, permission: str) -> Membership:
        row: Membership = self._find("memberships", key, permission)
        row.require_free_for(self.user)
        return row

    def _find(self, kind: str, key: Any, permission: str) -> Any:
        found = getattr(self.scope(permission), kind).filter(pk=key).first()
        if found is not None:
            return found
        seen = getattr(self.scope(), kind).filter(pk=key).exists()
        raise Refused(Refusal.NOT_ALLOWED if seen else Refusal.NOT_FOUND)

    @staticmethod
    def _require(reason: str) -> None:
        """There is one, and it carries no number: it is shown in full. Raises Refused."""
        require_reason(reason)
        drafts.require_plain("reason", reason, 200)
