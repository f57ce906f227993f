"""Addresses of the whole site."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import include, path

from .health import healthz, readyz


def home(request: HttpRequest) -> HttpResponse:
    """To the workbench; who may not work there (an auditor) gets to what the admin shows."""
    if request.user.is_authenticated and not request.user.has_perm("residents.view_resident"):
        return redirect("admin:index")
    return redirect("staff:dashboard")


def robots(request: HttpRequest) -> HttpResponse:
    """Nothing here is for search engines."""
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain")


urlpatterns = [
    path("", home, name="home"),
    path("admin/", admin.site.urls),
    path("staff/sync/", include("sync.urls")),
    path("staff/", include("houses.staff.urls")),
    path("my/sync/", include("sync.household_urls")),
    path("my/", include("residents.urls")),
    path("my/", include("houses.household.urls")),
    path("api/v1/", include("config.api")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("robots.txt", robots, name="robots"),
]
