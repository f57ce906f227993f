"""The forms of the workbench: each act works, each refusal stands at its place, nothing typed is lost."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from houses.choices import HouseholdType, Role
from houses.models import Finding, House, Invitation, Membership, Request, Submission
from houses.office import Office
from houses.states import EndReason, Status
from residents.models import Resident, Tombstone, User
from tests.factories import HouseFactory, MembershipFactory, ResidentFactory, UserFactory, id_number
from tests.office import Place, login, open_office
from tests.pages import english, full_numbers, visible

pytestmark = pytest.mark.django_db

MEMBER_ACTS = ("complete", "activate", "end", "reopen", "lease", "invite")
HOUSE_ACTS = ("add", "transfer")
PERSON_ACTS = ("absorb", "account", "erase")
CLERKS = {"complete", "lease", "invite", "add"}

NUMBER = id_number(202)  # even: a woman's
ANOTHER = id_number(204)


@pytest.fixture
def office() -> Any:
    return open_office()


@pytest.fixture
def first(office: Any) -> Place:
    place: Place = office[0]
    return place


@pytest.fixture
def wife(first: Place) -> Membership:
    """On the books by name, number and role; the rest is missing."""
    person = Resident.objects.create(name="李梅", id_number=NUMBER)
    return MembershipFactory(house=first.house, resident=person, role=Role.WIFE, household_type=None)


@pytest.fixture
def ready(first: Place) -> Membership:
    """Complete, and nobody has bound."""
    return MembershipFactory(house=first.house, role=Role.TENANT, household_type=HouseholdType.TENANT)


@pytest.fixture
def clerk(first: Place) -> Client:
    return login(first.staff["clerk"])


@pytest.fixture
def manager(first: Place) -> Client:
    return login(first.staff["manager"])


def address(act: str, record: Any) -> str:
    folder = "members" if act in MEMBER_ACTS else "houses" if act in HOUSE_ACTS else "residents"
    return f"/staff/{folder}/{record.pk}/{act}/"


def text(answer: Any) -> str:
    return visible(answer.content.decode())


def after(client: Client, act: str, record: Any, /, **values: Any) -> str:
    """Do it, and what the next page tells."""
    answer = client.post(address(act, record), {"next": "/staff/", **values}, follow=True)
    assert answer.redirect_chain, [answer.context["form"].errors.as_text()]
    return text(answer)


def refusal(client: Client, act: str, record: Any, /, **values: Any) -> Any:
    answer = client.post(address(act, record), values)
    assert answer.status_code == 422
    return answer


def error_at(answer: Any, name: str) -> list[str]:
    return list(answer.context["form"].errors.get(name, []))


def version(row: Membership) -> str:
    row = Membership.objects.select_related("resident").get(pk=row.pk)
    return f"{row.resident.version}.{row.version}"


# -- who may open ---------------------------------------------------------------------------


def record_for(act: str, place: Place) -> Any:
    kinds = {**dict.fromkeys(HOUSE_ACTS, place.house), **dict.fromkeys(PERSON_ACTS, place.owner)}
    return kinds.get(act, place.membership)


@pytest.mark.parametrize("act", [*MEMBER_ACTS, *HOUSE_ACTS, *PERSON_ACTS])
def test_each_page_opens_for_the_roles_that_may(office: Any, act: str) -> None:
    first, second, chief = office
    page = address(act, record_for(act, first))
    for role in ("manager", "clerk", "viewer", "auditor"):
        may = role == "manager" or (role == "clerk" and act in CLERKS)
        assert login(first.staff[role]).get(page).status_code == (200 if may else 403), role
    assert login(chief).get(page).status_code == 200
    assert login(second.staff["manager"]).get(page).status_code == 404
    assert Client().get(page).status_code == 302


@pytest.mark.parametrize("act", [*MEMBER_ACTS, *HOUSE_ACTS, *PERSON_ACTS])
def test_no_page_shows_a_full_number_or_english(first: Place, manager: Client, act: str) -> None:
    page = manager.get(address(act, record_for(act, first))).content.decode()
    assert (full_numbers(page), english(page)) == ([], set())
    assert "1990-05-06" not in page  # a birthday is eight of the eighteen digits


@pytest.mark.parametrize("act", [*MEMBER_ACTS, *HOUSE_ACTS, *PERSON_ACTS])
def test_the_queries_of_a_page_are_bounded(
    first: Place, manager: Client, act: str, django_assert_max_num_queries: Any
) -> None:
    for _ in range(30):
        MembershipFactory(house=first.house, role=Role.SON)
    with django_assert_max_num_queries(20):
        manager.get(address(act, record_for(act, first)))


# -- completing -----------------------------------------------------------------------------


def test_what_was_filled_in_is_told_in_words(clerk: Client, wife: Membership) -> None:
    told = after(
        clerk, "complete", wife, base_version=version(wife), ethnicity="01", registered_address="文化路1号"
    )
    assert "李梅：补全 2 项：民族、户籍地址；现在：不完整，还差：" in told
    wife.resident.refresh_from_db()
    assert (wife.resident.ethnicity, wife.resident.origin.of("ethnicity")) == ("01", "staff")


def test_only_what_was_touched_is_sent(clerk: Client, first: Place) -> None:
    row = first.membership
    shown = clerk.get(address("complete", row)).context["form"]
    posted = {name: shown[name].value() or "" for name in shown.fields}
    after(clerk, "complete", row, **{**posted, "employer": "三中"})
    assert Submission.objects.get().values == {"employer": "三中"}
    row.resident.refresh_from_db()
    assert row.resident.id_number == first.owner.id_number and row.resident.phone == first.owner.phone


def test_nothing_is_preselected(clerk: Client, wife: Membership) -> None:
    page = clerk.get(address("complete", wife)).content.decode()
    for name in ("sex", "is_veteran", "is_low_income", "political_status", "household_type"):
        radios = [part for part in page.split("<input") if f'name="{name}"' in part.split(">")[0]]
        assert len(radios) >= 3 and not [one for one in radios if "checked" in one.split(">")[0]], name


def test_the_notes_of_the_roles_stand_beside_the_choice(clerk: Client, wife: Membership) -> None:
    page = text(clerk.get(address("complete", wife)))
    assert all(Role(role).note in page for role in (0, 2, 13))


def test_a_typed_number_fills_birth_date_and_sex(clerk: Client, first: Place) -> None:
    person = Resident.objects.create(name="新人")
    row = MembershipFactory(house=first.house, resident=person, role=Role.OTHER)
    told = after(clerk, "complete", row, base_version=version(row), id_number=ANOTHER)
    assert "补全 1 项：证件号码；由证件号带出 2 项：性别、出生日期" in told
    person.refresh_from_db()
    assert (person.sex, str(person.birth_date)) == (2, "1980-03-07")


def test_the_last_gap_completes_the_membership(clerk: Client, ready: Membership) -> None:
    Resident.objects.filter(pk=ready.resident_id).update(ethnicity="")
    Membership.objects.restate([Resident.objects.get(pk=ready.resident_id)])
    told = after(clerk, "complete", ready, base_version=version(ready), ethnicity="03")
    assert "补全 1 项：民族；现在：已补完。" in told


def test_a_mistake_is_told_at_its_field(clerk: Client, wife: Membership) -> None:
    answer = refusal(clerk, "complete", wife, base_version=version(wife), phone="123", ethnicity="01")
    assert error_at(answer, "phone") == ["请输入 11 位手机号。"]
    assert answer.context["form"]["ethnicity"].value() == "01"
    assert not Submission.objects.exists()


def test_a_mask_that_comes_back_is_refused(clerk: Client, wife: Membership) -> None:
    answer = refusal(clerk, "complete", wife, base_version=version(wife), id_number="1****************9")
    assert error_at(answer, "id_number") == ["请填写完整内容，不要保留星号。"]


def test_without_a_change_nothing_is_typed(clerk: Client, wife: Membership) -> None:
    answer = refusal(clerk, "complete", wife, base_version=version(wife))
    assert "没有需要提交的内容。" in text(answer)


def test_a_contradiction_asks_for_the_reason_and_is_taken_with_it(clerk: Client, wife: Membership) -> None:
    wrong = {"base_version": version(wife), "sex": "1"}
    page = clerk.get(address("complete", wife))
    assert "仍要提交" not in text(page)
    answer = refusal(clerk, "complete", wife, **wrong)
    assert error_at(answer, "sex") == ["与证件号码不符，请核对。"] and "仍要提交" in text(answer)
    told = after(clerk, "complete", wife, **wrong, reason="户口本如此")
    assert "补全 1 项：性别" in told and "按您的依据保存，待核实 2 项。" in told
    assert Submission.objects.get().note == "户口本如此"


def test_an_entry_that_opens_an_error_asks_for_the_reason(clerk: Client, wife: Membership) -> None:
    answer = refusal(clerk, "complete", wife, base_version=version(wife), role=str(Role.HUSBAND.value))
    assert error_at(answer, "reason") == ["这样填写会产生待核实，请写明依据。"]
    assert "仍要提交" in text(answer)


def test_no_number_goes_into_a_reason(clerk: Client, wife: Membership) -> None:
    answer = refusal(
        clerk, "complete", wife, base_version=version(wife), sex="1", reason=f"本人证件 {NUMBER}"
    )
    assert error_at(answer, "reason") == ["这里会完整显示，请不要填写证件号码或手机号。"]


def test_who_claimed_the_record_sees_and_edits_it_in_full(first: Place, clerk: Client) -> None:
    row = first.membership
    Office(first.staff["clerk"]).claim("memberships", row.pk)
    form = clerk.get(address("complete", row)).context["form"]
    assert form["id_number"].value() == first.owner.id_number and form["phone"].value() == first.owner.phone
    after(clerk, "complete", row, base_version=version(row), phone="")
    assert Resident.objects.get(pk=first.owner.pk).phone == ""


def test_a_colleagues_claim_is_told(first: Place, clerk: Client, wife: Membership) -> None:
    Office(first.staff["manager"]).claim("memberships", wife.pk)
    assert "欧阳管理员 正在处理这条记录" in text(clerk.get(address("complete", wife)))
    answer = refusal(clerk, "complete", wife, base_version=version(wife), ethnicity="01")
    assert "同事正在处理这条记录。" in text(answer)


def test_a_record_that_moved_on_is_told_and_nothing_is_lost(
    first: Place, clerk: Client, wife: Membership
) -> None:
    seen = version(wife)
    Office(first.staff["manager"]).complete(wife.pk, {"ethnicity": "03", "employer": "一中"})
    answer = refusal(
        clerk, "complete", wife, base_version=seen, ethnicity="01", employer="", job_title="教师"
    )
    told = text(answer)
    assert "民族：由“—”改为“回族”" in told and "公司：由“—”改为“一中”" in told
    form = answer.context["form"]
    assert [form[name].value() for name in ("ethnicity", "employer", "job_title")] == ["01", "一中", "教师"]
    assert error_at(answer, "ethnicity") and not error_at(answer, "employer")
    posted = {name: form[name].value() or "" for name in form.fields}
    assert "补全 1 项：工作；修改 1 项：民族" in after(clerk, "complete", wife, **posted)
    wife.resident.refresh_from_db()
    assert (wife.resident.ethnicity, wife.resident.employer) == ("01", "一中")


def test_a_number_that_moved_on_is_told_without_being_told(
    first: Place, clerk: Client, wife: Membership
) -> None:
    seen = version(wife)
    Office(first.staff["manager"]).complete(wife.pk, {"phone": "13800001111"})
    answer = refusal(clerk, "complete", wife, base_version=seen, ethnicity="01")
    assert "手机号：由“—”改为“138****1111”" in text(answer)
    assert full_numbers(answer.content.decode()) == []


def test_where_all_is_reviewed_the_entry_waits(first: Place, clerk: Client, wife: Membership) -> None:
    type(first.community).objects.update(review_all=True)
    told = after(clerk, "complete", wife, base_version=version(wife), ethnicity="01")
    assert "已提交，等待审核后才进入档案。" in told
    assert "正在等待审核" in text(clerk.get(address("complete", wife)))


def test_what_was_returned_opens_again_with_its_reasons(
    first: Place, clerk: Client, wife: Membership
) -> None:
    type(first.community).objects.update(review_all=True)
    after(clerk, "complete", wife, base_version=version(wife), ethnicity="01")
    handed_in = Submission.objects.get()
    Office(first.staff["manager"]).send_back(handed_in.pk, {"ethnicity": "户口本写回族"}, "请改")
    page = clerk.get(address("complete", wife))
    assert "已退回：户口本写回族" in text(page) and page.context["form"]["ethnicity"].value() == "01"
    after(clerk, "complete", wife, base_version=version(wife), ethnicity="03")
    handed_in.refresh_from_db()
    assert (handed_in.status, handed_in.values) == (Submission.Status.WAITING, {"ethnicity": "03"})


# -- somebody new ---------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "word"), [("newborn", "尚无"), ("tenant", "租期"), ("nanny", "亲属")])
def test_each_kind_of_newcomer_is_explained(clerk: Client, first: Place, kind: str, word: str) -> None:
    assert word in text(clerk.get(f"{address('add', first.house)}?for={kind}"))


def test_a_newborn_is_added_with_its_guardian(clerk: Client, first: Place) -> None:
    told = after(
        clerk,
        "add",
        first.house,
        name="欧阳小宝",
        id_type="none",
        sex="1",
        birth_date=timezone.localdate().isoformat(),
        role="11",
        contact=str(first.owner.pk),
        ethnicity="01",
        is_low_income="0",
    )
    assert "已添加 欧阳小宝（儿子）；现在：已补完。" in told
    row = Membership.objects.get(resident__name="欧阳小宝")
    assert row.resident.contact_id == first.owner.pk and row.house_id == first.house.pk


def test_name_and_role_are_asked_of_somebody_new(clerk: Client, first: Place) -> None:
    assert error_at(refusal(clerk, "add", first.house, role="2"), "name") == ["请填写姓名。"]
    assert error_at(refusal(clerk, "add", first.house, name="某"), "role") == ["请选择与业主的关系。"]


def test_a_number_on_the_books_is_told_with_who_holds_it(
    clerk: Client, first: Place, wife: Membership
) -> None:
    values = {"name": "李红", "role": "2", "id_number": NUMBER}
    answer = refusal(clerk, "add", first.house, **values)
    assert f"/staff/residents/{wife.resident_id}/" in answer.content.decode() and "已在册" in text(answer)
    assert "待核实" in after(clerk, "add", first.house, **values, reason="两人的证件都已核对")


def test_who_is_on_the_books_keeps_the_own_record(clerk: Client, first: Place) -> None:
    elsewhere = House.objects.create(community=first.community, building="3", room="301")
    row = MembershipFactory(house=elsewhere, role=Role.TENANT)
    values = {"name": row.resident.name, "role": "2", "id_number": row.resident.id_number}
    assert "此人已经是这套房屋的成员" in text(refusal(clerk, "add", elsewhere, **values))
    assert "此人已在册，归到原有资料" in after(clerk, "add", first.house, **values)
    assert first.house.memberships.get(role=Role.TENANT).resident_id == row.resident_id


def test_who_is_on_the_books_elsewhere_is_not_told(clerk: Client, office: Any) -> None:
    first, second, _ = office
    values = {"name": "某人", "role": "2", "id_number": second.owner.id_number}
    answer = clerk.post(address("add", first.house), values, follow=True)
    assert "司马" not in text(answer)


# -- activating, ending ---------------------------------------------------------------------


def test_one_tap_activates_with_its_reason(manager: Client, ready: Membership) -> None:
    assert "已核对身份证原件" in text(manager.get(address("activate", ready)))
    assert "已激活（已核对身份证原件）" in after(manager, "activate", ready, reason="已核对身份证原件")
    ready.refresh_from_db()
    assert ready.status == Status.ACTIVATED
    assert "已核对身份证原件" in ready.history.first().history_change_reason


def test_without_a_reason_nobody_is_activated(manager: Client, ready: Membership) -> None:
    assert error_at(refusal(manager, "activate", ready, reason=" "), "reason") == ["请写明原因。"]


def test_who_is_incomplete_is_sent_to_be_completed(manager: Client, wife: Membership) -> None:
    page = manager.get(address("activate", wife))
    assert f"/staff/members/{wife.pk}/complete/" in page.content.decode()
    assert "资料还不完整" in text(refusal(manager, "activate", wife, reason="-"))


def test_a_member_moves_out_with_a_reason(manager: Client, wife: Membership) -> None:
    assert "此人在所有房屋的登记全部结束" in text(manager.get(address("end", wife)))
    assert "请选择迁出原因。" in error_at(refusal(manager, "end", wife), "reason")
    assert "李梅 已从" in after(manager, "end", wife, reason="moved_out", why="搬到外地")
    wife.refresh_from_db()
    assert (wife.status, wife.end_reason) == (Status.ENDED, EndReason.MOVED_OUT)
    assert "此人已从这套房屋迁出。" in text(refusal(manager, "end", wife, reason="moved_out"))


def test_of_the_deceased_all_ends_and_the_account_is_locked(
    first: Place, manager: Client, ready: Membership
) -> None:
    other = MembershipFactory(house=HouseFactory(community=first.community), resident=ready.resident, role=2)
    account = UserFactory(resident=ready.resident, phone="13900009999")
    assert str(other.house) in text(manager.get(address("end", ready)))
    assert "帐号已锁定" in after(manager, "end", ready, reason="deceased")
    other.refresh_from_db()
    account.refresh_from_db()
    assert other.status == Status.ENDED and account.locked_at


def test_who_moved_out_is_taken_back(manager: Client, wife: Membership) -> None:
    assert "此人没有迁出" in text(refusal(manager, "reopen", wife, reason="-"))
    after(manager, "end", wife, reason="mistake")
    assert "已恢复为" in after(manager, "reopen", wife, reason="还住在这里")
    wife.refresh_from_db()
    assert wife.status == Status.INCOMPLETE


def test_a_lease_is_kept_and_cleared(clerk: Client, ready: Membership) -> None:
    assert "已登记到 2027-01-31" in after(clerk, "lease", ready, until="2027-01-31")
    assert "租期已清空" in after(clerk, "lease", ready, until="")
    assert error_at(refusal(clerk, "lease", ready, until="明天"), "until")


# -- inviting -------------------------------------------------------------------------------


def test_an_invitation_is_shown_once_with_its_code(clerk: Client, wife: Membership) -> None:
    page = clerk.post(address("invite", wife))
    html = page.content.decode()
    assert "http://testserver/my/invitation/" in html and "<svg" in html and "data-copy" in html
    assert page["Cache-Control"] == "no-store"
    token = html.split("/my/invitation/")[1].split("/")[0]
    assert Invitation.objects.get().key == Invitation.key_of(token)
    again = clerk.get(address("invite", wife)).content.decode()
    assert token not in again and "发出的邀请还有效" in again


def test_an_invitation_is_withdrawn(clerk: Client, wife: Membership) -> None:
    clerk.post(address("invite", wife))
    assert "邀请已撤回" in after(clerk, "invite", wife, act="revoke")
    assert not Invitation.objects.live().exists()


def test_who_has_no_number_is_not_invited(clerk: Client, first: Place) -> None:
    person = Resident.objects.create(name="无号")
    row = MembershipFactory(house=first.house, resident=person, role=Role.OTHER)
    assert "不能邀请" in text(refusal(clerk, "invite", row))


# -- the sale -------------------------------------------------------------------------------


def test_a_sale_is_confirmed_before_anybody_leaves(first: Place, manager: Client, wife: Membership) -> None:
    page = manager.get(address("transfer", first.house))
    assert set(page.context["form"]["leaving"].value()) == {str(first.membership.pk), str(wife.pk)}
    values = {"leaving": [str(first.membership.pk)], "name": "新主", "id_number": ANOTHER}
    sure = manager.post(address("transfer", first.house), values)
    assert "迁出 1 人" in text(sure) and "留下：李梅" in text(sure) and "新业主：新主" in text(sure)
    assert Membership.objects.open().filter(house=first.house).count() == 2
    told = after(manager, "transfer", first.house, **values, act="confirm")
    assert "已过户：1 人迁出（房屋已售）；新业主 新主 已登记。" in told
    assert Membership.objects.open().get(house=first.house, role=Role.SELF).resident.name == "新主"


def test_somebody_has_to_leave(first: Place, manager: Client) -> None:
    answer = manager.post(address("transfer", first.house), {"name": "新主"})
    assert error_at(answer, "leaving") == ["请至少勾选一名迁出的成员。"]


def test_an_owner_who_cannot_be_entered_leaves_all_as_it_was(first: Place, manager: Client) -> None:
    values = {"leaving": [str(first.membership.pk)], "name": "新主", "phone": "12"}
    answer = refusal(manager, "transfer", first.house, **values, act="confirm")
    assert error_at(answer, "phone") == ["请输入 11 位手机号。"]
    assert first.house.memberships.open().count() == 1


def test_an_empty_house_is_not_sold(manager: Client, first: Place) -> None:
    empty = HouseFactory(community=first.community)
    assert "没有在住的成员" in text(manager.get(address("transfer", empty)))


# -- merging --------------------------------------------------------------------------------


@pytest.fixture
def double(first: Place) -> Resident:
    house = House.objects.create(community=first.community, building="2", room="101")
    person = ResidentFactory(name=first.owner.name, id_number="", employer="一中")
    MembershipFactory(house=house, resident=person, role=Role.TENANT)
    return person


def test_namesakes_are_offered_and_compared(first: Place, manager: Client, double: Resident) -> None:
    page = manager.get(address("absorb", first.owner))
    assert f"?other={double.pk}" in page.content.decode()
    compared = manager.get(f"{address('absorb', first.owner)}?other={double.pk}")
    assert "由另一份补上" in text(compared) and "另一个值列为待核实" in text(compared)
    assert full_numbers(compared.content.decode()) == []


@pytest.mark.parametrize("asked", ["id_number", "name", "tail"])
def test_the_other_is_found_by_name_and_number(first: Place, manager: Client, asked: str) -> None:
    other = ResidentFactory(name="另一个", id_number=ANOTHER)
    MembershipFactory(house=first.house, resident=other, role=Role.OTHER)
    typed = {"id_number": ANOTHER, "name": "另一", "tail": ANOTHER[-4:]}[asked]
    assert "另一个" in text(manager.post(address("absorb", first.owner), {"q": typed}))


def test_nobody_of_another_community_is_found(manager: Client, office: Any) -> None:
    first, second, _ = office
    found = manager.post(address("absorb", first.owner), {"q": second.owner.id_number})
    assert "没有找到" in text(found) and "司马" not in text(found)
    assert manager.get(f"{address('absorb', first.owner)}?other={second.owner.pk}").status_code == 404


def test_two_records_become_one_and_it_is_told_what_became(
    first: Place, manager: Client, double: Resident
) -> None:
    answer = manager.post(address("absorb", first.owner), {"other": str(double.pk)})
    assert answer.status_code == 302 and answer["Location"] == f"/staff/residents/{first.owner.pk}/"
    told = text(manager.get("/staff/"))
    assert "补上" in told and "公司" in told and "已列为待核实" in told
    assert not Resident.objects.filter(pk=double.pk).exists()
    assert Finding.objects.open().filter(resident=first.owner, code="platform_conflict").exists()


def test_two_accounts_are_told_before_and_after(first: Place, manager: Client, double: Resident) -> None:
    UserFactory(resident=first.owner, phone="13900008888")
    UserFactory(resident=double, phone="13900007777")
    page = f"{address('absorb', first.owner)}?other={double.pk}"
    assert "请先在“帐号”里解除其中一个" in text(manager.get(page))
    answer = manager.post(address("absorb", first.owner), {"other": str(double.pk)})
    assert answer.status_code == 422 and "两份资料各绑定了一个帐号" in text(answer)


# -- the account ----------------------------------------------------------------------------


@pytest.fixture
def account(first: Place) -> User:
    return UserFactory(
        resident=first.owner, phone="13900006666", phone_verified_at=timezone.now(), stated_name="欧阳业主"
    )


def do(client: Client, first: Place, account: User, act: str, **values: str) -> Any:
    fields = {f"{act}-{account.pk}-{name}": value for name, value in values.items()}
    page = address("account", first.owner)
    answer = client.post(page, {"account": account.pk, "act": act, **fields}, follow=True)
    account.refresh_from_db()
    return answer


def test_a_phone_is_changed_with_a_reason(first: Place, manager: Client, account: User) -> None:
    wrong = do(manager, first, account, "phone", phone="1", reason="换号")
    assert "请输入 11 位手机号。" in text(wrong)
    assert "请写明原因。" in text(do(manager, first, account, "phone", phone="13900005555", reason=""))
    assert "手机号已更换" in text(do(manager, first, account, "phone", phone="13900005555", reason="换号"))
    assert account.phone == "13900005555"


def test_an_account_is_locked_and_unlocked(first: Place, manager: Client, account: User) -> None:
    assert "帐号已锁定。" in text(do(manager, first, account, "lock", reason="手机丢失"))
    assert account.locked_at
    assert "早已锁定" in text(do(manager, first, account, "lock", reason="手机丢失"))
    assert "帐号已解锁。" in text(do(manager, first, account, "unlock", reason="手机找回"))
    assert not account.locked_at


def test_an_account_is_taken_off_the_person(first: Place, manager: Client, account: User) -> None:
    assert "绑定和由此得来的激活已收回" in text(do(manager, first, account, "unlink", reason="不是本人"))
    assert account.resident_id is None
    assert "没有绑定帐号" in text(manager.get(address("account", first.owner)))


def test_who_asks_to_be_this_person_is_corrected(first: Place, manager: Client) -> None:
    asker = UserFactory(phone="13900004444", phone_verified_at=timezone.now(), stated_at=timezone.now())
    Request.ask(Request.Kind.DISPUTE, asker, resident=first.owner, office_only=True)
    values = {"name": first.owner.name, "id_number": first.owner.id_number, "reason": "已核对证件"}
    assert "自报身份已更正" in text(do(manager, first, asker, "identity", **values))
    assert asker.stated_id_number == first.owner.id_number


# -- erasing --------------------------------------------------------------------------------


def test_a_person_is_erased_after_the_word(first: Place, manager: Client) -> None:
    answer = refusal(manager, "erase", first.owner, reason="本人书面申请", word="确定")
    assert error_at(answer, "word") == ["请输入“删除”二字，确认后才会删除。"]
    assert "资料已删除" in after(manager, "erase", first.owner, reason="本人书面申请", word="删除")
    assert not Resident.objects.filter(pk=first.owner.pk).exists() and Tombstone.objects.exists()


# -- the same in the admin ------------------------------------------------------------------


def admin(row: Membership, act: str = "change") -> str:
    return f"/admin/houses/membership/{row.pk}/{act}/"


def test_the_admin_offers_what_can_be_done_now(manager: Client, ready: Membership, wife: Membership) -> None:
    page = manager.get(admin(ready)).content.decode()
    assert admin(ready, "activate") in page and admin(ready, "complete") in page
    assert admin(ready, "review") not in page
    assert admin(wife, "activate") not in manager.get(admin(wife)).content.decode()


def test_a_record_is_completed_in_the_admin(clerk: Client, wife: Membership) -> None:
    page = clerk.get(admin(wife, "complete")).content.decode()
    assert (full_numbers(page), english(page)) == ([], set())
    wrong = clerk.post(admin(wife, "complete"), {"base_version": version(wife), "phone": "1"})
    assert "请输入 11 位手机号。" in text(wrong)
    values = {"base_version": version(wife), "ethnicity": "01"}
    assert "补全 1 项：民族" in text(clerk.post(admin(wife, "complete"), values, follow=True))


def test_a_member_is_activated_in_the_admin(manager: Client, ready: Membership) -> None:
    assert "请写明原因。" in text(manager.post(admin(ready, "activate"), {"reason": ""}))
    answer = manager.post(admin(ready, "activate"), {"reason": "电话核实"}, follow=True)
    assert "已激活（电话核实）" in text(answer)


@pytest.fixture
def entry(first: Place, clerk: Client, wife: Membership) -> Submission:
    type(first.community).objects.update(review_all=True)
    after(clerk, "complete", wife, base_version=version(wife), ethnicity="01")
    return Submission.objects.get()


def test_an_entry_is_approved_in_the_admin(manager: Client, wife: Membership, entry: Submission) -> None:
    page = manager.get(admin(wife, "review"))
    assert "民族" in text(page) and "汉族" in text(page) and not english(page.content.decode())
    seen = page.context["row"].resident.version
    manager.post(admin(wife, "review"), {"act": "approve", "seen_version": seen})
    wife.resident.refresh_from_db()
    assert wife.resident.ethnicity == "01"


def test_an_entry_on_a_record_that_moved_on_is_not_approved(
    manager: Client, wife: Membership, entry: Submission
) -> None:
    answer = manager.post(admin(wife, "review"), {"act": "approve", "seen_version": "0"})
    assert "这条记录刚被修改过" in text(answer)


def test_an_entry_is_returned_in_the_admin(manager: Client, wife: Membership, entry: Submission) -> None:
    assert "请写明原因。" in text(manager.post(admin(wife, "review"), {"act": "return"}))
    manager.post(admin(wife, "review"), {"act": "return", "field": "ethnicity", "note": "请看户口本"})
    entry.refresh_from_db()
    assert (entry.status, entry.note) == (Submission.Status.RETURNED, "请看户口本")
