"""What the office does in the admin: settles findings, confirms communities, edits houses."""

from typing import Any

import pytest

from houses import editing, findings
from houses.models import Community, Finding, House
from tests.office import login, open_office


@pytest.fixture
def office(db: None) -> Any:
    return open_office()


def settle(client: Any, finding: Finding, **values: str) -> Any:
    return client.post(f"/admin/houses/finding/{finding.pk}/settle/", values)


def status(finding: Finding) -> str:
    finding.refresh_from_db()
    return finding.status


@pytest.mark.parametrize(("act", "becomes"), [("resolve", "resolved"), ("waive", "waived")])
def test_a_manager_settles_a_finding_with_a_reason(office: Any, act: str, becomes: str) -> None:
    first = office[0]
    settle(login(first.staff["manager"]), first.finding, act=act, reason="已核对证件原件")
    assert (status(first.finding), first.finding.reason) == (becomes, "已核对证件原件")
    assert first.finding.settled_by == first.staff["manager"]


def test_without_a_reason_nothing_is_settled(office: Any) -> None:
    first = office[0]
    settle(login(first.staff["manager"]), first.finding, act="waive", reason=" ")
    assert status(first.finding) == "open"


@pytest.mark.parametrize("role", ["clerk", "viewer", "auditor"])
def test_other_roles_do_not_settle(office: Any, role: str) -> None:
    first = office[0]
    answer = settle(login(first.staff[role]), first.finding, act="waive", reason="-")
    assert (answer.status_code, status(first.finding)) == (403, "open")


def test_another_communitys_manager_does_not_settle(office: Any) -> None:
    first, second, _ = office
    answer = settle(login(second.staff["manager"]), first.finding, act="waive", reason="-")
    assert (answer.status_code, status(first.finding)) == (403, "open")


def test_several_findings_are_settled_at_once_after_the_reason(office: Any) -> None:
    first = office[0]
    client = login(first.staff["manager"])
    chosen = {"action": "waive", "_selected_action": [first.finding.pk]}
    page = client.post("/admin/houses/finding/", chosen)
    assert "处理说明" in page.content.decode() and status(first.finding) == "open"
    client.post("/admin/houses/finding/", {**chosen, "act": "waive", "reason": "已核对"})
    assert status(first.finding) == "waived"


def test_a_list_action_does_not_reach_into_another_community(office: Any) -> None:
    first, second, _ = office
    values = {"action": "waive", "_selected_action": [first.finding.pk], "act": "waive", "reason": "-"}
    login(second.staff["manager"]).post("/admin/houses/finding/", values)
    assert status(first.finding) == "open"


@pytest.fixture
def unknown(db: None) -> Community:
    community = Community.objects.create(platform_code="77")
    home = House.objects.create(community=community, room="101")
    findings.refresh(houses=[home.pk])
    return community


def test_a_community_is_named_and_confirmed(office: Any, unknown: Community) -> None:
    assert Finding.objects.open().filter(community=unknown).exists()
    login(office[2]).post(f"/admin/houses/community/{unknown.pk}/confirm/", {"name": "新安小区"})
    unknown.refresh_from_db()
    assert unknown.name == "新安小区" and unknown.confirmed_at
    assert not Finding.objects.open().filter(community=unknown).exists()
    assert unknown.history.first().history_user == office[2]


def test_a_community_is_confirmed_once(office: Any, unknown: Community) -> None:
    assert editing.confirm_community(unknown, "新安小区", by=office[2])
    assert not editing.confirm_community(unknown, "又一名", by=office[2])
    assert unknown.name == "新安小区"


def test_a_community_is_not_confirmed_without_a_name(office: Any, unknown: Community) -> None:
    with pytest.raises(ValueError, match="请填写小区名称"):
        editing.confirm_community(unknown, "  ", by=office[2])


def test_an_edited_house_tells_where_the_value_came_from(office: Any) -> None:
    house = office[0].house
    editing.change(house, {"occupancy": 5}, by=office[0].staff["clerk"], why="上门核实")
    house.refresh_from_db()
    assert (house.occupancy, house.origin.of("occupancy"), house.version) == (5, "staff", 2)
    assert Finding.objects.open().filter(house=house, code="occupancy_contradiction").exists()


def test_an_edit_leaves_what_a_sync_wrote_meanwhile(office: Any) -> None:
    house = office[0].house
    House.objects.filter(pk=house.pk).update(ownership=1)
    editing.change(house, {"occupancy": 1}, by=office[0].staff["clerk"], why="上门核实")
    house.refresh_from_db()
    assert (house.ownership, house.occupancy) == (1, 1)


def test_a_lease_is_written_and_nothing_else_of_a_membership(office: Any) -> None:
    first = office[0]
    values = {
        "nickname": "爸爸",
        "lease_until": "2027-01-31",
        "status": "activated",
        "role": "2",
        "base_version": 1,
    }
    page = f"/admin/houses/membership/{first.membership.pk}/change/"
    login(first.staff["clerk"]).post(page, values)
    first.membership.refresh_from_db()
    row = first.membership
    assert (row.nickname, str(row.lease_until), row.role) == ("爸爸", "2027-01-31", 1)
    assert row.status != "activated" and row.history.first().history_user == first.staff["clerk"]


def test_a_house_is_added_in_the_own_community_only(office: Any) -> None:
    first, second, _ = office
    client = login(first.staff["clerk"])
    for place in (first, second):
        client.post(
            "/admin/houses/house/add/",
            {"community": place.community.pk, "building": "02号楼", "room": "305室"},
        )
    added = House.objects.get(room="305")
    assert (added.community, added.building) == (first.community, "2")
