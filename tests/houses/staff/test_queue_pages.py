"""待办: the rows of each queue, who has them, 申请 with their answers, and the list of findings."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from houses import findings
from houses.choices import Role
from houses.family import Family
from houses.models import House, Membership, Request
from houses.office import Office
from residents.models import User
from tests.cast import LI_ID, WANG_ID, XIAO_ID
from tests.factories import HouseFactory, MembershipFactory, id_number
from tests.household import THE_REST, bound, fresh, home, li, staff, visitor, wang, zhou
from tests.office import Place, login, open_place
from tests.pages import english, full_numbers

QUEUES = ("review", "finding", "activate", "returned", "complete")


@pytest.fixture
def place(db: None) -> Place:
    return open_place("欧阳", 1)


@pytest.fixture
def house(place: Place) -> House:
    return HouseFactory(community=place.community)


@pytest.fixture
def manager(place: Place) -> Client:
    return login(place.staff["manager"])


@pytest.fixture
def wife(house: House) -> Membership:
    """李梅 with a changed name that waits."""
    row, family = li(house, zhou(house)), home(house.memberships.get(role=1))
    family.submit(family.draft(row.pk, {**THE_REST, "name": "李梅梅"}).pk)
    return row


def queue(client: Client, name: str, query: str = "") -> Any:
    return client.get(reverse("staff:queue", args=[name]) + query)


def body(answer: Any) -> str:
    return str(answer.content.decode())


def titles(answer: Any) -> list[str]:
    return [entry.title for entry in answer.context["entries"]]


# -- queues --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", QUEUES)
def test_each_queue_opens_and_shows_its_empty_state_or_rows(manager: Client, name: str) -> None:
    shown = body(queue(manager, name))
    assert ("没有记录了" in shown) == (name != "finding")
    assert not english(shown) and not full_numbers(shown)


def test_there_is_no_other_queue(manager: Client) -> None:
    assert queue(manager, "everything").status_code == 404


def test_a_row_tells_who_where_what_waits_and_whose_turn_it_is(manager: Client, wife: Membership) -> None:
    (entry,) = queue(manager, "review").context["entries"]
    assert (entry.title, entry.role, entry.house, entry.turn) == ("李梅", "妻子", wife.house, "等物业")
    assert entry.what.startswith("填写了姓名、民族") and entry.link.endswith("?queue=review")


def test_a_returned_row_tells_why_and_waits_for_the_owner(manager: Client, wife: Membership) -> None:
    staff("clerk", wife.house.community).send_back(
        wife.submissions.get().pk, {"registered_address": "写全"}, "地址不全"
    )
    (entry,) = queue(manager, "returned").context["entries"]
    assert (entry.what, entry.turn) == ("户籍地址：地址不全", "等业主")


def test_an_incomplete_row_tells_what_is_missing(manager: Client, house: House) -> None:
    li(house, zhou(house))
    (entry,) = queue(manager, "complete").context["entries"]
    assert entry.what == "还差：民族、户籍地址、政治面貌、是否退役军人、是否低保" and entry.turn == "等业主"


def test_a_complete_row_waits_for_its_activation(manager: Client, house: House) -> None:
    wang(house)
    assert [entry.what for entry in queue(manager, "activate").context["entries"]] == ["资料已齐"]


def test_a_row_tells_its_findings(manager: Client, place: Place) -> None:
    (entry,) = queue(manager, "finding").context["entries"]
    assert (entry.title, entry.what) == ("欧阳业主", "证件与出生日期不符")


def test_a_newly_named_member_leads_to_the_page_of_the_entry(manager: Client, house: House) -> None:
    owner = zhou(house)
    house.community.review_all = True
    house.community.save()
    family = home(owner)
    entry = family.submit(family.name_member(house.pk, {"name": "小周", "id_number": XIAO_ID, "role": 11}).pk)
    (row,) = queue(manager, "review").context["entries"]
    assert (row.title, row.role) == ("小周", "新成员 · 儿子")
    assert row.link == reverse("staff:entry", args=[entry.pk]) + "?queue=review"


def test_another_communitys_rows_are_not_shown(place: Place, wife: Membership) -> None:
    second = open_place("司马", 2)
    assert titles(queue(login(second.staff["manager"]), "review")) == []
    assert titles(queue(login(second.staff["manager"]), "finding")) == ["司马业主"]


def test_a_queue_is_filtered_by_community(place: Place, db: None) -> None:
    second = open_place("司马", 2)
    chief = login(User.objects.create(username="总管", is_staff=True, is_superuser=True))
    assert set(titles(queue(chief, "finding"))) == {"欧阳业主", "司马业主"}
    assert titles(queue(chief, "finding", f"?community={second.community.pk}")) == ["司马业主"]
    foreign = queue(login(place.staff["manager"]), "finding", f"?community={second.community.pk}")
    assert foreign.status_code == 404


def test_fifty_rows_stand_on_a_page(manager: Client, house: House) -> None:
    many(house, 52)
    first, second = queue(manager, "activate"), queue(manager, "activate", "?page=2")
    assert (len(titles(first)), len(titles(second))) == (50, 2)
    assert "page=2" in body(first) and 'data-key="k"' in body(second)


def many(house: House, count: int) -> None:
    for _ in range(count):
        MembershipFactory(house=house, role=Role.TENANT)


@pytest.mark.parametrize("name", QUEUES)
def test_the_queries_do_not_grow_with_the_rows(
    manager: Client, house: House, wife: Membership, name: str, django_assert_max_num_queries: Any
) -> None:
    many(house, 30)
    with django_assert_max_num_queries(20):
        queue(manager, name)


def test_an_auditor_has_no_queue(place: Place) -> None:
    assert queue(login(place.staff["auditor"]), "review").status_code == 403


# -- claims --------------------------------------------------------------------------------


def claim(client: Client, kind: str, key: int, *, htmx: bool = False, **values: str) -> Any:
    headers = {"hx-request": "true"} if htmx else {}
    return client.post(reverse("staff:claim", args=[kind, key]), values, headers=headers)


def test_a_record_is_claimed_and_put_back(place: Place, manager: Client, wife: Membership) -> None:
    claim(manager, "memberships", wife.pk)
    assert fresh(wife).claimed_by == place.staff["manager"]
    claim(manager, "memberships", wife.pk, act="release")
    assert fresh(wife).claimed_by is None


def test_a_lists_cell_changes_alone(manager: Client, wife: Membership) -> None:
    cell = body(claim(manager, "memberships", wife.pk, htmx=True))
    assert "放回" in cell and "<html" not in cell


def test_a_colleagues_claim_is_told_in_the_cell(place: Place, manager: Client, wife: Membership) -> None:
    Office(place.staff["clerk"]).claim("memberships", wife.pk)
    assert "认领中：欧阳录入员" in body(queue(manager, "review"))
    cell = body(claim(manager, "memberships", wife.pk, htmx=True))
    assert "同事正在处理这条记录" in cell and "认领中：欧阳录入员" in cell


def test_a_claim_leads_back_to_where_it_was_made(manager: Client, wife: Membership) -> None:
    listed = reverse("staff:queue", args=["review"])
    assert claim(manager, "memberships", wife.pk, next=listed).url == listed
    assert claim(manager, "memberships", wife.pk, next="https://example.com/").url == listed


def test_only_records_of_the_own_community_are_claimed(place: Place, wife: Membership) -> None:
    stranger = login(open_place("司马", 2).staff["manager"])
    assert claim(stranger, "memberships", wife.pk).status_code == 404
    assert claim(login(place.staff["viewer"]), "memberships", wife.pk).status_code == 403
    assert fresh(wife).claimed_by is None


def test_nothing_else_is_claimed(place: Place, manager: Client) -> None:
    assert claim(manager, "findings", place.finding.pk).status_code == 404


# -- requests ------------------------------------------------------------------------------


@pytest.fixture
def to_bind(house: House) -> Request:
    """李梅, by another phone than the record's, matches and waits for a yes."""
    row = li(house, zhou(house), **THE_REST)
    Family(visitor("李梅", LI_ID, "13900000999")).match()
    return Request.objects.get(membership=row)


