"""Who may open what: each address of the site by each role, as a literal table.

The object in an address is the first community's. Columns: nobody, the system administrator,
then manager, clerk, auditor and viewer of the first community, then the same of the second.
An address without a row fails.

In the workbench 录入员 review, complete and add; 管理员 also activate, end, transfer, sync, settle and
keep accounts; 审计员 read logs and nothing else; 只读 see what can be seen and open no act. So 403 is
"not with this role", 404 "not in your communities", 405 "may act, by POST only".
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from .office import Place, Role, login, open_office
from .workbench import Bench, furnish

COLUMNS = (
    "nobody",
    "chief",
    *(f"{role}{n}" for n in (1, 2) for role in ("manager", "clerk", "auditor", "viewer")),
)

TABLE = """
/                                                    302 302 302 302 302 302 302 302 302 302
/admin/                                              302 200 200 200 200 200 200 200 200 200
/admin/(?P<app_label>residents|houses|admin|sync)/$  302 200 200 200 404 200 200 200 404 200
/admin/(?P<url>.*)$                                  302 404 404 404 404 404 404 404 404 404
/admin/admin/logentry/                               302 200 403 403 200 403 403 403 200 403
/admin/admin/logentry/<path:object_id>/              302 302 302 302 302 302 302 302 302 302
/admin/admin/logentry/<path:object_id>/change/       302 200 403 403 200 403 403 403 302 403
/admin/admin/logentry/<path:object_id>/delete/       302 403 403 403 403 403 403 403 403 403
/admin/admin/logentry/<path:object_id>/history/      302 302 302 302 302 302 302 302 302 302
/admin/admin/logentry/add/                           302 403 403 403 403 403 403 403 403 403
/admin/autocomplete/                                 302 403 403 403 403 403 403 403 403 403
/admin/houses/community/                             302 200 200 200 403 200 200 200 403 200
/admin/houses/community/<path:object_id>/            302 302 302 302 302 302 302 302 302 302
/admin/houses/community/<path:object_id>/change/     302 200 200 200 403 200 302 302 403 302
/admin/houses/community/<path:object_id>/confirm/    302 403 403 403 403 403 403 403 403 403
/admin/houses/community/<path:object_id>/delete/     302 200 403 403 403 403 403 403 403 403
/admin/houses/community/<path:object_id>/history/    302 200 200 200 404 200 404 404 404 404
/admin/houses/community/add/                         302 200 403 403 403 403 403 403 403 403
/admin/houses/finding/                               302 200 200 200 403 200 200 200 403 200
/admin/houses/finding/<path:object_id>/              302 302 302 302 302 302 302 302 302 302
/admin/houses/finding/<path:object_id>/change/       302 200 200 200 403 200 302 302 403 302
/admin/houses/finding/<path:object_id>/delete/       302 403 403 403 403 403 403 403 403 403
/admin/houses/finding/<path:object_id>/history/      302 200 200 200 302 200 302 302 302 302
/admin/houses/finding/<path:object_id>/settle/       302 200 200 403 403 403 403 403 403 403
/admin/houses/finding/add/                           302 403 403 403 403 403 403 403 403 403
/admin/houses/finding/search/                        302 302 302 302 403 302 302 302 403 302
/admin/houses/house/                                 302 200 200 200 403 200 200 200 403 200
/admin/houses/house/<path:object_id>/                302 302 302 302 302 302 302 302 302 302
/admin/houses/house/<path:object_id>/change/         302 200 200 200 403 200 302 302 403 302
/admin/houses/house/<path:object_id>/delete/         302 200 403 403 403 403 403 403 403 403
/admin/houses/house/<path:object_id>/history/        302 200 200 200 404 200 404 404 404 404
/admin/houses/house/add/                             302 200 200 200 403 403 200 200 403 403
/admin/houses/house/search/                          302 302 302 302 403 302 302 302 403 302
/admin/houses/membership/                            302 200 200 200 403 200 200 200 403 200
/admin/houses/membership/<path:object_id>/           302 302 302 302 302 302 302 302 302 302
/admin/houses/membership/<path:object_id>/activate/  302 200 200 403 403 403 403 403 403 403
/admin/houses/membership/<path:object_id>/change/    302 200 200 200 403 200 302 302 403 302
/admin/houses/membership/<path:object_id>/complete/  302 200 200 200 403 403 403 403 403 403
/admin/houses/membership/<path:object_id>/delete/    302 403 403 403 403 403 403 403 403 403
/admin/houses/membership/<path:object_id>/history/   302 200 200 200 404 200 404 404 404 404
/admin/houses/membership/<path:object_id>/review/    302 200 200 200 403 403 403 403 403 403
/admin/houses/membership/add/                        302 403 403 403 403 403 403 403 403 403
/admin/houses/membership/search/                     302 302 302 302 403 302 302 302 403 302
/admin/houses/staffrole/                             302 200 200 403 403 403 200 403 403 403
/admin/houses/staffrole/<path:object_id>/            302 302 302 302 302 302 302 302 302 302
/admin/houses/staffrole/<path:object_id>/change/     302 200 200 403 403 403 302 403 403 403
/admin/houses/staffrole/<path:object_id>/delete/     302 200 403 403 403 403 403 403 403 403
/admin/houses/staffrole/<path:object_id>/history/    302 200 200 404 404 404 404 404 404 404
/admin/houses/staffrole/add/                         302 200 403 403 403 403 403 403 403 403
/admin/jsi18n/                                       302 200 200 200 200 200 200 200 200 200
/admin/login/                                        200 302 302 302 302 302 302 302 302 302
/admin/logout/                                       302 405 405 405 405 405 405 405 405 405
/admin/password_change/                              302 200 200 200 200 200 200 200 200 200
/admin/password_change/done/                         302 200 200 200 200 200 200 200 200 200
/admin/r/<path:content_type_id>/<path:object_id>/    302 404 404 404 404 404 404 404 404 404
/admin/residents/accesslog/                          302 200 403 403 200 403 403 403 200 403
/admin/residents/accesslog/<path:object_id>/         302 302 302 302 302 302 302 302 302 302
/admin/residents/accesslog/<path:object_id>/change/  302 200 403 403 200 403 403 403 302 403
/admin/residents/accesslog/<path:object_id>/delete/  302 403 403 403 403 403 403 403 403 403
/admin/residents/accesslog/<path:object_id>/history/ 302 302 302 302 302 302 302 302 302 302
/admin/residents/accesslog/add/                      302 403 403 403 403 403 403 403 403 403
/admin/residents/resident/                           302 200 200 200 403 200 200 200 403 200
/admin/residents/resident/<path:object_id>/          302 302 302 302 302 302 302 302 302 302
/admin/residents/resident/<path:object_id>/change/   302 200 200 200 403 200 302 302 403 302
/admin/residents/resident/<path:object_id>/delete/   302 403 403 403 403 403 403 403 403 403
/admin/residents/resident/<path:object_id>/history/  302 200 200 200 404 200 404 404 404 404
/admin/residents/resident/add/                       302 403 403 403 403 403 403 403 403 403
/admin/residents/resident/search/                    302 302 302 302 403 302 302 302 403 302
/admin/residents/user/                               302 200 403 403 403 403 403 403 403 403
/admin/residents/user/<id>/password/                 302 200 403 403 403 403 403 403 403 403
/admin/residents/user/<path:object_id>/              302 302 302 302 302 302 302 302 302 302
/admin/residents/user/<path:object_id>/change/       302 200 403 403 403 403 403 403 403 403
/admin/residents/user/<path:object_id>/delete/       302 403 403 403 403 403 403 403 403 403
/admin/residents/user/<path:object_id>/history/      302 200 403 403 403 403 403 403 403 403
/admin/residents/user/add/                           302 200 403 403 403 403 403 403 403 403
/admin/search/                                       302 200 200 200 200 200 200 200 200 200
/admin/sync/platformrecord/                          302 200 200 200 403 403 200 200 403 403
/admin/sync/platformrecord/<path:object_id>/         302 302 302 302 302 302 302 302 302 302
/admin/sync/platformrecord/<path:object_id>/change/  302 200 200 200 403 403 302 302 403 403
/admin/sync/platformrecord/<path:object_id>/delete/  302 403 403 403 403 403 403 403 403 403
/admin/sync/platformrecord/<path:object_id>/history/ 302 200 200 200 302 302 302 302 302 302
/admin/sync/platformrecord/add/                      302 403 403 403 403 403 403 403 403 403
/admin/sync/platformrecord/search/                   302 302 302 302 403 403 302 302 403 403
/admin/sync/syncrun/                                 302 200 200 200 200 403 200 200 200 403
/admin/sync/syncrun/<path:object_id>/                302 302 302 302 302 302 302 302 302 302
/admin/sync/syncrun/<path:object_id>/change/         302 200 200 302 200 403 302 302 302 403
/admin/sync/syncrun/<path:object_id>/delete/         302 403 403 403 403 403 403 403 403 403
/admin/sync/syncrun/<path:object_id>/history/        302 200 200 302 200 302 302 302 302 302
/admin/sync/syncrun/add/                             302 403 403 403 403 403 403 403 403 403
/healthz                                             200 200 200 200 200 200 200 200 200 200
/readyz                                              200 200 200 200 200 200 200 200 200 200
/robots.txt                                          200 200 200 200 200 200 200 200 200 200
/staff/                                              302 200 200 200 403 200 200 200 403 200
/staff/claims/<str:kind>/<int:pk>/                   302 405 405 405 403 403 405 405 403 403
/staff/communities/                                  302 200 200 200 403 200 200 200 403 200
/staff/communities/<int:pk>/confirm/                 302 200 403 403 403 403 403 403 403 403
/staff/communities/<int:pk>/rooms/                   302 200 200 200 403 403 404 404 403 403
/staff/entries/<int:pk>/                             302 200 200 200 403 200 404 404 403 404
/staff/findings/                                     302 200 200 200 403 200 200 200 403 200
/staff/findings/<int:pk>/settle/                     302 200 200 403 403 403 404 403 403 403
/staff/findings/<int:pk>/take/                       302 405 405 403 403 403 405 403 403 403
/staff/grid/<int:community>/                         302 200 200 200 403 200 404 404 403 404
/staff/houses/<int:pk>/                              302 200 200 200 403 200 404 404 403 404
/staff/houses/<int:pk>/add/                          302 200 200 200 403 403 404 404 403 403
/staff/houses/<int:pk>/code.svg                      302 200 200 200 403 200 404 404 403 404
/staff/houses/<int:pk>/edit/                         302 200 200 200 403 403 404 404 403 403
/staff/houses/<int:pk>/transfer/                     302 200 200 403 403 403 404 403 403 403
/staff/members/<int:pk>/                             302 200 200 200 403 200 404 404 403 404
/staff/members/<int:pk>/activate/                    302 200 200 403 403 403 404 403 403 403
/staff/members/<int:pk>/complete/                    302 200 200 200 403 403 404 404 403 403
/staff/members/<int:pk>/end/                         302 200 200 403 403 403 404 403 403 403
/staff/members/<int:pk>/invite/                      302 200 200 200 403 403 404 404 403 403
/staff/members/<int:pk>/lease/                       302 200 200 200 403 403 404 404 403 403
/staff/members/<int:pk>/reopen/                      302 200 200 403 403 403 404 403 403 403
/staff/queues/<str:queue>/                           302 200 200 200 403 200 200 200 403 200
/staff/queues/<str:queue>/onward/                    302 302 302 302 403 302 302 302 403 302
/staff/requests/                                     302 200 200 200 403 200 200 200 403 200
/staff/requests/<int:pk>/                            302 200 200 200 403 200 404 404 403 404
/staff/residents/<uuid:pk>/                          302 200 200 200 403 200 404 404 403 404
/staff/residents/<uuid:pk>/absorb/                   302 200 200 403 403 403 404 403 403 403
/staff/residents/<uuid:pk>/account/                  302 200 200 403 403 403 404 403 403 403
/staff/residents/<uuid:pk>/erase/                    302 200 200 403 403 403 404 403 403 403
/staff/residents/<uuid:pk>/photo.jpg                 302 403 403 403 403 403 404 404 403 403
/staff/residents/<uuid:pk>/photo/                    302 200 200 200 403 403 404 404 403 403
/staff/residents/<uuid:pk>/photo/remove/             302 200 200 200 403 403 404 404 403 403
/staff/residents/<uuid:pk>/reveal/                   302 405 405 405 403 403 405 405 403 403
/staff/search/                                       302 200 200 200 403 200 200 200 403 200
/staff/submissions/<int:pk>/approve/                 302 405 405 405 403 403 405 405 403 403
/staff/submissions/<int:pk>/return/                  302 200 200 200 403 403 404 404 403 403
/staff/sync/                                         302 200 200 403 403 403 200 403 403 403
/staff/sync/community/<int:pk>/                      302 200 200 403 403 403 404 403 403 403
/staff/sync/house/<int:pk>/                          302 405 405 403 403 403 405 403 403 403
/staff/sync/list/                                    302 302 302 403 403 403 302 403 403 403
/staff/sync/nightly/<int:pk>/                        302 405 405 403 403 403 405 403 403 403
/staff/sync/recent/                                  302 200 200 200 200 403 200 200 200 403
/staff/sync/runs/                                    302 200 200 403 403 403 200 403 403 403
/staff/sync/runs/<int:pk>/                           302 200 200 403 403 403 404 403 403 403
/staff/sync/runs/<int:pk>/cancel/                    302 405 405 403 403 403 405 403 403 403
/staff/sync/runs/<int:pk>/changes/                   302 200 200 403 403 403 404 403 403 403
/staff/sync/runs/<int:pk>/failures/                  302 200 200 403 403 403 404 403 403 403
/staff/sync/runs/<int:pk>/progress/                  302 200 200 403 403 403 404 403 403 403
/staff/sync/runs/<int:pk>/resume/                    302 405 405 403 403 403 405 403 403 403
/staff/sync/runs/<int:pk>/retry/                     302 405 405 403 403 403 405 403 403 403
"""

STATUS = {
    route: dict(zip(COLUMNS, map(int, statuses), strict=True))
    for route, *statuses in (line.split() for line in TABLE.strip().splitlines())
}


def routes(patterns: Any = None, before: str = "") -> Iterator[str]:
    """Every address but the household's, which have a table of their own (test_my_by_role), and the API's,
    which knows no roles (test_api_fuzz, test_api_privacy)."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and not route.startswith(("my/", "api/")):
            yield f"/{route}"


