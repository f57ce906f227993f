"""Somebody of a household at the pages below `/my/`."""

from django.test import Client

from houses.models import Membership
from residents.models import User


def door(user: User) -> Client:
    """A browser in which this account is signed in."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def door_of(row: Membership) -> Client:
    """The same for the account of a member."""
    return door(User.objects.get(resident=row.resident_id))
