"""我的资料: what is stored of me, correcting it, erasing it."""

import pytest
from django.urls import reverse
from django.utils import timezone

from houses.choices import Role
from houses.family import Family
from houses.models import Membership, Request
from residents.models import Resident, User
from tests.attackers import Home, at_home, member, stranger, zhous_home
from tests.cast import CHEN_ID, LI_ID, LI_PHONE, WANG_ID, XIAO_ID, ZHOU_ID, ZHOU_PHONE
from tests.factories import HouseFactory
from tests.household import everything, fresh, login
from tests.my import door
from tests.pages import full_numbers

from .reading import checked, read, send, words

pytestmark = pytest.mark.django_db

ASKS = [("my:dispute", {"text": "民族应为满族"}, "dispute"), ("my:erase", {"sure": "on"}, "erase")]


@pytest.fixture
def home() -> Home:
    return zhous_home()


# -- what is stored of me ------------------------------------------------------------------


def test_everybody_reads_the_own_record_with_its_sources(home: Home) -> None:
    shown = words(home.owners, "my:record")
    assert "姓名 老周 建档时登记" in shown and "证件号码 1****************2" in shown
    assert "登录手机号 138****0001" in shown and "只有您和物业可以查看和修改" in shown


def test_the_houses_stand_with_role_and_state(home: Home) -> None:
    shown = words(home.owners, "my:record")
    assert f"{home.house.community} {home.house.address} 本人 · 业主 ● 已激活" in shown


def test_where_one_lived_stands_too(home: Home) -> None:
    other = member(HouseFactory(), home.owner.resident, Role.SELF)
    other.end("sold")
    html = read(home.owners, "my:record")
    assert other.house.address in html and "迁出（房屋已售）" in html
    assert reverse("my:member", args=[other.pk]) not in html


def test_who_may_fill_for_one_is_named(home: Home) -> None:
    Resident.objects.filter(pk=home.wife.resident_id).update(ethnicity="")
    wife = at_home(home.wife)
    assert "您激活之前，老周可以代您查看和填写资料。" in read(wife, "my:record")


def test_a_manager_whom_one_does_not_see_is_not_named(home: Home) -> None:
    wife = login(home.wife.resident)
    html = read(wife, "my:record")
    assert "同住的家人可以代您查看" in html and "老周" not in html


def test_the_own_numbers_are_shown_in_full_on_request(home: Home) -> None:
    client, address = door(home.owners), reverse("my:record")
    before = everything()
    answer = client.post(address)
    assert answer.status_code == 200 and everything() == before
    assert set(full_numbers(answer.content.decode())) == {ZHOU_ID, ZHOU_PHONE}
    assert answer["Cache-Control"] == "no-store"


def test_nobody_elses_numbers_are_in_it(home: Home) -> None:
    html = door(home.owners).post(reverse("my:record")).content.decode()
    assert not [number for number in (LI_ID, LI_PHONE, XIAO_ID, WANG_ID) if number in html]


def test_what_only_the_office_keeps_is_not_in_it(home: Home) -> None:
    Resident.objects.filter(pk=home.owner.resident_id).update(is_petitioner=True)
    assert "上访" not in door(home.owners).post(reverse("my:record")).content.decode()


def test_an_account_without_a_record_reads_what_it_said_of_itself(home: Home) -> None:
    shown = words(stranger("陈五", CHEN_ID), "my:record")
    assert "自报姓名 陈五" in shown and "还没有与登记资料绑定" in shown and "汉族" not in shown


def test_without_a_house_the_record_is_still_ones_own(home: Home) -> None:
    home.office.end(home.owner.pk, "moved_out")
    assert "姓名 老周" in words(home.owners, "my:record")


def test_from_here_one_gets_to_all_the_other_rights(home: Home) -> None:
    html = read(home.owners, "my:record")
    names = (
        "my:download_json",
        "my:download_xlsx",
        "my:dispute",
        "my:erase",
        "account:consents",
        "my:requests",
    )
    assert all(reverse(name) in html for name in names)
    assert reverse("my:fill", args=[home.owner.pk]) in html


# -- correcting and erasing ----------------------------------------------------------------


