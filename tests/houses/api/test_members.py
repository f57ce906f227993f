"""One member: as the account sees them, the nickname, the invitation, the move out."""

import pytest
from django.utils import timezone

from houses.choices import Role
from houses.models import Membership, Request
from houses.states import Status
from residents.upstream import Sources
from tests.api import problem, program_of
from tests.cast import LI_ID, LI_PHONE, WANG_ID, WANG_PHONE
from tests.factories import HouseFactory
from tests.household import bound, fresh, home, li, zhou
from tests.pictures import put

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Membership:
    return zhou(HouseFactory())


@pytest.fixture
def wife(owner: Membership) -> Membership:
    return li(owner.house, owner)


@pytest.fixture
def tenant(owner: Membership) -> Membership:
    return bound(owner.house, Role.TENANT, name="王租", id_number=WANG_ID, phone=WANG_PHONE)


def not_activated(row: Membership) -> Membership:
    Membership.objects.filter(pk=row.pk).update(
        status=Status.COMPLETED, activated_at=None, activated_by_account=False
    )
    return fresh(row)


# -- who sees what -----------------------------------------------------------------------


def test_the_owner_sees_whom_he_fills_for(owner: Membership, wife: Membership) -> None:
    put(wife.resident, Sources.OWNER)
    told = program_of(owner).get(f"/members/{wife.pk}/").json()
    assert (told["sight"], told["why_brief"], told["has_photo"]) == ("full", "", True)
    assert told["address"] == owner.house.address


def test_who_manages_the_own_data_is_told_in_brief(owner: Membership) -> None:
    """老周 sees no data of 李梅 any more, once she has an account of her own."""
    wife = bound(owner.house, Role.WIFE, name="李梅", id_number=LI_ID, phone=LI_PHONE)
    put(wife.resident, Sources.SELF)
    told = program_of(owner).get(f"/members/{wife.pk}/").json()
    assert (told["name"], told["role"], told["sight"], told["missing"]) == ("李梅", Role.WIFE, "brief", [])
    assert (told["may_fill"], told["has_photo"]) == (False, False)
    assert "自行管理" in told["why_brief"]


def test_whom_one_only_counts_does_not_exist(owner: Membership, tenant: Membership) -> None:
    problem(program_of(tenant).get(f"/members/{owner.pk}/"), 404, "not_found")


def test_it_is_told_that_the_own_house_is_not_bound(owner: Membership) -> None:
    owner.unbind(by=None, why="")
    assert program_of(owner).get(f"/members/{owner.pk}/").json()["unbound"] is True


# -- nickname ----------------------------------------------------------------------------


def test_a_nickname_is_shown_instead_of_the_name(owner: Membership) -> None:
    answer = program_of(owner).put(f"/members/{owner.pk}/nickname/", {"nickname": " 孩儿他爸 "})
    assert (answer.status_code, answer.json()["name"], answer.json()["nickname"]) == (
        200,
        "孩儿他爸",
        "孩儿他爸",
    )


def test_an_empty_nickname_takes_it_away(owner: Membership) -> None:
    home(owner).set_nickname(owner.pk, "孩儿他爸")
    answer = program_of(owner).put(f"/members/{owner.pk}/nickname/", {"nickname": ""})
    assert (answer.json()["name"], fresh(owner).nickname) == ("老周", "")


def test_before_activation_there_is_no_nickname(owner: Membership) -> None:
    program = program_of(not_activated(owner))
    problem(program.put(f"/members/{owner.pk}/nickname/", {"nickname": "老爸"}), 409, "not_activated")


def test_nobody_gives_another_a_nickname(owner: Membership, wife: Membership) -> None:
    problem(program_of(owner).put(f"/members/{wife.pk}/nickname/", {"nickname": "她"}), 404, "not_found")


@pytest.mark.parametrize("nickname", ["x" * 21, "电话 13800000002", 7, None])
def test_what_is_no_nickname_is_refused(owner: Membership, nickname: object) -> None:
    answer = program_of(owner).put(f"/members/{owner.pk}/nickname/", {"nickname": nickname})
    problem(answer, 422, "invalid", "nickname")


