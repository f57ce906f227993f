"""Every page of the workbench as every role that may open it.

Chinese, masked and labelled; a GET changes nothing; no query per row; what belongs to another
community, or to a permission that one lacks, is nowhere; what residents typed is text.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.db import connection
from django.db.models import CharField, Max
from django.db.models.functions import Length
from django.test import Client
from django.utils import timezone

from houses.choices import Role
from houses.family import Family
from houses.models import Community, Finding, House, Membership, Request, Submission
from houses.states import FindingCode
from residents.bulk import record_history
from residents.exceptions import Refused
from residents.models import AccessLog, Consent, Resident, User
from residents.upstream import Said

from .cast import LI, ZHOU_PHONE, zhous
from .factories import FindingFactory, HouseFactory, id_number
from .office import Place, login, open_office, open_place
from .pages import Outline, english, full_numbers, queries, some, source, stored, visible
from .workbench import FRAGMENTS, POST_ONLY, Bench, account_of, furnish, grow, member, routes

ROLES = ["总管", "manager", "clerk", "viewer"]
MOST_QUERIES = 20

# What a page shows does not depend on the database: a thousand rows and all roles are opened once.
pytestmark = pytest.mark.sqlite

# 付钰 as it may be typed: the search page's examples.
SPELLED = {"fuyu", "fy"}


@pytest.fixture
def bench(db: None) -> Bench:
    return furnish(open_office()[0])


def client_of(place: Place, role: str) -> Client:
    return login(place.staff[role] if role in place.staff else User.objects.get(username=role))


def opened(client: Client, bench: Bench) -> Iterator[tuple[str, str]]:
    """Every page of the workbench that this user may open, with its source."""
    for page in bench.addresses:
        answer = client.get(page)
        if answer.status_code == 200:
            yield page, source(answer)


def full_pages(bench: Bench) -> set[str]:
    """The addresses that are pages in the frame, by what stands in them."""
    left_out = {bench.fill_in(route) for route in FRAGMENTS | POST_ONLY}
    return {page for page in bench.addresses if page not in left_out}


# -- what every page is -------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_every_page_is_chinese_and_masked_and_everything_on_it_has_a_name(bench: Bench, role: str) -> None:
    framed, found = full_pages(bench), {}
    for page, html in opened(client_of(bench.place, role), bench):
        faults = {"english": english(html) - SPELLED, "numbers": full_numbers(html)}
        found[page] = {**faults, **(Outline(html).faults if page in framed else {})}
    assert len(found) > 20
    assert {page: told for page, faults in found.items() if (told := some(faults))} == {}


def test_the_manager_opens_every_page_but_the_administrators(bench: Bench) -> None:
    client = client_of(bench.place, "manager")
    pages = full_pages(bench) - {bench.fill_in("/staff/communities/<int:pk>/confirm/")}
    assert {page for page in pages if client.get(page).status_code != 200} == set()


@pytest.mark.parametrize("role", ["manager", "clerk", "viewer"])
def test_no_link_leads_to_a_closed_door(bench: Bench, role: str) -> None:
    client, led = client_of(bench.place, role), {}
    for page, html in opened(client, bench):
        for link in Outline(html).links:
            led.setdefault(link, page)
    closed = {link: page for link, page in led.items() if client.get(link).status_code in (403, 404)}
    assert len(led) > 20
    assert closed == {}


# -- what a page changes --------------------------------------------------------------------


@pytest.mark.parametrize("role", ["总管", "manager"])
def test_reading_changes_nothing(bench: Bench, role: str) -> None:
    client = client_of(bench.place, role)
    before, looks = stored(), AccessLog.objects.count()
    for page in bench.addresses:
        client.get(page)
    after = stored()
    assert {table for table in after if after[table] != before[table]} == set()
    assert AccessLog.objects.count() == looks


def test_nothing_is_posted_without_its_token(bench: Bench) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(username="总管"))
    before = stored()
    answers = {page: client.post(page, {"reason": "核对证件", "word": "删除"}) for page in bench.addresses}
    assert {page for page, answer in answers.items() if answer.status_code != 403} == set()
    assert stored() == before


# -- queries --------------------------------------------------------------------------------

FEW, MANY = 10, 1000
SOUGHT = ("住户", "zh", "000", "0-1-0-000", "13800000003")


def counted(bench: Bench, role: str) -> dict[str, int]:
    """Queries of each page that the role may read, at the second visit; and of the search."""
    client, counts = client_of(bench.place, role), {}
    for page, _ in opened(client, bench):
        counts[page] = queries(lambda page=page: client.get(page))
    for text in SOUGHT:
        counts[f"/staff/search/ ← {text}"] = queries(
            lambda text=text: client.post("/staff/search/", {"q": text})
        )
    absorb = f"/staff/residents/{bench.place.owner.pk}/absorb/"
    counts[f"{absorb} ← 住户"] = queries(lambda: client.post(absorb, {"q": "住户"}))
    return counts


def shorter(page: str) -> str:
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "…", page)


@pytest.mark.parametrize("role", ["总管", "manager"])
def test_queries_do_not_grow_with_the_rows(bench: Bench, role: str) -> None:
    grow(bench, 0, FEW)
    few = counted(bench, role)
    grow(bench, FEW, MANY)
    with connection.cursor() as cursor:  # the database's own housekeeping
        cursor.execute("ANALYZE")
    many = counted(bench, role)
    print(f"\n{role}: queries at {FEW} and at {MANY} rows")
    for page in sorted(many):
        print(f"  {few[page]:>3} {many[page]:>3}  {shorter(page)}")
    assert {page: (few[page], many[page]) for page in many if few[page] != many[page]} == {}
    assert {page: n for page, n in many.items() if n > MOST_QUERIES} == {}


# -- a person of two communities --------------------------------------------------------------


@pytest.fixture
def two_homes(db: None) -> tuple[Bench, Bench]:
    """The first community's owner lives in the second too: what happened there is called 司马 or 彼处."""
    first, second, _ = open_office()
    first.owner.refresh_from_db()  # the birth date as a date
    person, staff = first.owner, second.staff
    other = member(second.house, person, Role.TENANT, nickname="司马租", managed_by=second.owner)
    FindingFactory(membership=other, sentence="司马角色不明确。")
    record_history([other], by=staff["clerk"], why="司马登记")
    for employer in ("第一中学", "第二中学"):
        person.employer = employer
        Resident.objects.filter(pk=person.pk).update(employer=employer)
        record_history([person], by=staff["clerk"], why="司马改过", update=True)
    AccessLog.write(staff["clerk"], person.pk, AccessLog.Kind.REVEAL, fields=["phone"], reason="司马事由")
    here, there = furnish(first), furnish(second, 2)
    account = here.account
    common = {"house": second.house, "account": account, "submitted_at": timezone.now()}
    Submission.objects.create(
        membership=other, author="self", status="waiting", values={"employer": "司马公司"}, **common
    )
    Request.ask(Request.Kind.END, account, house=second.house, membership=other, text="司马搬走")
    Resident.objects.filter(pk=person.pk).update(contact=second.owner)
    return here, there


