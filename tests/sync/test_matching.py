"""Who is who, rule by rule (domain.md, Sync)."""

import pytest

from houses.models import Finding, House, Membership
from houses.states import EndReason
from residents.models import Resident, Tombstone
from sync.models import Mention, PlatformRecord
from tests.cast import (
    CHEN_ID,
    CHEN_PHONE,
    LI,
    LI_ID,
    LI_PHONE,
    WANG_ID,
    WANG_PHONE,
    XIAO,
    XIAO_ID,
    ZHOU,
    ZHOU_ID,
    ZHOU_PHONE,
    dwelling,
    lis,
    member,
    person,
    zhous,
)


def people() -> list[tuple[str, str]]:
    return sorted((r.name, r.id_number) for r in Resident.objects.all())


def roles() -> list[tuple[str, int | None]]:
    return sorted(Membership.objects.values_list("resident__name", "role"))


def codes() -> list[str]:
    return sorted(Finding.objects.open().exclude(code="unknown_community").values_list("code", flat=True))


def correct(who: str, **values: object) -> None:
    """Staff put values right, as a form would."""
    resident = Resident.objects.get(name=who)
    for field, value in values.items():
        setattr(resident, field, value)
        resident.origin.note(field, "staff")
    resident.save()
    PlatformRecord.objects.update(digest="")


# -- the phone's person ------------------------------------------------------------------


def test_the_last_subject_stays_while_the_name_agrees(sync) -> None:
    sync(ZHOU_PHONE, zhous())
    sync(ZHOU_PHONE, person("老周", CHEN_ID, ZHOU_PHONE, dwelling(member("老周", CHEN_ID, 1))))
    assert people() == [("老周", CHEN_ID)]


def test_the_last_subject_stays_while_the_number_agrees(sync) -> None:
    sync(ZHOU_PHONE, zhous())
    sync(ZHOU_PHONE, person("周建国", ZHOU_ID, ZHOU_PHONE, dwelling()))
    assert people() == [("周建国", ZHOU_ID)]


def test_the_last_subject_stays_after_staff_corrected_both(sync) -> None:
    sync(ZHOU_PHONE, zhous())
    correct("老周", name="周建国", id_number=CHEN_ID)
    sync(ZHOU_PHONE, zhous(job_name="医生"))
    assert people() == [("周建国", CHEN_ID)]


def test_a_member_who_gets_a_phone_is_the_same_person(sync) -> None:
    sync(ZHOU_PHONE, zhous(LI))
    outcome = sync(LI_PHONE, lis(member("老周", ZHOU_ID, 1)))
    assert outcome.outcome == "updated"
    assert people() == sorted([("李梅", LI_ID), ("老周", ZHOU_ID)])


def test_a_holder_without_a_name_is_the_phones_person(sync) -> None:
    sync(ZHOU_PHONE, zhous(member(None, LI_ID, 4)))
    sync(LI_PHONE, lis())
    assert people() == sorted([("李梅", LI_ID), ("老周", ZHOU_ID)])


def test_an_answer_without_a_name_is_about_the_only_holder_of_its_number(sync) -> None:
    sync(ZHOU_PHONE, zhous(LI))
    sync(LI_PHONE, lis(people_name=""))
    assert people() == sorted([("李梅", LI_ID), ("老周", ZHOU_ID)])


def test_a_namesake_at_home_without_a_number_is_the_phones_person(sync) -> None:
    sync(ZHOU_PHONE, zhous(member("李梅", "", 4)))
    sync(LI_PHONE, lis())
    assert people() == sorted([("李梅", LI_ID), ("老周", ZHOU_ID)])


def test_a_namesake_in_another_house_is_somebody_else(sync) -> None:
    sync(ZHOU_PHONE, zhous(member("李梅", "", 4)))
    sync(LI_PHONE, person("李梅", LI_ID, LI_PHONE, dwelling(room="999")))
    assert Resident.objects.filter(name="李梅").count() == 2


