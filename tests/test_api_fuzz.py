"""The whole of the API by its description, whoever asks: described answers and no 500.

A test of each viewer asks everything; the budget is `examples`, besides the bounds of each field.
"""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import caches
from django.urls import include, path
from drf_spectacular.generators import SchemaGenerator
from rest_framework.response import Response

import config.urls
from residents.api import fields, throttles
from residents.api.docs import description
from residents.api.schema import operation
from residents.api.views import AccountView
from residents.models import Consent, Device, User
from tests.fuzz import Fuzz, Known
from tests.my_home import Home, furnish
from tests.openapi import operations

pytestmark = [pytest.mark.once, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch, settings: Any, outbox: Any) -> Iterator[None]:
    """Nobody is told to wait, and nothing goes out; WeChat does not answer."""
    for throttle in (throttles.PerAccount, throttles.PerAddress):
        for rate in ("READING", "WRITING"):
            monkeypatch.setattr(throttle, rate, "1000000/min")
    settings.WECHAT_BASE_URL = "http://127.0.0.1:9"
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)
    caches["process"].clear()


@pytest.fixture
def home(platform: Any) -> Home:
    return furnish()


def token_of(user: User) -> dict[str, str]:
    _, token = Device.sign_in(user, "微信小程序")
    return {"Authorization": f"Token {token}"}


def known_to(home: Home) -> Known:
    """Records that there are, by the word before their number in an address or by the name of a field."""
    consent = Consent.objects.filter(account__resident=home.owner.resident)
    members = [home.owner.pk, home.wife.pk, home.tenant.pk, home.neighbour.pk]
    houses = [home.house.pk, home.neighbour.house_id]
    return {
        "houses": houses,
        "house": houses,
        "members": members,
        "member": members,
        "entries": [home.entry.pk],
        "requests": [home.request.pk],
        "asked": [home.request.pk],
        "consents": list(consent.values_list("pk", flat=True)),
        "devices": [str(device.key) for device in Device.objects.all()],
        "communities": [home.house.community_id],
        "community": [home.house.community_id],
        "token": [home.token],
    }


# Two halves for the owner, so that two processes share what takes longest.
@pytest.mark.parametrize(
    ("who", "examples", "part"),
    [("owner", 8, (0, 2)), ("owner", 8, (1, 2)), ("newcomer", 4, (0, 1)), ("nobody", 4, (0, 1))],
)
def test_everything_is_answered_as_it_is_described(
    home: Home, who: str, examples: int, part: tuple[int, int]
) -> None:
    told, (first, step) = description(), part
    told["paths"] = dict(list(told["paths"].items())[first::step])
    users = {"owner": User.objects.get(resident=home.owner.resident), "newcomer": home.newcomer}
    headers = token_of(users[who]) if who in users else {}
    fuzz = Fuzz(told, headers, known_to(home), examples=examples, bounds=who == "owner")
    assert fuzz.faults() == {}
    assert len(fuzz.seen) == len(operations(told))
    if who == "owner":
        assert [name for name, seen in fuzz.seen.items() if seen <= {401}] == []


# -- the canary --------------------------------------------------------------------------


class WordAnswer(fields.Answer):
    """字。"""

    word = fields.Text(help_text="一个字。", example="好", max_length=1)


class WordBody(fields.Body):
    """字。"""

    word = fields.Text(help_text="一个字。", example="好", max_length=5)


class Breaks(AccountView):
    permission_classes = []

    @operation("breaks", "坏了", tag="测试", body=WordBody, answer=WordAnswer, public=True)
    def post(self, request: Any) -> Response:
        return Response({"word": "好" if len(self.read(WordBody)["word"]) < 4 else 1 // 0})


class Lies(AccountView):
    permission_classes = []

    @operation("lies", "说谎", tag="测试", answer=WordAnswer, public=True)
    def get(self, request: Any) -> Response:
        return Response({"word": "太长了", "more": 1})


class Swallows(AccountView):
    permission_classes = []

    @operation("swallows", "照单全收", tag="测试", body=WordBody, answer=WordAnswer, public=True)
    def post(self, request: Any) -> Response:
        return Response({"word": "好"})


class Holds(AccountView):
    permission_classes = []

    @operation("holds", "没问题", tag="测试", body=WordBody, answer=WordAnswer, public=True)
    def post(self, request: Any) -> Response:
        return Response({"word": self.read(WordBody)["word"][:1]})


views = [
    path(f"{view.__name__.lower()}/", view.as_view())  # type: ignore[attr-defined]
    for view in (Breaks, Lies, Swallows, Holds)
]
broken = [path("api/v1/", include(views))]
urlpatterns = [*broken, *config.urls.urlpatterns]


@pytest.mark.urls(__name__)
def test_the_same_finds_what_is_broken() -> None:
    told = SchemaGenerator(patterns=broken).get_schema(request=None, public=True)
    faults = Fuzz(told, examples=20).faults()
    assert {name.split("/")[-2]: text.split(":")[0] for name, text in faults.items()}.keys() == {
        "breaks",
        "lies",
        "swallows",
    }
    assert "ZeroDivisionError" in faults["POST /api/v1/breaks/"]
    assert "schema" in faults["GET /api/v1/lies/"]
    assert "AcceptedNegativeData" in faults["POST /api/v1/swallows/"]
