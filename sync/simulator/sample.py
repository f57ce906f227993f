"""The answer printed in the appendix of section 1.1.2 of the interface document, letter by letter."""

import json
from typing import Any

PHONE = "15131512234"

TEXT = r"""
{
        "people_name": "付钰",
        "people_sex": 1,
        "people_nation": "汉族",
        "people_birth": "19870504",
        "people_address": "河北省秦皇岛市海港区秦皇小区98-3-4",
        "people_idcard": "130302199211302219",
        "people_phone": "15131512234",
        "people_photo": "https:\\/\\/tc.mg.cool\\/uploads\\/test.png",
        "people_zhengzhimianmao": "1",
        "people_tuiyijunren": "0",
        "people_dibao": "0",
        "people_shangfang": "0",
        "job_name": "WEB工程师",
        "company_name": "万家灯火科技（河北）有限责任公司",
        "houses": [{
            "xiaoqu": "1",
            "louhao": "1",
            "danyuan": "1",
            "louceng": "1",
            "fangjian": "101",
            "people_house_use":1,
            "people_house_xingzhi":1,
            "people_house_status":1,
            "people_house_role":1,
            "people_house_type":1,
            "members": [{
                "people_idcard": "130324198705046010",
                "people_house_name": "付文生",
                "people_house_role": "3"
            }, {
                "people_idcard": "130324198705046010",
                "people_house_name": "付钰",
                "people_house_role": "1"
            }]
        }]
    }
"""


def answer() -> dict[str, Any]:
    """A fresh copy; the photo keeps one backslash before each slash once decoded, as printed."""
    data: dict[str, Any] = json.loads(TEXT)
    return data
