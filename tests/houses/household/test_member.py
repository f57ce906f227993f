"""A member's page, the nickname and the move out: what each sees, and what is refused."""

import pytest
from django.urls import reverse
from django.utils import timezone

from houses.choices import Role
from houses.family import Family
from houses.models import Membership, Request
from residents.choices import IdType
from residents.models import Resident, User
from tests.attackers import Home, at_home, chens_home, member, person, stranger, zhous_home
from tests.cast import CHEN_ID, CHEN_PHONE, LI_ID, LI_PHONE, WANG_ID, WANG_PHONE, XIAO_ID
from tests.factories import HouseFactory, id_number
from tests.household import fresh, login
from tests.my import door
from tests.pictures import put

from .reading import checked, read, send, words

pytestmark = pytest.mark.django_db

SELF_MANAGED = "此人已自行管理资料，只有本人和物业可以查看和修改。"
BLIND = "您可以代填，但看不到已经登记的内容；提交后由物业核对。"


@pytest.fixture
def home() -> Home:
    return zhous_home()


def named_by_the_owner(home: Home) -> Membership:
    """王租 is on the owner's answer: the owner may fill for him, and sees nothing of his record."""
    Membership.objects.filter(pk=home.tenant.pk).update(managed_by=home.owner.resident_id)
    return home.tenant


# -- in full -------------------------------------------------------------------------------


def test_whom_one_manages_is_shown_with_where_each_value_is_from(home: Home) -> None:
    home.family.submit(home.family.draft(home.wife.pk, {"job_title": "教师"}).pk)
    shown = words(home.owners, "my:member", home.wife.pk)
    assert "民族 汉族 建档时登记" in shown and "工作 教师 业主填写" in shown


def test_numbers_and_the_birthday_are_masked(home: Home) -> None:
    html = read(home.owners, "my:member", home.wife.pk)
    assert "1****************2" in html and "138****0002" in html and "1982 年" in html
    assert "05-12" not in html


def test_a_gap_is_marked_where_it_stands_and_above(home: Home) -> None:
    shown = words(home.owners, "my:member", home.son.pk)
    assert "还差 1 项：联系电话" in shown and "手机号 还差" in shown and "公司 未填" in shown


def test_the_contact_is_named_where_the_contact_is_seen(home: Home) -> None:
    Resident.objects.filter(pk=home.son.resident_id).update(contact=home.wife.resident)
    assert "联系人（监护人） 李梅" in words(home.owners, "my:member", home.son.pk)


def test_a_contact_elsewhere_is_not_named(home: Home) -> None:
    Resident.objects.filter(pk=home.son.resident_id).update(contact=home.tenant.resident)
    html = read(home.owners, "my:member", home.son.pk)
    assert "已登记" in html and "王租" not in html


def test_the_petition_flag_is_never_shown(home: Home) -> None:
    Resident.objects.filter(pk=home.owner.resident_id).update(is_petitioner=True)
    assert "上访" not in read(home.owners, "my:member", home.owner.pk)


def test_a_photo_is_shown_by_its_own_address(home: Home) -> None:
    assert "<img" not in read(home.owners, "my:member", home.son.pk)
    put(home.son.resident, "platform")
    assert reverse("my:photo_image", args=[home.son.pk]) in read(home.owners, "my:member", home.son.pk)


def links(home: Home, user: User, row: Membership) -> set[str]:
    html = read(user, "my:member", row.pk)
    names = ("fill", "invite", "photo", "nickname", "leave")
    return {name for name in names if f'href="{reverse(f"my:{name}", args=[row.pk])}"' in html}


def test_what_one_may_do_for_whom_one_manages(home: Home) -> None:
    assert links(home, home.owners, home.son) == {"fill", "invite", "photo", "leave"}


def test_what_one_may_do_for_oneself(home: Home) -> None:
    assert links(home, home.owners, home.owner) == {"fill", "photo", "nickname", "leave"}


def test_before_the_activation_there_is_no_nickname_to_set(home: Home) -> None:
    login(home.wife.resident)
    user = User.objects.get(resident=home.wife.resident_id)
    assert links(home, user, home.wife) == {"fill", "photo", "leave"}
    assert reverse("my:match") in read(user, "my:member", home.wife.pk)


