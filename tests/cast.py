"""The people of the tests, and their answers on the wire.

老周 owns 1-1-1-101 and lives there with 李梅, his wife, and 小周, their son; 王租 rents.
Numbers are made up and have right check characters.
"""

from copy import deepcopy
from typing import Any

ZHOU_PHONE, LI_PHONE, WANG_PHONE, CHEN_PHONE = "13800000001", "13800000002", "13800000003", "13800000004"
ZHOU_ID = "110105198003070012"
LI_ID = "110105198205120022"
XIAO_ID = "11010520090909001X"
WANG_ID = "110105199001010037"
CHEN_ID = "110105197506060057"


def member(name: str | None, number: str | None, role: object) -> dict[str, Any]:
    """A row of `members`."""
    return {"people_idcard": number, "people_house_name": name, "people_house_role": role}


def dwelling(*members: dict[str, Any], room: str = "101", role: object = 1, **changes: Any) -> dict[str, Any]:
    """A row of `houses`, lived in by its owner."""
    return {
        "xiaoqu": "1",
        "louhao": "1",
        "danyuan": "1",
        "louceng": "1",
        "fangjian": room,
        "people_house_use": 1,
        "people_house_xingzhi": 1,
        "people_house_status": 1,
        "people_house_role": role,
        "people_house_type": 1,
        "members": deepcopy(list(members)),
        **changes,
    }


def person(
    name: str | None, number: str | None, phone: str, *houses: dict[str, Any], **changes: Any
) -> dict[str, Any]:
    """The `data` of an answer, complete but for what `changes` takes away."""
    return {
        "people_name": name,
        "people_sex": None,
        "people_nation": "汉",
        "people_birth": "",
        "people_address": "河北省秦皇岛市海港区文化路1号",
        "people_idcard": number,
        "people_phone": phone,
        "people_photo": "",
        "people_zhengzhimianmao": 1,
        "people_tuiyijunren": 0,
        "people_dibao": 0,
        "people_shangfang": 0,
        "job_name": "教师",
        "company_name": "第一中学",
        "houses": list(houses),
        **changes,
    }


ZHOU = member("老周", ZHOU_ID, 1)
LI = member("李梅", LI_ID, 4)
XIAO = member("小周", XIAO_ID, 11)


def zhous(*others: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """老周's answer: himself and those named."""
    return person("老周", ZHOU_ID, ZHOU_PHONE, dwelling(ZHOU, *others), **changes)


def lis(*others: dict[str, Any], role: object = 4, **changes: Any) -> dict[str, Any]:
    """李梅's answer about the same house: she is the wife there, unless told otherwise."""
    return person(
        "李梅", LI_ID, LI_PHONE, dwelling(member("李梅", LI_ID, role), *others, role=role), **changes
    )
