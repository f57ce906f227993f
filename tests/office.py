"""Two communities with their staff, each with records of every kind: who sees what of whom.

Everything of the first community carries a name of its own, so that a page of the second
that shows any of it is found out.
"""

from dataclasses import dataclass, field
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.utils import timezone

from houses import findings
from houses.models import Community, Finding, House, Membership, StaffRole
from residents.id_numbers import check_character
from residents.models import AccessLog, Resident, User
from sync.models import Mention, PlatformRecord, SyncItem, SyncRun

Role = StaffRole.Role


def id_number(serial: int) -> str:
    """A made-up number with a right check character."""
    first17 = f"110{105 + serial // 1000}19800101{serial % 1000:03d}"
    return first17 + check_character(first17)


@dataclass
class Place:
    """One community with its staff and one household."""

    community: Community
    staff: dict[str, User]
    house: House
    owner: Resident
    membership: Membership
    finding: Finding
    record: PlatformRecord
    run: SyncRun
    role: StaffRole
    log: LogEntry
    look: AccessLog
    names: list[str] = field(default_factory=list)

    @property
    def records(self) -> dict[str, Any]:
        """One record of each kind that the admin shows."""
        return {
            "houses.community": self.community,
            "houses.house": self.house,
            "houses.membership": self.membership,
            "houses.finding": self.finding,
            "houses.staffrole": self.role,
            "residents.resident": self.owner,
            "residents.user": self.staff["clerk"],
            "sync.platformrecord": self.record,
            "sync.syncrun": self.run,
            "admin.logentry": self.log,
            "residents.accesslog": self.look,
        }


def user(username: str, **values: Any) -> User:
    account = User(username=username, is_staff=True, **values)
    account.set_unusable_password()
    account.save()
    return account


def open_place(surname: str, serial: int) -> Place:
    """A community whose people, places and staff are all called by `surname`."""
    community = Community.objects.create(
        name=f"{surname}小区", platform_code=str(serial), confirmed_at=timezone.now()
    )
    staff = {
        role.value: user(f"{surname}{role.label}", last_name=surname, first_name=role.label) for role in Role
    }
    roles = [StaffRole.objects.create(user=staff[role], community=community, role=role) for role in Role]
    house = House.objects.create(
        community=community, building=f"{surname}座", unit="1", floor="1", room="101"
    )
    # A wrong birth date gives the household its finding.
    owner = Resident.objects.create(
        name=f"{surname}业主",
        id_number=id_number(serial),
        phone=f"139000{serial:05d}",
        sex=1,
        birth_date="1990-05-06",
        registered_address=f"{surname}路1号",
    )
    membership = Membership.objects.create(house=house, resident=owner, role=1, nickname=f"{surname}爸")
    findings.refresh(houses=[house.pk])
    record = PlatformRecord.objects.create(phone=owner.phone, subject=owner, checked_at=timezone.now())
    Mention.objects.create(record=record, membership=membership)
    run = SyncRun.objects.create(started_by=staff[Role.MANAGER])
    SyncItem.objects.create(run=run, phone=owner.phone)
    log = LogEntry.objects.create(
        user=staff[Role.MANAGER],
        content_type=ContentType.objects.get_for_model(House),
        object_id=str(house.pk),
        object_repr=house.building,
        action_flag=CHANGE,
    )
    found = Finding.objects.get(resident=owner, code="id_birth_mismatch")
    look = AccessLog.objects.create(
        account=staff[Role.MANAGER], resident=owner, kind=AccessLog.Kind.VIEW, reason="电话联系"
    )
    return Place(
        community, staff, house, owner, membership, found, record, run, roles[0], log, look, names=[surname]
    )


def open_office() -> tuple[Place, Place, User]:
    """Two communities and the system administrator."""
    return open_place("欧阳", 1), open_place("司马", 2), user("总管", is_superuser=True)


def login(account: User) -> Client:
    client = Client()
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return client
