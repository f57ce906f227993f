"""Who saw whom, and what protects people after they asked to be forgotten."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import models
from django.utils import timezone

from .. import id_numbers
from ..crypto import digest
from ..exceptions import Refusal, Refused, require_reason
from ..names import name_key
from .account import User
from .resident import Resident

# The database refuses to delete a younger row (migration 0003).
KEPT = timedelta(days=183)


class AccessLogQuerySet(models.QuerySet["AccessLog"]):
    def past_keeping(self) -> "AccessLogQuerySet":
        """What may go: no younger row can be deleted."""
        return self.filter(at__lt=timezone.now() - KEPT)


class AccessLog(models.Model):
    """谁看过此人: append-only, also for the database. It outlives whom and what it names."""

    class Kind(models.TextChoices):
        CLAIM = "claim", "认领"
        REVEAL = "reveal", "查看完整内容"
        VIEW = "view", "查看"
        EXPORT = "export", "导出"

    at = models.DateTimeField("时间", default=timezone.now, editable=False, db_index=True)
    account = models.ForeignKey(
        User,
        verbose_name="查看人",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
        editable=False,
    )
    resident = models.ForeignKey(
        Resident,
        verbose_name="居民",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
        editable=False,
    )
    kind = models.CharField("方式", max_length=10, choices=Kind.choices, editable=False)
    fields = models.JSONField("内容", default=list, editable=False)
    reason = models.CharField("事由", max_length=100, editable=False)

    objects = AccessLogQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "查看记录"
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="access_log_has_reason"),
        ]

    def __str__(self) -> str:
        return f"查看记录 {self.pk}"

    @classmethod
    def write(
        cls, account: User, resident: UUID, kind: str, *, fields: Sequence[str] = (), reason: str
    ) -> None:
        """One row before anything is shown. Raises Refused without a reason."""
        reason = require_reason(reason)[:100]
        cls.objects.create(
            account=account, resident_id=resident, kind=kind, fields=list(fields), reason=reason
        )

    @classmethod
    def write_export(cls, account: User, residents: Iterable[UUID], *, reason: str) -> None:
        """A row for each exported person, in few statements. Raises Refused without a reason."""
        reason = require_reason(reason)[:100]
        kind = cls.Kind.EXPORT
        rows = [AccessLog(account=account, resident_id=pk, kind=kind, reason=reason) for pk in residents]
        AccessLog.objects.bulk_create(rows, batch_size=500)


class Tombstone(models.Model):
    """An erased person: only a keyed digest stays, so that no sync brings the person back."""

    key = models.CharField("摘要", max_length=43, unique=True)
    created_at = models.DateTimeField("删除时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "已删除人员"

    def __str__(self) -> str:
        return f"已删除人员 {self.pk}"

    @staticmethod
    def key_for(id_number: str) -> str:
        """The keyed digest of an ID number's 18-character form."""
        return digest(id_numbers.matching_form(id_number), context="tombstone")

    @staticmethod
    def key_for_row(house: int, name: str, number: str) -> str:
        """The same for a household's row, as the platform calls the person in this house: a row may
        come without a number, or with somebody else's."""
        told = f"{house}:{name_key(name)}:{id_numbers.matching_form(number) if number else ''}"
        return digest(told, context="tombstone row")

    @classmethod
    def raise_for(cls, numbers: Iterable[str], rows: Iterable[tuple[int, str, str]] = ()) -> None:
        keys = {cls.key_for(number) for number in numbers if number}
        keys |= {cls.key_for_row(*row) for row in rows}
        Tombstone.objects.bulk_create([Tombstone(key=key) for key in sorted(keys)], ignore_conflicts=True)

    @classmethod
    def among(cls, numbers: set[str]) -> set[str]:
        """Which of these ID numbers belong to erased people."""
        keys = {cls.key_for(number): number for number in numbers}
        found = cls.objects.filter(key__in=keys).values_list("key", flat=True)
        return {keys[key] for key in found}

    @classmethod
    def rows_among(cls, rows: Iterable[tuple[int, str, str]]) -> set[tuple[int, str, str]]:
        """Which of these rows (house, name, number) name erased people."""
        keys = {cls.key_for_row(*row): row for row in rows}
        found = cls.objects.filter(key__in=list(keys)).values_list("key", flat=True)
        return {keys[key] for key in found}


class Attempt(models.Model):
    """How often an account tried something today: guesses have a daily limit, and what is laborious."""

    class Kind(models.TextChoices):
        IDENTITY = "identity", "填写身份"
        MATCH = "match", "匹配房屋"
        APPLY = "apply", "申请绑定"
        INVITATION = "invitation", "使用邀请"
        PHOTO = "photo", "上传照片"

    LIMITS = {Kind.IDENTITY: 5, Kind.MATCH: 10, Kind.APPLY: 5, Kind.INVITATION: 20, Kind.PHOTO: 20}

    account = models.ForeignKey(User, on_delete=models.CASCADE, related_name="attempts")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    day = models.DateField()
    count = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "尝试次数"
        constraints = [
            models.UniqueConstraint(fields=["account", "kind", "day"], name="attempt_once_per_day")
        ]

    def __str__(self) -> str:
        return f"尝试次数 {self.pk}"

    @classmethod
    def spend(cls, account: User, kind: str) -> None:
        """Count one try before it is made. Raises Refused when today's are used up."""
        today: dict[str, Any] = {"account": account, "kind": kind, "day": timezone.localdate()}
        Attempt.objects.bulk_create([Attempt(**today)], ignore_conflicts=True)
        left = cls.objects.filter(**today, count__lt=cls.LIMITS[cls.Kind(kind)])
        if not left.update(count=models.F("count") + 1):
            raise Refused(Refusal.TOO_MANY)
