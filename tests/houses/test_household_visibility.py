"""How much an account sees of whom in its houses (houses/visibility.py, the household).

The owner's side and each tenant's family are camps of their own; two owners who contradict
each other are two camps more.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from houses.choices import Role
from houses.family import Family
from houses.models import Finding, Membership
from houses.states import FindingCode
from houses.visibility import HouseholdScope, Sight, for_household
from residents.models import Resident, User

from ..attackers import Home, at_home, chens_home, member, person, refused, sight, zhous_home
from ..cast import CHEN_ID, CHEN_PHONE
from ..factories import FindingFactory, HouseFactory, UserFactory, id_number

pytestmark = pytest.mark.django_db

FULL, BRIEF, COUNTED = Sight.FULL, Sight.BRIEF, Sight.COUNTED


@pytest.fixture
def home() -> Home:
    return zhous_home()


@pytest.fixture
def tenants_wife(home: Home) -> Membership:
    """王租's wife: a tenant too, named by him."""
    wife = person("王妻", id_number(22, born="19910202"), "13800000022")
    return member(home.house, wife, Role.TENANT, managed_by=home.tenant.resident)


@pytest.fixture
def rival(home: Home) -> Membership:
    """陈新 is the owner by his own answer."""
    row = member(home.house, person("陈新", CHEN_ID, CHEN_PHONE), Role.SELF)
    FindingFactory(code=FindingCode.SECOND_OWNER, membership=row)
    return row


@pytest.fixture
def rivals_son(home: Home, rival: Membership) -> Membership:
    son = person("陈小", id_number(31, born="20050505"), "13800000031")
    return member(home.house, son, Role.SON, managed_by=rival.resident)


def seen(user: User, *members: Membership) -> list[str | None]:
    return [sight(user, row) for row in members]


def settle(home: Home, *, waive: bool) -> None:
    finding = Finding.objects.get(code=FindingCode.SECOND_OWNER)
    home.office.settle(finding.pk, "夫妻共有", waive=waive)


# -- the owner's side ---------------------------------------------------------------------


def test_an_owner_sees_in_full_the_own_row_and_whom_he_manages(home: Home) -> None:
    assert seen(home.owners, home.owner, home.wife, home.son) == [FULL, FULL, FULL]


def test_an_owner_sees_a_self_managed_wife_in_brief(home: Home) -> None:
    at_home(home.wife)
    assert home.sees(home.wife) == BRIEF


def test_an_activation_at_the_counter_takes_nobody_off_the_owner(home: Home) -> None:
    home.office.activate(home.wife.pk, "核对身份证")
    assert home.sees(home.wife) == FULL


def test_an_owner_sees_in_brief_whom_the_office_added_to_his_side(home: Home) -> None:
    nanny = member(home.house, person("保姆", "", ""), Role.OTHER)
    assert home.sees(nanny) == BRIEF


def test_a_wife_sees_the_owners_side_in_brief(home: Home) -> None:
    wife = at_home(home.wife)
    assert seen(wife, home.wife, home.owner, home.son, home.tenant) == [FULL, BRIEF, BRIEF, COUNTED]


def test_a_child_sees_the_same_as_a_wife(home: Home) -> None:
    Resident.objects.filter(pk=home.son.resident_id).update(phone="13800000012")
    home.son.refresh_from_db()
    son = at_home(home.son)
    assert seen(son, home.son, home.owner, home.wife, home.tenant) == [FULL, BRIEF, BRIEF, COUNTED]


# -- tenants ------------------------------------------------------------------------------


def test_an_owner_only_counts_the_tenants_whom_the_office_entered(
    home: Home, tenants_wife: Membership
) -> None:
    assert seen(home.owners, home.tenant, tenants_wife) == [COUNTED, COUNTED]


def test_an_owner_sees_in_brief_the_tenant_whom_his_answer_named(home: Home) -> None:
    Membership.objects.filter(pk=home.tenant.pk).update(managed_by=home.owner.resident_id)
    assert home.sees(home.tenant) == BRIEF


def test_a_tenant_sees_the_own_family_in_full_and_only_counts_the_owners(
    home: Home, tenants_wife: Membership
) -> None:
    tenant = at_home(home.tenant)
    assert seen(tenant, home.tenant, tenants_wife) == [FULL, FULL]
    assert seen(tenant, home.owner, home.wife, home.son) == [COUNTED, COUNTED, COUNTED]


