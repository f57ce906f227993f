"""The sync's own books: what each phone answered last, and what each run did.

Nothing here holds an answer: digests, states and cause codes only.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Self

from django.db import models, transaction
from django.utils import timezone

from houses.models import Community, Membership
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


class SyncRunQuerySet(models.QuerySet["SyncRun"]):
    def running(self) -> Self:
        return self.filter(status=SyncRun.Status.RUNNING)


class SyncRun(models.Model):
    """同步任务: one phone or tens of thousands, a row that staff can read.

    Its items are the queue and the truth. Transitions are conditional UPDATEs:

        running ── nothing waits ──> done ── retry_failed ──> running
           ├── the platform is down, or refuses us ──> stopped ── resume ──> running
           └── cancel ──> cancelled ── resume ──> running
    """

    class Status(models.TextChoices):
        RUNNING = "running", "进行中"
        DONE = "done", "已完成"
        STOPPED = "stopped", "已停止"
        CANCELLED = "cancelled", "已取消"

    class Kind(models.TextChoices):
        PHONE = "phone", "单个号码"
        OWN = "own", "住户自己同步"
        HOUSE = "house", "一户的业主"
        LIST = "list", "号码名单"
        COMMUNITY = "community", "小区业主"
        NIGHTLY = "nightly", "夜间同步"

    # Asked by whoever waits for the answer; only a queue is drained by workers.
    QUEUED = (Kind.LIST, Kind.COMMUNITY, Kind.NIGHTLY)

    kind = models.CharField("类别", max_length=10, choices=Kind.choices, default=Kind.PHONE)
    started_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name="发起人"
    )
    community = models.ForeignKey(
        Community, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name="小区"
    )
    # What the run is over: of one scope only one run is under way. Empty: nobody minds a second one.
    scope = models.CharField(max_length=80, blank=True, default="", editable=False)
    status = models.CharField("状态", max_length=10, choices=Status.choices, default=Status.RUNNING)
    cause = models.CharField("停止原因", max_length=30, blank=True, default="")
    total = models.PositiveIntegerField("号码数", default=0)
    # By outcome, and of the failed by cause; written when the run ends, for when its items have gone.
    counts = models.JSONField("结果", blank=True, default=dict, editable=False)
    started_at = models.DateTimeField("开始时间", default=timezone.now)
    heartbeat_at = models.DateTimeField("最近活动", null=True, blank=True)
    finished_at = models.DateTimeField("结束时间", null=True, blank=True)
    ended_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name="取消人"
    )

    objects = SyncRunQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "同步任务"
        permissions = [("start_run", "可同步安防数据")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status="running", finished_at=None)
                | (~models.Q(status="running") & models.Q(finished_at__isnull=False)),
                name="sync_run_finished_has_time",
            ),
            models.UniqueConstraint(
                fields=["scope"],
                condition=models.Q(status="running") & ~models.Q(scope=""),
                name="sync_run_one_of_a_scope",
            ),
        ]

    def __str__(self) -> str:
        return f"同步任务 {self.pk}"

    @property
    def is_running(self) -> bool:
        return self.status == self.Status.RUNNING

    @property
    def is_resumable(self) -> bool:
        return self.status in (self.Status.STOPPED, self.Status.CANCELLED)

    @property
    def keeps_counts(self) -> bool:
        """Whether `counts` is what came of it; else the items are counted."""
        return bool(self.counts) and not self.is_running

    def beat(self) -> bool:
        """A sign of life; False where the run is to go no further."""
        return bool(self._move((self.Status.RUNNING,), heartbeat_at=timezone.now()))

    def finish(self) -> bool:
        """Done, where nothing waits any more."""
        waits = SyncItem.objects.filter(run=self.pk, outcome=SyncItem.Outcome.WAITING)
        rows = SyncRun.objects.running().filter(pk=self.pk).exclude(models.Exists(waits))
        done = rows.update(**self._ended(self.Status.DONE))
        self.refresh_from_db()
        return bool(done)

    def stop(self, cause: str) -> bool:
        """Left for later: the next phone would meet the same end."""
        return self._move((self.Status.RUNNING,), cause=cause, **self._ended(self.Status.STOPPED))

    def cancel(self, by: User | None) -> bool:
        left = self._ended(self.Status.CANCELLED)
        return self._move((self.Status.RUNNING, self.Status.STOPPED), ended_by=by, **left)

    def resume(self) -> bool:
        """Go on with what waits. Raises IntegrityError where another run of the scope is under way."""
        return self._restart((self.Status.STOPPED, self.Status.CANCELLED))

    def retry_failed(self) -> bool:
        """Ask again for the failed, and for nothing else. Raises IntegrityError as `resume`."""
        with transaction.atomic():
            ended = (self.Status.DONE, self.Status.STOPPED, self.Status.CANCELLED)
            if self.items.failed().exists() and self._restart(ended):
                self.items.failed().reopen()
                return True
        return False

    def tally(self) -> dict[str, dict[str, int]]:
        """How many phones by outcome, and of the failed by cause; as kept where the items have gone."""
        return self.counts if self.keeps_counts else self.items.tally()

    def _restart(self, ended: Sequence[str]) -> bool:
        cleared: dict[str, Any] = {"finished_at": None, "cause": "", "ended_by": None, "counts": {}}
        return self._move(ended, status=self.Status.RUNNING, heartbeat_at=timezone.now(), **cleared)

    def _ended(self, status: str) -> dict[str, Any]:
        return {"status": status, "finished_at": timezone.now(), "counts": self.items.tally()}

    def _move(self, before: Sequence[str], **values: Any) -> bool:
        moved = SyncRun.objects.filter(pk=self.pk, status__in=before).update(**values)
        self.refresh_from_db()
        return bool(moved)


class SyncItemQuerySet(models.QuerySet["SyncItem"]):
    def waiting(self) -> Self:
        return self.filter(outcome=SyncItem.Outcome.WAITING)

    def failed(self) -> Self:
        return self.filter(outcome=SyncItem.Outcome.FAILED)

    def about_the_flag_alone(self) -> Self:
        """Updated in nothing but the petition flag: to who may not see it, the same answer as before."""
        flag_only = {"fields_updated": models.F("flag_values"), "conflicts": models.F("flag_conflicts")}
        updated = self.filter(outcome=SyncItem.Outcome.UPDATED, new_members=0, new_houses=0, **flag_only)
        return updated.exclude(flag_values=0, flag_conflicts=0)

    def put_off(self) -> int:
        """To be asked again, behind the others: how often they were taken up is kept."""
        return self.update(outcome=SyncItem.Outcome.WAITING, cause="", done_at=None)

    def reopen(self) -> int:
        return self.update(outcome=SyncItem.Outcome.WAITING, cause="", attempts=0, taken=0, done_at=None)

    def tally(self) -> dict[str, dict[str, int]]:
        counted = self.order_by().values_list("outcome", "cause").annotate(n=models.Count("pk"))
        outcomes, causes = Counter[str](), Counter[str]()
        for outcome, cause, n in counted:
            outcomes[outcome] += n
            causes.update({cause: n} if cause else {})
        return {"outcomes": dict(outcomes), "causes": dict(sorted(causes.items()))}


class SyncItem(models.Model):
    """One phone of a run: who holds it, what came of it, and why."""

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
    done_at = models.DateTimeField("完成时间", null=True, blank=True)
    # What a worker holds it by, and until when (sync/leases.py); how often it was taken up.
    lease = models.CharField(max_length=100, blank=True, default="", editable=False)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    taken = models.PositiveSmallIntegerField("领取次数", default=0)
    # What changed; of values and conflicts, those about the petition flag are told to who may see it.
    new_members = models.PositiveSmallIntegerField("新增成员", default=0)
    new_houses = models.PositiveSmallIntegerField("新增房屋", default=0)
    fields_updated = models.PositiveSmallIntegerField("更新字段", default=0)
    conflicts = models.PositiveSmallIntegerField("冲突", default=0)
    flag_values = models.PositiveSmallIntegerField(default=0, editable=False)
    flag_conflicts = models.PositiveSmallIntegerField(default=0, editable=False)

    objects = SyncItemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "同步明细"
        indexes = [
            models.Index(fields=["run", "outcome", "cause"], name="sync_item_outcomes"),
            models.Index(
                fields=["run", "taken", "id"], condition=models.Q(outcome="waiting"), name="sync_item_queue"
            ),
        ]
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


class NightlySync(models.Model):
    """夜间同步: whether the known owners of a community are asked for every night."""

    community = models.OneToOneField(
        Community, verbose_name="小区", on_delete=models.CASCADE, related_name="nightly_sync"
    )
    is_on = models.BooleanField("每晚同步", default=False)
    switched_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name="设置人"
    )
    switched_at = models.DateTimeField("设置时间", default=timezone.now)
    last_night = models.DateField("最近一晚", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "夜间同步"

    def __str__(self) -> str:
        return f"夜间同步 {self.pk}"


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
