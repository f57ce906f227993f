"""申请: asked once, answered once, with a reason."""

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from simple_history.models import HistoricalRecords

from residents.bulk import record_history
from residents.exceptions import Refusal, Refused
from residents.models import Resident, User

from ..choices import Role
from .claim import Claimable
from .membership import Membership
from .place import Community, House


class RequestQuerySet(models.QuerySet["Request"]):
    def open(self) -> "RequestQuerySet":
        return self.filter(status=Request.Status.OPEN)

    def close(self, why: str, *, by: User | None) -> int:
        """These are over without an answer: their house or person is gone."""
        rows = list(self.open().select_for_update())
        return sum(row.settle(Request.Status.CLOSED, why, by=by) for row in rows)


class Request(Claimable):
    """To bind a house, to end a membership, to be erased, or a dispute that staff must look at.

    `resident` is whom it concerns where that is known: the asker for an erasure, the record
    in question for a dispute. `office_only` ones are never shown to an owner, `quiet` ones
    never to the asker.
    """

    class Kind(models.TextChoices):
        BIND = "bind", "绑定房屋"
        END = "end", "申请迁出"
        ERASE = "erase", "删除资料"
        DISPUTE = "dispute", "身份核实"

    class Status(models.TextChoices):
        OPEN = "open", "待答复"
        ACCEPTED = "accepted", "已同意"
        REFUSED = "refused", "未同意"
        CLOSED = "closed", "已关闭"

    kind = models.CharField("类别", max_length=10, choices=Kind.choices)
    account = models.ForeignKey(
        User, verbose_name="申请人", on_delete=models.CASCADE, related_name="requests"
    )
    community = models.ForeignKey(
        Community,
        verbose_name="小区",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="requests",
    )
    house = models.ForeignKey(
        House, verbose_name="房屋", null=True, blank=True, on_delete=models.CASCADE, related_name="requests"
    )
    membership = models.ForeignKey(
        Membership,
        verbose_name="房屋成员",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="requests",
    )
    resident = models.ForeignKey(
        Resident,
        verbose_name="相关居民",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="requests",
    )
    role = models.PositiveSmallIntegerField("居民角色", choices=Role.choices, null=True, blank=True)
    text = models.CharField("申请说明", max_length=200, blank=True, default="")
    office_only = models.BooleanField("只由物业答复", default=False)
    # Whether there was a match at all is not told: the asker does not see such a request.
    quiet = models.BooleanField("不告知申请人", default=False)
    status = models.CharField(
        "状态", max_length=10, choices=Status.choices, default=Status.OPEN, editable=False
    )
    asked_at = models.DateTimeField("申请时间", default=timezone.now, editable=False)
    answered_at = models.DateTimeField("答复时间", null=True, blank=True, editable=False)
    answered_by = models.ForeignKey(
        User,
        verbose_name="答复人",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )
    answer = models.CharField("答复", max_length=200, blank=True, default="", editable=False)

    objects = RequestQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["claimed_by", "claimed_at"])

    class Meta:
        verbose_name = verbose_name_plural = "申请"
        permissions = [("answer_request", "可答复申请")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["bind", "end", "erase", "dispute"]), name="request_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(status="open", answered_at=None)
                | (
                    models.Q(status__in=["accepted", "refused", "closed"], answered_at__isnull=False)
                    & ~models.Q(answer="")
                ),
                name="request_answered_has_time_and_reason",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind__in=["bind", "end"]) | models.Q(house__isnull=False),
                name="request_has_house",
            ),
            models.UniqueConstraint(
                fields=["kind", "house", "account"],
                condition=models.Q(status="open", house__isnull=False),
                name="request_open_once_per_house",
            ),
            models.UniqueConstraint(
                fields=["kind", "account"],
                condition=models.Q(status="open", house=None),
                name="request_open_once",
            ),
        ]
        indexes = [models.Index(fields=["status", "kind", "asked_at"], name="request_to_answer")]

    def __str__(self) -> str:
        return f"申请 {self.pk} {self.get_kind_display()}"

    @classmethod
    def ask(cls, kind: str, account: User, **values: object) -> "Request":
        """Open a request. Raises Refused while the same one is open."""
        request = cls(kind=kind, account=account, **values)
        if request.house is not None:
            request.community = request.house.community
        try:
            with transaction.atomic():
                request.save()
        except IntegrityError:
            raise Refused(Refusal.ALREADY_ASKED) from None
        return request

    def tells_its_text_to(self, account: User) -> bool:
        """What a check wrote when it opened a dispute is for the office: the phone is another person's."""
        own = self.resident_id is not None and self.resident_id == account.resident_id
        return own or self.kind != Request.Kind.DISPUTE

    def settle(self, status: str, reason: str, *, by: User | None) -> bool:
        """Write the answer, once: False where it was answered before. Leaves a history row."""
        open_row = Request.objects.open().filter(pk=self.pk)
        answer = {"answered_at": timezone.now(), "answered_by": by, "answer": reason.strip()[:200]}
        if not open_row.update(status=status, **answer):
            return False
        self.refresh_from_db()
        record_history([self], by=by, update=True)
        return True
