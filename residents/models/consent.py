"""What an account agreed to, version by version, and what it took back."""

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from .account import User
from .resident import Resident


class ConsentQuerySet(models.QuerySet["Consent"]):
    def standing(self) -> "ConsentQuerySet":
        """Given for the version of today and not taken back."""
        today = models.Q()
        for kind, version in Consent.VERSIONS.items():
            today |= models.Q(kind=kind, version=version)
        return self.filter(today, withdrawn_at=None)


class Consent(models.Model):
    """同意: the notice, the separate consent for sensitive fields, a guardian's for one child.

    A new version of a text is asked for again; a consent is never changed, only withdrawn.
    """

    class Kind(models.TextChoices):
        NOTICE = "notice", "隐私告知"
        SENSITIVE = "sensitive", "敏感信息"
        GUARDIAN = "guardian", "监护人同意"

    # Raise the number when the text changes its meaning: everybody is asked again.
    VERSIONS = {Kind.NOTICE: 1, Kind.SENSITIVE: 1, Kind.GUARDIAN: 1}

    account = models.ForeignKey(
        User, verbose_name="帐号", on_delete=models.CASCADE, related_name="consents", null=True, blank=True
    )
    kind = models.CharField("事项", max_length=10, choices=Kind.choices)
    version = models.PositiveSmallIntegerField("版本")
    child = models.ForeignKey(
        Resident,
        verbose_name="未成年人",
        on_delete=models.CASCADE,
        related_name="guardian_consents",
        null=True,
        blank=True,
    )
    given_at = models.DateTimeField("同意时间", default=timezone.now, editable=False)
    withdrawn_at = models.DateTimeField("撤回时间", null=True, blank=True, editable=False)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "同意记录"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="guardian", child__isnull=False)
                | (~models.Q(kind="guardian") & models.Q(child=None)),
                name="consent_guardian_has_child",
            ),
            models.UniqueConstraint(
                fields=["account", "kind", "version"],
                condition=models.Q(withdrawn_at=None, child=None),
                name="consent_standing_once",
            ),
            models.UniqueConstraint(
                fields=["account", "version", "child"],
                condition=models.Q(withdrawn_at=None, child__isnull=False),
                name="consent_standing_once_per_child",
            ),
        ]

    def __str__(self) -> str:
        return f"同意记录 {self.pk}"

    @classmethod
    def give(cls, account: User, kind: str, *, child: Resident | None = None) -> None:
        """Agree to today's version; given twice it stands once."""
        version = cls.VERSIONS[cls.Kind(kind)]
        if (kind == cls.Kind.GUARDIAN) != (child is not None):
            raise ValueError("A guardian's consent has a child, and no other has one.")
        try:
            with transaction.atomic():
                cls.objects.create(account=account, kind=kind, version=version, child=child)
        except IntegrityError:
            return

    @classmethod
    def withdraw(cls, account: User, kind: str, *, child: Resident | None = None) -> bool:
        """Take it back, in whatever version. False when there was nothing to take back."""
        standing = cls.objects.filter(account=account, kind=kind, child=child, withdrawn_at=None)
        return bool(standing.update(withdrawn_at=timezone.now()))

    @classmethod
    def stands(cls, account: User | None, kind: str, *, child: Resident | None = None) -> bool:
        return account is not None and (
            cls.objects.standing().filter(account=account, kind=kind, child=child).exists()
        )
