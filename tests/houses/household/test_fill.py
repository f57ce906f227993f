"""补全 step by step: what is asked, kept, shown and refused (houses/household/fill.py)."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from houses import reviewing
from houses.choices import Role
from houses.models import House, Membership, Submission
from houses.states import Status
from residents.models import Consent, Resident
from tests.cast import CHEN_ID, CHEN_PHONE, LI_ID, WANG_ID, WANG_PHONE
from tests.factories import CommunityFactory, HouseFactory, MembershipFactory, ResidentFactory, id_number
from tests.household import GAPS, THE_REST, bound, everything, fresh, home, li, staff, zhou
from tests.my import door_of

from .reading import checked, hidden

pytestmark = pytest.mark.django_db

CHILD_ID = id_number(2, born="20200110")
ORIGIN = {"ethnicity": "01", "registered_address": "河北省秦皇岛市海港区文化路1号"}
MORE = {"political_status": "1", "is_veteran": "0", "is_low_income": "0"}


class Pages:
    """The pages about one member, as somebody's browser shows them."""

    def __init__(self, client: Client, row: Membership) -> None:
        self.client, self.row = client, row

    def at(self, step: str) -> str:
        return reverse("my:fill_step", args=[self.row.pk, step])

    def read(self, step: str, status: int = 200) -> str:
        """Looking writes nothing, shows no number in full and no English word."""
        before = everything()
        answer = self.client.get(self.at(step))
        assert (answer.status_code, everything()) == (status, before)
        return checked(answer)

    def fill(self, step: str, **values: Any) -> Any:
        return self.client.post(self.at(step), values, follow=True)

    def submit(self, **values: Any) -> Any:
        return self.fill("check", **values)

    @property
    def entry(self) -> Submission | None:
        mine = self.row.submissions.exclude(author=Submission.Author.STAFF)
        return mine.order_by("-pk").first()

    @property
    def kept(self) -> dict[str, Any]:
        entry = self.entry
        return entry.values if entry else {}

    @property
    def record(self) -> Resident:
        return Resident.objects.get(pk=self.row.resident_id)


def told(answer: Any) -> str:
    return answer.content.decode()


@pytest.fixture
def house() -> House:
    return HouseFactory()


@pytest.fixture
def owner(house: House) -> Membership:
    return zhou(house)


@pytest.fixture
def wife(house: House, owner: Membership) -> Pages:
    """李梅, for whom 老周 fills; her record has gaps."""
    return Pages(door_of(owner), li(house, owner))


def child(house: House, owner: Membership, **known: Any) -> Pages:
    """周小小, for whom 老周 fills; under fourteen."""
    born = {"name": "周小小", "id_number": CHILD_ID, "phone": "", "contact": owner.resident, **known}
    row = MembershipFactory(
        house=house,
        resident=ResidentFactory(**{"ethnicity": "", **born}),
        role=Role.DAUGHTER,
        household_type=None,
        managed_by=owner.resident,
    )
    return Pages(door_of(owner), row)


def blind(house: House, owner: Membership) -> Pages:
    """王租, of whose record the owner who named him sees nothing."""
    known = {"name": "王租", "id_number": WANG_ID, "phone": WANG_PHONE, **GAPS, "employer": "二中"}
    row = MembershipFactory(
        house=house, resident=ResidentFactory(**known), role=Role.TENANT, managed_by=owner.resident
    )
    return Pages(door_of(owner), row)


# -- step by step --------------------------------------------------------------------------


def test_the_owner_completes_his_wifes_record_step_by_step(wife: Pages) -> None:
    wife.fill("origin", **ORIGIN)
    wife.fill("more", **MORE)
    assert "民族" in wife.read("check") and "汉族" in wife.read("check")
    assert "已完成补全" in told(wife.submit())
    assert fresh(wife.row).status == Status.COMPLETED
    assert {name: getattr(wife.record, name) for name in THE_REST} == THE_REST


def test_a_step_leads_to_the_next_one(wife: Pages) -> None:
    assert wife.fill("origin", **ORIGIN).redirect_chain == [(wife.at("contact"), 302)]
    assert wife.fill("more").redirect_chain == [(wife.at("check"), 302)]


def test_going_back_keeps_what_was_typed(wife: Pages) -> None:
    answer = wife.fill("origin", go="back", ethnicity="01")
    assert (answer.redirect_chain, wife.kept) == ([(wife.at("who"), 302)], {"ethnicity": "01"})