@pytest.mark.parametrize(("name", "values", "kind"), ASKS)
def test_a_right_is_asked_for_and_waits_for_the_office(
    home: Home, name: str, values: dict[str, str], kind: str
) -> None:
    answer = send(home.owners, name, **values)
    assert "等待物业" in checked(answer) and answer.redirect_chain == [(reverse("my:record"), 302)]
    asked = Request.objects.get()
    assert (asked.kind, asked.resident, asked.office_only) == (kind, home.owner.resident, True)


@pytest.mark.parametrize(("name", "values", "kind"), ASKS)
def test_while_it_waits_that_is_shown_instead_of_the_form(
    home: Home, name: str, values: dict[str, str], kind: str
) -> None:
    send(home.owners, name, **values)
    html = read(home.owners, name)
    assert "正在等待物业答复" in html and "<form" not in html.split("<main")[1]
    answer = send(home.owners, name, **values)
    assert answer.status_code == 422 and "同样的申请正在等待答复。" in checked(answer)


@pytest.mark.parametrize(("name", "values", "kind"), ASKS)
def test_who_is_linked_to_no_record_is_sent_to_the_office(
    home: Home, name: str, values: dict[str, str], kind: str
) -> None:
    user = stranger("陈五", CHEN_ID)
    assert "到物业办理" in read(user, name)
    assert send(user, name, **values).status_code == 422 and not Request.objects.exists()


@pytest.mark.parametrize(("name", "values", "kind"), ASKS)
def test_a_locked_account_asks_for_nothing(home: Home, name: str, values: dict[str, str], kind: str) -> None:
    User.objects.filter(pk=home.owners.pk).update(locked_at=timezone.now())
    assert send(User.objects.get(pk=home.owners.pk), name, **values).status_code == 403


def test_an_answered_request_opens_the_form_again(home: Home) -> None:
    home.office.answer(home.family.dispute("民族应为满族").pk, accept=False, reason="已核实，登记无误")
    assert "提交给物业核实" in read(home.owners, "my:dispute")


def test_a_dispute_says_what_is_wrong(home: Home) -> None:
    answer = send(home.owners, "my:dispute", text=" ")
    assert answer.status_code == 422 and "请写明原因。" in checked(answer)


def test_a_dispute_carries_no_number_and_stays_typed(home: Home) -> None:
    text = f"号码应为 {LI_ID}"
    answer = send(home.owners, "my:dispute", text=text)
    assert answer.status_code == 422 and text in answer.content.decode() and not Request.objects.exists()


def test_what_one_may_change_alone_is_pointed_to(home: Home) -> None:
    assert reverse("my:fill", args=[home.owner.pk]) in read(home.owners, "my:dispute")


def test_an_erasure_is_explained_and_ticked(home: Home) -> None:
    html = read(home.owners, "my:erase")
    assert "不能恢复" in html and "帐号同时删除" in html and "checked" not in html
    answer = send(home.owners, "my:erase", text="不再居住")
    assert answer.status_code == 422 and "请先勾选" in checked(answer) and not Request.objects.exists()


def test_asking_for_erasure_changes_nothing_yet(home: Home) -> None:
    send(home.owners, "my:erase", sure="on", text="不再居住")
    assert fresh(home.owner).is_open and Request.objects.get().text == "不再居住"
    assert Membership.objects.filter(resident=home.owner.resident).exists()


def test_a_dispute_of_the_phone_waits_in_the_same_place(home: Home) -> None:
    """It was opened by a check of this account: asked again it would only be the same."""
    wife = at_home(home.wife)
    Request.ask(Request.Kind.DISPUTE, wife, office_only=True, text="自报的姓名和证件号码与手机号的登记不符。")
    html = read(wife, "my:dispute")
    assert "正在等待物业答复" in html and "登记不符" not in html


def test_a_wifes_record_is_hers(home: Home) -> None:
    wife = at_home(home.wife)
    Family(wife).set_nickname(home.wife.pk, "孩儿他妈")
    shown = words(wife, "my:record")
    assert "姓名 李梅" in shown and "昵称 孩儿他妈" in shown and "老周" not in shown
