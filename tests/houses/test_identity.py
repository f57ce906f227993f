"""Which person an account is: stated once, linked one to one, unlinked, locked (houses/identity.py)."""

import pytest
from django.utils import timezone

from houses import binding, identity
from houses.choices import Role
from houses.family import Family
from houses.models import Membership, Request, StaffRole
from houses.states import EndReason
from houses.visibility import for_staff
from residents.exceptions import Refused
from residents.models import Resident, User
from sync.own import sync_own_phone

from ..attackers import Home, account, at_home, member, person, refused, staff, stranger, zhous_home
from ..cast import CHEN_ID, CHEN_PHONE, LI_ID, LI_PHONE, WANG_PHONE, ZHOU_ID, ZHOU_PHONE
from ..factories import HouseFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def home() -> Home:
    return zhous_home()


# -- stating ------------------------------------------------------------------------------


def test_who_one_is_is_kept_as_it_was_meant() -> None:
    user = account(LI_PHONE, " 李  梅 ", "１１０１０５１９８２０５１２００２２")
    assert (user.stated_name, user.stated_id_number) == ("李 梅", LI_ID)
    assert user.stated_at is not None and user.resident is None


def test_it_is_stated_once() -> None:
    user = account(LI_PHONE, "李梅", LI_ID)
    with refused("identity_stated"):
        Family(user).state_identity("陈新", CHEN_ID)
    assert user.stated_name == "李梅"


def test_the_phone_comes_first() -> None:
    with refused("phone_unverified"):
        Family(UserFactory(phone=LI_PHONE)).state_identity("李梅", LI_ID)


WRONG = {"id_number": ("李梅", "110105198205120021"), "name": ("", LI_ID), "number": ("李梅", "")}


@pytest.mark.parametrize(("name", "number"), WRONG.values(), ids=WRONG)
def test_nothing_is_kept_of_what_cannot_be(name: str, number: str) -> None:
    user = account(LI_PHONE)
    with refused("invalid"):
        Family(user).state_identity(name, number)
    user.refresh_from_db()
    assert (user.stated_name, user.stated_id_number, user.stated_at) == ("", "", None)


def test_what_was_wrong_may_be_said_again() -> None:
    user = account(LI_PHONE)
    with refused("invalid"):
        Family(user).state_identity("李梅", "110105198205120021")
    Family(user).state_identity("李梅", LI_ID)
    assert user.stated_id_number == LI_ID


@pytest.mark.parametrize("act", ["match", "sync"])
def test_nothing_is_looked_for_before_it_is_stated(act: str) -> None:
    user = account(LI_PHONE)
    with refused("identity_missing"):
        Family(user).match() if act == "match" else sync_own_phone(user)


SPELLINGS = [
    ("买买提·艾力", "买买提艾力", True),
    ("李 梅", "李梅", True),
    ("李梅", "李每", False),
    ("", "", False),
]


@pytest.mark.parametrize(("stated", "known", "same"), SPELLINGS)
def test_a_name_agrees_in_every_spelling(stated: str, known: str, same: bool) -> None:
    user = User(stated_name=stated, stated_id_number=LI_ID)
    assert user.says_it_is(known, {LI_ID}) is same


def test_an_old_number_agrees_with_its_long_form() -> None:
    user = User(stated_name="李梅", stated_id_number="610104196209276908")
    assert user.says_it_is("李梅", {"610104196209276908"})
    assert Resident(id_number="610104620927690").id_form == "610104196209276908"


def test_no_number_agrees_with_no_number() -> None:
    assert not User(stated_name="李梅").says_it_is("李梅", {""})


# -- linking ------------------------------------------------------------------------------


def test_an_account_is_one_person(home: Home) -> None:
    with refused("already_linked"):
        identity.link(home.owners, home.wife.resident)
    assert home.owners.resident == home.owner.resident


def test_a_person_has_one_account(home: Home) -> None:
    second = account("13800000019", "老周", ZHOU_ID)
    with refused("already_linked"):
        identity.link(second, home.owner.resident)
    second.refresh_from_db()
    assert second.resident is None


def test_linking_again_changes_nothing(home: Home) -> None:
    identity.link(home.owners, home.owner.resident)
    assert home.owners.resident == home.owner.resident


def test_nobody_is_linked_to_a_record_that_is_gone(home: Home) -> None:
    gone = person("陈新", CHEN_ID, "")
    Resident.objects.filter(pk=gone.pk).delete()
    with refused("already_linked"):
        identity.link(account(CHEN_PHONE, "陈新", CHEN_ID), gone)


