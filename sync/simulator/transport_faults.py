"""Faults below JSON: section C1 of the fault catalogue.

T1 (nobody listens) is a closed port, T18 (a proxy in the environment) is the
client's own affair; neither has a name here.
"""

import gzip
import time
import zlib
from collections.abc import Iterator
from email.utils import formatdate

from sync.simulator import tls
from sync.simulator.exchange import Exchange
from sync.simulator.messages import JSON_TYPE, head, json_bytes, refusal, response
from sync.simulator.platform import LOGIN_PATH, LOOKUP_PATH
from sync.simulator.registry import Play, Registry

FAULTS = Registry()

DRIP_SECONDS = 0.05
BLOCK = b" " * 65536
HUGE_BODY = 200 * 1024 * 1024
BOMB = 50 * 1024 * 1024
PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"
HTML = "text/html; charset=utf-8"


def body_of(exchange: Exchange) -> bytes:
    return json_bytes(exchange.document())


def drip(exchange: Exchange, data: bytes) -> None:
    for place in range(len(data)):
        exchange.send(data[place : place + 1])
        exchange.pause(DRIP_SECONDS)


def json_head(length: int | None = None, **more: str) -> bytes:
    fields = {"Content-Type": JSON_TYPE, **{name.replace("_", "-"): value for name, value in more.items()}}
    if length is not None:
        fields["Content-Length"] = str(length)
    return head(200, fields)


# T2, T3: slowness

FAULTS.add("t2-stall", lambda exchange: exchange.stall())


