"""Addresses of the sync inside the workbench."""

from django.urls import path

from . import recent, views

app_name = "sync"
urlpatterns = [*views.urls, path("recent/", recent.Recent.as_view(), name="recent")]
