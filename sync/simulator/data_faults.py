"""Faults of the data itself: those of section C4 of the fault catalogue that an answer can carry."""

import datetime
from collections.abc import Callable
from typing import Any

from sync.simulator import id_numbers
from sync.simulator.encoding_faults import NAME, alter, each_house, put, with_members
from sync.simulator.envelope_faults import another_answer
from sync.simulator.exchange import Exchange
from sync.simulator.messages import envelope
from sync.simulator.registry import Change, Registry

FAULTS = Registry()

ID = "people_idcard"
BIRTH = "people_birth"
ADDRESS = "people_address"
PHONE = "people_phone"
PHOTO = "people_photo"
POLITICAL = "people_zhengzhimianmao"
FLAGS = ("people_tuiyijunren", "people_dibao", "people_shangfang")
HOUSE_CODES = tuple(f"people_house_{name}" for name in ("use", "xingzhi", "status", "role", "type"))
CODES = ("people_sex", POLITICAL, *FLAGS)
PLACE = ("xiaoqu", "louhao", "danyuan", "louceng", "fangjian")
OPTIONAL = ("people_nation", BIRTH, ADDRESS, PHOTO, "job_name", "company_name", *CODES[1:])

SCRIPT = "<script>alert(1)</script>"
SQL = "' OR 1=1; DROP TABLE residents_resident; --"


def all_codes(change: Callable[[Any], object]) -> Change:
    """Every coded value of the person, the houses and the members, changed."""

    def of(record: dict[str, Any]) -> dict[str, Any]:
        return {
            key: change(value) if key in CODES + HOUSE_CODES and value is not None else value
            for key, value in record.items()
        }

    def whole(data: dict[str, Any]) -> dict[str, Any]:
        return {
            **of(data),
            "houses": [
                {**of(house), "members": [of(member) for member in house["members"]]}
                for house in data["houses"]
            ],
        }

    return whole


def put_all(keys: tuple[str, ...], value: object) -> Change:
    return lambda data: {**data, **dict.fromkeys(keys, value)}


def without(key: str) -> Change:
    return lambda data: {name: value for name, value in data.items() if name != key}


def house_put(key: str, value: object) -> Change:
    return each_house(lambda house: {**house, key: value})


def house_alter(change: Callable[[str], str]) -> Change:
    """All five parts of each address, respelled."""
    return each_house(lambda house: {**house, **{part: change(str(house[part])) for part in PLACE}})


def row(number: object, name: str, role: object) -> dict[str, object]:
    return {ID: number, "people_house_name": name, "people_house_role": role}


def added(make: Callable[[dict[str, Any]], list[dict[str, object]]]) -> Change:
    """Rows made from the person's data, after the members of the first house."""

    def change(data: dict[str, Any]) -> dict[str, Any]:
        first, *others = data["houses"]
        return {**data, "houses": [{**first, "members": [*first["members"], *make(data)]}, *others]}

    return change


# D1, D2: whose answer


def other_phone(data: dict[str, Any]) -> dict[str, Any]:
    return another_answer(str(data[PHONE]))


def phone_in_member_only(data: dict[str, Any]) -> dict[str, Any]:
    """The phone that was asked stands at a member, while the person has another one."""
    asked = data[PHONE]
    changed = with_members(lambda members: [{**member, PHONE: asked} for member in members])(data)
    return {**changed, PHONE: another_answer(str(asked))[PHONE]}


def another_person(data: dict[str, Any]) -> dict[str, Any]:
    """The phone went to somebody else: name, number and birth are another person's."""
    other = another_answer(str(data[PHONE]))
    return {**data, **{key: other[key] for key in (NAME, ID, BIRTH, "people_sex")}}


FAULTS.data("d1-wrong-subject", other_phone)
FAULTS.data("d1-phone-in-member-only", phone_in_member_only)
FAULTS.data("d1-no-phone", without(PHONE))
FAULTS.data("d1-phone-null", put(PHONE, None))
FAULTS.data("d1-photo-as-phone", put(PHONE, "https://photos.example.com/1.jpg"))
FAULTS.data("d1-phone-with-prefix", alter(PHONE, lambda phone: f"+86 {phone[:3]}-{phone[3:7]}-{phone[7:]}"))
FAULTS.data("d1-phone-as-number", alter(PHONE, int))
FAULTS.data("d2-another-person", another_person)

