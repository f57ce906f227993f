"""The made-up communities 2, 3 and so on: what the platform answers to each of their phones.

A pure function of the phone and of the round: in a later round some households
have changed. Types and spellings drift from answer to answer as they do inside
the interface document's own sample.
"""

import datetime
from collections.abc import Iterator
from random import Random
from typing import Any

from sync.simulator.households import (
    FLOORS,
    HOUSEHOLDS,
    OTHER,
    OWNER,
    ROOMS,
    TENANT,
    UNITS,
    Household,
    Person,
    has_changed,
    household,
    index_of,
    newcomer,
    partner_role,
    phone_of,
)

HAN = ("汉", "汉族", "01", 1)
MINORITIES = (("满", "满族", "11", 11), ("回", "回族", "03", 3), ("蒙古", "蒙古族", "02", 2))
JOBS = ("教师", "医生", "会计", "司机", "厨师", "电工", "销售", "护士", "个体经营", "退休", "", None)
NEW_JOB = "物业经理"  # none of the others, so that it is a change to everybody
COMPANIES = ("海港区第一中学", "秦皇岛市第一医院", "港务集团有限公司", "万家灯火科技有限责任公司", "", None)
STREETS = ("河北大街", "文化路", "燕山大街", "建设大街", "迎宾路", "民族路")

RESIDENCE, PRIVATE = 1, 1
SELF_USED, VACANT, LET = 1, 2, 5
OWNING, RENTING = 1, 2


def phones(households: int) -> Iterator[str]:
    """Every phone of so many households, household by household."""
    for index in range(households):
        yield from (person.phone for person in household(index).people if person.phone)


def owners(households: int) -> Iterator[str]:
    """One phone a household; nobody is made up for it."""
    return map(phone_of, range(households))


PHONES: list[str] = list(phones(HOUSEHOLDS))


def answer(phone: str, households: int = HOUSEHOLDS, round: int = 0) -> dict[str, Any] | None:
    """The `data` of the phone's answer, a fresh copy at each call; None for a phone nobody has."""
    index = index_of(phone)
    if index is None or index >= households:
        return None
    home = household(index)
    for place, person in enumerate(home.people):
        if person.phone == phone:
            draw = Random(f"answer {index} {place}")
            data = {**_person(draw, person), "houses": _houses(draw, home, person)}
            return _changed(data, home, person) if has_changed(index, round) else data
    return None


def _changed(data: dict[str, Any], home: Household, subject: Person) -> dict[str, Any]:
    """The answer of a later round: the owner has another job, and the household one more member."""
    joined = newcomer(home)
    row = _row(Random(f"changed {home.index}"), joined, _role(home, subject, joined))
    first, *others = data["houses"]
    job = {"job_name": NEW_JOB} if subject is home.owner else {}
    return {**data, **job, "houses": [{**first, "members": [*first["members"], row]}, *others]}


def _person(draw: Random, person: Person) -> dict[str, Any]:
    return {
        "people_name": person.name,
        "people_sex": _drift(draw, person.stated_sex or person.sex),
        "people_nation": draw.choice(HAN if draw.random() < 0.94 else draw.choice(MINORITIES)),
        "people_birth": _birth(draw, person.birth),
        "people_address": f"河北省秦皇岛市海港区{draw.choice(STREETS)}{draw.randint(1, 200)}号",
        "people_idcard": person.id_number,
        "people_phone": person.phone,
        "people_photo": _photo(draw),
        "people_zhengzhimianmao": _drift(draw, person.political),
        "people_tuiyijunren": _flag(draw, 0.05),
        "people_dibao": _flag(draw, 0.02),
        "people_shangfang": _flag(draw, 0.01),
        "job_name": draw.choice(JOBS),
        "company_name": draw.choice(COMPANIES),
    }


def _houses(draw: Random, home: Household, subject: Person) -> list[dict[str, Any]]:
    """The household's room, and for a few owners a second one that stands empty."""
    renting = subject.role == TENANT
    status = LET if home.let else SELF_USED
    rows = [
        _row(draw, person, _role(home, subject, person))
        for person in home.people
        if home.lists_subject or person is not subject
    ]
    found = [
        _house(draw, home.place, status, _role(home, subject, subject), RENTING if renting else OWNING, rows)
    ]
    if home.second_place is not None and subject is home.owner:
        row = _row(draw, subject, OWNER)
        found.append(_house(draw, home.second_place, VACANT, OWNER, OWNING, [row]))
    return [{"xiaoqu": home.community, **house} for house in found]


def _role(home: Household, subject: Person, person: Person) -> int:
    """The role of a person in the subject's answer: the rest of the family is 13 to a spouse."""
    if subject is home.owner or subject.role == TENANT:
        return person.role
    if person is home.owner:
        return partner_role(person.sex) if home.each_the_owner else OWNER
    if person is subject:
        return OWNER if home.each_the_owner else person.role
    return OTHER


def _house(
    draw: Random, place: int, status: int, role: int, household_type: int, members: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        **_address(draw, place),
        "people_house_use": _drift(draw, RESIDENCE),
        "people_house_xingzhi": _drift(draw, PRIVATE),
        "people_house_status": _drift(draw, status),
        "people_house_role": _drift(draw, role),
        "people_house_type": _drift(draw, household_type),
        "members": members,
    }


def _address(draw: Random, place: int) -> dict[str, Any]:
    place, room = divmod(place, ROOMS)
    place, floor = divmod(place, FLOORS)
    building, unit = divmod(place, UNITS)
    parts = {
        "louhao": building + 1,
        "danyuan": unit + 1,
        "louceng": floor + 1,
        "fangjian": 100 * (floor + 1) + room + 1,
    }
    return {name: _drift(draw, part) for name, part in parts.items()}


def _row(draw: Random, person: Person, role: int) -> dict[str, Any]:
    return {
        "people_idcard": person.id_number if person.numbered else draw.choice(("", None)),
        "people_house_name": person.name,
        "people_house_role": _drift(draw, role),
    }


def _drift(draw: Random, number: int) -> int | str:
    return number if draw.random() < 0.5 else str(number)


def _flag(draw: Random, share: float) -> int | str | None:
    """0 or 1, or null where the platform does not know."""
    value = 1 if draw.random() < share else 0
    return None if draw.random() < 0.03 else _drift(draw, value)


def _birth(draw: Random, birth: datetime.date) -> int | str:
    digits = f"{birth:%Y%m%d}"
    return draw.choice((digits, int(digits), birth.isoformat()))


def _photo(draw: Random) -> str | None:
    """An address that leads nowhere, some with the document's backslash before each slash."""
    address = f"https://photos.example.com/uploads/{draw.getrandbits(40):010x}.jpg"
    return draw.choice((address, address.replace("/", r"\/"), "", None))
