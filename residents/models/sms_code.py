"""Codes sent by SMS: how many are sent, how often one may be guessed, and that it works once."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from hmac import compare_digest

from django.db import models, transaction
from django.utils import timezone

from ..crypto import digest
from ..exceptions import Refusal, Refused
from ..fields import SealedField

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

# How many within which time. Behind one address of a mobile network there are many phones. What one
# address may send to one phone leaves the phone's holder, who is elsewhere, a part.
PER_PHONE = ((HOUR, 5), (DAY, 10))
PER_PAIR = ((HOUR, 3), (DAY, 5))
PER_ADDRESS = ((HOUR, 30), (DAY, 100))

LIFETIME = timedelta(minutes=5)
TRIES = 5
KEPT = 2 * DAY
SWEPT = 100  # old codes that one sending drops


class SmsLock(models.Model):
    """One of 4096 rows that are held while codes are counted, whatever phone or address falls on it.

    Two sendings to one phone would else both count none and both send.
    """

    key = models.CharField(max_length=2, unique=True)

    class Meta:
        verbose_name = verbose_name_plural = "短信锁"

    def __str__(self) -> str:
        return f"短信锁 {self.pk}"

    @classmethod
    def take(cls, digests: Iterable[str]) -> None:
        """Hold the rows of these until the end of the caller's transaction; taken in one order."""
        keys = sorted({text[:2] for text in digests})
        SmsLock.objects.bulk_create([SmsLock(key=key) for key in keys], ignore_conflicts=True)
        list(cls.objects.filter(key__in=keys).order_by("pk").select_for_update().values_list("pk"))


class SmsCodeQuerySet(models.QuerySet["SmsCode"]):
    def since(self, moment: datetime) -> "SmsCodeQuerySet":
        return self.filter(created_at__gt=moment)

    def sent(self) -> "SmsCodeQuerySet":
        return self.filter(failed_at=None)

    def alive(self) -> "SmsCodeQuerySet":
        """What a right answer may still use."""
        return self.sent().filter(used_at=None, tries__lt=TRIES, expires_at__gt=timezone.now())

    def reaches(self, limits: Iterable[tuple[timedelta, int]], now: datetime) -> bool:
        return any(self.since(now - window).count() >= most for window, most in limits)


class SmsCode(models.Model):
    """验证码: bound to a phone, a purpose and the visitor who asked for it, who alone has the token.

    Code, token and address are stored as keyed digests.
    """

    class Purpose(models.TextChoices):
        LOGIN = "login", "登录"
        VERIFY = "verify", "验证手机号"
        CHANGE_OLD = "change_old", "更换手机号（原号码）"
        CHANGE_NEW = "change_new", "更换手机号（新号码）"

    phone = SealedField("手机号", purpose="phone")
    purpose = models.CharField("用途", max_length=10, choices=Purpose.choices)
    request = models.CharField("请求摘要", max_length=43, unique=True)
    code = models.CharField("验证码摘要", max_length=43)
    address = models.CharField("来源摘要", max_length=43)
    created_at = models.DateTimeField("创建时间", default=timezone.now, db_index=True)
    expires_at = models.DateTimeField("失效时间")
    tries = models.PositiveSmallIntegerField("已试次数", default=0)
    used_at = models.DateTimeField("使用时间", null=True)
    failed_at = models.DateTimeField("发送失败时间", null=True)

    objects = SmsCodeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "短信验证码"
        indexes = [
            SealedField.index("phone", name="sms_code_phone"),
            models.Index(fields=["address", "created_at"], name="sms_code_address"),
        ]
        constraints = [models.CheckConstraint(condition=models.Q(tries__lte=TRIES), name="sms_code_tries")]

    def __str__(self) -> str:
        return f"短信验证码 {self.pk}"

    @classmethod
    @transaction.atomic
    def issue(cls, phone: str, purpose: str, token: str, address: str) -> tuple["SmsCode", str]:
        """A new code, for the caller to send once this is committed. Raises Refused at a limit.

        Visitors whose address is unknown ("") are not one visitor: then only the phone's sendings count.
        """
        sender = digest(address, context="sms address") if address else ""
        SmsLock.take(filter(None, [digest(phone, context="sms phone"), sender]))
        cls.drop_old()
        cls._require_room(phone, sender)
        now, code = timezone.now(), f"{secrets.randbelow(10**6):06}"
        request = _request(token, purpose)
        row = cls(phone=phone, purpose=purpose, request=request, address=sender, created_at=now)
        row.code, row.expires_at = _answer(request, code), now + LIFETIME
        row.save()
        return row, code

    @classmethod
    def _require_room(cls, phone: str, sender: str) -> None:
        """One that was not sent counts for a minute only. Raises Refused."""
        now, to_phone = timezone.now(), cls.objects.filter(phone=phone)
        if to_phone.since(now - MINUTE).exists():
            raise Refused(Refusal.SMS_TOO_SOON, {"phone": Refusal.SMS_TOO_SOON.label})
        sent, from_address = to_phone.sent(), cls.objects.filter(address=sender)
        counted = [(sent, PER_PHONE)]
        if sender:
            counted += [(from_address, PER_ADDRESS), (sent.filter(address=sender), PER_PAIR)]
        if any(rows.reaches(limits, now) for rows, limits in counted):
            raise Refused(Refusal.SMS_TOO_MANY, {"phone": Refusal.SMS_TOO_MANY.label})

    @classmethod
    def drop_old(cls) -> None:
        """Some of those that no limit counts any more; the ones that another sending drops are left to it."""
        old = cls.objects.filter(created_at__lt=timezone.now() - KEPT).order_by("created_at")
        rows = list(old.select_for_update(skip_locked=True).values_list("pk", flat=True)[:SWEPT])
        cls.objects.filter(pk__in=rows).delete()

    def fail(self) -> None:
        """It could not be sent: it opens nothing, and the hour and the day do not count it."""
        SmsCode.objects.filter(pk=self.pk).update(failed_at=timezone.now())

    @classmethod
    def of(cls, token: str, purpose: str) -> "SmsCode | None":
        return cls.objects.filter(request=_request(token, purpose)).first()

    def use(self, code: str) -> None:
        """Take the right code, once. Counted before it is compared. Raises Refused."""
        rows = SmsCode.objects.filter(pk=self.pk)
        if not rows.alive().update(tries=models.F("tries") + 1):
            raise Refused(Refusal.CODE_DEAD, {"code": Refusal.CODE_DEAD.label})
        if not compare_digest(self.code, _answer(self.request, code)):
            raise Refused(Refusal.CODE_WRONG, {"code": Refusal.CODE_WRONG.label})
        if not rows.filter(used_at=None).update(used_at=timezone.now()):
            raise Refused(Refusal.CODE_DEAD, {"code": Refusal.CODE_DEAD.label})

    def proves(self, phone: str, within: timedelta) -> bool:
        """Whether the holder of this phone answered it so lately."""
        return self.phone == phone and self.used_at is not None and self.used_at > timezone.now() - within


def _request(token: str, purpose: str) -> str:
    return digest(f"{purpose}:{token}", context="sms request")


def _answer(request: str, code: str) -> str:
    return digest(f"{request}:{code}", context="sms code")
