"""Runs in the workbench: started over a list or a community, watched, steered, and what came of them."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from houses.choices import Role
from houses.models import Community, Membership, StaffRole
from residents.models import User
from sync import runs, tasks
from sync.exceptions import SENTENCES
from sync.models import Mention, NightlySync, PlatformRecord, SyncItem, SyncRun
from sync.staff import forms
from sync.staff.words import CAUSES, left_in_words
from tests.factories import CommunityFactory, HouseFactory, MembershipFactory, UserFactory
from tests.office import login
from tests.pages import full_numbers, visible

pytestmark = pytest.mark.django_db

PHONES = ["13800000001", "13800000002", "13800000003"]


@pytest.fixture(autouse=True)
def bells(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Runs for which a worker was rung."""
    rung: list[int] = []
    monkeypatch.setattr(tasks, "ring", rung.append)
    return rung


@pytest.fixture
def community() -> Community:
    return CommunityFactory(name="秦皇小区")


def manager_of(community: Community) -> User:
    user = UserFactory(staff=True, last_name="王", first_name="管理员")
    StaffRole.objects.create(user=user, community=community, role=StaffRole.Role.MANAGER)
    return user


@pytest.fixture
def wang(community: Community) -> User:
    return manager_of(community)


@pytest.fixture
def client(wang: User) -> Client:
    return login(wang)


@pytest.fixture
def run(wang: User) -> SyncRun:
    return runs.start_list(PHONES, by=wang)


def text(answer: Any) -> str:
    return visible(answer.content.decode())


def paste(client: Client, lines: str) -> Any:
    return client.post("/staff/sync/list/", {"pasted": lines}, follow=True)


def upload(client: Client, content: bytes, name: str = "phones.txt") -> Any:
    return client.post("/staff/sync/list/", {"file": SimpleUploadedFile(name, content)}, follow=True)


def page(client: Client, run: SyncRun, part: str = "", **how: Any) -> Any:
    return client.get(f"/staff/sync/runs/{run.pk}/{part}", **how)


def press(client: Client, run: SyncRun, act: str) -> str:
    return text(client.post(f"/staff/sync/runs/{run.pk}/{act}/", follow=True))


def outcome(run: SyncRun, number: int, name: str, **values: Any) -> SyncItem:
    """What came of one of the run's phones."""
    item = run.items.order_by("pk")[number]
    item.outcome, item.done_at = name, timezone.now()
    for key, value in values.items():
        setattr(item, key, value)
    item.save()
    return item


# -- a list ----------------------------------------------------------------------------------


def test_a_pasted_list_is_a_run_of_its_phones_each_once(
    client: Client, wang: User, bells: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = paste(client, "13800000001\n\n  \n138 0000 0002\r\n13800000001\n")
    run = SyncRun.objects.get()
    assert [item.phone for item in run.items.order_by("pk")] == PHONES[:2]
    assert (run.started_by, run.kind, bells) == (wang, "list", [run.pk])
    assert answer.redirect_chain == [(f"/staff/sync/runs/{run.pk}/", 302)]
    assert "2 个号码已排队" in text(answer) and full_numbers(answer.content.decode()) == []


def test_a_wrong_line_is_named_and_nothing_is_started_or_lost(client: Client) -> None:
    answer = paste(client, "13800000001\n12345\n\n13800000002 x\n13800000003")
    assert "第 2、4 行不是一个 11 位手机号" in text(answer)
    assert "12345\n\n13800000002 x\n13800000003</textarea>" in answer.content.decode().replace("\r", "")
    assert not SyncRun.objects.exists()


def test_many_wrong_lines_are_counted(client: Client) -> None:
    assert "第 1、2、3、4、5 行等共 7 行不是一个 11 位手机号" in text(paste(client, "1\n" * 7))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_sheet_is_read_however_it_was_written(client: Client, encoding: str) -> None:
    upload(client, '住户甲,13800000001\r\n"住户乙","13800000002"\r\n'.encode(encoding), "名单.csv")
    assert [item.phone for item in SyncItem.objects.order_by("pk")] == PHONES[:2]


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"13800000001", "phones.xlsx", "请先另存为 CSV"),
        (b"\xff\xfe\x31\x00", "phones.txt", "无法读取这个文件"),
        (b"13800000001,13800000002", "phones.csv", "第 1 行不是一个 11 位手机号"),
        (b"", "phones.txt", "请粘贴手机号，或选择一个文件"),
    ],
)
def test_a_file_that_is_no_list_is_refused_in_a_sentence(
    client: Client, content: bytes, name: str, told: str
) -> None:
    assert told in text(upload(client, content, name))
    assert not SyncRun.objects.exists()


