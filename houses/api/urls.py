"""Addresses of the household, below `/api/v1/`."""

from . import bindings, codes, consents, entries, home, me, members, photo, records, requests, rights

app_name = "household"
urlpatterns = [
    *home.urls,
    *members.urls,
    *records.urls,
    *entries.urls,
    *photo.urls,
    *bindings.urls,
    *requests.urls,
    *codes.urls,
    *me.urls,
    *consents.urls,
    *rights.urls,
]
