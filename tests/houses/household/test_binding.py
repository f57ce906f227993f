"""By match and by application: what the pages tell, and what they do not (houses/household/binding.py)."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.signing import Signer
from django.test import Client
from django.urls import reverse
from django.utils.http import urlencode

from houses.choices import Role
from houses.family import Family
from houses.models import House, Membership, Request
from houses.qr import key_of_room
from residents.exceptions import Refusal
from residents.models import Attempt, Resident, User
from tests.attackers import (
    STRANGERS_PHONE,
    Home,
    account,
    at_home,
    chens_home,
    member,
    sees_nothing,
    stranger,
    zhous_home,
)
from tests.cast import CHEN_ID, LI_ID, LI_PHONE, XIAO_ID
from tests.factories import CommunityFactory, FindingFactory, HouseFactory, UserFactory, id_number
from tests.household import everything
from tests.my import door
from tests.pages import visible

from .reading import checked, read, send, words

pytestmark = pytest.mark.django_db

WAITING = "已提交，等待业主或物业确认。"
CONFIRM = "这是我家，确认绑定"
NOBODYS_ID = id_number(77, born="19700101")


@pytest.fixture
def home() -> Home:
    return zhous_home()


@pytest.fixture
def wife(home: Home) -> User:
    """Her record holds the phone with which she signed in."""
    return account(LI_PHONE, "李梅", LI_ID)


def told(answer: Any) -> str:
    return " ".join(visible(checked(answer)).split())


def reread(row: Membership) -> Membership:
    return Membership.objects.get(pk=row.pk)


def without_tokens(answer: Any) -> str:
    return re.sub(r'(name="csrfmiddlewaretoken" value=)"\w+"', r"\1", answer.content.decode())


# -- by match ------------------------------------------------------------------------------


def test_the_search_is_explained_before_it_is_made(home: Home) -> None:
    shown = words(stranger("李梅", LI_ID), "my:match")
    assert "不论有没有找到" in shown and "申请加入房屋" in shown


def test_whose_phone_the_record_holds_is_shown_the_house_and_the_role(home: Home, wife: User) -> None:
    shown = words(wife, "my:match")
    assert f"{home.house.community} {home.house.address}" in shown
    assert "关系是“妻子”" in shown and CONFIRM in shown


def test_a_search_leads_back_to_the_page_so_that_it_may_be_loaded_again(home: Home, wife: User) -> None:
    answer = send(wife, "my:match")
    assert answer.redirect_chain == [(reverse("my:match"), 302)]
    assert WAITING in told(answer) and CONFIRM in told(answer)
    assert Attempt.objects.get(account=wife, kind=Attempt.Kind.MATCH).count == 1


def test_right_name_and_number_from_another_phone_show_nothing(home: Home) -> None:
    thief = stranger("李梅", LI_ID)
    answer = send(thief, "my:match")
    assert WAITING in told(answer) and CONFIRM not in told(answer)
    assert home.house.address not in checked(answer) and sees_nothing(thief)


def test_a_match_and_no_match_give_the_same_page(home: Home) -> None:
    users = stranger("李梅", LI_ID), account("13800000019", "没有人", NOBODYS_ID)
    answers = [send(user, "my:match") for user in users]
    assert Request.objects.count() == 1
    assert without_tokens(answers[0]) == without_tokens(answers[1])
    assert answers[0].redirect_chain == answers[1].redirect_chain


def test_a_match_and_no_match_leave_the_same_home_and_requests(home: Home) -> None:
    thief, nobody = stranger("李梅", LI_ID), account("13800000019", "没有人", NOBODYS_ID)
    for user in (thief, nobody):
        send(user, "my:match")
    for page in ("my:home", "my:requests", "my:match"):
        assert words(thief, page) == words(nobody, page)


def test_the_owner_is_asked_with_everything_filled_in(home: Home) -> None:
    send(stranger("李梅", LI_ID), "my:match")
    assert home.family.requests.get().membership == home.wife


def test_too_many_searches_are_told(home: Home, wife: User) -> None:
    for _ in range(Attempt.LIMITS[Attempt.Kind.MATCH]):
        Attempt.spend(wife, Attempt.Kind.MATCH)
    answer = send(wife, "my:match")
    assert answer.status_code == 429 and Refusal.TOO_MANY.label in told(answer)


# -- 这是我家 --------------------------------------------------------------------------------


def test_who_confirms_is_bound_and_activated(home: Home, wife: User) -> None:
    answer = send(wife, "my:confirm", home.wife.pk)
    assert answer.redirect_chain == [(reverse("my:home"), 302)]
    assert "您已激活" in told(answer) and "老周" in told(answer)
    assert (reread(home.wife).status, reread(home.wife).activated_by_account) == ("activated", True)


def test_who_confirms_with_a_gap_is_led_to_fill_it(home: Home, wife: User) -> None:
    Resident.objects.filter(pk=home.wife.resident_id).update(ethnicity="")
    answer = send(wife, "my:confirm", home.wife.pk)
    assert answer.redirect_chain[0] == (reverse("my:fill", args=[home.wife.pk]), 302)
    assert "还差：民族。补全后激活。" in told(answer)


def test_a_confirmation_is_a_tap_and_no_link(home: Home, wife: User) -> None:
    client, before = door(wife), everything()
    assert client.get(reverse("my:confirm", args=[home.wife.pk])).status_code == 302
    assert client.head(reverse("my:confirm", args=[home.wife.pk])).status_code == 302
    assert everything() == before


@pytest.mark.parametrize("whose", ["owner", "wife", "tenant"])
def test_what_is_not_ones_own_is_not_there_to_confirm(home: Home, whose: str) -> None:
    client, before = door(stranger("李梅", LI_ID)), everything()
    answer = client.post(reverse("my:confirm", args=[getattr(home, whose).pk]))
    assert (answer.status_code, everything()) == (404, before)


def test_what_is_bound_is_not_confirmed_again(home: Home) -> None:
    assert send(home.owners, "my:confirm", home.owner.pk).status_code == 404


def test_while_the_number_is_in_question_nothing_is_bound(home: Home, wife: User) -> None:
    FindingFactory(code="id_shared", membership=None, resident=home.wife.resident, field="id_number")
    answer = send(wife, "my:confirm", home.wife.pk)
    assert (answer.status_code, reread(home.wife).bound_at) == (422, None)
    assert Refusal.LINK_BLOCKED.label in told(answer) and "到物业" in told(answer)


def test_while_a_dispute_is_open_nothing_is_bound(home: Home, wife: User) -> None:
    Request.ask(Request.Kind.DISPUTE, UserFactory(), resident=home.wife.resident, office_only=True)
    answer = send(wife, "my:confirm", home.wife.pk)
    assert (answer.status_code, reread(home.wife).bound_at) == (422, None)
    assert Refusal.LINK_BLOCKED.label in told(answer)


def test_an_account_that_is_somebody_else_is_not_bound(home: Home, wife: User) -> None:
    User.objects.filter(pk=wife.pk).update(resident=chens_home().resident)
    answer = send(wife, "my:confirm", home.wife.pk)
    assert (answer.status_code, reread(home.wife).bound_at) == (422, None)
    assert Refusal.ALREADY_LINKED.label in told(answer)


def test_nothing_that_is_posted_makes_one_somebody_else(home: Home) -> None:
    thief = stranger("李梅", LI_ID)
    stolen = {"resident": str(home.wife.resident_id), "wechat_openid": "o", "phone": LI_PHONE}
    send(thief, "my:match", **stolen)
    assert send(thief, "my:confirm", home.wife.pk, **stolen).status_code == 404
    assert sees_nothing(thief) and thief.wechat_openid is None


# -- by application: the address is typed --------------------------------------------------


@pytest.fixture
def newcomer(home: Home) -> User:
    return stranger("陈新", CHEN_ID)


def where(house: House, **changes: Any) -> dict[str, Any]:
    """The form for this house, as one types it."""
    parts = {part: getattr(house, part) for part in House.PARTS}
    return {
        "community": house.community_id,
        **parts,
        "role": Role.TENANT,
        "text": "租住在这里",
        **changes,
    }


def test_an_application_asks_nothing_that_is_chosen_already(newcomer: User) -> None:
    shown = read(newcomer, "my:apply")
    assert " checked" not in shown and "请选择" in shown
    assert shown.count('type="radio"') == len(Role) - 1 and "包括租客的家人" in shown


def test_only_confirmed_communities_are_there_to_choose(home: Home, newcomer: User) -> None:
    unknown = CommunityFactory(name="无名小区", confirmed_at=None)
    shown = read(newcomer, "my:apply")
    assert home.house.community.name in shown and "无名小区" not in shown
    answer = send(newcomer, "my:apply", **where(HouseFactory(community=unknown)))
    assert answer.status_code == 422 and not Request.objects.exists()


def test_an_application_waits_and_shows_nothing(home: Home, newcomer: User) -> None:
    answer = send(newcomer, "my:apply", **where(home.house))
    request = home.family.requests.get()
    assert (request.account, request.role, request.text) == (newcomer, Role.TENANT, "租住在这里")
    assert answer.redirect_chain == [(reverse("my:home"), 302)]
    assert WAITING in told(answer) and "老周" not in told(answer) and sees_nothing(newcomer)


@pytest.mark.parametrize(
    "typed",
    [
        {"building": "1号楼", "unit": "1单元", "floor": "1层", "room": "101室"},
        {"building": "０１", "unit": " 1 ", "floor": "", "room": "１０１"},
        {"building": "1栋", "unit": "1", "floor": "1", "room": "101号"},
    ],
    ids=["words", "no floor", "others"],
)
def test_an_address_in_any_spelling_is_found(newcomer: User, typed: dict[str, str]) -> None:
    house = HouseFactory(room="101")
    send(newcomer, "my:apply", **where(house, **typed))
    assert Request.objects.get().house == house


def test_a_floor_that_the_books_do_not_know_tells_no_houses_apart(newcomer: User) -> None:
    house = HouseFactory(floor="", room="808")
    send(newcomer, "my:apply", **where(house, floor="8"))
    assert Request.objects.get().house == house


def test_a_room_on_two_floors_has_to_be_told_apart(newcomer: User) -> None:
    first = HouseFactory(floor="1", room="1")
    HouseFactory(floor="2", room="1", community=first.community)
    assert send(newcomer, "my:apply", **where(first, floor="")).status_code == 422
    send(newcomer, "my:apply", **where(first))
    assert Request.objects.get().house == first


def test_a_house_that_is_not_on_the_books_is_told_neutrally_and_what_was_typed_stays(
    home: Home, newcomer: User
) -> None:
    answer = send(newcomer, "my:apply", **where(home.house, room="9999"))
    assert answer.status_code == 422 and "没有找到这套房屋，请核对" in told(answer)
    assert 'value="9999"' in checked(answer) and "租住在这里" in checked(answer)
    assert not Request.objects.exists()


def test_rooms_are_not_tried_out_one_after_the_other(home: Home, newcomer: User) -> None:
    for number in range(Attempt.LIMITS[Attempt.Kind.APPLY]):
        send(newcomer, "my:apply", **where(home.house, room=f"9{number}"))
    for room in (home.house.room, "999"):
        answer = send(newcomer, "my:apply", **where(home.house, room=room))
        assert answer.status_code == 429 and Refusal.TOO_MANY.label in told(answer)
    assert not Request.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"role": ""}, "请选择与业主的关系。"),
        ({"role": "1"}, "请从列表中选择。"),
        ({"role": "99"}, "请从列表中选择。"),
        ({"text": " "}, Refusal.REASON_MISSING.label),
        ({"text": "我的电话13800000019"}, "请不要填写证件号码或手机号"),
        ({"community": ""}, "请选择小区。"),
        ({"community": "x"}, "请从列表中选择。"),
        ({"room": ""}, "请填写。"),
    ],
)
def test_what_is_wrong_in_an_application_is_told_at_its_field(
    home: Home, newcomer: User, wrong: dict[str, str], sentence: str
) -> None:
    answer = send(newcomer, "my:apply", **where(home.house, **wrong))
    assert (answer.status_code, Request.objects.count()) == (422, 0)
    assert re.search(f'<p class="wrong" role="alert">[^<]*{sentence}', answer.content.decode())


def test_the_same_application_waits_once(home: Home, newcomer: User) -> None:
    send(newcomer, "my:apply", **where(home.house))
    answer = send(newcomer, "my:apply", **where(home.house))
    assert answer.status_code == 422 and Refusal.ALREADY_ASKED.label in told(answer)


def test_who_lives_there_does_not_apply(home: Home) -> None:
    answer = send(home.owners, "my:apply", **where(home.house))
    assert answer.status_code == 422 and Refusal.ALREADY_BOUND.label in told(answer)


def test_an_application_after_a_match_tells_nothing_of_it(home: Home) -> None:
    thief = stranger("李梅", LI_ID)
    send(thief, "my:match")
    there, elsewhere = (
        send(thief, "my:apply", **where(house, role=Role.WIFE)) for house in (home.house, HouseFactory())
    )
    assert there.redirect_chain == elsewhere.redirect_chain and WAITING in told(there)


# -- by application: the code at the door ---------------------------------------------------


@pytest.fixture
def room(home: Home) -> str:
    """What the code at the door of 老周's house carries."""
    return key_of_room(home.house.pk)


