"""Whose value wins, field by field, three ways (domain.md, Sync), and what a sync leaves in the history."""

from collections import Counter
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from houses.models import Community, Finding, House, Membership
from residents.models import Resident
from residents.upstream import Said, blank
from sync.models import PlatformRecord
from sync.three_way import ELSEWHERE, OWN_ANSWER, Speaker, unknown, weigh
from tests.cast import (
    LI,
    LI_ID,
    LI_PHONE,
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
from tests.factories import UserFactory

# The self speaks of the self; 李梅 and 陈强 name the person in their own answers.
SELF, AGAIN = Speaker("zhou", OWN_ANSWER), Speaker("zhou", OWN_ANSWER)
LI_SAYS, CHEN_SAYS = Speaker("li", ELSEWHERE), Speaker("chen", ELSEWHERE)
OTHER_SELF = Speaker("chen", OWN_ANSWER)


def by_self(value: Any, **marks: Any) -> Said:
    return Said(value, OWN_ANSWER, "zhou", **marks)


def by_li(value: Any, **marks: Any) -> Said:
    return Said(value, ELSEWHERE, "li", **marks)


CASES = {
    # the platform speaks for the first time
    "a blank is filled": ("", None, "一中", SELF, "一中", by_self("一中")),
    "an unknown flag is filled by no": (None, None, False, SELF, False, by_self(False)),
    "an unknown role is filled by 0": (None, None, 0, SELF, 0, by_self(0)),
    "the lowest rank fills a blank": ("", None, "一中", LI_SAYS, "一中", by_li("一中")),
    "what was typed before and is the same is no conflict": (
        "一中",
        None,
        "一中",
        SELF,
        "一中",
        by_self("一中"),
    ),
    "what was typed before and differs is a conflict": (
        "一中",
        None,
        "二中",
        SELF,
        "一中",
        by_self("二中", conflict=True),
    ),
    "no was typed before and the platform says yes": (
        False,
        None,
        True,
        SELF,
        False,
        by_self(True, conflict=True),
    ),
    "a real code after an unknown one": (None, Said(raw="9", rank=2, by="zhou"), 1, SELF, 1, by_self(1)),
    # ours unchanged since: take theirs
    "ours unchanged, theirs changed": ("一中", by_self("一中"), "二中", AGAIN, "二中", by_self("二中")),
    "a flag turns to no": (True, by_self(True), False, AGAIN, False, by_self(False)),
    "a role turns to 0": (1, by_self(1), 0, AGAIN, 0, by_self(0)),
    # theirs unchanged: keep ours
    "theirs unchanged, ours unchanged": ("一中", by_self("一中"), "一中", AGAIN, "一中", by_self("一中")),
    "theirs unchanged, ours changed": ("三中", by_self("一中"), "一中", AGAIN, "三中", by_self("一中")),
    "theirs unchanged, a conflict stays open": (
        "三中",
        by_self("二中", conflict=True),
        "二中",
        AGAIN,
        "三中",
        by_self("二中", conflict=True),
    ),
    # both changed
    "both changed": ("三中", by_self("一中"), "二中", AGAIN, "三中", by_self("二中", conflict=True)),
    "both changed to the same": ("二中", by_self("一中"), "二中", AGAIN, "二中", by_self("二中")),
    "the platform comes round to ours": (
        "三中",
        by_self("二中", conflict=True),
        "三中",
        AGAIN,
        "三中",
        by_self("三中"),
    ),
    "a conflict goes on with another value": (
        "三中",
        by_self("二中", conflict=True),
        "四中",
        AGAIN,
        "三中",
        by_self("四中", conflict=True),
    ),
    # an empty word never wipes
    "null says nothing": ("一中", by_self("一中"), None, AGAIN, "一中", by_self("一中")),
    "an empty text says nothing": ("一中", by_self("一中"), "", AGAIN, "一中", by_self("一中")),
    "null about what was typed": ("一中", None, None, SELF, "一中", None),
    # emptied by staff
    "emptied and theirs unchanged": ("", by_self("一中"), "一中", AGAIN, "", by_self("一中")),
    "emptied and theirs changed": ("", by_self("一中"), "二中", AGAIN, "二中", by_self("二中")),
    "emptied flag and theirs unchanged": (None, by_self(False), False, AGAIN, None, by_self(False)),
    # rank
    "a lower rank does not change": ("一中", by_self("一中"), "二中", LI_SAYS, "一中", by_self("一中")),
    "a lower rank makes no conflict": ("三中", by_self("一中"), "二中", LI_SAYS, "三中", by_self("一中")),
    "an equal rank of another does not change": (
        "一中",
        by_li("一中"),
        "二中",
        CHEN_SAYS,
        "一中",
        by_li("一中"),
    ),
    "an equal rank of another makes no conflict": (
        "三中",
        by_li("一中"),
        "二中",
        CHEN_SAYS,
        "三中",
        by_li("一中"),
    ),
    "the highest rank of another does not change either": (
        "一中",
        by_self("一中"),
        "二中",
        OTHER_SELF,
        "一中",
        by_self("一中"),
    ),
    "a lower rank does not take over by agreeing": (
        "一中",
        by_self("一中"),
        "一中",
        LI_SAYS,
        "一中",
        by_self("一中"),
    ),
    "a higher rank changes": ("一中", by_li("一中"), "二中", SELF, "二中", by_self("二中")),
    "a higher rank agrees and is remembered": ("一中", by_li("一中"), "一中", SELF, "一中", by_self("一中")),
    "a higher rank against what was typed": (
        "三中",
        by_li("一中"),
        "二中",
        SELF,
        "三中",
        by_self("二中", conflict=True),
    ),
    "a lower rank fills what only an unknown code was said of": (
        None,
        Said(raw="9", rank=2, by="zhou"),
        1,
        LI_SAYS,
        1,
        by_li(1),
    ),
}


@pytest.mark.parametrize(("ours", "said", "theirs", "speaker", "value", "kept"), CASES.values(), ids=CASES)
def test_the_table_of_the_domain(ours, said, theirs, speaker, value, kept) -> None:
    assert weigh(ours, said, theirs, speaker) == (value, kept)


DERIVED, STATED = date(1980, 3, 7), date(1980, 3, 8)


@pytest.mark.parametrize("speaker", [SELF, LI_SAYS])
def test_what_was_read_off_the_number_counts_as_blank(speaker) -> None:
    value, kept = weigh(DERIVED, None, STATED, speaker, derived=True)
    assert value == STATED
    assert kept == speaker.says(STATED)


def test_what_was_read_off_the_number_stays_when_nothing_is_said() -> None:
    assert weigh(DERIVED, None, None, SELF, derived=True) == (DERIVED, None)


def test_what_was_read_off_the_number_gives_way_to_a_changed_word() -> None:
    assert weigh(DERIVED, by_self(STATED), date(1980, 3, 9), AGAIN, derived=True)[0] == date(1980, 3, 9)


WORDS = st.sampled_from(["", None, "一中", "二中", "三中"])
RANKS, PHONES = st.integers(1, 2), st.sampled_from(["zhou", "li"])
SAID = st.none() | st.tuples(WORDS, RANKS, PHONES, st.booleans()).map(lambda told: Said(*told))
SPEAKERS = st.tuples(PHONES, RANKS).map(lambda told: Speaker(*told))


@given(WORDS, SAID, WORDS, SPEAKERS, st.booleans())
def test_no_word_ever_wipes_a_value(ours, said, theirs, speaker, derived) -> None:
    value, _ = weigh(ours, said, theirs, speaker, derived=derived)
    assert blank(ours) or not blank(value)
    assert value in (ours, theirs)


@given(WORDS, SAID, WORDS, SPEAKERS, st.booleans())
def test_the_same_word_twice_changes_nothing(ours, said, theirs, speaker, derived) -> None:
    once = weigh(ours, said, theirs, speaker, derived=derived)
    assert weigh(*once, theirs, speaker) == once


@given(WORDS, SAID, WORDS, SPEAKERS)
def test_a_lower_rank_only_fills_blanks(ours, said, theirs, speaker) -> None:
    if said and not blank(said.value) and not blank(ours) and speaker.outranked(said):
        assert weigh(ours, said, theirs, speaker) == (ours, said)


# -- unknown codes -----------------------------------------------------------------------

NINE = Said(raw="9", rank=OWN_ANSWER, by="zhou")


@pytest.mark.parametrize(
    ("said", "raw", "speaker", "kept"),
    [
        (None, "9", SELF, NINE),
        (NINE, "9", AGAIN, NINE),
        (NINE, "8", AGAIN, Said(raw="8", rank=OWN_ANSWER, by="zhou")),
        (NINE, "8", LI_SAYS, NINE),
        (Said(raw="8", rank=ELSEWHERE, by="li"), "9", SELF, NINE),
        (Said(raw="8", rank=ELSEWHERE, by="li"), "9", CHEN_SAYS, Said(raw="8", rank=ELSEWHERE, by="li")),
        (by_self(1), "9", AGAIN, by_self(1)._replace(raw="9")),
        (by_self(1), "9", LI_SAYS, by_self(1)),
        (by_li(False), "9", SELF, by_li(False)._replace(raw="9")),
    ],
)
def test_an_unknown_code_is_kept_beside_what_was_said(said, raw, speaker, kept) -> None:
    assert unknown(said, raw, speaker) == kept


# -- in a sync ---------------------------------------------------------------------------


def typed(who: str, source: str = "staff", **values: object) -> None:
    """A person here changes values of a record, as a form would."""
    resident = Resident.objects.get(name=who)
    for field, value in values.items():
        setattr(resident, field, value)
        resident.origin.note(field, source)
    resident.save()
    PlatformRecord.objects.update(digest="")


def value(who: str, field: str) -> object:
    return getattr(Resident.objects.get(name=who), field)


def conflicts() -> list[str]:
    return sorted(Finding.objects.open().filter(code="platform_conflict").values_list("field", flat=True))


def test_ours_unchanged_takes_theirs(sync) -> None:
    sync(ZHOU_PHONE, zhous(job_name="教师"))
    outcome = sync(ZHOU_PHONE, zhous(job_name="医生"))
    assert (value("老周", "job_title"), outcome.fields_updated, outcome.conflicts) == ("医生", 1, 0)


def test_theirs_unchanged_keeps_ours(sync) -> None:
    sync(ZHOU_PHONE, zhous(job_name="教师"))
    typed("老周", job_title="校长")
    assert sync(ZHOU_PHONE).outcome == "unchanged"
    assert (value("老周", "job_title"), conflicts()) == ("校长", [])


def test_both_changed_keeps_ours_with_a_conflict(sync) -> None:
    sync(ZHOU_PHONE, zhous(job_name="教师"))
    typed("老周", job_title="校长")
    outcome = sync(ZHOU_PHONE, zhous(job_name="医生"))
    assert (outcome.outcome, outcome.conflicts, outcome.fields_updated) == ("updated", 1, 0)
    assert (value("老周", "job_title"), conflicts()) == ("校长", ["job_title"])


def test_a_conflict_closes_when_the_platform_comes_round(sync) -> None:
    sync(ZHOU_PHONE, zhous(job_name="教师"))
    typed("老周", job_title="校长")
    sync(ZHOU_PHONE, zhous(job_name="医生"))
    sync(ZHOU_PHONE, zhous(job_name="校长"))
    assert conflicts() == []


def test_a_settled_conflict_is_not_opened_by_the_same_answer(sync) -> None:
    sync(ZHOU_PHONE, zhous(job_name="教师"))
    typed("老周", job_title="校长")
    sync(ZHOU_PHONE, zhous(job_name="医生"))
    Finding.objects.open().get(code="platform_conflict").resolve("采用我方的值", by=None)
    PlatformRecord.objects.update(digest="")
    assert sync(ZHOU_PHONE).outcome == "unchanged"
    assert conflicts() == []


def test_an_empty_answer_wipes_nothing(sync) -> None:
    sync(ZHOU_PHONE, zhous())
    nothing = {"people_nation": "", "people_address": None, "people_dibao": None, "job_name": "无"}
    assert sync(ZHOU_PHONE, zhous(**nothing)).outcome == "unchanged"
    assert (value("老周", "ethnicity"), value("老周", "is_low_income")) == ("01", False)


def test_what_staff_emptied_stays_empty_until_the_platform_says_another(sync) -> None:
    sync(ZHOU_PHONE, zhous(job_name="教师"))
    typed("老周", job_title="")
    sync(ZHOU_PHONE)
    assert value("老周", "job_title") == ""
    sync(ZHOU_PHONE, zhous(job_name="医生"))
    assert value("老周", "job_title") == "医生"


def test_what_was_typed_before_the_platform_spoke_is_a_conflict(sync) -> None:
    sync(ZHOU_PHONE, zhous(job_name=""))
    typed("老周", job_title="校长")
    sync(ZHOU_PHONE, zhous(job_name="医生"))
    assert (value("老周", "job_title"), conflicts()) == ("校长", ["job_title"])


def test_what_the_number_told_gives_way_to_the_answer(sync) -> None:
    sync(ZHOU_PHONE, zhous(people_birth=""))
    assert value("老周", "birth_date") == date(1980, 3, 7)
    sync(ZHOU_PHONE, zhous(people_birth="19800308"))
    assert (value("老周", "birth_date"), conflicts()) == (date(1980, 3, 8), [])


def test_nothing_is_filled_from_a_shared_number(sync) -> None:
    sync(ZHOU_PHONE, zhous(member("李梅", LI_ID, 4), member("李兰", LI_ID, 12)))
    assert (value("李梅", "birth_date"), value("李兰", "sex")) == (None, None)


def test_a_husbands_and_a_wifes_answers_do_not_swing(sync) -> None:
    sync(ZHOU_PHONE, zhous(LI, XIAO))
    wifes = lis(member("老周", ZHOU_ID, 3), member("小周", XIAO_ID, 13))
    sync(LI_PHONE, wifes)
    for phone in (ZHOU_PHONE, LI_PHONE, ZHOU_PHONE, LI_PHONE):
        PlatformRecord.objects.update(digest="")
        assert sync(phone).outcome == "unchanged"
    assert dict(Membership.objects.values_list("resident__name", "role")) == {
        "老周": 1,
        "李梅": 4,
        "小周": 11,
    }


def test_the_owners_word_on_a_house_stands_against_others(sync) -> None:
    sync(LI_PHONE, lis())
    sync(ZHOU_PHONE, person("老周", ZHOU_ID, ZHOU_PHONE, dwelling(ZHOU, people_house_status=3)))
    assert House.objects.get().occupancy == 3
    PlatformRecord.objects.update(digest="")
    assert sync(LI_PHONE).outcome == "unchanged"
    assert (House.objects.get().occupancy, conflicts()) == (3, [])


def test_the_persons_own_role_stands_against_the_owners(sync) -> None:
    sync(ZHOU_PHONE, zhous(member("李梅", LI_ID, 0)))
    sync(LI_PHONE, lis(role=4))
    PlatformRecord.objects.update(digest="")
    assert sync(ZHOU_PHONE).outcome == "unchanged"
    assert Membership.objects.get(resident__name="李梅").role == 4


def test_a_missing_key_keeps_the_value(sync) -> None:
    sync(ZHOU_PHONE, zhous())
    silent = zhous()
    del silent["job_name"], silent["people_nation"]
    assert sync(ZHOU_PHONE, silent).outcome == "unchanged"


def test_an_unknown_code_leaves_the_field_empty_with_a_finding(sync) -> None:
    sync(ZHOU_PHONE, zhous(people_zhengzhimianmao="共青团"))
    assert value("老周", "political_status") is None
    assert Finding.objects.get(code="unknown_code").evidence == {"raw": "共青团"}


def test_an_unknown_code_closes_when_a_known_one_comes(sync) -> None:
    sync(ZHOU_PHONE, zhous(people_zhengzhimianmao="共青团"))
    sync(ZHOU_PHONE, zhous(people_zhengzhimianmao=2))
    assert value("老周", "political_status") == 2
    assert not Finding.objects.open().filter(code="unknown_code").exists()


def test_every_value_tells_where_it_came_from(sync) -> None:
    sync(ZHOU_PHONE, zhous())
    typed("老周", job_title="校长")
    origin = Resident.objects.get(name="老周").origin
    fields = ("ethnicity", "birth_date", "job_title", "photo_url")
    assert [origin.of(field) for field in fields] == ["platform", "id_number", "staff", ""]


# -- history -----------------------------------------------------------------------------

KEPT = (Resident, House, Membership)


def history() -> Counter[str]:
    return Counter({model.__name__: model.history.count() for model in KEPT})


def test_a_first_sync_writes_one_history_row_for_each_new_record(sync) -> None:
    sync(ZHOU_PHONE, zhous(LI, XIAO))
    assert history() == {"Resident": 3, "House": 1, "Membership": 3}
    kinds = {(row.history_type, row.history_change_reason) for model in KEPT for row in model.history.all()}
    assert kinds == {("+", "安防平台同步")}


def test_the_history_holds_the_values(sync) -> None:
    sync(ZHOU_PHONE, zhous())
    last = Resident.objects.get().history.get()
    assert (last.name, last.id_number, last.phone) == ("老周", ZHOU_ID, ZHOU_PHONE)
    assert Membership.objects.get().history.get().status == Membership.objects.get().status
    assert House.objects.get().history.get().occupancy == 1


def test_a_new_community_is_in_the_history(sync) -> None:
    sync(ZHOU_PHONE, zhous())
    assert Community.objects.get().history.count() == 1


@pytest.mark.parametrize("recognised", [True, False])
def test_an_answer_that_changes_nothing_leaves_no_history(sync, recognised) -> None:
    sync(ZHOU_PHONE, zhous(LI, XIAO))
    before = history()
    if not recognised:
        PlatformRecord.objects.update(digest="")
    sync(ZHOU_PHONE)
    assert history() == before


def test_only_the_changed_record_gets_a_history_row(sync) -> None:
    sync(ZHOU_PHONE, zhous(LI, XIAO))
    before = history()
    sync(ZHOU_PHONE, zhous(LI, XIAO, job_name="医生"))
    assert history() - before == {"Resident": 1}
    last = Resident.objects.get(name="老周").history.first()
    assert (last.job_title, last.history_type, last.history_user) == ("医生", "~", None)


def test_a_change_of_role_is_one_row_of_the_membership(sync) -> None:
    sync(ZHOU_PHONE, zhous(member("李梅", LI_ID, 13)))
    before = history()
    sync(ZHOU_PHONE, zhous(LI))
    assert history() - before == {"Membership": 1}


def test_a_change_of_the_house_is_one_row_of_the_house(sync) -> None:
    sync(ZHOU_PHONE, zhous())
    before = history()
    sync(ZHOU_PHONE, person("老周", ZHOU_ID, ZHOU_PHONE, dwelling(ZHOU, people_house_status=2)))
    assert history() - before == {"House": 1}


def test_versions_count_the_changes(sync) -> None:
    sync(ZHOU_PHONE, zhous(LI))
    sync(ZHOU_PHONE, zhous(LI, job_name="医生"))
    assert dict(Resident.objects.values_list("name", "version")) == {"老周": 2, "李梅": 1}


def test_a_change_by_staff_stands_in_the_history_with_who(sync) -> None:
    sync(ZHOU_PHONE, zhous())
    staff = UserFactory(staff=True)
    resident = Resident.objects.get()
    resident.job_title, resident._history_user = "校长", staff
    resident.save()
    assert [row.history_user for row in resident.history.all()] == [staff, None]


def test_what_was_said_is_not_told_by_its_repr() -> None:
    said = Said("周健国", OWN_ANSWER, "zhou", raw="赵", absorbed="钱")
    assert not any(word in repr(said) for word in ("周健国", "赵", "钱"))