def test_an_account_that_was_locked_meanwhile_is_not_linked(home: Home) -> None:
    user = account(LI_PHONE, "李梅", LI_ID)
    User.objects.filter(pk=user.pk).update(locked_at=timezone.now())
    with refused("already_linked"):
        identity.link(user, home.wife.resident)
    user.refresh_from_db()
    assert user.resident is None


# -- unlinking ----------------------------------------------------------------------------


def test_unlinking_takes_back_what_the_account_bound_and_activated(home: Home) -> None:
    home.office.unlink(home.owners.pk, "登记有误")
    row = Membership.objects.get(pk=home.owner.pk)
    assert (row.status, row.bound_at, row.activated_by_account) == ("completed", None, False)
    home.owners.refresh_from_db()
    assert (home.owners.resident, home.owners.stated_name, home.owners.stated_at) == (None, "", None)


def test_unlinking_leaves_what_was_activated_at_the_counter(home: Home) -> None:
    home.office.activate(home.wife.pk, "核对身份证")
    wife = at_home(home.wife)
    home.office.unlink(wife.pk, "登记有误")
    row = Membership.objects.get(pk=home.wife.pk)
    assert (row.status, row.bound_at) == ("activated", None)


def test_who_was_unlinked_says_again_who_they_are_and_binds_anew(home: Home) -> None:
    home.office.unlink(home.owners.pk, "登记有误")
    home.family.consent("sensitive")
    home.family.state_identity("老周", ZHOU_ID)
    assert home.family.match() == [home.owner]
    assert home.family.confirm(home.owner.pk).status == "activated"


def test_the_persons_data_stays_the_persons_after_unlinking(home: Home) -> None:
    wife = at_home(home.wife)
    home.office.unlink(wife.pk, "登记有误")
    with refused("self_managed"):
        home.family.draft(home.wife.pk, {"employer": "某公司"})


def test_unlinking_leaves_who_when_and_why(home: Home) -> None:
    home.office.unlink(home.owners.pk, "手机号已换人")
    row = home.owner.history.latest()
    assert (row.history_user, row.history_change_reason) == (home.office.user, "解除帐号：手机号已换人")


def test_nobody_is_unlinked_twice(home: Home) -> None:
    home.office.unlink(home.owners.pk, "登记有误")
    home.owners.refresh_from_db()
    with refused("not_linked"):
        identity.unlink(home.owners, "登记有误", by=home.office.user)


def test_unlinking_needs_a_reason(home: Home) -> None:
    with refused("reason_missing"):
        home.office.unlink(home.owners.pk, "  ")


@pytest.mark.parametrize("role", [StaffRole.Role.CLERK, StaffRole.Role.VIEWER, StaffRole.Role.AUDITOR])
def test_only_a_manager_unlinks(home: Home, role: str) -> None:
    # an auditor sees no account at all
    code = "not_found" if role == StaffRole.Role.AUDITOR else "not_allowed"
    with refused(code):
        staff(home.house.community, role).unlink(home.owners.pk, "登记有误")


def test_another_communitys_manager_knows_no_such_account(home: Home) -> None:
    with refused("not_found"):
        staff(HouseFactory().community).unlink(home.owners.pk, "登记有误")


# -- another phone, another statement -----------------------------------------------------


def test_a_changed_phone_is_verified_and_keeps_the_person(home: Home) -> None:
    home.office.change_phone(home.owners.pk, "138 0000 0077", "本人持证办理")
    home.owners.refresh_from_db()
    assert (home.owners.phone, home.owners.resident) == ("13800000077", home.owner.resident)


def test_a_phone_of_another_account_is_not_to_be_had(home: Home) -> None:
    account(WANG_PHONE)
    with refused("phone_taken"):
        home.office.change_phone(home.owners.pk, WANG_PHONE, "本人持证办理")
    home.owners.refresh_from_db()
    assert home.owners.phone == ZHOU_PHONE


@pytest.mark.parametrize("phone", ["", "123", "138****0001"])
def test_what_is_no_phone_is_not_taken(home: Home, phone: str) -> None:
    with refused("invalid"):
        home.office.change_phone(home.owners.pk, phone, "本人持证办理")


