"""Logins: staff, and residents with a verified phone or WeChat."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.functional import cached_property

from ..fields import SealedField
from ..validators import validate_phone
from .resident import Resident


class User(AbstractUser):
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
    locked_at = models.DateTimeField("锁定时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "帐号"
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

    @cached_property
    def sees_petitions(self) -> bool:
        """Whether the petition flag is shown: granted by name, even to a system administrator."""
        granted = self.user_permissions.filter(codename="view_petition", content_type__app_label="residents")
        return self.is_active and granted.exists()
