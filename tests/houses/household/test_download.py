"""下载我的资料: all of oneself, nothing of others, and every cell a text (houses/own_data.py)."""

import io
import json
import re
import zipfile
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.utils import timezone

from houses.absorbing import absorb
from houses.choices import Role
from houses.family import Family
from houses.models import Membership, Request
from houses.office import Office
from houses.own_data import gather
from houses.sheets import workbook
from residents.bulk import revise
from residents.models import AccessLog, Consent, Resident, User
from residents.upstream import Sources
from tests.cast import CHEN_ID, CHEN_PHONE, LI_ID, LI_PHONE, ZHOU_ID, ZHOU_PHONE
from tests.factories import HouseFactory, ResidentFactory
from tests.household import home, li, staff, visitor, zhou
from tests.my import door, door_of
from tests.pictures import put

pytestmark = pytest.mark.django_db

JSON, XLSX = "/my/me/download.json", "/my/me/download.xlsx"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture
def owner() -> Membership:
    return zhou(HouseFactory(building="1", unit="1", floor="1", room="101"))


@pytest.fixture
def office(owner: Membership) -> Office:
    return staff("manager", owner.house.community)


def copy(row: Membership) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = json.loads(door_of(row).post(JSON).content)
    return found


def record(row: Membership) -> dict[str, str]:
    return {line["项目"]: line["内容"] for line in copy(row)["本人资料"]}


def sheets(content: bytes) -> dict[str, list[list[str]]]:
    """Each sheet's cells as text; a cell that is none fails."""
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        strings = [
            _unescaped("".join(part.text or "" for part in one.iter(f"{MAIN}t")))
            for one in ElementTree.fromstring(file.read("xl/sharedStrings.xml"))
        ]
        titles = re.findall(r'<sheet name="([^"]+)"', file.read("xl/workbook.xml").decode())
        pages = [file.read(f"xl/worksheets/sheet{n}.xml") for n in range(1, len(titles) + 1)]
    return {title: _rows(page, strings) for title, page in zip(titles, pages, strict=True)}


