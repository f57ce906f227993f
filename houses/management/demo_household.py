"""What gives the demo's queues something to show, once the sample's household has been synced.

The owner has logged in and entered her husband's record, which waits since it changes his number;
she named somebody whose number is on the books already; and a tenant asks to be taken in.
"""

from django.utils import timezone

from residents.models import Consent, User

from .. import identity
from ..choices import Role
from ..family import Family
from ..models import House, Membership

OWNER_PHONE, OWNER_NUMBER = "15131512234", "130324198705046010"
HUSBAND = {
    "id_number": "130302198601150018",
    "ethnicity": "01",
    "registered_address": "河北省秦皇岛市海港区秦皇小区98-3-4",
    "political_status": 1,
    "is_veteran": False,
    "is_low_income": False,
    "phone": "13933500001",
}
RELATIVE = {"name": "付强", "id_number": OWNER_NUMBER, "role": Role.RELATIVE}
TENANT = ("13933500002", "王租", "110105199001010037")


def begin() -> bool:
    """Begin it, once. False where the household is not there yet, or all this was begun before."""
    owner = User.objects.get(username="owner-demo")
    row = Membership.objects.open().filter(role=Role.SELF, resident__phone=OWNER_PHONE).first()
    if row is None or owner.resident_id:
        return False
    _introduce(owner, row.resident.name, OWNER_NUMBER)
    identity.recognise_owner(owner, row.resident)
    _enter(Family(owner), row.house)
    tenant = User.objects.create(username="tenant-demo", phone=TENANT[0])
    _introduce(tenant, *TENANT[1:])
    home = House.objects.filter(community=row.house.community, building="1", unit="2").first()
    Family(tenant).apply_for(home or row.house, Role.TENANT, "租住，有合同")
    return True


def _introduce(user: User, name: str, number: str) -> None:
    """Logged in by SMS, agreed, and said who they are."""
    User.objects.filter(pk=user.pk).update(phone_verified_at=timezone.now())
    user.refresh_from_db()
    for kind in (Consent.Kind.NOTICE, Consent.Kind.SENSITIVE):
        Family(user).consent(kind)
    Family(user).state_identity(name, number)


def _enter(family: Family, house: House) -> None:
    husband = house.memberships.open().filter(role=Role.HUSBAND).first()
    if husband is not None:
        family.submit(family.draft(husband.pk, HUSBAND).pk)
    family.submit(family.name_member(house.pk, RELATIVE).pk)
