"""One HTTP exchange with the platform: nothing followed, nothing guessed, nothing without an end.

The watchdog that shuts the socket when the time of the whole call is over, in the headers or the
body, is `residents.watched`.
"""

import http.client
import random
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import requests
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError
from urllib3.response import BaseHTTPResponse

from residents.watched import Session, Watch
from sync.exceptions import RateLimited, SyncError, TransportError

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
LONGEST_WAIT = 60.0
CHUNK_BYTES = 65_536
HEADERS = {
    "User-Agent": "resident-register/1.0",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
}

T = TypeVar("T")


class Deadline:
    """The end of one whole call, on the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        return self._end - time.monotonic()

    def check(self) -> None:
        """Raises TransportError (deadline) when the time is over."""
        if self.left() <= 0:
            raise TransportError("deadline")


@dataclass(eq=False)
class Hiccup(Exception):
    """Worth asking again after `wait` seconds, `times` in all; `error` is raised when that is used up."""

    error: SyncError
    times: int
    wait: float = 0.0


@dataclass(frozen=True)
class Answer:
    """Status, headers and, of a success, the body as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)


def persist(send: Callable[[], T], deadline: Deadline, pause: float) -> T:
    """What `send` returns, sent again after hiccups, with jitter and inside the deadline.

    `pause`: seconds before the first repetition, about; doubled each time. A wait that does
    not fit into the rest of the deadline is not begun. Raises the hiccup's own SyncError.
    """
    tried = 0
    while True:
        try:
            return send()
        except Hiccup as hiccup:
            wait = hiccup.wait + pause * 2**tried * random.uniform(0.5, 1.5)
            if tried >= hiccup.times or wait >= deadline.left():
                raise hiccup.error from None
        time.sleep(wait)
        tried += 1


class Transport:
    """Posts forms. Safe for many threads; close it when done."""

    def __init__(self, *, max_bytes: int, connections: int) -> None:
        self._max_bytes = max_bytes
        self._session = Session.watched(connections)

    def close(self) -> None:
        self._session.close()

    def post(self, url: str, form: Mapping[str, str], deadline: Deadline) -> Answer:
        """The platform's answer, whatever its status below 500, 429 excepted.

        Raises TransportError (deadline, tls, too-big, encoding, empty), or Hiccup for what may pass.
        """
        deadline.check()
        with Watch(deadline.left()):
            try:
                return self._exchange(url, form, deadline)
            except (requests.RequestException, HTTPError, http.client.HTTPException, OSError) as error:
                raise explain(error, deadline) from None

    def _exchange(self, url: str, form: Mapping[str, str], deadline: Deadline) -> Answer:
        left = max(deadline.left(), 0.001)
        timeout = (min(CONNECT_SECONDS, left), min(READ_SECONDS, left))
        with self._session.post(
            url, data=form, headers=HEADERS, stream=True, allow_redirects=False, timeout=timeout
        ) as response:
            _refuse_status(response)
            body = read_body(response.raw, self._max_bytes, deadline) if response.status_code < 300 else b""
            return Answer(response.status_code, response.headers, body)


def read_body(response: BaseHTTPResponse, most: int, deadline: Deadline) -> bytes:
    """The body to its end, as it came. Raises TransportError: encoding, too-big, deadline, empty."""
    if response.headers.get("Content-Encoding", "").strip().lower() not in ("", "identity"):
        raise TransportError("encoding")
    announced = response.headers.get("Content-Length", "")
    if announced.isdecimal() and float(announced) > most:
        raise TransportError("too-big")
    body = bytearray()
    while chunk := response.read1(CHUNK_BYTES, decode_content=False):
        body += chunk
        if len(body) > most:
            raise TransportError("too-big")
    # What the watchdog cut short looks like an end where no length was announced.
    deadline.check()
    if not body.strip():
        raise TransportError("empty")
    return bytes(body)


def _refuse_status(response: requests.Response) -> None:
    status = response.status_code
    if status == 429:
        raise rate_limited(response.headers)
    if status in (204, 205):
        raise TransportError("empty")
    if status < 200 or status >= 500:
        raise Hiccup(TransportError("unavailable"), times=3)


def rate_limited(headers: Mapping[str, str]) -> Hiccup:
    """The platform wants a pause: that of Retry-After, 60 s at most, 1 s where it names none."""
    asked = retry_after(headers.get("Retry-After", ""))
    return Hiccup(RateLimited(), times=2, wait=1.0 if asked is None else asked)


def retry_after(value: str) -> float | None:
    """Seconds from 0 to 60 of a Retry-After header (RFC 9110, 10.2.3), None for no sense."""
    value = value.strip()
    seconds = _date_seconds(value)
    if value.isascii() and value.removeprefix("-").isdecimal():
        seconds = float(value)
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_WAIT)


def _date_seconds(value: str) -> float | None:
    try:
        date = parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds()


def explain(error: BaseException, deadline: Deadline) -> SyncError | Hiccup:
    """What a library's exception means. Its text may quote the platform and is dropped."""
    if deadline.left() <= 0:
        return TransportError("deadline")
    origins = list(_origins(error))
    if any(isinstance(origin, ssl.SSLError) and not _is_cut(origin) for origin in origins):
        return TransportError("tls")
    return Hiccup(TransportError("unavailable"), times=_repetitions(origins))


def _is_cut(error: ssl.SSLError) -> bool:
    """The line broke; that says nothing about trust."""
    return isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError)


def _repetitions(origins: list[BaseException]) -> int:
    """T1, T2, T4, T5, T9: how often it is worth asking again."""
    if any(isinstance(origin, NewConnectionError | NameResolutionError) for origin in origins):
        return 3
    line_cut = (http.client.RemoteDisconnected, http.client.IncompleteRead)
    not_http = [origin for origin in origins if isinstance(origin, http.client.HTTPException)]
    return 1 if any(not isinstance(origin, line_cut) for origin in not_http) else 2


def _origins(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
