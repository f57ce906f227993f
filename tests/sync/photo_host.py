"""A host of photos on 127.0.0.1: it speaks TLS under a name of its own and gives what it was told to."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any, Self

from sync.photo_client import Gate
from sync.simulator import tls
from tests.pictures import picture

NAME = "platform.example"  # what the certificate is for
ADDRESS = f"https://{NAME}/1.jpg"

Reply = bytes | Callable[[ssl.SSLSocket], None]


def answer(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class PhotoHost:
    """`replies` by path, `default` for all others; `heads` are the requests that came, as they came."""

    def __init__(self, certificate: str = tls.WRONG_HOST) -> None:
        self.replies: dict[str, Reply] = {}
        self.default: Reply = answer(picture())
        self.heads: list[str] = []
        self._context = tls.context(certificate)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    @property
    def paths(self) -> list[str]:
        return [head.split(" ")[1] for head in self.heads]

    def gate(self, **changes: Any) -> Gate:
        """The gate of the product, but for what a public address would give it."""
        told: dict[str, Any] = {
            "hosts": frozenset({NAME}),
            "port": self.port,
            "resolve": lambda host: ["127.0.0.1"],
            "is_public": lambda address: True,
            "trust": trusting(tls.WRONG_HOST),
            "deadline": 3.0,
        }
        return Gate(**told | changes)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError), sock, self._context.wrap_socket(sock, server_side=True) as secure:
            head = b""
            while b"\r\n\r\n" not in head:
                if not (block := secure.recv(4096)):
                    return
                head += block
            self.heads.append(head.decode())
            reply = self.replies.get(self.paths[-1], self.default)
            if callable(reply):
                reply(secure)
            else:
                secure.sendall(reply)


def trusting(certificate: str) -> Callable[[], ssl.SSLContext]:
    """A client that knows this certificate, and no other."""

    def make() -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=certificate)
        return context

    return make
