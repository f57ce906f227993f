"""同步任务: the runs, newest first."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from houses.staff.listing import page_of, pages

from ..models import SyncRun
from .pages import SyncPage


class Runs(SyncPage):
    template_name = "sync/runs.html"
    title = "同步任务"

    def get(self, request: HttpRequest) -> HttpResponse:
        kind, status = request.GET.get("kind", ""), request.GET.get("status", "")
        found = self.runs.order_by("-pk")
        found = found.filter(kind=kind) if kind in SyncRun.Kind.values else found
        found = found.filter(status=status) if status in SyncRun.Status.values else found
        number, runs, more = page_of(found, request.GET.get("page", ""))
        return self.page(
            section="runs",
            rows=self.rows(runs),
            kinds=SyncRun.Kind.choices,
            statuses=SyncRun.Status.choices,
            kind=kind,
            state=status,
            pages=pages(request, number, more),
        )


urls = [path("runs/", Runs.as_view(), name="runs")]
