"""同步 in the workbench: one phone, what came of it in plain words, within the office's scope."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from houses.choices import Role
from houses.models import Community, House, StaffRole
from residents.models import Resident
from sync.models import SyncItem, SyncRun
from sync.staff.words import in_words
from tests.cast import LI, XIAO, ZHOU_PHONE, zhous
from tests.factories import MembershipFactory, UserFactory
from tests.pages import full_numbers

pytestmark = pytest.mark.django_db


@pytest.fixture
def community(db: None) -> Community:
    return Community.objects.create(name="秦皇小区", platform_code="1", confirmed_at="2026-11-24T00:00:00Z")


def staff(client: Client, community: Community, role: str) -> Client:
    user = UserFactory(staff=True)
    StaffRole.objects.create(user=user, community=community, role=role)
    client.force_login(user)
    return client


@pytest.fixture
def manager(client: Client, community: Community) -> Client:
    return staff(client, community, StaffRole.Role.MANAGER)


def ask(client: Client, phone: str) -> str:
    """Some time after the last time."""
    cache.clear()
    return press(client, phone)


def press(client: Client, phone: str) -> str:
    return client.post("/staff/sync/", {"phone": phone}).content.decode()


def test_a_new_household_is_told_in_plain_words(manager: Client, platform: Any) -> None:
    platform.answers[ZHOU_PHONE] = zhous(LI, XIAO)
    page = ask(manager, ZHOU_PHONE)
    assert "新增 3 名成员，新增 1 套房屋" in page and "秦皇小区 1-1-1-101" in page


def test_the_same_again_says_so(manager: Client, platform: Any) -> None:
    platform.answers[ZHOU_PHONE] = zhous(LI)
    ask(manager, ZHOU_PHONE)
    assert "没有改动任何资料" in ask(manager, ZHOU_PHONE)


def test_x17_twenty_presses_ask_once(manager: Client, platform: Any) -> None:
    platform.answers[ZHOU_PHONE] = zhous(LI, XIAO)
    cache.clear()
    pages = [press(manager, ZHOU_PHONE) for _ in range(20)]
    assert "几秒前刚查询过" in pages[-1] and SyncRun.objects.count() == len(platform.lookups) == 1


def test_a_phone_that_the_platform_does_not_know_changes_nothing(manager: Client, platform: Any) -> None:
    assert "安防平台没有这个号码的资料" in ask(manager, ZHOU_PHONE)
    assert not Resident.objects.exists()


def test_a_failure_is_its_sentence(manager: Client, platform: Any) -> None:
    platform.faults[ZHOU_PHONE] = "j5-php-notice"
    assert "不是规定的格式" in ask(manager, ZHOU_PHONE)


def test_what_is_no_phone_is_told_at_the_field(manager: Client) -> None:
    assert "请输入 11 位手机号" in ask(manager, "12345")


def test_the_phone_is_masked_on_the_page(manager: Client, platform: Any) -> None:
    platform.answers[ZHOU_PHONE] = zhous(LI)
    page = ask(manager, ZHOU_PHONE)
    assert "138****0001" in page and full_numbers(page) == []


def test_an_unknown_community_is_named_with_the_way_to_confirm_it(manager: Client, platform: Any) -> None:
    answer = zhous(LI)
    answer["houses"][0]["xiaoqu"] = "77"
    platform.answers[ZHOU_PHONE] = answer
    assert "平台编号 77" in ask(manager, ZHOU_PHONE)


def test_a_clerk_may_not_ask_the_platform(client: Client, community: Community) -> None:
    clerk = staff(client, community, StaffRole.Role.CLERK)
    assert clerk.get("/staff/sync/").status_code == clerk.post("/staff/sync/").status_code == 403


def test_a_houses_owner_is_asked_by_the_phone_on_record(
    manager: Client, community: Community, platform: Any
) -> None:
    platform.answers[ZHOU_PHONE] = zhous(LI)
    ask(manager, ZHOU_PHONE)
    house = House.objects.get()
    platform.answers[ZHOU_PHONE] = zhous(LI, XIAO)
    cache.clear()
    page = manager.post(f"/staff/sync/house/{house.pk}/").content.decode()
    assert "新增 1 名成员" in page


def test_a_house_without_an_owners_phone_says_so(manager: Client, community: Community) -> None:
    row = MembershipFactory(house__community=community, resident__phone="", role=Role.SELF)
    page = manager.post(f"/staff/sync/house/{row.house_id}/").content.decode()
    assert "没有登记业主本人的手机号" in page


def test_another_offices_house_does_not_exist(manager: Client) -> None:
    assert manager.post(f"/staff/sync/house/{MembershipFactory().house_id}/").status_code == 404


def test_every_outcome_has_words(sync: Any) -> None:
    outcome = sync(ZHOU_PHONE, zhous(LI))
    for name in ("created", "updated", "unchanged", "not_found"):
        outcome.outcome = name
        assert in_words(outcome).endswith("。")


def test_the_dashboard_counts_the_nights_of_the_community(manager: Client, community: Community) -> None:
    run = SyncRun.objects.create(kind="nightly", community=community, total=2)
    for phone, outcome, cause in [("13800000001", "unchanged", ""), ("13800000002", "failed", "deadline")]:
        SyncItem.objects.create(run=run, phone=phone, outcome=outcome, cause=cause)
    assert "读到 1，失败 1" in manager.get("/staff/sync/recent/").content.decode()
    run.finish()
    assert "读到 1，失败 1" in manager.get("/staff/sync/recent/").content.decode()
