"""The sync's own books: what each phone answered last, and what each run did.

Nothing here holds an answer: digests, states and cause codes only.
"""

from typing import Any

from django.db import models
from django.utils import timezone

from houses.models import Membership
from residents.fields import SealedField
from residents.models import Resident, User


class PlatformRecord(models.Model):
    """What a phone answered last: a digest to recognise the same answer, and whom it was about.

    An empty `digest` makes the next answer be read in full.
    """

    phone = SealedField("手机号", purpose="phone")
    digest = models.CharField("答复摘要", max_length=43, blank=True, default="")
    rules_version = models.PositiveIntegerField("规则版本", default=0)
    subject = models.ForeignKey(
        Resident,
        verbose_name="机主",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="platform_records",
    )
    checked_at = models.DateTimeField("最近查询", null=True, blank=True)
    # What this phone said last of its person, a keyed digest for each field: where two phones of one
    # person differ, the one that only repeats itself does not take the other's newer word away.
    heard = models.JSONField("上次所述", blank=True, default=dict, editable=False)
    members = models.ManyToManyField(Membership, through="Mention", related_name="platform_records")

    class Meta:
        verbose_name = verbose_name_plural = "平台记录"
        constraints = [SealedField.unique_constraint("phone", name="platform_record_phone_unique")]

    def __str__(self) -> str:
        return f"平台记录 {self.pk}"

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """With the phone's rows in the runs: whoever is forgotten leaves no phone behind."""
        SyncItem.objects.filter(phone=self.phone).delete()
        return super().delete(*args, **kwargs)


class MentionQuerySet(models.QuerySet["Mention"]):
    def forget_answers(self) -> None:
        """Have the next answer of these phones read in full."""
        PlatformRecord.objects.filter(mentions__in=self).update(digest="")


class Mention(models.Model):
    """A membership that a phone's answer named, and whether its last answer still did.

    `row` is a keyed digest of the name and number in that answer ("" for the phone's
    own person): it keeps the row matched after staff corrected either of them.
    """

    record = models.ForeignKey(PlatformRecord, on_delete=models.CASCADE, related_name="mentions")
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="mentions")
    row = models.CharField(max_length=43, blank=True, default="")
    role = models.PositiveSmallIntegerField(null=True, blank=True)
    own = models.BooleanField(default=False)  # the phone's own person, who is never absent
    absent_since = models.DateTimeField(null=True, blank=True)

    objects = MentionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "平台提及"
        constraints = [
            models.UniqueConstraint(
                fields=["record", "membership"], name="mention_once_per_record_and_membership"
            )
        ]

    def __str__(self) -> str:
        return f"平台提及 {self.pk}"


class SyncRun(models.Model):
    """同步任务: one phone or thousands, a row that staff can read."""

    class Status(models.TextChoices):
        RUNNING = "running", "进行中"
        DONE = "done", "已完成"
        STOPPED = "stopped", "已停止"

    started_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name="发起人"
    )
    status = models.CharField("状态", max_length=10, choices=Status.choices, default=Status.RUNNING)
    started_at = models.DateTimeField("开始时间", default=timezone.now)
    finished_at = models.DateTimeField("结束时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "同步任务"
        permissions = [("start_run", "可同步安防数据")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status="running", finished_at=None)
                | (~models.Q(status="running") & models.Q(finished_at__isnull=False)),
                name="sync_run_finished_has_time",
            )
        ]

    def __str__(self) -> str:
        return f"同步任务 {self.pk}"


class SyncItem(models.Model):
    """One phone of a run: what came of it, and why."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", "等待"
        CREATED = "created", "新建"
        UPDATED = "updated", "有更新"
        UNCHANGED = "unchanged", "无变化"
        NOT_FOUND = "not_found", "平台无此号"
        FAILED = "failed", "失败"

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="items", verbose_name="任务")
    phone = SealedField("手机号", purpose="phone")
    outcome = models.CharField("结果", max_length=10, choices=Outcome.choices, default=Outcome.WAITING)
    cause = models.CharField("原因", max_length=30, blank=True, default="")
    attempts = models.PositiveSmallIntegerField("查询次数", default=0)
    seconds = models.FloatField("用时（秒）", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "同步明细"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome="failed") & ~models.Q(cause="")
                | ~models.Q(outcome="failed") & models.Q(cause=""),
                name="sync_item_failed_has_cause",
            ),
            models.UniqueConstraint(
                SealedField.digest_of("phone"), "run", name="sync_item_phone_once_per_run"
            ),
        ]

    def __str__(self) -> str:
        return f"同步明细 {self.pk}"


class PhotoFetch(models.Model):
    """照片下载: of one resident, which address was asked last, what came of it, and when to ask again.

    The rows are the queue: `next_at` is when the same address is due, None where there is nothing
    more to be had from it. An address that changed is due a day after the last one was asked.
    """

    class Outcome(models.TextChoices):
        WAITING = "waiting", "等待"
        STORED = "stored", "已取得"
        UNCHANGED = "unchanged", "无变化"
        KEPT = "kept", "保留原有照片"
        FAILED = "failed", "失败"

    resident = models.OneToOneField(
        Resident, verbose_name="居民", on_delete=models.CASCADE, related_name="photo_fetch"
    )
    # As the column of Resident.photo_url begins, so that the database compares the two.
    address = models.CharField("地址摘要", max_length=43, blank=True, default="")
    outcome = models.CharField("结果", max_length=10, choices=Outcome.choices, default=Outcome.WAITING)
    cause = models.CharField("原因", max_length=30, blank=True, default="")
    attempts = models.PositiveSmallIntegerField("失败次数", default=0)
    asked_at = models.DateTimeField("最近下载", null=True, blank=True)
    next_at = models.DateTimeField("下次下载", null=True, blank=True, default=timezone.now)
    leased_until = models.DateTimeField("占用至", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "照片下载"
        indexes = [models.Index(fields=["next_at"], name="photo_fetch_due")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome="failed") & ~models.Q(cause="")
                | ~models.Q(outcome="failed") & models.Q(cause=""),
                name="photo_fetch_failed_has_cause",
            )
        ]

    def __str__(self) -> str:
        return f"照片下载 {self.pk}"
