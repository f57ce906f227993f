"""What the views of the API share."""

from functools import cache
from typing import Any

from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from ..models import User
from .paging import Pages
from .permissions import Account


@cache
def teller(answer: type[Serializer[Any]]) -> Serializer[Any]:
    """One of each kind: a serializer copies all of its fields, which takes longer than to tell a record."""
    return answer()


class AccountView(APIView):
    """For a signed-in account: behind the notice, unless a view says `permission_classes` itself."""

    pagination_class = Pages  # of the lists: drf-spectacular reads it here

    @property
    def user(self) -> User:
        user: Any = self.request.user
        found: User = user
        return found

    def read(self, body: type[Serializer[Any]]) -> dict[str, Any]:
        """What was sent, checked. Raises ValidationError."""
        found = body(data=self.request.data)
        found.is_valid(raise_exception=True)
        checked: dict[str, Any] = found.validated_data
        return checked

    def tell(self, answer: type[Serializer[Any]], of: Any, status: int = 200, **headers: str) -> Response:
        return Response(teller(answer).to_representation(of), status, headers=headers)

    def page(self, answer: type[Serializer[Any]], rows: Any) -> Response:
        """One page of a list."""
        pages = self.pagination_class()
        found: Any = pages.paginate_queryset(rows, self.request, view=self)
        tell = teller(answer).to_representation
        return pages.get_paginated_response([tell(row) for row in found])


class OwnView(AccountView):
    """Open also to who has not agreed to the notice: the rights are not its price."""

    permission_classes = [Account]
