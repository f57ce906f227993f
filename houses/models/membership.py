"""Who lives where, and how far that record has come."""

from collections.abc import Iterable
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from simple_history.models import HistoricalRecords

from residents.absorbing import take_over
from residents.bulk import overwrite, record_history
from residents.completeness import is_complete
from residents.fields import SealedJSONField
from residents.models import Resident, User
from residents.upstream import Sources, Upstream

from ..choices import HouseholdType, Role
from ..states import EndReason, Status
from .claim import Claimable
from .place import House

# What `restate` derives.
STATED = ["status", "completed_at", "activated_at", "activated_by_account"]


class MembershipQuerySet(models.QuerySet["Membership"]):
    def open(self) -> "MembershipQuerySet":
        return self.exclude(status=Status.ENDED)

    @transaction.atomic
    def restate(self, residents: Iterable[Resident], *, by: User | None = None, why: str = "") -> int:
        """Bring the status of these people's open memberships up to date. Returns how many changed."""
        keys = [resident.pk for resident in residents]
        rows = list(self.open().filter(resident__in=keys).order_by("pk").select_for_update())
        # Read under the rows' locks: a person and a contact may be written at the same moment.
        people = Resident.objects.select_related("contact").in_bulk(keys)
        changed = [row for row in rows if row.restate(people[row.resident_id])]
        for row in changed:
            row.version += 1
        overwrite(changed, [*STATED, "version", "updated_at"])
        record_history(changed, by=by, why=why, update=True)
        hand_over(changed)
        return len(changed)


def hand_over(rows: Iterable["Membership"]) -> None:
    """From the first activation by an own account the person manages the own data, for good."""
    people = [row.resident_id for row in rows if row.activated_by_account]
    if people:
        Resident.objects.filter(pk__in=people, self_managed_since=None).update(
            self_managed_since=timezone.now()
        )


