"""Every page of the admin as every role: Chinese, masked, and no query per row."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from houses import findings
from houses.models import Community, House, Membership, StaffRole
from residents.models import Resident, User
from sync.models import Mention, PlatformRecord, SyncItem, SyncRun

from .office import Place, id_number, login, open_office, user
from .pages import ENGLISH_ALLOWED, LOOSE, english, full_numbers, source

ROLES = ["总管", "manager", "clerk", "auditor", "viewer"]
MODELS = [model._meta.label_lower for model in admin.site._registry]
MOST_QUERIES = 20


@pytest.fixture
def place(db: None) -> Place:
    return open_office()[0]


def client_of(place: Place, role: str) -> Client:
    return login(place.staff[role] if role in place.staff else User.objects.get(username=role))


def pages_of(place: Place, label: str) -> Iterator[str]:
    base = f"/admin/{label.replace('.', '/')}/"
    key = place.records[label].pk
    yield from (base, f"{base}?q=101", f"{base}add/")
    yield from (f"{base}{key}/{page}/" for page in ("change", "history", "delete"))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("label", [*MODELS, "other"])
def test_every_page_is_chinese_and_masked(place: Place, label: str, role: str) -> None:
    others = [
        "/admin/",
        "/admin/password_change/",
        "/admin/password_change/done/",
        "/admin/nowhere/",
        f"/admin/houses/finding/{place.finding.pk}/settle/",
        f"/admin/residents/user/{place.staff['clerk'].pk}/password/",
    ]
    client = client_of(place, role)
    for page in others if label == "other" else pages_of(place, label):
        html = source(client.get(page, follow=True), LOOSE)
        assert (english(html), full_numbers(html)) == (set(), []), page


def test_few_english_words_are_allowed() -> None:
    assert len(ENGLISH_ALLOWED) <= 20


def test_the_login_page_is_chinese(db: None) -> None:
    assert english(Client().get("/admin/login/").content.decode()) == set()


def test_a_refused_login_is_told_in_chinese(db: None) -> None:
    answer = Client().post("/admin/login/", {"username": "谁", "password": "不对"})
    assert english(answer.content.decode()) == set()


# -- queries --------------------------------------------------------------------------------


def grow(place: Place, first: int, last: int) -> None:
    """More of everything in the first community, and in its first house."""
    serials = range(first, last)
    people = Resident.objects.bulk_create(
        Resident(name=f"住户{n}", id_number=id_number(n), phone=f"138{n:08d}", birth_date=date(1990, 1, 1))
        for n in serials
    )
    homes = House.objects.bulk_create(
        House(community=place.community, building=str(n % 7), unit="1", floor="1", room=str(n))
        for n in serials
    )
    rows = Membership.objects.bulk_create(
        Membership(house=place.house if n % 2 else home, resident=person, role=2)
        for n, home, person in zip(serials, homes, people, strict=True)
    )
    findings.refresh(houses=[home.pk for home in homes] + [place.house.pk])
    records = PlatformRecord.objects.bulk_create(
        PlatformRecord(phone=person.phone, subject=person) for person in people
    )
    Mention.objects.bulk_create(
        Mention(record=record, membership=row) for record, row in zip(records, rows, strict=True)
    )
    runs = SyncRun.objects.bulk_create(SyncRun(started_by=place.staff["manager"]) for _ in serials)
    SyncItem.objects.bulk_create(SyncItem(run=place.run, phone=person.phone) for person in people)
    users = User.objects.bulk_create(User(username=f"员工{n}", is_staff=True) for n in serials)
    StaffRole.objects.bulk_create(
        StaffRole(user=account, community=place.community, role="viewer") for account in users
    )
    places = Community.objects.bulk_create(Community(name=f"小区{n}", platform_code=f"p{n}") for n in serials)
    assert len(runs) == len(places) == len(people)
    with connection.cursor() as cursor:  # the database's own housekeeping, which a transaction keeps away
        cursor.execute("ANALYZE")


def queries(client: Client, page: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(page).status_code == 200, page
    return len(captured)


def counted(place: Place) -> dict[tuple[str, str], int]:
    """Queries of each page that a role may read; the second visit, when sessions and kinds are known."""
    counts = {}
    for role in ("总管", "manager"):
        client = client_of(place, role)
        for page in ["/admin/", *(page for label in MODELS for page in pages_of(place, label))]:
            if client.get(page).status_code == 200:
                counts[role, page] = queries(client, page)
    return counts


@pytest.mark.once
def test_queries_do_not_grow_with_the_rows(place: Place) -> None:
    grow(place, 100, 110)
    few = counted(place)
    grow(place, 110, 1110)
    many = counted(place)
    assert {page: (few[page], many[page]) for page in many if few[page] != many[page]} == {}
    assert {page: n for page, n in many.items() if n > MOST_QUERIES} == {}


# -- what no page writes ---------------------------------------------------------------------


@pytest.mark.parametrize("label", MODELS)
def test_no_form_writes_what_has_its_own_method(place: Place, rf: Any, label: str) -> None:
    record = place.records[label]
    request = rf.get("/")
    request.user = User.objects.get(username="总管")
    form = admin.site._registry[type(record)].get_form(request, record, change=True)
    written = {
        "status",
        "upstream",
        "sources",
        "activated_at",
        "ended_at",
        "id_number",
        "phone",
        "confirmed_at",
    }
    assert not written & set(form.base_fields)


@pytest.mark.parametrize("granted", [False, True])
def test_the_petition_flag_is_shown_to_who_is_named_for_it_alone(place: Place, granted: bool) -> None:
    chief = User.objects.get(username="总管")
    if granted:
        chief.user_permissions.add(_petition_permission())
    html = login(chief).get(f"/admin/residents/resident/{place.owner.pk}/change/").content.decode()
    assert ("上访" in html) is granted


def _petition_permission() -> Any:
    return Permission.objects.get(codename="view_petition")


def test_a_history_tells_in_words_who_changed_what(place: Place) -> None:
    client = client_of(place, "clerk")
    page = f"/admin/houses/house/{place.house.pk}/change/"
    client.post(
        page,
        {"use": "1", "ownership": "", "occupancy": "5", "base_version": place.house.version, **_inline()},
    )
    html = client.get(f"/admin/houses/house/{place.house.pk}/history/").content.decode()
    assert "居住现状：由 <del>—</del> 改为 <ins>租用</ins>" in html
    assert "欧阳录入员" in html


def _inline() -> dict[str, str]:
    return {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}


def test_a_form_that_is_stale_is_refused(place: Place) -> None:
    page = f"/admin/houses/house/{place.house.pk}/change/"
    answer = client_of(place, "clerk").post(page, {"use": "1", "base_version": "0", **_inline()})
    assert "这条记录刚被修改过" in answer.content.decode()
    place.house.refresh_from_db()
    assert place.house.use is None


# -- search -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page", ["residents/resident", "houses/membership", "houses/house", "houses/finding"]
)
@pytest.mark.parametrize("kind", ["name", "tail", "number", "phone"])
def test_a_person_is_found(place: Place, page: str, kind: str) -> None:
    words = {
        "name": "欧阳业", "tail": place.owner.id_number[-4:], "number": place.owner.id_number,
        "phone": place.owner.phone,
    }  # fmt: skip
    answer = client_of(place, "viewer").post(f"/admin/{page}/search/", {"q": words[kind]}, follow=True)
    found = [row.pk for row in answer.context["cl"].result_list]
    assert found == [place.records[page.replace("/", ".")].pk]


@pytest.mark.parametrize("kind", ["id_number", "phone"])
def test_a_number_never_gets_into_a_url(place: Place, kind: str) -> None:
    number = getattr(place.owner, kind)
    client = client_of(place, "viewer")
    answer = client.post("/admin/residents/resident/search/", {"q": number})
    assert number not in answer["Location"]
    assert client.get("/admin/residents/resident/", {"q": number})["Location"] == "/admin/residents/resident/"


@pytest.mark.parametrize(
    "lookup", ["id_number", "phone__exact", "is_petitioner__isnull", "id_number__startswith"]
)
def test_no_list_is_filtered_by_a_sealed_value_in_its_address(place: Place, lookup: str) -> None:
    answer = client_of(place, "viewer").get(f"/admin/residents/resident/?{lookup}=1")
    assert answer.status_code == 400


def test_a_number_of_another_community_is_not_found(place: Place) -> None:
    client = login(user("外人"))
    StaffRole.objects.create(
        user=User.objects.get(username="外人"), community=Community.objects.get(name="司马小区"), role="clerk"
    )
    answer = client.post("/admin/residents/resident/search/", {"q": place.owner.id_number}, follow=True)
    assert list(answer.context["cl"].result_list) == []


@pytest.mark.parametrize("room", ["欧阳座-1-101", "欧阳座-1-1-101"])
def test_a_room_is_found_by_its_address(place: Place, room: str) -> None:
    answer = client_of(place, "viewer").post("/admin/houses/house/search/", {"q": room}, follow=True)
    assert [house.pk for house in answer.context["cl"].result_list] == [place.house.pk]