@pytest.mark.parametrize("role", ["manager", "clerk", "viewer"])
def test_a_page_shows_nothing_of_the_other_community(two_homes: tuple[Bench, Bench], role: str) -> None:
    here, _ = two_homes
    client = client_of(here.place, role)
    found = {page: told_of("司马", html) for page, html in opened(client, here) if "司马" in html}
    assert found == {}


def told_of(word: str, html: str) -> list[str]:
    """Where a page says it."""
    return re.findall(rf".{{0,30}}{word}.{{0,15}}", html)


@pytest.mark.parametrize("kind", [Request.Kind.DISPUTE, Request.Kind.ERASE])
def test_a_request_that_both_offices_see_names_no_house_of_the_other(
    two_homes: tuple[Bench, Bench], kind: str
) -> None:
    """Of a person whom both know, asked where only one of them is."""
    here, there = two_homes
    asker = account_of("同名", id_number(999), "13870009999")
    place = (
        {"house": there.place.house} if kind == Request.Kind.DISPUTE else {"community": there.place.community}
    )
    asked = Request.ask(kind, asker, resident=here.place.owner, office_only=True, **place)
    client = client_of(here.place, "manager")
    for page in ("/staff/requests/", f"/staff/requests/{asked.pk}/"):
        answer = client.get(page)
        assert told_of("司马", answer.content.decode()) == [], page


def test_what_is_found_is_of_the_own_community(two_homes: tuple[Bench, Bench]) -> None:
    here, there = two_homes
    client = client_of(here.place, "manager")
    absorb = f"/staff/residents/{here.place.owner.pk}/absorb/"
    stranger = there.place.owner
    for page in ("/staff/search/", absorb):
        for text in ("司马", stranger.id_number, stranger.phone, "司马座-1-1-101", here.place.owner.name):
            html = client.post(page, {"q": text}).content.decode()
            shown = html.replace(f'value="{text}"', "")
            assert told_of("司马", shown) == [], (page, text)


