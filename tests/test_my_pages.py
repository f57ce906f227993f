"""Every page below `/my/` as everybody who may open it: Chinese, masked, labelled; a GET changes nothing;
no query per member; nothing is posted without its token; no link leads to a closed door."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import resolve

from houses.choices import Role
from houses.models import Membership
from residents.models import User
from residents.upstream import Sources

from .factories import MembershipFactory, ResidentFactory
from .my import door_of
from .my_home import POST_ONLY, Home, furnish, routes
from .pages import Outline, english, full_numbers, queries, some, source, stored
from .pictures import put

READERS = ["nobody", "staff", "fresh", "newcomer", "owner", "tenant", "neighbour"]
MOST_QUERIES = 25

# What a page shows does not depend on the database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

# WeChat's people say it so, and the notice names the machine's own word for an address.
SPOKEN = {"App", "IP", "Cookie"}


@pytest.fixture
def home() -> Home:
    return furnish()


@dataclass(frozen=True)
class Visit:
    """What one reader was answered at each address; which tables that changed; which links are closed."""

    answers: dict[str, HttpResponse]
    changed: set[str]
    closed: dict[str, str]

    @property
    def pages(self) -> dict[str, str]:
        """Every page that this visitor may open, with its source."""
        return {address: source(answer) for address, answer in self.answers.items() if is_page(answer)}


def is_page(answer: HttpResponse) -> bool:
    return answer.status_code == 200 and answer["Content-Type"].startswith("text/html")


@cache
def visit(reader: str) -> Visit:
    """Each reader goes round once a process: what was answered is asked about by several tests."""
    home = furnish()
    client, before = home.doors[reader], stored()
    answers = {address: client.get(address) for address in home.addresses}
    for address in home.addresses:
        client.head(address)
    after = stored()
    changed = {table for table in after if after[table] != before[table]}
    return Visit(answers, changed, dict(dead_ends(client, answers)))


def dead_ends(client: Client, answers: dict[str, HttpResponse]) -> Iterator[tuple[str, str]]:
    """Links that are closed to this visitor, and the page where each stands."""
    led = {
        link: address
        for address, answer in answers.items()
        if is_page(answer)
        for link in Outline(answer.content.decode()).links
    }
    for link, address in led.items():
        if (answers.get(link) or client.get(link)).status_code in (403, 404):
            yield link, address


@pytest.mark.parametrize("reader", READERS)
def test_every_page_is_chinese_and_masked_and_everything_on_it_has_a_name(reader: str) -> None:
    found = {}
    for address, html in visit(reader).pages.items():
        faults = {"english": english(html) - SPOKEN, "numbers": full_numbers(html)}
        outline = Outline(html)
        outside = [target for target in outline.targets if target.startswith(("http:", "https:", "//"))]
        found[address] = {**faults, **outline.faults, "outside": outside, "handlers": outline.handlers}
    assert found
    assert {address: told for address, faults in found.items() if (told := some(faults))} == {}


@pytest.mark.parametrize("reader", READERS)
def test_reading_changes_nothing(reader: str) -> None:
    assert visit(reader).changed == set()


def test_nothing_is_posted_without_its_token(home: Home) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(resident=home.owner.resident))
    pages = [*home.addresses, *map(home.fill_in, POST_ONLY)]
    before = stored()
    answers = {page: client.post(page, {"reason": "核对"}).status_code for page in pages}
    assert {page: status for page, status in answers.items() if status != 403} == {}
    assert stored() == before


@pytest.mark.parametrize("reader", READERS)
def test_no_link_leads_to_a_closed_door(reader: str) -> None:
    assert visit(reader).closed == {}


@pytest.mark.parametrize("reader", ["nobody", "owner"])
def test_what_is_below_my_is_kept_by_no_browser(reader: str) -> None:
    for address, answer in visit(reader).answers.items():
        assert answer.status_code == 404 or "no-store" in answer["Cache-Control"], address


def test_queries_do_not_grow_with_the_members(home: Home) -> None:
    few = counted(home)
    for _ in range(30):
        person = ResidentFactory(ethnicity="", photo_url="https://photos.example.cn/3.jpg")
        put(person, Sources.PLATFORM)
        MembershipFactory(
            house=home.house,
            resident=person,
            role=Role.OTHER,
            household_type=None,
            managed_by=home.owner.resident,
        )
    many = counted(home)
    assert Membership.objects.count() > 30
    assert {page: (few[page], many[page]) for page in many if many[page] > few[page]} == {}
    assert {page: n for page, n in many.items() if n > MOST_QUERIES} == {}


def counted(home: Home) -> dict[str, int]:
    """Queries of each page that the owner may read, at the second visit."""
    client = door_of(home.owner)
    pages = [address for address in home.addresses if is_page(client.get(address))]
    return {page: queries(lambda page=page: client.get(page)) for page in pages}


# Open in the middle of an act only, where the tests of the act read them; elsewhere they lead back.
IN_BETWEEN = {
    "/my/login/code/",
    "/my/phone/code/",
    "/my/me/phone/code/",
    "/my/me/phone/new/",
    "/my/me/phone/new/code/",
}
# No page of their own: they lead to one, or are a picture.
NO_PAGE = {
    "/my/confirm/<int:pk>/",
    "/my/entries/<int:pk>/",
    "/my/members/<int:pk>/fill/",
    "/my/members/<int:pk>/photo.jpg",
    "/my/requests/<int:pk>/answer/",
    "/my/sync/",
}


def test_every_page_is_read_here_by_somebody() -> None:
    read = {f"/{resolve(address).route}" for reader in READERS for address in visit(reader).pages}
    unread = set(routes()) - read
    assert unread == IN_BETWEEN | NO_PAGE | POST_ONLY