def test_a_tenants_wife_sees_him_in_brief_and_only_counts_the_owners(
    home: Home, tenants_wife: Membership
) -> None:
    wife = at_home(tenants_wife)
    assert seen(wife, tenants_wife, home.tenant, home.owner) == [FULL, BRIEF, COUNTED]


def test_a_tenants_child_belongs_to_the_tenant_whatever_the_role(home: Home) -> None:
    child = member(home.house, person("王小", "", ""), Role.SON, managed_by=home.tenant.resident)
    tenant = at_home(home.tenant)
    assert (sight(tenant, child), home.sees(child)) == (FULL, COUNTED)


def test_two_tenants_of_one_house_only_count_each_other(home: Home, tenants_wife: Membership) -> None:
    other = member(home.house, person("陈新", CHEN_ID, CHEN_PHONE), Role.TENANT)
    flatmate = at_home(other)
    assert seen(flatmate, home.tenant, tenants_wife, home.owner) == [COUNTED, COUNTED, COUNTED]


def test_the_family_of_a_tenant_who_left_is_not_the_owners_to_read(
    home: Home, tenants_wife: Membership
) -> None:
    home.office.end(home.tenant.pk, "lease_over")
    assert home.sees(tenants_wife) == COUNTED


# -- two owners ---------------------------------------------------------------------------


def test_until_it_is_settled_two_owners_only_count_each_others_people(
    home: Home, rival: Membership, rivals_son: Membership
) -> None:
    other = at_home(rival)
    assert seen(home.owners, home.owner, home.wife, rival, rivals_son) == [FULL, FULL, COUNTED, COUNTED]
    assert seen(other, rival, rivals_son, home.owner, home.wife) == [FULL, FULL, COUNTED, COUNTED]


def test_until_it_is_settled_a_wife_belongs_to_the_owner_who_named_her(
    home: Home, rival: Membership, rivals_son: Membership
) -> None:
    wife = at_home(home.wife)
    assert seen(wife, home.owner, home.son, rival, rivals_son) == [BRIEF, BRIEF, COUNTED, COUNTED]


def test_until_it_is_settled_whom_the_office_added_belongs_to_neither(home: Home, rival: Membership) -> None:
    nanny = member(home.house, person("保姆", "", ""), Role.OTHER)
    assert [home.sees(nanny), sight(at_home(rival), nanny)] == [COUNTED, COUNTED]


def test_those_who_belong_to_neither_do_not_see_each_other(home: Home, rival: Membership) -> None:
    nanny = member(home.house, person("保姆", id_number(41), "13800000041"), Role.OTHER)
    cook = member(home.house, person("厨师", "", ""), Role.OTHER)
    assert seen(at_home(nanny), nanny, cook, home.owner) == [FULL, COUNTED, COUNTED]


@pytest.mark.parametrize("waive", [True, False], ids=["waived", "resolved"])
def test_settled_they_are_one_side_again(
    home: Home, rival: Membership, rivals_son: Membership, waive: bool
) -> None:
    settle(home, waive=waive)
    assert seen(home.owners, rival, rivals_son, home.wife) == [BRIEF, BRIEF, FULL]


def test_an_owner_who_left_contests_nothing(home: Home, rival: Membership) -> None:
    nanny = member(home.house, person("保姆", "", ""), Role.OTHER)
    home.office.end(rival.pk, "mistake")
    assert home.sees(nanny) == BRIEF


def test_another_house_in_question_changes_nothing_here(home: Home) -> None:
    FindingFactory(code=FindingCode.SECOND_OWNER, membership=chens_home())
    nanny = member(home.house, person("保姆", "", ""), Role.OTHER)
    assert home.sees(nanny) == BRIEF


# -- which houses -------------------------------------------------------------------------


def test_a_house_opens_when_it_is_bound(home: Home) -> None:
    flat = member(HouseFactory(), home.owner.resident, Role.SELF)
    assert home.sees(flat) is None
    home.family.confirm(flat.pk)
    assert home.sees(flat) == FULL


def test_one_house_shows_nothing_of_another(home: Home) -> None:
    assert home.sees(chens_home()) is None


