"""What the views of a household share."""

from typing import Any

from django.db.models import QuerySet
from django.utils.functional import cached_property

from residents.api.views import AccountView
from residents.exceptions import Refusal, Refused

from ..family import Family
from ..visibility import HouseholdScope


class FamilyView(AccountView):
    """For an account at home; the scope is the first of every query.

    `needs_identity`: the account has said who it is, as the pages ask it to before anything else.
    """

    needs_identity = True

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.needs_identity and not self.user.stated_at:
            raise Refused(Refusal.IDENTITY_MISSING)

    @cached_property
    def family(self) -> Family:
        return Family(self.user, whole=True)

    @property
    def scope(self) -> HouseholdScope:
        return self.family.scope

    def find(self, rows: QuerySet[Any], **key: Any) -> Any:
        """One record of a scope; of what is not the caller's it is told that there is none."""
        found = rows.filter(**key).first()
        if found is None:
            raise Refused(Refusal.NOT_FOUND)
        return found
