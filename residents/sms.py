"""Codes leave as SMS, through the class that the setting SMS_BACKEND names."""

from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from .masking import mask_phone


class Backend(Protocol):
    def send(self, phone: str, code: str) -> None:
        """Raises Refused (`sms_failed`) where it was not taken."""


class ConsoleBackend:
    """For the workplace: the code stands where the server runs."""

    def send(self, phone: str, code: str) -> None:
        print(f"短信验证码：{mask_phone(phone)} 的验证码是 {code}，五分钟内有效。", flush=True)


class MemoryBackend:
    """For tests: what would have been sent."""

    outbox: list[tuple[str, str]] = []

    def send(self, phone: str, code: str) -> None:
        self.outbox.append((phone, code))


def send(phone: str, code: str) -> None:
    """Never inside a transaction: it may take seconds. Raises Refused."""
    backend: Backend = import_string(settings.SMS_BACKEND)()
    backend.send(phone, code)
