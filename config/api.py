"""Addresses of the mini-program's API, and its description."""

from django.urls import include, path, re_path

from residents.api.problems import not_found

urlpatterns = [
    path("", include("residents.api.urls")),
    path("", include("houses.api.urls")),
    path("sync/", include("sync.api.urls")),
    re_path("", not_found),  # whatever it is, a line break included
]
