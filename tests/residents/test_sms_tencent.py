"""SMS by Tencent Cloud: what goes over the wire, and what an answer other than Ok means."""

import json
import logging
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from residents import sms
from residents.exceptions import Refused
from tests.cast import ZHOU_PHONE

# Python 3.12 and later say so of the kit itself.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp:DeprecationWarning")

CODE = "012345"


def answer(code: str) -> dict[str, Any]:
    status = {
        "SerialNo": "1",
        "PhoneNumber": f"+86{ZHOU_PHONE}",
        "Fee": 1,
        "Code": code,
        "Message": ZHOU_PHONE,
    }
    return {"Response": {"SendStatusSet": [status], "RequestId": "r"}}


class Tencent(ThreadingHTTPServer):
    """Stands in for sms.tencentcloudapi.com: keeps what it was asked, answers as it was told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer: Any = answer("Ok")
        self.status = 200
        self.asked: list[tuple[dict[str, str], dict[str, Any]]] = []


class Handler(BaseHTTPRequestHandler):
    server: Tencent

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((dict(self.headers), json.loads(body)))
        told = json.dumps(self.server.answer).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *args: Any) -> None:
        """Nothing on the tests' output."""


@pytest.fixture
def tencent(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tencent]:
    with Tencent() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        set_up(settings, f"http://127.0.0.1:{server.server_port}", monkeypatch)
        yield server
        server.shutdown()


def set_up(settings: Any, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    settings.SMS_BACKEND = "residents.sms_tencent.TencentBackend"
    settings.SMS_TENCENT_SECRET_ID, settings.SMS_TENCENT_SECRET_KEY = "the-id", "the-key"
    settings.SMS_TENCENT_APP_ID, settings.SMS_TENCENT_TEMPLATE = "1400000000", "449739"
    settings.SMS_TENCENT_SIGN, settings.SMS_TENCENT_ENDPOINT = "物业", endpoint


def test_one_message_to_one_phone_with_the_code_alone(tencent: Tencent) -> None:
    sms.send(ZHOU_PHONE, CODE)
    ((_, body),) = tencent.asked
    assert body == {
        "PhoneNumberSet": [f"+86{ZHOU_PHONE}"],
        "SmsSdkAppId": "1400000000",
        "SignName": "物业",
        "TemplateId": "449739",
        "TemplateParamSet": [CODE],
    }


def test_the_request_is_signed_and_its_key_stays_here(tencent: Tencent) -> None:
    sms.send(ZHOU_PHONE, CODE)
    ((headers, body),) = tencent.asked
    assert headers["Authorization"].startswith("TC3-HMAC-SHA256 Credential=the-id/")
    assert (headers["X-TC-Action"], headers["X-TC-Version"]) == ("SendSms", "2021-01-11")
    assert "the-key" not in f"{headers}{body}"


FAILURES: dict[str, Any] = {
    "refused": answer("LimitExceeded.PhoneNumberDailyLimit"),
    "an error": {"Response": {"Error": {"Code": "AuthFailure", "Message": ZHOU_PHONE}, "RequestId": "r"}},
    "no status": {"Response": {"SendStatusSet": [], "RequestId": "r"}},
    "two statuses": {"Response": {"SendStatusSet": answer("Ok")["Response"]["SendStatusSet"] * 2}},
    "no response": {"Response": None},
    "no object": [],
}


@pytest.mark.parametrize("told", FAILURES.values(), ids=FAILURES)
def test_what_tencent_refuses_is_not_sent(tencent: Tencent, told: Any) -> None:
    tencent.answer = told
    with pytest.raises(Refused) as caught:
        sms.send(ZHOU_PHONE, CODE)
    assert caught.value.code == "sms_failed"


def test_an_error_of_the_server_is_not_sent(tencent: Tencent) -> None:
    tencent.status = 502
    with pytest.raises(Refused, match="sms_failed"):
        sms.send(ZHOU_PHONE, CODE)


def test_without_a_connection_it_is_not_sent(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        set_up(settings, f"http://127.0.0.1:{nobody.getsockname()[1]}", monkeypatch)
        with pytest.raises(Refused, match="sms_failed"):
            sms.send(ZHOU_PHONE, CODE)


@pytest.mark.parametrize("told", [answer("Ok"), *FAILURES.values()], ids=["Ok", *FAILURES])
def test_nothing_personal_is_logged(tencent: Tencent, caplog: Any, capfd: Any, told: Any) -> None:
    tencent.answer = told
    with caplog.at_level(logging.DEBUG):
        try:
            sms.send(ZHOU_PHONE, CODE)
        except Refused as refused:
            assert ZHOU_PHONE not in f"{refused!r}{refused.__context__!r}"
    written = caplog.text + "".join(capfd.readouterr())
    assert not [one for one in (ZHOU_PHONE, CODE, "the-key") if one in written]
