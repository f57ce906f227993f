"""A household with its logins, and what it means that an act is refused.

老周 owns the house and manages his own data; 李梅, his wife, is on the books with gaps, and he
fills for her; 王租 rents, his record is complete and nobody has bound it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from houses.choices import HouseholdType, Role
from houses.family import Family
from houses.models import Community, Guesses, House, Membership, StaffRole
from houses.office import Office
from residents.exceptions import Refused
from residents.models import Attempt, Consent, NumberLock, Resident, User
from tests.cast import LI_ID, LI_PHONE, WANG_ID, WANG_PHONE, ZHOU_ID, ZHOU_PHONE
from tests.factories import MembershipFactory, ResidentFactory, UserFactory

THE_REST: dict[str, Any] = {
    "ethnicity": "01",
    "registered_address": "河北省秦皇岛市海港区文化路1号",
    "political_status": 1,
    "is_veteran": False,
    "is_low_income": False,
}
GAPS = {name: "" if isinstance(value, str) else None for name, value in THE_REST.items()}

# Counters and locks: they hold nothing that anybody typed.
BOOKKEEPING = (Attempt, Guesses, NumberLock)


# -- refusals ----------------------------------------------------------------------------


def everything(*leaving_out: type) -> dict[str, list[dict[str, Any]]]:
    """All that is stored of residents and houses, history included."""
    models = [model for app in ("residents", "houses") for model in apps.get_app_config(app).get_models()]
    return {
        model.__name__: list(model._base_manager.order_by("pk").values())
        for model in models
        if model not in (*BOOKKEEPING, *leaving_out)
    }


@contextmanager
def refused(code: str, *fields: str, but: tuple[type, ...] = ()) -> Iterator[None]:
    """The act is refused with this code and a sentence for these fields, and nothing is written.

    `but` are the models in which a refusal leaves its trace.
    """
    before = everything(*but)
    with pytest.raises(Refused) as caught:
        yield
    assert (caught.value.code, set(caught.value.fields)) == (code, set(fields))
    assert everything(*but) == before


# -- people ------------------------------------------------------------------------------


def staff(role: str, community: Community) -> Office:
    user = UserFactory(staff=True)
    StaffRole.objects.create(user=user, community=community, role=role)
    return Office(user)


def visitor(name: str, number: str, phone: str) -> User:
    """Somebody who logged in, agreed, and said who they are; linked to nobody yet."""
    now = timezone.now()
    said = {"stated_name": name, "stated_id_number": number, "stated_at": now}
    user = UserFactory(phone=phone, phone_verified_at=now, **said)
    for kind in (Consent.Kind.NOTICE, Consent.Kind.SENSITIVE):
        Consent.give(user, kind)
    return user


def login(person: Resident) -> User:
    """The account of this person."""
    user = visitor(person.name, person.id_number, person.phone)
    user.resident = person
    user.save()
    return user


def bound(house: House, role: int, **person: Any) -> Membership:
    """Somebody who bound the house with an own account, and manages the own data."""
    resident = ResidentFactory(self_managed_since=timezone.now(), **person)
    row = MembershipFactory(
        house=house, resident=resident, role=role, household_type=None, bound_at=timezone.now()
    )
    login(resident)
    return row


def zhou(house: House) -> Membership:
    row = bound(house, Role.SELF, name="老周", id_number=ZHOU_ID, phone=ZHOU_PHONE)
    Membership.objects.filter(pk=row.pk).update(household_type=HouseholdType.OWNER)
    return row


def li(house: House, manager: Membership, **person: Any) -> Membership:
    known = {"name": "李梅", "id_number": LI_ID, "phone": LI_PHONE, **GAPS, **person}
    return MembershipFactory(
        house=house,
        resident=ResidentFactory(**known),
        role=Role.WIFE,
        household_type=None,
        managed_by=manager.resident,
    )


def wang(house: House) -> Membership:
    resident = ResidentFactory(name="王租", id_number=WANG_ID, phone=WANG_PHONE)
    return MembershipFactory(
        house=house, resident=resident, role=Role.TENANT, household_type=HouseholdType.TENANT
    )


def home(row: Membership) -> Family:
    """What this member does with the own account, read afresh."""
    return Family(User.objects.get(resident=row.resident_id))


# -- what was written --------------------------------------------------------------------


def signed(record: Any) -> tuple[Any, str]:
    """Who made the record's last change, and why."""
    row = record.history.first()
    return row.history_user, row.history_change_reason


def fresh(record: Any) -> Any:
    return type(record)._default_manager.get(pk=record.pk)