def test_a_holder_of_another_name_is_not_the_phones_person(sync) -> None:
    sync(ZHOU_PHONE, zhous())
    sync(CHEN_PHONE, person("陈强", ZHOU_ID, CHEN_PHONE, dwelling(room="202")))
    assert people() == sorted([("老周", ZHOU_ID), ("陈强", ZHOU_ID)])
    assert codes() == ["id_shared", "id_shared"]


def test_a_phone_that_moved_leaves_the_former_holder_with_a_notice(sync) -> None:
    sync(ZHOU_PHONE, zhous())
    sync(ZHOU_PHONE, person("陈强", CHEN_ID, ZHOU_PHONE, dwelling(room="202")))
    assert list(Resident.objects.values_list("phone", flat=True)) == [ZHOU_PHONE, ZHOU_PHONE]
    assert Finding.objects.open().get(code="phone_moved").resident.name == "老周"
    assert Finding.objects.open().get(code="absent_upstream").membership.resident.name == "老周"


def test_the_notice_closes_when_the_phone_answers_for_the_former_holder_again(sync) -> None:
    sync(ZHOU_PHONE, zhous())
    sync(ZHOU_PHONE, person("陈强", CHEN_ID, ZHOU_PHONE, dwelling(room="202")))
    sync(ZHOU_PHONE, zhous())
    assert Finding.objects.open().get(code="phone_moved").resident.name == "陈强"


def test_a_new_phone_replaces_the_one_that_moved(sync) -> None:
    sync(ZHOU_PHONE, zhous())
    sync(ZHOU_PHONE, person("陈强", CHEN_ID, ZHOU_PHONE, dwelling(room="202")))
    sync(WANG_PHONE, person("老周", ZHOU_ID, WANG_PHONE, dwelling(ZHOU)))
    assert Resident.objects.get(name="老周").phone == WANG_PHONE
    assert "phone_moved" not in codes()


def test_two_phones_of_one_person_do_not_take_turns(sync) -> None:
    sync(ZHOU_PHONE, zhous())
    for phone in (WANG_PHONE, ZHOU_PHONE, WANG_PHONE):
        PlatformRecord.objects.update(digest="")
        sync(phone, person("老周", ZHOU_ID, phone, dwelling(ZHOU)))
    assert Resident.objects.get(name="老周").phone == ZHOU_PHONE


# -- members -----------------------------------------------------------------------------


def test_the_subjects_row_with_another_number_is_the_subject(sync) -> None:
    sync(ZHOU_PHONE, person("老周", ZHOU_ID, ZHOU_PHONE, dwelling(member("老周", CHEN_ID, 1))))
    assert people() == [("老周", ZHOU_ID)]
    assert codes() == ["self_id_mismatch"]


@pytest.mark.parametrize("role", [0, 13, None])
def test_a_vague_role_does_not_make_a_namesake_the_subject(sync, role) -> None:
    sync(ZHOU_PHONE, person("老周", ZHOU_ID, ZHOU_PHONE, dwelling(member("老周", CHEN_ID, role), role=role)))
    assert set(people()) == {("老周", ZHOU_ID), ("老周", CHEN_ID)}


def test_what_staff_corrected_stays_matched(sync) -> None:
    sync(ZHOU_PHONE, zhous(LI))
    correct("李梅", name="李玫", id_number=CHEN_ID)
    outcome = sync(ZHOU_PHONE, zhous(LI, job_name="医生"))
    assert outcome.residents["created"] == 0
    assert ("李玫", CHEN_ID) in people()


def test_a_number_corrected_by_the_platform_is_followed(sync) -> None:
    sync(ZHOU_PHONE, zhous(member("李梅", CHEN_ID, 4)))
    sync(ZHOU_PHONE, zhous(LI))
    assert people() == sorted([("李梅", LI_ID), ("老周", ZHOU_ID)])


def test_a_name_that_changed_never_changes_a_known_name(sync) -> None:
    sync(ZHOU_PHONE, zhous(LI))
    sync(ZHOU_PHONE, zhous(member("孩儿他妈", LI_ID, 4)))
    assert people() == sorted([("李梅", LI_ID), ("老周", ZHOU_ID)])
    assert codes() == ["name_differs"]


