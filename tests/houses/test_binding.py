"""The three ways in which a resident who is not the owner binds a house (houses/binding.py)."""

from typing import Any

import pytest

from houses import binding
from houses.choices import Role
from houses.family import Family
from houses.models import Membership, Request
from houses.states import EndReason
from houses.visibility import for_household
from residents.exceptions import Refused
from residents.models import Resident, User

from ..attackers import (
    STRANGERS_PHONE,
    Home,
    account,
    at_home,
    chens_home,
    member,
    person,
    refused,
    sight,
    stranger,
    zhous_home,
)
from ..cast import CHEN_ID, LI_ID, LI_PHONE, XIAO_ID
from ..factories import HouseFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def home() -> Home:
    return zhous_home()


def reread(row: Membership) -> Membership:
    return Membership.objects.get(pk=row.pk)


def who(row: Membership) -> User | None:
    return User.objects.filter(resident=row.resident_id).first()


# -- by match -----------------------------------------------------------------------------


def test_whose_phone_the_record_holds_only_confirms(home: Home) -> None:
    wife = account(LI_PHONE, "李梅", LI_ID)
    assert Family(wife).match() == [home.wife]
    row = Family(wife).confirm(home.wife.pk)
    assert (row.status, row.activated_by_account, who(row)) == ("activated", True, wife)


def test_a_match_alone_binds_nothing(home: Home) -> None:
    Family(account(LI_PHONE, "李梅", LI_ID)).match()
    assert (reread(home.wife).bound_at, who(home.wife)) == (None, None)
    assert not Request.objects.exists()


def test_any_other_match_asks_the_owner_with_everything_filled_in(home: Home) -> None:
    wife = stranger("李梅", LI_ID)
    Family(wife).match()
    request = home.family.requests.get()
    assert (request.account, request.membership, request.role) == (wife, home.wife, Role.WIFE)


def test_the_owners_tap_binds_and_activates(home: Home) -> None:
    wife = stranger("李梅", LI_ID)
    Family(wife).match()
    home.family.answer(home.family.requests.get().pk, accept=True)
    row = reread(home.wife)
    assert (row.status, who(row)) == ("activated", wife)


def test_the_office_answers_as_well(home: Home) -> None:
    Family(stranger("李梅", LI_ID)).match()
    home.office.answer(Request.objects.get().pk, accept=True, reason="核对证件")
    assert reread(home.wife).status == "activated"


def test_a_no_has_its_reason_and_binds_nothing(home: Home) -> None:
    Family(stranger("李梅", LI_ID)).match()
    request = home.family.requests.get()
    with refused("reason_missing"):
        home.family.answer(request.pk, accept=False)
    home.family.answer(request.pk, accept=False, reason="不认识")
    assert (reread(home.wife).bound_at, Request.objects.get().status) == (None, "refused")


def test_a_request_is_answered_once(home: Home) -> None:
    Family(stranger("李梅", LI_ID)).match()
    request = home.family.requests.get()
    home.family.answer(request.pk, accept=False, reason="不认识")
    with refused("already_answered"):
        home.family.answer(request.pk, accept=True)
    assert reread(home.wife).bound_at is None


def test_who_is_bound_with_a_gap_is_activated_when_it_is_filled(home: Home) -> None:
    """小周 has no phone yet: the verified one is his."""
    Resident.objects.filter(pk=home.son.resident_id).update(employer="", registered_address="")
    son = stranger("小周", XIAO_ID)
    Family(son).match()
    home.family.answer(home.family.requests.get().pk, accept=True)
    assert (reread(home.son).status, bool(reread(home.son).bound_at)) == ("incomplete", True)
    son.refresh_from_db()
    Family(son).submit(Family(son).draft(home.son.pk, {"registered_address": "河北省"}).pk)
    assert reread(home.son).status == "activated"