# D3: types that drift

FAULTS.data("d3-ints-as-strings", all_codes(str))
FAULTS.data("d3-strings-as-ints", all_codes(int))
FAULTS.data("d3-floats", all_codes(float))
FAULTS.data("d3-float-strings", all_codes(lambda value: f"{int(value)}.0"))
FAULTS.data("d3-exponent-strings", all_codes(lambda value: f"{int(value)}e0"))
FAULTS.data("d3-empty-strings", all_codes(lambda _value: ""))
FAULTS.data("d3-words", all_codes(lambda _value: "岁"))
FAULTS.data("d3-booleans", all_codes(lambda value: bool(int(value))))
FAULTS.data("d3-lists", all_codes(lambda value: [value]))
FAULTS.data("d3-spaces", all_codes(lambda value: f" {value} "))
FAULTS.data("d3-full-width", all_codes(lambda value: chr(0xFF10 + int(value)) if int(value) < 10 else value))

# D4: words for nothing

for null_name, null_word in {
    "null": None,
    "empty-string": "",
    "null-word": "null",
    "null-capitals": "NULL",
    "none-word": "无",
    "dash": "-",
    "not-yet": "暂无",
    "blanks": "  ",
}.items():
    FAULTS.data(f"d4-{null_name}", put_all(OPTIONAL, null_word))
FAULTS.data("d4-zero-date", put(BIRTH, "0000-00-00"))
FAULTS.data("d4-1900", put(BIRTH, "1900-01-01"))
FAULTS.data("d4-name-null", put(NAME, None))
FAULTS.data("d4-id-null", put(ID, None))

# D5, D6: keys and rows that are missing or many

FAULTS.data("d5-missing-key", without(ADDRESS))
FAULTS.data("d5-missing-name", without(NAME))
FAULTS.data("d5-missing-id", without(ID))
FAULTS.data("d5-missing-houses", without("houses"))
FAULTS.data("d5-missing-members", each_house(without("members")))
FAULTS.data("d5-missing-room", each_house(without("fangjian")))
FAULTS.data("d5-extra-keys", lambda data: {**data, "people_blood": "A", "version": {"api": 2}})
FAULTS.data("d6-no-members", with_members(lambda _members: []))
FAULTS.data("d6-no-houses", put("houses", []))

# D7, D8: numbers


def twice_in_case(data: dict[str, Any]) -> list[dict[str, object]]:
    number = id_numbers.ending_in_x(id_numbers.full_form(str(data[ID])))
    return [row(number, "赵小雨", "0"), row(number.lower(), "赵小雨", "0")]


FAULTS.data("d7-same-twice", with_members(lambda members: members + members))
FAULTS.data("d7-case-of-x", added(twice_in_case))
FAULTS.data(
    "d7-two-names",
    added(lambda data: [row(id_numbers.all_digits(str(data[ID])), name, "0") for name in ("赵一", "赵二")]),
)


def number_changed(change: Callable[[str], object]) -> Change:
    return alter(ID, lambda number: change(id_numbers.full_form(number)))


def other_sex(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "people_sex": 3 - int(data["people_sex"])}


def wide(number: str) -> str:
    return "".join(chr(0xFEE0 + ord(character)) for character in number)


for number_name, number_change in {
    "bad-checksum": id_numbers.with_bad_check,
    "15-digits": id_numbers.old_form,
    "lower-x": lambda number: id_numbers.ending_in_x(number).lower(),
    "full-width": wide,
    "spaces": lambda number: f" {number[:6]} {number[6:14]} {number[14:]} ",
    "birth-mismatch": lambda number: id_numbers.with_birth(number, "19660606"),
    "future": lambda number: id_numbers.with_birth(number, "20990101"),
    "before-1880": lambda number: id_numbers.with_birth(number, "18790101"),
    "leap-day": lambda number: id_numbers.with_birth(number, "19870229"),
    "short": lambda number: number[:10],
    "long": lambda number: number + "0",
    "word": lambda _number: "无身份证",
}.items():
    FAULTS.data(f"d8-{number_name}", number_changed(number_change))