@FAULTS.named("t2-stall-headers")
def stall_in_headers(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Ty")
    exchange.stall()


@FAULTS.named("t2-stall-body")
def stall_in_body(exchange: Exchange) -> None:
    body = body_of(exchange)
    exchange.send(json_head(len(body)) + body[: len(body) // 2])
    exchange.stall()


@FAULTS.named("t3-slow-drip")
def drip_body(exchange: Exchange) -> None:
    body = body_of(exchange)
    exchange.send(json_head(len(body)))
    drip(exchange, body)


@FAULTS.named("t3-drip-headers")
def drip_headers(exchange: Exchange) -> None:
    """Header after header, so that no read ever waits long and the head never ends."""
    exchange.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        drip(exchange, b"X-Wait: 1\r\n")


@FAULTS.named("t3-drip-chunks")
def drip_chunks(exchange: Exchange) -> None:
    exchange.send(json_head(Transfer_Encoding="chunked"))
    drip(exchange, b"".join(b"1\r\n%c\r\n" % byte for byte in body_of(exchange)) + b"0\r\n\r\n")


# T4 to T6: a body cut or too long


@FAULTS.named("t4-reset")
def reset_in_body(exchange: Exchange) -> None:
    body = body_of(exchange)
    exchange.send(json_head(len(body)) + body[: len(body) // 2])
    exchange.pause(DRIP_SECONDS)  # so that the half arrives before the reset throws it away
    exchange.reset()


FAULTS.add("t4-reset-before", lambda exchange: exchange.reset())


@FAULTS.named("t5-truncated")
def truncated(exchange: Exchange) -> None:
    body = body_of(exchange)
    exchange.finish(json_head(len(body)) + body[: len(body) // 2])


@FAULTS.named("t5-truncated-chunks")
def truncated_chunks(exchange: Exchange) -> None:
    body = body_of(exchange)
    exchange.finish(
        json_head(Transfer_Encoding="chunked") + b"%x\r\n%b" % (len(body), body[: len(body) // 2])
    )


@FAULTS.named("t5-chunks-without-end")
def chunks_without_end(exchange: Exchange) -> None:
    """All data arrived, the closing chunk did not."""
    body = body_of(exchange)
    exchange.finish(json_head(Transfer_Encoding="chunked") + b"%x\r\n%b\r\n" % (len(body), body))


@FAULTS.named("t5-close-without-length")
def close_without_length(exchange: Exchange) -> None:
    body = body_of(exchange)
    exchange.finish(json_head(Connection="close") + body[: len(body) // 2])


FAULTS.add("t5-cut-to-a-number", lambda exchange: exchange.finish(json_head(Connection="close") + b"0"))


@FAULTS.named("t5-cut-line")
def cut_to_first_line(exchange: Exchange) -> None:
    """One line of several, whole JSON by itself, without the data."""
    exchange.finish(json_head(Connection="close") + json_bytes({"code": "0", "msg": "查询成功"}) + b"\n")


@FAULTS.named("t6-longer-than-length")
def longer_than_length(exchange: Exchange) -> None:
    body = body_of(exchange)
    exchange.finish(json_head(len(body) - 20) + body)


# T7, T8: too much


def flood(exchange: Exchange, head_bytes: bytes, block: bytes, times: int) -> None:
    exchange.keep_open = False
    exchange.send(head_bytes)
    for _ in range(times):
        exchange.send(block)


FAULTS.add(
    "t7-huge-body",
    lambda exchange: flood(exchange, json_head(HUGE_BODY), BLOCK, HUGE_BODY // len(BLOCK)),
)
FAULTS.add(
    "t7-huge-without-length",
    lambda exchange: flood(exchange, json_head(Connection="close"), BLOCK, HUGE_BODY // len(BLOCK)),
)
FAULTS.add(
    "t7-huge-chunks",
    lambda exchange: flood(
        exchange,
        json_head(Transfer_Encoding="chunked"),
        b"%x\r\n%b\r\n" % (len(BLOCK), BLOCK),
        HUGE_BODY // len(BLOCK),
    ),
)


def bomb() -> Iterator[bytes]:
    """Zeros, compressed piece by piece: 50 MB in some 50 kB."""
    packer = zlib.compressobj(wbits=31)
    for _ in range(BOMB // len(BLOCK)):
        yield packer.compress(BLOCK)
    yield packer.flush()


@FAULTS.named("t8-gzip-bomb")
def gzip_bomb(exchange: Exchange) -> None:
    exchange.reply(b"".join(bomb()), headers={"Content-Encoding": "gzip"})


@FAULTS.named("t8-gzip")
def gzip_unasked(exchange: Exchange) -> None:
    exchange.reply(gzip.compress(body_of(exchange)), headers={"Content-Encoding": "gzip"})


@FAULTS.named("t8-gzip-undeclared")
def gzip_undeclared(exchange: Exchange) -> None:
    exchange.reply(gzip.compress(body_of(exchange)))


# T9: no HTTP

FAULTS.add("t9-not-http", lambda exchange: exchange.finish(b"SSH-2.0-OpenSSH_9.2\r\n"))
FAULTS.add("t9-empty-reply", lambda exchange: exchange.finish(b""))
FAULTS.add("t9-bad-status", lambda exchange: exchange.finish(b"HTTP/1.1 OK\r\n\r\n{}"))
FAULTS.add("t9-bare-json", lambda exchange: exchange.finish(body_of(exchange)))


# T10 to T12: redirects


def redirect(status: int, target: str | None = None) -> Play:
    """To `platform.redirect_to`, which a test points at a second server, or to a path of this one."""

    def play(exchange: Exchange) -> None:
        location = target or exchange.platform.redirect_to
        exchange.reply(b"", HTML, status, {"Location": location})

    return play


FAULTS.add("t10-redirect", redirect(302))
for redirect_status in (301, 303, 307, 308):
    FAULTS.add(f"t10-redirect-{redirect_status}", redirect(redirect_status))
FAULTS.add("t11-redirect-loop", redirect(307, LOOKUP_PATH))


def until_new_token(name: str, refuse: Play) -> Play:
    """Refuse every token issued up to the first time that this fault is met; healthy under a later one."""

    def play(exchange: Exchange) -> None:
        tokens = exchange.platform.tokens
        last_old = exchange.platform.mark(exchange.scope(name), tokens.newest)
        if tokens.serial(exchange.request.token) <= last_old:
            refuse(exchange)
        else:
            exchange.healthy()

    return play


FAULTS.add("t12-redirect-login", until_new_token("t12-redirect-login", redirect(302, LOGIN_PATH)))
FAULTS.add("t12-redirect-login-always", redirect(302, LOGIN_PATH))


# T13: too many requests


def retry_after(value: str | None) -> Play:
    def play(exchange: Exchange) -> None:
        headers = {} if value is None else {"Retry-After": value}
        exchange.reply(json_bytes(refusal("请求过于频繁", "429")), status=429, headers=headers)

    return play


def first(name: str, refuse: Play, times: int = 1) -> Play:
    """The fault for the first lookups of a phone, then health."""

    def play(exchange: Exchange) -> None:
        if exchange.turn(name) <= times:
            refuse(exchange)
        else:
            exchange.healthy()

    return play


def retry_after_date(exchange: Exchange) -> None:
    retry_after(formatdate(time.time() + 2, usegmt=True))(exchange)


for busy_name, busy in {
    "t13-429": retry_after("1"),
    "t13-429-seconds": retry_after("1"),
    "t13-429-date": retry_after_date,
    "t13-429-past-date": retry_after("Wed, 21 Oct 2015 07:28:00 GMT"),
    "t13-429-zero": retry_after("0"),
    "t13-429-negative": retry_after("-5"),
    "t13-429-huge": retry_after("1000000000"),
    "t13-429-absent": retry_after(None),
    "t13-429-garbage": retry_after("soon"),
}.items():
    FAULTS.add(busy_name, first(busy_name, busy))
FAULTS.add("t13-429-always", retry_after("1"))


# T14 to T16: statuses


def status_page(status: int) -> Play:
    page = PAGE.format(f"{status} Error").encode()
    return lambda exchange: exchange.reply(page, HTML, status)


for error_status in (500, 502, 503, 504):
    FAULTS.add(f"t14-{error_status}", status_page(error_status))
FAULTS.add("t14-500-once", first("t14-500-once", status_page(500)))
FAULTS.add("t14-503-once", first("t14-503-once", status_page(503)))
FAULTS.add("t14-500-healthy-body", lambda exchange: exchange.reply(body_of(exchange), status=500))
FAULTS.add("t14-404", status_page(404))
FAULTS.add("t15-401", status_page(401))
FAULTS.add("t15-403", status_page(403))
FAULTS.add("t15-401-old-token", until_new_token("t15-401-old-token", status_page(401)))
FAULTS.add("t16-204", lambda exchange: exchange.send(head(204, {})))
FAULTS.add("t16-205", lambda exchange: exchange.send(head(205, {"Content-Length": "0"})))
FAULTS.fixed("t16-empty-200", b"")
FAULTS.fixed("t16-blank-200", b" \r\n")


# T17: TLS is played when the connection is accepted; whoever goes on all the same gets a healthy answer

for certificate_name in tls.CERTIFICATES:
    FAULTS.add(str(certificate_name), lambda exchange: exchange.healthy())


# T19, T20: HTTP's corners

FAULTS.add(
    "t19-continue",
    lambda exchange: exchange.send(b"HTTP/1.1 100 Continue\r\n\r\n" + response(body_of(exchange))),
)
FAULTS.add(
    "t19-http10",
    lambda exchange: exchange.finish(
        head(200, {"Content-Type": JSON_TYPE}, version="HTTP/1.0") + body_of(exchange)
    ),
)


@FAULTS.named("t19-lower-case-headers")
def lower_case_headers(exchange: Exchange) -> None:
    body = body_of(exchange)
    exchange.send(head(200, {"content-type": JSON_TYPE, "content-length": str(len(body))}) + body)


@FAULTS.named("t19-duplicate-headers")
def duplicate_headers(exchange: Exchange) -> None:
    body = body_of(exchange)
    twice = head(200, {"Content-Type": JSON_TYPE, "Content-Length": str(len(body))})
    exchange.send(twice[:-2] + twice.partition(b"\r\n")[2] + body)


@FAULTS.named("t19-two-lengths")
def two_lengths(exchange: Exchange) -> None:
    """Two lengths that disagree: RFC 9112, 6.3, calls it an error that cannot be mended."""
    body = body_of(exchange)
    exchange.finish(json_head(len(body))[:-2] + b"Content-Length: %d\r\n\r\n" % (len(body) - 20) + body)


def header_of(name: str, size: int, times: int = 1) -> Play:
    def play(exchange: Exchange) -> None:
        body = body_of(exchange)
        extra = f"{name}: {'a' * size}\r\n".encode() * times
        exchange.send(json_head(len(body))[:-2] + extra + b"\r\n" + body)

    return play


FAULTS.add("t19-huge-header", header_of("X-Filler", 70_000))
FAULTS.add("t19-many-headers", header_of("X-Filler", 10, times=500))


@FAULTS.named("t20-close-after-answer")
def close_after_answer(exchange: Exchange) -> None:
    """The head says nothing of closing, and the connection is closed all the same."""
    exchange.healthy()
    exchange.keep_open = False


@FAULTS.named("t20-dead-keep-alive")
def dead_keep_alive(exchange: Exchange) -> None:
    """Each connection is reset under its second request, or a later one, without a word."""
    if exchange.number > 1:
        exchange.reset()
    else:
        exchange.healthy()