def test_records_of_the_other_community_are_not_there(two_homes: tuple[Bench, Bench]) -> None:
    """By address, by choice of the other record, and by filter."""
    here, there = two_homes
    client = client_of(here.place, "manager")
    records = {there.fill_in(route) for route in routes() if "<int:" in route or "<uuid:" in route}
    records -= {there.fill_in("/staff/communities/<int:pk>/confirm/")}
    records |= {page for page in there.variants if "community=" in page}
    records |= {f"/staff/residents/{here.place.owner.pk}/absorb/?other={there.place.owner.pk}"}
    statuses = {page: client.get(page).status_code for page in records}
    expected = {there.fill_in(route) for route in POST_ONLY}
    assert {
        page for page, status in statuses.items() if status != (405 if page in expected else 404)
    } == set()


def test_no_act_reaches_a_record_of_the_other_community(two_homes: tuple[Bench, Bench]) -> None:
    here, there = two_homes
    client = client_of(here.place, "manager")
    before = stored()
    posted = {
        "act": "accept", "reason": "核对证件", "word": "删除", "kept": "1", "other": "", "field": "phone",
        "leaving": str(there.place.membership.pk), "use": "1", "building": "9", "units": "1",
        "first_floor": "1", "last_floor": "1", "rooms": "1", "q": "司马", "why": "", "until": "",
    }  # fmt: skip
    records = {there.fill_in(route) for route in routes() if "<int:" in route or "<uuid:" in route}
    statuses = {page: client.post(page, posted).status_code for page in records}
    assert {page for page, status in statuses.items() if status not in (403, 404, 405)} == set()
    assert stored() == before


# -- the petition flag ------------------------------------------------------------------------

_TOKENS = re.compile(r'csrfmiddlewaretoken" value="\w+|x-csrftoken": "\w+')


def sources(client: Client, bench: Bench) -> dict[str, str]:
    return {page: _TOKENS.sub("", html) for page, html in opened(client, bench)}


def plant_petition(bench: Bench) -> Finding:
    """The flag, the platform's contrary word, the conflict, and the change in the history."""
    person = bench.place.owner
    person.is_petitioner = True
    person.said.put("is_petitioner", Said(value=False, rank=2, conflict=True))
    person.origin.note("is_petitioner", "platform")
    Resident.objects.filter(pk=person.pk).update(
        is_petitioner=True, upstream=person.upstream, sources=person.sources
    )
    record_history([person], why="安防同步", update=True)
    return FindingFactory(
        code=FindingCode.PLATFORM_CONFLICT,
        membership=None,
        resident=person,
        field="is_petitioner",
        sentence="上访与平台不同。",
        suggestion={"field": "is_petitioner", "value": False},
    )


@pytest.mark.parametrize("role", ["总管", "manager", "viewer"])
def test_without_its_permission_the_petition_flag_changes_no_page(bench: Bench, role: str) -> None:
    """Neither value nor finding nor count: the pages are the same to the letter."""
    client = client_of(bench.place, role)
    before = sources(client, bench)
    finding = plant_petition(bench)
    after = sources(client, bench)
    assert {page for page in after if after[page] != before[page]} == set()
    assert not [page for page, html in after.items() if "上访" in html or "is_petitioner" in html]
    settle = f"/staff/findings/{finding.pk}/"
    assert client.get(f"{settle}settle/").status_code in (403, 404)
    assert client.post(f"{settle}take/").status_code in (403, 404)


def test_with_its_permission_the_petition_flag_is_shown(bench: Bench) -> None:
    manager = bench.place.staff["manager"]
    manager.user_permissions.add(Permission.objects.get(codename="view_petition"))
    finding = plant_petition(bench)
    html = login(manager).get(bench.fill_in("/staff/members/<int:pk>/")).content.decode()
    assert "上访与平台不同。" in html
    assert login(manager).get(f"/staff/findings/{finding.pk}/settle/").status_code == 200


def test_a_finding_on_the_petition_flag_is_not_counted_after_an_act(bench: Bench) -> None:
    """补全 tells how many findings its reason left: those that the author may see."""
    plant_petition(bench)
    row = bench.place.membership
    page = f"/staff/members/{row.pk}/complete/"
    client = client_of(bench.place, "clerk")
    version = client.get(page).context["form"].version
    posted = {"base_version": version, "job_title": "教师", "reason": "已核对证件"}
    told = visible(client.post(page, posted, follow=True).content.decode())
    seen = Finding.objects.open().errors().filter(resident=row.resident_id).exclude(field="is_petitioner")
    assert "补全 1 项：工作" in told
    assert f"待核实 {seen.count()} 项" in told