@pytest.mark.parametrize("version", ["9" * 5000 + ".1", "9999999999.1", "1.²", "٣.٣", "0.0", "x"])
def test_a_version_that_no_page_showed_is_taken_for_todays(wife: Pages, version: str) -> None:
    answer = wife.fill("origin", base_version=version, ethnicity="01")
    assert (answer.status_code, wife.kept) == (200, {"ethnicity": "01"})


def test_filling_opens_at_the_first_gap(wife: Pages) -> None:
    opened = wife.client.get(reverse("my:fill", args=[wife.row.pk]))
    assert opened["Location"] == wife.at("origin")


def test_a_draft_that_has_it_all_opens_at_the_check(wife: Pages) -> None:
    wife.fill("origin", **ORIGIN)
    wife.fill("more", **MORE)
    opened = wife.client.get(reverse("my:fill", args=[wife.row.pk]))
    assert opened["Location"] == wife.at("check")


def test_a_complete_record_opens_at_the_first_step(wife: Pages) -> None:
    Resident.objects.filter(pk=wife.row.resident_id).update(**THE_REST)
    opened = wife.client.get(reverse("my:fill", args=[wife.row.pk]))
    assert opened["Location"] == wife.at("who")


def test_a_step_says_how_far_one_has_come(wife: Pages) -> None:
    page = wife.read("origin")
    assert "2/4</b> 民族与户籍" in page and 'aria-current="step"' in page


def test_what_is_owed_is_marked(wife: Pages) -> None:
    assert wife.read("origin").count("还差") == 2
    assert "还差" not in wife.read("contact")


def test_an_unknown_step_does_not_exist(wife: Pages) -> None:
    assert wife.client.get(wife.at("petition")).status_code == 404


# -- the draft -----------------------------------------------------------------------------


def test_a_draft_is_kept_and_goes_on_later(wife: Pages) -> None:
    left = told(wife.fill("origin", go="save", ethnicity="02"))
    assert "已保存草稿" in left and wife.record.ethnicity == ""
    page = wife.read("origin")
    assert '<option value="02" selected>' in page and "已保存草稿" in page
    wife.fill("origin", registered_address="文化路1号", ethnicity="02")
    assert wife.kept == {"ethnicity": "02", "registered_address": "文化路1号"}


def test_two_windows_of_one_step_keep_what_was_typed_in_each(wife: Pages) -> None:
    window = hidden(wife.read("origin"))
    wife.fill("origin", **window, ethnicity="01", registered_address="")
    wife.fill("origin", **window, ethnicity="", registered_address="文化路1号")
    assert wife.kept == {"ethnicity": "01", "registered_address": "文化路1号"}


def test_two_windows_of_a_draft_keep_what_was_changed_in_each(wife: Pages) -> None:
    wife.fill("more", employer="二中", job_title="教师")
    window = hidden(wife.read("more"))
    wife.fill("more", **window, employer="三中", job_title="教师")
    wife.fill("more", **window, employer="二中", job_title="校长")
    assert wife.kept == {"employer": "三中", "job_title": "校长"}


def test_what_another_window_gave_up_is_not_drafted_again(wife: Pages) -> None:
    wife.fill("more", employer="二中")
    window = hidden(wife.read("more"))
    wife.client.post(reverse("my:discard", args=[wife.entry.pk]))
    wife.fill("more", **window, employer="二中", job_title="校长")
    assert wife.kept == {"job_title": "校长"}


def test_two_windows_of_a_blind_author_keep_what_was_typed_in_each(house: House, owner: Membership) -> None:
    pages = blind(house, owner)
    window = hidden(pages.read("more"))
    pages.fill("more", **window, employer="三中", job_title="")
    pages.fill("more", **window, employer="", job_title="校长")
    assert pages.kept == {"employer": "三中", "job_title": "校长"}


def test_a_page_does_not_tell_what_was_drafted_beside_its_boxes(wife: Pages) -> None:
    wife.fill("origin", **ORIGIN)
    told = hidden(wife.read("origin"))["draft_seen"]
    assert "ethnicity:" in told and "01 " not in told and "文化路" not in told


@pytest.mark.parametrize("crafted", ["", "x", ":", "ethnicity", "ethnicity: phone:x id_type:" + "x" * 5000])
def test_what_is_no_draft_that_a_page_showed_costs_nothing_typed(wife: Pages, crafted: str) -> None:
    assert wife.fill("origin", draft_seen=crafted, ethnicity="01").status_code == 200
    assert wife.kept == {"ethnicity": "01"}


