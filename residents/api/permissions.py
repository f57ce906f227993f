"""Who may enter, in the order of the pages: signed in, not locked, phone verified, notice agreed to."""

from typing import Any

from rest_framework.permissions import BasePermission

from ..exceptions import Refusal, Refused
from ..models import Consent


class Account(BasePermission):
    """Somebody with a verified phone, whatever else is owed."""

    def has_permission(self, request: Any, view: Any) -> bool:
        """Raises Refused, which says what is owed."""
        if not request.user.is_authenticated:
            return False
        request.user.require_phone()
        return True


class Household(Account):
    """Who also agreed to the notice of today."""

    def has_permission(self, request: Any, view: Any) -> bool:
        if not super().has_permission(request, view):
            return False
        if not Consent.stands(request.user, Consent.Kind.NOTICE):
            raise Refused(Refusal.NOTICE_MISSING)
        return True
