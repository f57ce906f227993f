"""我的家: who is shown how, what is open, what to do next."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from houses import dwellings
from houses.choices import Role
from houses.family import Family
from houses.models import Membership, Request, Submission
from houses.states import FindingCode
from residents.models import Resident, User
from tests.attackers import Home, at_home, chens_home, member, person, stranger, zhous_home
from tests.cast import CHEN_ID, CHEN_PHONE, LI_ID, WANG_ID, WANG_PHONE, XIAO_ID, ZHOU_ID
from tests.factories import FindingFactory, HouseFactory, id_number
from tests.household import visitor
from tests.my import door

from .reading import read, words

pytestmark = pytest.mark.django_db

WAYS = ("同步安防数据", "查找我的房屋", "申请加入房屋")


@pytest.fixture
def home() -> Home:
    return zhous_home()


def gap(row: Membership, **values: Any) -> None:
    """Something of the record is not known."""
    Resident.objects.filter(pk=row.resident_id).update(**(values or {"ethnicity": ""}))
    Membership.objects.restate([Resident.objects.get(pk=row.resident_id)])


# -- who is shown how ----------------------------------------------------------------------


def test_an_owner_sees_the_house_and_the_own_family(home: Home) -> None:
    shown = words(home.owners, "my:home")
    assert f"{home.house.community} {home.house.address}" in shown
    assert "老周（我） 本人 ● 已激活" in shown and "李梅 妻子 ◐ 已补完" in shown


def test_what_is_missing_is_counted_and_named(home: Home) -> None:
    gap(home.wife, ethnicity="", registered_address="")
    html = read(home.owners, "my:home")
    assert "还差 2 项：民族、户籍地址" in html
    assert reverse("my:fill", args=[home.wife.pk]) in html


def test_a_complete_record_asks_for_nothing(home: Home) -> None:
    gap(home.son, phone="13800000012")
    assert "还差" not in read(home.owners, "my:home")


def test_a_tenant_of_no_concern_is_only_counted(home: Home) -> None:
    html = read(home.owners, "my:home")
    assert "另有 1 人" in html
    assert "王租" not in html and reverse("my:member", args=[home.tenant.pk]) not in html


def test_of_a_wife_with_her_own_account_the_owner_sees_name_role_and_status(home: Home) -> None:
    at_home(home.wife)
    gap(home.wife)
    shown = words(home.owners, "my:home")
    assert "李梅 妻子 ● 已激活" in shown
    assert "民族" not in shown


def test_a_wife_sees_the_owners_side_without_gaps(home: Home) -> None:
    wife = at_home(home.wife)
    shown = words(wife, "my:home")
    assert "李梅（我） 妻子" in shown and "小周 儿子 ○ 不完整" in shown and "还差" not in shown


def test_a_tenant_sees_the_own_family_alone(home: Home) -> None:
    tenant = at_home(home.tenant)
    shown = words(tenant, "my:home")
    assert "王租（我） 租客" in shown and "另有 3 人" in shown and "老周" not in shown


def test_a_nickname_stands_for_the_name(home: Home) -> None:
    wife = at_home(home.wife)
    Family(wife).set_nickname(home.wife.pk, "孩儿他妈")
    html = read(home.owners, "my:home")
    assert "孩儿他妈" in html and "李梅" not in html


def test_a_nickname_goes_with_the_activation_it_rested_on(home: Home) -> None:
    wife = at_home(home.wife)
    Family(wife).set_nickname(home.wife.pk, "孩儿他妈")
    home.office.unlink(wife.pk, "手机号不是本人")
    assert "孩儿他妈" not in read(home.owners, "my:home")


def test_two_owners_at_odds_do_not_see_each_others_people(home: Home) -> None:
    rival = member(home.house, person("陈新", CHEN_ID, CHEN_PHONE), Role.SELF)
    FindingFactory(code=FindingCode.SECOND_OWNER, membership=rival)
    assert "陈新" not in read(home.owners, "my:home")


def test_a_role_that_nobody_knows_is_said(home: Home) -> None:
    Membership.objects.filter(pk=home.son.pk).update(role=None)
    assert "小周 关系未知" in words(home.owners, "my:home")


def test_who_moved_out_is_not_shown(home: Home) -> None:
    home.office.end(home.son.pk, "moved_out")
    assert "小周" not in read(home.owners, "my:home")


# -- what is open --------------------------------------------------------------------------


def test_a_draft_is_continued(home: Home) -> None:
    home.family.draft(home.son.pk, {"employer": "二中"})
    shown = words(home.owners, "my:home")
    assert "还没有提交" in shown and "继续填写" in shown


def test_what_was_handed_in_waits_and_is_not_offered_again(home: Home) -> None:
    home.family.submit(home.family.draft(home.wife.pk, {"ethnicity": "02"}).pk)
    html = read(home.owners, "my:home")
    assert "待审核" in html and reverse("my:fill", args=[home.wife.pk]) not in html


def test_what_came_back_says_what_is_wrong(home: Home) -> None:
    entry = home.family.submit(home.family.draft(home.wife.pk, {"ethnicity": "02"}).pk)
    home.office.send_back(entry.pk, {"ethnicity": "请核对"}, "请对照身份证")
    shown = words(home.owners, "my:home")
    assert "✕ 已退回 请对照身份证" in shown and "去修改" in shown


def test_what_came_back_without_a_sentence_names_the_fields(home: Home) -> None:
    entry = home.family.submit(home.family.draft(home.wife.pk, {"ethnicity": "02"}).pk)
    home.office.send_back(entry.pk, {"ethnicity": "请核对"}, "")
    assert "请修改：民族" in words(home.owners, "my:home")


def test_somebody_newly_named_stands_in_the_list_until_they_are_a_member(home: Home) -> None:
    entry = home.family.name_member(home.house.pk, {"name": "小李", "role": Role.TENANT})
    assert "小李 新添加" in words(home.owners, "my:home")
    home.family.submit(entry.pk)
    assert "新添加" not in words(home.owners, "my:home")


def test_somebody_named_without_a_name_is_continued_too(home: Home) -> None:
    home.family.name_member(home.house.pk, {"role": Role.TENANT})
    assert "（姓名未填） 新添加" in words(home.owners, "my:home")


def test_what_others_typed_is_theirs(home: Home) -> None:
    wife = at_home(home.wife)
    Family(wife).draft(home.wife.pk, {"employer": "二中"})
    assert "继续填写" not in read(home.owners, "my:home")


def test_requests_to_answer_are_counted(home: Home) -> None:
    Request.ask(Request.Kind.BIND, visitor("陈五", CHEN_ID, CHEN_PHONE), house=home.house, role=Role.TENANT)
    assert "有 1 项申请等您答复" in words(home.owners, "my:home")


def test_what_was_asked_for_stands_with_its_answer(home: Home) -> None:
    asked = home.family.ask_end(home.son.pk, "去外地上学")
    home.office.answer(asked.pk, accept=False, reason="仍在此居住")
    shown = words(home.owners, "my:home")
    assert "申请迁出" in shown and "✕ 未同意" in shown and "物业答复：仍在此居住" in shown


# -- what to do next -----------------------------------------------------------------------


@pytest.mark.parametrize(("who", "offered"), [("owner", True), ("tenant", True), ("wife", False)])
def test_owners_and_tenants_may_name_somebody(home: Home, who: str, offered: bool) -> None:
    user = home.owners if who == "owner" else at_home(getattr(home, who))
    assert (reverse("my:add", args=[home.house.pk]) in read(user, "my:home")) is offered


def test_whom_one_fills_for_is_invited_and_nobody_else(home: Home) -> None:
    at_home(home.wife)
    html = read(home.owners, "my:home")
    assert reverse("my:invite", args=[home.son.pk]) in html
    assert not [row for row in (home.owner, home.wife) if reverse("my:invite", args=[row.pk]) in html]


def test_whom_one_may_fill_for_blindly_is_offered_that(home: Home) -> None:
    Membership.objects.filter(pk=home.tenant.pk).update(managed_by=home.owner.resident_id)
    assert "王租 租客 ◐ 已补完 代填 ›" in words(home.owners, "my:home")


def test_the_sync_is_a_form(home: Home) -> None:
    assert f'<form method="post" action="{reverse("own_sync:start")}"' in read(home.owners, "my:home")


def test_an_own_house_that_is_not_bound_is_shown_without_its_people(home: Home) -> None:
    other = member(HouseFactory(), home.owner.resident, Role.FATHER)
    member(other.house, person("陈新", CHEN_ID, CHEN_PHONE), Role.SELF)
    html = read(home.owners, "my:home")
    assert other.house.address in html and "还没有与您的帐号绑定" in html and "陈新" not in html


def test_somebody_without_a_house_is_told_three_ways() -> None:
    chens_home()
    html = read(stranger("陈五", CHEN_ID), "my:home")
    assert all(way in html for way in WAYS) and "陈新" not in html


def test_a_neighbour_sees_the_own_house_alone(home: Home) -> None:
    neighbour = at_home(member(HouseFactory(), person("老吴", id_number(41), "13800000041"), Role.SELF))
    html = read(neighbour, "my:home")
    assert "老吴" in html and not [name for name in ("老周", "李梅", home.house.address) if name in html]


def test_a_house_that_is_bound_while_the_page_is_made_is_left_to_the_next(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.family.name_member(home.house.pk, {"name": "周小妹", "role": Role.DAUGHTER})
    monkeypatch.setattr(dwellings, "_HOUSES", lambda family: [])
    shown = words(home.owners, "my:home")
    assert "李梅" not in shown and "周小妹" not in shown


def test_a_locked_account_is_sent_to_the_office(home: Home) -> None:
    User.objects.filter(pk=home.owners.pk).update(locked_at=timezone.now())
    html = read(User.objects.get(pk=home.owners.pk), "my:home", status=403)
    assert "帐号已锁定" in html and "李梅" not in html


def test_who_did_not_say_who_it_is_is_asked_first() -> None:
    user = visitor("", "", CHEN_PHONE)
    User.objects.filter(pk=user.pk).update(stated_at=None)
    answer = door(User.objects.get(pk=user.pk)).get(reverse("my:home"))
    assert (answer.status_code, answer["Location"]) == (302, f"{reverse('my:who')}?next=%2Fmy%2F")


def _queries(user: User) -> int:
    client = door(user)
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert client.get(reverse("my:home")).status_code == 200
    return len(caught)


def test_more_members_cost_no_more_queries(home: Home) -> None:
    home.family.draft(home.son.pk, {"employer": "二中"})
    few = _queries(home.owners)
    for n in range(30):
        child = person(f"孩子{n}", id_number(100 + n), "", contact=home.wife.resident)
        row = member(home.house, child, Role.SON, managed_by=home.owner.resident)
        home.family.draft(row.pk, {"employer": "二中"})
    assert _queries(home.owners) == few <= 20


def test_numbers_stay_out_of_the_page(home: Home) -> None:
    html = read(home.owners, "my:home")
    assert not [number for number in (ZHOU_ID, LI_ID, XIAO_ID, WANG_ID, WANG_PHONE) if number in html]


def test_what_an_account_kept_from_another_life_is_not_shown(home: Home) -> None:
    """The son has come of age and binds the house himself: what his father typed of him is gone."""
    home.family.draft(home.son.pk, {"employer": "二中"})
    Resident.objects.filter(pk=home.son.resident_id).update(self_managed_since=timezone.now())
    assert "继续填写" not in read(home.owners, "my:home") and Submission.objects.count() == 1