def test_only_what_was_touched_is_sent(wife: Pages) -> None:
    wife.fill("more", job_title="教师", employer="", political_status="-", is_veteran="-")
    assert wife.kept == {"job_title": "教师"}


def test_nothing_typed_leaves_no_draft(wife: Pages) -> None:
    wife.fill("origin", ethnicity="", registered_address="")
    assert wife.entry is None


def test_nothing_typed_is_not_handed_in(wife: Pages) -> None:
    page = wife.submit()
    assert page.status_code == 422 and "没有需要提交的内容" in told(page)


def test_a_value_may_be_taken_back_before_it_is_sent(wife: Pages) -> None:
    wife.fill("origin", ethnicity="02")
    wife.fill("origin", ethnicity="")
    assert "没有需要提交的内容" in told(wife.submit())


def test_the_draft_may_be_given_up(wife: Pages) -> None:
    wife.fill("origin", **ORIGIN)
    assert "不再保留" in wife.read("check")
    wife.client.post(reverse("my:discard", args=[wife.entry.pk]))
    assert wife.entry.status == Submission.Status.DROPPED and wife.record.ethnicity == ""


def test_a_link_gives_nothing_up(wife: Pages) -> None:
    wife.fill("origin", **ORIGIN)
    assert wife.client.get(reverse("my:discard", args=[wife.entry.pk])).status_code == 405


def test_nobody_gives_up_anothers_draft(wife: Pages) -> None:
    wife.fill("origin", **ORIGIN)
    neighbour = door_of(bound(HouseFactory(), Role.SELF, name="老吴"))
    assert neighbour.post(reverse("my:discard", args=[wife.entry.pk])).status_code == 404


# -- numbers -------------------------------------------------------------------------------


@pytest.fixture
def unnumbered(house: House, owner: Membership) -> Pages:
    """陈五, of whom not even the number is known."""
    known = {"name": "陈五", "id_number": "", "sex": None, "birth_date": None}
    row = MembershipFactory(
        house=house, resident=ResidentFactory(**known), role=Role.OTHER, managed_by=owner.resident
    )
    return Pages(door_of(owner), row)


def test_a_number_fills_in_birth_and_sex_and_says_so(unnumbered: Pages) -> None:
    page = unnumbered.read("who")
    assert 'name="sex"' not in page and 'name="birth_date"' not in page
    assert "已由证件号码带出：出生日期、性别" in told(unnumbered.fill("who", id_number=CHEN_ID))
    unnumbered.submit()
    assert (unnumbered.record.sex, unnumbered.record.birth_date.isoformat()) == (1, "1975-06-06")


def test_what_the_number_tells_stands_at_the_check(unnumbered: Pages) -> None:
    unnumbered.fill("who", id_number=CHEN_ID)
    page = unnumbered.read("check")
    assert page.count("由证件号码带出") == 2 and "1975 年" in page


def test_a_wrong_check_character_is_told_at_its_field(unnumbered: Pages) -> None:
    page = unnumbered.fill("who", id_number=CHEN_ID[:-1] + "1")
    assert page.status_code == 422 and unnumbered.entry is None
    assert page.context["form"].errors["id_number"] == ["证件号码有误，请对照证件核对每一位。"]
    assert CHEN_ID[:-1] + "1" in told(page)  # nothing typed is lost


def test_another_document_is_asked_for_birth_and_sex(unnumbered: Pages) -> None:
    again = unnumbered.fill("who", id_type="passport")
    assert again.redirect_chain == [(unnumbered.at("who"), 302)]
    assert 'name="sex"' in told(again) and 'name="birth_date"' in told(again)
    unnumbered.fill("who", id_type="passport", id_number="E1234567", sex="2", birth_date="1980-02-03")
    assert unnumbered.kept == {
        "id_type": "passport",
        "id_number": "E1234567",
        "sex": 2,
        "birth_date": "1980-02-03",
    }


def test_a_number_stands_masked_beside_an_empty_box(wife: Pages) -> None:
    assert "已登记 1****************2，不改请留空" in wife.read("who")
    assert "已登记 138****0002，不改请留空" in wife.read("contact")


def test_a_drafted_number_stands_masked_in_its_box(wife: Pages) -> None:
    wife.fill("contact", phone=CHEN_PHONE)
    page = wife.read("contact")
    assert 'value="138****0004"' in page and "清空就不再保留" in page
    wife.fill("contact", phone="138****0004")
    assert wife.kept == {"phone": CHEN_PHONE}


