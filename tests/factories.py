"""Records as they stand in the books: a confirmed community, complete people, truthful statuses."""

from typing import Any

from django.utils import timezone
from factory import LazyAttribute, LazyFunction, Sequence, SubFactory, Trait
from factory.django import DjangoModelFactory

from houses.choices import HouseholdType, HouseUse, Occupancy, Ownership, Role
from houses.models import Community, Finding, House, Membership
from houses.states import EndReason, FindingCode, FindingStatus
from residents import id_numbers
from residents.choices import PoliticalStatus
from residents.models import Resident, User


def id_number(serial: int, *, born: str = "19800307", area: str = "110105") -> str:
    """A made-up number with its right check character; an odd serial is a man's."""
    first17 = f"{area}{born}{serial % 1000:03d}"
    return first17 + id_numbers.check_character(first17)


class ResidentFactory(DjangoModelFactory[Resident]):
    """An adult whose record is complete; sex and birth date agree with the number."""

    class Meta:
        model = Resident

    name = Sequence(lambda n: f"住户{n}")
    id_number = Sequence(lambda n: id_number(n, area=f"{110101 + n // 1000}"))
    sex = LazyAttribute(lambda person: id_numbers.stated_sex(person.id_number))
    birth_date = LazyAttribute(lambda person: id_numbers.stated_birth(person.id_number))
    ethnicity = "01"
    registered_address = "河北省秦皇岛市海港区文化路1号"
    phone = Sequence(lambda n: f"139{n:08d}")
    political_status = PoliticalStatus.MASSES
    is_veteran = False
    is_low_income = False


class UserFactory(DjangoModelFactory[User]):
    """A login without a password; `staff=True` for the office."""

    class Meta:
        model = User

    class Params:
        staff = Trait(is_staff=True)

    username = Sequence(lambda n: f"user{n}")


class CommunityFactory(DjangoModelFactory[Community]):
    class Meta:
        model = Community

    name = Sequence(lambda n: f"第{n}小区")
    platform_code = Sequence(lambda n: f"C{n}")
    confirmed_at = LazyFunction(timezone.now)


class HouseFactory(DjangoModelFactory[House]):
    """A dwelling that its owner lives in."""

    class Meta:
        model = House

    community = SubFactory(CommunityFactory)
    building, unit, floor = "1", "1", "1"
    room = Sequence(lambda n: f"{101 + n}")
    use = HouseUse.DWELLING
    ownership = Ownership.PRIVATE
    occupancy = Occupancy.OWN_USE


class MembershipFactory(DjangoModelFactory[Membership]):
    """The owner's own membership; its status is what `restate` makes of the rest."""

    class Meta:
        model = Membership

    class Params:
        activated = Trait(activated_at=LazyFunction(timezone.now))
        ended = Trait(ended_at=LazyFunction(timezone.now), end_reason=EndReason.MOVED_OUT)

    house = SubFactory(HouseFactory)
    resident = SubFactory(ResidentFactory)
    role = Role.SELF
    household_type = HouseholdType.OWNER

    @classmethod
    def _create(cls, model_class: type[Membership], *args: Any, **kwargs: Any) -> Membership:
        row = model_class(*args, **kwargs)
        row.restate(row.resident)
        row.save()
        return row


class FindingFactory(DjangoModelFactory[Finding]):
    """An open notice on a membership."""

    class Meta:
        model = Finding

    code = FindingCode.ROLE_UNCLEAR
    membership = SubFactory(MembershipFactory)
    field = "role"
    sentence = "居民角色不明确。"
    inputs = "0" * 43
    status = FindingStatus.OPEN
