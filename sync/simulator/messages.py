"""HTTP/1.1 as bytes: reading one request, writing one response (RFC 9112)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from types import MappingProxyType
from typing import BinaryIO
from urllib.parse import unquote_plus

JSON_TYPE = "application/json; charset=utf-8"
MAX_LINE = 65536


@dataclass(frozen=True)
class Request:
    """One request as it came: header names in lower case, the form's first value of each name."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    form: dict[str, str] = field(default_factory=dict)

    @property
    def route(self) -> str:
        return self.path.partition("?")[0]

    @property
    def phone(self) -> str:
        return self.form.get("phone", "")

    @property
    def token(self) -> str:
        return self.form.get("token", "")

    @property
    def wants_close(self) -> bool:
        return self.headers.get("connection", "").lower() == "close"


def read_head(stream: BinaryIO) -> tuple[str, str, Mapping[str, str]] | None:
    """Method, target and headers of the next request; None where the connection ends."""
    first, lines = stream.readline(MAX_LINE), []
    if len(first.split()) != 3:
        return None
    while (line := stream.readline(MAX_LINE)).strip():
        lines.append(line)
    return parse_head(first, b"".join(lines))


# A client sends the same head again and again: one phone is as long as another.
@lru_cache(maxsize=64)
def parse_head(first: bytes, lines: bytes) -> tuple[str, str, Mapping[str, str]]:
    method, target, _ = (word.decode("latin-1") for word in first.split())
    headers: dict[str, str] = {}
    for line in lines.splitlines():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    return method, target, MappingProxyType(headers)


def read_form(headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """The fields of a urlencoded body; empty for any other content type."""
    if not headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    pairs = [pair.partition("=") for pair in body.decode("utf-8", "replace").split("&")]
    return {unquote_plus(name): unquote_plus(value) for name, _, value in reversed(pairs) if name}


def json_bytes(document: object) -> bytes:
    """UTF-8 as it is, not escaped: an encoding fault must have something to break."""
    return json.dumps(document, ensure_ascii=False).encode()


def envelope(data: object, code: object = "0", msg: str = "查询成功") -> dict[str, object]:
    """The answer of section 1.1.2 of the interface document."""
    return {"code": code, "msg": msg, "data": data}


def refusal(msg: str, code: object = "1") -> dict[str, object]:
    """The platform's only way to say no: HTTP 200 with code 1."""
    return {"code": code, "msg": msg}


def head(status: int, headers: Mapping[str, str], version: str = "HTTP/1.1") -> bytes:
    """The status line and the header lines, with the blank line after them."""
    lines = [f"{version} {status} {HTTPStatus(status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def response(
    body: bytes, content_type: str = JSON_TYPE, status: int = 200, headers: Mapping[str, str] | None = None
) -> bytes:
    """A whole response with its length; `headers` are added, or replace the two of every response."""
    fields = {"Content-Type": content_type, "Content-Length": str(len(body)), **(headers or {})}
    return head(status, fields) + body
