"""The document's two ways of completing and activating what a sync left incomplete (members 数组).

「一位已经在安防平台录入信息的居民（非业主），在使用小程序之前，可以因为业主“同步安防数据”操作而保存该居民
的部分安防平台保存的基础数据（姓名、身份证号码、角色）。」
"""

from typing import Any

import pytest
from django.utils import timezone

from houses.choices import Role
from houses.family import Family
from houses.models import Membership, Request
from houses.office import Office
from houses.visibility import Sight, for_household
from residents.completeness import missing_fields
from residents.models import Consent, User
from sync.own import sync_own_phone

from .factories import UserFactory

pytestmark = pytest.mark.django_db

OWNER_PHONE, OWNER_NUMBER = "15131512234", "130324198705046010"
HUSBANDS_PHONE, HUSBANDS_NUMBER = "13933500001", "130302198601150018"
ALL_THE_REST = {
    "ethnicity": "01",
    "registered_address": "河北省秦皇岛市海港区秦皇小区98-3-4",
    "political_status": 1,
    "is_veteran": False,
    "is_low_income": False,
}


def account(phone: str, name: str, number: str) -> User:
    """Somebody who logged in by SMS, agreed, and said who they are."""
    user = UserFactory(phone=phone, phone_verified_at=timezone.now())
    for kind in (Consent.Kind.NOTICE, Consent.Kind.SENSITIVE):
        Family(user).consent(kind)
    Family(user).state_identity(name, number)
    return user


def member(name: str) -> Membership:
    return Membership.objects.get(resident__name=name)


@pytest.fixture
def owner(platform: Any) -> User:
    """付钰 has synced her own phone."""
    user = account(OWNER_PHONE, "付钰", OWNER_NUMBER)
    assert sync_own_phone(user).outcome == "created"
    return user


@pytest.fixture
def office() -> Office:
    return Office(UserFactory(staff=True, is_superuser=True))


@pytest.fixture
def settled(owner: User, office: Office) -> None:
    """付文生 showed his card at the counter: the number was his wife's."""
    office.complete(member("付文生").pk, {"id_number": HUSBANDS_NUMBER}, reason="核对身份证原件")


def test_the_sync_shows_the_owner_her_house_and_him_as_a_part_of_it(owner: User) -> None:
    rows = for_household(owner).members
    assert set(rows.values_list("resident__name", "role", "status", "sight")) == {
        ("付钰", Role.SELF, "activated", Sight.FULL),
        ("付文生", Role.HUSBAND, "incomplete", Sight.FULL),
    }


def test_path_1_he_registers_records_the_data_and_binds_the_house(owner: User, settled: None) -> None:
    he = account(HUSBANDS_PHONE, "付文生", HUSBANDS_NUMBER)
    assert Family(he).match() == []  # the record does not hold his phone: somebody must confirm
    assert not for_household(he).members.exists()
    request = Family(owner).requests.get()
    Family(owner).answer(request.pk, accept=True)
    assert member("付文生").status == "incomplete"
    he.refresh_from_db()
    entry = Family(he).draft(member("付文生").pk, ALL_THE_REST)
    assert Family(he).submit(entry.pk).status == "applied"
    row = member("付文生")
    assert (row.status, row.activated_by_account, missing_fields(row.resident)) == ("activated", True, [])


def test_path_1_once_activated_he_is_called_as_he_likes_and_his_data_is_his(
    owner: User, settled: None
) -> None:
    he = account(HUSBANDS_PHONE, "付文生", HUSBANDS_NUMBER)
    Family(he).match()
    Family(owner).answer(Request.objects.get().pk, accept=True)
    he.refresh_from_db()
    Family(he).submit(Family(he).draft(member("付文生").pk, ALL_THE_REST).pk)
    Family(he).set_nickname(member("付文生").pk, "孩儿他爸")
    (seen,) = for_household(owner).members.exclude(resident=owner.resident)
    assert (seen.nickname, seen.sight) == ("孩儿他爸", Sight.BRIEF)
    assert member("付文生").resident.name == "付文生"


def test_path_2_the_owner_records_everything_for_him_completed_and_not_activated(
    owner: User, settled: None
) -> None:
    entry = Family(owner).draft(member("付文生").pk, ALL_THE_REST | {"phone": HUSBANDS_PHONE})
    assert Family(owner).submit(entry.pk).status == "applied"
    row = member("付文生")
    assert (row.status, row.activated_at) == ("completed", None)
    assert row.resident.origin.label("ethnicity") == "业主填写"


def test_path_2_and_later_he_only_has_to_confirm(owner: User, settled: None) -> None:
    entry = Family(owner).draft(member("付文生").pk, ALL_THE_REST | {"phone": HUSBANDS_PHONE})
    Family(owner).submit(entry.pk)
    he = account(HUSBANDS_PHONE, "付文生", HUSBANDS_NUMBER)
    (row,) = Family(he).match()
    assert Family(he).confirm(row.pk).status == "activated"


def test_what_was_settled_and_typed_survives_the_next_sync(owner: User, settled: None, sync: Any) -> None:
    entry = Family(owner).draft(member("付文生").pk, ALL_THE_REST)
    Family(owner).submit(entry.pk)
    before = member("付文生").resident
    sync(OWNER_PHONE)
    after = member("付文生").resident
    assert (after.id_number, after.ethnicity, after.version) == (HUSBANDS_NUMBER, "01", before.version)
