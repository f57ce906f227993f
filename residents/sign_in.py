"""Signing in by phone or by WeChat: somebody proves which, then an account is found or made."""

import secrets
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

import structlog
from django.conf import settings
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.models import update_last_login
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from . import sms, wechat
from .exceptions import Refusal, Refused
from .models import Device, SmsCode, User
from .models.sms_code import MINUTE

log = structlog.get_logger(__name__)

BACKEND = "residents.backends.PhoneBackend"
STAYS_SIGNED_IN = timedelta(days=14)
PROOF_LASTS = timedelta(minutes=10)  # of the old phone, while the new one is typed


def send_code(phone: str, purpose: str, address: str) -> str:
    """Returns the token of whoever asked, with which alone the code may be used. Raises Refused."""
    token = secrets.token_urlsafe()
    row, code = SmsCode.issue(phone, purpose, token, address)
    try:
        sms.send(phone, code)
    except Refused:
        row.fail()
        raise
    return token


def use_code(token: str, purpose: str, code: str) -> str:
    """The phone of whoever typed the right code, which opens nothing again. Raises Refused."""
    row = SmsCode.of(token, purpose)
    if row is None:
        raise Refused(Refusal.CODE_DEAD, {"code": Refusal.CODE_DEAD.label})
    row.use(code)
    return row.phone


def require_proof(user: User, token: str) -> None:
    """That the code of the account's phone was typed for this token lately. Raises Refused at the token."""
    row = SmsCode.of(token, SmsCode.Purpose.CHANGE_OLD)
    if row is None or not row.proves(user.phone or "", PROOF_LASTS):
        raise Refused(Refusal.CODE_DEAD, {"old_request": "请先验证现在的手机号。"})


class Codes:
    """The codes of one purpose that a visitor asks for. The session has the last one's token, no phone."""

    def __init__(self, request: HttpRequest, purpose: str) -> None:
        self.request, self.purpose, self._key = request, purpose, f"sms_{purpose}"

    def send(self, phone: str) -> None:
        """In place of the one before, which stands where this one cannot be sent. Raises Refused."""
        self.request.session[self._key] = send_code(phone, self.purpose, client_address(self.request))

    def resend(self) -> None:
        """To the same phone. Raises Refused."""
        self.send(self._required().phone)

    def use(self, code: str) -> str:
        """The phone of whoever typed the right code, which opens nothing again. Raises Refused."""
        return use_code(self.token, self.purpose, code)

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

    @property
    def token(self) -> str:
        """Of the last one, "" where none was asked for."""
        return str(self.request.session.get(self._key, ""))

    @property
    def _last(self) -> SmsCode | None:
        return SmsCode.of(self.token, self.purpose)

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
    """The holder of this phone, who has just proved it, in a browser. Raises Refused."""
    login(request, admitted(phone), backend=BACKEND)
    request.session.set_expiry(STAYS_SIGNED_IN)


def sign_in_device(user: User, name: str) -> tuple[Device, str]:
    """An admitted account in a mini-program: the device, and its token, which is told once."""
    update_last_login(User, user)
    return Device.sign_in(user, name)


def admitted(phone: str) -> User:
    """The account of who has just proved this phone. Raises Refused: only now is it told why not."""
    user = _let_in(_account_of(phone))
    if not user.phone_verified_at:
        user.phone_verified_at = timezone.now()
        user.save(update_fields=["phone_verified_at"])
    return user


def admitted_by_wechat(code: str, phone_code: str = "") -> User:
    """The account of this WeChat, else that of the phone which WeChat proves of it. Raises Refused.

    Whoever is known by WeChat is asked for no phone, and one that is sent all the same changes nothing.
    """
    openid = wechat.openid(code)
    known = User.objects.filter(wechat_openid=openid).first()
    if known is not None:
        return _let_in(known)
    if not phone_code:
        raise Refused(Refusal.PHONE_UNVERIFIED)
    return _know_by_wechat(admitted(wechat.phone(phone_code)), openid)


def _know_by_wechat(user: User, openid: str) -> User:
    """From now on by this WeChat, and no other: the phone is the proof. Raises Refused.

    The account that the same WeChat was let into at the same moment, by another phone, stands.
    """
    still = User.objects.filter(User.UNLOCKED, pk=user.pk, phone=user.phone)
    try:
        with transaction.atomic():
            known = still.filter(is_staff=False, is_superuser=False).update(wechat_openid=openid)
    except IntegrityError:
        return _let_in(User.objects.get(wechat_openid=openid))
    if not known:
        raise Refused(Refusal.WECHAT_WRONG)
    user.refresh_from_db()
    return user


def _let_in(user: User) -> User:
    """No office by a phone, and nobody who is locked. Raises Refused."""
    if user.is_office:
        raise Refused(Refusal.STAFF_PASSWORD)
    user.require_unlocked()
    return user


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
