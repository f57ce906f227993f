"""One request being answered: what a fault may do with the socket."""

import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sync.simulator.messages import JSON_TYPE, Request, envelope, json_bytes, refusal, response
from sync.simulator.platform import LOOKUP_PATH, Platform
from sync.simulator.replies import Body, Healthy, Play, Raw, Reply, settle

NOT_FOUND = "未查询到该用户"
DEAD_TOKEN = "token失效"


class Closing(Exception):
    """The simulator is being closed while an answer was under way."""


@dataclass(frozen=True)
class Fault:
    """A misbehaviour by name; `path` says which of the two endpoints it concerns."""

    name: str
    play: "Callable[[Exchange], None]"
    path: str = LOOKUP_PATH


@dataclass
class Exchange:
    """A request, the platform that was asked, and the socket to answer on.

    `number` counts the requests of this connection from 1; `keep_open` says
    whether the connection may serve another one.
    """

    request: Request
    platform: Platform
    sock: socket.socket
    closing: threading.Event
    faults: Mapping[str, Fault]
    number: int = 1
    keep_open: bool = True

    @property
    def phone(self) -> str:
        return self.request.phone

    def send(self, data: bytes) -> None:
        """Bytes as they are. OSError where the other side has gone."""
        self.sock.sendall(data)

    def pause(self, seconds: float) -> None:
        if seconds and self.closing.wait(seconds):
            raise Closing

    def stall(self) -> None:
        """Say nothing more until the other side leaves or the simulator is closed."""
        self.keep_open = False
        self.sock.recv(1)

    def reset(self) -> None:
        """End the connection with RST instead of FIN: a zero linger makes close() do so."""
        self.keep_open = False
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def finish(self, data: bytes) -> None:
        """Send bytes that end with the connection."""
        self.keep_open = False
        self.send(data)

    def reply(
        self,
        body: bytes,
        content_type: str = JSON_TYPE,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.send(response(body, content_type, status, headers))

    def json(self, document: object) -> None:
        self.reply(json_bytes(document))

    def refuse(self, msg: str = NOT_FOUND) -> None:
        self.json(refusal(msg))

    def data(self) -> dict[str, Any] | None:
        """A copy of what the platform knows of the phone that was asked."""
        return self.platform.answer(self.phone)

    def document(self) -> dict[str, object]:
        """The healthy answer to this lookup, not yet encoded."""
        data = self.data()
        return refusal(NOT_FOUND) if data is None else envelope(data)

    def healthy(self) -> None:
        """What a lookup gets from a platform in good order."""
        if self.phone in self.platform.answers:
            self.give(self.platform.answers[self.phone])
        elif prepared := self.platform.prepared(self.phone):
            self.send(prepared)
        else:
            self.json(self.document())

    def give(self, reply: Reply) -> None:
        """Send a reply of any kind to a lookup; plain data travels in a code-0 envelope."""
        reply = settle(reply, self.request)
        if isinstance(reply, Healthy):
            self.json(self.document())
        elif not self.give_special(reply):
            self.json(envelope(reply))

    def give_special(self, reply: Reply) -> bool:
        """Send a reply that is no plain data; False where it is."""
        if isinstance(reply, Raw):
            self.keep_open = reply.keep_open
            self.send(reply.data)
        elif isinstance(reply, Body):
            self.reply(reply.data, reply.content_type, reply.status, reply.headers)
        elif isinstance(reply, Play):
            self.faults[reply.fault].play(self)
        else:
            return False
        return True

    def turn(self, fault: str) -> int:
        """How often this phone has met this fault, this time included."""
        return self.platform.count((fault, self.phone))

    def scope(self, fault: str) -> tuple[str, str]:
        """A fault of one phone is remembered for that phone, a fault of all lookups once for all."""
        return fault, self.phone if self.phone in self.platform.faults else ""
