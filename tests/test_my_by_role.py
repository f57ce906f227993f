"""Who may open what below `/my/`: each address by each kind of visitor, as a literal table.

The object in an address is of 老周's household: his wife 李梅, an entry of his, an application to his
house. Columns: nobody; staff without a verified phone; somebody signed in who agreed to nothing yet;
one who said who they are and lives nowhere; the owner; his tenant; a neighbour; a locked account.
302 leads to what is missing first, 404 is "not yours", 403 a locked account, 405 "by POST only".
An address without a row fails.
"""

import pytest

from .my_home import Home, furnish, routes

COLUMNS = ("nobody", "staff", "fresh", "newcomer", "owner", "tenant", "neighbour", "locked")

TABLE = """
/my/                                           302 302 302 200 200 200 200 403
/my/apply/                                     302 302 302 200 200 200 200 403
/my/confirm/<int:pk>/                          302 302 302 302 302 302 302 403
/my/consent/                                   302 302 200 302 302 302 302 403
/my/entries/<int:pk>/                          302 302 302 404 302 404 404 403
/my/entries/<int:pk>/<slug:step>/              302 302 302 404 200 404 404 403
/my/entries/<int:pk>/check/                    302 302 302 404 200 404 404 403
/my/entries/<int:pk>/discard/                  302 302 302 405 405 405 405 403
/my/house/<str:key>/                           302 302 302 200 302 302 200 403
/my/houses/<int:pk>/add/                       302 302 302 404 200 200 404 403
/my/invitation/<str:token>/                    200 200 200 200 200 200 200 200
/my/login/                                     200 302 302 302 302 302 302 302
/my/login/code/                                302 302 302 302 302 302 302 302
/my/logout/                                    405 405 405 405 405 405 405 405
/my/match/                                     302 302 302 200 200 200 200 403
/my/me/                                        302 302 200 200 200 200 200 403
/my/me/consents/                               302 302 200 200 200 200 200 403
/my/me/consents/<int:pk>/withdraw/             302 302 405 405 405 405 405 403
/my/me/dispute/                                302 302 302 200 200 200 200 403
/my/me/download.json                           302 302 405 405 405 405 405 403
/my/me/download.xlsx                           302 302 405 405 405 405 405 403
/my/me/erase/                                  302 302 302 200 200 200 200 403
/my/me/everywhere/                             302 302 405 405 405 405 405 403
/my/me/phone/                                  302 302 302 200 200 200 200 403
/my/me/phone/code/                             302 302 302 302 302 302 302 403
/my/me/phone/new/                              302 302 302 302 302 302 302 403
/my/me/phone/new/code/                         302 302 302 302 302 302 302 403
/my/me/record/                                 302 302 302 200 200 200 200 403
/my/members/<int:pk>/                          302 302 302 404 200 404 404 403
/my/members/<int:pk>/fill/                     302 302 302 404 302 404 404 403
/my/members/<int:pk>/fill/<slug:step>/         302 302 302 404 200 404 404 403
/my/members/<int:pk>/fill/check/               302 302 302 404 200 404 404 403
/my/members/<int:pk>/invite/                   302 302 302 404 200 404 404 403
/my/members/<int:pk>/leave/                    302 302 302 404 200 404 404 403
/my/members/<int:pk>/nickname/                 302 302 302 404 404 404 404 403
/my/members/<int:pk>/photo.jpg                 302 302 302 404 200 404 404 403
/my/members/<int:pk>/photo/                    302 302 302 404 200 404 404 403
/my/notice/                                    200 200 200 200 200 200 200 200
/my/notice/<str:kind>/                         200 200 200 200 200 200 200 200
/my/notice/<str:kind>/<int:version>/           200 200 200 200 200 200 200 200
/my/phone/                                     302 200 302 302 302 302 302 403
/my/phone/code/                                302 302 302 302 302 302 302 403
/my/requests/                                  302 302 302 200 200 200 200 403
/my/requests/<int:pk>/answer/                  302 302 302 302 302 302 302 403
/my/sync/                                      302 302 302 302 302 302 302 403
/my/who/                                       302 302 302 200 200 200 200 403
"""

STATUS = {
    route: dict(zip(COLUMNS, map(int, statuses), strict=True))
    for route, *statuses in (line.split() for line in TABLE.strip().splitlines())
}


@pytest.fixture
def home(db: None) -> Home:
    return furnish()


def found(home: Home, route: str) -> dict[str, int]:
    return {name: client.get(home.fill_in(route)).status_code for name, client in home.doors.items()}


@pytest.mark.parametrize("route", sorted(set(routes())))
def test_each_visitor_gets_what_the_table_says(home: Home, route: str) -> None:
    assert found(home, route) == STATUS[route]


def test_the_table_names_no_address_that_is_gone() -> None:
    assert set(STATUS) == set(routes())
