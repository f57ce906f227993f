"""A household with its logins, those who would like to see it, and what they may be told: nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.utils import timezone

from houses.choices import HouseholdType, Role
from houses.family import Family
from houses.models import Community, House, Membership, StaffRole
from houses.office import Office
from houses.visibility import for_household
from residents.exceptions import Refused
from residents.models import Consent, Resident, User

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
)
from .factories import HouseFactory, MembershipFactory, ResidentFactory, UserFactory

STRANGERS_PHONE = "13800000009"

# No refusal may carry any of this, whoever asked.
NUMBERS = (ZHOU_ID, LI_ID, XIAO_ID, WANG_ID, CHEN_ID)
PHONES = (ZHOU_PHONE, LI_PHONE, WANG_PHONE, CHEN_PHONE)
SECRETS = ("老周", "李梅", "小周", "王租", "陈新", *PHONES, *(number[-6:] for number in NUMBERS))


def account(phone: str, name: str = "", number: str = "") -> User:
    """Somebody who logged in by SMS and agreed; with a name, who also said who they are."""
    user = UserFactory(phone=phone, phone_verified_at=timezone.now())
    for kind in (Consent.Kind.NOTICE, Consent.Kind.SENSITIVE):
        Family(user).consent(kind)
    if name:
        Family(user).state_identity(name, number)
    return user


def stranger(name: str, number: str) -> User:
    """Somebody who says this name and number, with a phone that no record holds."""
    return account(STRANGERS_PHONE, name, number)


def at_home(row: Membership) -> User:
    """The account of this member, which matched by its phone and confirmed."""
    person = row.resident
    user = account(person.phone, person.name, person.id_number)
    Family(user).confirm(row.pk)
    user.refresh_from_db()
    row.refresh_from_db()
    return user


def staff(community: Community, role: str = StaffRole.Role.MANAGER) -> Office:
    user = UserFactory(staff=True)
    StaffRole.objects.create(user=user, community=community, role=role)
    return Office(user)


def person(name: str, number: str, phone: str, **values: Any) -> Resident:
    """On the books, complete but where a value is "" here."""
    told = {} if number else {"sex": None, "birth_date": None}
    made: Resident = ResidentFactory(name=name, id_number=number, phone=phone, **{**told, **values})
    return made


def member(house: House, who: Resident, role: int, **values: Any) -> Membership:
    kinds = {Role.SELF: HouseholdType.OWNER, Role.TENANT: HouseholdType.TENANT}
    kind = kinds.get(Role(role), HouseholdType.OTHER)
    made: Membership = MembershipFactory(
        house=house, resident=who, role=role, **{"household_type": kind, **values}
    )
    return made


@dataclass
class Home:
    """老周's: he is at home with his account; the others are on the books and have none."""

    house: House
    owner: Membership
    wife: Membership
    son: Membership  # incomplete: no phone
    tenant: Membership
    owners: User
    office: Office

    @property
    def family(self) -> Family:
        """老周's doors, opened anew."""
        self.owners.refresh_from_db()
        return Family(self.owners)

    def sees(self, row: Membership) -> str | None:
        return sight(self.owners, row)


def zhous_home() -> Home:
    house = HouseFactory()
    zhou = person("老周", ZHOU_ID, ZHOU_PHONE)
    owner = member(house, zhou, Role.SELF)
    return Home(
        house,
        owner,
        wife=member(house, person("李梅", LI_ID, LI_PHONE), Role.WIFE, managed_by=zhou),
        son=member(house, person("小周", XIAO_ID, ""), Role.SON, managed_by=zhou),
        tenant=member(house, person("王租", WANG_ID, WANG_PHONE), Role.TENANT),
        owners=at_home(owner),
        office=staff(house.community),
    )


def chens_home() -> Membership:
    """陈新, who owns a house in another community and has no account."""
    return member(HouseFactory(), person("陈新", CHEN_ID, CHEN_PHONE), Role.SELF)


def sight(user: User, row: Membership) -> str | None:
    """How much the account sees of this member; None when it does not even count them."""
    user.refresh_from_db()
    found = for_household(user).members.filter(pk=row.pk).first()
    return found.sight if found else None


def sees_nothing(user: User) -> bool:
    """Nothing of any household, by any door."""
    user.refresh_from_db()
    scope, family = for_household(user), Family(user)
    doors = ("own", "at_home", "houses", "members", "full", "fillable", "owned", "requests")
    shown = [*(getattr(scope, door) for door in doors), family.requests, family.submissions]
    return not any(rows.exists() for rows in shown)


@contextmanager
def refused(code: str) -> Iterator[None]:
    """It is refused with this code, and the refusal says nothing about anybody."""
    with pytest.raises(Refused) as caught:
        yield
    error = caught.value
    told = " ".join([str(error), repr(error), error.sentence, *error.fields, *error.fields.values()])
    told += repr(error.__cause__) + ("" if error.__suppress_context__ else repr(error.__context__))
    assert error.code == code
    assert not [secret for secret in SECRETS if secret in told]