def test_a_row_gets_its_missing_number(sync) -> None:
    sync(ZHOU_PHONE, zhous(member("李梅", None, 4)))
    sync(ZHOU_PHONE, zhous(LI))
    assert people() == sorted([("李梅", LI_ID), ("老周", ZHOU_ID)])


def test_a_row_gets_its_missing_name(sync) -> None:
    sync(ZHOU_PHONE, zhous(member("", LI_ID, 4)))
    sync(ZHOU_PHONE, zhous(LI))
    assert people() == sorted([("李梅", LI_ID), ("老周", ZHOU_ID)])


def test_the_same_number_and_name_anywhere_is_one_person(sync) -> None:
    sync(ZHOU_PHONE, zhous(LI))
    sync(CHEN_PHONE, person("陈强", CHEN_ID, CHEN_PHONE, dwelling(member("李梅", LI_ID, 12), room="202")))
    assert Resident.objects.get(name="李梅").memberships.count() == 2


def test_a_nickname_of_a_member_of_the_house_makes_no_second_person(sync) -> None:
    sync(LI_PHONE, lis())
    sync(ZHOU_PHONE, zhous(member("孩儿他妈", LI_ID, 4)))
    assert people() == sorted([("李梅", LI_ID), ("老周", ZHOU_ID)])
    assert codes() == ["name_differs"]


def test_a_number_under_another_name_elsewhere_is_somebody_new(sync) -> None:
    sync(LI_PHONE, person("李梅", LI_ID, LI_PHONE, dwelling(room="202")))
    sync(ZHOU_PHONE, zhous(member("张兰", LI_ID, 4)))
    assert ("张兰", LI_ID) in people() and ("李梅", LI_ID) in people()
    assert codes() == ["id_shared", "id_shared"]


def test_a_nickname_whose_role_contradicts_the_sex_is_somebody_new(sync) -> None:
    sync(LI_PHONE, lis())
    sync(ZHOU_PHONE, zhous(member("大壮", LI_ID, 11)))
    assert ("大壮", LI_ID) in people()


def test_two_rows_of_one_number_and_two_names_stay_two_people(sync) -> None:
    sync(ZHOU_PHONE, zhous(member("李梅", LI_ID, 4), member("李兰", LI_ID, 12)))
    assert people() == sorted([("李兰", LI_ID), ("李梅", LI_ID), ("老周", ZHOU_ID)])
    assert codes() == ["id_shared", "id_shared"]


def test_the_owners_number_typed_for_the_son_makes_two_people(sync) -> None:
    sync(ZHOU_PHONE, person("老周", ZHOU_ID, ZHOU_PHONE, dwelling(member("小周", ZHOU_ID, 11))))
    assert people() == sorted([("小周", ZHOU_ID), ("老周", ZHOU_ID)])


@pytest.mark.parametrize(
    "again",
    [LI, member("李梅", LI_ID.lower(), 4), member(" 李梅 ", f" {LI_ID}", "4"), member("李梅", LI_ID, 13)],
)
def test_the_same_row_twice_is_one_person(sync, again) -> None:
    outcome = sync(ZHOU_PHONE, zhous(LI, again))
    assert outcome.residents["created"] == 2
    assert roles() == sorted([("李梅", 4), ("老周", 1)])


def test_two_namesakes_of_different_roles_without_numbers_are_two(sync) -> None:
    sync(ZHOU_PHONE, zhous(member("周平", "", 5), member("周平", "", 11)))
    assert Resident.objects.filter(name="周平").count() == 2
    PlatformRecord.objects.update(digest="")
    assert sync(ZHOU_PHONE).outcome == "unchanged"


def test_names_are_compared_without_blanks_and_dots(sync) -> None:
    sync(ZHOU_PHONE, zhous(member("阿依古丽·买买提", "", 4)))
    sync(ZHOU_PHONE, zhous(member("阿依古丽•买买提 ", LI_ID, 4)))
    assert Resident.objects.count() == 2


def test_a_15_digit_number_is_matched_by_its_18_characters(sync) -> None:
    sync(ZHOU_PHONE, zhous(member("关羽", "610104196209276908", 5)))
    sync(
        CHEN_PHONE,
        person("陈强", CHEN_ID, CHEN_PHONE, dwelling(member("关羽", "610104620927690", 5), room="202")),
    )
    assert Resident.objects.filter(name="关羽").count() == 1


