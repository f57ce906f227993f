"""邀请: whoever invites, and whoever opens the link, with an account and without one
(houses/household/invitation.py)."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from houses.choices import Role
from houses.family import Family
from houses.models import Guesses, Invitation, Membership, Request, Submission
from houses.models.invitation import GUESSES_A_DAY, TRIES
from houses.states import EndReason
from residents.exceptions import Refusal
from residents.models import Attempt, Consent, Resident, User
from tests.attackers import (
    Home,
    account,
    at_home,
    chens_home,
    member,
    person,
    sees_nothing,
    stranger,
    zhous_home,
)
from tests.cast import CHEN_ID, LI_ID, LI_PHONE, XIAO_ID
from tests.factories import FindingFactory, id_number
from tests.household import everything
from tests.my import door
from tests.pages import english, full_numbers, visible

from .reading import checked, read, send, words

pytestmark = pytest.mark.django_db

LAST_SIX = LI_ID[-6:]
CHILD_ID = id_number(2, born="20200110")
NAMES = ("老周", "李梅", "小周", "王租")


@pytest.fixture
def home() -> Home:
    """李梅's record has two gaps, one of which is sensitive."""
    home = zhous_home()
    Resident.objects.filter(pk=home.wife.resident_id).update(registered_address="", ethnicity="")
    Membership.objects.restate([Resident.objects.get(pk=home.wife.resident_id)])
    return home


@pytest.fixture
def token(home: Home) -> str:
    return home.family.invite(home.wife.pk)[1]


def invite(home: Home, row: Membership, **values: Any) -> Any:
    return send(home.owners, "my:invite", row.pk, **values)


def told(answer: Any) -> str:
    return " ".join(visible(checked(answer)).split())


def record(row: Membership) -> Resident:
    return Resident.objects.get(pk=row.resident_id)


# -- whoever invites -----------------------------------------------------------------------


def test_an_invitation_is_explained_before_it_is_made(home: Home) -> None:
    shown = words(home.owners, "my:invite", home.wife.pk)
    assert "72 小时内有效，只能用一次" in shown and "证件号码的后六位" in shown and "作废" in shown
    assert not Invitation.objects.exists()


def test_the_link_is_shown_once_with_a_code_and_a_text_to_copy(home: Home) -> None:
    answer = invite(home, home.wife)
    html = answer.content.decode()
    link = re.search(r"http://testserver(/my/invitation/([\w-]+)/)", html)
    assert link and Invitation.objects.get().key == Invitation.key_of(link[2])
    assert "<svg" in html and 'data-copy="invitation"' in html and "只显示这一次" in html
    assert f"李梅您好，老周请您核对并补全 {home.house.community} {home.house.address}" in html
    assert link[2] not in read(home.owners, "my:invite", home.wife.pk)


def test_the_page_with_the_link_is_kept_by_no_browser_and_carries_no_style(home: Home) -> None:
    answer = invite(home, home.wife)
    html = re.sub(r"http://testserver/my/invitation/[\w-]+/", "", answer.content.decode())
    assert "no-store" in answer["Cache-Control"]
    assert "style=" not in html and "<script>" not in html
    assert (english(html), full_numbers(html)) == (set(), [])


def test_a_live_invitation_is_told_and_taken_back(home: Home, token: str) -> None:
    assert "撤回这份邀请" in words(home.owners, "my:invite", home.wife.pk)
    answer = invite(home, home.wife, act="revoke")
    assert answer.redirect_chain == [(reverse("my:invite", args=[home.wife.pk]), 302)]
    assert "邀请已撤回" in told(answer) and not Invitation.objects.live().exists()


def test_there_is_nothing_to_take_back_twice(home: Home) -> None:
    assert Refusal.INVITATION_DEAD.label in told(invite(home, home.wife, act="revoke"))


def test_a_new_invitation_ends_the_older_one(home: Home, token: str) -> None:
    invite(home, home.wife)
    assert Invitation.objects.live().exclude(key=Invitation.key_of(token)).count() == 1


@pytest.mark.parametrize("whose", ["tenant", "strangers"])
def test_of_others_there_is_no_page(home: Home, whose: str) -> None:
    row = chens_home() if whose == "strangers" else home.tenant
    assert door(home.owners).get(reverse("my:invite", args=[row.pk])).status_code == 404
    assert invite(home, row).status_code == 404 and not Invitation.objects.exists()


