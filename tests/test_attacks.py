"""The attacks (domain.md, Accounts and binding; Who sees and changes what): each refused, nothing shown.

Whoever attacks knows a name and a number by heart, holds a phone, or has a house of their own.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone

from houses import absorbing, binding, erasing, leaving, photos, reviewing
from houses.choices import HouseholdType, Role
from houses.family import Family
from houses.models import Finding, House, Invitation, Membership, Request, StaffRole, Submission
from houses.office import Office
from houses.own_data import gather
from houses.reviewing import fill_by_link
from houses.staff.request_pages import concerned
from houses.states import EndReason, FindingCode
from houses.visibility import Sight, for_household, for_staff
from residents.exceptions import Refused
from residents.models import Attempt, Consent, Photo, Resident, User
from residents.upstream import Sources
from sync.own import sync_own_phone

from .attackers import (
    STRANGERS_PHONE,
    Home,
    account,
    at_home,
    chens_home,
    member,
    person,
    refused,
    sees_nothing,
    sight,
    staff,
    stranger,
    zhous_home,
)
from .cast import (
    CHEN_ID,
    CHEN_PHONE,
    LI_ID,
    LI_PHONE,
    WANG_ID,
    WANG_PHONE,
    XIAO_ID,
    ZHOU_ID,
    ZHOU_PHONE,
    zhous,
)
from .cast import dwelling as dwelling_of
from .cast import person as answer_about
from .factories import FindingFactory, HouseFactory, UserFactory, id_number
from .household import fresh
from .pictures import picture, put

pytestmark = pytest.mark.django_db

UNKNOWN = "没有人"
UNKNOWNS_NUMBER = id_number(77, born="19700101")
CHILDS_NUMBER = id_number(78, born="20200110")
ALL_TABLES = (Resident, Membership, House, Finding, Invitation, Submission)


@pytest.fixture
def home() -> Home:
    return zhous_home()


@pytest.fixture
def chens() -> Membership:
    """The stranger: 陈新, at home in another community, without an account."""
    return chens_home()


def rows() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in ALL_TABLES}


def asked(user: User) -> list[tuple[Any, ...]]:
    """What the account may know of its own requests, by every field that could tell something."""
    user.refresh_from_db()
    fields = ("kind", "community", "house", "membership", "resident", "role", "status")
    return list(Family(user).asked.values_list(*fields))


# -- right name and number, another phone -------------------------------------------------


def test_right_name_and_number_from_another_phone_show_nothing(home: Home) -> None:
    thief = stranger("李梅", LI_ID)
    assert Family(thief).match() == []
    assert sees_nothing(thief)
    assert not Membership.objects.filter(pk=home.wife.pk, bound_at__isnull=False).exists()


def test_whether_there_was_a_match_is_not_told(home: Home) -> None:
    thief, nobody = stranger("李梅", LI_ID), account("13800000019", UNKNOWN, UNKNOWNS_NUMBER)
    assert Family(thief).match() == Family(nobody).match() == []
    assert asked(thief) == asked(nobody)


def test_an_owners_no_does_not_tell_that_there_was_a_match(home: Home) -> None:
    thief, nobody = stranger("李梅", LI_ID), account("13800000019", UNKNOWN, UNKNOWNS_NUMBER)
    Family(thief).match()
    home.family.answer(home.family.requests.get().pk, accept=False, reason="不认识")
    assert asked(thief) == asked(nobody) and sees_nothing(thief)


def test_applying_for_a_house_does_not_tell_whether_a_match_waits_there(home: Home) -> None:
    thief = stranger("李梅", LI_ID)
    Family(thief).match()
    there = Family(thief).apply_for(home.house, Role.WIFE, "我住这里")
    elsewhere = Family(thief).apply_for(HouseFactory(), Role.WIFE, "我住这里")
    assert (there.status, there.role, there.text) == (elsewhere.status, elsewhere.role, elsewhere.text)


def told_of(user: User, house: House) -> list[tuple[str, ...]]:
    """What the account's own copy says of its requests for this house, but for the address."""
    user.refresh_from_db()
    (part,) = (part for part in gather(user) if part.title == "我的申请")
    return [(kind, *rest) for kind, address, *rest in part.rows if address.endswith(f" {house.address}")]


@pytest.fixture
def two_applications(home: Home) -> tuple[User, House]:
    """李梅's name and number by another phone, matched long ago, apply as a tenant: where she is the wife,
    and in the other house, where nobody is on the books."""
    thief, elsewhere = stranger("李梅", LI_ID), HouseFactory(building="9")
    Family(thief).match()
    Request.objects.update(asked_at=timezone.now() - timedelta(days=2))
    for house in (home.house, elsewhere):
        Family(thief).apply_for(house, Role.TENANT, "租住")
    return thief, elsewhere


def test_an_application_is_told_as_it_was_typed_where_a_match_waited(
    home: Home, two_applications: tuple[User, House]
) -> None:
    thief, elsewhere = two_applications
    there = told_of(thief, home.house)
    assert there == told_of(thief, elsewhere) and there[0][1:3] == ("租客", "租住")


WHAT_HAPPENS_TO_HER: dict[str, Callable[[Home], object]] = {
    "nothing": lambda home: None,
    "moves out": lambda home: home.office.end(home.wife.pk, EndReason.MOVED_OUT),
    "is erased": lambda home: erasing.erase(home.wife.resident, by=home.office.user),
    "becomes an owner": lambda home: home.office.complete(home.wife.pk, {"role": Role.SELF}, reason="房产证"),
}


@pytest.mark.parametrize("happens", WHAT_HAPPENS_TO_HER.values(), ids=WHAT_HAPPENS_TO_HER)
def test_nothing_that_happens_to_the_matched_member_is_told_to_the_applicant(
    home: Home, two_applications: tuple[User, House], happens: Any
) -> None:
    thief, elsewhere = two_applications
    happens(home)
    assert told_of(thief, home.house) == told_of(thief, elsewhere)


def test_the_office_answers_for_either_house_and_finds_the_matched_member(
    home: Home, two_applications: tuple[User, House]
) -> None:
    request = Request.objects.open().get(house=home.house)
    assert not home.family.requests.exists() and concerned(request, home.office.scope()) == home.wife.resident
    home.office.answer(request.pk, accept=True, reason="核对证件")
    assert Membership.objects.get(pk=home.wife.pk).bound_at


def test_a_match_from_another_phone_cannot_be_confirmed(home: Home) -> None:
    thief = stranger("李梅", LI_ID)
    with refused("not_found"):
        Family(thief).confirm(home.wife.pk)
    assert sees_nothing(thief)


def test_a_match_asked_for_twice_still_tells_nothing(home: Home) -> None:
    thief = stranger("李梅", LI_ID)
    assert Family(thief).match() == Family(thief).match() == []
    assert home.family.requests.count() == 1