# -- absence, ends, erasure --------------------------------------------------------------


def test_a_row_that_left_the_answer_is_marked_never_deleted(sync) -> None:
    sync(ZHOU_PHONE, zhous(LI, XIAO))
    outcome = sync(ZHOU_PHONE, zhous(LI))
    assert outcome.outcome == "updated"
    assert Membership.objects.count() == 3
    assert Finding.objects.open().get(code="absent_upstream").membership.resident.name == "小周"


def test_a_row_that_comes_back_closes_its_absence(sync) -> None:
    for rows in ([LI, XIAO], [LI], [LI, XIAO]):
        sync(ZHOU_PHONE, zhous(*rows))
    assert codes() == []
    assert not Membership.objects.exclude(absent_since=None).exists()


def test_absence_for_one_phone_is_not_undone_by_another(sync) -> None:
    sync(ZHOU_PHONE, zhous(LI, XIAO))
    sync(LI_PHONE, lis(member("老周", ZHOU_ID, 1), member("小周", XIAO_ID, 13)))
    sync(ZHOU_PHONE, zhous(LI))
    PlatformRecord.objects.update(digest="")
    assert sync(LI_PHONE).outcome == "unchanged"
    assert codes() == ["absent_upstream"]


def test_a_whole_house_that_left_the_answer_marks_all_but_the_subject(sync) -> None:
    sync(ZHOU_PHONE, zhous(LI))
    sync(ZHOU_PHONE, person("老周", ZHOU_ID, ZHOU_PHONE))
    assert [f.membership.resident.name for f in Finding.objects.open().filter(code="absent_upstream")] == [
        "李梅"
    ]


def test_a_house_that_is_silent_about_its_members_marks_nobody(sync) -> None:
    sync(ZHOU_PHONE, zhous(LI))
    silent = dwelling()
    del silent["members"]
    sync(ZHOU_PHONE, person("老周", ZHOU_ID, ZHOU_PHONE, silent))
    assert codes() == []


def test_an_ended_membership_survives_and_is_noticed(sync) -> None:
    sync(ZHOU_PHONE, zhous(LI))
    row = Membership.objects.get(resident__name="李梅")
    row.end(EndReason.MOVED_OUT)
    outcome = sync(ZHOU_PHONE)
    row.refresh_from_db()
    assert (row.status, outcome.memberships["created"]) == ("ended", 0)
    assert codes() == ["listed_after_end"]
    PlatformRecord.objects.update(digest="")
    assert sync(ZHOU_PHONE).outcome == "unchanged"


def test_the_notice_after_an_end_closes_when_the_platform_follows(sync) -> None:
    sync(ZHOU_PHONE, zhous(LI))
    Membership.objects.get(resident__name="李梅").end(EndReason.MOVED_OUT)
    sync(ZHOU_PHONE)
    sync(ZHOU_PHONE, zhous())
    assert codes() == []


def test_a_seller_whose_phone_still_answers_gets_no_new_membership(sync) -> None:
    sync(ZHOU_PHONE, zhous(LI))
    for row in Membership.objects.all():
        row.end(EndReason.SOLD)
    sync(ZHOU_PHONE)
    assert Membership.objects.open().count() == 0
    assert codes() == ["listed_after_end", "listed_after_end"]


def test_an_erased_person_is_not_brought_back(sync) -> None:
    Tombstone.objects.create(key=Tombstone.key_for(LI_ID))
    sync(ZHOU_PHONE, zhous(LI))
    assert people() == [("老周", ZHOU_ID)]


def test_an_answer_about_an_erased_person_stores_nothing(sync) -> None:
    Tombstone.objects.create(key=Tombstone.key_for(ZHOU_ID))
    assert sync(ZHOU_PHONE, zhous(LI)).outcome == "unchanged"
    assert (Resident.objects.count(), Mention.objects.count()) == (0, 0)