def refused_to_invite(home: Home, row: Membership, refusal: Refusal) -> bool:
    """Told on the page before, and where it is tried all the same."""
    answer = invite(home, row)
    shown = words(home.owners, "my:invite", row.pk)
    assert "生成邀请" not in shown and not Invitation.objects.exists()
    return answer.status_code == 422 and refusal.label in told(answer) and refusal.label in shown


def test_nobody_invites_oneself(home: Home) -> None:
    assert refused_to_invite(home, home.owner, Refusal.NOT_INVITABLE)


def test_whose_number_is_not_known_is_not_invited(home: Home) -> None:
    Resident.objects.filter(pk=home.wife.resident_id).update(id_number="")
    assert refused_to_invite(home, home.wife, Refusal.NOT_INVITABLE)


def test_whose_record_one_does_not_see_is_not_invited_and_the_office_is_named(home: Home) -> None:
    Membership.objects.filter(pk=home.tenant.pk).update(managed_by=home.owner.resident)
    assert refused_to_invite(home, home.tenant, Refusal.UNSEEN)
    assert "请联系物业邀请，或请本人直接登录。" in words(home.owners, "my:invite", home.tenant.pk)
    assert "邀请本人填写" not in words(home.owners, "my:member", home.tenant.pk)


def test_who_has_an_account_is_not_invited(home: Home) -> None:
    at_home(home.wife)
    assert refused_to_invite(home, home.wife, Refusal.NOT_INVITABLE)


def test_who_manages_the_own_data_is_not_invited(home: Home) -> None:
    Resident.objects.filter(pk=home.wife.resident_id).update(self_managed_since=timezone.now())
    assert refused_to_invite(home, home.wife, Refusal.SELF_MANAGED)


# -- whoever opens the link ----------------------------------------------------------------


@pytest.fixture
def visitor() -> Client:
    """A browser in which nobody is signed in."""
    return Client()


def at(token: str) -> str:
    return reverse("my:invitation", args=[token])


def post(client: Client, token: str, act: str = "open", last_six: str = LAST_SIX, **values: Any) -> Any:
    return client.post(at(token), {"act": act, "last_six": last_six, **values}, follow=True)


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_crawler_that_opens_the_link_uses_nothing_up(home: Home, token: str, method: str) -> None:
    before = everything()
    for _ in range(TRIES + 1):
        assert getattr(Client(), method)(at(token)).status_code == 200
    assert everything() == before and Invitation.objects.live().exists()


def test_the_page_behind_a_link_shows_nothing_of_anybody(home: Home, token: str, visitor: Client) -> None:
    shown = told(visitor.get(at(token)))
    assert not [name for name in (*NAMES, home.house.address) if name in shown]
    assert "用手机号登录" in shown and "先不登录，直接填写" in shown


def test_a_link_that_never_was_looks_the_same(token: str, visitor: Client) -> None:
    html = [visitor.get(at(one)).content.decode().replace(one, "") for one in (token, "nothing")]
    true, false = (re.sub(r'value="\w{64}"', "", page) for page in html)
    assert true == false


def test_the_page_is_kept_by_no_browser(token: str, visitor: Client) -> None:
    assert "no-store" in visitor.get(at(token))["Cache-Control"]


def test_whoever_signs_in_comes_back_to_the_link(token: str, visitor: Client) -> None:
    way_in = f"{reverse('account:login')}?{urlencode({'next': at(token)})}"
    assert f'href="{way_in}"' in visitor.get(at(token)).content.decode()


def dead(home: Home, token: str, how: str) -> str:
    live = Invitation.objects.filter(key=Invitation.key_of(token))
    ends = {
        "used": {"used_at": timezone.now()},
        "revoked": {"revoked_at": timezone.now()},
        "over": {"expires_at": timezone.now() - timedelta(seconds=1)},
        "tried out": {"tries": TRIES},
    }
    if how == "moved out":
        home.office.end(home.wife.pk, EndReason.MOVED_OUT)
    live.update(**ends.get(how, {}))
    return "x" if how == "unknown" else token


@pytest.mark.parametrize("act", ["open", "fill", "bind"])
@pytest.mark.parametrize("how", ["used", "revoked", "over", "tried out", "moved out", "unknown"])
def test_a_dead_link_is_told_alike_and_writes_nothing(home: Home, token: str, act: str, how: str) -> None:
    token, wife = dead(home, token, how), stranger("李梅", LI_ID)
    client, before = (door(wife) if act == "bind" else Client()), everything()
    answer = post(client, token, act, notice="on", registered_address="河北省")
    assert (answer.status_code, everything()) == (422, before)
    assert Refusal.INVITATION_DEAD.label in told(answer)


