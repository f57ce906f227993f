"""HTTP/1.1 as bytes: reading one request, writing one response (RFC 9112)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import BinaryIO
from urllib.parse import parse_qsl

JSON_TYPE = "application/json; charset=utf-8"
MAX_LINE = 65536


@dataclass(frozen=True)
class Request:
    """One request as it came: header names in lower case, the form's first value of each name."""

    method: str
    path: str
    headers: dict[str, str]
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


def read_head(stream: BinaryIO) -> tuple[str, str, dict[str, str]] | None:
    """Method, target and headers of the next request; None where the connection ends."""
    words = stream.readline(MAX_LINE).split()
    if len(words) != 3:
        return None
    headers: dict[str, str] = {}
    while line := stream.readline(MAX_LINE).strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    return words[0].decode("latin-1"), words[1].decode("latin-1"), headers


def read_form(headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """The fields of a urlencoded body; empty for any other content type."""
    if not headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    return dict(reversed(pairs))


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
