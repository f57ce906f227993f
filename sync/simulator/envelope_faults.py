"""Faults of the protocol around the data: section C3 of the fault catalogue.

P8 (paging) has no counterpart in an interface that asks for one phone.
"""

from typing import Any

from sync.simulator import community
from sync.simulator.exchange import DEAD_TOKEN, NOT_FOUND, Exchange
from sync.simulator.messages import envelope, json_bytes, refusal, response
from sync.simulator.platform import TOKEN_PATH
from sync.simulator.registry import Play, Registry
from sync.simulator.transport_faults import HTML, PAGE, first, status_page

FAULTS = Registry()

LONG = 100_000
TOO_OFTEN = "请求频繁，请稍后再试"


def say(document: object) -> Play:
    return lambda exchange: exchange.json(document)


# P1, P2: code

FAULTS.document("p1-refused", refusal("查询失败"))
FAULTS.document("p1-long-message", refusal("错" * LONG))
FAULTS.document("p1-markup-message", refusal("<script>alert(1)</script>"))
FAULTS.document("p1-no-message", {"code": "1"})
FAULTS.document("p1-code-2", refusal("系统错误", "2"))
FAULTS.document("p1-code-500", refusal("系统错误", 500))


@FAULTS.named("p1-personal-message")
def personal_message(exchange: Exchange) -> None:
    """Another code, whose message repeats the phone and a number."""
    number = (exchange.data() or {}).get("people_idcard")
    exchange.json(refusal(f"用户{exchange.phone}（{number}）查询出错", "3"))


@FAULTS.named("p1-refused-with-data")
def refused_with_data(exchange: Exchange) -> None:
    exchange.json(envelope(exchange.data(), "1", NOT_FOUND))


def with_code(code: object) -> Play:
    return lambda exchange: exchange.json(envelope(exchange.data(), code))


for code_name, code in {
    "string": "0",
    "int": 0,
    "float": 0.0,
    "true": True,
    "false": False,
    "null": None,
    "space": " 0",
    "success": "success",
    "empty": "",
    "float-string": "0.0",
    "leading-zero": "00",
    "list": [0],
    "full-width": "０",
    "negative": -1,
}.items():
    FAULTS.add(f"p2-code-{code_name}", with_code(code))


@FAULTS.named("p2-code-missing")
def code_missing(exchange: Exchange) -> None:
    exchange.json({"msg": "查询成功", "data": exchange.data()})


# P3: tokens that end. P5: a token that ends the others


@FAULTS.named("p3-token-expired")
def token_expired(exchange: Exchange) -> None:
    """All tokens end with the first lookup under a token that was used before; a fresh one is good.

    A refusal of a fresh token would be an answer: it cannot be told from an unknown phone.
    """
    platform = exchange.platform
    fresh = platform.tokens.is_fresh(exchange.request.token)
    if fresh or platform.count(exchange.scope("p3-token-expired")) > 1:
        exchange.healthy()
    else:
        platform.expire_tokens()
        exchange.refuse(DEAD_TOKEN)


FAULTS.document("p3-token-always-expired", refusal(DEAD_TOKEN))


@FAULTS.named("p3-token-expires-after-answer")
def token_expires_after_answer(exchange: Exchange) -> None:
    """Each token is good for one lookup, whoever sends it."""
    exchange.platform.expire_tokens()
    exchange.healthy()


# P4, P6: the token endpoint

HEALTHY_TOKEN = {"code": "0", "msg": "token获取成功"}


def token_with(**fields: Any) -> Play:
    """A good token with fields of its own around it; None leaves a field out."""

    def play(exchange: Exchange) -> None:
        document = {**HEALTHY_TOKEN, "token": exchange.platform.tokens.issue(), **fields}
        exchange.json({key: value for key, value in document.items() if value is not None})

    return play


for token_name, token_play in {
    "p4-token-refused": say(refusal("token获取失败")),
    "p4-token-missing": say(HEALTHY_TOKEN),
    "p4-token-empty": say({**HEALTHY_TOKEN, "token": ""}),
    "p4-token-null": say({**HEALTHY_TOKEN, "token": None}),
    "p4-token-number": say({**HEALTHY_TOKEN, "token": 12345}),
    "p4-token-list": say({**HEALTHY_TOKEN, "token": []}),
    "p4-token-500": status_page(500),
    "p4-token-401": status_page(401),
    "p4-token-html": lambda exchange: exchange.reply(PAGE.format("维护").encode(), HTML),
    "p4-token-stall": lambda exchange: exchange.stall(),
    "p4-token-reset": lambda exchange: exchange.reset(),
    "p4-token-too-often": say(refusal(TOO_OFTEN)),
    "p4-token-without-code": token_with(code=None),
    "p4-expires-text": token_with(expires_in="soon"),
    "p4-expires-string": token_with(expires_in="7200"),
    "p4-expires-zero": token_with(expires_in=0),
    "p4-expires-negative": token_with(expires_in=-1),
    "p6-wrong-credentials": say(refusal("key错误")),
}.items():
    FAULTS.add(token_name, token_play, TOKEN_PATH)


@FAULTS.named("p5-single-token", TOKEN_PATH)
def single_token(exchange: Exchange) -> None:
    exchange.json({**HEALTHY_TOKEN, "token": exchange.platform.tokens.issue(alone=True)})


# P7 to P11: limits, drift, maintenance, somebody else's answer

FAULTS.document("p7-too-often", refusal(TOO_OFTEN))
FAULTS.add("p7-too-often-once", first("p7-too-often-once", say(refusal(TOO_OFTEN))))


def renamed(data: dict[str, Any]) -> dict[str, Any]:
    """A new version of the interface, without the prefix."""
    return {key.removeprefix("people_"): value for key, value in data.items()}


FAULTS.data("p9-renamed-key", renamed)


@FAULTS.named("p9-renamed-data")
def renamed_data(exchange: Exchange) -> None:
    exchange.json({"code": "0", "msg": "查询成功", "result": exchange.data()})


@FAULTS.named("p9-new-envelope")
def new_envelope(exchange: Exchange) -> None:
    exchange.json({"status": 200, "message": "ok", "result": {"user": exchange.data()}})


FAULTS.fixed("p10-maintenance", PAGE.format("系统维护中").encode(), HTML)


def another_answer(asked: str) -> dict[str, Any]:
    """The data of a phone that nobody asked for."""
    phone = next(phone for phone in community.PHONES if phone != asked)
    return community.answer(phone) or {}


@FAULTS.named("p11-other-answer")
def other_answer(exchange: Exchange) -> None:
    exchange.json(envelope(another_answer(exchange.phone)))


@FAULTS.named("p11-two-answers")
def two_answers(exchange: Exchange) -> None:
    """Another answer before the own one: the next request of this connection would read the wrong one."""
    other = json_bytes(envelope(another_answer(exchange.phone)))
    exchange.send(response(other) + response(json_bytes(exchange.document())))