def test_a_file_beside_a_pasted_list_is_one_too_many(client: Client) -> None:
    file = SimpleUploadedFile("phones.txt", PHONES[1].encode())
    answer = client.post("/staff/sync/list/", {"pasted": PHONES[0], "file": file})
    assert "只用一种" in text(answer) and not SyncRun.objects.exists()


def test_more_phones_than_one_run_may_have_are_refused(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "MOST_PHONES", 2)
    assert "一次最多 2 个号码，这里有 3 个" in text(paste(client, "\n".join(PHONES)))
    assert not SyncRun.objects.exists()


def test_twenty_presses_start_one_run(client: Client) -> None:
    answers = [paste(client, "\n".join(PHONES)) for _ in range(20)]
    run = SyncRun.objects.get()
    assert {answer.redirect_chain[-1][0] for answer in answers} == {f"/staff/sync/runs/{run.pk}/"}
    assert "没有另外开始" in text(answers[-1])


def test_a_colleagues_run_of_another_office_is_told_and_not_shown(client: Client) -> None:
    runs.start_list(PHONES, by=manager_of(CommunityFactory()))
    answer = paste(client, "\n".join(PHONES))
    assert answer.redirect_chain == [("/staff/sync/", 302)]
    assert "正由同事同步" in text(answer)


# -- a community -----------------------------------------------------------------------------


def owner(community: Community, phone: str) -> Membership:
    return MembershipFactory(house=HouseFactory(community=community), resident__phone=phone, role=Role.SELF)


def test_a_communitys_owners_are_counted_before_they_are_asked(client: Client, community: Community) -> None:
    for phone in (PHONES[0], PHONES[1], PHONES[1], ""):
        owner(community, phone)
    assert len(runs.owners_of(community)) == 2
    assert "将向安防平台查询 2 个手机号" in " ".join(text(client.get(address(community))).split())
    client.post(address(community))
    assert (SyncRun.objects.get().kind, SyncRun.objects.get().total) == ("community", 2)


def address(community: Community) -> str:
    return f"/staff/sync/community/{community.pk}/"


def test_a_community_without_known_owners_is_not_asked_for(client: Client, community: Community) -> None:
    assert "还没有登记手机号的业主" in text(client.post(address(community), follow=True))
    assert not SyncRun.objects.exists()


def test_another_offices_community_is_not_there(client: Client) -> None:
    other = CommunityFactory()
    owner(other, PHONES[0])
    assert client.post(address(other)).status_code == 404
    assert client.post(f"/staff/sync/nightly/{other.pk}/", {"on": "1"}).status_code == 404
    assert not SyncRun.objects.exists() and not NightlySync.objects.exists()


def test_the_nights_are_switched_on_and_off_by_name(client: Client, community: Community, wang: User) -> None:
    nightly = f"/staff/sync/nightly/{community.pk}/"
    told = text(client.post(nightly, {"on": "1"}, follow=True))
    assert "每晚 01:30 起同步秦皇小区的业主" in told and "王管理员" in told
    assert NightlySync.objects.get().is_on
    client.post(nightly, {"on": "0"})
    switched = NightlySync.objects.get()
    assert (switched.is_on, switched.switched_by) == (False, wang)


# -- a run under way -------------------------------------------------------------------------