def test_a_drafted_phone_is_taken_out_again(wife: Pages, owner: Membership) -> None:
    wife.fill("contact", phone=CHEN_PHONE)
    wife.fill("contact", **hidden(wife.read("contact")), phone="", contact=str(owner.resident_id))
    assert wife.kept == {"contact": str(owner.resident_id)}
    assert "已登记 138****0002，不改请留空" in wife.read("contact")
    wife.submit()
    assert wife.record.phone == "13800000002"


def test_a_number_that_was_taken_out_contradicts_nothing(unnumbered: Pages) -> None:
    unnumbered.fill("who", id_number=CHEN_ID)
    unnumbered.fill("who", id_number="", id_type="passport")
    unnumbered.fill("who", sex="2", birth_date="1980-02-03")
    assert unnumbered.kept == {"id_type": "passport", "sex": 2, "birth_date": "1980-02-03"}


def test_a_drafted_number_that_another_window_replaced_stays(wife: Pages) -> None:
    wife.fill("contact", phone=CHEN_PHONE)
    window = hidden(wife.read("contact"))
    wife.fill("contact", **window, phone="13800000009")
    wife.fill("contact", **window, phone="138****0004")
    assert wife.kept == {"phone": "13800000009"}


def test_a_drafted_number_is_typed_anew_in_full(wife: Pages) -> None:
    wife.fill("contact", phone=CHEN_PHONE)
    page = wife.fill("contact", phone="138****0009")
    assert page.status_code == 422 and "不要保留星号" in told(page)
    assert wife.kept == {"phone": CHEN_PHONE}


def test_a_blind_author_takes_out_what_was_typed(house: House, owner: Membership) -> None:
    pages = blind(house, owner)
    pages.fill("contact", phone=CHEN_PHONE)
    pages.fill("contact", phone="")
    assert pages.kept == {}


MASKS = [("who", "id_number", "1****************2"), ("contact", "phone", "138****0002")]


@pytest.mark.parametrize(("step", "name", "mask"), MASKS)
def test_a_mask_that_comes_back_changes_nothing(wife: Pages, step: str, name: str, mask: str) -> None:
    page = wife.fill(step, **{name: mask})
    assert page.status_code == 422 and "不要保留星号" in told(page)
    assert wife.entry is None and wife.record.id_number == LI_ID


# -- what is asked -------------------------------------------------------------------------


def test_a_known_name_and_role_are_not_asked(wife: Pages) -> None:
    assert 'name="name"' not in wife.read("who")
    assert wife.client.get(wife.at("role")).status_code == 404


def test_an_unknown_role_is_asked_with_the_documents_notes(wife: Pages) -> None:
    Membership.objects.filter(pk=wife.row.pk).update(role=None)
    page = wife.read("role")
    assert "一般情况下不建议填写0" in page and "包括租客的家人" in page and "业主本人" not in page
    wife.fill("role", role=Role.WIFE)
    wife.submit()
    assert fresh(wife.row).role == Role.WIFE


def test_nobody_makes_an_owner(wife: Pages) -> None:
    Membership.objects.filter(pk=wife.row.pk).update(role=None)
    assert wife.fill("role", role=Role.SELF).status_code == 422
    assert wife.entry is None


def test_a_child_is_not_asked_for_politics_and_service(house: House, owner: Membership) -> None:
    page = child(house, owner).read("more")
    assert "政治面貌" not in page and "退役军人" not in page and "低保" in page


def test_nothing_is_preselected(wife: Pages) -> None:
    assert " checked" not in wife.read("more")
    assert '<option value="" selected>请选择' in wife.read("origin")


def test_the_contact_is_somebody_whom_one_sees(house: House, wife: Pages, owner: Membership) -> None:
    other = bound(house, Role.TENANT, name="王租", id_number=WANG_ID, phone=WANG_PHONE)
    page = wife.read("contact")
    assert "老周（本人）" in page and str(other.resident_id) not in page
    wife.fill("contact", contact=str(owner.resident_id))
    assert wife.kept == {"contact": str(owner.resident_id)}


# -- waiting, returned, stale --------------------------------------------------------------


def test_what_changes_a_value_waits_for_the_office(wife: Pages) -> None:
    wife.fill("contact", phone=CHEN_PHONE)
    answer = told(wife.submit())
    assert "已提交，等物业审核。您改动了已登记的内容" in answer
    assert (wife.entry.status, wife.record.phone) == ("waiting", "13800000002")


