"""One code, one WeChat, sent by many at the same moment."""

from collections import Counter
from collections.abc import Callable
from itertools import count

import pytest

from residents import sign_in
from residents.models import Device, User
from tests.api import Program
from tests.cast import ZHOU_PHONE
from tests.residents.test_sms_races import MANY, at_once
from tests.wechat_server import Wechat

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

OPENID = "o6_bmjrPTlm6_2sgVt7hMZOPfL2M"


@pytest.fixture(autouse=True)
def _from_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each from an address of its own: no throttle stands between them."""
    numbers = count(1)
    monkeypatch.setattr("residents.api.throttles.client_address", lambda request: f"10.0.0.{next(numbers)}")


def test_one_code_sent_by_many_is_taken_once(outbox: list[tuple[str, str]]) -> None:
    request = Program().post("/auth/sms/", {"phone": ZHOU_PHONE}).json()["request"]
    sent = {"request": request, "code": outbox[-1][1]}
    statuses: list[int] = []
    at_once(*[lambda: statuses.append(Program().post("/auth/sms/login/", sent).status_code)] * MANY)
    assert Counter(statuses) == {201: 1, 409: MANY - 1}
    assert (User.objects.count(), Device.objects.count()) == (1, 1)


def enter(wechat: Wechat, openid: str, phone: str) -> Callable[[], object]:
    code, phone_code = wechat.opens(openid), wechat.gives(phone)
    return lambda: sign_in.admitted_by_wechat(code, phone_code)


def test_a_new_wechat_that_enters_twenty_times_is_one_account(wechat: Wechat) -> None:
    told = at_once(*[enter(wechat, OPENID, ZHOU_PHONE) for _ in range(MANY)])
    assert told == {"done": MANY}
    assert [(user.phone, user.wechat_openid) for user in User.objects.all()] == [(ZHOU_PHONE, OPENID)]


def test_a_wechat_that_comes_with_many_phones_is_known_to_one_account(wechat: Wechat) -> None:
    told = at_once(*[enter(wechat, OPENID, f"139000000{n:02}") for n in range(MANY)])
    assert told == {"done": MANY}
    assert User.objects.filter(wechat_openid=OPENID).count() == 1


def test_many_wechats_of_one_phone_leave_it_with_one(wechat: Wechat) -> None:
    told = at_once(*[enter(wechat, f"openid-{n}", ZHOU_PHONE) for n in range(MANY)])
    assert (told, User.objects.count()) == ({"done": MANY}, 1)


def test_one_code_of_wechats_sent_by_many_is_taken_once(wechat: Wechat) -> None:
    sent = {"code": wechat.opens(OPENID), "phone_code": wechat.gives(ZHOU_PHONE)}
    statuses: list[int] = []
    at_once(*[lambda: statuses.append(Program().post("/auth/wechat/", sent).status_code)] * MANY)
    assert Counter(statuses) == {201: 1, 422: MANY - 1}
    assert Device.objects.count() == 1
