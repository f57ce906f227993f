"""Who sees what: roles, their end, and what lies in another community."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Permission
from django.utils import timezone

from houses.models import Finding, Membership, StaffRole
from houses.visibility import for_staff
from residents.models import Resident
from sync.visibility import platform_records, sync_runs
from tests.office import open_office

KINDS = ["communities", "houses", "memberships", "residents", "findings", "roles"]


def seen(user: Any, kind: str) -> set[Any]:
    return set(getattr(for_staff(user), kind))


@pytest.fixture
def office(db: None) -> Any:
    return open_office()


@pytest.mark.parametrize("kind", KINDS)
def test_staff_see_their_own_community_and_no_other(office: Any, kind: str) -> None:
    first, second, chief = office
    own, others = seen(first.staff["clerk"], kind), seen(second.staff["clerk"], kind)
    assert own and others and not own & others
    assert own | others == seen(chief, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_an_auditor_sees_no_records(office: Any, kind: str) -> None:
    assert seen(office[0].staff["auditor"], kind) == set()


@pytest.mark.parametrize(("days", "sees"), [(0, True), (-1, False)], ids=["last-day", "day-after"])
def test_a_role_counts_to_the_end_of_its_last_day(office: Any, days: int, sees: bool) -> None:
    viewer = office[0].staff["viewer"]
    StaffRole.objects.filter(user=viewer).update(ends_on=timezone.localdate() + timedelta(days=days))
    assert bool(seen(viewer, "residents")) is sees
    assert viewer.has_perm("residents.view_resident") is sees


@pytest.mark.parametrize("field", ["is_active", "is_staff"])
def test_an_account_that_is_no_staff_any_more_sees_nothing(office: Any, field: str) -> None:
    clerk = office[0].staff["clerk"]
    setattr(clerk, field, False)
    assert seen(clerk, "residents") == set() and not clerk.has_perm("residents.view_resident")


def test_nobody_sees_nothing(office: Any) -> None:
    assert seen(AnonymousUser(), "residents") == set()
    assert not sync_runs(AnonymousUser()).exists()


def test_two_roles_add_up_and_each_acts_at_home_only(office: Any) -> None:
    first, second, _ = office
    manager = first.staff["manager"]
    StaffRole.objects.create(user=manager, community=second.community, role="viewer")
    assert seen(manager, "houses") == {first.house, second.house}
    assert set(for_staff(manager, "houses.change_house").houses) == {first.house}


def test_a_person_of_two_communities_is_seen_by_both_but_not_the_other_home(office: Any) -> None:
    first, second, _ = office
    Membership.objects.create(house=second.house, resident=first.owner, role=2)
    clerk = second.staff["clerk"]
    assert first.owner in seen(clerk, "residents")
    assert first.house not in seen(clerk, "houses") and first.membership not in seen(clerk, "memberships")


def test_who_moved_out_stays_in_the_office_books(office: Any) -> None:
    office[0].membership.end("moved_out")
    assert office[0].owner in seen(office[0].staff["clerk"], "residents")


def test_a_person_without_a_house_is_for_the_system_administrator(office: Any) -> None:
    stray = Resident.objects.create(name="无房")
    first, _, chief = office
    assert stray in seen(chief, "residents") and stray not in seen(first.staff["manager"], "residents")


@pytest.mark.parametrize("granted", [False, True])
def test_findings_on_the_petition_flag_belong_to_the_flag(office: Any, granted: bool) -> None:
    first, _, _ = office
    finding = Finding.objects.create(
        code="platform_conflict", resident=first.owner, field="is_petitioner", sentence="-", inputs="-"
    )
    if granted:
        first.staff["clerk"].user_permissions.add(Permission.objects.get(codename="view_petition"))
    assert (finding in seen(first.staff["clerk"], "findings")) is granted


def test_no_role_grants_the_petition_flag(office: Any) -> None:
    first, _, chief = office
    assert not any(user.sees_petitions for user in [chief, *first.staff.values()])


def test_platform_records_go_by_the_people_they_are_about(office: Any) -> None:
    first, second, chief = office
    assert set(platform_records(for_staff(first.staff["clerk"]))) == {first.record}
    assert set(platform_records(for_staff(chief))) == {first.record, second.record}


def test_a_run_is_seen_by_who_started_it_and_by_the_auditor(office: Any) -> None:
    first, second, _ = office
    assert set(sync_runs(first.staff["manager"])) == set(sync_runs(first.staff["auditor"])) == {first.run}
    assert set(sync_runs(first.staff["clerk"])) == set()
    assert set(sync_runs(second.staff["auditor"])) == {second.run}
