"""Faults of encoding and JSON: section C2 of the fault catalogue."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from sync.simulator import id_numbers
from sync.simulator.exchange import Exchange
from sync.simulator.messages import JSON_TYPE, envelope, json_bytes
from sync.simulator.registry import Change, Registry

FAULTS = Registry()

BOM = b"\xef\xbb\xbf"
NAME = "people_name"
DEEP = 200_000
OVER_DEPTH_LIMIT = 13


def put(key: str, value: object) -> Change:
    """The data with one value replaced."""
    return lambda data: {**data, key: value}


def alter(key: str, change: Callable[[str], object]) -> Change:
    """The data with one value made from the former one."""
    return lambda data: {**data, key: change(str(data.get(key) or ""))}


def literal(key: str, text: bytes) -> Callable[[Exchange], None]:
    """The data with one value written as JSON text that `json.dumps` would never write."""
    mark = "PLACE-OF-THE-LITERAL"

    def play(exchange: Exchange) -> None:
        data = {**(exchange.data() or {}), key: mark}
        exchange.reply(json_bytes(envelope(data)).replace(f'"{mark}"'.encode(), text))

    return play


# J1 to J4: bytes and characters

FAULTS.body("j1-html-no-charset", lambda body: body, "text/html")
FAULTS.body("j1-text-latin1", lambda body: body, "text/plain; charset=iso-8859-1")
FAULTS.body("j2-bom", lambda body: BOM + body)
FAULTS.data("j2-bom-inner", lambda data: BOM.decode() + json.dumps(data, ensure_ascii=False))


def gbk(body: bytes) -> bytes:
    return body.decode().encode("gb18030")


FAULTS.body("j3-gbk", gbk, "application/json")
FAULTS.body("j3-gbk-declared", gbk, "application/json; charset=gbk")


def only_short_words(value: Any) -> Any:
    """Every text with Chinese in it becomes 学, whose GBK bytes D1 A7 are valid UTF-8 (a Cyrillic letter)."""
    if isinstance(value, dict):
        return {key: only_short_words(each) for key, each in value.items()}
    if isinstance(value, list):
        return [only_short_words(each) for each in value]
    return "学" if isinstance(value, str) and not value.isascii() else value


@FAULTS.named("j3-gbk-short")
def gbk_short(exchange: Exchange) -> None:
    data = only_short_words({**(exchange.data() or {}), "people_nation": "01"})
    exchange.reply(gbk(json_bytes(envelope(data, msg="ok"))), "application/json")


FAULTS.add("j4-invalid-utf8", literal(NAME, b'"\xe5\xbc\xff\xfe"'))
FAULTS.add("j4-overlong-utf8", literal(NAME, b'"\xc0\xaf"'))
FAULTS.data("j4-replacement-char", alter(NAME, lambda name: name[:1] + "\ufffd"))

# J5: something before or after

NOTICE = b"<br />\n<b>Notice</b>:  Undefined index: phone in <b>/www/user.php</b> on line <b>42</b><br />\n"

FAULTS.body("j5-php-notice", lambda body: NOTICE + body)
FAULTS.body("j5-html-comment", lambda body: body + b"\n<!-- 0.013s -->")
FAULTS.body("j5-second-json", lambda body: body + b"\n" + body)
FAULTS.body("j5-whitespace", lambda body: b"\r\n " + body + b" \r\n\r\n")
FAULTS.body("j5-trailing-null", lambda body: body + b"\x00")

# J6: text in the place of data

FAULTS.data("j6-data-string", lambda data: json.dumps(data, ensure_ascii=False))
FAULTS.data("j6-data-string-twice", lambda data: json.dumps(json.dumps(data, ensure_ascii=False)))
EMPTY: Mapping[str, object] = {
    "empty-string": "",
    "null": None,
    "empty-list": [],
    "empty-object": {},
    "null-string": "null",
    "empty-list-string": "[]",
    "empty-object-string": "{}",
    "word": "暂无数据",
    "number": 1,
    "true": True,
}
for empty_name, empty in EMPTY.items():
    FAULTS.document(f"j6-data-{empty_name}", envelope(empty))

# J7, J8: slashes and doubled keys

FAULTS.body("j7-escaped-slashes", lambda body: body.replace(b"/", rb"\/"))
FAULTS.data("j7-doubly-escaped", put("people_photo", r"https:\/\/tc.mg.cool\/uploads\/test.png"))
FAULTS.data("j7-backslash-address", alter("people_address", lambda address: address + r"98\/3"))
FAULTS.body("j8-duplicate-code", lambda body: b'{"code": "1", ' + body[1:])
FAULTS.add("j8-duplicate-phone", literal("people_phone", b'"13800000000", "people_phone": "13900000000"'))
FAULTS.add("j8-duplicate-houses", literal("houses", b'[], "houses": []'))

# J9 to J11: numbers and nesting

FAULTS.add("j9-nan", literal(NAME, b"NaN"))
FAULTS.add("j9-infinity", literal("people_birth", b"-Infinity"))
FAULTS.add("j9-huge-exponent", literal("people_sex", b"1e999"))
FAULTS.add("j10-5000-digits", literal("people_birth", b"9" * 5000))
FAULTS.data("j10-id-as-number", alter("people_idcard", lambda number: int(id_numbers.all_digits(number))))
FAULTS.data("j10-id-rounded", alter("people_idcard", lambda number: id_numbers.rounded(number)))
FAULTS.data("j10-id-as-float", alter("people_idcard", lambda number: float(id_numbers.all_digits(number))))
FAULTS.add("j11-nesting", literal("job_name", b"[" * DEEP + b"]" * DEEP))
FAULTS.add("j11-nesting-objects", literal("job_name", b'{"a":' * DEEP + b"1" + b"}" * DEEP))
FAULTS.add("j11-over-limit", literal("job_name", b"[" * OVER_DEPTH_LIMIT + b"]" * OVER_DEPTH_LIMIT))

# J12 to J14: characters that hurt, and characters that must not

FAULTS.data("j12-null-char", alter(NAME, lambda name: name + "\x00"))
FAULTS.data("j12-null-char-address", alter("people_address", lambda address: address + "\x00"))
FAULTS.data("j12-control-char", alter(NAME, lambda name: name + "\x07"))
FAULTS.add("j12-raw-control", literal(NAME, b'"\x01"'))
FAULTS.add("j13-lone-surrogate", literal(NAME, rb'"\ud83d"'))
FAULTS.add("j13-lone-surrogate-key", literal("job_name", rb'{"\udc00": 1}'))
FAULTS.data("j14-emoji-name", alter(NAME, lambda name: name + "😀"))
FAULTS.data("j14-rare-characters", put(NAME, "𠮷㛃"))
FAULTS.data("j14-middle-dot", put(NAME, "阿卜杜拉·买买提"))
FAULTS.data("j14-nbsp", alter(NAME, lambda name: f"\u00a0{name}\u3000"))
FAULTS.data("j14-zero-width", alter(NAME, lambda name: "\u200b".join(name)))
FAULTS.data("j14-rtl-override", alter(NAME, lambda name: "\u202e" + name))
FAULTS.data("j14-latin-full-width", put(NAME, "Ｊｏｈｎ Smith"))


@FAULTS.named("j14-full-width-digits")
def full_width_digits(exchange: Exchange) -> None:
    wide = {ord(digit): 0xFEE0 + ord(digit) for digit in "0123456789X"}
    data = exchange.data() or {}
    for key in ("people_phone", "people_idcard", "people_birth"):
        data[key] = str(data.get(key) or "").translate(wide)
    exchange.json(envelope(data))


# J15 to J17: shapes

ROOTS: Mapping[str, object] = {
    "null": None,
    "false": False,
    "empty-list": [],
    "list": [{"code": "0"}],
    "string": "ok",
    "number": 0,
    "empty-object": {},
}
for root_name, root in ROOTS.items():
    FAULTS.document(f"j15-root-{root_name}", root)


def each_house(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Change:
    return lambda data: {**data, "houses": [change(house) for house in data["houses"]]}


def gapped(items: list[Any]) -> dict[str, Any]:
    """A PHP array from which something was unset: an object with numbers for keys."""
    return {str(2 * place + 1): item for place, item in enumerate(items)}


def with_members(make: Callable[[list[Any]], object]) -> Change:
    return each_house(lambda house: {**house, "members": make(house["members"])})


FAULTS.data("j16-houses-object", lambda data: {**data, "houses": gapped(data["houses"])})
FAULTS.data("j16-houses-one-object", lambda data: {**data, "houses": data["houses"][0]})
FAULTS.data("j16-houses-null", put("houses", None))
FAULTS.data("j16-houses-text", put("houses", "无"))
FAULTS.data("j16-houses-of-text", put("houses", ["1-1-1-101"]))
FAULTS.data("j16-data-list-of-one", lambda data: [data])
FAULTS.data("j16-members-object", with_members(gapped))
FAULTS.data("j16-members-null", with_members(lambda _members: None))
FAULTS.data("j16-members-empty-object", with_members(lambda _members: {}))
FAULTS.data("j16-members-text", with_members(lambda _members: "无"))
FAULTS.data("j16-members-of-null", with_members(lambda _members: [None]))
FAULTS.data("j16-name-object", put(NAME, {"0": "张三"}))
FAULTS.body("j17-jsonp", lambda body: b"callback(" + body + b");", "application/javascript")
FAULTS.body("j17-single-quotes", lambda body: body.replace(b'"', b"'"))
FAULTS.body("j17-trailing-comma", lambda body: body[:-1] + b",}")
FAULTS.body("j17-comment", lambda body: b"/* ok */" + body, JSON_TYPE)