def test_a_changed_phone_is_not_by_itself_that_of_the_record(home: Home) -> None:
    home.office.change_phone(home.owners.pk, "13800000077", "本人持证办理")
    assert Resident.objects.get(pk=home.owner.resident_id).phone == ZHOU_PHONE


def test_the_office_corrects_what_an_account_said_of_itself(home: Home) -> None:
    user = account(LI_PHONE, "李每", LI_ID)
    Family(user).apply_for(home.house, Role.WIFE, "我住这里")
    home.office.correct_identity(user.pk, "李梅", LI_ID, "核对身份证")
    user.refresh_from_db()
    assert Family(user).match() == [home.wife]


def test_the_office_does_not_restate_who_a_linked_account_is(home: Home) -> None:
    with refused("already_linked"):
        home.office.correct_identity(home.owners.pk, "陈新", CHEN_ID, "核对身份证")


@pytest.mark.parametrize(("name", "number"), [("", LI_ID), ("李梅", "")], ids=["name", "number"])
def test_the_office_states_both_or_nothing(home: Home, name: str, number: str) -> None:
    user = account(LI_PHONE, "李每", LI_ID)
    Family(user).apply_for(home.house, Role.WIFE, "我住这里")
    with refused("invalid"):
        home.office.correct_identity(user.pk, name, number, "核对身份证")


# -- locking ------------------------------------------------------------------------------


def test_a_lock_holds_until_it_is_taken_off(home: Home) -> None:
    assert home.office.lock(home.owners.pk, "手机被盗")
    assert not home.office.lock(home.owners.pk, "手机被盗")
    assert home.office.unlock(home.owners.pk, "已补卡")
    assert not home.office.unlock(home.owners.pk, "已补卡")
    assert home.family.draft(home.wife.pk, {"employer": "某公司"}).status == "draft"


def test_a_lock_undoes_nothing(home: Home) -> None:
    home.office.lock(home.owners.pk, "手机被盗")
    assert Membership.objects.get(pk=home.owner.pk).status == "activated"


def test_a_dead_persons_account_stays_locked(home: Home) -> None:
    home.office.end(home.owner.pk, EndReason.DECEASED)
    assert not home.office.unlock(home.owners.pk, "家属来办")
    home.owners.refresh_from_db()
    assert home.owners.locked_at is not None


def test_a_death_that_was_a_mistake_can_be_taken_back(home: Home) -> None:
    home.office.end(home.owner.pk, EndReason.DECEASED)
    home.office.reopen(home.owner.pk, "登记有误")
    assert home.office.unlock(home.owners.pk, "登记有误")


def test_an_inactive_account_is_locked_too(home: Home) -> None:
    User.objects.filter(pk=home.owners.pk).update(is_active=False)
    with refused("account_locked"):
        home.family.draft(home.wife.pk, {"employer": "某公司"})


@pytest.mark.parametrize("act", ["lock", "unlock"])
def test_locking_needs_a_reason(home: Home, act: str) -> None:
    with refused("reason_missing"):
        getattr(home.office, act)(home.owners.pk, "")


# -- what the office is told --------------------------------------------------------------


def test_a_mismatch_opens_one_request_however_often_it_happens(home: Home) -> None:
    user = stranger("陈新", CHEN_ID)
    for _ in range(2):
        with refused("identity_mismatch"):
            identity.mismatch(user, community=home.house.community, resident=home.owner.resident)
    request = Request.objects.get(account=user)
    assert (request.kind, request.office_only) == (Request.Kind.DISPUTE, True)


def test_a_mismatch_that_no_community_can_be_told_for_is_the_system_administrators(home: Home) -> None:
    with refused("identity_mismatch"):
        identity.mismatch(stranger("陈新", CHEN_ID))
    chief = UserFactory(staff=True, is_superuser=True)
    assert for_staff(chief).requests.count() == 1 and not home.office.scope().requests.exists()


def test_an_owner_is_bound_where_the_own_answer_says_so_and_nowhere_else(home: Home) -> None:
    flat = member(HouseFactory(), home.wife.resident, Role.SELF)  # typed by staff: no answer says it
    user = account(LI_PHONE, "李梅", LI_ID)
    assert identity.recognise_owner(user, home.wife.resident) == []
    assert Membership.objects.get(pk=flat.pk).bound_at is None


def test_a_refusal_has_one_sentence_for_its_code() -> None:
    with pytest.raises(Refused) as caught:
        binding.match(UserFactory())
    assert (caught.value.code, caught.value.sentence) == ("phone_unverified", "请先验证手机号。")