def test_a_sync_of_the_petition_flag_alone_is_told_like_one_without_news(bench: Bench, platform: Any) -> None:
    client = client_of(bench.place, "manager")
    told = []
    for answer in (zhous(LI), zhous(LI), zhous(LI, people_shangfang=1)):
        platform.answers[ZHOU_PHONE] = answer
        cache.clear()
        page = visible(client.post("/staff/sync/", {"phone": ZHOU_PHONE}).content.decode())
        told.append(re.sub(r"\s+", " ", page).split("同步一个手机号")[0])
    assert Resident.objects.get(name="老周").is_petitioner
    assert told[2] == told[1]


# -- what residents type ------------------------------------------------------------------------

SCRIPT = "<script>a()</script>"
IMAGE = "\"'><img src=x onerror=a()>"
BOTH = IMAGE + SCRIPT  # as long as a name may be
LONG = "长" * 5000


def dangerous(html: str) -> list[str]:
    """Anything in a page's source that would run: a script not ours, a handler, a javascript: address."""
    outline = Outline(html)
    scripts = [src or "(inline)" for src in outline.scripts if not src.startswith("/static/")]
    links = [link for link in outline.targets if re.match(r"\s*(javascript|data):|x$", link, re.I)]
    return [*scripts, *outline.handlers, *links]


def plant(bench: Bench, text: str) -> None:
    """The text wherever a resident's, a platform's or a colleague's words are kept."""
    place = bench.place
    assert len(text) <= 50
    Resident.objects.update(name=text, registered_address=text, job_title=text, employer=text)
    Membership.objects.update(nickname=SCRIPT)
    Community.objects.filter(pk=place.community.pk).update(name=text)
    User.objects.filter(is_staff=False).update(stated_name=text)
    User.objects.filter(is_staff=True).update(last_name=text, first_name="")
    House.objects.filter(pk=place.house.pk).update(building=IMAGE, room=IMAGE)
    Request.objects.update(text=text)
    Request.objects.exclude(answer="").update(answer=text)
    Finding.objects.update(sentence=text)
    for entry in Submission.objects.all():
        values = {**entry.values, "registered_address": text, "employer": text}
        values |= {"name": text} if "name" in values else {}
        Submission.objects.filter(pk=entry.pk).update(
            values=values, note=text, reasons=dict.fromkeys(entry.reasons, text)
        )
    person = place.owner
    person.said.put("employer", Said(value=text, rank=2, conflict=True))
    person.said.put("ethnicity", Said(value="", rank=2, raw=text))
    Resident.objects.filter(pk=person.pk).update(upstream=person.upstream)
    for row in Membership.objects.filter(house=place.house):
        row.said.put("name", Said(value=text, rank=2))
        Membership.objects.filter(pk=row.pk).update(upstream=row.upstream)
    records = [*Resident.objects.filter(memberships__house=place.house), place.house]
    records += Membership.objects.filter(house=place.house)
    for record in records:
        record.refresh_from_db()
        record_history([record], by=place.staff["clerk"], why=text, update=True)


@pytest.mark.parametrize("role", ["总管", "manager"])
def test_what_was_typed_is_text_on_every_page(bench: Bench, role: str) -> None:
    plant(bench, BOTH)
    found = {page: dangerous(html) for page, html in opened(client_of(bench.place, role), bench)}
    assert {page: told for page, told in found.items() if told} == {}
    assert_shown(client_of(bench.place, role), bench)


def assert_shown(client: Client, bench: Bench) -> None:
    """The text is there, as text: a page that shows nothing proves nothing."""
    for route in ("members/<int:pk>/", "houses/<int:pk>/", "requests/<int:pk>/", "residents/<uuid:pk>/"):
        assert "<script>a()" in visible(client.get(bench.fill_in(f"/staff/{route}")).content.decode()), route


FORMS = [route for route in sorted(set(routes())) if route not in FRAGMENTS]
WRITTEN = (
    "q", "other", "reason", "note", "why", "name", "registered_address", "employer", "job_title", "building",
    "reason-employer", "reason-phone", "next", "word", "id_number", "phone", "text", "kind",
)  # fmt: skip


