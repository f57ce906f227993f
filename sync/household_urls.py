"""Addresses of an account's own sync, below `/my/sync/`."""

from . import household

app_name = "own_sync"
urlpatterns = [*household.urls]
