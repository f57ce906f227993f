"""The wire, read into typed records (domain.md, The platform; faults.md C2–C4)."""

from datetime import date
from typing import Any

import pytest

from houses.models import House, Membership
from residents.choices import Ethnicity
from residents.models import Resident
from sync.exceptions import AnswerError
from sync.schemas import MAX_HOUSES, MAX_MEMBERS, Answer, Dwelling, Member, Unknown, read_answer
from tests.cast import LI, LI_ID, XIAO, ZHOU, ZHOU_ID, ZHOU_PHONE, dwelling, member, person, zhous


def read(**changes: object) -> Answer:
    """老周's answer with these wire values."""
    return read_answer(zhous(**changes), phone=ZHOU_PHONE)


def home(**changes: object) -> Dwelling:
    """The one house of 老周's answer with these wire values."""
    data = person("老周", ZHOU_ID, ZHOU_PHONE, dwelling(ZHOU, **changes))
    return read_answer(data, phone=ZHOU_PHONE).houses[0]


def row(**changes: object) -> Member:
    """李梅's row with these wire values."""
    (read_row,) = home(members=[LI | changes]).members or []
    return read_row


def refused(data: object, cause: str = "shape") -> None:
    with pytest.raises(AnswerError) as error:
        read_answer(data, phone=ZHOU_PHONE)
    assert error.value.cause == cause


# -- codes -------------------------------------------------------------------------------

ONE = [1, "1", 1.0, "1.0", "1.00", "01", "１", " 1 ", "\u200b1", "1\u3000"]


@pytest.mark.parametrize("spelling", ONE)
def test_every_spelling_of_one_is_one(spelling) -> None:
    assert (read(people_sex=spelling).sex, home(people_house_use=spelling).use) == (1, 1)


@pytest.mark.parametrize(("spelling", "role"), [(0, 0), ("0", 0), ("13", 13), (13.0, 13), ("1３", 13)])
def test_every_spelling_of_a_role_is_one(spelling, role) -> None:
    assert (home(people_house_role=spelling).role, row(people_house_role=spelling).role) == (role, role)


@pytest.mark.parametrize(
    ("field", "wire", "known"),
    [
        ("sex", "people_sex", range(1, 3)),
        ("political_status", "people_zhengzhimianmao", range(1, 3)),
    ],
)
def test_all_codes_of_a_person_are_read(field, wire, known) -> None:
    assert [getattr(read(**{wire: code}), field) for code in known] == list(known)


@pytest.mark.parametrize(
    ("field", "wire", "known"),
    [
        ("use", "people_house_use", range(1, 10)),
        ("ownership", "people_house_xingzhi", range(1, 4)),
        ("occupancy", "people_house_status", range(1, 8)),
        ("role", "people_house_role", range(14)),
        ("household_type", "people_house_type", range(1, 4)),
    ],
)
def test_all_codes_of_a_house_are_read(field, wire, known) -> None:
    assert [getattr(home(**{wire: code}), field) for code in known] == list(known)
    assert getattr(home(**{wire: known.stop}), field) == Unknown(str(known.stop))


@pytest.mark.parametrize("came", [0, 3, 9, "9", "男", "M", "-1", 1.5, "1,5", 10**17])
def test_a_code_that_the_document_does_not_know_is_unknown(came) -> None:
    sex = read(people_sex=came).sex
    assert isinstance(sex, Unknown)
    assert sex.raw == str(came)


@pytest.mark.parametrize("wire", ["people_sex", "people_nation", "people_birth", "people_tuiyijunren"])
@pytest.mark.parametrize("came", [True, False, [], [1], {"1": 1}])
def test_what_is_neither_text_nor_number_is_refused(wire, came) -> None:
    refused(zhous(**{wire: came}))


@pytest.mark.parametrize("came", [True, False])
def test_a_bool_is_no_role_of_a_member(came) -> None:
    refused(person("老周", ZHOU_ID, ZHOU_PHONE, dwelling(LI | {"people_house_role": came})))


