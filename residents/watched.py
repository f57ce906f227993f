"""HTTP of which every exchange has an end, and which nothing leads elsewhere.

requests' own timeout counts from one byte to the next, so what drips never ends. A `Watch` shuts
the sockets of its thread when the time of the whole call is over, in the headers or the body.
"""

import logging
import socket
import threading
from contextlib import suppress
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Self

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

# urllib3 warns of malformed headers and quotes them, and of less it tells each address with what is
# asked there: none of that belongs into our log.
logging.getLogger("urllib3").setLevel(logging.ERROR)


class Watch:
    """Shuts the sockets that its thread uses when `seconds` are over."""

    def __init__(self, seconds: float) -> None:
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._over = False
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        _current.watch = self
        self._timer.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        _current.watch = None
        self._timer.cancel()
        with self._lock:
            # From here on the socket may be another thread's.
            self._sockets.clear()

    def see(self, sock: socket.socket) -> None:
        with self._lock:
            self._sockets.append(sock)
        if self._over:
            self._end()

    def _end(self) -> None:
        with self._lock:
            self._over = True
            for sock in self._sockets:
                with suppress(OSError):
                    # Not SSLSocket.shutdown: it takes the TLS state from under the reading thread.
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)


class _Current(threading.local):
    watch: Watch | None = None


_current = _Current()


def _watch(sock: socket.socket | None) -> None:
    if _current.watch is not None and sock is not None:
        _current.watch.see(sock)


class _Connection(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _watch(self.sock)

    def request(self, *args: Any, **kwargs: Any) -> None:
        _watch(self.sock)
        super().request(*args, **kwargs)


class _SecureConnection(HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        _watch(self.sock)

    def request(self, *args: Any, **kwargs: Any) -> None:
        _watch(self.sock)
        super().request(*args, **kwargs)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": SecurePool}


class Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: even when told not to follow, requests reads the whole body of a redirect, of any size."""
        return None

    @classmethod
    def watched(cls, connections: int) -> Self:
        """Without proxies, `.netrc` and cookies; safe for many threads. Close it when done."""
        session = cls()
        session.trust_env = False
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            session.mount(scheme, _Adapter(pool_maxsize=connections))
        return session