FAULTS.data("d8-sex-mismatch", other_sex)

# D9: codes of no table

FAULTS.data("d9-ethnicity-99", put("people_nation", "99"))
FAULTS.data("d9-ethnicity-word", put("people_nation", "火星族"))
FAULTS.data("d9-political-word", put(POLITICAL, "共青团"))
FAULTS.data("d9-political-3", put(POLITICAL, 3))
FAULTS.data("d9-flag-2", put("people_dibao", "2"))
for sex_name, sex in {"0": 0, "9": 9, "word": "男", "letter": "M"}.items():
    FAULTS.data(f"d9-sex-{sex_name}", put("people_sex", sex))
for house_code in HOUSE_CODES:
    FAULTS.data(f"d9-{house_code.removeprefix('people_house_')}-99", house_put(house_code, 99))
FAULTS.data(
    "d9-member-role-99",
    with_members(lambda members: [{**member, "people_house_role": "99"} for member in members]),
)

# D10 to D12: texts that are too long, or meant for somebody else's parser


def hostile(text: str) -> Change:
    """The text in every free field of the person."""
    return put_all((NAME, ADDRESS, "job_name", "company_name"), text)


FAULTS.data("d10-long-name", put(NAME, "长" * 200))
FAULTS.data("d10-long-address", put(ADDRESS, "河北省" * 2000))
FAULTS.data("d10-long-job", put("job_name", "工" * 300))
FAULTS.data("d10-long-room", house_put("fangjian", "1" * 300))
FAULTS.data("d10-long-id", put(ID, "1" * 300))
FAULTS.data("d11-script", hostile(SCRIPT))
FAULTS.data("d11-script-name", put(NAME, SCRIPT))
FAULTS.data("d11-img", hostile('<img src=x onerror="alert(1)">'))
FAULTS.data("d11-template", hostile("{{7*7}}{% debug %}"))
FAULTS.data("d11-textarea", hostile("</textarea></title></script><b>"))
FAULTS.data("d11-javascript-photo", put(PHOTO, "javascript:alert(1)"))
FAULTS.data("d11-script-room", house_put("fangjian", SCRIPT))
FAULTS.data("d11-script-member", added(lambda _data: [row(None, SCRIPT, "0")]))
FAULTS.data("d12-sql", hostile(SQL))
FAULTS.data("d12-crlf", hostile("张三\r\nERROR forged line"))
FAULTS.data("d12-path", hostile("../../etc/passwd"))
FAULTS.data("d12-percent", hostile("%s %(name)s {0} ${jndi:ldap://127.0.0.1/a}"))


@FAULTS.named("d11-script-message")
def script_message(exchange: Exchange) -> None:
    exchange.json(envelope(exchange.data(), msg=SCRIPT))


# D18, D19: places and families

SUFFIXES = dict(zip(PLACE, ("", "号楼", "单元", "层", "室"), strict=True))

FAULTS.data("d18-unknown-community", house_put("xiaoqu", "9999"))
FAULTS.data(
    "d18-suffixes",
    each_house(lambda house: {**house, **{part: f"{house[part]}{SUFFIXES[part]}" for part in PLACE}}),
)
FAULTS.data("d18-full-width", house_alter(wide))
FAULTS.data("d18-blanks", house_alter(lambda part: f" {part}\u3000"))
FAULTS.data("d18-leading-zeros", house_alter(lambda part: f"0{part}"))
FAULTS.data("d18-ints", each_house(lambda house: {**house, **{part: int(house[part]) for part in PLACE}}))
FAULTS.data("d18-blank-floor", house_put("louceng", ""))
FAULTS.data("d18-blank-room", house_put("fangjian", ""))
FAULTS.data("d18-same-house-twice", lambda data: {**data, "houses": data["houses"] * 2})


def second_house(data: dict[str, Any]) -> dict[str, Any]:
    """The same people in a second house, beside the first one."""
    first = data["houses"][0]
    return {**data, "houses": [first, {**first, "louceng": "99", "fangjian": "9901"}]}


