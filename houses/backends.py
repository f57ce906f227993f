"""What each role of the office may do: one table, asked by Django's own permission checks."""

from typing import Any

from django.contrib.auth.backends import BaseBackend

from residents.models import User

from .models import StaffRole

Role = StaffRole.Role

_READ = frozenset(
    {
        "houses.view_community",
        "houses.view_finding",
        "houses.view_house",
        "houses.view_membership",
        "residents.view_resident",
    }
)
_RECORD = _READ | {
    "houses.add_house",
    "houses.change_house",
    "houses.change_membership",
    "houses.add_membership",
    "houses.complete_membership",
    "houses.invite_membership",
    "houses.review_submission",
    "residents.reveal_resident",
    "sync.view_platformrecord",
    "sync.view_syncrun",
}
_DECIDE = {
    "houses.activate_membership",
    "houses.answer_request",
    "houses.change_finding",
    "houses.end_membership",
    "houses.transfer_house",
    "houses.view_staffrole",
    "residents.absorb_resident",
    "residents.erase_resident",
    "residents.manage_account",
    "sync.start_run",
}

GRANTS: dict[str, frozenset[str]] = {
    Role.VIEWER: _READ,
    Role.CLERK: _RECORD,
    Role.MANAGER: _RECORD | _DECIDE,
    Role.AUDITOR: frozenset({"admin.view_logentry", "residents.view_accesslog", "sync.view_syncrun"}),
}


def roles_with(permission: str) -> list[str]:
    """The roles that grant a permission (`app.codename`)."""
    return [role for role, granted in GRANTS.items() if permission in granted]


class RoleBackend(BaseBackend):
    """Grants what the unexpired roles of a staff member grant, in whichever community.

    Where it is granted is the scope's question (`houses/visibility.py`).
    """

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not isinstance(user_obj, User) or not user_obj.is_staff or user_obj.is_locked:
            return set()
        # Kept on the user, so for one request, as Django's own backend does.
        kept: set[str] | None = vars(user_obj).get("_role_permissions")
        if kept is None:
            kept = vars(user_obj)["_role_permissions"] = _granted(user_obj)
        return kept

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return any(name.startswith(f"{app_label}.") for name in self.get_all_permissions(user_obj))


def _granted(user: User) -> set[str]:
    roles = set(StaffRole.objects.unexpired().filter(user=user).values_list("role", flat=True))
    return {permission for role in roles for permission in GRANTS[role]}