def _unescaped(text: str) -> str:
    """As Excel reads it (ECMA-376, 22.9.2.19)."""
    return re.sub("_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), text)


def _rows(page: bytes, strings: list[str]) -> list[list[str]]:
    rows = []
    for row in ElementTree.fromstring(page).iter(f"{MAIN}row"):
        assert all(cell.get("t") == "s" and cell.find(f"{MAIN}f") is None for cell in row)
        rows.append([strings[int(cell.findtext(f"{MAIN}v") or 0)] for cell in row])
    return rows


# -- what is in it -----------------------------------------------------------------------


def test_the_own_record_is_in_it_in_full(owner: Membership) -> None:
    found = record(owner)
    assert (found["姓名"], found["证件号码"], found["手机号"]) == ("老周", ZHOU_ID, ZHOU_PHONE)
    assert (found["出生日期"], found["民族"], found["退役军人"]) == ("1980-03-07", "汉族", "否")


def test_it_tells_where_each_value_came_from(owner: Membership, office: Office) -> None:
    office.complete(owner.pk, {"employer": "第二中学"})
    (line,) = [line for line in copy(owner)["本人资料"] if line["项目"] == "公司"]
    assert line["内容"] == "第二中学" and line["来源和时间"].startswith("物业填写 ")


def test_the_petition_flag_is_nowhere_in_it(owner: Membership, office: Office) -> None:
    Resident.objects.update(is_petitioner=True)
    AccessLog.write(office.user, owner.resident_id, "reveal", fields=["is_petitioner"], reason="核对")
    assert not re.search("上访|petition", door_of(owner).post(JSON).content.decode())


def test_houses_consents_requests_and_entries_are_in_it(owner: Membership) -> None:
    family = home(owner)
    family.ask_end(owner.pk, "搬到女儿家")
    family.submit(family.draft(owner.pk, {"employer": "二中"}).pk)
    found = copy(owner)
    assert (found["房屋"][0]["房屋"], found["房屋"][0]["状态"]) == ("1-1-1-101", "已激活")
    assert {line["事项"] for line in found["同意记录"]} == {"隐私告知", "敏感信息"}
    assert found["我的申请"][0]["说明"] == "搬到女儿家"
    assert found["我填写的资料"][0]["内容"] == "公司：二中"


def test_who_has_looked_is_in_it_without_their_names(owner: Membership, office: Office) -> None:
    User.objects.filter(pk=office.user.pk).update(last_name="王", first_name="管理员")
    seen = {"fields": ["phone", "photo"], "reason": "电话联系 13900000000"}
    AccessLog.write(office.user, owner.resident_id, AccessLog.Kind.REVEAL, **seen)
    (look, own) = copy(owner)["谁看过我的资料"]
    assert (look["查看人"], look["方式"], look["内容"]) == ("物业", "查看完整内容", "手机号、照片")
    assert look["事由"] == "电话联系 139****0000"
    assert (own["查看人"], own["方式"], own["事由"]) == ("本人", "导出", "本人下载")


def test_looks_at_a_record_that_was_absorbed_are_in_it(owner: Membership, office: Office) -> None:
    double = ResidentFactory(name="老周", id_number=ZHOU_ID)
    AccessLog.write(office.user, double.pk, "reveal", fields=["phone"], reason="民警查询")
    absorb(owner.resident, double, by=None)
    assert "民警查询" in {look["事由"] for look in copy(owner)["谁看过我的资料"]}


def test_a_photo_is_told_of(owner: Membership) -> None:
    put(owner.resident, Sources.SELF)
    assert copy(owner)["照片"][0]["来源"] == "本人上传"


def test_an_invitation_that_was_used_is_told_of(owner: Membership) -> None:
    wife = li(owner.house, owner)
    _, token = home(owner).invite(wife.pk)
    her = visitor("李梅", LI_ID, LI_PHONE)
    Family(her).accept_invitation(token, LI_ID[-6:])
    told = json.loads(door(User.objects.get(pk=her.pk)).post(JSON).content)
    assert told["使用过的邀请"][0]["房屋"].endswith("1-1-1-101")


# -- what is not -------------------------------------------------------------------------


@pytest.fixture
def wife(owner: Membership) -> Membership:
    """She is in everything that he did: typed about, invited, his contact, with a request of her own."""
    row = li(owner.house, owner)
    family = home(owner)
    family.submit(family.draft(row.pk, {"ethnicity": "02"}).pk)
    family.draft(row.pk, {"id_number": LI_ID, "phone": "13700000009"})
    family.ask_end(row.pk, "搬走了")
    family.invite(row.pk)
    Request.ask(Request.Kind.BIND, visitor("陈五", CHEN_ID, CHEN_PHONE), house=owner.house, role=Role.TENANT)
    owner.resident.contact = row.resident
    revise(owner.resident, ["contact"], by=None, why="联系人")
    return row


OTHERS = [LI_ID, LI_PHONE, "13700000009", CHEN_ID, CHEN_PHONE]


@pytest.mark.parametrize("address", [JSON, XLSX])
def test_no_number_of_anybody_else_is_in_it(owner: Membership, wife: Membership, address: str) -> None:
    content = door_of(owner).post(address).content
    text = content.decode() if address == JSON else str(sheets(content))
    assert ZHOU_ID in text and ZHOU_PHONE in text and "李梅" in text
    assert [number for number in OTHERS if number in text] == []


def test_of_what_was_typed_about_others_it_tells_the_fields(owner: Membership, wife: Membership) -> None:
    told = copy(owner)["我填写的资料"]
    assert "手机号" in " ".join(line["内容"] for line in told) and {line["关于"] for line in told} == {"李梅"}


def test_others_are_told_by_the_name_at_home(owner: Membership, wife: Membership) -> None:
    Membership.objects.filter(pk=wife.pk).update(
        nickname="孩儿他妈", status="activated", activated_at=timezone.now()
    )
    assert record(owner)["联系人（监护人）"] == "孩儿他妈"
    assert {line["关于"] for line in copy(owner)["我填写的资料"]} == {"孩儿他妈"}


def test_a_quiet_request_is_not_told_of(owner: Membership) -> None:
    user = home(owner).user
    Request.ask(Request.Kind.BIND, user, house=HouseFactory(), role=Role.TENANT, quiet=True)
    assert copy(owner)["我的申请"] == []


NOT_THEIRS = "自报的姓名和证件号码与手机号的登记不符。"


def mismatched(resident: Resident | None) -> User:
    """Somebody whose phone the books know under another name; of whom is in question."""
    user = visitor("陈五", CHEN_ID, CHEN_PHONE)
    Request.ask(Request.Kind.DISPUTE, user, resident=resident, office_only=True, text=NOT_THEIRS)
    return user


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_what_a_check_wrote_for_the_office_is_not_told(owner: Membership, known: bool) -> None:
    told = json.loads(door(mismatched(owner.resident if known else None)).post(JSON).content)
    assert [line["说明"] for line in told["我的申请"]] == [""]


def test_the_own_words_to_the_office_are_told(owner: Membership) -> None:
    home(owner).dispute("民族应为满族")
    assert copy(owner)["我的申请"][0]["说明"] == "民族应为满族"


def test_who_is_linked_to_nobody_gets_the_account_and_no_row_is_written(owner: Membership) -> None:
    stranger = visitor("老周", ZHOU_ID, CHEN_PHONE)
    told = json.loads(door(stranger).post(JSON).content)
    assert set(told) == {"帐号", "同意记录", "我的申请"}
    assert not AccessLog.objects.exists() and ZHOU_PHONE not in str(told)


# -- how it is given ---------------------------------------------------------------------


@pytest.mark.parametrize(("address", "ending"), [(JSON, "json"), (XLSX, "xlsx")])
def test_the_file_names_nobody_and_no_browser_keeps_it(owner: Membership, address: str, ending: str) -> None:
    answer = door_of(owner).post(address)
    name = f"attachment; filename*=utf-8''%E6%88%91%E7%9A%84%E8%B5%84%E6%96%99.{ending}"
    assert (answer["Content-Disposition"], answer["Cache-Control"]) == (name, "no-store")


def test_each_download_leaves_a_row_in_the_access_log(owner: Membership) -> None:
    client = door_of(owner)
    client.post(JSON), client.post(XLSX)
    rows = AccessLog.objects.values_list("resident", "kind", "reason")
    assert list(rows) == [(owner.resident_id, "export", "本人下载")] * 2


def test_both_say_the_same(owner: Membership, wife: Membership) -> None:
    parts = gather(User.objects.get(resident=owner.resident))
    found = sheets(workbook((part.title, part.columns, part.rows) for part in parts))
    assert found == {part.title: [list(part.columns), *map(list, part.rows)] for part in parts}


@pytest.mark.parametrize("address", [JSON, XLSX])
def test_nobody_downloads_without_signing_in_or_while_locked(owner: Membership, address: str) -> None:
    User.objects.filter(resident=owner.resident).update(locked_at="2026-01-01T00:00Z")
    assert (Client().post(address).status_code, door_of(owner).post(address).status_code) == (302, 403)


def test_the_copy_is_not_the_price_of_the_notice(owner: Membership) -> None:
    home(owner).withdraw_consent(Consent.Kind.NOTICE)
    assert door_of(owner).post(JSON).status_code == 200


# -- D13: a cell is a text ---------------------------------------------------------------

DANGEROUS = [
    "=1+1", "=cmd|'/C calc'!A0", "+8613800000001", "-1+1", "@SUM(A1)", "\t=1+1", "  =1+1", "＝1+1", "＋1",
    "110105198003070012", "13800000001", "1E5", "00123", "TRUE", "2026-01-01", "https://example.com/",
    "mailto:a@example.com", "internal:Sheet1!A1", "", "𠮷", "<b>&\"'", "'=1+1", "_x0041_",
]  # fmt: skip


@pytest.mark.parametrize("value", DANGEROUS)
def test_d13_whatever_a_cell_holds_is_a_text_and_comes_back_as_it_was(value: str) -> None:
    content = workbook([("表", ["列"], [[value]])])
    assert sheets(content)["表"] == [["列"], [value]]
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert not [name for name in file.namelist() if "rels" in name and "sheet" in name]
        styles = file.read("xl/styles.xml").decode()
    assert 'quotePrefix="1"' in styles and 'numFmtId="49"' in styles  # 49 is "@"


def test_d13_a_control_character_does_not_spoil_the_file() -> None:
    content = workbook([("表", ["列"], [["a\x01b\r\nc"]])])
    assert sheets(content)["表"][1][0].startswith("a")
