"""Who of the office may do what, where, and until when."""

from datetime import date

from django.db import models
from django.utils import timezone
from simple_history.models import HistoricalRecords

from residents.models import User

from .place import Community


class StaffRoleQuerySet(models.QuerySet["StaffRole"]):
    def unexpired(self, today: date | None = None) -> "StaffRoleQuerySet":
        """Roles that count today; the end date is the last day."""
        today = today or timezone.localdate()
        return self.filter(models.Q(ends_on=None) | models.Q(ends_on__gte=today))


class StaffRole(models.Model):
    """A staff member's role in one community. What each role may do is in `houses/backends.py`."""

    class Role(models.TextChoices):
        CLERK = "clerk", "录入员"
        MANAGER = "manager", "管理员"
        AUDITOR = "auditor", "审计员"
        VIEWER = "viewer", "只读"

    user = models.ForeignKey(User, verbose_name="帐号", on_delete=models.CASCADE, related_name="roles")
    community = models.ForeignKey(
        Community, verbose_name="小区", on_delete=models.CASCADE, related_name="roles"
    )
    role = models.CharField("岗位", max_length=10, choices=Role.choices)
    ends_on = models.DateField("有效期至", null=True, blank=True, help_text="留空表示长期有效；当天仍有效。")

    objects = StaffRoleQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "岗位"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "community", "role"],
                name="staff_role_once",
                violation_error_message="此人在这个小区已有这个岗位。",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=["clerk", "manager", "auditor", "viewer"]), name="staff_role_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.pk}"

    @property
    def is_unexpired(self) -> bool:
        return self.ends_on is None or self.ends_on >= timezone.localdate()
