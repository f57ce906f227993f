"""`seed_demo`: the demo's communities, staff and owner logins; run again after the sample was synced, what
its household has begun. Once all is there it changes nothing."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from houses.management import demo_household
from houses.management.demo_household import OWNER_PHONE
from houses.models import Community, House, StaffRole
from residents.commands import OfficeCommand
from residents.models import User

# For the demo alone, which is refused without DEBUG: whoever reads this page can log in.
PASSWORD = "shequ-demo-2026"

COMMUNITIES = {"1": "秦皇小区", "2": "海港花园"}
BUILDING, UNITS, FLOORS, ROOMS = "1", 2, 6, 2

# username: family name, given name, role, platform code of the community
STAFF = {
    "wang": ("王", "管理员", StaffRole.Role.MANAGER, "1"),
    "li": ("李", "录入员", StaffRole.Role.CLERK, "1"),
    "zhao": ("赵", "录入员", StaffRole.Role.CLERK, "2"),
    "sun": ("孙", "审计员", StaffRole.Role.AUDITOR, "1"),
    "zhou": ("周", "警官", StaffRole.Role.VIEWER, "1"),
}


class Command(OfficeCommand):
    help = "写入演示用的小区、楼栋、物业帐号和业主帐号（仅限 DEBUG=true）。"

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("演示数据的密码是公开的，只能在 DEBUG=true 时写入。", returncode=2)
        communities = {code: self._community(code, name) for code, name in COMMUNITIES.items()}
        self._building(communities["1"])
        self._login("admin", "系统", "管理员", is_superuser=True)
        for username, (family, given, role, code) in STAFF.items():
            user = self._login(username, family, given)
            StaffRole.objects.get_or_create(user=user, community=communities[code], role=role)
        self._owner()
        demo_household.begin()
        self.stdout.write(logins())

    def _community(self, code: str, name: str) -> Community:
        """Known before the platform speaks of it, so it needs no confirming."""
        values = {"name": name, "confirmed_at": timezone.now()}
        return Community.objects.get_or_create(platform_code=code, defaults=values)[0]

    def _building(self, community: Community) -> None:
        """Every room of one building, most of them still without a record."""
        rooms = [
            House(
                community=community,
                building=BUILDING,
                unit=str(unit),
                floor=str(floor),
                room=f"{floor}0{room}",
            )
            for unit in range(1, UNITS + 1)
            for floor in range(1, FLOORS + 1)
            for room in range(1, ROOMS + 1)
        ]
        House.objects.bulk_create(rooms, ignore_conflicts=True)

    def _login(self, username: str, family: str, given: str, *, is_superuser: bool = False) -> User:
        names = {"last_name": family, "first_name": given, "is_staff": True, "is_superuser": is_superuser}
        user, new = User.objects.get_or_create(username=username, defaults=names)
        if new:
            user.set_password(PASSWORD)
            user.save(update_fields=["password"])
        return user

    def _owner(self) -> None:
        """The sample's owner, who logs in by phone; no password opens this account."""
        owner, new = User.objects.get_or_create(username="owner-demo", defaults={"phone": OWNER_PHONE})
        if new:
            owner.set_unusable_password()
            owner.save(update_fields=["password"])


def logins() -> str:
    """What the demo prints: who can log in, as what."""
    lines = [f"物业帐号（密码均为 {PASSWORD}）：", "  admin  系统管理员（全部小区）"]
    for username, (_, _, role, code) in STAFF.items():
        lines.append(f"  {username:<6} {role.label}（{COMMUNITIES[code]}）")
    return "\n".join([*lines, f"业主手机号：{OWNER_PHONE}（登录 /my/，短信验证码印在本终端）"])
