"""Addresses of the household's pages, below `/my/`."""

from typing import Any

from . import (
    binding,
    download,
    fill,
    home,
    identity,
    invitation,
    member,
    phone,
    photo,
    requests,
    rights,
)

app_name = "my"
urlpatterns: list[Any] = [
    *home.urls,
    *identity.urls,
    *binding.urls,
    *invitation.urls,
    *member.urls,
    *requests.urls,
    *rights.urls,
    *phone.urls,
    *photo.urls,
    *download.urls,
    *fill.urls,
]
