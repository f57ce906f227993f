"""What is asked of WeChat and what is made of its answers (residents/wechat.py)."""

import logging
import socket
import time
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from django.core.cache import cache

from residents import wechat as ours
from residents.exceptions import Refused
from tests.cast import ZHOU_PHONE
from tests.household import refused
from tests.wechat_server import PHONE, SESSION, TOKEN, Reply, Wechat, error, tell

pytestmark = pytest.mark.django_db

OPENID = "o6_bmjrPTlm6_2sgVt7hMZOPfL2M"


# -- the openid --------------------------------------------------------------------------


def test_a_code_is_changed_for_the_openid(wechat: Wechat) -> None:
    assert ours.openid(wechat.opens(OPENID)) == OPENID
    ((path, query, _),) = wechat.asked
    assert path == SESSION and query["grant_type"] == "authorization_code"


def test_a_code_of_nobody_is_refused(wechat: Wechat) -> None:
    with refused("wechat_wrong"):
        ours.openid("forged")


def test_a_second_use_of_a_code_is_wechats_to_refuse(wechat: Wechat) -> None:
    ours.openid(code := wechat.opens(OPENID))
    with refused("wechat_wrong"):
        ours.openid(code)


@pytest.mark.parametrize("openid", ["", " ", None, 7, ["o"], "\ud800", "o\n", "o" * 2000])
def test_what_is_no_openid_is_none(wechat: Wechat, openid: Any) -> None:
    wechat.said[SESSION] = {"openid": openid, "session_key": wechat.session_key}
    with refused("wechat_failed"):
        ours.openid("code")


@pytest.mark.parametrize("code", [-1, 40013, 40125, 45011, "40029", [40029], None, {}, 1.5])
def test_an_error_other_than_a_wrong_code_is_told_as_wechats(wechat: Wechat, code: Any) -> None:
    wechat.said[SESSION] = {"errcode": code, "openid": OPENID}
    with refused("wechat_failed"):
        ours.openid("code")


# -- the phone and the token -------------------------------------------------------------


def test_a_phone_is_told_under_the_apps_token(wechat: Wechat) -> None:
    assert ours.phone(wechat.gives(ZHOU_PHONE)) == ZHOU_PHONE
    assert wechat.paths == [TOKEN, PHONE]
    assert wechat.asked[0][1] == {}, "the secret stands in no address"


def test_the_token_is_asked_for_once(wechat: Wechat) -> None:
    for _ in range(3):
        ours.phone(wechat.gives(ZHOU_PHONE))
    assert wechat.paths.count(TOKEN) == 1


def test_a_dead_token_is_renewed_once(wechat: Wechat) -> None:
    ours.phone(wechat.gives(ZHOU_PHONE))
    wechat.end_token()
    assert ours.phone(wechat.gives(ZHOU_PHONE)) == ZHOU_PHONE
    assert ours.phone(wechat.gives(ZHOU_PHONE)) == ZHOU_PHONE
    assert wechat.paths == [TOKEN, PHONE, PHONE, TOKEN, PHONE, PHONE]


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_token_that_stays_dead_is_renewed_no_more(wechat: Wechat, code: int) -> None:
    wechat.said[PHONE] = error(code)
    with refused("wechat_failed"):
        ours.phone("code")
    assert wechat.paths == [TOKEN, PHONE, TOKEN, PHONE]


def test_a_token_that_ends_soon_is_not_kept(wechat: Wechat) -> None:
    wechat.lasts = 200
    for _ in range(2):
        ours.phone(wechat.gives(ZHOU_PHONE))
    assert wechat.paths.count(TOKEN) == 2


def test_the_token_lies_sealed_in_the_cache(wechat: Wechat, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Any] = []
    monkeypatch.setattr(type(cache._connections["default"]), "set", lambda self, *all: kept.append(all))
    ours.phone(wechat.gives(ZHOU_PHONE))
    ((_, sealed, seconds),) = kept
    assert wechat.token not in sealed and seconds == 7200 - 300


@pytest.mark.parametrize(
    "answer", [error(40001), {"access_token": "", "expires_in": 7200}, {"access_token": "t"}]
)
def test_without_a_token_no_phone_is_asked_for(wechat: Wechat, answer: Any) -> None:
    wechat.said[TOKEN] = answer
    with refused("wechat_failed"):
        ours.phone(wechat.gives(ZHOU_PHONE))
    assert wechat.paths == [TOKEN]