@pytest.mark.parametrize("act", ["open", "fill"])
def test_wrong_digits_are_counted_and_end_the_link(home: Home, token: str, visitor: Client, act: str) -> None:
    for tries in range(1, TRIES + 1):
        assert Refusal.INVITATION_DIGITS.label in told(post(visitor, token, act, "000000", notice="on"))
        assert Invitation.objects.get().tries == tries
    assert Refusal.INVITATION_DEAD.label in told(post(visitor, token, act))


def test_when_the_guesses_of_the_day_are_used_up_that_is_told(
    home: Home, token: str, visitor: Client
) -> None:
    Guesses.objects.create(membership=home.wife, day=timezone.localdate(), count=GUESSES_A_DAY)
    answer = post(visitor, token)
    assert answer.status_code == 429 and "请明天再试，或到物业办理" in told(answer)


def test_wrong_digits_show_nothing(home: Home, token: str, visitor: Client) -> None:
    shown = told(post(visitor, token, last_six="000000"))
    assert not [name for name in (*NAMES, home.house.address) if name in shown]


@pytest.mark.parametrize("last_six", ["", " "])
def test_without_digits_no_try_is_counted(token: str, visitor: Client, last_six: str) -> None:
    assert post(visitor, token, last_six=last_six).status_code == 422
    assert Invitation.objects.get().tries == 0


def test_a_form_of_another_site_opens_nothing(home: Home, token: str) -> None:
    assert post(Client(enforce_csrf_checks=True), token).status_code == 403


# -- with an account -----------------------------------------------------------------------


def test_whoever_has_an_account_is_bound_and_led_to_the_gaps(home: Home, token: str) -> None:
    wife = stranger("李梅", LI_ID)
    answer = post(door(wife), token, "bind")
    assert answer.redirect_chain[0] == (reverse("my:fill", args=[home.wife.pk]), 302)
    assert "还差：民族、户籍地址。补全后激活。" in told(answer)
    wife.refresh_from_db()
    assert (wife.resident, Invitation.objects.get().used_by) == (home.wife.resident, wife)


def test_whose_record_is_complete_is_activated_at_once(home: Home) -> None:
    Resident.objects.filter(pk=home.son.resident_id).update(phone=LI_PHONE)
    token = home.family.invite(home.son.pk)[1]
    answer = post(door(stranger("小周", XIAO_ID)), token, "bind", XIAO_ID[-6:].lower())
    assert answer.redirect_chain == [(reverse("my:home"), 302)] and "您已激活" in told(answer)
    assert Membership.objects.get(pk=home.son.pk).status == "activated"


def test_a_link_binds_once(home: Home, token: str) -> None:
    client = door(stranger("李梅", LI_ID))
    post(client, token, "bind")
    answer = post(client, token, "bind")
    assert answer.status_code == 422 and Refusal.INVITATION_DEAD.label in told(answer)


def test_who_did_not_say_who_it_is_says_it_first_and_comes_back(home: Home, token: str) -> None:
    client = door(account("13800000019"))
    way_in = f"{reverse('my:who')}?{urlencode({'next': at(token)})}"
    assert f'href="{way_in}"' in client.get(at(token)).content.decode()
    answer = client.post(at(token), {"act": "bind", "last_six": LAST_SIX, "next": at(token)})
    assert (answer.status_code, answer["Location"]) == (302, way_in)
    assert Invitation.objects.get().tries == 0 and Invitation.objects.live().exists()


def test_who_took_back_the_notice_agrees_first(home: Home, token: str) -> None:
    wife = stranger("李梅", LI_ID)
    Family(wife).withdraw_consent(Consent.Kind.NOTICE)
    answer = door(wife).post(at(token), {"act": "bind", "last_six": LAST_SIX})
    assert answer["Location"].startswith(reverse("account:consent")) and sees_nothing(wife)


def test_somebody_else_is_not_bound_and_the_link_stays(home: Home, token: str) -> None:
    other = stranger("陈新", CHEN_ID)
    answer = post(door(other), token, "bind")
    assert answer.status_code == 422 and Refusal.IDENTITY_MISMATCH.label in told(answer)
    assert "李梅" not in told(answer) and sees_nothing(other) and Invitation.objects.live().exists()


def test_while_the_number_is_in_question_the_link_binds_nobody(home: Home, token: str) -> None:
    FindingFactory(code="id_shared", membership=None, resident=home.wife.resident, field="id_number")
    answer = post(door(stranger("李梅", LI_ID)), token, "bind")
    assert answer.status_code == 422 and Refusal.LINK_BLOCKED.label in told(answer)
    assert Invitation.objects.live().exists()