class Membership(Claimable):
    """房屋成员: a resident in a house.

    `status` has one writer, `restate`; binding, activation and ending set their timestamps
    and call it (domain.md, Two axes, one status). What else a transition brings about, and
    who may ask for it, is in `houses.leaving`, `houses.binding`, `houses.office` and
    `houses.family`.
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
    bound_at = models.DateTimeField("本人绑定时间", null=True, blank=True, editable=False)
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
    history = HistoricalRecords(excluded_fields=["upstream", "sources", "claimed_by", "claimed_at"])

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
                condition=models.Q(activated_by_account=False)
                | models.Q(activated_at__isnull=False, bound_at__isnull=False),
                name="membership_account_activation_has_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["completed_at"],
                condition=models.Q(status=Status.COMPLETED),
                name="membership_to_activate",
            ),
            models.Index(
                fields=["created_at"],
                condition=~models.Q(status=Status.ENDED) & models.Q(completed_at=None),
                name="membership_to_complete",
            ),
        ]
        permissions = [
            ("complete_membership", "可补全成员资料"),
            ("activate_membership", "可激活成员"),
            ("end_membership", "可迁出和恢复成员"),
            ("invite_membership", "可邀请成员"),
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
        said = self.upstream
        pairs = [
            (said.get(name, {}).get("value", ""), said.get(number, {}).get("value", ""))
            for name, number in (self.CALLED, self.CALLED_BY_SELF)
        ]
        return [pair for pair in pairs if any(pair)]

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    def absorb(self, double: "Membership") -> None:
        """Take over what another row of this person in this house knew; not saved."""
        take_over(self, double, self.SYNCED)
        self.nickname = self.nickname or double.nickname
        self.managed_by_id = self.managed_by_id or double.managed_by_id
        self.lease_until = self.lease_until or double.lease_until

    def restate(self, resident: Resident) -> bool:
        """Derive the status from timestamps and completeness; not saved. Tells whether it changed.

        The only place that assigns `status`. `resident` is this membership's person,
        handed in so that a set of rows costs no queries. Somebody who bound the house is
        activated as soon as the record is complete; an activated record with a gap stays so.
        """
        before = [getattr(self, field) for field in STATED]
        if self.is_open:
            self.completed_at = (self.completed_at or timezone.now()) if is_complete(resident) else None
            if self.completed_at and self.bound_at and not self.activated_by_account:
                self.activated_at = self.activated_at or timezone.now()
                self.activated_by_account = True
        if not self.is_open:
            self.status = Status.ENDED
        elif self.activated_at:
            self.status = Status.ACTIVATED
        else:
            self.status = Status.COMPLETED if self.completed_at else Status.INCOMPLETE
        changed = [getattr(self, field) for field in STATED] != before
        if changed:
            self.updated_at = timezone.now()
        return changed

    # -- transitions: True where this call made them, False where the state does not allow it ----

    def bind(self, *, by: User | None, why: str) -> bool:
        """The person's own account bound this house: activated now, or as soon as complete."""
        if not self._move(models.Q(ended_at=None, bound_at=None), by=by, why=why, bound_at=timezone.now()):
            return False
        self.invitations.all().revoke()
        return True

    def activate(self, reason: str, *, by: User) -> bool:
        """At the counter, with a written reason. The person's own account is not involved."""
        completed = models.Q(status=Status.COMPLETED)
        return self._move(completed, by=by, why=f"柜台激活：{reason}", activated_at=timezone.now())

    def unbind(self, *, by: User | None, why: str) -> bool:
        """The account was not this person's, or is no more: what rested on it is taken back."""
        facts: dict[str, Any] = {"bound_at": None, "activated_by_account": False}
        at_the_counter = self.activated_at and self.bound_at and self.activated_at < self.bound_at
        if self.activated_by_account and not at_the_counter:
            facts["activated_at"] = None
        return self._move(models.Q(ended_at=None, bound_at__isnull=False), by=by, why=why, **facts)

    def end(self, reason: str, *, by: User | None = None, why: str = "") -> bool:
        """End this membership (迁出); the person stays on the books.

        The kept digests of the platform's answers are cleared, so that the next
        answer of these phones is read in full and not taken for unchanged.
        """
        facts = {"ended_at": timezone.now(), "end_reason": EndReason(reason), "claimed_by": None}
        if not self._move(models.Q(ended_at=None), by=by, why=why or EndReason(reason).label, **facts):
            return False
        self.mentions.forget_answers()
        return True

    def reopen(self, reason: str, *, by: User) -> bool:
        """The person lives here after all. A binding is not taken up again: it is made anew."""
        facts: dict[str, Any] = {"ended_at": None, "end_reason": "", "relisted_since": None}
        facts |= {"bound_at": None, "activated_at": None, "activated_by_account": False}
        if not self._move(models.Q(ended_at__isnull=False), by=by, why=f"恢复：{reason}", **facts):
            return False
        self.mentions.forget_answers()
        return True

    @transaction.atomic
    def _move(self, allowed: models.Q, *, by: User | None, why: str, **facts: Any) -> bool:
        """Where `allowed` still holds, write the facts and the status that follows from them.

        The first UPDATE decides between two that come at once. House and person are locked
        before it, as a merge does, so that neither overwrites what the other wrote.
        """
        House.objects.select_for_update().get(pk=self.house_id)
        rows = Membership.objects.filter(pk=self.pk)
        # Read under the house's lock: the record may have been absorbed since `self` was read.
        person = rows.values("resident")
        list(Resident.objects.select_for_update().filter(pk__in=person).values_list("pk"))
        newer = {"version": models.F("version") + 1, "updated_at": timezone.now()}
        if not rows.filter(allowed).update(**newer):
            return False
        self.refresh_from_db()
        for field, value in facts.items():
            setattr(self, field, value)
        self.restate(self.resident)
        rows.update(**facts | {field: getattr(self, field) for field in STATED})
        record_history([self], by=by, why=why, update=True)
        hand_over([self])
        return True
