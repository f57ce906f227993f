"""The platform on a socket of 127.0.0.1: one thread accepts, one serves each connection."""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Any, BinaryIO, Self, cast

from sync.simulator import tls
from sync.simulator.exchange import DEAD_TOKEN, Closing, Exchange, Fault
from sync.simulator.faults import FAULTS
from sync.simulator.messages import Request, read_form, read_head, refusal
from sync.simulator.platform import LOGIN_PATH, LOOKUP_PATH, TOKEN_PATH, Platform
from sync.simulator.replies import HEALTHY, Body, Healthy, Play, Raw, Reply, Script, settle

__all__ = ["HEALTHY", "Body", "Play", "Raw", "Request", "Script", "Simulator"]

HOST = "127.0.0.1"
BACKLOG = 256
JOIN_SECONDS = 5
ACCEPT_SECONDS = 0.5


class Simulator(Platform):
    """A platform that listens while it is entered as a context; it may be entered again later.

    Raises OSError when entered where the port is taken, KeyError for an
    unknown fault.
    """

    def __init__(self, port: int = 0, fault: str | None = None, latency: float = 0.0, **options: Any) -> None:
        super().__init__(fault, latency, **options)
        if fault is not None:
            _ = FAULTS[fault]
        self.port = port
        self._closing = threading.Event()
        self._connections: dict[threading.Thread, socket.socket] = {}
        self._guard = threading.Lock()

    @property
    def url(self) -> str:
        scheme = "https" if self.fault in tls.CERTIFICATES else "http"
        return f"{scheme}://{HOST}:{self.port}"

    @property
    def token_url(self) -> str:
        return self.url + TOKEN_PATH

    @property
    def lookup_url(self) -> str:
        return self.url + LOOKUP_PATH

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen. OSError where the port is taken."""
        self._closing.clear()
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._listener.bind((HOST, self.port))
        except OSError:
            self._listener.close()
            raise
        self._listener.listen(BACKLOG)
        # Only a fallback: where shutdown() wakes accept(), as on Linux, nobody waits for it.
        self._listener.settimeout(ACCEPT_SECONDS)
        self.port = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def stop(self) -> None:
        """Close every connection, whatever is under way on it, and wait for the threads."""
        self._closing.set()
        _shut(self._listener)
        self._acceptor.join(JOIN_SECONDS)
        self._listener.close()
        with self._guard:
            open_now = dict(self._connections)
        for sock in open_now.values():
            _shut(sock)
        for thread in open_now:
            thread.join(JOIN_SECONDS)

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                sock, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                break
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            with self._guard:
                self._connections[thread] = sock
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        """One connection, until one side ends it: the client's leaving is no error here."""
        try:
            with contextlib.suppress(OSError, Closing):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._converse(self._secure(sock))
        finally:
            with self._guard:
                self._connections.pop(threading.current_thread()).close()

    def _secure(self, sock: socket.socket) -> socket.socket:
        """The TLS faults concern the connection, before there is a request."""
        if self.fault not in tls.CERTIFICATES:
            return sock
        wrapped = tls.wrap(sock, self.fault)
        with self._guard:
            self._connections[threading.current_thread()] = wrapped
        if self._closing.is_set():
            raise Closing
        wrapped.do_handshake()
        return wrapped

    def _converse(self, sock: socket.socket) -> None:
        with cast(BinaryIO, sock.makefile("rb")) as stream:
            number = 0
            while not self._closing.is_set() and (request := _read(sock, stream)):
                number += 1
                self.note(request)
                exchange = Exchange(request, self, sock, self._closing, FAULTS, number)
                self._answer(exchange)
                if not exchange.keep_open or request.wants_close:
                    break

    def _answer(self, exchange: Exchange) -> None:
        exchange.pause(self.latency)
        route = exchange.request.route
        if route == LOGIN_PATH:
            exchange.reply("<html><body>请登录</body></html>".encode(), "text/html; charset=utf-8")
        elif route not in (TOKEN_PATH, LOOKUP_PATH):
            exchange.reply(b"", "text/plain", 404)
        elif exchange.request.method != "POST":
            exchange.reply(b"", "text/plain", 405, {"Allow": "POST"})
        elif route == TOKEN_PATH:
            self._answer_token(exchange)
        else:
            self._answer_lookup(exchange)

    def _answer_token(self, exchange: Exchange) -> None:
        fault = self._fault(exchange)
        reply: Reply = HEALTHY
        if self.token_script is not None:
            reply = settle(self.token_script, exchange.request)
        if fault:
            fault.play(exchange)
        elif isinstance(reply, Healthy):
            exchange.json(self._new_token(exchange.request))
        elif not exchange.give_special(reply):
            # Plain data is the whole document here, and a token named in it is alive.
            if isinstance(reply, dict) and isinstance(reply.get("token"), str):
                self.tokens.add(reply["token"])
            exchange.json(reply)

    def _new_token(self, request: Request) -> dict[str, object]:
        if (request.form.get("key_k"), request.form.get("key_d")) != (self.key_k, self.key_d):
            return refusal("token获取失败")
        token = self.tokens.issue(alone=self.single_token)
        return {"code": "0", "msg": "token获取成功", "token": token}

    def _answer_lookup(self, exchange: Exchange) -> None:
        if not self.tokens.accept(exchange.request.token, self.expire_after):
            exchange.refuse(DEAD_TOKEN)
        elif fault := self._fault(exchange):
            fault.play(exchange)
        else:
            exchange.healthy()

    def _fault(self, exchange: Exchange) -> Fault | None:
        """The fault for this request: the phone's own before that of all."""
        for name in (self.faults.get(exchange.phone), self.fault):
            if name is not None and FAULTS[name].path == exchange.request.route:
                return FAULTS[name]
        return None


def _read(sock: socket.socket, stream: BinaryIO) -> Request | None:
    """The next request of the connection; None where it ends."""
    parsed = read_head(stream)
    if parsed is None:
        return None
    method, path, headers = parsed
    if headers.get("expect", "").lower() == "100-continue":
        sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    length = headers.get("content-length", "")
    body = stream.read(int(length) if length.isdigit() else 0)
    return Request(method, path, headers, body, read_form(headers, body))


def _shut(sock: socket.socket) -> None:
    """Wake whoever waits on the socket in another thread; closing it would not."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