def test_an_owner_from_another_phone_waits_for_the_office_and_no_other_owner(
    home: Home, chens: Membership
) -> None:
    thief = stranger("陈新", CHEN_ID)
    assert Family(thief).match() == [] and sees_nothing(thief)
    assert not home.family.requests.exists()


def test_the_name_of_one_and_the_number_of_another_match_nobody(home: Home) -> None:
    thief = account(LI_PHONE, "李梅", WANG_ID)
    assert Family(thief).match() == [] and sees_nothing(thief)
    assert not Request.objects.exists()


def test_an_unverified_phone_matches_nothing(home: Home) -> None:
    thief = UserFactory(phone=LI_PHONE)
    with refused("phone_unverified"):
        Family(thief).state_identity("李梅", LI_ID)
    with refused("phone_unverified"):
        Family(thief).match()
    assert sees_nothing(thief)


# -- a recycled phone ---------------------------------------------------------------------


def test_a_recycled_phone_shows_and_stores_nothing_of_its_former_holder(platform: Any) -> None:
    platform.answers[ZHOU_PHONE] = zhous()
    new_holder = account(ZHOU_PHONE, "陈新", CHEN_ID)
    with refused("identity_mismatch"):
        sync_own_phone(new_holder)
    assert not any(rows().values()) and sees_nothing(new_holder)


def test_a_recycled_phone_that_the_office_had_synced_shows_nothing(platform: Any, sync: Any) -> None:
    sync(ZHOU_PHONE, zhous())
    before = rows()
    new_holder = account(ZHOU_PHONE, "陈新", CHEN_ID)
    with refused("identity_mismatch"):
        sync_own_phone(new_holder)
    assert rows() == before and sees_nothing(new_holder)


def test_a_recycled_phone_does_not_match_what_it_once_belonged_to(home: Home) -> None:
    new_holder = account(LI_PHONE, "陈新", CHEN_ID)
    assert Family(new_holder).match() == [] and sees_nothing(new_holder)
    with refused("not_found"):
        Family(new_holder).confirm(home.wife.pk)


def test_a_namesake_with_a_recycled_phone_does_not_become_the_former_holder(platform: Any, sync: Any) -> None:
    sync(ZHOU_PHONE, zhous())
    former = Resident.objects.get()
    platform.answers[ZHOU_PHONE] = answer_about("老周", CHEN_ID, ZHOU_PHONE)
    namesake = account(ZHOU_PHONE, "老周", CHEN_ID)
    with refused("identity_mismatch"):
        sync_own_phone(namesake)
    former.refresh_from_db()
    assert former.id_number == ZHOU_ID and sees_nothing(namesake)


def test_a_phone_that_moved_on_does_not_open_the_house_of_a_linked_account(platform: Any, home: Home) -> None:
    platform.answers[ZHOU_PHONE] = answer_about("陈新", CHEN_ID, ZHOU_PHONE, dwelling_of(room="909"))
    before = rows()
    with refused("identity_mismatch"):
        sync_own_phone(home.owners)
    assert rows() == before


def test_an_unlinked_account_keeps_nothing_for_whoever_holds_the_phone_next(home: Home) -> None:
    """What was typed, asked and agreed to under the account was another person's."""
    home.family.draft(home.wife.pk, {"employer": "市第一医院"})
    home.family.dispute("我的出生日期不对")
    home.office.unlink(home.owners.pk, "手机号已换人")
    assert sees_nothing(home.owners) and asked(home.owners) == []


def test_an_unlinked_accounts_consent_is_not_the_next_holders(home: Home) -> None:
    home.office.unlink(home.owners.pk, "手机号已换人")
    assert not Consent.stands(home.owners, Consent.Kind.SENSITIVE)


def copy_of(user: User) -> str:
    """All that the account may download of itself."""
    return str(gather(User.objects.get(pk=user.pk)))


@pytest.fixture
def child(home: Home) -> Membership:
    """老周 agreed to what is kept of her."""
    row = member(
        home.house, person("周小小", CHILDS_NUMBER, ""), Role.DAUGHTER, managed_by=home.owner.resident
    )
    home.family.consent_for_child(row.pk)
    return row


def test_a_childs_name_is_in_the_copy_of_who_agreed_for_it(home: Home, child: Membership) -> None:
    assert "周小小" in copy_of(home.owners)


def test_who_sees_the_child_no_more_is_not_told_its_name(home: Home, child: Membership) -> None:
    home.office.transfer(home.house.pk, [home.owner.pk])
    copy = copy_of(home.owners)
    assert "周小小" not in copy and "一名未成年人" in copy


def test_the_next_holder_of_a_phone_is_told_of_no_consent_of_the_former(
    home: Home, child: Membership
) -> None:
    home.office.unlink(home.owners.pk, "手机号已换人")
    assert "监护人同意" not in copy_of(home.owners)
    assert Consent.objects.filter(child=child.resident, account=None).exists()


def test_the_next_holder_of_a_phone_is_told_of_no_invitation_of_the_former(home: Home) -> None:
    _, token = home.family.invite(home.wife.pk)
    wife, elsewhere = stranger("李梅", LI_ID), chens_home()
    Family(wife).accept_invitation(token, LI_ID[-6:])
    home.office.unlink(wife.pk, "手机号已换人")
    User.objects.filter(pk=wife.pk).update(resident=elsewhere.resident)
    assert home.house.address not in copy_of(wife)


def test_the_former_holders_wechat_does_not_open_the_account_any_more(home: Home) -> None:
    User.objects.filter(pk=home.owners.pk).update(wechat_openid="openid-1")
    home.office.unlink(home.owners.pk, "手机号已换人")
    assert User.objects.get(pk=home.owners.pk).wechat_openid is None


def test_an_unlinked_account_cannot_hand_in_what_it_had_begun(home: Home) -> None:
    entry = home.family.draft(home.wife.pk, {"employer": "市第一医院"})
    home.office.unlink(home.owners.pk, "手机号已换人")
    with refused("not_found"):
        home.family.submit(entry.pk)


def test_an_unlinked_account_that_says_it_is_another_gets_nothing_of_before(home: Home) -> None:
    home.office.unlink(home.owners.pk, "手机号已换人")
    home.family.consent("sensitive")
    home.family.state_identity("陈新", CHEN_ID)
    assert home.family.match() == [] and sees_nothing(home.owners)


# -- an owner adds a stranger's number ----------------------------------------------------


def name_stranger(home: Home, **values: Any) -> Submission:
    """老周 types 陈新's name and number as if he were his father."""
    typed = {"name": "陈新", "id_number": CHEN_ID, "role": Role.FATHER, **values}
    return home.family.submit(home.family.name_member(home.house.pk, typed).pk)


