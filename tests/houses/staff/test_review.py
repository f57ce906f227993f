"""审核: what a reviewer sees of a record, decides about it, and is told when a colleague was first."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from houses import findings
from houses.models import Finding, House, Membership, StaffRole, Submission
from houses.office import Office
from residents.models import AccessLog, Resident, User
from residents.upstream import Said
from tests.cast import LI_ID, LI_PHONE, WANG_ID
from tests.factories import CommunityFactory, HouseFactory, MembershipFactory, id_number
from tests.household import THE_REST, bound, fresh, home, li, wang, zhou
from tests.office import Place, login, open_place
from tests.pages import english, full_numbers, visible

ADDRESS = "河北省秦皇岛市海港区民族路2号"


@pytest.fixture
def place(db: None) -> Place:
    return open_place("欧阳", 1)


@pytest.fixture
def house(place: Place) -> House:
    return HouseFactory(community=place.community)


@pytest.fixture
def wife(house: House) -> Membership:
    """李梅, whose husband changed her name and filled her gaps: it waits."""
    row = li(house, zhou(house))
    hand_in(house, row, {**THE_REST, "registered_address": ADDRESS, "name": "李梅梅"})
    return row


@pytest.fixture
def manager(place: Place) -> Client:
    return login(place.staff["manager"])


def hand_in(house: House, row: Membership, values: dict[str, Any]) -> Submission:
    family = home(house.memberships.get(resident__name="老周"))
    return family.submit(family.draft(row.pk, values).pk)


def waiting(row: Membership) -> Submission:
    return row.submissions.waiting().get()


def page(client: Client, row: Membership, query: str = "") -> Any:
    return client.get(reverse("staff:member", args=[row.pk]) + query)


def body(answer: Any) -> str:
    return str(answer.content.decode())


def approve(client: Client, submission: Submission, **values: Any) -> Any:
    return client.post(reverse("staff:approve", args=[submission.pk]), values, follow=True)


def claim(client: Client, kind: str, key: int, **values: Any) -> Any:
    return client.post(reverse("staff:claim", args=[kind, key]), values, follow=True)


# -- seeing --------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["manager", "clerk", "viewer"])
def test_who_sees_the_community_opens_the_record(place: Place, wife: Membership, role: str) -> None:
    assert page(login(place.staff[role]), wife).status_code == 200


def test_another_communitys_record_does_not_exist(wife: Membership) -> None:
    stranger = login(open_place("司马", 2).staff["manager"])
    key = waiting(wife).pk
    addresses = [
        reverse("staff:member", args=[wife.pk]),
        reverse("staff:entry", args=[key]),
        reverse("staff:return", args=[key]),
    ]
    assert [stranger.get(address).status_code for address in addresses] == [404, 404, 404]
    assert stranger.post(reverse("staff:approve", args=[key])).status_code == 404


def test_platform_record_and_entry_stand_side_by_side_with_what_differs(
    manager: Client, wife: Membership
) -> None:
    shown = page(manager, wife)
    lines = {line.name: line for line in shown.context["lines"]}
    assert (lines["name"].now.text, lines["name"].typed[0].text, lines["name"].word) == (
        "李梅",
        "李梅梅",
        "改动",
    )
    assert (lines["registered_address"].now.mark, lines["registered_address"].word) == ("还差", "新增")
    assert not lines["id_number"].word
    assert 'class="differs"' in body(shown) and "代填人 老周" in body(shown)


def test_the_platforms_value_and_conflict_are_shown(manager: Client, wife: Membership) -> None:
    conflict(wife.resident)
    line = next(line for line in page(manager, wife).context["lines"] if line.name == "employer")
    assert (line.platform[0].text, line.platform[0].mark, line.now.text) == ("第二中学", "冲突", "第一中学")


def test_every_value_tells_where_it_came_from_and_when(manager: Client, wife: Membership) -> None:
    wife.resident.origin.note("phone", "owner")
    wife.resident.save()
    lines = {line.name: line for line in page(manager, wife).context["lines"]}
    there = [line.now for line in lines.values() if line.now.is_there]
    there += [cell for line in lines.values() for cell in line.typed if cell.is_there]
    assert there and all(cell.source[-5:-3].isdigit() or "提交" in cell.source for cell in there)
    assert lines["phone"].now.source.startswith("业主填写 20")
    assert lines["name"].now.source.startswith("建档时登记 20")


def test_numbers_are_masked_until_claimed(place: Place, manager: Client, wife: Membership) -> None:
    before = body(page(manager, wife))
    assert not full_numbers(before) and "1****************2" in before and "1982-05-12" not in before
    claim(manager, "memberships", wife.pk)
    after = body(page(manager, wife))
    assert LI_ID in after and LI_PHONE in after and "1982-05-12" in after
    seen = AccessLog.objects.get(resident=wife.resident_id)
    assert (seen.kind, seen.account) == ("claim", place.staff["manager"])


def test_no_english_stands_on_the_pages(manager: Client, wife: Membership) -> None:
    shown = body(page(manager, wife, "?queue=review"))
    shown += body(manager.get(reverse("staff:return", args=[waiting(wife).pk])))
    assert not english(shown)


def test_who_may_only_look_has_no_act(place: Place, wife: Membership) -> None:
    shown = body(page(login(place.staff["viewer"]), wife))
    assert 'data-key="a"' not in shown and "认领，看完整内容" not in shown


def test_a_clerk_reviews_and_leaves_the_findings_to_the_manager(place: Place, wife: Membership) -> None:
    conflict(wife.resident)
    shown = body(page(login(place.staff["clerk"]), wife))
    assert "通过" in shown and "由小区管理员处理" in shown and "用平台值" not in shown


def test_the_queries_of_the_page_stay_few(
    manager: Client, wife: Membership, django_assert_max_num_queries: Any
) -> None:
    conflict(wife.resident)
    with django_assert_max_num_queries(20):
        page(manager, wife, "?queue=review")


# -- approving -----------------------------------------------------------------------------


def test_an_entry_is_approved(place: Place, manager: Client, wife: Membership) -> None:
    submission = waiting(wife)
    told = approve(manager, submission, seen_version=wife.resident.version)
    assert "已通过：李梅" in body(told)
    assert (fresh(wife.resident).name, fresh(submission).decided_by) == ("李梅梅", place.staff["manager"])


def test_what_changed_meanwhile_is_told_and_nothing_overwritten(manager: Client, wife: Membership) -> None:
    seen = wife.resident.version
    Resident.objects.filter(pk=wife.resident_id).update(name="李美", version=seen + 1)
    told = approve(manager, waiting(wife), seen_version=seen)
    assert "刚被修改过" in body(told) and "李美" in body(told)
    assert fresh(wife.resident).name == "李美" and waiting(wife)


def test_the_second_of_two_is_told_who_has_it_and_is_refused(
    place: Place, manager: Client, wife: Membership
) -> None:
    second = login(place.staff["clerk"])
    claim(manager, "memberships", wife.pk)
    shown = body(page(second, wife))
    assert "认领中：欧阳管理员" in shown and 'data-key="a"' not in shown
    assert "同事正在处理这条记录" in body(approve(second, waiting(wife), seen_version=wife.resident.version))
    assert "同事正在处理这条记录" in body(claim(second, "memberships", wife.pk))
    assert fresh(wife.resident).name == "李梅"


def test_what_a_colleague_decided_first_is_told(manager: Client, wife: Membership, place: Place) -> None:
    submission = waiting(wife)
    Office(place.staff["clerk"]).send_back(submission.pk, {}, "名字不对")
    assert "可能已由同事处理" in body(approve(manager, submission, seen_version=wife.resident.version))


def test_who_may_not_review_is_told(place: Place, wife: Membership) -> None:
    told = approve(login(place.staff["viewer"]), waiting(wife), seen_version=wife.resident.version)
    assert told.status_code == 403 and waiting(wife)


# -- returning -----------------------------------------------------------------------------


def send_back(client: Client, submission: Submission, **values: Any) -> Any:
    return client.post(reverse("staff:return", args=[submission.pk]), values)


def test_an_entry_is_returned_with_reasons_by_field(manager: Client, wife: Membership) -> None:
    submission = waiting(wife)
    values = {"field": ["name", "ethnicity"], "reason-name": "与证件不符", "note": "请核对"}
    assert send_back(manager, submission, **values).status_code == 302
    assert fresh(submission).status == "returned"
    assert fresh(submission).reasons == {"name": "与证件不符", "ethnicity": "请核对后修改"}
    assert fresh(submission).note == "请核对"


def test_a_return_without_reason_is_refused_at_the_sentence(manager: Client, wife: Membership) -> None:
    told = send_back(manager, waiting(wife))
    assert told.status_code == 422 and "请写明原因" in body(told)


def test_a_reason_with_a_number_is_refused_at_its_field(manager: Client, wife: Membership) -> None:
    told = send_back(manager, waiting(wife), **{"field": "name", "reason-name": f"应为{WANG_ID}"})
    row = next(row for row in told.context["form"].rows if row.name == "name")
    assert row.ticked and "不要填写证件号码" in row.error and waiting(wife)


def test_the_page_for_returning_needs_no_script_and_shows_no_number(
    manager: Client, wife: Membership
) -> None:
    shown = body(manager.get(reverse("staff:return", args=[waiting(wife).pk])))
    assert "写给对方的一句话" in shown and not full_numbers(shown)


# -- findings ------------------------------------------------------------------------------


def conflict(person: Resident) -> Finding:
    person.employer = "第一中学"
    person.said.put("employer", Said(value="第二中学", rank=1, by="x", conflict=True))
    person.save()
    findings.refresh(residents=[person.pk])
    return Finding.objects.open().get(resident=person, code="platform_conflict")


def settle(client: Client, finding: Finding, **values: Any) -> Any:
    return client.post(reverse("staff:settle", args=[finding.pk]), values)


def test_the_platforms_side_of_a_conflict_is_taken(manager: Client, wife: Membership) -> None:
    finding = conflict(wife.resident)
    assert "用平台值 第二中学" in body(page(manager, wife))
    manager.post(reverse("staff:take", args=[finding.pk]))
    assert (fresh(wife.resident).employer, fresh(finding).status) == ("第二中学", "resolved")


def test_our_side_of_a_conflict_is_kept(manager: Client, wife: Membership) -> None:
    finding = conflict(wife.resident)
    settle(manager, finding, act="resolve", reason="保留我方的值")
    assert (fresh(wife.resident).employer, fresh(finding).reason) == ("第一中学", "保留我方的值")
    assert not Finding.objects.open().filter(code="platform_conflict").exists()


def test_a_finding_is_waived_with_a_written_reason(manager: Client, wife: Membership) -> None:
    finding = conflict(wife.resident)
    settle(manager, finding, act="waive", reason="已核对证件原件", other="本人说明两处任职")
    assert (fresh(finding).status, fresh(finding).reason) == ("waived", "本人说明两处任职")


@pytest.mark.parametrize(("reason", "sentence"), [("", "请写明原因"), (f"证号{WANG_ID}", "不要填写证件号码")])
def test_a_finding_stays_open_without_a_fit_reason(
    manager: Client, wife: Membership, reason: str, sentence: str
) -> None:
    finding = conflict(wife.resident)
    told = settle(manager, finding, act="waive", other=reason)
    assert told.status_code == 422 and sentence in body(told) and fresh(finding).status == "open"


def test_a_finding_of_a_claimed_record_is_left_to_who_has_it(
    place: Place, manager: Client, wife: Membership
) -> None:
    finding = conflict(wife.resident)
    Office(place.staff["clerk"]).claim("memberships", wife.pk)
    assert "同事正在处理" in body(settle(manager, finding, act="waive", reason="已核对"))
    manager.post(reverse("staff:take", args=[finding.pk]))
    assert fresh(finding).status == "open" and fresh(wife.resident).employer == "第一中学"


def test_a_clerk_does_not_settle(place: Place, wife: Membership) -> None:
    finding = conflict(wife.resident)
    told = settle(login(place.staff["clerk"]), finding, act="waive", reason="已核对")
    assert told.status_code == 403 and fresh(finding).status == "open"


def test_a_settled_finding_is_settled_once(manager: Client, wife: Membership) -> None:
    finding = conflict(wife.resident)
    settle(manager, finding, act="waive", reason="已核对证件原件")
    assert "已经处理过" in body(settle(manager, finding, act="waive", reason="又一次"))


def test_no_act_leads_out_of_the_site(manager: Client, wife: Membership) -> None:
    finding = conflict(wife.resident)
    asked = manager.get(reverse("staff:settle", args=[finding.pk]), {"next": "javascript:alert(1)"})
    assert "javascript:" not in body(asked)


# -- the next record -----------------------------------------------------------------------


@pytest.fixture
def three(place: Place) -> list[Membership]:
    """Three members of three houses, whose entries wait in this order."""
    rows = []
    for serial in (11, 12, 13):
        dwelling = HouseFactory(community=place.community)
        owner = zhou_of(dwelling, serial)
        row = li(
            dwelling, owner, name=f"成员{serial}", id_number=id_number(serial, area="110109"), ethnicity="02"
        )
        family = home(owner)
        family.submit(family.draft(row.pk, {"ethnicity": "03"}).pk)
        rows.append(row)
    return rows


def zhou_of(dwelling: House, serial: int) -> Membership:
    return bound(dwelling, 1, name=f"业主{serial}", id_number=id_number(serial, area="110108"))


def test_after_each_act_the_next_record_opens(manager: Client, three: list[Membership]) -> None:
    shown = page(manager, three[0], "?queue=review")
    assert "待审核" in visible(body(shown)) and shown.context["at"].place == "1/3"
    told = approve(manager, waiting(three[0]), seen_version=1, next=shown.context["then"], queue="review")
    assert told.context["row"] == three[1] and told.context["at"].place == "1/2"
    assert "已通过：成员11" in body(told)
    send_back(manager, waiting(three[1]), note="不清楚", next=told.context["then"], queue="review")
    assert manager.get(told.context["then"], follow=True).context["row"] == three[2]


def test_the_last_act_leads_back_to_the_empty_queue(manager: Client, wife: Membership) -> None:
    then = page(manager, wife, "?queue=review").context["then"]
    told = approve(manager, waiting(wife), seen_version=wife.resident.version, next=then, queue="review")
    assert "都处理完了" in body(told)


def test_the_next_record_is_none_that_a_colleague_has(
    place: Place, manager: Client, three: list[Membership]
) -> None:
    Office(place.staff["clerk"]).claim("memberships", three[1].pk)
    at = page(manager, three[0], "?queue=review").context["at"]
    assert f"/members/{three[2].pk}/" in at.next


def test_a_record_is_put_back_when_it_leaves_the_queue(manager: Client, three: list[Membership]) -> None:
    claim(manager, "memberships", three[0].pk)
    approve(manager, waiting(three[0]), seen_version=1, queue="review")
    assert fresh(three[0]).claimed_by is None


def test_an_act_that_leaves_something_to_do_stays_with_the_record(
    manager: Client, three: list[Membership]
) -> None:
    first, second = conflict(three[0].resident), three[0].resident
    second.said.put("job_title", Said(value="教师", rank=1, by="x", conflict=True))
    second.job_title = "校长"
    second.save()
    findings.refresh(residents=[second.pk])
    three[0].submissions.all().delete()
    then = page(manager, three[0], "?queue=finding").context["then"]
    settle(manager, first, act="resolve", reason="保留我方的值", next=then, queue="finding")
    assert f"/members/{three[0].pk}/" in manager.get(then).url


def test_an_activation_opens_the_next_record(manager: Client, place: Place) -> None:
    first = wang(HouseFactory(community=place.community))
    other = MembershipFactory(house=HouseFactory(community=place.community))
    then = page(manager, first, "?queue=activate").context["then"]
    activate = reverse("staff:activate", args=[first.pk])
    told = manager.post(activate, {"reason": "已核对证件", "next": then}, follow=True)
    assert fresh(first).activated_at and told.context["row"] == other


# -- a newly named member ------------------------------------------------------------------


@pytest.fixture
def named(house: House) -> Submission:
    """老周 names a son whom a review has to take in."""
    owner = zhou(house)
    house.community.review_all = True
    house.community.save()
    return name_member(owner, house, {"name": "周小", "id_number": id_number(1, area="110107"), "role": 11})


def name_member(owner: Membership, house: House, values: dict[str, Any]) -> Submission:
    family = home(owner)
    return family.submit(family.name_member(house.pk, values).pk)


def entry(client: Client, submission: Submission, query: str = "") -> Any:
    return client.get(reverse("staff:entry", args=[submission.pk]) + query, follow=True)


def test_somebody_new_is_taken_in(manager: Client, named: Submission) -> None:
    shown = body(entry(manager, named))
    assert "没有同名同号的人" in shown and not full_numbers(shown) and not english(shown)
    told = approve(manager, named)
    assert told.context["row"].resident.name == "周小"


def test_somebody_known_is_attached(manager: Client, house: House, named: Submission, place: Place) -> None:
    known = wang(HouseFactory(community=place.community)).resident
    submission = name_member(
        house.memberships.get(role=1), house, {"name": "王租", "id_number": WANG_ID, "role": 2}
    )
    assert "已有同名同号的人" in body(entry(manager, submission))
    approve(manager, submission, person=known.pk)
    assert house.memberships.get(role=2).resident == known


def test_a_person_of_another_office_is_not_told(manager: Client, house: House, named: Submission) -> None:
    elsewhere = wang(HouseFactory(community=CommunityFactory()))
    submission = name_member(
        house.memberships.get(role=1), house, {"name": "王租", "id_number": WANG_ID, "role": 2}
    )
    shown = body(entry(manager, submission))
    assert "没有同名同号的人" in shown and str(elsewhere.resident_id) not in shown
    assert "没有找到这条记录" in body(approve(manager, submission, person=elsewhere.resident_id))


def test_an_entry_is_seen_in_full_by_who_claimed_it(manager: Client, named: Submission) -> None:
    claim(manager, "submissions", named.pk)
    assert named.values["id_number"] in body(entry(manager, named))


def test_a_colleague_sees_who_has_an_entry(place: Place, manager: Client, named: Submission) -> None:
    claim(manager, "submissions", named.pk)
    second = login(place.staff["clerk"])
    shown = body(entry(second, named))
    assert "认领中：欧阳管理员" in shown and 'data-key="a"' not in shown
    assert "同事正在处理" in body(approve(second, named))


def test_an_entry_that_became_a_member_leads_to_its_page(manager: Client, named: Submission) -> None:
    approve(manager, named)
    assert entry(manager, named).context["row"].resident.name == "周小"


def test_an_expired_role_opens_nothing(place: Place, wife: Membership) -> None:
    StaffRole.objects.filter(user=place.staff["manager"]).delete()
    assert page(login(User.objects.get(pk=place.staff["manager"].pk)), wife).status_code == 403
