"""Addresses of the own account, below `/api/v1/`."""

from . import account, devices, docs, notice, signing_in

app_name = "account_api"
urlpatterns = [
    *docs.urls,
    *signing_in.urls,
    *devices.urls,
    *account.urls,
    *notice.urls,
]
