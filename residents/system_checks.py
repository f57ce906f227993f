"""What must not be so where the site is for everybody."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

_SENDS_NOTHING = ("residents.sms.ConsoleBackend", "residents.sms.MemoryBackend")


def codes_are_sent(**kwargs: Any) -> list[CheckMessage]:
    """Codes that are printed sign in whoever reads the server's output, and nobody else."""
    if settings.SMS_BACKEND not in _SENDS_NOTHING:
        return []
    message = "设置 SMS_BACKEND 不会真正发送短信，住户无法登录。"
    return [Error(message, hint="请改为 residents.sms_tencent.TencentBackend。", id="residents.E001")]
