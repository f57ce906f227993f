"""A visitor with a phone in the hand."""

from typing import Any

from django.test import Client
from django.utils import timezone

from residents.exceptions import Refusal, Refused
from residents.models import Consent, User
from tests.cast import ZHOU_PHONE
from tests.factories import UserFactory
from tests.my import door

Outbox = list[tuple[str, str]]


class DeadBackend:
    """Sends nothing."""

    def send(self, phone: str, code: str) -> None:
        raise Refused(Refusal.SMS_FAILED)


def last_code(outbox: Outbox) -> str:
    return outbox[-1][1]


def another(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def signed_in(client: Client) -> User | None:
    """The account that this browser is signed in to, in a page's eyes."""
    user = client.get("/my/me/").wsgi_request.user
    return user if isinstance(user, User) else None


def agreed(**account: Any) -> tuple[Client, User]:
    """A browser of somebody who signed in, verified the phone and agreed to the notice."""
    user = UserFactory(**{"phone": ZHOU_PHONE, "phone_verified_at": timezone.now(), **account})
    Consent.give(user, Consent.Kind.NOTICE)
    return door(user), user