def test_a_strangers_number_waits_for_the_office_and_shows_nothing(home: Home, chens: Membership) -> None:
    members = set(for_household(home.owners).members)
    assert name_stranger(home).status == "waiting"
    assert set(for_household(home.owners).members) == members
    assert not for_household(home.owners).full.filter(resident__name="陈新").exists()


def test_what_waits_holds_only_what_the_owner_typed(home: Home, chens: Membership) -> None:
    entry = name_stranger(home)
    assert set(entry.values) == {"name", "id_number", "role"} and entry.base == {}


def test_a_strangers_number_typed_for_ones_own_son_waits_too(home: Home, chens: Membership) -> None:
    Resident.objects.filter(pk=home.son.resident_id).update(id_number="")
    entry = home.family.draft(home.son.pk, {"id_number": CHEN_ID, "birth_date": "", "sex": ""})
    assert home.family.submit(entry.pk).status == "waiting"
    assert home.sees(chens) is None


def test_a_stranger_whom_the_office_attached_is_shown_by_name_and_not_to_be_filled(
    home: Home, chens: Membership
) -> None:
    chief = Office(UserFactory(staff=True, is_superuser=True))
    row = chief.approve(name_stranger(home).pk, person=chens.resident_id)
    assert (home.sees(row), row.managed_by) == (Sight.BRIEF, None)
    assert home.sees(chens) is None
    with refused("not_allowed"):
        home.family.draft(row.pk, {"employer": "某公司"})


def test_an_attached_stranger_keeps_the_phone_by_which_only_they_are_known(
    home: Home, chens: Membership
) -> None:
    """Else whoever holds the phone that the owner typed walks into the stranger's own house."""
    Resident.objects.filter(pk=chens.resident_id).update(phone="")
    chief = Office(UserFactory(staff=True, is_superuser=True))
    chief.approve(name_stranger(home, phone=STRANGERS_PHONE).pk, person=chens.resident_id)
    accomplice = stranger("陈新", CHEN_ID)
    assert chens not in Family(accomplice).match()
    assert sees_nothing(accomplice)


def test_an_owner_cannot_say_who_an_attached_stranger_is(home: Home, chens: Membership) -> None:
    """His yes would hand the stranger's record to whoever knows the number."""
    chief = Office(UserFactory(staff=True, is_superuser=True))
    row = chief.approve(name_stranger(home).pk, person=chens.resident_id)
    accomplice = stranger("陈新", CHEN_ID)
    Family(accomplice).match()
    assert not home.family.requests.filter(membership=row).exists()


def test_an_owner_cannot_take_in_an_applicant_who_is_on_the_books_elsewhere(
    home: Home, chens: Membership
) -> None:
    accomplice = stranger("陈新", CHEN_ID)
    request = Family(accomplice).apply_for(home.house, Role.FATHER, "我住儿子家")
    with refused("not_found"):
        home.family.answer(request.pk, accept=True)
    assert sees_nothing(accomplice)


def test_nor_one_who_came_on_the_books_since_the_application(home: Home) -> None:
    accomplice = stranger("陈新", CHEN_ID)
    request = Family(accomplice).apply_for(home.house, Role.FATHER, "我住儿子家")
    chens_home()
    with refused("not_found"):
        home.family.answer(request.pk, accept=True)
    assert sees_nothing(accomplice)


def test_a_name_taken_with_an_owners_help_opens_nothing_of_the_real_persons_house(
    home: Home, platform: Any, sync: Any
) -> None:
    accomplice = stranger("陈新", CHEN_ID)
    request = Family(accomplice).apply_for(home.house, Role.FATHER, "我住儿子家")
    home.family.answer(request.pk, accept=True)
    sync(CHEN_PHONE, answer_about("陈新", CHEN_ID, CHEN_PHONE, dwelling_of(room="909")))
    accomplice.refresh_from_db()
    assert set(for_household(accomplice).houses) == {home.house}


def test_an_owner_who_finds_somebody_in_their_place_is_heard_by_the_office(home: Home, platform: Any) -> None:
    accomplice = stranger("陈新", CHEN_ID)
    request = Family(accomplice).apply_for(home.house, Role.FATHER, "我住儿子家")
    home.family.answer(request.pk, accept=True)
    platform.answers[CHEN_PHONE] = answer_about("陈新", CHEN_ID, CHEN_PHONE, dwelling_of(room="909"))
    real = account(CHEN_PHONE, "陈新", CHEN_ID)
    with refused("already_linked"):
        sync_own_phone(real)
    assert Request.objects.open().filter(account=real, kind=Request.Kind.DISPUTE, office_only=True).exists()


def test_the_phone_that_an_owner_typed_opens_no_other_house(home: Home) -> None:
    """小周 lives with his father and owns a flat; the father types a phone of his own for him."""
    flat = member(HouseFactory(), home.son.resident, Role.SELF)
    home.family.submit(home.family.draft(home.son.pk, {"phone": STRANGERS_PHONE}).pk)
    fathers_second = stranger("小周", XIAO_ID)
    assert flat not in Family(fathers_second).match()


def test_the_phone_typed_by_link_opens_no_other_house(home: Home) -> None:
    flat = member(HouseFactory(), home.son.resident, Role.SELF)
    _, token = home.family.invite(home.son.pk)
    fill_by_link(token, XIAO_ID[-6:], {"phone": STRANGERS_PHONE}, consented=True)
    assert flat not in Family(stranger("小周", XIAO_ID)).match()


def test_being_taken_in_by_one_owner_opens_no_house_that_was_activated_at_a_counter(home: Home) -> None:
    flat = member(HouseFactory(), home.son.resident, Role.SELF, activated=True)
    _, token = home.family.invite(home.son.pk)
    fathers_second = stranger("小周", XIAO_ID)
    Family(fathers_second).accept_invitation(token, XIAO_ID[-6:])
    assert sight(fathers_second, flat) is None


# -- an owner reads what is not theirs ----------------------------------------------------

READING: dict[str, Callable[[Family, Membership], object]] = {
    "draft": lambda family, row: family.draft(row.pk, {"employer": "某公司"}),
    "invite": lambda family, row: family.invite(row.pk),
    "revoke": lambda family, row: family.revoke_invitation(row.pk),
    "ask_end": lambda family, row: family.ask_end(row.pk, "已搬走"),
    "consent": lambda family, row: family.consent_for_child(row.pk),
}
reading = pytest.mark.parametrize("act", READING.values(), ids=READING)


@reading
def test_an_owner_neither_reads_nor_fills_an_activated_member(home: Home, act: Any) -> None:
    at_home(home.wife)
    assert home.sees(home.wife) == Sight.BRIEF
    with refused("self_managed"):
        act(home.family, home.wife)


@reading
def test_a_tenant_whom_the_owner_did_not_name_does_not_exist_for_the_owner(home: Home, act: Any) -> None:
    assert home.sees(home.tenant) == Sight.COUNTED
    with refused("not_found"):
        act(home.family, home.tenant)


