"""Stands in for api.weixin.qq.com on a real socket: what a mini-program's server asks of it."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

SESSION, PHONE, TOKEN = "/sns/jscode2session", "/wxa/business/getuserphonenumber", "/cgi-bin/stable_token"

Reply = Callable[[BaseHTTPRequestHandler], None]


class Wechat(ThreadingHTTPServer):
    """Each code is taken once. `asked` has path, query and body of each request, in order.

    `said` replaces the answer of a path: an object, or what writes the whole reply.
    """

    daemon_threads = True
    app_id, secret, session_key = "wx0123456789abcdef", "the-secret-of-the-app", "c2Vzc2lvbi1rZXkhIQ=="

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.openids: dict[str, str] = {}
        self.phones: dict[str, tuple[str, str]] = {}
        self.said: dict[str, dict[str, Any] | Reply] = {}
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self.tokens, self.lasts = 1, 7200

    @classmethod
    @contextmanager
    def serving(cls) -> Iterator["Wechat"]:
        with cls() as server:
            threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
            yield server
            server.shutdown()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def paths(self) -> list[str]:
        return [path for path, _, _ in self.asked]

    @property
    def token(self) -> str:
        return f"token-{self.tokens}"

    def opens(self, openid: str) -> str:
        """What `wx.login` gives to whom this is the openid."""
        code = f"login-code-{len(self.openids)}"
        self.openids[code] = openid
        return code

    def gives(self, phone: str, country: str = "86") -> str:
        """What `getPhoneNumber` gives of this phone."""
        code = f"phone-code-{len(self.phones)}"
        self.phones[code] = phone, country
        return code

    def end_token(self) -> None:
        """Somebody else renewed it."""
        self.tokens += 1

    def answer(self, path: str, query: dict[str, str], body: Any) -> dict[str, Any]:
        if path == TOKEN:
            known = (body["appid"], body["secret"]) == (self.app_id, self.secret)
            return {"access_token": self.token, "expires_in": self.lasts} if known else error(40125)
        if path == PHONE:
            return self._phone(body) if query["access_token"] == self.token else error(42001)
        if path == SESSION and (query["appid"], query["secret"]) != (self.app_id, self.secret):
            return error(40125)
        openid = self.openids.pop(query["js_code"], "")
        return {"openid": openid, "session_key": self.session_key} if openid else error(40029)

    def _phone(self, body: Any) -> dict[str, Any]:
        phone, country = self.phones.pop(body["code"], ("", ""))
        if not phone:
            return error(40029)
        mark = {"timestamp": 1, "appid": self.app_id}
        info = {"phoneNumber": f"+{country}{phone}", "purePhoneNumber": phone, "countryCode": country}
        return {"errcode": 0, "errmsg": "ok", "phone_info": {**info, "watermark": mark}}


def error(code: int) -> dict[str, Any]:
    return {"errcode": code, "errmsg": f"error {code} hints: [ReqId]"}


class Handler(BaseHTTPRequestHandler):
    server: Wechat

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length)) if length else None
        self.server.asked.append((parts.path, query, body))
        said = self.server.said.get(parts.path)
        if callable(said):
            said(self)
        else:
            tell(self, json.dumps(said or self.server.answer(parts.path, query, body)).encode())

    do_POST = do_GET

    def log_message(self, *args: Any) -> None:
        """Nothing on the tests' output."""


def tell(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    """As WeChat does, which calls its JSON text/plain."""
    handler.send_response(status)
    for name, value in {"Content-Type": "text/plain", "Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)
