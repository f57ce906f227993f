"""邀请: a single-use link for one member."""

import secrets
from datetime import timedelta

from django.db import models
from django.utils import timezone

from residents import id_numbers
from residents.crypto import digest
from residents.exceptions import Refusal, Refused
from residents.models import User

from .membership import Membership

VALID_FOR = timedelta(hours=72)
TRIES = 5  # of one link
GUESSES_A_DAY = 10  # at one member, whatever the link


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def live(self) -> "InvitationQuerySet":
        """Whoever moves out takes the invitation along: it is revoked then, and no join is needed here.
        What an UPDATE reads through a join is not read again after it waited for the row."""
        unused = self.filter(used_at=None, revoked_at=None)
        return unused.filter(expires_at__gt=timezone.now(), tries__lt=TRIES)

    def revoke(self) -> int:
        return self.filter(used_at=None, revoked_at=None).update(revoked_at=timezone.now())


class Invitation(models.Model):
    """The token itself is told once and never stored. What opens it is a POST with the last six
    of the member's number; each wrong try counts, before it is compared."""

    membership = models.ForeignKey(
        Membership, verbose_name="房屋成员", on_delete=models.CASCADE, related_name="invitations"
    )
    key = models.CharField(max_length=43, unique=True, editable=False)
    invited_by = models.ForeignKey(
        User, verbose_name="邀请人", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField("邀请时间", default=timezone.now, editable=False)
    expires_at = models.DateTimeField("有效期至", editable=False)
    tries = models.PositiveSmallIntegerField("输入次数", default=0, editable=False)
    used_at = models.DateTimeField("使用时间", null=True, blank=True, editable=False)
    used_by = models.ForeignKey(
        User,
        verbose_name="使用人",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )
    revoked_at = models.DateTimeField("撤回时间", null=True, blank=True, editable=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "邀请"
        constraints = [
            models.UniqueConstraint(
                fields=["membership"],
                condition=models.Q(used_at=None, revoked_at=None),
                name="invitation_live_once",
            ),
            models.CheckConstraint(
                condition=models.Q(used_at=None) | models.Q(revoked_at=None),
                name="invitation_used_or_revoked",
            ),
        ]

    def __str__(self) -> str:
        return f"邀请 {self.pk}"

    @staticmethod
    def key_of(token: str) -> str:
        return digest(token, context="invitation")

    @classmethod
    def issue(cls, membership: Membership, by: User) -> tuple["Invitation", str]:
        """A new invitation and its token; an older one of this member is revoked."""
        membership.invitations.revoke()
        token, now = secrets.token_urlsafe(24), timezone.now()
        invitation = cls.objects.create(
            membership=membership,
            key=cls.key_of(token),
            invited_by=by,
            created_at=now,
            expires_at=now + VALID_FOR,
        )
        return invitation, token

    @classmethod
    def enter(cls, token: str, last_six: str) -> "Invitation":
        """The invitation behind a token, for somebody who knows the last six of the number.

        Not inside a transaction that may be rolled back: the try must count. Raises Refused.
        """
        live = cls.objects.live().filter(key=cls.key_of(token))
        here = live.filter(membership__ended_at=None).exists()
        if not here or not live.update(tries=models.F("tries") + 1):
            raise Refused(Refusal.INVITATION_DEAD)
        invitation = cls.objects.select_related("membership__resident", "membership__house").get(
            key=cls.key_of(token)
        )
        if not Guesses.count_one(invitation.membership):
            invitation._give_back()
            raise Refused(Refusal.TOO_MANY)
        if not invitation._ends_in(last_six):
            raise Refused(Refusal.INVITATION_DIGITS, {"last_six": Refusal.INVITATION_DIGITS.label})
        invitation._give_back()
        Guesses.give_back(invitation.membership)
        return invitation

    def _ends_in(self, last_six: str) -> bool:
        number, typed = self.membership.resident.id_form, id_numbers.normalise(last_six)
        return len(number) >= 6 and secrets.compare_digest(number[-6:].encode(), typed.encode())

    def _give_back(self) -> None:
        Invitation.objects.filter(pk=self.pk).update(tries=models.F("tries") - 1)

    def use(self, by: User | None) -> None:
        """Use it up, once. Raises Refused where it is used, revoked or over."""
        alive = Invitation.objects.filter(
            pk=self.pk, used_at=None, revoked_at=None, expires_at__gt=timezone.now()
        )
        if not alive.update(used_at=timezone.now(), used_by=by):
            raise Refused(Refusal.INVITATION_DEAD)


class Guesses(models.Model):
    """How often a member's digits were guessed on a day: whoever makes a new link gets no new tries."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="guesses")
    day = models.DateField()
    count = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "邀请试填次数"
        constraints = [
            models.UniqueConstraint(fields=["membership", "day"], name="guesses_once_per_day"),
        ]

    def __str__(self) -> str:
        return f"邀请试填次数 {self.pk}"

    @classmethod
    def count_one(cls, membership: Membership) -> bool:
        """Before it is compared. False when today's are used up."""
        today = timezone.localdate()
        Guesses.objects.bulk_create([Guesses(membership=membership, day=today)], ignore_conflicts=True)
        left = cls.objects.filter(membership=membership, day=today, count__lt=GUESSES_A_DAY)
        return bool(left.update(count=models.F("count") + 1))

    @classmethod
    def give_back(cls, membership: Membership) -> None:
        counted = cls.objects.filter(membership=membership, day=timezone.localdate(), count__gt=0)
        counted.update(count=models.F("count") - 1)
