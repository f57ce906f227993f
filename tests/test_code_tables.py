"""Our code tables are the customer's: numbers, words and notes are read out of the document itself."""

import re
from pathlib import Path

import pytest

from houses.choices import HouseholdType, HouseUse, Occupancy, Ownership, Role
from residents.choices import Ethnicity, PoliticalStatus, Sex, ethnicity_code

DOCUMENT = (Path(__file__).parent.parent / "docs" / "platform-interface.md").read_text(encoding="utf-8")

# GB 3304, in the order of the codes 01 to 56.
GROUPS = """
汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳
佤 畲 高山 拉祜 水 东乡 纳西 景颇 柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 普米
塔吉克 怒 乌孜别克 俄罗斯 鄂温克 德昂 保安 裕固 京 塔塔尔 独龙 鄂伦春 赫哲 门巴 珞巴 基诺
"""


def table(title):
    """(number, word, note) of each row below `- title:`, up to the next heading of a table."""
    section = re.split(r"^- ", DOCUMENT.split(f"\n- {title}", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    return [
        (int(n), word, note) for n, word, note in re.findall(r"^(\d+)\|([^|]*)\|(.*)$", section, re.MULTILINE)
    ]


def options(wire_name):
    """1男2女 in the row of this wire name, as (number, word)."""
    text = re.search(rf"^{wire_name}\|[^|]*\|[^|]*\|(.*)$", DOCUMENT, re.MULTILINE).group(1)
    return [(int(number), word) for number, word in re.findall(r"(\d)(\D+)", text)]


@pytest.mark.parametrize(
    ("title", "ours", "rows"),
    [
        ("居民角色", Role, 14),
        ("房屋用途", HouseUse, 9),
        ("房屋性质", Ownership, 3),
        ("居住现状", Occupancy, 7),
        ("住户类型", HouseholdType, 3),
    ],
)
def test_a_table_has_the_documents_numbers_and_words(title, ours, rows):
    assert ours.choices == [(number, word) for number, word, _note in table(title)]
    assert len(ours) == rows


def test_roles_have_the_documents_notes():
    assert [(role.value, role.note) for role in Role] == [(n, note) for n, _word, note in table("居民角色")]


@pytest.mark.parametrize(
    ("wire_name", "ours"), [("people_sex", Sex), ("people_zhengzhimianmao", PoliticalStatus)]
)
def test_an_option_list_has_the_documents_numbers_and_words(wire_name, ours):
    assert ours.choices == options(wire_name)


@pytest.mark.parametrize(
    ("sex", "words"), [(Sex.MALE, "丈夫 父亲 爷爷 姥爷 儿子"), (Sex.FEMALE, "妻子 母亲 奶奶 姥姥 女儿")]
)
def test_a_role_implies_the_sex_of_its_word(sex, words):
    assert {role.label for role in Role if role.sex == sex} == set(words.split())


def test_ethnic_groups_have_the_codes_of_the_standard():
    expected = [
        (f"{code:02}", f"{group}族") for code, group in enumerate(re.findall(r"\w+", GROUPS), start=1)
    ]
    assert Ethnicity.choices == [*expected, ("97", "其他"), ("98", "外国血统中国籍人士")]


@pytest.mark.parametrize("text", ["汉", "汉族", "1", "01", 1, " 汉 "])
def test_every_spelling_of_an_ethnic_group_is_its_code(text):
    assert ethnicity_code(text) == "01"


@pytest.mark.parametrize("member", Ethnicity)
def test_every_label_and_code_is_read_back(member):
    assert {ethnicity_code(member.label), ethnicity_code(member.value)} == {member.value}


@pytest.mark.parametrize("text", ["", "族", "99", "0", "00", "001", 57, True, "Han", "未知", "汉族族"])
def test_what_names_no_ethnic_group_is_none(text):
    assert ethnicity_code(text) is None