@reading
def test_nobody_of_another_house_exists(home: Home, chens: Membership, act: Any) -> None:
    assert home.sees(chens) is None
    with refused("not_found"):
        act(home.family, chens)


@reading
def test_a_tenant_reads_nobody_of_the_owners(home: Home, act: Any) -> None:
    tenant = at_home(home.tenant)
    assert {sight(tenant, row) for row in (home.owner, home.wife, home.son)} == {Sight.COUNTED}
    with refused("not_found"):
        act(Family(tenant), home.wife)


@reading
def test_a_wife_reads_nothing_of_her_husbands_record(home: Home, act: Any) -> None:
    wife = at_home(home.wife)
    with refused("self_managed"):
        act(Family(wife), home.owner)


def test_what_was_begun_before_the_activation_is_not_handed_in_after_it(home: Home) -> None:
    entry = home.family.draft(home.wife.pk, {"employer": "某公司"})
    at_home(home.wife)
    with pytest.raises(Refused):
        home.family.submit(entry.pk)
    assert Submission.objects.get().status == "draft"


def test_what_was_begun_before_the_activation_shows_no_values_after_it(home: Home) -> None:
    """A draft carries what stood in the record when it was typed."""
    home.family.draft(home.wife.pk, {"employer": "某公司"})
    at_home(home.wife)
    assert not home.family.submissions.filter(membership=home.wife).exists()


@pytest.fixture
def let(home: Home) -> Membership:
    """The tenant whom the owner's answer named: the owner may fill, and sees name, role and status."""
    Membership.objects.filter(pk=home.tenant.pk).update(managed_by=home.owner.resident_id)
    assert home.sees(home.tenant) == Sight.BRIEF
    return home.tenant


def told(act: Callable[[], Any]) -> str:
    """All that somebody hears who tries a value."""
    try:
        return str(act().status)
    except Refused as refusal:
        return refusal.code


def test_an_owner_learns_no_birthday_of_a_tenant_by_guessing(home: Home, let: Membership) -> None:
    right = told(lambda: home.family.draft(let.pk, {"birth_date": "1990-01-01"}))
    wrong = told(lambda: home.family.draft(let.pk, {"birth_date": "1991-01-01"}))
    assert right == wrong


def test_an_owner_learns_no_value_of_a_tenant_by_typing_it(home: Home, let: Membership) -> None:
    def hand_in(value: bool) -> str:
        return told(lambda: home.family.submit(home.family.draft(let.pk, {"is_low_income": value}).pk))

    right = hand_in(False)
    Submission.objects.all().delete()
    assert right == hand_in(True)


def test_what_an_owner_typed_for_a_tenant_carries_nothing_that_stood_there(
    home: Home, let: Membership
) -> None:
    with suppress(Refused):
        home.family.draft(let.pk, {"registered_address": "别处"})
    assert not any(any(entry.base.values()) for entry in home.family.submissions)


def test_a_tenants_answer_takes_nobody_off_the_owner(platform: Any, sync: Any) -> None:
    """The platform lists all who live there; the wife of the owner is no family of the tenant's."""
    wife = {"people_idcard": LI_ID, "people_house_name": "李梅", "people_house_role": 4}
    sync(ZHOU_PHONE, zhous(wife))
    theirs = dwelling_of(wife, role=2)
    sync(WANG_PHONE, answer_about("王租", WANG_ID, WANG_PHONE, theirs))
    assert Membership.objects.get(resident__name="李梅").managed_by.name == "老周"


# -- between the check and the lock -------------------------------------------------------


@pytest.fixture
def before_the_lock(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, str, Callable[[], object]], None]:
    """What happens between the first look and the lock that a module takes."""

    def happens(module: Any, locking: str, act: Callable[[], object]) -> None:
        real = getattr(module, locking)

        def late(*args: Any, **values: Any) -> Any:
            monkeypatch.setattr(module, locking, real)
            act()
            return real(*args, **values)

        monkeypatch.setattr(module, locking, late)

    return happens


@pytest.fixture
def gap(home: Home) -> Submission:
    """What 老周 typed about 李梅, complete but for one field."""
    Resident.objects.filter(pk=home.wife.resident_id).update(employer="")
    return home.family.draft(home.wife.pk, {"employer": "某公司"})


def test_what_is_handed_in_while_the_member_activates_is_not_written(
    home: Home, gap: Submission, before_the_lock: Any
) -> None:
    before_the_lock(reviewing, "hold", lambda: at_home(home.wife))
    with refused("not_found"):
        home.family.submit(gap.pk)
    assert (Resident.objects.get(pk=home.wife.resident_id).employer, fresh(gap).status) == ("", "draft")


def test_what_is_handed_in_while_the_account_is_unlinked_is_not_written(
    home: Home, gap: Submission, before_the_lock: Any
) -> None:
    before_the_lock(reviewing, "hold", lambda: home.office.unlink(home.owners.pk, "手机号已换人"))
    with refused("not_found"):
        home.family.submit(gap.pk)
    assert Resident.objects.get(pk=home.wife.resident_id).employer == ""


def test_a_photo_that_comes_while_the_member_activates_is_not_kept(home: Home, before_the_lock: Any) -> None:
    before_the_lock(photos, "lock", lambda: at_home(home.wife))
    with refused("self_managed"):
        home.family.set_photo(home.wife.pk, BytesIO(picture()))
    assert not Photo.objects.exists()


def test_a_photo_is_not_removed_while_the_member_activates(home: Home, before_the_lock: Any) -> None:
    put(home.wife.resident, Sources.OWNER)
    before_the_lock(photos, "lock", lambda: at_home(home.wife))
    with refused("self_managed"):
        home.family.remove_photo(home.wife.pk)
    assert Photo.objects.exists()


MEANWHILE: dict[str, tuple[Callable[[Home], object], str]] = {
    "sold": (lambda home: leaving.transfer(home.house, [home.owner], by=home.office.user), "not_found"),
    "bound": (lambda home: at_home(home.wife), "self_managed"),
    "unlinked": (lambda home: home.office.unlink(home.owners.pk, "手机号已换人"), "not_found"),
}


@pytest.mark.parametrize(("happens", "code"), MEANWHILE.values(), ids=MEANWHILE)
def test_no_link_is_left_of_what_happened_while_it_was_made(
    home: Home, before_the_lock: Any, happens: Any, code: str
) -> None:
    before_the_lock(binding, "lock", lambda: happens(home))
    with refused(code):
        home.family.invite(home.wife.pk)
    assert not Invitation.objects.live().exists()