def address(asked: Request) -> str:
    return reverse("staff:request", args=[asked.pk])


def test_a_request_tells_who_asks_and_what_a_yes_brings_about(manager: Client, to_bind: Request) -> None:
    listed, shown = body(manager.get(reverse("staff:requests"))), body(manager.get(address(to_bind)))
    assert "李梅" in listed and "绑定房屋" in listed and "等物业或业主" in listed
    assert "同意后，李梅的帐号绑定" in shown and "139****0999" in shown and "不符" in shown
    assert not full_numbers(listed + shown) and not english(listed + shown)


def test_a_yes_binds(manager: Client, to_bind: Request) -> None:
    manager.post(address(to_bind), {"act": "accept", "reason": "已核对证件"})
    assert fresh(to_bind).status == "accepted" and fresh(to_bind.membership).bound_at
    assert "已核对证件" in body(manager.get(reverse("staff:requests"), {"tab": "answered"}))


def test_a_no_is_written(manager: Client, to_bind: Request) -> None:
    manager.post(address(to_bind), {"act": "refuse", "reason": "信息与证件不符", "other": "请带证件来"})
    assert (fresh(to_bind).status, fresh(to_bind).answer) == ("refused", "请带证件来")


@pytest.mark.parametrize(("text", "sentence"), [("", "请写明原因"), (f"证号{WANG_ID}", "不要填写证件号码")])
def test_an_answer_without_a_fit_reason_is_refused_where_it_was_given(
    manager: Client, to_bind: Request, text: str, sentence: str
) -> None:
    told = manager.post(address(to_bind), {"act": "refuse", "other": text})
    assert told.status_code == 422 and sentence in body(told).split('id="no"')[1]
    assert fresh(to_bind).status == "open"