def test_a_record_without_a_phone_gets_the_verified_one(home: Home) -> None:
    Family(stranger("小周", XIAO_ID)).match()
    home.family.answer(home.family.requests.get().pk, accept=True)
    row = reread(home.son)
    assert (row.resident.phone, row.resident.origin.label("phone")) == (STRANGERS_PHONE, "本人填写")
    assert row.status == "activated"


def test_a_record_keeps_the_phone_that_it_has(home: Home) -> None:
    Family(stranger("李梅", LI_ID)).match()
    home.family.answer(home.family.requests.get().pk, accept=True)
    assert reread(home.wife).resident.phone == LI_PHONE


def test_every_house_is_bound_on_its_own(home: Home) -> None:
    flat = member(HouseFactory(), home.wife.resident, Role.SELF)
    wife = account(LI_PHONE, "李梅", LI_ID)
    assert set(Family(wife).match()) == {home.wife, flat}
    Family(wife).confirm(home.wife.pk)
    assert reread(flat).bound_at is None and set(for_household(wife).houses) == {home.house}


def test_who_moved_out_and_came_back_binds_anew(home: Home) -> None:
    wife = at_home(home.wife)
    home.office.end(home.wife.pk, EndReason.MOVED_OUT)
    home.office.reopen(home.wife.pk, "又搬回来")
    assert sight(wife, home.owner) is None
    assert Family(wife).match() == [home.wife]
    assert Family(wife).confirm(home.wife.pk).status == "activated"


def test_a_confirmed_house_is_not_confirmed_again(home: Home) -> None:
    with refused("not_found"):
        home.family.confirm(home.owner.pk)


def test_a_son_of_the_same_name_is_not_his_father(home: Home) -> None:
    Resident.objects.filter(pk=home.son.resident_id).update(name="老周")
    Family(stranger("老周", XIAO_ID)).match()
    assert Request.objects.get().membership == home.son


# -- by application -----------------------------------------------------------------------


def test_an_application_waits_and_shows_nothing(home: Home) -> None:
    newcomer = stranger("陈新", CHEN_ID)
    request = Family(newcomer).apply_for(home.house, Role.TENANT, "租了这套房")
    assert (request.status, request.office_only) == ("open", False)
    assert not for_household(newcomer).houses.exists()
    assert home.family.requests.get() == request


def test_a_yes_makes_the_applicant_a_member_with_what_was_stated(home: Home) -> None:
    newcomer = stranger("陈新", CHEN_ID)
    home.family.answer(Family(newcomer).apply_for(home.house, Role.TENANT, "租了这套房").pk, accept=True)
    row = Membership.objects.get(resident__name="陈新")
    assert (row.role, row.status, row.managed_by, who(row)) == (Role.TENANT, "incomplete", None, newcomer)
    assert (row.resident.id_number, row.resident.phone) == (CHEN_ID, STRANGERS_PHONE)


def test_who_is_taken_in_completes_the_record_and_is_activated(home: Home) -> None:
    newcomer = stranger("陈新", CHEN_ID)
    home.family.answer(Family(newcomer).apply_for(home.house, Role.TENANT, "租房").pk, accept=True)
    newcomer.refresh_from_db()
    rest = {"ethnicity": "01", "registered_address": "河北省", "political_status": 1}
    row = Membership.objects.get(resident__name="陈新")
    entry = Family(newcomer).draft(row.pk, rest | {"is_veteran": False, "is_low_income": False})
    Family(newcomer).submit(entry.pk)
    assert reread(row).status == "activated"


def test_who_is_a_member_already_is_not_made_one_twice(home: Home) -> None:
    wife = stranger("李梅", LI_ID)
    request = Family(wife).apply_for(home.house, Role.WIFE, "我住这里")
    assert request.office_only  # on the books: an owner cannot know whom
    home.office.answer(request.pk, accept=True, reason="核对证件")
    assert reread(home.wife).status == "activated"
    assert Resident.objects.filter(name="李梅").count() == 1