def test_a_link_fills_nothing_in_while_the_person_activates_elsewhere(
    home: Home, token: str, before_the_lock: Any
) -> None:
    person = Resident.objects.filter(pk=home.wife.resident_id)
    before_the_lock(reviewing, "lock", lambda: person.update(self_managed_since=timezone.now()))
    with refused("invitation_dead"):
        fill_by_link(token, LI_ID[-6:], {"job_title": "医生"}, consented=True)
    assert not Submission.objects.exists()


def test_nor_of_the_offices_where_the_member_bound_while_it_was_made(
    home: Home, before_the_lock: Any
) -> None:
    before_the_lock(binding, "lock", lambda: at_home(home.wife))
    with refused("not_invitable"):
        home.office.invite(home.wife.pk)
    assert not Invitation.objects.live().exists()


# -- role 1 by an owner's tap -------------------------------------------------------------


@pytest.mark.parametrize("role", [1, "1", "１", 1.0, True, Role.SELF], ids=str)
def test_an_owner_makes_nobody_an_owner(home: Home, role: Any) -> None:
    with refused("owner_role"):
        home.family.draft(home.wife.pk, {"role": role})
    with refused("owner_role"):
        home.family.name_member(home.house.pk, {"name": UNKNOWN, "role": role})


def test_an_owner_gives_nobody_ownership(home: Home) -> None:
    with refused("owner_role"):
        home.family.draft(home.wife.pk, {"household_type": HouseholdType.OWNER})


def test_a_member_does_not_make_themselves_an_owner(home: Home) -> None:
    wife = at_home(home.wife)
    with refused("owner_role"):
        Family(wife).draft(home.wife.pk, {"role": Role.SELF})


def test_a_link_makes_nobody_an_owner(home: Home) -> None:
    _, token = home.family.invite(home.son.pk)
    with refused("owner_role"):
        fill_by_link(token, XIAO_ID[-6:], {"role": Role.SELF}, consented=True)
    assert Membership.objects.get(pk=home.son.pk).role == Role.SON


def test_a_draft_continued_in_another_entry_takes_no_role_of_an_owner(home: Home) -> None:
    begun = home.family.name_member(home.house.pk, {"name": UNKNOWN, "role": Role.SON})
    with refused("owner_role"):
        home.family.name_member(home.house.pk, {"role": Role.SELF}, submission=begun.pk)


def test_a_request_to_be_the_owner_is_not_an_owners_to_answer(home: Home) -> None:
    request = Family(stranger(UNKNOWN, UNKNOWNS_NUMBER)).apply_for(home.house, Role.SELF, "我买了这套房")
    assert not home.family.requests.exists()
    with refused("not_found"):
        home.family.answer(request.pk, accept=True)


def test_nor_one_whose_member_became_an_owner_meanwhile(home: Home) -> None:
    Family(stranger("李梅", LI_ID)).match()
    request = home.family.requests.get()
    home.office.complete(home.wife.pk, {"role": Role.SELF}, reason="房产证加名")
    with refused("not_found"):
        home.family.answer(request.pk, accept=True)


def test_an_owner_invites_no_other_owner(home: Home) -> None:
    home.office.complete(home.wife.pk, {"role": Role.SELF}, reason="房产证加名")
    with refused("not_invitable"):
        home.family.invite(home.wife.pk)


def test_an_owner_does_not_open_a_tenants_record_by_a_link_of_the_own(home: Home, let: Membership) -> None:
    with refused("unseen"):
        home.family.invite(let.pk)
    assert not Invitation.objects.exists()


def test_a_link_ends_when_the_member_turns_out_to_be_a_tenant(home: Home) -> None:
    _, token = home.family.invite(home.son.pk)
    home.office.complete(home.son.pk, {"role": Role.TENANT}, reason="租赁合同")
    with refused("invitation_dead"):
        fill_by_link(token, XIAO_ID[-6:], {"employer": "某公司"}, consented=True)


def test_an_invitation_does_not_bind_somebody_who_became_an_owner_meanwhile(home: Home) -> None:
    _, token = home.family.invite(home.wife.pk)
    home.office.complete(home.wife.pk, {"role": Role.SELF}, reason="房产证加名")
    with refused("invitation_dead"):
        Family(stranger("李梅", LI_ID)).accept_invitation(token, LI_ID[-6:])


def test_an_owner_answers_nothing_of_a_house_that_is_another_persons(home: Home) -> None:
    request = home.family.apply_for(HouseFactory(), Role.OTHER, "我租这里")
    with refused("not_found"):
        home.family.answer(request.pk, accept=True)


@pytest.mark.parametrize("who", ["wife", "son", "tenant"])
def test_only_the_owner_answers_for_the_house(home: Home, who: str) -> None:
    row = getattr(home, who)
    Resident.objects.filter(pk=home.son.resident_id).update(phone="13800000012")
    row.refresh_from_db()
    fellow = at_home(row)
    request = Family(stranger(UNKNOWN, UNKNOWNS_NUMBER)).apply_for(home.house, Role.OTHER, "我住这里")
    with refused("not_found"):
        Family(fellow).answer(request.pk, accept=True)


@pytest.mark.parametrize("kind", ["end", "erase", "dispute"])
def test_an_owner_answers_no_other_kind_of_request(home: Home, kind: str) -> None:
    wife = at_home(home.wife)
    ask = {
        "end": lambda: Family(wife).ask_end(home.wife.pk, "我要搬走"),
        "erase": lambda: Family(wife).ask_erasure(),
        "dispute": lambda: Family(wife).dispute("资料有误"),
    }[kind]
    with refused("not_found"):
        home.family.answer(ask().pk, accept=True)


# -- invitations --------------------------------------------------------------------------


@pytest.fixture
def token(home: Home) -> str:
    return home.family.invite(home.wife.pk)[1]


def her(home: Home) -> User:
    """李梅 with a phone that the record does not hold: the invitation is what lets her in."""
    return stranger("李梅", LI_ID)


def test_a_crawler_that_opens_the_link_uses_nothing_up(home: Home, token: str) -> None:
    for _ in range(20):
        assert Invitation.objects.live().filter(key=Invitation.key_of(token)).exists()
    assert Family(her(home)).accept_invitation(token, LI_ID[-6:]).status == "activated"


def test_an_invitation_is_used_once(home: Home, token: str) -> None:
    first = her(home)
    Family(first).accept_invitation(token, LI_ID[-6:])
    second = account("13800000019", "李梅", LI_ID)
    with refused("invitation_dead"):
        Family(second).accept_invitation(token, LI_ID[-6:])
    with refused("invitation_dead"):
        fill_by_link(token, LI_ID[-6:], {"employer": "某公司"}, consented=True)
    assert sees_nothing(second)


def _expire(home: Home) -> None:
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