def test_what_a_colleague_answered_first_is_told(place: Place, manager: Client, to_bind: Request) -> None:
    Office(place.staff["manager"]).answer(to_bind.pk, accept=False, reason="信息不符")
    told = body(manager.post(address(to_bind), {"act": "accept", "reason": "已核对证件"}))
    assert "已经答复过" in told and "信息不符" in told


def test_a_request_that_a_colleague_has_is_not_answered(
    place: Place, manager: Client, to_bind: Request
) -> None:
    Office(place.staff["clerk"]).claim("requests", to_bind.pk)
    assert "认领中：欧阳录入员" in body(manager.get(address(to_bind)))
    told = body(manager.post(address(to_bind), {"act": "accept", "reason": "已核对证件"}))
    assert "同事正在处理" in told and fresh(to_bind).status == "open"


def test_a_clerk_reads_a_request_and_does_not_answer(place: Place, to_bind: Request) -> None:
    clerk = login(place.staff["clerk"])
    assert "由小区管理员答复" in body(clerk.get(address(to_bind)))
    assert "没有办理此事的权限" in body(clerk.post(address(to_bind), {"act": "accept", "reason": "-"}))


def test_another_communitys_request_does_not_exist(to_bind: Request) -> None:
    stranger = login(open_place("司马", 2).staff["manager"])
    assert stranger.get(address(to_bind)).status_code == 404
    assert "李梅" not in body(stranger.get(reverse("staff:requests")))


def test_an_applicant_unknown_here_is_told_as_that(manager: Client, house: House) -> None:
    Family(visitor("张三", id_number(5, area="110199"), "13900000998")).apply_for(house, 2, "租住在此")
    shown = body(manager.get(address(Request.objects.get())))
    assert "没有对应的登记资料" in shown and "张三以“租客”加入" in shown


def test_an_end_and_an_erasure_are_confirmed_with_what_will_happen(manager: Client, house: House) -> None:
    row = bound(house, Role.TENANT, name="陈搬", id_number=id_number(7, area="110198"))
    home(row).ask_end(row.pk, "搬走了")
    home(row).ask_erasure("不住了")
    for kind, sentence in (("end", "迁出；未办完的"), ("erase", "不能恢复")):
        shown = body(manager.get(address(Request.objects.get(kind=kind))))
        assert "data-confirm=" in shown and sentence in shown


def test_an_erasure_leaves_no_page_to_go_back_to(manager: Client, house: House) -> None:
    row = bound(house, Role.TENANT, name="陈删", id_number=id_number(7, area="110198"))
    home(row).ask_erasure("不住了")
    asked = Request.objects.get()
    told = manager.post(address(asked), {"act": "accept", "reason": "已核对本人身份"}, follow=True)
    assert told.status_code == 200 and not Request.objects.exists()
    assert manager.get(address(asked)).status_code == 404


def test_the_queries_of_the_requests_stay_few(
    manager: Client, to_bind: Request, django_assert_max_num_queries: Any
) -> None:
    for page in (reverse("staff:requests"), address(to_bind)):
        with django_assert_max_num_queries(20):
            manager.get(page)


# -- findings ------------------------------------------------------------------------------


def found(client: Client, **query: Any) -> Any:
    return client.get(reverse("staff:findings"), query)


def kinds(answer: Any) -> set[str]:
    return {finding.code for finding, *_ in answer.context["rows"]}


def test_a_finding_leads_to_the_page_where_it_is_worked(manager: Client, place: Place) -> None:
    rows = {finding.code: link for finding, _, _, link in found(manager).context["rows"]}
    assert rows["id_birth_mismatch"] == reverse("staff:member", args=[place.membership.pk])


def test_findings_of_houses_and_of_people_without_a_home_lead_to_theirs(
    manager: Client, place: Place, house: House
) -> None:
    wang(house)
    findings.refresh(houses=[house.pk])
    Office(place.staff["manager"]).end(place.membership.pk, "moved_out")
    rows = {finding.code: link for finding, _, _, link in found(manager).context["rows"]}
    assert rows["occupancy_contradiction"] == reverse("staff:house", args=[house.pk])
    assert rows["id_birth_mismatch"] == reverse("staff:resident", args=[place.owner.pk])


def test_findings_are_filtered_by_code_and_weight(manager: Client, house: House) -> None:
    wang(house)
    findings.refresh(houses=[house.pk])
    assert kinds(found(manager)) == {"id_birth_mismatch", "occupancy_contradiction"}
    assert kinds(found(manager, code="id_birth_mismatch")) == {"id_birth_mismatch"}
    assert kinds(found(manager, weight="notice")) == {"occupancy_contradiction"}
    assert "没有符合条件" in body(found(manager, code="second_owner"))


def test_another_communitys_findings_are_not_listed(place: Place) -> None:
    shown = body(found(login(open_place("司马", 2).staff["manager"])))
    assert "欧阳" not in shown and "司马业主" in shown and not english(shown)