def minor(data: dict[str, Any]) -> list[dict[str, object]]:
    birth = datetime.date.today() - datetime.timedelta(days=5 * 366)
    return [row(id_numbers.make("130302", birth, 999), "赵小宝", "11")]


def own_rows(role: str) -> Callable[[dict[str, Any]], list[dict[str, object]]]:
    return lambda data: [row(data[ID], data[NAME], role)]


FAULTS.data("d19-two-households", second_house)
FAULTS.data(
    "d19-head-missing",
    lambda data: with_members(
        lambda members: [member for member in members if str(member["people_house_role"]) != "1"]
    )({**data, "houses": [{**house, "people_house_role": 0} for house in data["houses"]]}),
)
FAULTS.data("d19-relation-to-self", added(own_rows("3")))
FAULTS.data("d19-parent-and-child", added(lambda data: own_rows("5")(data) + own_rows("11")(data)))
FAULTS.data("d19-two-owners", added(lambda _data: [row(None, "赵业主", "1")]))
FAULTS.data("d19-minor", added(minor))
FAULTS.data("d19-tenant-and-owner", each_house(lambda house: {**house, "people_house_role": 2}))

# D20: dates

SHANGHAI = datetime.timezone(datetime.timedelta(hours=8))
EXCEL_EPOCH = datetime.date(1899, 12, 30)


def birth_of(data: dict[str, Any]) -> datetime.date:
    digits = str(data[BIRTH] or "").replace("-", "")
    return datetime.datetime.strptime(digits, "%Y%m%d").date()


def respelled(spell: Callable[[datetime.date], object]) -> Change:
    return lambda data: {**data, BIRTH: spell(birth_of(data))}


def seconds(birth: datetime.date) -> int:
    return int(datetime.datetime.combine(birth, datetime.time(), SHANGHAI).timestamp())


FAULTS.data("d20-impossible", put(BIRTH, "2026-02-30"))
FAULTS.data("d20-future", put(BIRTH, "2099-01-01"))
FAULTS.data("d20-month-13", put(BIRTH, "19871304"))
FAULTS.data("d20-eight-digits", respelled(lambda birth: f"{birth:%Y%m%d}"))
FAULTS.data("d20-slashes", respelled(lambda birth: f"{birth.year}/{birth.month}/{birth.day}"))
FAULTS.data("d20-dots", respelled(lambda birth: f"{birth:%Y.%m.%d}"))
FAULTS.data("d20-chinese", respelled(lambda birth: f"{birth.year}年{birth.month}月{birth.day}日"))
FAULTS.data("d20-with-time", respelled(lambda birth: f"{birth} 00:00:00"))
FAULTS.data("d20-with-zone", respelled(lambda birth: f"{birth}T00:00:00+08:00"))
FAULTS.data("d20-seconds", respelled(seconds))
FAULTS.data("d20-milliseconds", respelled(lambda birth: seconds(birth) * 1000))
FAULTS.data("d20-excel-serial", respelled(lambda birth: (birth - EXCEL_EPOCH).days))

# D21, D23: too many, and flags that flip


def crowd(count: int) -> list[dict[str, object]]:
    return [row(None, f"住户{place}", "0") for place in range(count)]


def street(data: dict[str, Any], count: int) -> dict[str, Any]:
    first = data["houses"][0]
    return {**data, "houses": [{**first, "fangjian": str(1001 + place)} for place in range(count)]}


FAULTS.data("d21-10000-members", added(lambda _data: crowd(10_000)))
FAULTS.data("d21-100-houses", lambda data: street(data, 100))


def flipped(key: str) -> Change:
    return lambda data: {**data, key: "0" if str(data.get(key)) == "1" else "1"}


FAULTS.data("d23-veteran-flipped", flipped(FLAGS[0]))
FAULTS.data("d23-low-income-flipped", flipped(FLAGS[1]))
FAULTS.data("d23-petition-flipped", flipped(FLAGS[2]))
FAULTS.data(
    "d23-political-flipped",
    lambda data: {**data, POLITICAL: "1" if str(data.get(POLITICAL)) == "2" else "2"},
)