def test_a_person_of_two_houses_is_seen_where_one_sees_the_house(home: Home) -> None:
    elsewhere = member(HouseFactory(), home.wife.resident, Role.SELF)
    assert seen(home.owners, home.wife, elsewhere) == [FULL, None]


def test_who_moved_out_is_shown_to_nobody(home: Home) -> None:
    home.office.end(home.wife.pk, "moved_out")
    assert home.sees(home.wife) is None


def test_every_open_member_is_counted_once(home: Home, tenants_wife: Membership) -> None:
    rows = for_household(home.owners).members
    assert rows.count() == 5 and len({row.pk for row in rows}) == 5


NOBODY: dict[str, Callable[[Home], HouseholdScope]] = {
    "no login": lambda home: for_household(AnonymousUser()),
    "linked to nobody": lambda home: for_household(UserFactory()),
    "staff": lambda home: for_household(home.office.user),
    "system administrator": lambda home: for_household(UserFactory(staff=True, is_superuser=True)),
    "linked, nothing bound": lambda home: for_household(UserFactory(resident=home.wife.resident)),
    "locked": lambda home: for_household(
        UserFactory(resident=chens_home().resident, locked_at=timezone.now())
    ),
    "inactive": lambda home: for_household(UserFactory(resident=chens_home().resident, is_active=False)),
}


@pytest.mark.parametrize("nobody", NOBODY.values(), ids=NOBODY)
def test_who_is_at_home_nowhere_sees_no_house(home: Home, nobody: Any) -> None:
    scope = nobody(home)
    doors = (scope.houses, scope.members, scope.owned, scope.requests)
    assert not any(rows.exists() for rows in doors)
    assert set(scope.fillable) | set(scope.full) <= set(scope.own)


# -- what one may fill --------------------------------------------------------------------


def test_who_is_linked_and_bound_nowhere_fills_the_own_record_alone(home: Home) -> None:
    scope = for_household(UserFactory(resident=home.wife.resident))
    assert set(scope.fillable) == {home.wife}


@pytest.mark.parametrize("name", sorted(NOBODY.keys() - {"linked, nothing bound"}))
def test_who_is_nobody_here_fills_nothing(home: Home, name: str) -> None:
    assert not NOBODY[name](home).fillable.exists()


def test_what_an_owner_may_fill_is_what_he_sees_in_full(home: Home, rival: Membership) -> None:
    scope = for_household(home.owners)
    assert set(scope.fillable) == set(scope.full) == {home.owner, home.wife, home.son}


def test_a_tenant_fills_for_the_own_family(home: Home, tenants_wife: Membership) -> None:
    scope = for_household(at_home(home.tenant))
    assert set(scope.fillable) == set(scope.full) == {home.tenant, tenants_wife}


def test_whom_an_owner_added_by_hand_he_may_fill(home: Home) -> None:
    typed = {"name": "新生儿", "role": Role.SON, "id_number": "110105202001010015"}
    entry = home.family.name_member(home.house.pk, typed, guardian=True)
    row = home.family.submit(entry.pk).membership
    assert row is not None and home.sees(row) == FULL


def test_a_manager_who_moved_out_manages_nobody_there(home: Home) -> None:
    home.office.end(home.owner.pk, "moved_out")
    with refused("not_found"):
        home.family.draft(home.wife.pk, {"employer": "某公司"})


# -- who answers --------------------------------------------------------------------------


def test_an_owner_answers_for_the_houses_that_he_owns_and_bound(home: Home) -> None:
    member(HouseFactory(), home.owner.resident, Role.SELF)
    assert set(for_household(home.owners).owned) == {home.house}


def test_nobody_else_answers(home: Home) -> None:
    for row in (home.wife, home.tenant):
        assert not for_household(at_home(row)).owned.exists()


def test_an_owner_answers_again_when_it_is_settled(home: Home, rival: Membership) -> None:
    assert not for_household(home.owners).owned.exists()
    settle(home, waive=False)
    assert set(for_household(home.owners).owned) == {home.house}


def test_a_nickname_is_ones_own_to_choose(home: Home) -> None:
    home.family.set_nickname(home.owner.pk, "当家的")
    with refused("not_found"):
        home.family.set_nickname(home.wife.pk, "孩儿他妈")
    assert Family(home.owners).scope.own.get().nickname == "当家的"
