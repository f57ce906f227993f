"""When the platform may be asked: so many times a second, and not while it wants a pause.

Both hold for all processes together (PLATFORM_RATE; T13, P7): what is agreed stands in Django's
default cache, which they share. Time is cut into slots of 1/rate seconds; whoever adds a slot's
key has it, and `add` lets one in. What a process read of a pause it believes for half a second.
"""

import threading
import time
from collections.abc import Callable

from django.core.cache import cache

from residents.crypto import digest

from .exceptions import RateLimited

LONGEST_NAP = 0.25  # seconds: so long a cancelled run may go unnoticed
BELIEVED = 0.5
LONGEST_PAUSE = 90  # more than anybody is granted (transport.LONGEST_WAIT), clocks being what they are
# Slots that nobody used are made up for, so far back.
CATCH_UP = 0.25
KEPT = 60


class Pace:
    """Of one platform account. Safe for many threads."""

    def __init__(self, account: str, rate: float) -> None:
        key = digest(account, context="platform-account")
        self._pause, self._slots = f"platform-pause:{key}", f"platform-slot:{key}:"
        self._rate = rate
        self._turn = threading.Lock()  # one of our threads at a time looks for a slot
        self._last_slot = 0
        self._until, self._read_at = 0.0, 0.0

    def wait(self, patience: float, stopped: Callable[[], bool] = lambda: False) -> None:
        """Until the platform may be asked.

        `patience`: seconds. Raises RateLimited where it takes longer, or `stopped` says so meanwhile.
        """
        end = time.monotonic() + patience
        while (wait := self._to_wait(end)) > 0:
            if stopped() or time.monotonic() + wait > end:
                raise RateLimited
            time.sleep(min(wait, LONGEST_NAP))

    def pause(self, seconds: float) -> None:
        """The platform wants to be left alone so long: by all of us."""
        until = time.time() + seconds
        if seconds > 0 and until > self._paused_until():
            # A table for a cache counts whole seconds, and rounds down.
            cache.set(self._pause, until, seconds + 1)
            self._until, self._read_at = until, time.monotonic()

    def _to_wait(self, end: float) -> float:
        paused = self._paused_until() - time.time()
        if paused > 0 or not self._rate:
            return paused
        if not self._turn.acquire(timeout=max(0.0, min(LONGEST_NAP, end - time.monotonic()))):
            return LONGEST_NAP
        try:
            return self._to_next_slot()
        finally:
            self._turn.release()

    def _paused_until(self) -> float:
        """Seconds since the epoch; what others noted is seen after half a second."""
        if time.monotonic() - self._read_at > BELIEVED:
            self._read_at = time.monotonic()
            noted = cache.get(self._pause)
            self._until = noted if isinstance(noted, float) else 0.0
        # No pause is that long: it was noted before the clock was set back.
        return self._until if self._until - time.time() <= LONGEST_PAUSE else 0.0

    def _to_next_slot(self) -> float:
        """0 where one is ours now, else the seconds until there is another one to try."""
        now = time.time()
        current = int(now * self._rate)
        behind = current - int(self._rate * CATCH_UP)
        # A clock that was set back makes a slot of the future the last one: it is forgotten.
        first = self._last_slot + 1 if behind <= self._last_slot <= current else behind
        for slot in range(first, current + 1):
            self._last_slot = slot
            if cache.add(f"{self._slots}{slot}", True, KEPT):
                return 0.0
        return (current + 1) / self._rate - now
