"""The document's own sample, read from its code block: it must end exactly as domain.md says."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from houses.models import Community, Finding, House, Membership
from residents.id_numbers import check_character
from residents.models import Resident
from sync.engine import open_findings

DOCUMENT = Path(settings.BASE_DIR) / "docs" / "platform-interface.md"
PHONE = "15131512234"
FOUR = ["id_birth_mismatch", "id_checksum", "id_shared", "self_id_mismatch"]


def sample() -> dict[str, Any]:
    block = re.search(r"- data\s+```\n(\{.*?\n\s*\})\n```", DOCUMENT.read_text(encoding="utf-8"), re.S)
    assert block is not None
    return json.loads(block[1])


def other_family() -> dict[str, Any]:
    """The same defects with every name, number and room replaced."""
    text = json.dumps(sample(), ensure_ascii=False)
    good = "21021119870504731"
    words = {
        "130324198705046010": good + check_character(good),
        "130302199211302219": "210211199211304418",
        PHONE: "18641112233",
        "付钰": "欧阳海",
        "付文生": "欧阳建国",
        '"fangjian": "101"': '"fangjian": "2304"',
        '"louhao": "1"': '"louhao": "7"',
    }
    for before, after in words.items():
        text = text.replace(before, after)
    return json.loads(text)


FAMILIES = [
    pytest.param(sample, PHONE, "付钰", id="as-printed"),
    pytest.param(other_family, "18641112233", "欧阳海", id="others"),
]


@pytest.mark.parametrize(("data", "phone", "owner"), FAMILIES)
def test_the_household_stands_whole(sync, data, phone, owner) -> None:
    outcome = sync(phone, data())
    assert outcome.outcome == "created"
    counts = [model.objects.count() for model in (Community, House, Resident, Membership)]
    assert counts == [1, 1, 2, 2]
    assert sorted(Membership.objects.values_list("resident__name", "role", "status")) == sorted(
        [
            (owner, 1, "completed"),
            (next(r.name for r in Resident.objects.exclude(name=owner)), 3, "incomplete"),
        ]
    )


@pytest.mark.parametrize(("data", "phone", "owner"), FAMILIES)
def test_exactly_four_findings_are_open(sync, data, phone, owner) -> None:
    sync(phone, data())
    assert open_findings(phone) == sorted([*FOUR, "unknown_community"])
    assert Finding.objects.count() == 5
    assert Finding.objects.get(code="id_shared").resident.name != owner
    of_owner = Finding.objects.filter(resident__name=owner).values_list("code", flat=True)
    assert sorted(of_owner) == ["id_birth_mismatch", "id_checksum", "self_id_mismatch"]


@pytest.mark.parametrize(("data", "phone", "owner"), FAMILIES)
def test_the_top_number_is_kept_and_the_members_is_offered(sync, data, phone, owner) -> None:
    sync(phone, data())
    wire = data()
    finding = Finding.objects.get(code="self_id_mismatch")
    assert finding.resident.id_number == wire["people_idcard"]
    assert finding.suggestion == {
        "field": "id_number",
        "value": wire["houses"][0]["members"][1]["people_idcard"],
    }


def test_every_value_of_the_sample_is_stored(sync) -> None:
    sync(PHONE, sample())
    owner = Resident.objects.get(name="付钰")
    assert {field: getattr(owner, field) for field in Resident.SYNCED} == {
        "name": "付钰",
        "sex": 1,
        "ethnicity": "01",
        "birth_date": date(1987, 5, 4),
        "registered_address": "河北省秦皇岛市海港区秦皇小区98-3-4",
        "id_number": "130302199211302219",
        "phone": PHONE,
        "photo_url": "https://tc.mg.cool/uploads/test.png",
        "political_status": 1,
        "is_veteran": False,
        "is_low_income": False,
        "is_petitioner": False,
        "job_title": "WEB工程师",
        "employer": "万家灯火科技（河北）有限责任公司",
    }


def test_a_shared_number_tells_nothing_about_its_holder(sync) -> None:
    sync(PHONE, sample())
    husband = Resident.objects.get(name="付文生")
    assert (husband.id_number, husband.sex, husband.birth_date) == ("130324198705046010", None, None)


@pytest.mark.parametrize("recognised", [True, False], ids=["by-digest", "read-in-full"])
def test_the_second_time_nothing_is_written(sync, recognised) -> None:
    sync(PHONE, sample())
    if not recognised:
        Membership.objects.first().mentions.forget_answers()
    with CaptureQueriesContext(connection) as queries:
        outcome = sync(PHONE)
    assert outcome.outcome == "unchanged"
    assert (
        outcome.residents["unchanged"],
        outcome.houses["unchanged"],
        outcome.memberships["unchanged"],
    ) == (2, 1, 2)
    writes = [q["sql"] for q in queries if re.match(r"\s*(INSERT|UPDATE|DELETE)", q["sql"])]
    assert not [sql for sql in writes if re.search(r'"(residents|houses)_', sql.split("WHERE")[0])]


def test_the_simulator_answers_the_documents_sample(platform, sync) -> None:
    assert sync(PHONE).outcome == "created"
    assert sync(PHONE, sample()).outcome == "unchanged"
