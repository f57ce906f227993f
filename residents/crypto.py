"""Sealing: AES-256-GCM with key rotation, and keyed digests to look sealed values up by.

A sealed text is `<key id>.<base64url of nonce, ciphertext and tag>`, sealed bytes are the same
without the dot and the base64. The key id is derived from the key, so `PII_KEYS` may be reordered
or extended at any time: the first key writes, all of them read. The context is authenticated and
not stored: what was sealed in one place does not open in another.
"""

import base64
import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

DIGEST_LENGTH = 43
_NONCE_BYTES = 12
_KEY_ID_LENGTH = 6


class SealError(Exception):
    """A sealed text does not open. The message never holds a value or a key."""


def seal(plain: str, *, context: str) -> str:
    """Encrypt `plain` with the first of `PII_KEYS`; two seals of one text differ."""
    key_id, body = _encrypt(plain.encode(), context)
    return f"{key_id}.{_encode(body)}"


def unseal(sealed: str, *, context: str) -> str:
    """The text that `seal` was given.

    Raises SealError where the text is malformed, its key is not in `PII_KEYS`, it was
    changed, or it was sealed under another context.
    """
    key_id, _, body = sealed.partition(".")
    return _decrypt(key_id, _decode(body), context).decode()


def seal_bytes(plain: bytes, *, context: str) -> bytes:
    """The same for bytes, where base64 would cost a third more."""
    key_id, body = _encrypt(plain, context)
    return key_id.encode() + body


def unseal_bytes(sealed: bytes, *, context: str) -> bytes:
    """The bytes that `seal_bytes` was given. Raises SealError as `unseal` does."""
    key_id, body = sealed[:_KEY_ID_LENGTH], sealed[_KEY_ID_LENGTH:]
    if len(body) <= _NONCE_BYTES:
        raise SealError("加密数据的格式不正确。")
    return _decrypt(key_id.decode("latin-1"), body, context)


def _encrypt(plain: bytes, context: str) -> tuple[str, bytes]:
    """The id of the key, and nonce with ciphertext."""
    key_id, cipher = next(iter(_ring(tuple(settings.PII_KEYS)).items()))
    nonce = os.urandom(_NONCE_BYTES)
    return key_id, nonce + cipher.encrypt(nonce, plain, context.encode())


def _decrypt(key_id: str, body: bytes, context: str) -> bytes:
    cipher = _ring(tuple(settings.PII_KEYS)).get(key_id)
    if cipher is None:
        raise SealError("加密数据所用的密钥不在设置 PII_KEYS 中。")
    try:
        return cipher.decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], context.encode())
    except InvalidTag:
        raise SealError("加密数据无法打开：密钥不符，或数据被改动、移动过。") from None


def digest(value: str, *, context: str = "") -> str:
    """HMAC-SHA256 of `value` under `PII_DIGEST_KEY`: 43 characters of base64url, equal for equal input."""
    keyed = _keyed(settings.PII_DIGEST_KEY).copy()
    keyed.update(context.encode() + b"\0" + value.encode())
    return _encode(keyed.digest())


@lru_cache(maxsize=8)
def _keyed(key: bytes) -> hmac.HMAC:
    """To be copied: setting up the key takes longer than the digest of a short value."""
    return hmac.new(key, digestmod="sha256")


@lru_cache(maxsize=8)
def _ring(keys: tuple[bytes, ...]) -> dict[str, AESGCM]:
    """Ciphers by key id, the writing key first."""
    return {_key_id(key): AESGCM(key) for key in keys}


def _key_id(key: bytes) -> str:
    return _encode(hashlib.sha256(b"key id\0" + key).digest())[:_KEY_ID_LENGTH]


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    """Strict: exactly what `_encode` writes, since the lenient decoder skips foreign characters."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raw = b""
    if len(raw) <= _NONCE_BYTES or _encode(raw) != text:
        raise SealError("加密数据的格式不正确。")
    return raw
