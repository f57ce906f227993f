"""A mini-program in which an account is signed in."""

from uuid import uuid4

from django.db import models
from django.utils import timezone
from knox.models import AbstractAuthToken

from .account import User


class DeviceQuerySet(models.QuerySet["Device"]):
    def live(self) -> "DeviceQuerySet":
        """Neither over nor ended by "sign out everywhere"."""
        return self.filter(expiry__gt=timezone.now(), epoch=models.F("user__session_epoch"))


class Device(AbstractAuthToken):
    """登录设备: knox keeps a digest of the token, which is told once.

    It stands while its `epoch` is the account's: what ends the sessions of the browsers ends it too.
    """

    key = models.UUIDField("编号", default=uuid4, unique=True, editable=False)
    name = models.CharField("名称", max_length=50, blank=True, default="")
    epoch = models.PositiveIntegerField(editable=False)

    listed = DeviceQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "登录设备"

    def __str__(self) -> str:
        return f"登录设备 {self.key}"

    @classmethod
    def sign_in(cls, user: User, name: str = "") -> tuple["Device", str]:
        """A new device of this account, and its token."""
        cls.listed.filter(user=user).exclude(pk__in=cls.listed.live().values("pk")).delete()
        device, token = cls.objects.create(user, name=name, epoch=user.session_epoch)
        return device, token
