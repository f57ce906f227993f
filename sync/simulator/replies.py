"""What a test may put in place of the healthy answer."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

from sync.simulator.messages import JSON_TYPE, Request


@dataclass(frozen=True)
class Raw:
    """A full HTTP response, sent byte for byte; the connection is closed after it unless kept open."""

    data: bytes
    keep_open: bool = False


@dataclass(frozen=True)
class Body:
    """The bytes of a body under well-formed headers."""

    data: bytes
    content_type: str = JSON_TYPE
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Play:
    """A fault by its name, for one place of a `Script`."""

    fault: str


@dataclass(frozen=True)
class Healthy:
    """What the platform would say by itself."""


HEALTHY = Healthy()

# Any: plain data (dict, list, str, None) is a reply too, and so is a callable that makes one.
Reply = Any
Maker = Callable[[Request], Reply]


class Script(Sequence[Reply]):
    """Replies served one after the other; the last one repeats."""

    def __init__(self, replies: Iterable[Reply]) -> None:
        self._replies = list(replies)
        self._served = 0
        self._lock = threading.Lock()

    @overload
    def __getitem__(self, index: int) -> Reply: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Reply]: ...
    def __getitem__(self, index: int | slice) -> Reply:
        return self._replies[index]

    def __len__(self) -> int:
        return len(self._replies)

    def next(self) -> Reply:
        with self._lock:
            place = min(self._served, len(self._replies) - 1)
            self._served += 1
        return self._replies[place]


def settle(reply: Reply, request: Request) -> Reply:
    """Scripts and callables followed down to what is to be sent."""
    while True:
        if isinstance(reply, Script):
            reply = reply.next()
        elif callable(reply):
            reply = reply(request)
        else:
            return reply