@pytest.mark.parametrize(("came", "flag"), [(0, False), ("0", False), (1, True), ("1.0", True), ("１", True)])
def test_flags(came, flag) -> None:
    answer = read(people_tuiyijunren=came, people_dibao=came, people_shangfang=came)
    assert [answer.is_veteran, answer.is_low_income, answer.is_petitioner] == [flag] * 3


@pytest.mark.parametrize("came", [2, "是", "Y"])
def test_a_flag_that_is_neither_is_unknown(came) -> None:
    assert read(people_dibao=came).is_low_income == Unknown(str(came))


# -- ethnicity ---------------------------------------------------------------------------


@pytest.mark.parametrize("came", ["汉", "汉族", 1, "1", "01", 1.0, "1.0", "０１", " 汉族 "])
def test_every_spelling_of_han_is_01(came) -> None:
    assert read(people_nation=came).ethnicity == "01"


@pytest.mark.parametrize("group", list(Ethnicity))
def test_every_group_is_read_by_code_number_and_name(group) -> None:
    spellings = [group.value, int(group.value), group.label, group.label.removesuffix("族")]
    assert {read(people_nation=spelling).ethnicity for spelling in spellings} == {group.value}


@pytest.mark.parametrize("came", [0, 57, 99, "99", "火星族", "Han Chinese"])
def test_no_group_is_unknown_and_never_han(came) -> None:
    assert read(people_nation=came).ethnicity == Unknown(str(came))


# -- dates -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "came",
    [
        19870504,
        "19870504",
        19870504.0,
        "1987-05-04",
        "1987-5-4",
        "1987/05/04",
        "1987.05.04",
        "1987年5月4日",
        "１９８７－０５－０４",
        "1987-05-04 00:00:00",
        "1987-05-04T00:00:00+08:00",
        "1987-05-03T20:00:00Z",
        "1987-05-03T20:00:00.000+0000",
    ],
)
def test_every_spelling_of_a_day(came) -> None:
    assert read(people_birth=came).birth_date == date(1987, 5, 4)


@pytest.mark.parametrize(
    "came",
    [
        "2026-02-30",
        "20261301",
        "1987",
        "1987-05",
        546969600,
        546969600000,
        "五月四日",
        "0",
        36526,
        "04/05/1987",
    ],
)
def test_what_names_no_day_is_unknown(came) -> None:
    assert read(people_birth=came).birth_date == Unknown(str(came))


