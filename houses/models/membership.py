"""Who lives where, and how far that record has come."""

from collections.abc import Iterable

from django.db import models, transaction
from django.utils import timezone
from simple_history.models import HistoricalRecords

from residents.bulk import overwrite, record_history
from residents.completeness import is_complete
from residents.fields import SealedJSONField
from residents.models import Resident, User
from residents.upstream import Sources, Upstream

from ..choices import HouseholdType, Role
from ..states import EndReason, Status
from .place import House


class MembershipQuerySet(models.QuerySet["Membership"]):
    def open(self) -> "MembershipQuerySet":
        return self.exclude(status=Status.ENDED)

    @transaction.atomic
    def restate(self, residents: Iterable[Resident], *, by: User | None = None, why: str = "") -> int:
        """Bring the status of these people's open memberships up to date. Returns how many changed."""
        people = {resident.pk: resident for resident in residents}
        rows = list(self.open().filter(resident__in=people).order_by("pk").select_for_update())
        changed = [row for row in rows if row.restate(people[row.resident_id])]
        for row in changed:
            row.version += 1
        overwrite(changed, ["status", "completed_at", "version", "updated_at"])
        record_history(changed, by=by, why=why, update=True)
        return len(changed)


class Membership(models.Model):
    """房屋成员: a resident in a house.

    `status` has one writer, `restate`; activation and ending set their timestamps
    and call it (domain.md, Two axes, one status).
    """

    SYNCED = ("role", "household_type")

    # Keys of `upstream` under which the name and number of the household's row are kept:
    # as others' answers call the person, and as the person's own answer does.
    CALLED = ("name", "id_number")
    CALLED_BY_SELF = ("own_name", "own_id_number")

    house = models.ForeignKey(
        House, verbose_name="房屋", on_delete=models.PROTECT, related_name="memberships"
    )
    resident = models.ForeignKey(
        Resident, verbose_name="居民", on_delete=models.PROTECT, related_name="memberships"
    )
    role = models.PositiveSmallIntegerField("居民角色", choices=Role.choices, null=True, blank=True)
    household_type = models.PositiveSmallIntegerField(
        "住户类型", choices=HouseholdType.choices, null=True, blank=True
    )
    nickname = models.CharField("家庭昵称", max_length=20, blank=True, default="")
    managed_by = models.ForeignKey(
        Resident,
        verbose_name="代填人",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="manages",
    )
    lease_until = models.DateField("租期至", null=True, blank=True)

    status = models.CharField(
        "状态", max_length=10, choices=Status.choices, default=Status.INCOMPLETE, editable=False
    )
    completed_at = models.DateTimeField("补完时间", null=True, blank=True, editable=False)
    activated_at = models.DateTimeField("激活时间", null=True, blank=True, editable=False)
    activated_by_account = models.BooleanField("本人帐号激活", default=False, editable=False)
    ended_at = models.DateTimeField("迁出时间", null=True, blank=True, editable=False)
    end_reason = models.CharField(
        "迁出原因", max_length=10, choices=EndReason.choices, blank=True, default="", editable=False
    )

    # What the platform's answers did: a row that left them, a row that came back after the end.
    absent_since = models.DateTimeField("平台不再列出", null=True, blank=True, editable=False)
    relisted_since = models.DateTimeField("迁出后平台仍列出", null=True, blank=True, editable=False)

    upstream = SealedJSONField("平台记录", blank=True, default=dict, editable=False)
    sources = models.JSONField("来源", blank=True, default=dict, editable=False)
    version = models.PositiveIntegerField("版本", default=1, editable=False)
    created_at = models.DateTimeField("建档时间", default=timezone.now, editable=False)
    updated_at = models.DateTimeField("更新时间", default=timezone.now, editable=False)

    objects = MembershipQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["upstream", "sources"])

    class Meta:
        verbose_name = verbose_name_plural = "房屋成员"
        constraints = [
            models.UniqueConstraint(
                fields=["house", "resident"],
                condition=~models.Q(status=Status.ENDED),
                name="membership_open_unique",
                violation_error_message="此人已经是这套房屋的成员。",
            ),
            models.CheckConstraint(condition=models.Q(status__in=Status.values), name="membership_status"),
            models.CheckConstraint(
                condition=models.Q(status=Status.ENDED, ended_at__isnull=False)
                | (~models.Q(status=Status.ENDED) & models.Q(ended_at=None)),
                name="membership_ended_has_time",
            ),
            models.CheckConstraint(
                condition=models.Q(status=Status.ACTIVATED, activated_at__isnull=False)
                | models.Q(status__in=[Status.INCOMPLETE, Status.COMPLETED], activated_at=None)
                | models.Q(status=Status.ENDED),
                name="membership_activated_has_time",
            ),
            models.CheckConstraint(
                condition=models.Q(status=Status.COMPLETED, completed_at__isnull=False)
                | models.Q(status=Status.INCOMPLETE, completed_at=None)
                | models.Q(status__in=[Status.ACTIVATED, Status.ENDED]),
                name="membership_completed_has_time",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, end_reason="")
                | models.Q(ended_at__isnull=False, end_reason__in=EndReason.values),
                name="membership_end_has_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values) | models.Q(role=None), name="membership_role"
            ),
            models.CheckConstraint(
                condition=models.Q(household_type__in=HouseholdType.values) | models.Q(household_type=None),
                name="membership_household_type",
            ),
            models.CheckConstraint(
                condition=models.Q(activated_by_account=False) | models.Q(activated_at__isnull=False),
                name="membership_account_activation_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"房屋成员 {self.pk}"

    @property
    def said(self) -> Upstream:
        return Upstream.of(self)

    @property
    def origin(self) -> Sources:
        return Sources(self)

    @property
    def called(self) -> list[tuple[str, str]]:
        """Name and number ("" for unknown) that the platform's household rows give this person."""
        said = {key: entry.get("value", "") for key, entry in self.upstream.items()}
        pairs = [
            (said.get(name, ""), said.get(number, "")) for name, number in (self.CALLED, self.CALLED_BY_SELF)
        ]
        return [pair for pair in pairs if any(pair)]

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    def restate(self, resident: Resident) -> bool:
        """Derive the status from timestamps and completeness; not saved. Tells whether it changed.

        The only place that assigns `status`. `resident` is this membership's person,
        handed in so that a set of rows costs no queries.
        """
        before = (self.status, self.completed_at)
        complete = is_complete(resident)
        if not self.is_open:
            self.status = Status.ENDED
        elif self.activated_at is not None:
            self.status = Status.ACTIVATED
        else:
            self.status = Status.COMPLETED if complete else Status.INCOMPLETE
            self.completed_at = (self.completed_at or timezone.now()) if complete else None
        changed = (self.status, self.completed_at) != before
        if changed:
            self.updated_at = timezone.now()
        return changed

    @transaction.atomic
    def end(self, reason: str, *, by: User | None = None) -> bool:
        """End this membership (迁出). False when somebody ended it before; the person stays on the books.

        The kept digests of the platform's answers are cleared, so that the next
        answer of these phones is read in full and not taken for unchanged.
        """
        now = timezone.now()
        open_row = Membership.objects.open().filter(pk=self.pk)
        newer = {"version": models.F("version") + 1, "updated_at": now}
        if not open_row.update(status=Status.ENDED, ended_at=now, end_reason=EndReason(reason), **newer):
            return False
        self.refresh_from_db()
        record_history([self], by=by, why=EndReason(reason).label, update=True)
        self.mentions.forget_answers()
        return True
