"""Who may open what: each address of the site by each role, as a literal table.

The object in an address is the first community's. Columns: nobody, the system administrator,
then manager, clerk, auditor and viewer of the first community, then the same of the second.
An address without a row fails.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from .office import Place, Role, login, open_office

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
/admin/houses/membership/<path:object_id>/change/    302 200 200 200 403 200 302 302 403 302
/admin/houses/membership/<path:object_id>/delete/    302 403 403 403 403 403 403 403 403 403
/admin/houses/membership/<path:object_id>/history/   302 200 200 200 404 200 404 404 404 404
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
"""

STATUS = {
    route: dict(zip(COLUMNS, map(int, statuses), strict=True))
    for route, *statuses in (line.split() for line in TABLE.strip().splitlines())
}


def routes(patterns: Any = None, before: str = "") -> Iterator[str]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield f"/{route}"


def address(route: str, place: Place) -> str:
    """The route with the first community's records in it."""
    if "(?P<" in route:
        return route.replace("(?P<url>.*)$", "nowhere").split("(")[0] + "houses/" * ("app_label" in route)
    kind = ".".join(route.split("/")[2:4])
    key = str(place.records[kind].pk) if kind in place.records else "1"
    for part in ("<path:object_id>", "<id>", "<path:content_type_id>"):
        route = route.replace(part, key)
    return route


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


def test_the_table_names_no_address_that_is_gone() -> None:
    assert set(STATUS) == set(routes())
