"""Claiming: one member of staff works on a record at a time, and colleagues see who."""

from datetime import timedelta

from django.db import models
from django.utils import timezone

from residents.exceptions import Refusal, Refused
from residents.models import User

# An untouched claim is free again after this time.
IDLE = timedelta(minutes=30)


class Claimable(models.Model):
    claimed_by = models.ForeignKey(
        User,
        verbose_name="认领人",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )
    claimed_at = models.DateTimeField("认领时间", null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    def claim(self, by: User) -> None:
        """Take the record, or keep it for another half hour. Raises Refused while a colleague has it."""
        now = timezone.now()
        free = models.Q(claimed_by=None) | models.Q(claimed_by=by) | models.Q(claimed_at__lt=now - IDLE)
        rows = type(self)._default_manager.filter(free, pk=self.pk)
        if not rows.update(claimed_by=by, claimed_at=now):
            raise Refused(Refusal.CLAIMED)
        self.claimed_by, self.claimed_at = by, now

    def release(self, by: User) -> None:
        """Give it back. Raises Refused where it is not one's own."""
        mine = type(self)._default_manager.filter(pk=self.pk, claimed_by=by)
        if not mine.update(claimed_by=None, claimed_at=None):
            raise Refused(Refusal.NOT_CLAIMED)
        self.claimed_by = self.claimed_at = None

    @property
    def is_claimed(self) -> bool:
        if self.claimed_by_id is None or self.claimed_at is None:
            return False
        return self.claimed_at >= timezone.now() - IDLE

    def require_free_for(self, by: User) -> None:
        """Nobody else works on it. Raises Refused."""
        if self.is_claimed and self.claimed_by_id != by.pk:
            raise Refused(Refusal.CLAIMED)

    def claimed_by_me(self, by: User) -> bool:
        return self.is_claimed and self.claimed_by_id == by.pk