def test_while_a_dispute_is_open_the_link_binds_nobody(home: Home, token: str) -> None:
    Request.ask(Request.Kind.DISPUTE, home.owners, resident=home.wife.resident, office_only=True)
    wife = stranger("李梅", LI_ID)
    answer = post(door(wife), token, "bind")
    assert answer.status_code == 422 and Refusal.LINK_BLOCKED.label in told(answer)
    assert sees_nothing(wife) and Invitation.objects.live().exists()


def test_an_account_that_is_somebody_else_is_not_bound(home: Home, token: str) -> None:
    wife = stranger("李梅", LI_ID)
    User.objects.filter(pk=wife.pk).update(resident=chens_home().resident)
    answer = post(door(wife), token, "bind")
    assert answer.status_code == 422 and Refusal.ALREADY_LINKED.label in told(answer)


def test_an_account_does_not_try_link_after_link(home: Home, token: str) -> None:
    wife = stranger("李梅", LI_ID)
    for _ in range(Attempt.LIMITS[Attempt.Kind.INVITATION]):
        Attempt.spend(wife, Attempt.Kind.INVITATION)
    assert Refusal.TOO_MANY.label in told(post(door(wife), token, "bind"))


def test_nothing_that_is_posted_makes_one_somebody_else(home: Home, token: str) -> None:
    other = stranger("陈新", CHEN_ID)
    stolen = {"resident": str(home.wife.resident_id), "wechat_openid": "o", "stated_name": "李梅"}
    post(door(other), token, "bind", **stolen)
    other.refresh_from_db()
    assert (other.resident, other.wechat_openid, other.stated_name) == (None, None, "陈新")


# -- without an account --------------------------------------------------------------------

REST = {"registered_address": "河北省秦皇岛市", "ethnicity": "01"}


def fill(client: Client, token: str, **values: Any) -> Any:
    return post(client, token, "fill", **{"notice": "on", "sensitive": "on", **REST, **values})


def test_the_digits_open_the_own_fields_alone(home: Home, token: str, visitor: Client) -> None:
    shown = told(post(visitor, token))
    assert "李梅" in shown and "户籍地址" in shown and "还差" in shown
    assert not [name for name in ("老周", "小周", "王租", home.house.address) if name in shown]


def test_numbers_stand_masked_and_nothing_is_ticked(home: Home, token: str, visitor: Client) -> None:
    html = checked(post(visitor, token))
    assert f"1{'*' * 16}2" in html and "138****0002" in html and LI_ID not in html
    assert not re.search(r'type="checkbox"[^>]*checked', html)
    assert "上访" not in html


def test_whoever_only_looks_uses_nothing_up(home: Home, token: str, visitor: Client) -> None:
    before = everything()
    for _ in range(TRIES + 1):
        assert post(visitor, token).status_code == 200
    assert everything() == before


def test_what_is_filled_in_reaches_the_record_and_activates_nothing(
    home: Home, token: str, visitor: Client
) -> None:
    answer = fill(visitor, token)
    assert answer.redirect_chain == [(f"{at(token)}?done=applied", 302)]
    assert "谢谢" in told(answer) and "已经登记" in told(answer) and "登录" in told(answer)
    row = Membership.objects.get(pk=home.wife.pk)
    assert (record(row).registered_address, record(row).ethnicity) == ("河北省秦皇岛市", "01")
    assert (row.status, row.bound_at) == ("completed", None)


def test_what_changes_a_value_waits_for_the_office(home: Home, token: str, visitor: Client) -> None:
    answer = fill(visitor, token, phone="13800000055")
    assert answer.redirect_chain == [(f"{at(token)}?done=waiting", 302)]
    assert "等待物业核对" in told(answer) and Submission.objects.get().status == "waiting"


def test_a_link_is_filled_once(home: Home, token: str, visitor: Client) -> None:
    fill(visitor, token)
    answer = fill(visitor, token, registered_address="别处")
    assert answer.status_code == 422 and Refusal.INVITATION_DEAD.label in told(answer)
    assert record(home.wife).registered_address == "河北省秦皇岛市"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"phone": "123"}, "请输入 11 位手机号。"),
        ({"registered_address": "我的电话13800000019"}, "请不要填写证件号码或手机号"),
        ({"ethnicity": "99"}, "选择"),
        ({"id_number": "110105198205120021"}, "证件号码有误"),
        ({"notice": ""}, "请阅读后勾选"),
        ({"sensitive": ""}, Refusal.CONSENT_MISSING.label),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_the_link_stays(
    home: Home, token: str, visitor: Client, wrong: dict[str, str], sentence: str
) -> None:
    before = everything()
    answer = fill(visitor, token, job_title="医生", **wrong)
    html = answer.content.decode()
    assert (answer.status_code, everything()) == (422, before)
    assert re.search(f'<p class="wrong" role="alert">[^<]*{sentence}', html)
    assert 'value="医生"' in html and f'value="{LAST_SIX}"' in html and english(html) == set()