def address(route: str, place: Place) -> str:
    """The route with the first community's records in it."""
    if route.startswith("/staff/"):
        return furnish(place).fill_in(route)
    if route in ACTS:
        return route.replace("<path:object_id>", str(ACTS[route](furnish(place))))
    if "(?P<" in route:
        return route.replace("(?P<url>.*)$", "nowhere").split("(")[0] + "houses/" * ("app_label" in route)
    kind = ".".join(route.split("/")[2:4])
    key = str(place.records[kind].pk) if kind in place.records else "1"
    for part in ("<path:object_id>", "<id>", "<path:content_type_id>"):
        route = route.replace(part, key)
    return route


# Open only while there is something to do.
ACTS: dict[str, Callable[[Bench], int]] = {
    "/admin/houses/membership/<path:object_id>/activate/": lambda bench: bench.ready.pk,
    "/admin/houses/membership/<path:object_id>/review/": lambda bench: bench.place.membership.pk,
}


def clients(office: tuple[Any, ...]) -> dict[str, Client]:
    first, second, chief = office
    found = {"nobody": Client(), "chief": login(chief)}
    for n, place in enumerate((first, second), start=1):
        found |= {f"{role.value}{n}": login(place.staff[role]) for role in Role}
    return found


@pytest.mark.parametrize("route", sorted(set(routes())))
def test_each_role_gets_what_the_table_says(db: None, route: str) -> None:
    office = open_office()
    everybody = clients(office)
    page = address(route, office[0])
    answers = {name: everybody[name].get(page) for name in COLUMNS}
    assert {name: answer.status_code for name, answer in answers.items()} == STATUS[route]
    for name in COLUMNS[-4:]:
        body = answers[name].content.decode() if answers[name].status_code == 200 else ""
        assert not [planted for planted in office[0].names if planted in body], name


@pytest.mark.parametrize("role", [*COLUMNS[1:6]])
def test_home_is_where_a_role_may_work(db: None, role: str) -> None:
    client = clients(open_office())[role]
    answer = client.get("/", follow=True)
    home = "/admin/" if role == "auditor1" else "/staff/"
    assert (answer.redirect_chain, answer.status_code) == ([(home, 302)], 200)


def test_who_is_not_logged_in_comes_back_to_the_page_asked_for(db: None) -> None:
    answer = Client().get("/staff/queues/review/?community=1")
    assert answer["Location"] == "/admin/login/?next=/staff/queues/review/%3Fcommunity%3D1"


def test_a_household_opens_nothing_of_the_office(db: None) -> None:
    bench = furnish(open_office()[0])
    client = login(bench.account)
    assert {page: client.get(page).status_code for page in bench.addresses} == dict.fromkeys(
        bench.addresses, 403
    )


def test_the_table_names_no_address_that_is_gone() -> None:
    assert set(STATUS) == set(routes())