@pytest.mark.parametrize("came", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_moment_at_the_edge_of_the_calendar_is_unknown(came) -> None:
    assert read(people_birth=came).birth_date == Unknown(came)


@pytest.mark.parametrize("came", ["0000-00-00", "1900-01-01", "00000000", "19000101", 19000101])
def test_the_null_dates_of_databases_are_nothing(came) -> None:
    assert read(people_birth=came).birth_date is None


# -- nothing -----------------------------------------------------------------------------

NOTHING = [
    None,
    "",
    " ",
    "null",
    "NULL",
    "None",
    "无",
    "暂无",
    "未知",
    "不详",
    "-",
    "--",
    "/",
    "N/A",
    "\u200b",
]


@pytest.mark.parametrize("came", NOTHING)
@pytest.mark.parametrize(
    "wire", ["people_sex", "people_nation", "people_birth", "people_address", "job_name", "people_photo"]
)
def test_null_words_are_nothing(wire, came) -> None:
    field = {"people_nation": "ethnicity", "people_birth": "birth_date", "people_sex": "sex"}
    field |= {"people_address": "registered_address", "job_name": "job_title", "people_photo": "photo_url"}
    answer = read(**{wire: came})
    assert getattr(answer, field[wire]) is None
    assert field[wire] not in answer.known(Resident.SYNCED)


@pytest.mark.parametrize("came", NOTHING)
def test_null_words_are_no_name_and_no_number(came) -> None:
    assert read(people_name=came).name is None
    assert (read(people_idcard=came).id_number, read(people_idcard=came).number) == (None, "")


def test_no_is_something() -> None:
    assert read(people_dibao=0).known(Resident.SYNCED)["is_low_income"] is False
    assert home(people_house_role=0).known(Membership.SYNCED)["role"] == 0


# -- texts -------------------------------------------------------------------------------

TEXTS = ["people_name", "people_address", "job_name", "company_name", "people_photo", "people_idcard"]


@pytest.mark.parametrize("wire", TEXTS)
@pytest.mark.parametrize(
    "bad", ["\x00", "\x01", "\x07", "\x1b", "\x1c", "\x1f", "\x7f", "\x80", "\x85", "\x9f"]
)
def test_control_characters_are_refused(wire, bad) -> None:
    refused(zhous(**{wire: f"张{bad}三"}))


@pytest.mark.parametrize("wire", TEXTS)
@pytest.mark.parametrize("bad", ["\ud83d", "\udc00", "\ufffd"])
def test_lone_surrogates_and_replacement_characters_are_refused(wire, bad) -> None:
    refused(zhous(**{wire: f"张{bad}三"}))


@pytest.mark.parametrize("bad", ["\x00", "\ud83d", "\ufffd"])
def test_they_are_refused_in_members_and_addresses_too(bad) -> None:
    refused(zhous(member(f"李{bad}梅", LI_ID, 4)))
    refused(person("老周", ZHOU_ID, ZHOU_PHONE, dwelling(ZHOU, louhao=f"1{bad}")))


@pytest.mark.parametrize(
    "invisible", ["\u200b", "\u200d", "\u200e", "\u202a", "\u202e", "\u2066", "\u2060", "\ufeff"]
)
def test_what_nobody_sees_is_removed(invisible) -> None:
    assert read(people_name=f"{invisible}张{invisible}三").name == "张三"
    assert read(people_idcard=f"{invisible}{ZHOU_ID}").id_number == ZHOU_ID


@pytest.mark.parametrize("came", [" 张三 ", "\u3000张三", "张三\xa0"])
def test_blanks_at_the_ends_are_trimmed(came) -> None:
    assert read(people_name=came).name == "张三"


@pytest.mark.parametrize(
    "name", ["𠮷田", "㛃", "〇", "阿依古丽·买买提", "Ａlice", "O'Brien", "José", "张三😀"]
)
def test_rare_names_are_kept_exactly(name) -> None:
    assert read(people_name=name).name == name


@pytest.mark.parametrize("name", ["ѧ", "123", 123, "···", "😀", "１２３", "？？"])
def test_a_name_without_any_letter_is_refused(name) -> None:
    refused(zhous(people_name=name))
    refused(zhous(member(name, LI_ID, 4)))


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "{{7*7}}", "' OR 1=1", "=cmd|A1"])
def test_markup_is_stored_as_it_came(name) -> None:
    assert read(people_name=name, job_name=name, people_address=name).known(("name", "job_title")) == {
        "name": name,
        "job_title": name,
    }


@pytest.mark.parametrize(
    ("wire", "longest"),
    [("people_name", 50), ("people_address", 200), ("job_name", 100), ("company_name", 100)],
)
def test_a_text_that_does_not_fit_is_refused_not_cut(wire, longest) -> None:
    read(**{wire: "张" * longest})
    refused(zhous(**{wire: "张" * (longest + 1)}))


@pytest.mark.parametrize("part", ["xiaoqu", "louhao", "danyuan", "louceng", "fangjian"])
def test_an_address_part_that_does_not_fit_is_refused(part) -> None:
    home(**{part: "9" * 30})
    refused(person("老周", ZHOU_ID, ZHOU_PHONE, dwelling(ZHOU, **{part: "9" * 31})))


def test_what_is_read_fits_the_columns() -> None:
    longest = {field.name: field.max_length for field in Resident._meta.fields if field.max_length}
    assert longest["name"] >= 50 and longest["registered_address"] >= 200 and longest["id_number"] >= 30
    assert min(House._meta.get_field(part).max_length for part in House.PARTS) >= 30