def test_a_run_that_no_worker_has_begun_is_queued(client: Client, run: SyncRun) -> None:
    told = text(page(client, run))
    assert "排队中" in told and "后台程序可能没有运行" not in told


def test_a_run_without_a_sign_of_life_says_what_to_do(client: Client, run: SyncRun) -> None:
    SyncRun.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=3))
    assert "后台程序可能没有运行，请系统管理员启动它" in text(page(client, run))


def test_speed_and_the_time_that_is_left_are_told(client: Client, wang: User) -> None:
    run = runs.start_list([f"138{n:08d}" for n in range(340)], by=wang)
    done = [item.pk for item in run.items.order_by("pk")[:100]]
    now = timezone.now()
    run.items.filter(pk__in=done).update(outcome="created", done_at=now - timedelta(seconds=50))
    told = " ".join(text(page(client, run)).split())
    assert "进行中" in told and "100 / 340" in told and "2.0 个/秒" in told and "约 2 分钟" in told


def test_what_was_done_an_hour_ago_is_no_speed(client: Client, run: SyncRun) -> None:
    outcome(run, 0, "created", done_at=timezone.now() - timedelta(hours=1))
    assert "正在估算剩余时间" in text(page(client, run))


def test_the_moving_part_fetches_itself_while_the_run_goes_on(client: Client, run: SyncRun) -> None:
    html = page(client, run, "progress/").content.decode()
    assert 'hx-trigger="every 2s"' in html and "<html" not in html


def test_a_tenth_is_said_once(client: Client, run: SyncRun) -> None:
    assert "spoken" in page(client, run, "progress/").content.decode()
    assert "spoken" not in page(client, run, "progress/?said=0").content.decode()


def test_when_the_run_is_over_all_of_it_is_shown_and_nothing_more_fetched(
    client: Client, run: SyncRun
) -> None:
    run.stop("tls")
    answer = page(client, run, "progress/")
    assert (answer["HX-Retarget"], answer["HX-Reswap"]) == ("#run", "outerHTML")
    assert "hx-trigger" not in answer.content.decode() and SENTENCES["tls"] in text(answer)


def test_whose_session_is_over_is_led_to_the_login_by_the_page(run: SyncRun) -> None:
    answer = page(Client(), run, "progress/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Refresh"]) == (200, "true")


# -- steering --------------------------------------------------------------------------------


