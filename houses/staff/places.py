"""小区: all of them with their progress, naming what a sync brought, and 批量建房."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path

from residents.exceptions import Refused

from ..models import Community
from ..office import ADD_HOUSE, CONFIRM
from . import figures
from .pages import StaffPage
from .place_forms import CommunityForm, RoomsForm

# What a new building looks like before anything is typed.
EXAMPLE = {"units": 2, "first_floor": 1, "last_floor": 18, "rooms": 2}


class Communities(StaffPage):
    template_name = "staff/communities.html"
    title = "小区与建房"
    here = "communities"

    def get(self, request: HttpRequest) -> HttpResponse:
        known = self.scope.communities
        progress = figures.by_community(self.scope)
        return self.page(
            unconfirmed=list(known.filter(confirmed_at=None).order_by("pk")),
            rows=list(zip(known.order_by("pk"), progress, strict=True)),
            may_confirm=request.user.has_perm(CONFIRM),
            may_build=request.user.has_perm(ADD_HOUSE),
        )


class Confirm(StaffPage):
    """Whoever names it sees which houses the platform listed there."""

    permission = CONFIRM
    template_name = "staff/community_confirm.html"
    here = "communities"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._shown(pk, CommunityForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = CommunityForm(request.POST)
        if not form.is_valid():
            return self._shown(pk, form)
        name = form.cleaned_data["name"]
        self.attempt(lambda: self.office.confirm_community(pk, name), f"小区已确认为“{name}”。")
        return self.back("staff:communities")

    def _shown(self, pk: int, form: CommunityForm) -> HttpResponse:
        community: Community = self.find(self.scope.communities, pk=pk)
        houses = self.scope.houses.filter(community=community).order_by("building", "unit", "room")[:10]
        return self.page(title="确认小区", unknown=community, houses=list(houses), form=form)


class Rooms(StaffPage):
    permission = ADD_HOUSE
    template_name = "staff/rooms.html"
    title = "批量建房"
    here = "communities"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._shown(pk, RoomsForm(initial=EXAMPLE))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = RoomsForm(request.POST)
        if form.is_valid() and self._build(pk, form):
            return self.back("staff:grid", pk)
        return self._shown(pk, form)

    def _build(self, pk: int, form: RoomsForm) -> bool:
        """Refusals stand at their field."""
        made: list[Any] = []
        try:
            made.append(self.office.create_rooms(pk, form.plan()))
        except Refused as refused:
            for name, sentence in (refused.fields or {"": refused.sentence}).items():
                form.add_error(name if name in form.fields else None, sentence)
            return False
        building = form.cleaned_data["building"]
        return self.attempt(lambda: None, f"{building}号楼新建 {made[0]} 套房屋；已有的房屋没有改动。")

    def _shown(self, pk: int, form: RoomsForm) -> HttpResponse:
        community: Community = self.find(self.scope.communities, pk=pk)
        return self.page(community=community, form=form)


urls = [
    path("communities/", Communities.as_view(), name="communities"),
    path("communities/<int:pk>/confirm/", Confirm.as_view(), name="confirm"),
    path("communities/<int:pk>/rooms/", Rooms.as_view(), name="rooms"),
]
