"""A household's page as a test reads it: what holds for every one of them is checked each time."""

import re
from typing import Any

from django.test import Client
from django.urls import reverse

from residents.models import User
from tests.household import everything
from tests.my import door
from tests.pages import english, full_numbers, visible


def read(user: User, name: str, *args: Any, status: int = 200) -> str:
    """The page's source. It writes nothing, shows no number in full and no English word."""
    client = door(user)
    before = everything()
    answer = client.get(reverse(name, args=args))
    assert (answer.status_code, everything()) == (status, before)
    return checked(answer)


def checked(answer: Any) -> str:
    html: str = answer.content.decode()
    assert full_numbers(html) == [] and english(html) == set()
    return html


def hidden(html: str) -> dict[str, str]:
    """What a form says of itself when it comes back, as the page wrote it."""
    fields = re.findall(r'<input type="hidden" name="(\w+)"(?: value="([^"]*)")?', html)
    return {name: value for name, value in fields if name != "csrfmiddlewaretoken"}


def words(user: User, name: str, *args: Any) -> str:
    """What is read on the page."""
    return " ".join(visible(read(user, name, *args)).split())


def send(user: User, name: str, *args: Any, client: Client | None = None, **values: Any) -> Any:
    """Post a form, and follow to where it leads."""
    return (client or door(user)).post(reverse(name, args=args), values, follow=True)