# -- houses ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"louhao": "1号楼"},
        {"louhao": "１栋", "danyuan": "01单元"},
        {"fangjian": "101室"},
        {"louceng": "1层"},
        {"louceng": ""},
        {"louceng": None},
        {"xiaoqu": 1, "fangjian": 101},
        {"fangjian": " 0101 "},
    ],
)
def test_spellings_of_one_address_are_one_house(sync, changes) -> None:
    sync(ZHOU_PHONE, zhous(LI))
    sync(LI_PHONE, person("李梅", LI_ID, LI_PHONE, dwelling(role=4, **changes)))
    assert sorted(Membership.objects.values_list("house").distinct().count() for _ in "1") == [1]


def test_a_blank_floor_is_filled_by_a_later_answer(sync) -> None:
    sync(ZHOU_PHONE, person("老周", ZHOU_ID, ZHOU_PHONE, dwelling(ZHOU, louceng="")))
    sync(LI_PHONE, lis())
    assert [row.house.address for row in Membership.objects.all()] == ["1-1-1-101", "1-1-1-101"]


def test_letters_of_a_room_are_compared_in_upper_case(sync) -> None:
    sync(ZHOU_PHONE, person("老周", ZHOU_ID, ZHOU_PHONE, dwelling(ZHOU, room="12a")))
    sync(LI_PHONE, person("李梅", LI_ID, LI_PHONE, dwelling(role=4, room="12A")))
    assert {row.house.room for row in Membership.objects.all()} == {"12A"}


# -- who may fill for whom ---------------------------------------------------------------


def managers() -> dict[str, str | None]:
    rows = Membership.objects.select_related("resident", "managed_by")
    return {row.resident.name: row.managed_by and row.managed_by.name for row in rows}


def test_an_owner_manages_whom_the_own_answer_named(sync) -> None:
    sync(ZHOU_PHONE, zhous(LI, XIAO))
    assert managers() == {"老周": None, "李梅": "老周", "小周": "老周"}


def test_a_tenant_manages_the_own_family_and_not_the_owner(sync) -> None:
    rows = [member("王租", WANG_ID, 2), member("王小", XIAO_ID, 2), member("老周", ZHOU_ID, 1)]
    sync(ZHOU_PHONE, zhous(*rows[:2]))
    sync(WANG_PHONE, person("王租", WANG_ID, WANG_PHONE, dwelling(*rows, role=2, people_house_type=2)))
    PlatformRecord.objects.update(digest="")
    assert sync(ZHOU_PHONE).outcome == "unchanged"
    assert managers() == {"老周": None, "王租": "老周", "王小": "王租"}


def test_the_own_row_tells_the_role_where_the_house_does_not(sync) -> None:
    sync(ZHOU_PHONE, person("老周", ZHOU_ID, ZHOU_PHONE, dwelling(ZHOU, role=None)))
    assert roles() == [("老周", 1)]


# -- what strangers found ----------------------------------------------------------------


def test_a_blank_floor_that_was_settled_takes_no_other_floor(sync) -> None:
    sync(ZHOU_PHONE, person("老周", ZHOU_ID, ZHOU_PHONE, dwelling(ZHOU, louceng="")))
    two = [dwelling(role=1, louceng="1"), dwelling(role=1, louceng="2")]
    sync(CHEN_PHONE, person("陈强", CHEN_ID, CHEN_PHONE, *two))
    assert sorted(House.objects.values_list("floor", flat=True)) == ["1", "2"]
    PlatformRecord.objects.update(digest="")
    assert sync(CHEN_PHONE).outcome == "unchanged"


def test_namesakes_of_two_roles_keep_their_rows_in_any_order(sync) -> None:
    rows = [member("周小", "", 11), member("周小", "", 12)]
    sync(ZHOU_PHONE, zhous(*rows))
    outcome = sync(ZHOU_PHONE, zhous(*reversed(rows)))
    assert (outcome.outcome, roles()) == ("unchanged", sorted([("周小", 11), ("周小", 12), ("老周", 1)]))


