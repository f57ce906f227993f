"""Signing in by phone: a code is asked for and answered, then an account is found or made."""

import secrets
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

import structlog
from django.conf import settings
from django.contrib.auth import login, update_session_auth_hash
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from . import sms
from .exceptions import Refusal, Refused
from .models import SmsCode, User
from .models.sms_code import MINUTE

log = structlog.get_logger(__name__)

BACKEND = "residents.backends.PhoneBackend"
STAYS_SIGNED_IN = timedelta(days=14)


class Codes:
    """The codes of one purpose that a visitor asks for. The session has the last one's token, no phone."""

    def __init__(self, request: HttpRequest, purpose: str) -> None:
        self.request, self.purpose, self._key = request, purpose, f"sms_{purpose}"

    def send(self, phone: str) -> None:
        """In place of the one before, which stands where this one cannot be sent. Raises Refused."""
        token = secrets.token_urlsafe()
        row, code = SmsCode.issue(phone, self.purpose, token, client_address(self.request))
        try:
            sms.send(phone, code)
        except Refused:
            row.fail()
            raise
        self.request.session[self._key] = token

    def resend(self) -> None:
        """To the same phone. Raises Refused."""
        self.send(self._required().phone)

    def use(self, code: str) -> str:
        """The phone of whoever typed the right code, which opens nothing again. Raises Refused."""
        row = self._required()
        row.use(code)
        return row.phone

    @property
    def phone(self) -> str:
        """Where a code waits to be typed, in time or not; "" where none was asked for."""
        row = self._last
        return row.phone if row and not row.used_at else ""

    @property
    def seconds_to_wait(self) -> int:
        """Until another may be asked for."""
        row = self._last
        return max(0, round((row.created_at + MINUTE - timezone.now()).total_seconds())) if row else 0

    def proves(self, phone: str, within: timedelta) -> bool:
        """Whether this visitor typed the code of this phone so lately."""
        return bool(self._last and self._last.proves(phone, within))

    @property
    def _last(self) -> SmsCode | None:
        return SmsCode.of(self.request.session.get(self._key, ""), self.purpose)

    def _required(self) -> SmsCode:
        row = self._last
        if row is None:
            raise Refused(Refusal.CODE_DEAD, {"code": Refusal.CODE_DEAD.label})
        return row


def client_address(request: HttpRequest) -> str:
    """Who asks, as our own proxy saw it: what stands before that in the header, anybody may have written.

    Of an IPv6 address the network, of which a visitor has all addresses. "" where it cannot be told.
    """
    found = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        found = request.headers.get("X-Forwarded-For", found).rpartition(",")[2].strip()
    try:
        address = ip_address(_without_port(found))
    except ValueError:
        log.warning("client address unknown", behind_proxy=settings.BEHIND_PROXY)
        return ""
    if not isinstance(address, IPv6Address):
        return str(address)
    return str(address.ipv4_mapped or ip_network((int(address), 64), strict=False))


def _without_port(text: str) -> str:
    """Some proxies tell it: 1.2.3.4:5678, [2001:db8::1]:5678."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def sign_in(request: HttpRequest, phone: str) -> None:
    """The holder of this phone, who has just proved it. Raises Refused: only now is it told why not."""
    user = _account_of(phone)
    if user.is_office:
        raise Refused(Refusal.STAFF_PASSWORD)
    user.require_unlocked()
    User.objects.filter(pk=user.pk, phone_verified_at=None).update(phone_verified_at=timezone.now())
    login(request, user, backend=BACKEND)
    request.session.set_expiry(STAYS_SIGNED_IN)


def _account_of(phone: str) -> User:
    """The account of this phone, made where there is none; two at once make one."""
    found = User.objects.filter(phone=phone).first()
    if found is not None:
        return found
    name = f"住户-{secrets.randbelow(10**10):010}"
    try:
        with transaction.atomic():
            return User.objects.create_user(name, phone=phone, phone_verified_at=timezone.now())
    except IntegrityError:
        return User.objects.get(phone=phone)


def sign_out_elsewhere(request: HttpRequest, user: User) -> None:
    """Every browser but this one."""
    user.end_sessions()
    update_session_auth_hash(request, user)
