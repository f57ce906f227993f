"""提交: what somebody typed about a member, until it reaches the record."""

from typing import Any

from django.db import models
from django.utils import timezone
from simple_history.models import HistoricalRecords

from residents.bulk import record_history
from residents.fields import SealedJSONField
from residents.models import User
from residents.upstream import Sources

from .claim import Claimable
from .invitation import Invitation
from .membership import Membership
from .place import House


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def open(self) -> "SubmissionQuerySet":
        """Not ended: still with the author, or with the office."""
        return self.filter(status__in=Submission.OPEN)

    def waiting(self) -> "SubmissionQuerySet":
        return self.filter(status=Submission.Status.WAITING)

    def returned(self) -> "SubmissionQuerySet":
        return self.filter(status=Submission.Status.RETURNED)

    def drop(self, *, by: User | None, why: str) -> int:
        """End whatever is still open among these: it reaches no record any more."""
        rows = list(self.open().select_for_update(of=("self",)))
        return sum(row.move(Submission.OPEN, Submission.Status.DROPPED, by=by, why=why) for row in rows)


class Submission(Claimable):
    """Values that wait to be written by `houses.entries.apply`, the only way into a record.

    `values` (sealed) is what was typed, by field; `base` (sealed) what stood there when the
    author saw it. Without a membership it names somebody new in the house.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "草稿"
        WAITING = "waiting", "待审核"
        RETURNED = "returned", "已退回"
        APPLIED = "applied", "已采用"
        DROPPED = "dropped", "已作废"

    class Author(models.TextChoices):
        OWNER = "owner", "代填人"
        SELF = "self", "本人"
        STAFF = "staff", "物业"
        INVITATION = "invitation", "受邀人"

    OPEN = (Status.DRAFT, Status.WAITING, Status.RETURNED)
    EDITABLE = (Status.DRAFT, Status.RETURNED)

    house = models.ForeignKey(
        House, verbose_name="房屋", on_delete=models.CASCADE, related_name="submissions"
    )
    membership = models.ForeignKey(
        Membership,
        verbose_name="房屋成员",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="submissions",
    )
    author = models.CharField("提交人", max_length=10, choices=Author.choices)
    account = models.ForeignKey(
        User,
        verbose_name="帐号",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="submissions",
    )
    invitation = models.ForeignKey(
        Invitation, null=True, blank=True, on_delete=models.SET_NULL, related_name="submissions"
    )
    values = SealedJSONField("内容", default=dict, editable=False)
    base = SealedJSONField("填写时的内容", default=dict, editable=False)
    # The author fills for somebody of whose record nothing is shown: then nothing of it is told either.
    unseen = models.BooleanField("未看到原有内容", default=False, editable=False)
    base_version = models.PositiveIntegerField("填写时的版本", default=0, editable=False)
    # What the author agreed to for this entry: a link's visitor has no account to keep it with.
    consent_version = models.PositiveSmallIntegerField("敏感信息同意版本", null=True, blank=True)
    guardian_version = models.PositiveSmallIntegerField("监护人同意版本", null=True, blank=True)
    status = models.CharField(
        "状态", max_length=10, choices=Status.choices, default=Status.DRAFT, editable=False
    )
    reasons = SealedJSONField("退回原因", default=dict, editable=False)  # by field
    note = models.CharField("说明", max_length=200, blank=True, default="", editable=False)
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True, editable=False)
    decided_at = models.DateTimeField("处理时间", null=True, blank=True, editable=False)
    decided_by = models.ForeignKey(
        User,
        verbose_name="处理人",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )
    created_at = models.DateTimeField("建立时间", default=timezone.now, editable=False)
    updated_at = models.DateTimeField("更新时间", default=timezone.now, editable=False)

    objects = SubmissionQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["values", "base", "reasons", "claimed_by", "claimed_at"])

    class Meta:
        verbose_name = verbose_name_plural = "提交"
        permissions = [("review_submission", "可审核提交")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["draft", "waiting", "returned", "applied", "dropped"]),
                name="submission_status",
            ),
            models.CheckConstraint(
                condition=models.Q(author__in=["owner", "self", "staff", "invitation"]),
                name="submission_author",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="waiting") | models.Q(submitted_at__isnull=False),
                name="submission_waiting_has_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=["returned", "applied"]) | models.Q(decided_at__isnull=False),
                name="submission_decided_has_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="applied") | models.Q(membership__isnull=False),
                name="submission_applied_has_member",
            ),
            models.UniqueConstraint(
                fields=["membership", "account", "author"],
                condition=models.Q(
                    status__in=["draft", "waiting", "returned"],
                    membership__isnull=False,
                    account__isnull=False,
                ),
                name="submission_open_once_per_author",
            ),
        ]
        indexes = [
            models.Index(
                fields=["status", "membership"],
                condition=models.Q(status__in=["waiting", "returned"]),
                name="submission_to_do",
            ),
        ]

    def __str__(self) -> str:
        return f"提交 {self.pk}"

    @property
    def source(self) -> str:
        """What is noted beside each value that reaches the record."""
        return {
            self.Author.OWNER: Sources.OWNER,
            self.Author.STAFF: Sources.STAFF,
        }.get(self.Author(self.author), Sources.SELF)

    @property
    def is_editable(self) -> bool:
        return self.status in self.EDITABLE

    def move(
        self, before: tuple[str, ...], after: str, *, by: User | None, why: str = "", **values: Any
    ) -> bool:
        """Change the status, once: False where somebody else did before. Leaves a history row."""
        values |= {"status": after, "updated_at": timezone.now()}
        if not Submission.objects.filter(pk=self.pk, status__in=before).update(**values):
            return False
        self.refresh_from_db()
        record_history([self], by=by, why=why, update=True)
        return True