# -- the photo ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "came",
    [r"https:\/\/tc.mg.cool\/uploads\/test.png", "https://tc.mg.cool/uploads/test.png"],
)
def test_the_photos_doubly_escaped_slashes_are_read(came) -> None:
    assert read(people_photo=came).photo_url == "https://tc.mg.cool/uploads/test.png"


def test_nowhere_else_are_backslashes_stripped() -> None:
    assert read(people_address=r"甲\/乙").registered_address == r"甲\/乙"


# -- ID numbers --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("came", "kept"),
    [
        ("11010520090909001x", "11010520090909001X"),
        ("１１０１０５１９８００３０７００１２", ZHOU_ID),
        (" 110105 19800307 0012 ", ZHOU_ID),
        (int(ZHOU_ID), ZHOU_ID),
        ("130302199211302219", "130302199211302219"),
        ("610104620927690", "610104620927690"),
        ("E12345678", "E12345678"),
    ],
)
def test_a_number_is_kept_as_it_came_but_folded(came, kept) -> None:
    assert read(people_idcard=came).id_number == kept
    assert row(people_idcard=came).number == kept


@pytest.mark.parametrize("came", [110105198003070000, 1.1010519800307e17, 0, True, [], "9" * 31])
def test_a_number_that_was_rounded_or_is_none_is_refused(came) -> None:
    refused(zhous(people_idcard=came))


@pytest.mark.parametrize("came", ["1101**********0012", "1101＊＊＊＊＊＊0012"])
def test_a_masked_number_is_unknown(came) -> None:
    answer = read(people_idcard=came)
    assert (isinstance(answer.id_number, Unknown), answer.number) == (True, "")


# -- the phone ---------------------------------------------------------------------------


@pytest.mark.parametrize("came", [ZHOU_PHONE, int(ZHOU_PHONE), "+86 138 0000 0001", "１３８０００００００１"])
def test_every_spelling_of_the_asked_phone_is_the_subject(came) -> None:
    assert read(people_phone=came).phone == ZHOU_PHONE


@pytest.mark.parametrize(
    "came", [None, "", "无", "https://tc.mg.cool/a.png", "0335-8051234", 1, True, [], {}]
)
def test_what_is_not_a_phone_is_absent_and_means_the_asked_one(came) -> None:
    assert read(people_phone=came).phone == ZHOU_PHONE


def test_a_missing_phone_means_the_asked_one() -> None:
    data = zhous()
    del data["people_phone"]
    assert read_answer(data, phone=ZHOU_PHONE).phone == ZHOU_PHONE


@pytest.mark.parametrize(
    "came",
    [
        "13900000001",
        13900000001,
        13900000001.0,
        "+86 139 0000 0001",
        "\u202d13900000001\u202c",
        "139\u200b00000001",
    ],
)
def test_an_answer_about_another_phone_is_refused(came) -> None:
    refused(zhous(people_phone=came), "wrong-subject")


# -- lists -------------------------------------------------------------------------------


@pytest.mark.parametrize("came", [[], {}, "", None])
def test_an_empty_list_in_any_spelling_is_no_house(came) -> None:
    assert read(houses=came).houses == []


@pytest.mark.parametrize("came", [[], {}, "", None])
def test_an_empty_list_in_any_spelling_is_no_member(came) -> None:
    assert home(members=came).members == []


def test_a_house_may_be_silent_about_its_members() -> None:
    silent = dwelling()
    del silent["members"]
    answer = read_answer(person("老周", ZHOU_ID, ZHOU_PHONE, silent), phone=ZHOU_PHONE)
    assert answer.houses[0].members is None


def test_lists_with_gaps_are_lists() -> None:
    gapped = {"1": dwelling(members={"0": ZHOU, "7": XIAO}), "3": dwelling(room="102")}
    houses = read(houses=gapped).houses
    assert [house.room for house in houses] == ["101", "102"]
    assert [one.name for one in houses[0].members or []] == ["老周", "小周"]


