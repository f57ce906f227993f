"""Logins: staff, and residents with a verified phone or WeChat."""

from collections.abc import Iterator

from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.functional import cached_property

from .. import id_numbers
from ..exceptions import Refusal, Refused
from ..fields import SealedField
from ..names import same_name
from ..validators import validate_phone
from .resident import Resident


class User(AbstractUser):  # type: ignore[django-manager-missing]  # of the devices, which knox names
    """帐号: a login. `resident` is set by phone *and* ID number, one to one (domain.md, Accounts)."""

    phone = SealedField(
        "手机号", purpose="phone", null=True, blank=True, default=None, validators=[validate_phone]
    )
    phone_verified_at = models.DateTimeField("手机号验证时间", null=True, blank=True)
    wechat_openid = SealedField("微信 openid", null=True, blank=True, default=None)
    resident = models.OneToOneField(
        Resident,
        verbose_name="本人",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="account",
    )
    # Who the account says it is, before anything is shown to it (domain.md, Accounts and binding).
    stated_name = models.CharField("自报姓名", max_length=50, blank=True, default="", editable=False)
    stated_id_number = SealedField(
        "自报证件号码",
        purpose="id_number",
        fold=id_numbers.matching_form,
        max_length=30,
        blank=True,
        default="",
        editable=False,
    )
    stated_at = models.DateTimeField("自报时间", null=True, blank=True, editable=False)
    locked_at = models.DateTimeField("锁定时间", null=True, blank=True)
    # Raised by "sign out everywhere": a session of an earlier number has ended.
    session_epoch = models.PositiveIntegerField(default=0, editable=False)

    UNLOCKED = models.Q(locked_at=None, is_active=True)

    class Meta:
        verbose_name = verbose_name_plural = "帐号"
        permissions = [("manage_account", "可管理住户帐号")]
        constraints = [
            SealedField.unique_constraint("phone", name="user_phone_unique"),
            SealedField.unique_constraint("wechat_openid", name="user_openid_unique"),
        ]

    def __str__(self) -> str:
        return f"帐号 {self.pk}"

    def get_full_name(self) -> str:
        """Family name first."""
        return f"{self.last_name}{self.first_name}".strip()

    @property
    def shown_name(self) -> str:
        """What colleagues call this account."""
        return self.get_full_name() or self.username

    @property
    def is_office(self) -> bool:
        """Whether this login opens the workbench or the admin: never by a code on a phone."""
        return self.is_staff or self.is_superuser

    @property
    def is_locked(self) -> bool:
        """By the office, or because it is used no more. `UNLOCKED` asks the same of the database."""
        return self.locked_at is not None or not self.is_active

    @property
    def has_phone(self) -> bool:
        """A verified one."""
        return bool(self.phone) and self.phone_verified_at is not None

    # -- sessions -------------------------------------------------------------------------

    def get_session_auth_hash(self) -> str:
        return self._of_this_epoch(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        return map(self._of_this_epoch, super().get_session_auth_fallback_hash())

    def _of_this_epoch(self, session_hash: str) -> str:
        return f"{session_hash}:{self.session_epoch}"

    def end_sessions(self) -> None:
        """Every browser in which this account is signed in is signed out."""
        User.objects.filter(pk=self.pk).update(session_epoch=models.F("session_epoch") + 1)
        self.refresh_from_db(fields=["session_epoch"])

    # -- who it is ------------------------------------------------------------------------

    def verify_phone(self, phone: str) -> None:
        """Once, by who signed in by password: a verified phone is changed by its own code. Raises Refused."""
        unverified = User.objects.filter(self.UNLOCKED, phone_verified_at=None)
        self._take_phone(unverified, phone=phone)

    def take_phone(self, phone: str, *, forget_wechat: bool = False) -> None:
        """The holder of this phone is in front of us; whoever held the former one is signed out.

        `forget_wechat`: nor does the WeChat of who held it open this account any more. Raises Refused
        where the phone is another account's.
        """
        forgotten = {"wechat_openid": None} if forget_wechat else {}
        self._take_phone(User.objects.all(), phone=phone, **forgotten)

    def _take_phone(self, allowed: models.QuerySet["User"], **values: str | None) -> None:
        """Where the account, as it is stored now, is among those allowed. Raises Refused."""
        now, epoch = timezone.now(), models.F("session_epoch") + 1
        try:
            with transaction.atomic():
                rows = allowed.filter(pk=self.pk)
                taken = rows.update(**values, phone_verified_at=now, session_epoch=epoch)
        except IntegrityError:
            raise Refused(Refusal.PHONE_TAKEN, {"phone": Refusal.PHONE_TAKEN.label}) from None
        self.refresh_from_db()
        if not taken:
            raise Refused(Refusal.STALE)

    def require_unlocked(self) -> None:
        if self.is_locked:
            raise Refused(Refusal.ACCOUNT_LOCKED)

    def require_phone(self) -> None:
        """A verified one. Raises Refused."""
        self.require_unlocked()
        if not self.has_phone:
            raise Refused(Refusal.PHONE_UNVERIFIED)

    def require_identity(self) -> None:
        """A verified phone, and who it says it is. Raises Refused."""
        self.require_phone()
        if not self.stated_at:
            raise Refused(Refusal.IDENTITY_MISSING)

    def says_it_is(self, name: str, numbers: set[str]) -> bool:
        """Whether the stated name and number are this name and one of these numbers (18-character forms)."""
        number = id_numbers.matching_form(self.stated_id_number) if self.stated_id_number else ""
        return same_name(self.stated_name, name) and bool(number) and number in numbers

    @cached_property
    def sees_petitions(self) -> bool:
        """Whether the petition flag is shown: granted by name, even to a system administrator."""
        granted = self.user_permissions.filter(codename="view_petition", content_type__app_label="residents")
        return self.is_active and granted.exists()
