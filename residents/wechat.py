"""What WeChat tells our server of who opened the mini-program: the openid, and the phone.

Of all that WeChat answers these two alone are read; the session key stays in the answer, and nobody
keeps that. Neither an exception nor the log has a value of it, nor of what was sent.
"""

import http.client
import json
import time
from typing import Any

import requests
import structlog
from django.conf import settings
from django.core.cache import cache
from urllib3.exceptions import HTTPError

from .crypto import SealError, digest, seal, unseal
from .exceptions import Refusal, Refused
from .validators import normalise_phone
from .watched import Session, Watch

SECONDS = 6.0  # for one exchange, to the last byte
SILENCE = 4.0
MOST_BYTES = 64_000
MOST_TEXT = 1024
LONGEST = 7200  # seconds that a token lasts
EARLY = 300  # seconds before its end a token is used no more
HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}

# Of a code from the mini-program: none of WeChat's, too old, used before, of a barred user.
WRONG_CODE = frozenset({40029, 40163, 40226, 41008})
# Of the access token: not the newest, malformed, over.
DEAD_TOKEN = frozenset({40001, 40014, 42001})

log = structlog.get_logger(__name__)


def openid(code: str) -> str:
    """Of whom `wx.login` gave this code, which WeChat takes once. Raises Refused."""
    asked = {"js_code": code, "grant_type": "authorization_code", "appid": settings.WECHAT_APP_ID}
    answer = _ask("GET", "/sns/jscode2session", {**asked, "secret": settings.WECHAT_APP_SECRET})
    _require_success(answer)
    return _text(answer, "openid")


def phone(code: str) -> str:
    """Which `getPhoneNumber` gave this code, eleven digits. Raises Refused."""
    answer = _phone(code, token := _token())
    if _errcode(answer) in DEAD_TOKEN:
        answer = _phone(code, _token(refused=token))
    _require_success(answer)
    info = answer.get("phone_info")
    if not isinstance(info, dict):
        raise _failed("shape")
    found, country = normalise_phone(_text(info, "purePhoneNumber")), str(info.get("countryCode"))
    if not found or country != "86":
        raise Refused(Refusal.INVALID, {"phone_code": "请使用中国大陆的手机号。"})
    return found


def _phone(code: str, token: str) -> dict[str, Any]:
    return _ask("POST", "/wxa/business/getuserphonenumber", {"access_token": token}, {"code": code})


def _token(refused: str = "") -> str:
    """The app's access token, one for all processes, unless it is the one that WeChat refused.

    A stable one: asking for it again ends none that another process uses.
    """
    key = f"wechat-token:{digest(settings.WECHAT_APP_ID, context='wechat app')}"
    if (kept := _kept(key)) and kept != refused:
        return kept
    app = {"appid": settings.WECHAT_APP_ID, "secret": settings.WECHAT_APP_SECRET}
    answer = _ask("POST", "/cgi-bin/stable_token", {}, {"grant_type": "client_credential", **app})
    _require_success(answer)
    token, lasts = _text(answer, "access_token"), answer.get("expires_in")
    if not isinstance(lasts, int):
        raise _failed("shape")
    if lasts > EARLY:
        cache.set(key, seal(token, context=key), min(lasts, LONGEST) - EARLY)
    return token


def _kept(key: str) -> str:
    """ "" where there is none, or none that today's keys open."""
    try:
        return unseal(cache.get(key, ""), context=key)
    except SealError:
        return ""


def _errcode(answer: dict[str, Any]) -> int:
    """0 of a success, in which WeChat may leave it out."""
    code = answer.get("errcode", 0)
    return code if isinstance(code, int) else -1


def _require_success(answer: dict[str, Any]) -> None:
    code = _errcode(answer)
    if code in WRONG_CODE:
        raise Refused(Refusal.WECHAT_WRONG)
    if code != 0:
        raise _failed(code)


def _text(answer: dict[str, Any], name: str) -> str:
    value = answer.get(name)
    if isinstance(value, str) and value.strip() and value.isprintable() and len(value) <= MOST_TEXT:
        return value
    raise _failed("shape")


def _ask(method: str, path: str, query: dict[str, str], body: Any = None) -> dict[str, Any]:
    """The object that WeChat answers. Raises Refused; also where we have no app: nothing is asked then."""
    if not settings.WECHAT_APP_ID:
        raise _failed("no app")
    url, cause = settings.WECHAT_BASE_URL.rstrip("/") + path, "shape"
    try:
        answer = json.loads(_exchange(method, url, query, body).decode("utf-8"))
    except (requests.RequestException, HTTPError, http.client.HTTPException, OSError) as error:
        answer, cause = None, type(error).__name__
    except (ValueError, RecursionError):  # no UTF-8, no JSON
        answer = None
    if not isinstance(answer, dict):  # raised here: what was caught above quotes what was sent
        raise _failed(cause)
    return answer


def _exchange(method: str, url: str, query: dict[str, str], body: Any) -> bytes:
    with Watch(SECONDS), Session.watched(1) as session:
        sent: dict[str, Any] = {"params": query, "json": body, "headers": HEADERS}
        end = time.monotonic() + SECONDS
        with session.request(
            method, url, **sent, stream=True, allow_redirects=False, timeout=SILENCE
        ) as response:
            if response.status_code != 200:
                raise requests.HTTPError
            return _read(response.raw, end)


def _read(raw: Any, end: float) -> bytes:
    """All of it, in time and of a size. Raises ValueError, TimeoutError."""
    found = bytearray()
    while chunk := raw.read1(MOST_BYTES, decode_content=False):
        found += chunk
        if len(found) > MOST_BYTES:
            raise ValueError("too big")
    if time.monotonic() > end:  # what the watch cut short looks like an end
        raise TimeoutError
    return bytes(found)


def _failed(cause: object) -> Refused:
    """To be raised; why stands in the log."""
    log.warning("wechat failed", cause=cause)
    return Refused(Refusal.WECHAT_FAILED)