def test_what_waits_for_the_office_is_not_offered_for_change(home: Home) -> None:
    home.family.submit(home.family.draft(home.wife.pk, {"ethnicity": "02"}).pk)
    assert "fill" not in links(home, home.owners, home.wife)


def test_other_documents_owe_less(home: Home) -> None:
    Resident.objects.filter(pk=home.wife.resident_id).update(id_type=IdType.PASSPORT, ethnicity="")
    assert "民族 未填" in words(home.owners, "my:member", home.wife.pk)


# -- in brief, or not at all ---------------------------------------------------------------


def test_of_a_wife_with_her_own_account_nothing_of_the_record_is_left(home: Home) -> None:
    at_home(home.wife)
    html = read(home.owners, "my:member", home.wife.pk)
    assert "李梅" in html and SELF_MANAGED in html and links(home, home.owners, home.wife) == set()
    assert not [
        text for text in (LI_ID, LI_PHONE, "138****0002", "1****************2", "汉族") if text in html
    ]


def test_a_wife_sees_the_son_in_brief_and_is_told_why(home: Home) -> None:
    html = read(at_home(home.wife), "my:member", home.son.pk)
    assert "资料只有本人、代填的家人和物业可以查看" in html and "汉族" not in html


def test_whom_one_may_fill_for_blindly_shows_nothing_of_the_record(home: Home) -> None:
    row = named_by_the_owner(home)
    html = read(home.owners, "my:member", row.pk)
    assert BLIND in html and "代填" in html and "汉族" not in html and "还差" not in html
    assert links(home, home.owners, row) == {"fill", "leave"}


def test_a_nickname_is_all_that_the_others_are_told(home: Home) -> None:
    Family(at_home(home.wife)).set_nickname(home.wife.pk, "孩儿他妈")
    html = read(home.owners, "my:member", home.wife.pk)
    assert "孩儿他妈" in html and "李梅" not in html


def test_on_the_own_page_the_legal_name_stands_too(home: Home) -> None:
    home.family.set_nickname(home.owner.pk, "孩儿他爸")
    shown = words(home.owners, "my:member", home.owner.pk)
    assert "孩儿他爸（我）" in shown and "姓名 老周" in shown


@pytest.mark.parametrize("name", ["member", "nickname", "leave"])
@pytest.mark.parametrize("who", ["counted", "elsewhere", "nobody"])
def test_what_is_not_the_callers_does_not_exist(home: Home, name: str, who: str) -> None:
    keys = {"counted": home.tenant.pk, "elsewhere": chens_home().pk, "nobody": 10**6}
    client, address = door(home.owners), reverse(f"my:{name}", args=[keys[who]])
    answers = [client.get(address), client.post(address, {"text": "搬走", "nickname": "大王"})]
    assert {answer.status_code for answer in answers} <= {404, 405}
    assert "王租" not in answers[0].content.decode() and not Request.objects.exists()


def test_a_neighbour_sees_nobody_of_the_house(home: Home) -> None:
    neighbour = at_home(member(HouseFactory(), person("老吴", id_number(41), "13800000041"), Role.SELF))
    for row in (home.owner, home.wife, home.son, home.tenant):
        assert door(neighbour).get(reverse("my:member", args=[row.pk])).status_code == 404


def test_who_is_linked_to_nobody_sees_nobody(home: Home) -> None:
    user = stranger("李梅", LI_ID)
    assert door(user).get(reverse("my:member", args=[home.wife.pk])).status_code == 404


def test_who_moved_out_is_gone(home: Home) -> None:
    home.office.end(home.son.pk, "moved_out")
    assert door(home.owners).get(reverse("my:member", args=[home.son.pk])).status_code == 404


def test_a_locked_account_sees_no_member(home: Home) -> None:
    User.objects.filter(pk=home.owners.pk).update(locked_at=timezone.now())
    assert "老周" not in read(User.objects.get(pk=home.owners.pk), "my:member", home.owner.pk, status=403)


# -- nickname ------------------------------------------------------------------------------


def test_a_nickname_is_set_and_taken_away(home: Home) -> None:
    answer = send(home.owners, "my:nickname", home.owner.pk, nickname=" 孩儿他爸 ")
    assert "家庭昵称已改为“孩儿他爸”。" in checked(answer)
    assert fresh(home.owner).nickname == "孩儿他爸"
    assert "已取消家庭昵称" in checked(send(home.owners, "my:nickname", home.owner.pk, nickname=""))
    assert fresh(home.owner).nickname == ""