def test_the_code_of_a_room_shows_its_address_and_nothing_else(home: Home, room: str, newcomer: User) -> None:
    shown = words(newcomer, "my:house", room)
    assert f"申请加入 {home.house.community} {home.house.address}" in shown
    assert not [name for name in ("老周", "李梅", "小周", "王租") if name in shown]


def test_an_application_by_the_code_is_for_that_house(home: Home, room: str, newcomer: User) -> None:
    values = {"role": Role.OTHER, "text": "新来的", "community": "1", "room": "9"}
    answer = send(newcomer, "my:house", room, **values)
    assert Request.objects.get().house == home.house and WAITING in told(answer)


def test_who_is_at_home_there_is_led_home(home: Home, room: str) -> None:
    assert door(home.owners).get(reverse("my:house", args=[room]))["Location"] == reverse("my:home")


def no_room(user: User, key: str) -> bool:
    sent = send(user, "my:house", key, role=Role.OTHER, text="新来的")
    return door(user).get(reverse("my:house", args=[key])).status_code == sent.status_code == 404


def test_there_is_no_house_behind_another_number(newcomer: User) -> None:
    unknown = HouseFactory(community=CommunityFactory(confirmed_at=None))
    for key in (unknown.pk, 999999):
        assert no_room(newcomer, key_of_room(key))
    assert not Request.objects.exists()