def test_a_namesake_with_another_role_is_not_the_subject(sync) -> None:
    sync(ZHOU_PHONE, person("老周", "", ZHOU_PHONE, dwelling(member("老周", XIAO_ID, 11))))
    assert people() == [("老周", ""), ("老周", XIAO_ID)]


def test_the_number_in_the_own_row_finds_the_phones_person(sync) -> None:
    sync(ZHOU_PHONE, zhous(LI))
    sync(LI_PHONE, person("李梅", "", LI_PHONE, dwelling(LI, room="909", role=4)))
    assert people() == sorted([("李梅", LI_ID), ("老周", ZHOU_ID)])


def test_a_house_that_left_the_answer_is_not_counted_again(sync) -> None:
    both = [dwelling(ZHOU), dwelling(ZHOU, LI, room="102")]
    sync(ZHOU_PHONE, person("老周", ZHOU_ID, ZHOU_PHONE, *both))
    sync(ZHOU_PHONE, zhous())
    outcome = sync(ZHOU_PHONE)
    assert (outcome.houses["unchanged"], outcome.memberships["unchanged"]) == (1, 1)
    assert [f.membership.resident.name for f in Finding.objects.open().filter(code="absent_upstream")] == [
        "李梅"
    ]


@pytest.mark.parametrize("how", ["by-digest", "in-full"])
def test_an_ended_member_is_counted_the_same_by_digest_and_in_full(sync, how) -> None:
    sync(ZHOU_PHONE, zhous(LI))
    Membership.objects.get(resident__name="李梅").end(EndReason.MOVED_OUT)
    sync(ZHOU_PHONE)
    if how == "in-full":
        PlatformRecord.objects.update(digest="")
    outcome = sync(ZHOU_PHONE)
    assert (outcome.outcome, outcome.residents["unchanged"]) == ("unchanged", 2)


def test_a_number_that_only_changes_its_spelling_is_one_changed_value(sync) -> None:
    sync(ZHOU_PHONE, zhous(member("关羽", "610104620927690", 5)))
    assert sync(ZHOU_PHONE, zhous(member("关羽", "610104196209276908", 5))).fields_updated == 1


@pytest.mark.parametrize("changes", [{"people_sex": 9}, {"people_sex": "男"}, {"people_birth": "2026-02-30"}])
def test_an_unknown_code_is_shown_though_the_number_tells_the_value(sync, changes) -> None:
    sync(ZHOU_PHONE, zhous(**changes))
    assert codes() == ["unknown_code"]
    assert (Resident.objects.get().sex, str(Resident.objects.get().birth_date)) == (1, "1980-03-07")


def test_an_unknown_code_after_a_known_one_is_shown_and_wipes_nothing(sync) -> None:
    sync(ZHOU_PHONE, zhous())
    sync(ZHOU_PHONE, zhous(people_zhengzhimianmao="共青团"))
    assert (codes(), Resident.objects.get().political_status) == (["unknown_code"], 1)
    sync(ZHOU_PHONE, zhous())
    assert codes() == []


@pytest.mark.parametrize("number", ["11010519491231²02X", "①1010519491231002X"])
def test_digits_of_another_script_in_a_number_are_flagged(sync, number) -> None:
    assert sync(ZHOU_PHONE, zhous(member("李梅", number, 4))).outcome == "created"
    assert codes() == ["id_checksum"]


def test_a_conflict_that_was_settled_is_counted_when_the_platform_changes_again(sync) -> None:
    sync(ZHOU_PHONE, zhous())
    correct("老周", job_title="校长")
    sync(ZHOU_PHONE, zhous(job_name="医生"))
    Finding.objects.get(code="platform_conflict").resolve("以本人说的为准", by=None)
    PlatformRecord.objects.update(digest="")
    assert (sync(ZHOU_PHONE).outcome, codes()) == ("unchanged", [])
    assert sync(ZHOU_PHONE, zhous(job_name="律师")).conflicts == 1
    assert codes() == ["platform_conflict"]


def test_an_answer_about_an_erased_person_leaves_no_house_behind(sync) -> None:
    Tombstone.objects.create(key=Tombstone.key_for(ZHOU_ID))
    sync(ZHOU_PHONE, zhous(LI))
    assert not House.objects.exists()