@pytest.mark.parametrize(
    "came", ["[]", "null", 0, 5, True, {"a": {}}, {"1": {}, "x": {}}, [[]], [None], ["x"]]
)
def test_what_is_no_list_of_rows_is_refused(came) -> None:
    refused(zhous(houses=came))
    refused(person("老周", ZHOU_ID, ZHOU_PHONE, dwelling(members=came)))


def test_as_many_houses_as_the_limit_and_no_more() -> None:
    houses: list[dict[str, Any]] = [dwelling(room=str(n)) for n in range(1, MAX_HOUSES + 2)]
    assert len(read(houses=houses[:-1]).houses) == MAX_HOUSES
    refused(zhous(houses=houses), "too-many")


def test_as_many_members_as_the_limit_and_no_more() -> None:
    members = [member(f"住户{n}", None, 2) for n in range(MAX_MEMBERS + 1)]
    assert len(home(members=members[:-1]).members or []) == MAX_MEMBERS
    refused(zhous(houses=[dwelling(*members)]), "too-many")


# -- whole answers -----------------------------------------------------------------------


@pytest.mark.parametrize("data", [None, [], "", "x", 0, True, [zhous()]])
def test_what_is_no_object_is_refused(data) -> None:
    refused(data)


@pytest.mark.parametrize("key", ["xiaoqu", "fangjian"])
@pytest.mark.parametrize("came", [None, "", "无"])
def test_a_house_that_nobody_could_find_is_refused(key, came) -> None:
    refused(person("老周", ZHOU_ID, ZHOU_PHONE, dwelling(ZHOU, **{key: came})))


@pytest.mark.parametrize("key", ["xiaoqu", "louhao", "fangjian"])
def test_a_house_without_its_key_is_refused(key) -> None:
    bare = dwelling(ZHOU)
    del bare[key]
    refused(person("老周", ZHOU_ID, ZHOU_PHONE, bare))


def test_an_answer_without_houses_is_refused() -> None:
    data = zhous()
    del data["houses"]
    refused(data)


@pytest.mark.parametrize("key", ["people_sex", "people_nation", "people_birth", "people_address", "job_name"])
def test_what_the_answer_is_silent_about_is_not_told(key) -> None:
    data = zhous(people_sex=1, people_birth="19800307")
    whole = read_answer(dict(data), phone=ZHOU_PHONE).known(Resident.SYNCED)
    del data[key]
    told = read_answer(data, phone=ZHOU_PHONE).known(Resident.SYNCED)
    assert len(whole.keys() - told.keys()) == 1
    assert told.items() <= whole.items()


def test_a_key_that_the_document_does_not_have_is_ignored() -> None:
    assert read(people_vip=1, houses=[dwelling(ZHOU, vip=[1])]).name == "老周"


def test_an_answer_about_nobody_is_refused() -> None:
    refused(zhous(people_name=None, people_idcard=""))


@pytest.mark.parametrize(("name", "number"), [("老周", None), (None, ZHOU_ID)])
def test_a_name_or_a_number_is_somebody(name, number) -> None:
    answer = read(people_name=name, people_idcard=number)
    assert (answer.name, answer.id_number) == (name, number)


@pytest.mark.parametrize("nobody", [member(None, "", 4), {"people_house_role": 4}])
def test_a_member_who_is_nobody_is_refused(nobody) -> None:
    refused(zhous(nobody))


@pytest.mark.parametrize("nothing", [{}, member("", "", ""), member(None, "无", None)])
def test_a_row_that_says_nothing_is_passed_over(nothing) -> None:
    assert read_answer(zhous(nothing), phone=ZHOU_PHONE).houses[0].members[1].is_empty


def test_the_only_building_of_a_community_has_no_number() -> None:
    assert read_answer(person("老周", ZHOU_ID, ZHOU_PHONE, dwelling(ZHOU, louhao="")), phone=ZHOU_PHONE)


def test_a_refusal_shows_nothing_that_came() -> None:
    with pytest.raises(AnswerError) as error:
        read(people_name="张" * 51, people_idcard=ZHOU_ID)
    assert "张" not in str(error.value) and ZHOU_ID not in repr(error.value)
    assert error.value.__suppress_context__
