"""申请: what an account may answer and how, and what it asked for."""

import pytest
from django.urls import reverse
from django.utils import timezone

from houses import findings
from houses.choices import Role
from houses.family import Family
from houses.models import Finding, Membership, Request
from houses.states import FindingCode, Status
from residents.models import User
from tests.attackers import Home, at_home, person, stranger, zhous_home
from tests.cast import CHEN_ID, CHEN_PHONE, LI_ID
from tests.factories import FindingFactory, MembershipFactory
from tests.household import everything, fresh, visitor
from tests.my import door

from .reading import checked, read, send, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def home() -> Home:
    return zhous_home()


@pytest.fixture
def chen() -> User:
    return visitor("陈五", CHEN_ID, CHEN_PHONE)


@pytest.fixture
def asked(home: Home, chen: User) -> Request:
    return Family(chen).apply_for(home.house, Role.TENANT, "租住")


def matched(home: Home) -> Request:
    """李梅 with another phone: that she was found is told to 老周 alone."""
    Family(stranger("李梅", LI_ID)).match()
    return Request.objects.get()


# -- to answer -----------------------------------------------------------------------------


def test_an_owner_reads_who_wants_what_and_what_a_yes_does(home: Home, asked: Request) -> None:
    shown = words(home.owners, "my:requests")
    assert "陈* 申请以“租客”的身份加入您的房屋。 说明：租住" in shown
    assert "同意后，陈* 成为这套房屋的租客" in shown and "陈五" not in shown


def test_a_relative_will_see_the_family_in_brief_and_the_owner_is_told(home: Home, chen: User) -> None:
    Family(chen).apply_for(home.house, Role.SON, "回家住")
    assert "能看到家人的称呼、关系和状态" in words(home.owners, "my:requests")


def test_of_a_member_it_is_said_that_they_will_manage_themselves(home: Home) -> None:
    matched(home)
    shown = words(home.owners, "my:requests")
    assert "说自己是李梅（妻子）" in shown and "您不能再查看和修改" in shown


def test_a_yes_is_one_tap(home: Home, asked: Request) -> None:
    answer = send(home.owners, "my:answer", asked.pk, act="accept")
    assert "已同意" in checked(answer) and answer.redirect_chain == [(reverse("my:requests"), 302)]
    assert fresh(asked).status == "accepted"
    assert Membership.objects.filter(house=home.house, resident__name="陈五").exists()


def test_a_member_who_is_let_in_is_activated(home: Home) -> None:
    send(home.owners, "my:answer", matched(home).pk, act="accept")
    assert fresh(home.wife).status == Status.ACTIVATED


def test_a_no_has_its_reason(home: Home, asked: Request) -> None:
    answer = send(home.owners, "my:answer", asked.pk, act="refuse", reason=" ")
    html = checked(answer)
    assert answer.status_code == 422 and "请写明原因。" in html and "<details open>" in html
    assert fresh(asked).status == "open"


def test_a_no_is_told_with_its_reason(home: Home, asked: Request, chen: User) -> None:
    assert "已答复不同意" in checked(send(home.owners, "my:answer", asked.pk, act="refuse", reason="不认识"))
    assert "✕ 未同意 说明：租住 业主答复：不认识" in words(chen, "my:requests")


def test_a_reason_carries_no_number_and_stays_typed(home: Home, asked: Request) -> None:
    text = "电话 13800000001"
    answer = send(home.owners, "my:answer", asked.pk, act="refuse", reason=text)
    assert answer.status_code == 422 and text in answer.content.decode()


def test_the_wrong_no_is_told_at_its_own_request_alone(home: Home, asked: Request) -> None:
    second = visitor("陈丫", "110105197506060081", "13800000055")
    Family(second).apply_for(home.house, Role.DAUGHTER, "回家住")
    html = send(home.owners, "my:answer", asked.pk, act="refuse").content.decode()
    assert html.count("<details") == 2 and html.count("<details open>") == 1


def test_without_a_word_nothing_is_answered(home: Home, asked: Request) -> None:
    assert send(home.owners, "my:answer", asked.pk).status_code == 422
    assert fresh(asked).status == "open"


def test_a_request_is_answered_once(home: Home, asked: Request) -> None:
    home.office.answer(asked.pk, accept=False, reason="信息与证件不符")
    for values in ({"act": "accept"}, {"act": "refuse", "reason": "不认识"}):
        assert "这项申请已经答复过。" in checked(send(home.owners, "my:answer", asked.pk, **values))
    assert fresh(asked).answer == "信息与证件不符"


def test_somebody_who_came_on_the_books_elsewhere_is_left_to_the_office(home: Home, asked: Request) -> None:
    MembershipFactory(resident=person("陈五", CHEN_ID, "13700000009"))
    assert "没有找到这条记录。" in checked(send(home.owners, "my:answer", asked.pk, act="accept"))
    assert fresh(asked).status == "open" and "没有等您答复的申请" in read(home.owners, "my:requests")