FORGED: dict[str, Callable[[House], str]] = {
    "bare number": lambda house: str(house.pk),
    "another room's": lambda house: str(house.pk) + key_of_room(house.pk + 1).removeprefix(str(house.pk + 1)),
    "signed elsewhere": lambda house: Signer(salt="elsewhere").sign(str(house.pk)),
    "nothing signed": lambda house: f"{house.pk}:",
    "no number": lambda house: "²",
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_nobody_walks_through_the_rooms_by_number(home: Home, newcomer: User, forge: Any) -> None:
    assert no_room(newcomer, forge(home.house)) and not Request.objects.exists()


def test_whoever_scans_a_code_signs_in_first_and_comes_back(room: str) -> None:
    there = reverse("my:house", args=[room])
    answer = Client().get(there)
    assert answer["Location"] == f"{reverse('account:login')}?{urlencode({'next': there})}"


def test_who_did_not_say_who_it_is_applies_for_nothing(home: Home) -> None:
    nobody = account(STRANGERS_PHONE)
    for page in ("my:match", "my:apply"):
        answer = door(nobody).post(reverse(page), where(home.house))
        assert answer.status_code == 302 and answer["Location"].startswith(reverse("my:who"))
    assert not Request.objects.exists()


@pytest.mark.parametrize("act", ["my:match", "my:apply"])
def test_reading_writes_nothing_whatever_waits(home: Home, wife: User, act: str) -> None:
    son = stranger("小周", XIAO_ID)
    Family(son).match()
    for user in (wife, son, at_home(member(HouseFactory(), home.tenant.resident, Role.SELF))):
        read(user, act)