@pytest.mark.parametrize("text", [BOTH, LONG], ids=["script", "long"])
def test_what_is_posted_comes_back_as_text_or_is_refused(bench: Bench, text: str) -> None:
    """Every form, with the text in each of its fields; the page behind it as well."""
    chosen = {
        "act": "accept", "field": "employer", "leaving": str(bench.place.membership.pk), "units": "1",
        "first_floor": "1", "last_floor": "1", "rooms": "1", "role": "2", "household_type": "2",
    }  # fmt: skip
    client, found = client_of(bench.place, "总管"), {}
    written = dict.fromkeys(WRITTEN, text)
    for route in FORMS:
        page = "/staff/sync/" if route.startswith("/staff/sync/") else bench.fill_in(route)
        for form in (written, written | chosen, written | chosen | {"act": "waive"}):
            answer = client.post(page, form, follow=True)
            told = [str(answer.status_code)] if answer.status_code >= 500 else []
            found[route] = found.get(route, []) + told + dangerous(answer.content.decode())
    assert {route: told for route, told in found.items() if told} == {}
    assert too_long() == {}


@pytest.mark.parametrize("act", ["phone", "unlink", "identity", "lock", "unlock"])
@pytest.mark.parametrize("text", [BOTH, LONG], ids=["script", "long"])
def test_the_forms_of_an_account_too(bench: Bench, act: str, text: str) -> None:
    User.objects.filter(pk=bench.account.pk).update(resident=None if act == "identity" else bench.place.owner)
    prefix = f"{act}-{bench.account.pk}"
    posted = {f"{prefix}-{name}": text for name in ("phone", "reason", "name", "id_number")}
    page = bench.fill_in("/staff/residents/<uuid:pk>/account/")
    form = {**posted, "account": bench.account.pk, "act": act}
    answer = client_of(bench.place, "manager").post(page, form, follow=True)
    assert answer.status_code < 500 and dangerous(answer.content.decode()) == []
    assert too_long() == {}


def too_long() -> dict[str, int]:
    """Columns that hold more than they may: PostgreSQL would have refused it with an error."""
    found = {}
    for model in apps.get_models():
        fields = [one for one in model._meta.concrete_fields if type(one) is CharField and one.max_length]
        if not fields:
            continue
        longest = model._base_manager.aggregate(**{f"n_{one.name}": Max(Length(one.name)) for one in fields})
        found |= {
            f"{model.__name__}.{one.name}": longest[f"n_{one.name}"]
            for one in fields
            if (longest[f"n_{one.name}"] or 0) > (one.max_length or 0)
        }
    return found


@pytest.mark.parametrize("address", ["javascript:alert(1)", "//evil.example/"])
def test_the_way_back_leads_to_a_page_of_ours(bench: Bench, address: str) -> None:
    client, found = client_of(bench.place, "manager"), {}
    for page in {page.split("?")[0] for page in full_pages(bench)}:
        answer = client.get(page, {"next": address})
        html = answer.content.decode() if answer.status_code == 200 else ""
        found[page] = [link for link in Outline(html).targets if link.startswith(address)]
    assert {page: links for page, links in found.items() if links} == {}


@pytest.mark.parametrize("text", [SCRIPT, LONG], ids=["script", "long"])
def test_what_a_household_types_is_kept_short(db: None, text: str) -> None:
    """Refused, or cut: nothing of it breaks a page of the office."""
    bench = furnish(open_place("欧阳", 1))
    user, row = bench.account, bench.place.membership
    for kind in (Consent.Kind.NOTICE, Consent.Kind.SENSITIVE):
        Consent.give(user, kind)
    Submission.objects.all().delete()
    Membership.objects.filter(pk=row.pk).update(
        status="activated", activated_at=timezone.now(), bound_at=timezone.now()
    )
    family = Family(User.objects.get(pk=user.pk))
    for field in ("name", "registered_address", "job_title", "employer", "id_number", "phone"):
        tried(lambda field=field: family.submit(family.draft(row.pk, {field: text}).pk))
        tried(lambda field=field: family.name_member(row.house_id, {"name": "新", "role": 2, field: text}))
    tried(lambda: family.set_nickname(row.pk, text))
    tried(lambda: family.apply_for(HouseFactory(community=bench.place.community), 2, text))
    tried(lambda: family.ask_end(row.pk, text))
    tried(lambda: family.ask_erasure(text))
    tried(lambda: family.state_identity(text, text))
    assert too_long() == {}
    manager = client_of(bench.place, "manager")
    assert {page: told for page, html in opened(manager, bench) if (told := dangerous(html))} == {}


def tried(act: Callable[[], object]) -> None:
    try:
        act()
    except Refused:
        return