def test_a_number_that_is_in_question_is_not_linked(home: Home) -> None:
    request = matched(home)
    MembershipFactory(resident__id_number=LI_ID)
    findings.refresh(residents=[home.wife.resident_id])
    html = checked(send(home.owners, "my:answer", request.pk, act="accept"))
    assert "这份资料有待物业核实，核实后才能绑定。" in html and fresh(request).status == "open"


def test_what_an_applicant_wrote_is_text(home: Home, chen: User) -> None:
    Family(chen).apply_for(home.house, Role.TENANT, "<script>租住</script>")
    assert "说明：&lt;script&gt;租住" in door(home.owners).get(reverse("my:requests")).content.decode()


def test_a_link_answers_nothing(home: Home, asked: Request) -> None:
    client = door(home.owners)
    before = everything()
    answer = client.get(reverse("my:answer", args=[asked.pk]))
    assert (answer.status_code, everything()) == (302, before)


@pytest.mark.parametrize("who", ["wife", "tenant", "son"])
def test_only_the_owner_answers(home: Home, asked: Request, who: str) -> None:
    row: Membership = getattr(home, who)
    if not row.resident.phone:
        type(row.resident).objects.filter(pk=row.resident_id).update(phone="13800000012")
        row.refresh_from_db()
    user = at_home(row)
    assert "陈*" not in read(user, "my:requests")
    assert send(user, "my:answer", asked.pk, act="accept").status_code == 404


def test_an_applicant_does_not_answer_for_the_owner(home: Home, asked: Request, chen: User) -> None:
    assert send(chen, "my:answer", asked.pk, act="accept").status_code == 404


def test_while_two_owners_contradict_each_other_neither_answers(home: Home, asked: Request) -> None:
    Finding.objects.all().delete()
    FindingFactory(code=FindingCode.SECOND_OWNER, membership=home.owner)
    assert "陈*" not in read(home.owners, "my:requests")
    assert send(home.owners, "my:answer", asked.pk, act="accept").status_code == 404


def test_a_locked_account_answers_nothing(home: Home, asked: Request) -> None:
    User.objects.filter(pk=home.owners.pk).update(locked_at=timezone.now())
    answer = send(User.objects.get(pk=home.owners.pk), "my:answer", asked.pk, act="accept")
    assert answer.status_code == 403 and fresh(asked).status == "open"


# -- asked ---------------------------------------------------------------------------------


def test_what_one_asked_for_stands_with_its_state(home: Home, asked: Request, chen: User) -> None:
    shown = words(chen, "my:requests")
    assert f"申请加入房屋 {home.house.community} {home.house.address} ◆ 待答复" in shown


def test_the_office_answers_as_the_office(home: Home, asked: Request, chen: User) -> None:
    home.office.answer(asked.pk, accept=False, reason="信息与证件不符")
    assert "物业答复：信息与证件不符" in words(chen, "my:requests")


def test_a_match_that_waits_is_not_told(home: Home) -> None:
    request = matched(home)
    shown = words(request.account, "my:requests")
    assert "您还没有提出过申请" in shown and home.house.address not in shown


def test_a_member_is_named_while_one_sees_them(home: Home) -> None:
    asked = home.family.ask_end(home.son.pk, "去外地上学")
    assert "小周（儿子）" in words(home.owners, "my:requests")
    home.office.answer(asked.pk, accept=True, reason="已与本人确认")
    assert "小周" not in read(home.owners, "my:requests")


def test_what_a_check_wrote_is_not_the_askers_to_read(home: Home, chen: User) -> None:
    text = "自报的姓名和证件号码与手机号的登记不符。"
    Request.ask(Request.Kind.DISPUTE, chen, resident=home.wife.resident, office_only=True, text=text)
    shown = words(chen, "my:requests")
    assert "请物业核实 ◆ 待答复" in shown and text not in shown


def test_nor_where_nobody_is_in_question(home: Home, chen: User) -> None:
    text = "自报的姓名和证件号码与手机号的登记不符。"
    Request.ask(Request.Kind.DISPUTE, chen, office_only=True, text=text)
    shown = words(chen, "my:requests")
    assert "请物业核实" in shown and text not in shown


def test_a_dispute_is_neither_granted_nor_denied(home: Home) -> None:
    asked = home.family.dispute("民族应为满族")
    assert "说明：民族应为满族" in words(home.owners, "my:requests")
    home.office.answer(asked.pk, accept=True, reason="已核实，按本人所述更正")
    assert "● 已核实" in words(home.owners, "my:requests")


def test_with_nothing_to_show_it_says_so(home: Home) -> None:
    shown = words(home.owners, "my:requests")
    assert "没有等您答复的申请" in shown and "您还没有提出过申请" in shown
