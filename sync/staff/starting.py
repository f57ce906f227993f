"""同步: where a run is started over a list or a community, and the nights are switched on."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path

from houses.models import Community
from houses.staff.listing import page_of, pages

from .. import nightly, runs
from ..models import NightlySync, SyncRun
from .forms import ListForm, PhoneForm
from .pages import SyncPage

RUNS_SHOWN = 10
LEAVE = "可以离开此页，同步照常进行。"


class StartPage(SyncPage):
    template_name = "sync/start.html"

    def shown(self, **more: Any) -> HttpResponse:
        number, found, further = page_of(
            self.scope.communities.order_by("pk"), self.request.GET.get("page", "")
        )
        context = {
            "section": "start",
            "form": PhoneForm(),
            "list_form": ListForm(auto_id="list_%s"),
            "communities": community_rows(found),
            "pages": pages(self.request, number, further),
            "rows": self.rows(list(self.runs.order_by("-pk")[:RUNS_SHOWN])),
        }
        return self.page(**{**context, **more})


def community_rows(communities: list[Community]) -> list[dict[str, Any]]:
    """Of each community: how many owners are known, the run under way, and its nights."""
    owners = runs.owner_counts(communities)
    running = SyncRun.objects.running().filter(community__in=communities).order_by("pk")
    under_way = {run.community_id: run for run in running}
    nights = _last_nights(communities)
    switches = NightlySync.objects.filter(community__in=communities).select_related("switched_by")
    nightly_of = {switch.community_id: switch for switch in switches}
    return [
        {
            "community": one,
            "owners": owners.get(one.pk, 0),
            "run": under_way.get(one.pk),
            "nightly": nightly_of.get(one.pk),
            "night": nights.get(one.pk),
        }
        for one in communities
    ]


def _last_nights(communities: list[Community]) -> dict[int | None, SyncRun]:
    nights = SyncRun.objects.filter(kind=SyncRun.Kind.NIGHTLY, community__in=communities).order_by()
    last = nights.values("community").annotate(last=Max("pk")).values("last")
    return {run.community_id: run for run in SyncRun.objects.filter(pk__in=last)}


class StartList(StartPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        return redirect("sync:one")

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ListForm(request.POST, request.FILES, auto_id="list_%s")
        if not form.is_valid():
            return self.shown(list_form=form)
        start = partial(runs.start_list, form.phones, by=self.office.user)
        return self.set_going(start, f"{len(form.phones)} 个号码已排队。{LEAVE}")


class StartCommunity(SyncPage):
    """How many phones it would be, then the run."""

    template_name = "sync/community.html"
    title = "同步小区的业主"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        community = self.find(self.scope.communities, pk=pk)
        return self.page(row=community_rows([community])[0])

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        community = self.find(self.scope.communities, pk=pk)
        if not runs.owner_counts([community]):
            messages.error(request, f"{community}还没有登记手机号的业主，没有号码可以同步。")
            return redirect("sync:one")
        start = partial(runs.start_community, community, by=self.office.user)
        return self.set_going(start, f"{community}的业主已排队。{LEAVE}")


class SwitchNightly(SyncPage):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        community = self.find(self.scope.communities, pk=pk)
        on = request.POST.get("on") == "1"
        nightly.switch(community, on=on, by=self.office.user)
        begins = f"{nightly.BEGINS:%H:%M}"
        told = f"每晚 {begins} 起同步{community}的业主。" if on else f"{community}不再每晚同步。"
        messages.success(request, told)
        return redirect("sync:one")


urls = [
    path("list/", StartList.as_view(), name="list"),
    path("community/<int:pk>/", StartCommunity.as_view(), name="community"),
    path("nightly/<int:pk>/", SwitchNightly.as_view(), name="nightly"),
]
