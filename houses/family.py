"""What an account does for itself and its household.

The owners' pages and the mini-program's API are thin doors to these methods. What is not the
caller's does not exist for the caller (`not_found`); only where the household sees a member
and may not fill the record is it said why (`self_managed`).
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from residents.exceptions import Refusal, Refused, require_reason
from residents.images import File
from residents.models import Consent, Photo, Resident, User
from residents.sign_in import require_proof
from residents.upstream import Sources

from . import answering, binding, drafts, editing, identity, photos, reviewing
from .drafts import Author
from .locks import lock_homes
from .models import Community, House, Invitation, Membership, Request, Submission
from .models.request import RequestQuerySet
from .record_fields import version_of
from .visibility import Sight, for_household, may_be_invited

NICKNAME_LENGTH = 20


class Family:
    """An account at home. `whole`: its door asks for everything at once (`drafts.Author`)."""

    def __init__(self, user: User, *, whole: bool = False) -> None:
        self.user, self.scope, self.whole = user, for_household(user), whole

    # -- who I am -------------------------------------------------------------------------

    def read_identity(self, name: str, id_number: str) -> dict[str, str]:
        """As it would be stated, to be looked at once more: it is stated once."""
        return identity.read(self.user, name, id_number)

    def state_identity(self, name: str, id_number: str) -> None:
        identity.state(self.user, name, id_number)

    @transaction.atomic
    def change_phone(self, phone: str, proof: str) -> None:
        """To one whose code was just typed; `proof` is the token of the old one's code, typed lately."""
        self.user.refresh_from_db(from_queryset=User.objects.select_for_update())
        self.user.require_phone()
        require_proof(self.user, proof)
        identity.change_phone(self.user, phone)

    def consent(self, kind: str) -> None:
        """To the notice, or to sensitive fields; a guardian's is given for one child."""
        if kind not in (Consent.Kind.NOTICE, Consent.Kind.SENSITIVE):
            raise Refused(Refusal.NOT_FOUND)
        Consent.give(self.user, kind)

    def consent_for_child(self, key: int) -> None:
        row = self.fillable(key)
        self._refuse_own_guardian(row, True)
        Consent.give(self.user, Consent.Kind.GUARDIAN, child=row.resident)

    @transaction.atomic
    def withdraw_consent(self, kind: str, *, child: Resident | None = None) -> bool:
        """What is still with the account forgets what was typed under it."""
        lock_homes([key for key in (self.user.resident_id, child and child.pk) if key])
        withdrawn = Consent.withdraw(self.user, kind, child=child)
        if kind == Consent.Kind.SENSITIVE:
            drafts.forget_sensitive(self.user)
        if child is not None:
            drafts.forget_guardian(self.user, child)
        return withdrawn

    def withdraw_consent_for_child(self, key: int) -> bool:
        """Also of a child for whom the account fills no more: the consent is its own."""
        given = Resident.objects.filter(memberships=key, guardian_consents__account=self.user)
        child = given.first()
        return child is not None and self.withdraw_consent(Consent.Kind.GUARDIAN, child=child)

    # -- members --------------------------------------------------------------------------

    def draft(
        self, key: int, values: Mapping[str, Any], *, guardian: bool = False, seen: str = ""
    ) -> Submission:
        """Keep what was typed about a member. `seen`: the version of the record that the author looked at
        just now; of another one nothing is kept. Raises Refused."""
        row = self.fillable(key)
        if seen and seen != version_of(row):
            raise Refused(Refusal.STALE)
        self._refuse_own_guardian(row, guardian)
        author = self._author(row, guardian)
        return drafts.draft(author, values, house=row.house, membership=row, anew=bool(seen))

    def name_member(
        self,
        house: int,
        values: Mapping[str, Any],
        *,
        guardian: bool = False,
        submission: int | None = None,
    ) -> Submission:
        """Keep what was typed about somebody new."""
        self.user.require_unlocked()
        found = self._nameable(house)
        mine = self._submission(submission) if submission is not None else None
        if mine is not None and (mine.membership_id is not None or mine.house_id != found.pk):
            raise Refused(Refusal.NOT_FOUND)
        author = Author(Submission.Author.OWNER, self.user, guardian=guardian, whole=self.whole)
        return drafts.draft(author, values, house=found, submission=mine)

    def submit(self, key: int) -> Submission:
        submission = self._submission(key)
        author = Author(submission.author, self.user)
        return reviewing.submit(submission, author, still_may=lambda: self._anew()._require_to_hand_in(key))

    def _require_to_hand_in(self, key: int) -> None:
        submission = self._submission(key)
        if submission.membership_id is None:
            self._nameable(submission.house_id)

    def discard(self, key: int) -> None:
        reviewing.discard(self._submission(key), by=self.user)

    @property
    def submissions(self) -> Any:
        """The account's own entries about whom it may fill for, whatever became of them."""
        # By each entry's own member: PostgreSQL would look for all who may be filled for among everybody.
        mine = Exists(self.scope.fillable.filter(pk=OuterRef("membership")))
        named = Q(membership=None, house__in=self.scope.houses)
        rows = Submission.objects.filter(account=self.user).exclude(author=Submission.Author.STAFF)
        return rows.filter(mine | named)

    def set_nickname(self, key: int, nickname: str) -> None:
        """The name that the household shows, for oneself, after activation."""
        self.user.require_unlocked()
        row = self.scope.own.filter(pk=key).first()
        if row is None:
            raise Refused(Refusal.NOT_FOUND)
        if not row.activated_at:
            raise Refused(Refusal.NOT_ACTIVATED)
        text = " ".join(nickname.split())
        drafts.require_plain("nickname", text, NICKNAME_LENGTH)
        editing.change(row, {"nickname": text}, by=self.user, why="家庭昵称", source=Sources.SELF)

    def photo(self, key: int) -> Photo:
        """Of a member whom one sees in full, whoever put it there."""
        self.user.require_unlocked()
        row = self.scope.full.filter(pk=key).first()
        photo = Photo.of(row.resident_id) if row else None
        if photo is None:
            raise Refused(Refusal.NOT_FOUND)
        return photo

    def set_photo(self, key: int, file: File, *, guardian: bool = False) -> None:
        """Of a member whom one fills for and sees."""
        row = self.fillable(key)
        self._refuse_own_guardian(row, guardian)
        author = self._author(row, guardian)
        photos.put(row, file, author, still_may=lambda: self._anew()._pictured(key))

    def remove_photo(self, key: int) -> None:
        """One that a household put there."""
        row = self.fillable(key)
        photos.remove(row, self._author(row, False), still_may=lambda: self._anew()._pictured(key))

    def _pictured(self, key: int) -> None:
        """Raises Refused of whom one does not fill for or does not see."""
        if not self._sees(self.fillable(key)):
            raise Refused(Refusal.NOT_ALLOWED)

    def invitable(self, key: int) -> Membership:
        """A member for whom there is a link. Raises Refused."""
        row = self.fillable(key)
        if not self._sees(row):
            raise Refused(Refusal.UNSEEN)
        seen = self.scope.shown.filter(pk=key).first()
        if seen is None or not may_be_invited(seen, mine=seen.resident_id == self.user.resident_id):
            raise Refused(Refusal.NOT_INVITABLE)
        binding.require_invitable(row)
        return row

    def invite(self, key: int) -> tuple[Invitation, str]:
        row = self.invitable(key)
        return binding.invite(row, by=self.user, still_may=lambda: self._anew().invitable(key))

    def revoke_invitation(self, key: int) -> None:
        if not self.fillable(key).invitations.all().revoke():
            raise Refused(Refusal.INVITATION_DEAD)

    # -- binding --------------------------------------------------------------------------

    def match(self) -> list[Membership]:
        return binding.match(self.user)

    @property
    def confirmable(self) -> list[Membership]:
        """Of the own memberships those whose record holds the own phone: the person only confirms."""
        return binding.confirmable(self.user)

    def confirm(self, key: int) -> Membership:
        self.user.require_identity()
        row = binding.candidates(self.user).filter(pk=key).first()
        if row is None:
            raise Refused(Refusal.NOT_FOUND)
        return binding.confirm(self.user, row)

    def accept_invitation(self, token: str, last_six: str) -> Membership:
        return binding.accept(self.user, token, last_six)

    def house_at(self, community: Community, parts: Mapping[str, str]) -> House:
        """The house at a typed address; of who lives there nothing is told."""
        return binding.house_at(self.user, community, parts)

    def apply_for(self, house: House, role: int, text: str) -> Request:
        """`house` is what its code or the choice of parts led to; nothing of it is shown."""
        return binding.apply_for(self.user, house, role, text)

    # -- requests -------------------------------------------------------------------------

    @property
    def requests(self) -> RequestQuerySet:
        """What this account may answer."""
        return self.scope.requests.open()

    @property
    def asked(self) -> RequestQuerySet:
        """What this account asked for, and knows of."""
        rows = Request.objects.filter(account=self.user, quiet=False)
        return rows.none() if self.user.is_locked else rows

    def answer(self, key: int, *, accept: bool, reason: str = "") -> Request:
        """One tap for yes; a no has its reason."""
        self.user.require_unlocked()
        request = self.scope.requests.filter(pk=key).first()
        if request is None:
            raise Refused(Refusal.NOT_FOUND)
        self._leave_to_the_office(request)
        told = reason.strip() or ("业主已确认" if accept else "")
        answering.answer(request, accept=accept, reason=told, by=self.user)
        return request

    def _leave_to_the_office(self, request: Request) -> None:
        """Somebody who came on the books elsewhere since asking is no owner's to take in. Raises Refused."""
        stated = Resident.objects.filter(id_number=request.account.stated_id_number)
        here = Membership.objects.open().filter(house=request.house_id, resident__in=stated)
        if request.membership_id is None and stated.exists() and not here.exists():
            Request.objects.filter(pk=request.pk).update(office_only=True)
            raise Refused(Refusal.NOT_FOUND)

    def ask_end(self, key: int, text: str) -> Request:
        """For oneself, or for somebody whom one manages."""
        row = self.fillable(key)
        text = require_reason(text, "text")[:200]
        return Request.ask(Request.Kind.END, self.user, house=row.house, membership=row, text=text)

    def ask_erasure(self, text: str = "") -> Request:
        return self._ask_the_office(Request.Kind.ERASE, text.strip()[:200])

    def dispute(self, text: str) -> Request:
        """Something about me is wrong and I cannot mend it: the office looks at it."""
        self.user.require_unlocked()
        return self._ask_the_office(Request.Kind.DISPUTE, require_reason(text, "text")[:200])

    def _ask_the_office(self, kind: str, text: str) -> Request:
        """About the own record."""
        self.user.require_unlocked()
        if self.user.resident is None:
            raise Refused(Refusal.IDENTITY_MISSING)
        row = self.scope.own.select_related("house__community").first()
        about = {"resident": self.user.resident, "community": row.house.community if row else None}
        return Request.ask(kind, self.user, office_only=True, text=text, **about)

    # -- finding and allowing -------------------------------------------------------------

    def _anew(self) -> "Family":
        """The account as it stands now."""
        return Family(User.objects.get(pk=self.user.pk))

    def _refuse_own_guardian(self, row: Membership, guardian: bool) -> None:
        """Nobody is the own guardian."""
        if guardian and row.resident_id == self.user.resident_id:
            raise Refused(Refusal.GUARDIAN_CONSENT)

    def _author(self, row: Membership, guardian: bool) -> Author:
        mine = row.resident_id == self.user.resident_id
        kind = Submission.Author.SELF if mine else Submission.Author.OWNER
        blind = not self._sees(row)
        return Author(kind, self.user, guardian=guardian, blind=blind, whole=self.whole)

    def _sees(self, row: Membership) -> bool:
        """The whole record, not the name alone."""
        return bool(self.scope.full.filter(pk=row.pk).exists())

    def fillable(self, key: int) -> Membership:
        """A member whose record this account may fill. Raises Refused."""
        self.user.require_unlocked()
        row: Membership | None = self.scope.fillable.filter(pk=key).first()
        if row is None:
            raise self._why_not(key)
        return row

    def readable(self, key: int) -> Membership:
        """A member whose record this account sees. Raises Refused."""
        self.user.require_unlocked()
        rows = self.scope.full.select_related("resident__contact", "house__community")
        row: Membership | None = rows.filter(pk=key).first()
        if row is None:
            raise self._why_not(key)
        return row

    def _why_not(self, key: int) -> Refused:
        """A member of whom nothing but a count is shown does not exist for the caller."""
        seen = self.scope.members.filter(pk=key).exclude(sight=Sight.COUNTED).first()
        if seen is None:
            return Refused(Refusal.NOT_FOUND)
        self_managed = seen.resident.self_managed_since is not None
        return Refused(Refusal.SELF_MANAGED if self_managed else Refusal.NOT_ALLOWED)

    def _nameable(self, key: int) -> House:
        """A house in which this account may name somebody. Raises Refused."""
        found = self.scope.houses.filter(pk=key).first()
        if found is None:
            raise Refused(Refusal.NOT_FOUND)
        if not self.scope.nameable.filter(pk=found.pk).exists():
            raise Refused(Refusal.NOT_ALLOWED)
        return found

    def _submission(self, key: int) -> Submission:
        self.user.require_unlocked()
        found = self.submissions.filter(pk=key).first()
        if found is None:
            raise Refused(Refusal.NOT_FOUND)
        mine: Submission = found
        return mine