def test_what_waits_is_shown_and_not_changed_any_more(wife: Pages) -> None:
    wife.fill("contact", phone=CHEN_PHONE)
    wife.submit()
    assert wife.client.get(wife.at("contact"))["Location"] == wife.at("check")
    assert "正在等物业审核" in wife.read("check")
    refused = wife.fill("contact", phone="13800000009")
    assert refused.status_code == 422 and "不能再改" in told(refused)


def test_what_was_returned_opens_marked_and_is_handed_in_again(wife: Pages) -> None:
    clerk = staff("clerk", wife.row.house.community)
    wife.fill("origin", **ORIGIN)
    wife.fill("contact", phone=CHEN_PHONE)
    wife.submit()
    reviewing.send_back(wife.entry, {"phone": "此号是空号"}, "请核对后再交", by=clerk.user)
    opened = wife.client.get(reverse("my:fill", args=[wife.row.pk]))
    page = wife.read("contact")
    assert opened["Location"] == wife.at("contact")
    assert "物业退回：此号是空号" in page and "请核对后再交" in page
    wife.fill("contact", phone="13800000009")
    wife.submit()
    assert (wife.entry.status, wife.kept["phone"]) == ("waiting", "13800000009")


@pytest.fixture
def moved(wife: Pages) -> Pages:
    """老周 typed an employer, and the office entered another meanwhile."""
    wife.fill("more", employer="二中")
    staff("clerk", wife.row.house.community).complete(wife.row.pk, {"employer": "三中"})
    return wife


def test_what_moved_meanwhile_is_told_with_both_values(moved: Pages) -> None:
    page = moved.submit()
    assert page.status_code == 422 and "刚被修改过" in told(page)
    assert "现在登记：三中" in told(page) and "二中" in told(page) and "按我填的继续提交" in told(page)
    assert moved.record.employer == "三中"


def test_whoever_saw_it_may_go_on(moved: Pages) -> None:
    version = f"{moved.record.version}.{fresh(moved.row).version}"
    moved.submit(anew=version)
    assert (moved.entry.status, moved.record.employer) == ("waiting", "三中")


def test_what_moved_again_is_told_again(moved: Pages) -> None:
    assert moved.submit(anew="1.1").status_code == 422
    assert moved.entry.status == "draft"


def test_what_others_changed_while_a_page_was_open_is_not_sent_back(wife: Pages) -> None:
    version = f"{wife.record.version}.{wife.row.version}"
    staff("clerk", wife.row.house.community).complete(wife.row.pk, {"employer": "三中"})
    wife.fill("more", base_version=version, employer="", job_title="教师")
    assert wife.kept == {"job_title": "教师"}


# -- consent, children ---------------------------------------------------------------------


@pytest.fixture
def unconsented(wife: Pages, owner: Membership) -> Pages:
    home(owner).withdraw_consent(Consent.Kind.SENSITIVE)
    return wife


def test_without_consent_what_is_sensitive_is_not_asked(unconsented: Pages) -> None:
    page = unconsented.read("origin")
    assert 'name="ethnicity"' not in page and 'name="registered_address"' in page
    assert f"{reverse('account:consents')}?next={unconsented.at('origin')}" in page


@pytest.mark.parametrize(
    ("step", "withheld"), [("who", "证件号码"), ("origin", "民族"), ("more", "政治面貌、退役军人、低保")]
)
def test_without_consent_each_step_says_what_it_leaves_out(
    unconsented: Pages, step: str, withheld: str
) -> None:
    assert f"所以这里不填{withheld}。" in unconsented.read(step)


def test_what_was_typed_under_a_consent_is_not_shown_after_it(wife: Pages, owner: Membership) -> None:
    wife.fill("origin", **ORIGIN)
    consent = Consent.objects.get(account__resident=owner.resident, kind=Consent.Kind.SENSITIVE)
    door_of(owner).post(reverse("my:withdraw", args=[consent.pk]))
    assert "汉族" not in wife.read("check") and set(wife.kept) == {"registered_address"}


def test_without_consent_the_rest_is_saved(unconsented: Pages) -> None:
    unconsented.fill("origin", **ORIGIN)
    assert unconsented.kept == {"registered_address": ORIGIN["registered_address"]}