def test_the_office_takes_in_who_lives_elsewhere_too(home: Home) -> None:
    chens = chens_home()
    newcomer = stranger("陈新", CHEN_ID)
    request = Family(newcomer).apply_for(home.house, Role.TENANT, "租房")
    home.office.answer(request.pk, accept=True, reason="核对证件")
    row = home.house.memberships.get(resident__name="陈新")
    assert (row.resident, row.status) == (chens.resident, "activated")
    assert reread(chens).bound_at is None


def test_a_number_that_is_anothers_takes_nobody_in(home: Home) -> None:
    """陈新 by name, 李梅 by number: the office must settle whose it is first."""
    newcomer = stranger("陈新", LI_ID)
    request = Family(newcomer).apply_for(home.house, Role.OTHER, "我住这里")
    with refused("link_blocked"):
        home.office.answer(request.pk, accept=True, reason="核对证件")
    assert not Resident.objects.filter(name="陈新").exists()


def test_the_same_application_waits_once(home: Home) -> None:
    newcomer = stranger("陈新", CHEN_ID)
    Family(newcomer).apply_for(home.house, Role.TENANT, "租房")
    with refused("already_asked"):
        Family(newcomer).apply_for(home.house, Role.OTHER, "租房")


def test_two_houses_are_two_applications(home: Home) -> None:
    newcomer = stranger("陈新", CHEN_ID)
    for house in (home.house, HouseFactory()):
        Family(newcomer).apply_for(house, Role.TENANT, "租房")
    assert Family(newcomer).asked.count() == 2


def test_a_bound_house_is_not_asked_for(home: Home) -> None:
    with refused("already_bound"):
        home.family.apply_for(home.house, Role.OTHER, "我住这里")


def test_a_house_that_is_bound_meanwhile_is_not_asked_for(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    wife = account(LI_PHONE, "李梅", LI_ID)

    def overtaken(**held: Any) -> None:
        monkeypatch.undo()
        Family(wife).confirm(home.wife.pk)
        binding.lock(**held)

    monkeypatch.setattr(binding, "lock", overtaken)
    with pytest.raises(Refused, match="already_bound"):
        Family(wife).apply_for(home.house, Role.WIFE, "我住这里")


@pytest.mark.parametrize(("role", "text", "code"), [(99, "租房", "invalid"), (2, "  ", "reason_missing")])
def test_an_application_says_as_what_and_why(home: Home, role: int, text: str, code: str) -> None:
    with refused(code):
        Family(stranger("陈新", CHEN_ID)).apply_for(home.house, role, text)
    assert not Request.objects.exists()


def test_an_owner_who_bought_applies_to_the_office(home: Home) -> None:
    buyer = stranger("陈新", CHEN_ID)
    request = Family(buyer).apply_for(home.house, Role.SELF, "买了这套房")
    home.office.answer(request.pk, accept=True, reason="核对房产证")
    assert Membership.objects.get(resident__name="陈新").role == Role.SELF


def test_who_was_corrected_since_is_not_taken_in_for_another(home: Home) -> None:
    """The request was 李梅's; the office has found out that the account is 陈新's."""
    user = stranger("李梅", LI_ID)
    Family(user).match()
    home.office.correct_identity(user.pk, "陈新", CHEN_ID, "核对身份证")
    with refused("identity_mismatch"):
        home.family.answer(home.family.requests.get().pk, accept=True)
    assert reread(home.wife).bound_at is None


def test_binding_leaves_who_and_why(home: Home) -> None:
    wife = at_home(home.wife)
    latest = home.wife.history.latest()
    assert (latest.history_user, latest.history_change_reason) == (wife, "本人确认绑定")


def test_a_house_that_is_nobodys_is_the_offices_to_answer() -> None:
    house = member(HouseFactory(), person("老周", "", ""), Role.SELF).house
    request = Family(stranger("陈新", CHEN_ID)).apply_for(house, Role.TENANT, "租房")
    assert not any(for_household(user).requests.exists() for user in User.objects.all())
    with pytest.raises(Refused):
        Family(UserFactory()).answer(request.pk, accept=True)
