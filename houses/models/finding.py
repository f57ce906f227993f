"""待核实: something that a person must look at."""

from typing import Any

from django.db import models, transaction
from django.utils import timezone

from residents.fields import SealedJSONField
from residents.models import Resident, User

from ..states import FindingCode, FindingStatus
from .membership import Membership
from .place import Community, House

RECORDS = ("resident", "community", "house", "membership")


def _exactly_one() -> models.Q:
    condition = models.Q()
    for chosen in RECORDS:
        condition |= models.Q(**{f"{name}__isnull": name != chosen for name in RECORDS})
    return condition


class FindingQuerySet(models.QuerySet["Finding"]):
    def open(self) -> "FindingQuerySet":
        return self.filter(status=FindingStatus.OPEN)

    def errors(self) -> "FindingQuerySet":
        return self.filter(code__in=FindingCode.errors())


class Finding(models.Model):
    """One contradiction, conflict or unknown, on exactly one record.

    `inputs` is a keyed digest of what the check looked at: what a person settled
    stays settled while it is the same. `evidence` (sealed) holds the values concerned,
    `suggestion` (sealed) `{"field", "value"}` where the data itself gives one.
    """

    code = models.CharField("类别", max_length=30, choices=FindingCode.choices)
    resident = models.ForeignKey(
        Resident,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="findings",
        verbose_name="居民",
    )
    community = models.ForeignKey(
        Community,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="findings",
        verbose_name="小区",
    )
    house = models.ForeignKey(
        House, null=True, blank=True, on_delete=models.CASCADE, related_name="findings", verbose_name="房屋"
    )
    membership = models.ForeignKey(
        Membership,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="findings",
        verbose_name="房屋成员",
    )
    field = models.CharField("字段", max_length=30, blank=True, default="")
    sentence = models.CharField("说明", max_length=300)
    suggestion = SealedJSONField("建议", null=True, blank=True, default=None)
    evidence = SealedJSONField("依据", blank=True, default=dict)
    inputs = models.CharField("依据摘要", max_length=43)
    status = models.CharField(
        "状态", max_length=10, choices=FindingStatus.choices, default=FindingStatus.OPEN, editable=False
    )
    reason = models.CharField("处理说明", max_length=200, blank=True, default="")
    opened_at = models.DateTimeField("发现时间", default=timezone.now, editable=False)
    settled_at = models.DateTimeField("处理时间", null=True, blank=True, editable=False)
    settled_by = models.ForeignKey(
        User,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name="处理人",
        editable=False,
    )

    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "待核实"
        constraints = [
            models.CheckConstraint(condition=_exactly_one(), name="finding_on_exactly_one_record"),
            models.CheckConstraint(condition=models.Q(code__in=FindingCode.values), name="finding_code"),
            models.CheckConstraint(
                condition=models.Q(status__in=FindingStatus.values), name="finding_status"
            ),
            models.CheckConstraint(
                condition=models.Q(status=FindingStatus.OPEN, settled_at=None)
                | (~models.Q(status=FindingStatus.OPEN) & models.Q(settled_at__isnull=False)),
                name="finding_settled_has_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(status=FindingStatus.WAIVED) | ~models.Q(reason=""),
                name="finding_waived_has_reason",
            ),
            *(
                models.UniqueConstraint(
                    fields=["code", record, "field"],
                    condition=models.Q(status=FindingStatus.OPEN, **{f"{record}__isnull": False}),
                    name=f"finding_open_once_per_{record}",
                )
                for record in RECORDS
            ),
        ]
        indexes = [models.Index(fields=["status", "code"], name="finding_status_code")]

    def __str__(self) -> str:
        return f"待核实 {self.pk} {self.get_code_display()}"

    @property
    def record_key(self) -> tuple[str, Any]:
        """The kind of record (`resident`, `community`, `house`, `membership`) and its pk."""
        return next((name, pk) for name in RECORDS if (pk := getattr(self, f"{name}_id")) is not None)

    @property
    def is_error(self) -> bool:
        return self.code in FindingCode.errors()

    @property
    def held(self) -> bool:
        """Settled by a person, not by the record having been mended."""
        return self.status != FindingStatus.OPEN and bool(self.reason)

    def resolve(self, reason: str, *, by: User | None) -> bool:
        """A person looked and dealt with it. False when it was settled before."""
        return self._settle(FindingStatus.RESOLVED, reason, by)

    def waive(self, reason: str, *, by: User | None) -> bool:
        """A person accepts it as it is, while its inputs stay the same. False when it was settled before."""
        return self._settle(FindingStatus.WAIVED, reason, by)

    @transaction.atomic
    def _settle(self, status: str, reason: str, by: User | None) -> bool:
        if not reason.strip():
            raise ValueError("请填写处理说明。")
        values: dict[str, Any] = {
            "status": status,
            "reason": reason.strip(),
            "settled_at": timezone.now(),
            "settled_by": by,
        }
        if not Finding.objects.open().filter(pk=self.pk).update(**values):
            return False
        self.refresh_from_db()
        self._settle_conflict()
        return True

    def _settle_conflict(self) -> None:
        """Take the mark off what the platform said: its next word is a new conflict, this one is not."""
        if self.code != FindingCode.PLATFORM_CONFLICT:
            return
        kind, pk = self.record_key
        rows = type(getattr(self, kind))._default_manager.filter(pk=pk)
        record = rows.select_for_update().get()
        if said := record.said.get(self.field):
            record.said.put(self.field, said.settled())
            rows.update(upstream=record.upstream)