def test_a_mistake_is_mended_and_handed_in(home: Home, token: str, visitor: Client) -> None:
    fill(visitor, token, phone="123")
    fill(visitor, token)
    assert record(home.wife).ethnicity == "01" and Invitation.objects.get().used_at


def test_without_the_separate_consent_the_rest_is_taken(home: Home, token: str, visitor: Client) -> None:
    answer = fill(visitor, token, sensitive="", ethnicity="")
    assert "谢谢" in told(answer)
    entry = Submission.objects.get()
    assert (entry.values, entry.consent_version) == ({"registered_address": "河北省秦皇岛市"}, None)


def test_who_types_nothing_is_told_and_the_link_stays(home: Home, token: str, visitor: Client) -> None:
    answer = post(visitor, token, "fill", notice="on")
    assert answer.status_code == 422 and Refusal.NOTHING_TYPED.label in told(answer)
    assert Invitation.objects.live().exists()


def test_nothing_but_the_own_fields_is_taken(home: Home, token: str, visitor: Client) -> None:
    others = Resident.objects.exclude(pk=home.wife.resident_id).order_by("pk")
    before = list(others.values())
    fill(visitor, token, is_petitioner="1", role="1", resident=home.son.resident_id, status="activated")
    assert set(Submission.objects.get().values) == set(REST)
    assert list(others.values()) == before
    assert Membership.objects.get(pk=home.wife.pk).role == Role.WIFE


def test_the_digits_stand_in_no_address_and_no_session(home: Home, token: str, visitor: Client) -> None:
    answers = [post(visitor, token), fill(visitor, token, phone="123"), fill(visitor, token)]
    assert LAST_SIX not in str([answer.redirect_chain for answer in answers])
    assert not visitor.session.items()


def test_who_manages_the_own_data_is_not_filled_for(home: Home, token: str, visitor: Client) -> None:
    Resident.objects.filter(pk=home.wife.resident_id).update(self_managed_since=timezone.now())
    for act in ("open", "fill"):
        assert Refusal.INVITATION_DEAD.label in told(post(visitor, token, act, notice="on", **REST))


def test_whoever_is_signed_in_as_another_may_fill_in_all_the_same(home: Home, token: str) -> None:
    """The son's phone, and the mother beside him."""
    client = door(stranger("小周", XIAO_ID))
    assert "不绑定，只填写资料" in told(client.get(at(token)))
    assert "谢谢" in told(fill(client, token))
    assert Submission.objects.get().account is None


# -- a child -------------------------------------------------------------------------------


@pytest.fixture
def childs(home: Home) -> str:
    child = person("周小小", CHILD_ID, "", registered_address="")
    row = member(home.house, child, Role.DAUGHTER, managed_by=home.owner.resident)
    return home.family.invite(row.pk)[1]


def fill_child(client: Client, token: str, **values: Any) -> Any:
    about = {"registered_address": "河北省", "notice": "on", **values}
    return post(client, token, "fill", CHILD_ID[-6:], **about)


def test_of_a_child_the_guardian_is_asked(childs: str, visitor: Client) -> None:
    html = checked(post(visitor, childs, last_six=CHILD_ID[-6:]))
    assert 'name="guardian"' in html and reverse("account:text", args=["guardian"]) in html
    answer = fill_child(visitor, childs)
    assert answer.status_code == 422
    wrong = f'<p class="wrong" role="alert">{Refusal.GUARDIAN_CONSENT.label}</p>'
    assert wrong in answer.content.decode() and Invitation.objects.live().exists()


def test_with_the_guardians_consent_a_childs_record_is_filled_in(childs: str, visitor: Client) -> None:
    assert "谢谢" in told(fill_child(visitor, childs, guardian="on"))
    assert Submission.objects.get().guardian_version == Consent.VERSIONS[Consent.Kind.GUARDIAN]


def test_of_a_grown_up_no_guardian_is_asked(token: str, visitor: Client) -> None:
    assert 'name="guardian"' not in checked(post(visitor, token))