def test_a_run_is_cancelled_and_goes_on(
    client: Client, run: SyncRun, bells: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    assert "王管理员取消了这次同步" in press(client, run, "cancel")
    with django_capture_on_commit_callbacks(execute=True):
        assert "已继续" in press(client, run, "resume")
    run.refresh_from_db()
    assert run.is_running and bells == [run.pk]


def test_a_run_that_is_over_is_not_cancelled(client: Client, run: SyncRun) -> None:
    run.items.update(outcome="unchanged")
    run.finish()
    assert "已经结束，不用取消" in press(client, run, "cancel")


def test_a_run_that_goes_on_is_not_resumed(client: Client, run: SyncRun) -> None:
    assert "不在停止状态" in press(client, run, "resume")
    assert "还没有结束" in press(client, run, "retry")


def test_the_failed_and_no_others_are_asked_again(client: Client, run: SyncRun) -> None:
    outcome(run, 0, "failed", cause="deadline")
    for number in (1, 2):
        outcome(run, number, "unchanged")
    run.finish()
    assert "重试失败（1）" in text(page(client, run))
    assert "失败的号码已重新排队" in press(client, run, "retry")
    assert run.items.waiting().count() == 1


def test_a_stopped_run_whose_phones_are_asked_by_another_leads_there(
    client: Client, run: SyncRun, wang: User
) -> None:
    run.stop("unavailable")
    other = runs.start_list(PHONES, by=wang)
    answer = client.post(f"/staff/sync/runs/{run.pk}/resume/", follow=True)
    assert answer.redirect_chain == [(f"/staff/sync/runs/{other.pk}/", 302)]
    assert "正在另一个任务里同步" in text(answer)


def test_a_question_of_one_phone_is_no_queue_to_steer(client: Client, wang: User) -> None:
    asked = SyncRun.objects.create(started_by=wang)
    assert client.post(f"/staff/sync/runs/{asked.pk}/cancel/").status_code == 404


def test_of_a_run_whose_phones_have_gone_the_counts_are_left(client: Client, run: SyncRun) -> None:
    outcome(run, 0, "failed", cause="shape")
    run.stop("unavailable")
    run.items.all().delete()
    told = text(page(client, run))
    assert "失败 1" in told and "答复与文档不符" in told and "重试失败" not in told
    assert "明细保存半年" in text(page(client, run, "failures/"))


# -- who sees it -----------------------------------------------------------------------------


def test_a_list_is_its_starters_own(run: SyncRun, community: Community) -> None:
    colleague = login(manager_of(community))
    statuses = {part: page(colleague, run, part).status_code for part in ("", "failures/", "changes/")}
    assert set(statuses.values()) == {404}
    assert colleague.post(f"/staff/sync/runs/{run.pk}/cancel/").status_code == 404


@pytest.mark.parametrize("kind", ["community", "nightly"])
def test_a_run_over_a_community_is_its_offices(client: Client, community: Community, kind: str) -> None:
    owner(community, PHONES[0])
    run = runs.start_community(community, kind=kind)
    assert page(client, run).status_code == page(client, run, "failures/").status_code == 200
    assert "已取消" in press(client, run, "cancel")
    stranger = login(manager_of(CommunityFactory()))
    assert page(stranger, run).status_code == 404
    assert "同步任务" in text(stranger.get("/staff/sync/runs/")) and f"/runs/{run.pk}/" not in str(
        stranger.get("/staff/sync/runs/").content
    )


def test_who_audits_and_manages_elsewhere_sees_a_colleagues_run_without_its_phones(
    client: Client, run: SyncRun, community: Community
) -> None:
    auditor = manager_of(CommunityFactory())
    StaffRole.objects.create(user=auditor, community=community, role=StaffRole.Role.AUDITOR)
    assert page(login(auditor), run).status_code == 200
    assert "取消同步" not in text(page(login(auditor), run))
    assert page(login(auditor), run, "failures/").status_code == 404


def test_the_list_of_runs_is_filtered_by_kind_and_state(client: Client, run: SyncRun, wang: User) -> None:
    done = SyncRun.objects.create(started_by=wang, status="done", finished_at=timezone.now())
    for query, shown in [("kind=list", run), ("kind=phone", done), ("status=done", done)]:
        rows = client.get(f"/staff/sync/runs/?{query}").context["rows"]
        assert [row["run"] for row in rows] == [shown]


# -- what came of it -------------------------------------------------------------------------


def test_the_failed_are_masked_and_sorted_by_cause(client: Client, run: SyncRun) -> None:
    outcome(run, 0, "failed", cause="deadline")
    outcome(run, 1, "failed", cause="shape")
    told = text(page(client, run, "failures/"))
    assert "138****0001" in told and "平台超时 1" in told and "答复与文档不符 1" in told
    only = page(client, run, "failures/?cause=shape")
    assert SENTENCES["shape"] in text(only) and "138****0001" not in text(only)
    assert full_numbers(only.content.decode()) == []


def answered(membership: Membership, *others: Membership) -> None:
    """The last answer of this member's phone named them and others."""
    record = PlatformRecord.objects.create(phone=membership.resident.phone)
    for row in (membership, *others):
        Mention.objects.create(record=record, membership=row)


def changes(client: Client, run: SyncRun) -> str:
    return " ".join(text(page(client, run, "changes/")).split())


def test_what_a_run_changed_is_told_household_by_household(
    client: Client, run: SyncRun, community: Community
) -> None:
    row = owner(community, PHONES[0])
    answered(row)
    outcome(run, 0, "updated", new_members=2, fields_updated=3, conflicts=1)
    told = changes(client, run)
    assert "138****0001" in told
    assert f"◐ 有更新 房屋 秦皇小区 {row.house.address}" in told
    assert "新增 2 名成员，更新 3 个字段，1 处冲突。" in told


@pytest.mark.parametrize("here_too", [False, True])
def test_what_lies_in_another_community_is_neither_shown_nor_counted(
    client: Client, run: SyncRun, community: Community, here_too: bool
) -> None:
    there = owner(CommunityFactory(name="海港花园"), PHONES[0])
    answered(there, *([owner(community, PHONES[1])] if here_too else []))
    outcome(run, 0, "updated", new_members=2, fields_updated=3)
    told = changes(client, run)
    assert "其他小区的房屋，由那里的物业查看" in told and ("秦皇小区 1-" in told) is here_too
    assert "海港花园" not in told and "名成员" not in told and "个字段" not in told


def test_a_house_that_left_the_answer_is_not_counted_either(
    client: Client, run: SyncRun, community: Community
) -> None:
    there = owner(CommunityFactory(), PHONES[1])
    answered(owner(community, PHONES[0]), there)
    Mention.objects.filter(membership=there).update(absent_since=timezone.now())
    outcome(run, 0, "updated", fields_updated=3)
    assert "个字段" not in changes(client, run)


def test_the_petition_flag_alone_is_no_change(client: Client, run: SyncRun, community: Community) -> None:
    answered(owner(community, PHONES[0]))
    outcome(run, 0, "updated", fields_updated=1, flag_values=1)
    outcome(run, 1, "updated", fields_updated=3, flag_values=1)
    assert "138****0001" not in changes(client, run)
    assert "有更新 1 " in text(page(client, run)) and "无变化 1 " in text(page(client, run))


def test_the_petition_flag_is_not_counted_among_the_fields(
    client: Client, run: SyncRun, community: Community
) -> None:
    answered(owner(community, PHONES[0]))
    outcome(run, 0, "updated", fields_updated=3, conflicts=1, flag_values=1, flag_conflicts=1)
    assert "更新 2 个字段。" in changes(client, run)


@pytest.mark.parametrize(("role", "shown"), [("manager", True), ("auditor", False)])
def test_the_admin_shows_the_phones_to_whose_run_it_is(
    run: SyncRun, wang: User, community: Community, role: str, shown: bool
) -> None:
    outcome(run, 0, "failed", cause="shape")
    auditor = UserFactory(staff=True)
    StaffRole.objects.create(user=auditor, community=community, role=StaffRole.Role.AUDITOR)
    user = {"manager": wang, "auditor": auditor}[role]
    html = login(user).get(f"/admin/sync/syncrun/{run.pk}/change/").content.decode()
    assert ("138****0001" in html and SENTENCES["shape"] in html) is shown
    assert "号码名单" in html and full_numbers(html) == []


@pytest.mark.parametrize("granted", [False, True])
def test_the_admin_tells_of_the_petition_flag_to_who_may_see_it(
    run: SyncRun, wang: User, granted: bool
) -> None:
    if granted:
        wang.user_permissions.add(Permission.objects.get(codename="view_petition"))
    outcome(run, 0, "updated", fields_updated=1, flag_values=1)
    told = text(login(wang).get(f"/admin/sync/syncrun/{run.pk}/change/"))
    assert ("有更新" in told, "无变化" in told) == (granted, not granted)


# -- words -----------------------------------------------------------------------------------


def test_every_cause_has_a_short_name() -> None:
    assert set(CAUSES) == set(SENTENCES)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(5, "不到 1 分钟"), (700, "约 12 分钟"), (5400, "约 1 小时 30 分钟"), (7300, "约 2 小时")],
)
def test_the_time_that_is_left_is_told_as_exactly_as_it_is_known(seconds: int, told: str) -> None:
    assert left_in_words(timedelta(seconds=seconds)) == told