DEATHS: dict[str, Callable[[Home], object]] = {
    "expired": _expire,
    "revoked": lambda home: home.family.revoke_invitation(home.wife.pk),
    "replaced": lambda home: home.family.invite(home.wife.pk),
    "revoked by the office": lambda home: home.office.revoke_invitation(home.wife.pk),
    "moved out": lambda home: home.office.end(home.wife.pk, EndReason.MOVED_OUT),
    "house sold": lambda home: home.office.transfer(home.house.pk, [home.owner.pk]),
    "erased": lambda home: erasing.erase(home.wife.resident, by=home.office.user),
}
death = pytest.mark.parametrize("die", DEATHS.values(), ids=DEATHS)


@death
def test_a_dead_invitation_binds_nobody(home: Home, token: str, die: Any) -> None:
    die(home)
    late = her(home)
    with refused("invitation_dead"):
        Family(late).accept_invitation(token, LI_ID[-6:])
    assert sees_nothing(late)


@death
def test_a_dead_invitation_takes_no_values(home: Home, token: str, die: Any) -> None:
    die(home)
    with refused("invitation_dead"):
        fill_by_link(token, LI_ID[-6:], {"employer": "某公司"}, consented=True)
    assert not Submission.objects.exists()


def test_five_wrong_tries_end_an_invitation_also_for_the_right_one(home: Home, token: str) -> None:
    late = her(home)
    for guess in range(5):
        with refused("invitation_digits"):
            Family(late).accept_invitation(token, f"00000{guess}")
    with refused("invitation_dead"):
        Family(late).accept_invitation(token, LI_ID[-6:])
    assert sees_nothing(late)


@pytest.mark.parametrize("digits", ["", " ", LI_ID, LI_ID[-5:], f"{LI_ID[-6:]}0", "*" * 6], ids=repr)
def test_nothing_but_the_last_six_opens_an_invitation(home: Home, token: str, digits: str) -> None:
    with refused("invitation_digits"):
        fill_by_link(token, digits, {"employer": "某公司"}, consented=True)


def test_a_made_up_token_and_a_dead_one_are_told_the_same(home: Home) -> None:
    with refused("invitation_dead"):
        Family(her(home)).accept_invitation("a" * 32, LI_ID[-6:])


def test_whoever_got_the_link_and_the_digits_is_not_taken_for_her(home: Home, token: str) -> None:
    thief = account(CHEN_PHONE, "陈新", CHEN_ID)
    with refused("identity_mismatch"):
        Family(thief).accept_invitation(token, LI_ID[-6:])
    assert sees_nothing(thief)


def test_an_invitation_is_over_when_its_person_has_bound(home: Home) -> None:
    """小周's record has a gap: he is bound and not yet activated."""
    _, token = home.family.invite(home.son.pk)
    Family(stranger("小周", XIAO_ID)).match()
    Resident.objects.filter(pk=home.son.resident_id).update(ethnicity="")
    home.family.answer(home.family.requests.get().pk, accept=True)
    with refused("invitation_dead"):
        fill_by_link(token, XIAO_ID[-6:], {"job_title": "学生"}, consented=True)


def test_a_link_does_not_open_a_record_that_its_person_manages(home: Home, token: str) -> None:
    Resident.objects.filter(pk=home.wife.resident_id).update(self_managed_since=timezone.now())
    with refused("invitation_dead"):
        fill_by_link(token, LI_ID[-6:], {"employer": "某公司"}, consented=True)


def test_a_link_changes_no_value_without_the_office(home: Home, token: str) -> None:
    entry = fill_by_link(token, LI_ID[-6:], {"registered_address": "别处"}, consented=True)
    assert entry.status == "waiting"


def test_an_invitation_to_a_record_that_was_absorbed_is_dead(home: Home, token: str) -> None:
    double = person("李梅", "", "")
    row = member(home.house, double, Role.WIFE)
    absorbing.absorb(double, home.wife.resident, by=home.office.user)
    with refused("invitation_dead"):
        Family(her(home)).accept_invitation(token, LI_ID[-6:])
    assert Membership.objects.get(pk=row.pk).bound_at is None


# -- while somebody must look at it -------------------------------------------------------


def shared_number(home: Home) -> None:
    FindingFactory(code=FindingCode.ID_SHARED, resident=home.wife.resident, membership=None)


def dispute(home: Home) -> None:
    Request.ask(Request.Kind.DISPUTE, UserFactory(), resident=home.wife.resident, office_only=True)


contested = pytest.mark.parametrize("block", [shared_number, dispute], ids=["id_shared", "dispute"])


@contested
def test_nobody_confirms_while_the_office_must_look(home: Home, block: Any) -> None:
    block(home)
    wife = account(LI_PHONE, "李梅", LI_ID)
    with refused("link_blocked"):
        Family(wife).confirm(home.wife.pk)
    assert sees_nothing(wife)


@contested
def test_nobody_accepts_an_invitation_while_the_office_must_look(home: Home, token: str, block: Any) -> None:
    block(home)
    wife = her(home)
    with refused("link_blocked"):
        Family(wife).accept_invitation(token, LI_ID[-6:])
    assert sees_nothing(wife) and Invitation.objects.live().exists()


@contested
def test_no_yes_links_an_account_while_the_office_must_look(home: Home, block: Any) -> None:
    block(home)
    wife = her(home)
    Family(wife).match()
    request = home.family.requests.get()
    with refused("link_blocked"):
        home.family.answer(request.pk, accept=True)
    assert sees_nothing(wife) and Request.objects.open().filter(pk=request.pk).exists()


@contested
def test_the_office_itself_links_nobody_before_it_has_looked(home: Home, block: Any) -> None:
    block(home)
    wife = her(home)
    Family(wife).match()
    with refused("link_blocked"):
        home.office.answer(home.family.requests.get().pk, accept=True, reason="核对证件")
    assert sees_nothing(wife)


def test_two_who_say_they_are_the_same_person_are_put_before_the_office(home: Home) -> None:
    """The first is linked by her other house; the phone of the record is the second's."""
    flat = member(HouseFactory(), home.wife.resident, Role.SELF)
    at_home(flat)
    User.objects.filter(resident=home.wife.resident).update(phone="13800000029")
    second = account(LI_PHONE, "李梅", LI_ID)
    assert Family(second).match() == [] and sees_nothing(second)
    request = Request.objects.get(account=second)
    assert (request.kind, request.office_only) == (Request.Kind.DISPUTE, True)
    assert not home.family.requests.exists()


def test_a_dispute_that_somebody_opens_is_not_shown_to_whom_it_concerns(home: Home) -> None:
    dispute(home)
    assert not home.family.requests.exists() and not home.family.asked.exists()


# -- a locked account ---------------------------------------------------------------------


@pytest.fixture
def locked(home: Home) -> Home:
    home.office.lock(home.owners.pk, "手机被盗")
    return home


def test_a_locked_account_sees_nothing(locked: Home) -> None:
    assert sees_nothing(locked.owners) and asked(locked.owners) == []