def test_a_guardian_agrees_for_a_child(house: House, owner: Membership) -> None:
    pages = child(house, owner)
    pages.fill("origin", ethnicity="01")
    assert "未满 14 周岁" in pages.read("check")
    refused = pages.submit()
    assert refused.status_code == 422 and "guardian" in refused.context["form"].errors
    pages.submit(guardian="on")
    assert pages.record.ethnicity == "01"
    assert Consent.objects.filter(kind=Consent.Kind.GUARDIAN, child=pages.record).exists()


def test_a_guardian_is_asked_whatever_birthday_is_typed(house: House, owner: Membership) -> None:
    pages = child(house, owner)
    Resident.objects.filter(pk=pages.row.resident_id).update(id_number="")
    home(owner).draft(pages.row.pk, {"birth_date": "1990-01-01"})
    assert 'name="guardian"' in pages.read("check")


def test_a_guardian_agrees_once(house: House, owner: Membership) -> None:
    pages = child(house, owner)
    home(owner).consent_for_child(pages.row.pk)
    pages.fill("origin", ethnicity="01")
    assert 'name="guardian"' not in pages.read("check")
    assert pages.submit().redirect_chain and pages.record.ethnicity == "01"


def test_nobody_is_the_own_guardian(house: House) -> None:
    row = bound(house, Role.DAUGHTER, name="周小小", id_number=CHILD_ID, ethnicity="")
    pages = Pages(door_of(row), row)
    pages.fill("origin", ethnicity="01")
    assert "您未满 14 周岁" in pages.read("check")
    refused = pages.submit(guardian="on")
    assert refused.status_code == 422 and "需要监护人同意" in told(refused)


# -- whom one does not see -----------------------------------------------------------------


def test_a_blind_author_is_shown_nothing_of_the_record(house: House, owner: Membership) -> None:
    pages = blind(house, owner)
    shown = "".join(pages.read(step) for step in ("who", "origin", "contact", "more", "check"))
    assert "看不到已经登记的内容" in shown
    assert not [word for word in ("二中", "138****0003", "还差", "已登记 ", WANG_ID[-4:]) if word in shown]


def test_a_blind_author_is_not_led_to_change_the_document(house: House, owner: Membership) -> None:
    assert '<option value="" selected>请选择' in blind(house, owner).read("who")


def test_a_blind_entry_waits_for_the_office(house: House, owner: Membership) -> None:
    pages = blind(house, owner)
    pages.fill("more", id_type="", job_title="教师")
    assert "物业核对后才会采用" in told(pages.submit())
    assert (pages.entry.unseen, pages.entry.status, pages.kept) == (True, "waiting", {"job_title": "教师"})


def test_a_blind_check_does_not_tell_what_stands(house: House, owner: Membership) -> None:
    pages = blind(house, owner)
    pages.fill("more", employer="二中")
    page = pages.read("check")
    assert "二中" in page and "原来：" not in page


def test_who_manages_the_own_data_is_left_to_it(house: House, owner: Membership) -> None:
    row = bound(house, Role.WIFE, name="李梅", id_number=LI_ID)
    answer = Pages(door_of(owner), row).client.get(reverse("my:fill", args=[row.pk]), follow=True)
    assert "此人已自行管理资料" in told(answer)
    assert Pages(door_of(owner), row).fill("more", employer="二中").redirect_chain
    assert not row.submissions.exists()


def test_a_strangers_member_does_not_exist(wife: Pages) -> None:
    neighbour = Pages(door_of(bound(HouseFactory(), Role.SELF, name="老吴")), wife.row)
    assert neighbour.client.get(reverse("my:fill", args=[wife.row.pk])).status_code == 404
    assert [neighbour.fill(step, employer="二中").status_code for step in ("more", "check")] == [404, 404]


def test_who_moved_out_is_not_filled_in(wife: Pages) -> None:
    wife.row.end("moved_out")
    assert wife.client.get(wife.at("more")).status_code == 404


def test_the_own_record_is_filled_in_by_oneself(house: House) -> None:
    row = bound(house, Role.WIFE, name="李梅", id_number=LI_ID, ethnicity="")
    pages = Pages(door_of(row), row)
    pages.fill("origin", ethnicity="01")
    assert "您现在的状态：已激活" in told(pages.submit())


def test_a_community_that_reviews_all_says_so() -> None:
    house = HouseFactory(community=CommunityFactory(review_all=True))
    owner = zhou(house)
    pages = Pages(door_of(owner), li(house, owner))
    pages.fill("origin", **ORIGIN)
    assert "都由物业审核" in told(pages.submit())