# -- invitation --------------------------------------------------------------------------


def test_an_invitation_is_told_once(owner: Membership, wife: Membership) -> None:
    answer = program_of(owner).post(f"/members/{wife.pk}/invitation/")
    told = answer.json()
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    assert told["url"] == f"http://testserver/my/invitation/{told['token']}/"
    until = program_of(owner).get(f"/members/{wife.pk}/").json()["invited_until"]
    assert until == told["expires_at"]


def test_whom_the_owner_invited_opens_it_with_the_token(owner: Membership, wife: Membership) -> None:
    token = program_of(owner).post(f"/members/{wife.pk}/invitation/").json()["token"]
    assert wife.invitations.get().key == wife.invitations.model.key_of(token)


def test_an_owner_is_nobodys_to_invite(owner: Membership) -> None:
    problem(program_of(owner).post(f"/members/{owner.pk}/invitation/"), 409, "not_invitable")


def test_who_manages_the_own_data_is_not_invited(owner: Membership) -> None:
    wife = bound(owner.house, Role.WIFE, name="李梅", id_number=LI_ID, phone=LI_PHONE)
    problem(program_of(owner).post(f"/members/{wife.pk}/invitation/"), 403, "self_managed")


def test_an_invitation_is_taken_back(owner: Membership, wife: Membership) -> None:
    home(owner).invite(wife.pk)
    answer = program_of(owner).delete(f"/members/{wife.pk}/invitation/")
    assert (answer.status_code, wife.invitations.live().exists()) == (204, False)


def test_where_there_is_none_none_is_taken_back(owner: Membership, wife: Membership) -> None:
    problem(program_of(owner).delete(f"/members/{wife.pk}/invitation/"), 409, "invitation_dead")


# -- moving out --------------------------------------------------------------------------


def test_a_move_out_is_asked_for(owner: Membership, wife: Membership) -> None:
    answer = program_of(owner).post(f"/members/{wife.pk}/end/", {"text": "已搬到别处居住"})
    assert (answer.status_code, answer.json()["kind"], answer.json()["status"]) == (201, "end", "open")
    assert program_of(owner).client.get(answer["Location"]).json() == answer.json()
    asked = Request.objects.get()
    assert program_of(owner).get(f"/members/{wife.pk}/").json()["leaving"] == asked.pk


def test_asked_twice_it_is_told_where_the_first_is(owner: Membership, wife: Membership) -> None:
    program = program_of(owner)
    first = program.post(f"/members/{wife.pk}/end/", {"text": "已搬到别处居住"})
    again = program.post(f"/members/{wife.pk}/end/", {"text": "已搬到别处居住"})
    problem(again, 409, "already_asked")
    assert again["Location"] == first["Location"]


def test_another_members_leaving_is_not_told_of_oneself(owner: Membership, wife: Membership) -> None:
    home(owner).ask_end(wife.pk, "搬走了")
    assert program_of(owner).get(f"/members/{owner.pk}/").json()["leaving"] is None


@pytest.mark.parametrize(("text", "code"), [("", "invalid"), ("电话 13800000002", "invalid"), (1, "invalid")])
def test_the_reason_is_a_plain_text(owner: Membership, text: object, code: str) -> None:
    problem(program_of(owner).post(f"/members/{owner.pk}/end/", {"text": text}), 422, code, "text")


def test_nobody_asks_for_whom_they_only_count(owner: Membership, tenant: Membership) -> None:
    problem(program_of(tenant).post(f"/members/{owner.pk}/end/", {"text": "不认识"}), 404, "not_found")


def test_a_fellow_is_not_asked_out(owner: Membership, wife: Membership) -> None:
    son = bound(owner.house, Role.SON, name="小周")
    problem(program_of(son).post(f"/members/{wife.pk}/end/", {"text": "搬走了"}), 403, "not_allowed")


def test_a_locked_account_is_told_so(owner: Membership) -> None:
    user = home(owner).user
    program = program_of(owner)
    user.locked_at = timezone.now()
    user.save()
    problem(program.get(f"/members/{owner.pk}/"), 403, "account_locked")
