"""总览: how complete and activated everything is, and what waits; each figure is a link."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from . import figures
from .pages import StaffPage, waiting


class Dashboard(StaffPage):
    template_name = "staff/dashboard.html"
    title = "总览"
    here = "dashboard"

    def get(self, request: HttpRequest) -> HttpResponse:
        chosen = request.GET.get("community", "")
        community = self.find(self.scope.communities, pk=chosen) if chosen.isdecimal() else None
        scope = self.scope.within(community) if community else self.scope
        progress = figures.by_building(scope, community) if community else figures.by_community(scope)
        return self.page(
            community=community,
            totals=figures.totals(scope),
            houses=scope.houses.count(),
            waiting=waiting(scope),
            requests=scope.requests.open().count(),
            progress=progress,
            findings=figures.by_finding(scope),
        )


urls = [path("", Dashboard.as_view(), name="dashboard")]
