"""Addresses of the own account, below `/my/`."""

from .views import account, consent, login

app_name = "account"
urlpatterns = [*login.urls, *consent.urls, *account.urls]
