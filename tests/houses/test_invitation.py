"""Invitations: for one member, once, 72 hours, opened with the last six (houses/models/invitation.py)."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from houses.choices import Role
from houses.family import Family
from houses.models import Guesses, Invitation, Membership, StaffRole
from houses.models.invitation import GUESSES_A_DAY, TRIES, VALID_FOR
from houses.reviewing import fill_by_link
from houses.states import EndReason
from residents.models import Attempt, Resident, User

from ..attackers import (
    Home,
    account,
    at_home,
    member,
    person,
    refused,
    staff,
    stranger,
    zhous_home,
)
from ..cast import CHEN_ID, LI_ID, XIAO_ID
from ..factories import HouseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def home() -> Home:
    return zhous_home()


@pytest.fixture
def token(home: Home) -> str:
    return home.family.invite(home.wife.pk)[1]


def test_the_token_is_told_once_and_not_kept(home: Home) -> None:
    invitation, token = home.family.invite(home.wife.pk)
    kept = [str(value) for value in Invitation.objects.values_list().get()]
    assert not any(token in value for value in kept) and token not in str(invitation)


def test_an_invitation_is_good_for_72_hours(home: Home, token: str) -> None:
    invitation = Invitation.objects.get()
    assert invitation.expires_at - invitation.created_at == VALID_FOR == timedelta(hours=72)


def test_with_an_account_it_binds_and_activates(home: Home, token: str) -> None:
    wife = stranger("李梅", LI_ID)
    row = Family(wife).accept_invitation(token, LI_ID[-6:])
    wife.refresh_from_db()
    assert (row.pk, row.status, wife.resident) == (home.wife.pk, "activated", home.wife.resident)
    invitation = Invitation.objects.get()
    assert (invitation.used_by, bool(invitation.used_at)) == (wife, True)


@pytest.mark.parametrize("typed", ["09001x", "０９００１Ｘ", " 09001X "], ids=repr)
def test_the_last_six_in_any_spelling(home: Home, typed: str) -> None:
    _, token = home.family.invite(home.son.pk)
    assert Family(stranger("小周", XIAO_ID)).accept_invitation(token, typed).bound_at


def test_an_invitation_needs_an_identity_before_it_is_looked_at(home: Home, token: str) -> None:
    with refused("identity_missing"):
        Family(account("13800000019")).accept_invitation(token, LI_ID[-6:])
    assert Invitation.objects.live().exists()


def test_each_wrong_try_counts_before_it_is_compared(home: Home, token: str) -> None:
    wife = stranger("李梅", LI_ID)
    with refused("invitation_digits"):
        Family(wife).accept_invitation(token, "000000")
    assert Invitation.objects.get().tries == 1


def test_a_right_try_costs_nothing(home: Home, token: str) -> None:
    Invitation.objects.update(tries=TRIES - 1)
    other = stranger("陈新", CHEN_ID)
    for _ in range(2):
        with refused("identity_mismatch"):
            Family(other).accept_invitation(token, LI_ID[-6:])
    assert (Invitation.objects.get().tries, Guesses.objects.get().count) == (TRIES - 1, 0)


def test_tries_are_counted_for_the_account_as_well(home: Home, token: str) -> None:
    wife = stranger("李梅", LI_ID)
    Family(wife).accept_invitation(token, LI_ID[-6:])
    assert Attempt.objects.get(account=wife, kind=Attempt.Kind.INVITATION).count == 1


def test_a_wrong_person_does_not_use_it_up(home: Home, token: str) -> None:
    with refused("identity_mismatch"):
        Family(account("13800000019", "陈新", CHEN_ID)).accept_invitation(token, LI_ID[-6:])
    assert Family(stranger("李梅", LI_ID)).accept_invitation(token, LI_ID[-6:]).status == "activated"


def guess_wrongly(token: str, times: int = TRIES) -> None:
    for _ in range(times):
        with refused("invitation_digits"):
            fill_by_link(token, "000000", {"job_title": "医生"}, consented=True)


def test_new_links_bring_no_more_guesses_than_a_day_has(home: Home) -> None:
    for _ in range(GUESSES_A_DAY // TRIES):
        guess_wrongly(home.family.invite(home.wife.pk)[1])
    _, newest = home.office.invite(home.wife.pk)
    with refused("too_many"):
        fill_by_link(newest, LI_ID[-6:], {"job_title": "医生"}, consented=True)
    assert Invitation.objects.live().get().tries == 0


def test_the_next_day_the_link_is_opened(home: Home, token: str) -> None:
    Guesses.objects.create(membership=home.wife, day=timezone.localdate(), count=GUESSES_A_DAY)
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        assert fill_by_link(token, LI_ID[-6:], {"job_title": "医生"}, consented=True).values


def test_guesses_at_one_member_are_no_others(home: Home) -> None:
    Guesses.objects.create(membership=home.wife, day=timezone.localdate(), count=GUESSES_A_DAY)
    _, token = home.family.invite(home.son.pk)
    assert Family(stranger("小周", XIAO_ID)).accept_invitation(token, XIAO_ID[-6:]).bound_at


def test_a_dead_link_spends_no_guess(home: Home, token: str) -> None:
    home.family.revoke_invitation(home.wife.pk)
    with refused("invitation_dead"):
        fill_by_link(token, "000000", {"job_title": "医生"}, consented=True)
    assert not Guesses.objects.exists()


def test_the_number_that_counts_is_the_one_of_today(home: Home, token: str) -> None:
    Resident.objects.filter(pk=home.wife.resident_id).update(id_number=CHEN_ID)
    with refused("invitation_digits"):
        fill_by_link(token, LI_ID[-6:], {"employer": "某公司"}, consented=True)


def test_a_newer_invitation_ends_the_older_one(home: Home, token: str) -> None:
    home.office.invite(home.wife.pk)
    assert Invitation.objects.live().count() == 1
    assert Invitation.objects.get(key=Invitation.key_of(token)).revoked_at


def test_a_used_invitation_is_not_revoked(home: Home, token: str) -> None:
    Family(stranger("李梅", LI_ID)).accept_invitation(token, LI_ID[-6:])
    with refused("invitation_dead"):
        home.office.revoke_invitation(home.wife.pk)


def test_the_database_keeps_one_live_invitation_of_a_member(home: Home, token: str) -> None:
    later = timezone.now() + VALID_FOR
    with pytest.raises(IntegrityError), transaction.atomic():
        Invitation.objects.create(membership=home.wife, key="x", expires_at=later)


# -- without an account -------------------------------------------------------------------


def test_without_an_account_it_fills_and_activates_nothing(home: Home) -> None:
    Resident.objects.filter(pk=home.wife.resident_id).update(job_title="")
    _, token = home.family.invite(home.wife.pk)
    entry = fill_by_link(token, LI_ID[-6:], {"job_title": "医生"}, consented=True)
    row = Membership.objects.get(pk=home.wife.pk)
    assert (entry.status, entry.author, entry.account) == ("applied", "invitation", None)
    assert (row.resident.job_title, row.status, row.bound_at) == ("医生", "completed", None)


def test_what_is_filled_by_link_came_from_the_person(home: Home) -> None:
    _, token = home.family.invite(home.wife.pk)
    fill_by_link(token, LI_ID[-6:], {"job_title": "医生"}, consented=True)
    assert Resident.objects.get(pk=home.wife.resident_id).origin.label("job_title") == "本人填写"


def test_the_link_of_one_member_fills_no_other(home: Home) -> None:
    _, token = home.family.invite(home.wife.pk)
    entry = fill_by_link(token, LI_ID[-6:], {"job_title": "医生"}, consented=True)
    assert entry.membership == home.wife
    assert not Resident.objects.exclude(pk=home.wife.resident_id).filter(job_title="医生").exists()


def test_without_consent_no_sensitive_value_is_kept(home: Home) -> None:
    Resident.objects.filter(pk=home.wife.resident_id).update(ethnicity="")
    _, token = home.family.invite(home.wife.pk)
    entry = fill_by_link(token, LI_ID[-6:], {"job_title": "医生", "ethnicity": "01"}, consented=False)
    assert set(entry.values) == {"job_title"}


def test_what_was_typed_wrongly_does_not_use_the_link_up(home: Home, token: str) -> None:
    with refused("invalid"):
        fill_by_link(token, LI_ID[-6:], {"phone": "123"}, consented=True)
    assert fill_by_link(token, LI_ID[-6:], {"job_title": "医生"}, consented=True).status == "applied"


def test_a_childs_record_needs_the_guardians_consent_by_link_too(home: Home) -> None:
    number = "110105202001010015"
    child = member(home.house, person("小小", number, ""), Role.SON, managed_by=home.owner.resident)
    _, token = home.family.invite(child.pk)
    with refused("guardian_consent"):
        fill_by_link(token, number[-6:], {"registered_address": "别处"}, consented=True)


# -- who invites whom ---------------------------------------------------------------------


def test_nobody_invites_themselves(home: Home) -> None:
    with refused("not_invitable"):
        home.family.invite(home.owner.pk)


def test_who_has_an_account_is_not_invited(home: Home) -> None:
    at_home(home.wife)
    with refused("not_invitable"):
        home.office.invite(home.wife.pk)


@pytest.mark.parametrize("number", ["", "12345"])
def test_who_has_no_number_to_ask_for_is_not_invited(home: Home, number: str) -> None:
    Resident.objects.filter(pk=home.wife.resident_id).update(id_number=number)
    with refused("not_invitable"):
        home.family.invite(home.wife.pk)


def test_who_moved_out_is_not_invited(home: Home) -> None:
    home.office.end(home.wife.pk, EndReason.MOVED_OUT)
    with refused("ended"):
        home.office.invite(home.wife.pk)


@pytest.mark.parametrize("role", [StaffRole.Role.VIEWER, StaffRole.Role.AUDITOR])
def test_not_everybody_of_the_office_invites(home: Home, role: str) -> None:
    code = "not_found" if role == StaffRole.Role.AUDITOR else "not_allowed"
    with refused(code):
        staff(home.house.community, role).invite(home.wife.pk)


def test_another_office_knows_nobody_to_invite(home: Home) -> None:
    with refused("not_found"):
        staff(HouseFactory().community).invite(home.wife.pk)


def test_a_clerk_invites_and_revokes(home: Home) -> None:
    clerk = staff(home.house.community, StaffRole.Role.CLERK)
    clerk.invite(home.tenant.pk)
    clerk.revoke_invitation(home.tenant.pk)
    assert not Invitation.objects.live().exists()


def test_there_is_nothing_to_revoke_twice(home: Home, token: str) -> None:
    home.family.revoke_invitation(home.wife.pk)
    with refused("invitation_dead"):
        home.family.revoke_invitation(home.wife.pk)


def test_an_invitation_outlives_the_account_that_gave_it(home: Home) -> None:
    """The office invited; that the clerk's account is gone changes nothing for the invited."""
    clerk = staff(home.house.community, StaffRole.Role.CLERK)
    _, token = clerk.invite(home.wife.pk)
    User.objects.filter(pk=clerk.user.pk).delete()
    assert Family(stranger("李梅", LI_ID)).accept_invitation(token, LI_ID[-6:]).status == "activated"
