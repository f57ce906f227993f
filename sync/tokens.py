"""The platform's token, one for all processes, and who may renew it.

It lies sealed in Django's default cache. A lease there makes the renewal single-flight: the
holder alone asks for a token; a dead holder's lease ends by itself. What a thread has seen of
a token stays in its process (`Sightings`).
"""

import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self

from django.core.cache import cache

from residents.crypto import SealError, digest, seal, unseal

RECENT_SECONDS = 2.0


@dataclass(frozen=True)
class Token:
    """A token as issued once: the platform may issue the same value twice."""

    value: str = field(repr=False, compare=False)
    serial: str = field(default_factory=lambda: uuid.uuid4().hex)


class TokenStore:
    """The newest token of one platform account."""

    def __init__(self, token_url: str, key_k: str) -> None:
        account = digest(f"{token_url}\n{key_k}", context="platform-account")
        self._key = f"platform-token:{account}"
        self.lock = f"platform-renewal:{account}"
        self._seen: tuple[Token | None, float] = (None, 0.0)

    def recent(self) -> Token | None:
        """The newest token of the last seconds: good enough to ask with, where thousands are asked.
        What a refusal of it means is judged by `newest`."""
        token, seen_at = self._seen
        return token if token and time.monotonic() - seen_at < RECENT_SECONDS else self.newest()

    def newest(self) -> Token | None:
        """None where there is none, or none that today's keys open."""
        token = self._kept()
        self._seen = (token, time.monotonic())
        return token

    def _kept(self) -> Token | None:
        sealed = cache.get(self._key)
        if not isinstance(sealed, str):
            return None
        try:
            serial, _, value = unseal(sealed, context=self._key).partition(" ")
        except SealError:
            return None
        return Token(value, serial)

    def publish(self, token: Token) -> None:
        cache.set(self._key, seal(f"{token.serial} {token.value}", context=self._key), timeout=None)


class Lease:
    """The right to renew, for some seconds, to be given back. One per question; not for many threads."""

    def __init__(self, lock: str, seconds: float) -> None:
        self._lock = lock
        self._seconds = seconds
        self._owner = uuid.uuid4().hex
        self._was_ours = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.release()

    def take(self) -> bool:
        """True where it is ours now. Only a lease that looks free is asked for: asking is a write."""
        if cache.get(self._lock) is None:
            cache.add(self._lock, self._owner, self._seconds)
        self._was_ours = self.held()
        return self._was_ours

    def held(self) -> bool:
        return bool(cache.get(self._lock) == self._owner)

    def prolong(self) -> None:
        if self.held():
            cache.set(self._lock, self._owner, self._seconds)

    def release(self) -> None:
        """What was never ours is not even looked at: most questions need no lease."""
        if self._was_ours and self.held():
            cache.delete(self._lock)
        self._was_ours = False


class Sightings:
    """Which token this process saw accepted, and for a question sent when (monotonic seconds)."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._under_way: Counter[str] = Counter()
        self._accepted = ("", 0.0)

    @contextmanager
    def asking(self, token: Token) -> Iterator[None]:
        with self._changed:
            self._under_way[token.serial] += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way[token.serial] -= 1
                self._under_way += Counter()  # drops the zeros: tokens come and go
                self._changed.notify_all()

    def accepted(self, token: Token, sent: float) -> None:
        with self._changed:
            serial, latest = self._accepted
            if serial != token.serial or latest < sent:
                self._accepted = (token.serial, sent)
            self._changed.notify_all()

    def prove(self, token: Token, since: float, seconds: float) -> bool:
        """Whether the token was accepted for a question sent after `since`.

        Waits for that, `seconds` at most, as long as others of this process are asking with it.
        """
        end = time.monotonic() + seconds
        with self._changed:
            while not self._proven(token, since) and self._under_way[token.serial]:
                left = end - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    break
            return self._proven(token, since)

    def _proven(self, token: Token, since: float) -> bool:
        serial, sent = self._accepted
        return serial == token.serial and sent > since
