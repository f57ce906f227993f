"""What the pages of a household share: the account behind them has said who it is."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from residents.exceptions import Refusal
from residents.views.pages import AccountPage, led_to

from ..family import Family
from ..visibility import HouseholdScope


class FamilyPage(AccountPage):
    """A page of an account at home; the scope is the first of every query."""

    needs_identity = True

    family: Family
    scope: HouseholdScope

    def gate(self, request: HttpRequest) -> HttpResponseBase | None:
        stopped = super().gate(request)
        if stopped is not None:
            return stopped
        self.family = Family(self.user)
        self.scope = self.family.scope
        if self.needs_identity and not self.user.stated_at:
            return led_to("my:who", self)
        return None

    def surroundings(self) -> dict[str, Any]:
        return {"to_answer": self.family.requests.count()}

    def find(self, rows: QuerySet[Any], **key: Any) -> Any:
        """One record of a scope; of what is not the caller's it is told that there is none."""
        found = rows.filter(**key).first()
        if found is None:
            raise Http404(Refusal.NOT_FOUND.label)
        return found
