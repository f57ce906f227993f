"""Addresses of the sync inside the workbench."""

from django.urls import path

from . import recent
from .staff import asking, listing, phones, run, starting

app_name = "sync"
urlpatterns = [
    *asking.urls,
    *starting.urls,
    *listing.urls,
    *run.urls,
    *phones.urls,
    path("recent/", recent.Recent.as_view(), name="recent"),
]
