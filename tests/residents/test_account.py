"""Logins: one account per resident, per phone and per WeChat identity."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from residents.models import User
from tests.cast import LI_PHONE
from tests.factories import ResidentFactory, UserFactory
from tests.household import refused

pytestmark = pytest.mark.django_db
PHONE = "13800000001"


def test_an_account_leads_to_its_resident_and_back() -> None:
    resident = ResidentFactory()
    user = UserFactory(resident=resident)
    assert (user.resident, resident.account) == (resident, user)


def test_a_resident_has_one_account() -> None:
    resident = ResidentFactory()
    UserFactory(resident=resident)
    with pytest.raises(IntegrityError), transaction.atomic():
        UserFactory(resident=resident)


@pytest.mark.parametrize(("field", "value"), [("phone", PHONE), ("wechat_openid", "openid-of-zhou")])
def test_two_accounts_never_share(field, value) -> None:
    UserFactory(**{field: value})
    with pytest.raises(IntegrityError), transaction.atomic():
        UserFactory(**{field: value})


def test_staff_without_phone_and_wechat_are_many() -> None:
    UserFactory.create_batch(2, staff=True)
    assert User.objects.filter(phone__isnull=True, wechat_openid__isnull=True).count() == 2


def test_an_account_is_found_by_its_phone() -> None:
    user = UserFactory(phone=PHONE)
    assert User.objects.get(phone=PHONE) == user


def test_what_is_not_a_phone_is_refused() -> None:
    with pytest.raises(ValidationError, match="请输入 11 位手机号"):
        User(username="zhou", phone="8051234").clean_fields(exclude=["password"])


def test_an_account_outlives_its_resident() -> None:
    user = UserFactory(resident=ResidentFactory())
    user.resident.delete()
    user.refresh_from_db()
    assert user.resident is None


def test_an_account_shows_nothing_personal() -> None:
    user = UserFactory(username=PHONE, phone=PHONE)
    assert str(user) == f"帐号 {user.pk}"


@pytest.mark.parametrize(
    "meanwhile",
    [
        {"phone": LI_PHONE, "phone_verified_at": timezone.now()},
        {"locked_at": timezone.now()},
        {"is_active": False},
    ],
    ids=["verified", "locked", "inactive"],
)
def test_an_account_that_changed_meanwhile_verifies_no_phone(meanwhile: dict[str, Any]) -> None:
    """Two windows ask; the first has answered, or the office was faster."""
    user = UserFactory(staff=True)
    User.objects.filter(pk=user.pk).update(**meanwhile)
    with refused("stale"):
        user.verify_phone(PHONE)