@pytest.mark.parametrize("text", ["爸" * 21, "13800000001", "爸*"])
def test_a_nickname_that_is_refused_stays_typed(home: Home, text: str) -> None:
    answer = send(home.owners, "my:nickname", home.owner.pk, nickname=text)
    assert answer.status_code == 422 and f'value="{text}"' in answer.content.decode()
    assert fresh(home.owner).nickname == ""


def test_without_activation_a_nickname_is_not_offered_and_refused(home: Home) -> None:
    user = login(home.wife.resident)
    assert "<form" not in read(user, "my:nickname", home.wife.pk).split("<main")[1].split("</main>")[0]
    answer = send(user, "my:nickname", home.wife.pk, nickname="孩儿他妈")
    assert answer.status_code == 422 and "激活后才能设置家庭昵称。" in checked(answer)


def test_nobody_names_another(home: Home) -> None:
    assert send(home.owners, "my:nickname", home.son.pk, nickname="小胖").status_code == 404


# -- moving out ----------------------------------------------------------------------------


def test_before_the_move_is_asked_for_it_is_said_what_happens(home: Home) -> None:
    assert "小周不再显示在您家里" in read(home.owners, "my:leave", home.son.pk)
    assert "您不再看到这套房屋" in read(home.owners, "my:leave", home.owner.pk)


def test_a_move_is_asked_for_and_waits_for_the_office(home: Home) -> None:
    answer = send(home.owners, "my:leave", home.son.pk, text="去外地上学")
    assert "已申请迁出，等待物业答复" in checked(answer)
    asked = Request.objects.get()
    assert (asked.kind, asked.membership, asked.text) == ("end", home.son, "去外地上学")
    assert fresh(home.son).is_open


def test_a_member_asks_to_move_out_alone(home: Home) -> None:
    wife = at_home(home.wife)
    send(wife, "my:leave", home.wife.pk, text="搬到别处")
    assert Request.objects.get().account == wife


@pytest.mark.parametrize("text", ["", "  "])
def test_a_move_has_its_reason(home: Home, text: str) -> None:
    answer = send(home.owners, "my:leave", home.son.pk, text=text)
    assert answer.status_code == 422 and "请写明原因。" in checked(answer)


def test_a_reason_carries_no_number(home: Home) -> None:
    answer = send(home.owners, "my:leave", home.son.pk, text="电话 13800000001")
    assert answer.status_code == 422 and "请不要填写证件号码或手机号" in answer.content.decode()


def test_a_move_is_asked_for_once(home: Home) -> None:
    home.family.ask_end(home.son.pk, "去外地上学")
    assert "已经申请迁出，等待物业答复。" in read(home.owners, "my:leave", home.son.pk)
    answer = send(home.owners, "my:leave", home.son.pk, text="去外地上学")
    assert answer.status_code == 422 and "同样的申请正在等待答复。" in checked(answer)


def test_while_one_move_waits_the_next_is_told_to_wait(home: Home) -> None:
    home.family.ask_end(home.son.pk, "去外地上学")
    assert "这套房屋已有一项迁出申请在等待答复" in read(home.owners, "my:leave", home.wife.pk)


def test_for_who_manages_the_own_data_nobody_asks(home: Home) -> None:
    at_home(home.wife)
    assert SELF_MANAGED in read(home.owners, "my:leave", home.wife.pk)
    answer = send(home.owners, "my:leave", home.wife.pk, text="搬走")
    assert answer.status_code == 422 and SELF_MANAGED in checked(answer)


def test_for_whom_one_does_not_manage_nobody_asks(home: Home) -> None:
    answer = send(at_home(home.wife), "my:leave", home.son.pk, text="搬走")
    assert answer.status_code == 422 and "您没有办理此事的权限" in checked(answer)


def test_who_moved_out_while_one_wrote_is_gone(home: Home) -> None:
    home.office.end(home.son.pk, "moved_out")
    assert send(home.owners, "my:leave", home.son.pk, text="搬走").status_code == 404


def test_other_peoples_numbers_stay_out(home: Home) -> None:
    html = read(home.owners, "my:member", named_by_the_owner(home).pk)
    assert not [text for text in (WANG_ID, WANG_PHONE, XIAO_ID, CHEN_ID, CHEN_PHONE) if text in html]