def test_a_locked_account_sees_nothing_of_what_it_asked_for(home: Home) -> None:
    home.family.dispute("资料有误")
    home.office.lock(home.owners.pk, "手机被盗")
    assert asked(home.owners) == []


ACTS: dict[str, Callable[[Home, Family], object]] = {
    "state": lambda home, family: family.state_identity("老周", ZHOU_ID),
    "draft": lambda home, family: family.draft(home.wife.pk, {"employer": "某公司"}),
    "name": lambda home, family: family.name_member(home.house.pk, {"name": UNKNOWN, "role": Role.SON}),
    "submit": lambda home, family: family.submit(1),
    "nickname": lambda home, family: family.set_nickname(home.owner.pk, "当家的"),
    "invite": lambda home, family: family.invite(home.wife.pk),
    "match": lambda home, family: family.match(),
    "confirm": lambda home, family: family.confirm(home.owner.pk),
    "accept": lambda home, family: family.accept_invitation("a" * 32, LI_ID[-6:]),
    "apply": lambda home, family: family.apply_for(home.house, Role.OTHER, "我住这里"),
    "answer": lambda home, family: family.answer(1, accept=True),
    "end": lambda home, family: family.ask_end(home.owner.pk, "搬走"),
    "erase": lambda home, family: family.ask_erasure(),
    "dispute": lambda home, family: family.dispute("资料有误"),
    "sync": lambda home, family: sync_own_phone(family.user),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_a_locked_account_does_nothing(locked: Home, act: Any) -> None:
    with refused("account_locked"):
        act(locked, locked.family)


def test_a_locked_applicant_is_not_taken_in(home: Home) -> None:
    applicant = stranger(UNKNOWN, UNKNOWNS_NUMBER)
    request = Family(applicant).apply_for(home.house, Role.OTHER, "我住这里")
    User.objects.filter(pk=applicant.pk).update(locked_at=timezone.now())
    with refused("account_locked"):
        home.family.answer(request.pk, accept=True)
    assert sees_nothing(applicant)


# -- somebody who left, died, was absorbed or forgotten -----------------------------------


def test_who_moved_out_sees_nothing_of_the_house(home: Home) -> None:
    home.family.draft(home.wife.pk, {"employer": "某公司"})
    home.office.end(home.owner.pk, EndReason.MOVED_OUT)
    home.owners.refresh_from_db()
    assert not for_household(home.owners).members.exists()
    assert not home.family.submissions.exists()


def test_who_moved_out_hands_in_and_answers_nothing_any_more(home: Home) -> None:
    entry = home.family.draft(home.wife.pk, {"employer": "某公司"})
    request = Family(stranger(UNKNOWN, UNKNOWNS_NUMBER)).apply_for(home.house, Role.OTHER, "我住这里")
    home.office.end(home.owner.pk, EndReason.MOVED_OUT)
    with refused("not_found"):
        home.family.submit(entry.pk)
    with refused("not_found"):
        home.family.answer(request.pk, accept=True)


def test_the_links_of_an_owner_who_moved_out_are_dead(home: Home, token: str) -> None:
    home.office.end(home.owner.pk, EndReason.MOVED_OUT)
    with refused("invitation_dead"):
        Family(her(home)).accept_invitation(token, LI_ID[-6:])


def test_whoever_waits_to_be_let_in_is_not_let_into_what_was_sold(home: Home) -> None:
    applicant = stranger("李梅", LI_ID)
    Family(applicant).match()
    home.office.transfer(home.house.pk, [home.owner.pk, home.wife.pk, home.son.pk])
    assert not Request.objects.open().exists() and sees_nothing(applicant)


def test_a_former_owner_sees_nothing_of_the_next_ones_people(home: Home) -> None:
    home.office.transfer(home.house.pk, [home.owner.pk])
    assert {home.sees(row) for row in (home.wife, home.son, home.tenant)} == {None}


def test_an_ended_membership_matches_nobody(home: Home) -> None:
    home.office.end(home.wife.pk, EndReason.MOVED_OUT)
    wife = account(LI_PHONE, "李梅", LI_ID)
    assert Family(wife).match() == [] and sees_nothing(wife)


def test_nobody_becomes_somebody_who_died(home: Home, platform: Any, sync: Any) -> None:
    """Whoever has the phone of the dead, and the papers."""
    sync(LI_PHONE, answer_about("李梅", LI_ID, LI_PHONE, dwelling_of(room="909")))
    home.office.end(home.wife.pk, EndReason.DECEASED)
    thief = account(LI_PHONE, "李梅", LI_ID)
    with suppress(Refused):
        sync_own_phone(thief)
    assert sees_nothing(thief) and thief.resident is None


def test_an_owner_loses_the_full_sight_of_a_record_that_took_over_a_self_managed_one(home: Home) -> None:
    double = member(HouseFactory(), person("李梅", "", "13800000039", self_managed_since=timezone.now()), 1)
    absorbing.absorb(home.wife.resident, double.resident, by=home.office.user)
    assert home.sees(home.wife) == Sight.BRIEF
    with refused("self_managed"):
        home.family.draft(home.wife.pk, {"employer": "某公司"})


@pytest.mark.parametrize("kept_is_his", [True, False], ids=["into his", "into theirs"])
def test_an_owner_manages_nobody_by_way_of_an_absorbed_double(
    home: Home, chens: Membership, kept_is_his: bool
) -> None:
    """The double of his making is united with the stranger: the stranger's data stays the stranger's."""
    double = member(home.house, person("陈新", "", ""), Role.FATHER, managed_by=home.owner.resident)
    both = [double.resident, chens.resident]
    absorbing.absorb(*(both if kept_is_his else reversed(both)), by=home.office.user)
    assert home.sees(double) == Sight.BRIEF


def test_an_account_is_not_two_people_by_absorbing(home: Home) -> None:
    wife, double = at_home(home.wife), member(HouseFactory(), person("李梅", "", ""), Role.SELF)
    User.objects.filter(pk=stranger(UNKNOWN, UNKNOWNS_NUMBER).pk).update(resident=double.resident)
    with refused("two_accounts"):
        absorbing.absorb(home.wife.resident, double.resident, by=home.office.user)
    wife.refresh_from_db()
    assert wife.resident == home.wife.resident


def test_who_was_erased_cannot_be_filled_matched_or_linked(home: Home) -> None:
    erasing.erase(home.wife.resident, by=home.office.user)
    with refused("not_found"):
        home.family.draft(home.wife.pk, {"employer": "某公司"})
    late = account(LI_PHONE, "李梅", LI_ID)
    assert Family(late).match() == [] and sees_nothing(late)


def test_an_erased_persons_login_opens_nothing(home: Home) -> None:
    stale = home.owners
    erasing.erase(home.owner.resident, by=home.office.user)
    assert not for_household(stale).members.exists() and not for_household(stale).own.exists()
    assert not User.objects.filter(pk=stale.pk).exists()


# -- two owners who contradict each other -------------------------------------------------


@pytest.fixture
def rival(home: Home) -> User:
    """陈新 owns the house too, says his own answer; nobody has settled it."""
    row = member(home.house, person("陈新", CHEN_ID, CHEN_PHONE), Role.SELF)
    FindingFactory(code=FindingCode.SECOND_OWNER, membership=row)
    return at_home(row)


def test_owners_who_contradict_each_other_do_not_see_each_others_people(home: Home, rival: User) -> None:
    theirs = Membership.objects.get(resident=rival.resident)
    assert {sight(rival, row) for row in (home.owner, home.wife, home.son)} == {Sight.COUNTED}
    assert home.sees(theirs) == Sight.COUNTED and home.sees(home.wife) == Sight.FULL


@reading
def test_an_owner_in_question_does_nothing_to_the_others_people(home: Home, rival: User, act: Any) -> None:
    with refused("not_found"):
        act(Family(rival), home.wife)


def test_nobody_answers_for_a_house_while_two_owners_contradict_each_other(home: Home, rival: User) -> None:
    request = Family(stranger(UNKNOWN, UNKNOWNS_NUMBER)).apply_for(home.house, Role.OTHER, "我住这里")
    for owner in (home.owners, rival):
        with refused("not_found"):
            Family(owner).answer(request.pk, accept=True)


# -- staff with a flat of their own -------------------------------------------------------


@pytest.fixture
def clerk(home: Home) -> User:
    """李梅 works in the office of another community."""
    wife = at_home(home.wife)
    User.objects.filter(pk=wife.pk).update(is_staff=True)
    StaffRole.objects.create(user=wife, community=HouseFactory().community, role=StaffRole.Role.MANAGER)
    return User.objects.get(pk=wife.pk)


def test_a_staff_members_flat_is_no_part_of_the_office(home: Home, clerk: User) -> None:
    assert not for_staff(clerk).memberships.filter(house=home.house).exists()
    with refused("not_found"):
        Office(clerk).complete(home.wife.pk, {"employer": "某公司"})


def test_the_office_of_a_staff_member_is_no_part_of_the_household(home: Home, clerk: User) -> None:
    neighbour = member(House.objects.exclude(pk=home.house.pk).get(), person("陈新", CHEN_ID, ""), Role.SELF)
    assert for_staff(clerk).memberships.filter(pk=neighbour.pk).exists()
    assert sight(clerk, neighbour) is None
    with refused("not_found"):
        Family(clerk).draft(neighbour.pk, {"employer": "某公司"})


def test_the_system_administrators_household_is_the_own_flat(home: Home) -> None:
    User.objects.filter(pk=home.owners.pk).update(is_staff=True, is_superuser=True)
    chens_home()
    assert set(home.family.scope.houses) == {home.house} and home.sees(home.tenant) == Sight.COUNTED


def test_what_staff_typed_at_home_is_not_applied_by_their_work(home: Home) -> None:
    """One account, two hats: the household's draft waits, whatever the office enters meanwhile."""
    User.objects.filter(pk=home.owners.pk).update(is_staff=True)
    StaffRole.objects.create(user=home.owners, community=home.house.community, role=StaffRole.Role.MANAGER)
    home.family.draft(home.wife.pk, {"registered_address": "在家里填的"})
    Office(User.objects.get(pk=home.owners.pk)).complete(home.wife.pk, {"employer": "市第一医院"})
    home.wife.resident.refresh_from_db()
    assert home.wife.resident.registered_address != "在家里填的"


def test_a_household_has_no_doors_of_the_office(home: Home) -> None:
    with refused("not_found"):
        Office(home.owners).complete(home.wife.pk, {"employer": "某公司"})
    assert not for_staff(home.owners).residents.exists()


def test_a_locked_member_of_staff_has_no_office_any_more(home: Home) -> None:
    """Whoever died in their flat worked for us: the account is locked, and locked for all."""
    wife = at_home(home.wife)
    User.objects.filter(pk=wife.pk).update(is_staff=True)
    StaffRole.objects.create(user=wife, community=home.house.community, role=StaffRole.Role.MANAGER)
    leaving.end(home.wife, EndReason.DECEASED, by=home.office.user)
    assert not for_staff(User.objects.get(pk=wife.pk)).residents.exists()


def test_an_office_that_only_knows_an_applicant_does_not_change_their_phone(home: Home) -> None:
    """Else asking one office for a room hands the account, and the home elsewhere, to that office."""
    abroad = staff(HouseFactory().community)
    home.family.apply_for(House.objects.exclude(pk=home.house.pk).get(), Role.OTHER, "想租这里")
    with refused("not_found"):
        abroad.change_phone(home.owners.pk, STRANGERS_PHONE, "柜台办理")


# -- guessing -----------------------------------------------------------------------------

GUESSES: dict[str, tuple[str, Callable[[Home, Family], object]]] = {
    "match": (Attempt.Kind.MATCH, lambda home, family: family.match()),
    "apply": (Attempt.Kind.APPLY, lambda home, family: family.apply_for(home.house, Role.OTHER, "我住这里")),
    "invitation": (
        Attempt.Kind.INVITATION,
        lambda home, family: family.accept_invitation("a" * 32, LI_ID[-6:]),
    ),
}


@pytest.mark.parametrize(("kind", "act"), GUESSES.values(), ids=GUESSES)
def test_guessing_ends_for_today(home: Home, kind: str, act: Any) -> None:
    thief = stranger(UNKNOWN, UNKNOWNS_NUMBER)
    for _ in range(Attempt.LIMITS[Attempt.Kind(kind)]):
        Attempt.spend(thief, kind)
    with refused("too_many"):
        act(home, Family(thief))


def test_identities_are_not_tried_one_after_the_other(home: Home) -> None:
    thief = stranger("李梅", XIAO_ID)
    with refused("identity_stated"):
        Family(thief).state_identity("李梅", LI_ID)
    assert Family(thief).match() == [] and sees_nothing(thief)


def test_wrong_numbers_are_counted_before_they_are_looked_at() -> None:
    thief = account(STRANGERS_PHONE)
    for _ in range(Attempt.LIMITS[Attempt.Kind.IDENTITY]):
        with refused("invalid"):
            Family(thief).state_identity("李梅", "110105198205120021")
    with refused("too_many"):
        Family(thief).state_identity("李梅", LI_ID)
    assert Attempt.objects.count() == 1


def test_ones_guesses_are_not_anothers(home: Home) -> None:
    thief, other = stranger(UNKNOWN, UNKNOWNS_NUMBER), account(LI_PHONE, "李梅", LI_ID)
    for _ in range(Attempt.LIMITS[Attempt.Kind.MATCH]):
        Family(thief).match()
    assert Family(other).match() == [home.wife]