def test_a_phone_code_of_nobody_is_refused(wechat: Wechat) -> None:
    with refused("wechat_wrong"):
        ours.phone("forged")


@pytest.mark.parametrize(("phone", "country"), [("61234567", "852"), (ZHOU_PHONE, "1"), ("10086", "86")])
def test_a_phone_of_elsewhere_is_none(wechat: Wechat, phone: str, country: str) -> None:
    with refused("invalid", "phone_code"):
        ours.phone(wechat.gives(phone, country))


@pytest.mark.parametrize("info", [None, [], {}, {"purePhoneNumber": 13800000001, "countryCode": "86"}])
def test_an_answer_without_a_phone_is_none(wechat: Wechat, info: Any) -> None:
    wechat.said[PHONE] = {"errcode": 0, "phone_info": info}
    with refused("wechat_failed"):
        ours.phone("code")


# -- a server that does not do what it should ----------------------------------------------


def body(text: bytes, status: int = 200, **headers: str) -> Reply:
    return lambda handler: tell(handler, text, status, **headers)


def cut(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b'{"openid": "o"')
    handler.close_connection = True


def silent(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.close()


GOOD = b'{"openid": "o", "session_key": "k"}'
BROKEN: dict[str, Reply] = {
    "an error of the server": body(GOOD, 502),
    "a redirect": body(b"", 302, Location="http://127.0.0.1:1/"),
    "no UTF-8": body('{"openid": "老"}'.encode("gbk")),
    "no JSON": body(b"<html>"),
    "no object": body(b"[]"),
    "nothing": body(b""),
    "too big": body(GOOD + b" " * 100_000),
    "too deep": body(b"[" * 30_000),
    "compressed": body(b"\x1f\x8b\x08\x00", **{"Content-Encoding": "gzip"}),
    "cut short": cut,
    "hung up": silent,
}


@pytest.mark.parametrize("reply", BROKEN.values(), ids=BROKEN)
def test_a_broken_answer_is_none(wechat: Wechat, reply: Reply) -> None:
    wechat.said[SESSION] = reply
    with refused("wechat_failed"):
        ours.openid("code")
    assert wechat.paths == [SESSION]


def drip(handler: BaseHTTPRequestHandler) -> None:
    """A header that never ends, a byte at a time."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    for _ in range(200):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)


def test_an_answer_that_drips_has_an_end(wechat: Wechat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours, "SECONDS", 0.5)
    wechat.said[SESSION] = drip
    started = time.monotonic()
    with refused("wechat_failed"):
        ours.openid("code")
    assert time.monotonic() - started < 3


def test_without_a_connection_there_is_no_answer(wechat: Wechat, settings: Any) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        settings.WECHAT_BASE_URL = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with refused("wechat_failed"):
            ours.openid("code")


def test_without_an_app_nothing_is_asked(wechat: Wechat, settings: Any) -> None:
    settings.WECHAT_APP_ID = ""
    with refused("wechat_failed"):
        ours.openid(wechat.opens(OPENID))
    with refused("wechat_failed"):
        ours.phone(wechat.gives(ZHOU_PHONE))
    assert wechat.asked == []


def test_no_proxy_of_the_environment_is_asked(wechat: Wechat, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert ours.openid(wechat.opens(OPENID)) == OPENID


REPLIES: dict[str, Any] = {"good": None, "refused": error(40029), "wrong": error(40125), **BROKEN}


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_nothing_of_it_is_logged_or_raised(wechat: Wechat, caplog: Any, capfd: Any, reply: Any) -> None:
    secrets = [
        wechat.secret,
        wechat.session_key,
        "login-code",
        "phone-code",
        wechat.token,
        ZHOU_PHONE,
        OPENID,
    ]
    if reply is not None:
        wechat.said = {SESSION: reply, PHONE: reply}
    with caplog.at_level(logging.DEBUG):
        for ask, code in ((ours.openid, wechat.opens(OPENID)), (ours.phone, wechat.gives(ZHOU_PHONE))):
            try:
                ask(code)
            except Refused as caught:
                assert caught.__context__ is None or type(caught.__context__) is Refused
                assert not [one for one in secrets if one in repr(caught)]
    written = caplog.text + "".join(capfd.readouterr())
    assert not [one for one in secrets if one in written]
