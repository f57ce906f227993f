"""What an account does at home (houses/family.py): each act works, and is refused for everybody else."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from houses import findings
from houses.choices import Role
from houses.family import Family
from houses.models import Invitation, Membership, Request, Submission
from houses.office import Office
from houses.states import EndReason, FindingCode, Status
from residents.models import Attempt, Consent, Photo, Resident, SmsCode, User
from residents.upstream import Sources
from tests.cast import (
    CHEN_ID,
    CHEN_PHONE,
    LI_ID,
    LI_PHONE,
    WANG_ID,
    WANG_PHONE,
    XIAO_ID,
    ZHOU_ID,
    ZHOU_PHONE,
)
from tests.factories import FindingFactory, HouseFactory, MembershipFactory, ResidentFactory, UserFactory
from tests.factories import id_number as ids
from tests.household import GAPS, THE_REST, bound, fresh, home, login, refused, signed, staff, visitor, zhou
from tests.pictures import picture, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def books() -> Any:
    """老周's house: his son 小周, for whom he fills; his wife and a tenant with accounts; a neighbour."""
    house = HouseFactory()
    it = SimpleNamespace(house=house, owner=zhou(house))
    it.wife = bound(house, Role.WIFE, name="李梅", id_number=LI_ID, phone=LI_PHONE)
    it.tenant = bound(house, Role.TENANT, name="王租", id_number=WANG_ID, phone=WANG_PHONE)
    it.son = MembershipFactory(
        house=house,
        resident=ResidentFactory(name="小周", id_number=XIAO_ID, phone="", **GAPS),
        role=Role.SON,
        household_type=None,
        managed_by=it.owner.resident,
    )
    it.neighbour = bound(HouseFactory(community=house.community), Role.SELF, name="老吴")
    it.stranger = visitor("陈五", CHEN_ID, CHEN_PHONE)
    it.request = Request.ask(Request.Kind.BIND, it.stranger, house=house, role=Role.TENANT)
    it.entry = home(it.owner).draft(it.son.pk, {"employer": "二中"})
    return it


@pytest.fixture
def owner(books: Any) -> Family:
    return home(books.owner)


@pytest.fixture
def manager(books: Any) -> Office:
    return staff("manager", books.house.community)


# -- who may -----------------------------------------------------------------------------


def _invited(it: Any) -> Membership:
    Invitation.issue(it.son, it.stranger)
    return it.son


def _pictured(it: Any) -> Membership:
    put(it.son.resident, Sources.OWNER)
    return it.son


ACTS: dict[str, Callable[[Family, Any], object]] = {
    # about 小周
    "fillable": lambda family, it: family.fillable(it.son.pk),
    "readable": lambda family, it: family.readable(it.son.pk),
    "draft": lambda family, it: family.draft(it.son.pk, {"job_title": "学生"}),
    "invitable": lambda family, it: family.invitable(it.son.pk),
    "invite": lambda family, it: family.invite(it.son.pk),
    "revoke_invitation": lambda family, it: family.revoke_invitation(_invited(it).pk),
    "consent_for_child": lambda family, it: family.consent_for_child(it.son.pk),
    "set_photo": lambda family, it: family.set_photo(it.son.pk, BytesIO(picture())),
    "remove_photo": lambda family, it: family.remove_photo(_pictured(it).pk),
    "ask_end": lambda family, it: family.ask_end(it.son.pk, "去外地上学"),
    "photo": lambda family, it: family.photo(_pictured(it).pk),
    # 老周's entry about him
    "submit": lambda family, it: family.submit(it.entry.pk),
    "discard": lambda family, it: family.discard(it.entry.pk),
    # about the house
    "name_member": lambda family, it: family.name_member(it.house.pk, {"name": "小李", "role": 2}),
    "answer": lambda family, it: family.answer(it.request.pk, accept=False, reason="不认识"),
    # about 老周 himself
    "set_nickname": lambda family, it: family.set_nickname(it.owner.pk, "孩儿他爸"),
}

MAY, NO, NONE = "may", "not_allowed", "not_found"
LOCKED = "account_locked"

WHO_MAY = [
    # act                  owner  wife    tenant  neighbour  stranger  owner, locked
    ("fillable",           MAY,   NO,     NONE,   NONE,      NONE,     LOCKED),
    ("readable",           MAY,   NO,     NONE,   NONE,      NONE,     LOCKED),
    ("draft",              MAY,   NO,     NONE,   NONE,      NONE,     LOCKED),
    ("invitable",          MAY,   NO,     NONE,   NONE,      NONE,     LOCKED),
    ("invite",             MAY,   NO,     NONE,   NONE,      NONE,     LOCKED),
    ("revoke_invitation",  MAY,   NO,     NONE,   NONE,      NONE,     LOCKED),
    ("consent_for_child",  MAY,   NO,     NONE,   NONE,      NONE,     LOCKED),
    ("set_photo",          MAY,   NO,     NONE,   NONE,      NONE,     LOCKED),
    ("remove_photo",       MAY,   NO,     NONE,   NONE,      NONE,     LOCKED),
    ("photo",              MAY,   NONE,   NONE,   NONE,      NONE,     LOCKED),
    ("ask_end",            MAY,   NO,     NONE,   NONE,      NONE,     LOCKED),
    ("submit",             MAY,   NONE,   NONE,   NONE,      NONE,     LOCKED),
    ("discard",            MAY,   NONE,   NONE,   NONE,      NONE,     LOCKED),
    ("name_member",        MAY,   NO,     MAY,    NONE,      NONE,     LOCKED),
    ("answer",             MAY,   NONE,   NONE,   NONE,      NONE,     LOCKED),
    ("set_nickname",       MAY,   NONE,   NONE,   NONE,      NONE,     LOCKED),
]  # fmt: skip

PEOPLE = ("owner", "wife", "tenant", "neighbour", "stranger", "locked")
CELLS = [
    pytest.param(act, who, came, id=f"{act}-{who}")
    for act, *row in WHO_MAY
    for who, came in zip(PEOPLE, row, strict=True)
]


def acting(it: Any, who: str) -> Family:
    if who == "stranger":
        return Family(it.stranger)
    if who == "locked":
        User.objects.filter(resident=it.owner.resident).update(locked_at=timezone.now())
        return home(it.owner)
    return home(getattr(it, who))


@pytest.mark.parametrize(("act", "who", "came"), CELLS)
def test_who_may(books: Any, act: str, who: str, came: str) -> None:
    family = acting(books, who)
    if came == MAY:
        ACTS[act](family, books)
        return
    with refused(came, but=(Invitation, Photo)):  # what the act's own preparation writes
        ACTS[act](family, books)


# What an account does for itself alone.
OF_ONESELF: dict[str, Callable[[Family], object]] = {
    "read_identity": lambda family: family.read_identity("老周", ZHOU_ID),
    "state_identity": lambda family: family.state_identity("老周", ZHOU_ID),
    "change_phone": lambda family: family.change_phone(CHEN_PHONE, ""),
    "consent": lambda family: family.consent(Consent.Kind.NOTICE),
    "match": lambda family: family.match(),
    "confirmable": lambda family: family.confirmable,
    "confirm": lambda family: family.confirm(0),
    "accept_invitation": lambda family: family.accept_invitation("x", "123456"),
    "house_at": lambda family: family.house_at(HouseFactory.build().community, {"room": "101"}),
    "apply_for": lambda family: family.apply_for(HouseFactory.build(), Role.TENANT, "租住"),
    "ask_erasure": lambda family: family.ask_erasure("不再居住"),
    "dispute": lambda family: family.dispute("号码不是我的"),
}
BEFORE_ANYTHING = {
    "consent",
    "withdraw_consent",
    "withdraw_consent_for_child",
    "submissions",
    "requests",
    "asked",
}  # reads, and what is read first


def test_every_act_of_the_family_is_in_a_table() -> None:
    acts = {name for name in vars(Family) if not name.startswith("_")}
    assert acts == set(ACTS) | set(OF_ONESELF) | BEFORE_ANYTHING
    assert set(ACTS) == {act for act, *_ in WHO_MAY}


@pytest.mark.parametrize("act", sorted(set(OF_ONESELF) - BEFORE_ANYTHING))
def test_a_locked_account_does_nothing(books: Any, act: str) -> None:
    family = acting(books, "locked")
    with refused("account_locked"):
        OF_ONESELF[act](family)


@pytest.mark.parametrize("act", sorted(set(OF_ONESELF) - BEFORE_ANYTHING - {"ask_erasure", "dispute"}))
def test_without_a_verified_phone_nothing_is_asked_for(books: Any, act: str) -> None:
    User.objects.filter(pk=books.stranger.pk).update(phone_verified_at=None)
    family = Family(User.objects.get(pk=books.stranger.pk))
    with refused("phone_unverified"):
        OF_ONESELF[act](family)


@pytest.mark.parametrize(
    "act", sorted(set(OF_ONESELF) - BEFORE_ANYTHING - {"read_identity", "state_identity", "change_phone"})
)
def test_who_did_not_say_who_it_is_gets_nothing(act: str) -> None:
    family = Family(UserFactory(phone=CHEN_PHONE, phone_verified_at=timezone.now()))
    with refused("identity_missing"):
        OF_ONESELF[act](family)


def test_a_locked_account_has_nothing_to_read(books: Any) -> None:
    family = acting(books, "locked")
    assert not family.submissions.exists() and not family.requests.exists()


# -- who I am ----------------------------------------------------------------------------


@pytest.fixture
def new() -> Family:
    family = Family(UserFactory(phone=CHEN_PHONE, phone_verified_at=timezone.now()))
    family.consent(Consent.Kind.SENSITIVE)
    return family


def test_an_id_number_is_stated_under_the_separate_consent(new: Family) -> None:
    new.withdraw_consent(Consent.Kind.SENSITIVE)
    with refused("consent_missing"):
        new.state_identity("陈五", CHEN_ID)
    assert not Attempt.objects.exists()


def test_an_account_says_once_who_it_is(new: Family) -> None:
    new.state_identity(" 陈五 ", CHEN_ID)
    assert (new.user.stated_name, new.user.stated_id_number) == ("陈五", CHEN_ID)
    with refused("identity_stated"):
        new.state_identity("陈六", CHEN_ID)


@pytest.mark.parametrize(
    ("name", "number", "wrong"),
    [("", CHEN_ID, "name"), ("陈五", "", "id_number"), ("陈五", CHEN_ID[:-1] + "1", "id_number")],
)
def test_it_says_so_in_full_and_right(new: Family, name: str, number: str, wrong: str) -> None:
    with refused("invalid", wrong):
        new.state_identity(name, number)


def test_saying_who_one_is_has_a_daily_limit(new: Family) -> None:
    for _ in range(Attempt.LIMITS[Attempt.Kind.IDENTITY]):
        with refused("invalid", "name"):
            new.state_identity("", CHEN_ID)
    with refused("too_many"):
        new.state_identity("陈五", CHEN_ID)


def _proof(phone: str) -> str:
    """The token of a code that the holder of this phone typed just now."""
    row, code = SmsCode.issue(phone, SmsCode.Purpose.CHANGE_OLD, "a proof", "")
    row.use(code)
    return "a proof"


def test_a_phone_is_changed_by_who_holds_the_old_one(new: Family) -> None:
    new.change_phone(LI_PHONE, _proof(CHEN_PHONE))
    assert new.user.phone == LI_PHONE


@pytest.mark.parametrize("proved", ["", LI_PHONE], ids=["none", "another's"])
def test_without_the_old_phone_there_is_no_new_one(new: Family, proved: str) -> None:
    proof = _proof(proved) if proved else ""
    with refused("code_dead", "old_request"):
        new.change_phone(LI_PHONE, proof)


def test_the_phone_that_the_counter_took_away_meanwhile_proves_nothing(new: Family) -> None:
    proof = _proof(CHEN_PHONE)
    User.objects.filter(pk=new.user.pk).update(phone=WANG_PHONE)
    with refused("code_dead", "old_request"):
        new.change_phone(LI_PHONE, proof)


def test_consent_is_given_once_and_taken_back_once(new: Family) -> None:
    for _ in range(2):
        new.consent(Consent.Kind.SENSITIVE)
    assert Consent.objects.filter(account=new.user).count() == 1
    assert new.withdraw_consent(Consent.Kind.SENSITIVE) is True
    assert new.withdraw_consent(Consent.Kind.SENSITIVE) is False
    assert not Consent.stands(new.user, Consent.Kind.SENSITIVE)


@pytest.mark.parametrize("kind", ["guardian", "anything"])
def test_other_consents_are_not_given_in_passing(new: Family, kind: str) -> None:
    with refused("not_found"):
        new.consent(kind)


# -- members -----------------------------------------------------------------------------


def test_who_manages_the_own_data_is_left_to_it(books: Any, owner: Family) -> None:
    with refused("self_managed"):
        owner.draft(books.wife.pk, {"employer": "二中"})


def test_from_the_activation_on_the_owner_fills_no_more(books: Any, owner: Family) -> None:
    owner.submit(owner.draft(books.son.pk, {**THE_REST, "phone": CHEN_PHONE}).pk)
    fresh(books.son).bind(by=books.stranger, why="本人确认绑定")
    with refused("self_managed"):
        owner.draft(books.son.pk, {"employer": "三中"})


def test_an_entry_is_not_handed_in_about_who_manages_the_own_data_by_now(books: Any, owner: Family) -> None:
    Resident.objects.filter(pk=books.son.resident_id).update(self_managed_since=timezone.now())
    with refused("not_found"):
        owner.submit(books.entry.pk)


def test_who_moved_out_names_nobody_any_more(books: Any, owner: Family) -> None:
    entry = owner.name_member(books.house.pk, {"name": "小李", "role": Role.OTHER})
    books.owner.end(EndReason.SOLD)
    with refused("not_found"):
        owner.submit(entry.pk)
    with refused("not_found"):
        owner.name_member(books.house.pk, {"name": "小李"})


def test_what_staff_typed_is_not_among_ones_entries(books: Any, owner: Family) -> None:
    """A member of staff who lives here: the office's work stays in the office."""
    Submission.objects.filter(pk=books.entry.pk).update(author=Submission.Author.STAFF)
    with refused("not_found"):
        owner.discard(books.entry.pk)


def test_who_may_name_nobody_any_more_hands_in_nobody(books: Any, owner: Family) -> None:
    entry = owner.name_member(books.house.pk, {"name": "小李", "role": Role.OTHER})
    Membership.objects.filter(pk=books.owner.pk).update(role=Role.FATHER)
    with refused("not_allowed"):
        owner.submit(entry.pk)


def test_a_nickname_is_shown_and_signed_by_its_owner(books: Any, owner: Family) -> None:
    owner.set_nickname(books.owner.pk, " 孩儿他爸 ")
    row = fresh(books.owner)
    assert (row.nickname, row.resident.name) == ("孩儿他爸", "老周")
    assert signed(row) == (owner.user, "家庭昵称")


def test_a_nickname_is_ones_own_word(books: Any, owner: Family) -> None:
    owner.set_nickname(books.owner.pk, "孩儿他爸")
    assert fresh(books.owner).origin.of("nickname") == "self"


def test_a_nickname_is_taken_away(books: Any, owner: Family) -> None:
    owner.set_nickname(books.owner.pk, "孩儿他爸")
    owner.set_nickname(books.owner.pk, "")
    assert fresh(books.owner).nickname == ""


@pytest.mark.parametrize("text", ["爸" * 21, "13800000001", "爸*", "爸\x00"])
def test_a_nickname_is_short_and_plain(books: Any, owner: Family, text: str) -> None:
    with refused("invalid", "nickname"):
        owner.set_nickname(books.owner.pk, text)


def test_before_the_activation_there_is_no_nickname(books: Any) -> None:
    Resident.objects.filter(pk=books.son.resident_id).update(phone="13700000009")
    login(fresh(books.son.resident))
    with refused("not_activated"):
        home(books.son).set_nickname(books.son.pk, "小胖")


def test_an_owner_invites_and_takes_it_back_once(books: Any, owner: Family) -> None:
    invitation, _ = owner.invite(books.son.pk)
    assert invitation.invited_by == owner.user
    owner.revoke_invitation(books.son.pk)
    with refused("invitation_dead"):
        owner.revoke_invitation(books.son.pk)


def test_nobody_invites_oneself(books: Any, owner: Family) -> None:
    with refused("not_invitable"):
        owner.invite(books.owner.pk)


def test_whom_one_fills_for_blindly_one_does_not_invite(books: Any, owner: Family) -> None:
    Membership.objects.filter(pk=books.son.pk).update(role=Role.TENANT)
    with refused("unseen"):
        owner.invite(books.son.pk)


def test_who_has_no_number_yet_is_not_invited(books: Any, owner: Family) -> None:
    Resident.objects.filter(pk=books.son.resident_id).update(id_number="")
    with refused("not_invitable"):
        owner.invite(books.son.pk)


# -- binding by match --------------------------------------------------------------------


@pytest.fixture
def chen(books: Any) -> Membership:
    """陈五 is on the books of the house, complete, with the phone that the account has verified."""
    person = ResidentFactory(name="陈五", id_number=CHEN_ID, phone=CHEN_PHONE)
    return MembershipFactory(house=books.house, resident=person, role=Role.TENANT, household_type=None)


def changed(row: Membership, **values: Any) -> None:
    Resident.objects.filter(pk=row.resident_id).update(**values)


def test_with_the_own_phone_on_the_books_a_person_confirms_and_is_activated(
    books: Any, chen: Membership
) -> None:
    family = Family(books.stranger)
    assert family.match() == [chen]
    row = family.confirm(chen.pk)
    assert (row.status, row.activated_by_account) == (Status.ACTIVATED, True)
    assert signed(row) == (books.stranger, "本人确认绑定")
    assert fresh(books.stranger).resident == chen.resident


def test_who_confirms_with_a_gap_is_bound_and_activated_when_complete(books: Any, chen: Membership) -> None:
    changed(chen, ethnicity="")
    row = Family(books.stranger).confirm(chen.pk)
    assert (row.status, row.bound_at is not None) == (Status.INCOMPLETE, True)
    home(chen).submit(home(chen).draft(chen.pk, {"ethnicity": "01"}).pk)
    assert fresh(chen).status == Status.ACTIVATED


def test_a_confirmation_is_made_once(books: Any, chen: Membership) -> None:
    family = Family(books.stranger)
    family.confirm(chen.pk)
    with refused("not_found"):
        family.confirm(chen.pk)


@pytest.mark.parametrize(
    "values",
    [{"phone": "13700000009"}, {"name": "陈六"}, {"id_number": LI_ID}],
    ids=["phone", "name", "number"],
)
def test_nobody_confirms_where_not_all_agrees(books: Any, chen: Membership, values: dict[str, str]) -> None:
    changed(chen, **values)
    with refused("not_found"):
        Family(books.stranger).confirm(chen.pk)


def test_nobody_confirms_for_another(books: Any) -> None:
    with refused("not_found"):
        Family(books.stranger).confirm(books.son.pk)


def test_an_ended_membership_is_not_confirmed(books: Any, chen: Membership) -> None:
    chen.end(EndReason.MOVED_OUT)
    with refused("not_found"):
        Family(books.stranger).confirm(chen.pk)


def test_a_shared_number_is_not_linked(books: Any, chen: Membership) -> None:
    MembershipFactory(resident__id_number=CHEN_ID)
    findings.refresh(residents=[chen.resident_id])
    with refused("link_blocked"):
        Family(books.stranger).confirm(chen.pk)


def test_a_disputed_record_is_not_linked(books: Any, chen: Membership) -> None:
    Request.ask(Request.Kind.DISPUTE, books.stranger, resident=chen.resident, office_only=True)
    with refused("link_blocked"):
        Family(books.stranger).confirm(chen.pk)


def test_an_account_is_one_person(books: Any, chen: Membership) -> None:
    """Linked already to a record of other words: the second record is for the office to absorb."""
    other = MembershipFactory(resident__name="陈五旧")
    User.objects.filter(pk=books.stranger.pk).update(resident=other.resident)
    with refused("already_linked"):
        Family(fresh(books.stranger)).confirm(chen.pk)


def test_a_person_has_one_account(books: Any, chen: Membership) -> None:
    changed(chen, phone="13700000009")
    login(fresh(chen.resident))
    with refused("not_found"):
        Family(books.stranger).confirm(chen.pk)


def test_a_match_from_another_phone_is_asked_for_and_not_told(books: Any, chen: Membership) -> None:
    changed(chen, phone="")
    Request.objects.all().delete()
    family = Family(books.stranger)
    assert [family.match(), family.match()] == [[], []]
    request = Request.objects.get()
    assert (request.kind, request.membership, request.role) == ("bind", chen, Role.TENANT)
    assert not family.scope.members.exists()


def test_a_match_with_anothers_account_is_for_the_office_alone(books: Any, owner: Family) -> None:
    twin = visitor("李梅", LI_ID, "13700000009")
    Membership.objects.filter(pk=books.wife.pk).update(
        bound_at=None, activated_at=None, activated_by_account=False, status=Status.COMPLETED
    )
    assert Family(twin).match() == []
    request = Request.objects.get(account=twin)
    assert (request.kind, request.office_only, request.resident) == ("dispute", True, books.wife.resident)
    assert request not in owner.requests


def test_matching_has_a_daily_limit(books: Any) -> None:
    family = Family(books.stranger)
    for _ in range(Attempt.LIMITS[Attempt.Kind.MATCH]):
        assert family.match() == []
    with refused("too_many"):
        family.match()


# -- binding by invitation ---------------------------------------------------------------


@pytest.fixture
def token(owner: Family, books: Any, chen: Membership) -> str:
    Membership.objects.filter(pk=chen.pk).update(managed_by=books.owner.resident, role=Role.FATHER)
    return owner.invite(chen.pk)[1]


def test_an_invited_account_is_bound_and_activated(books: Any, token: str, chen: Membership) -> None:
    row = Family(books.stranger).accept_invitation(token, CHEN_ID[-6:])
    assert (row.pk, row.status) == (chen.pk, Status.ACTIVATED)
    assert signed(row) == (books.stranger, "受邀绑定")
    assert Invitation.objects.get().used_by == books.stranger


def test_an_invitation_is_used_once(books: Any, token: str) -> None:
    Family(books.stranger).accept_invitation(token, CHEN_ID[-6:])
    with refused("invitation_dead"):
        Family(fresh(books.stranger)).accept_invitation(token, CHEN_ID[-6:])


def test_an_invitation_asks_for_the_last_six(books: Any, token: str) -> None:
    with refused("invitation_digits", "last_six", but=(Invitation,)):
        Family(books.stranger).accept_invitation(token, "000000")


def test_an_invitation_is_for_the_invited(books: Any, token: str) -> None:
    """Forwarded with the digits: somebody else's account gets nothing, and it stays usable."""
    somebody = visitor("陈六", LI_ID, "13700000009")
    with refused("identity_mismatch"):
        Family(somebody).accept_invitation(token, CHEN_ID[-6:])
    assert Invitation.objects.live().exists()


DEAD: dict[str, Callable[[Any, Membership], object]] = {
    "revoked": lambda it, row: home(it.owner).revoke_invitation(row.pk),
    "replaced": lambda it, row: home(it.owner).invite(row.pk),
    "over": lambda it, row: Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1)),
    "ended": lambda it, row: row.end(EndReason.MOVED_OUT),
}


@pytest.mark.parametrize("how", DEAD)
def test_a_dead_invitation_binds_nobody(books: Any, token: str, chen: Membership, how: str) -> None:
    DEAD[how](books, chen)
    with refused("invitation_dead"):
        Family(books.stranger).accept_invitation(token, CHEN_ID[-6:])


def test_an_unknown_link_says_the_same(books: Any, token: str) -> None:
    with refused("invitation_dead"):
        Family(books.stranger).accept_invitation("x" * 32, CHEN_ID[-6:])


def test_an_invitation_to_who_bound_meanwhile_says_so(books: Any, token: str, chen: Membership) -> None:
    Family(books.stranger).confirm(chen.pk)
    with refused("invitation_dead"):
        Family(fresh(books.stranger)).accept_invitation(token, CHEN_ID[-6:])


def test_trying_invitations_has_a_daily_limit(books: Any) -> None:
    for _ in range(Attempt.LIMITS[Attempt.Kind.INVITATION]):
        with pytest.raises(Exception, match="invitation_dead"):
            Family(books.stranger).accept_invitation("x", "000000")
    with refused("too_many"):
        Family(books.stranger).accept_invitation("x", "000000")


# -- binding by application --------------------------------------------------------------


@pytest.fixture
def applicant(books: Any) -> Family:
    Request.objects.all().delete()
    return Family(books.stranger)


def test_an_owner_takes_an_applicant_in_with_one_tap(books: Any, owner: Family, applicant: Family) -> None:
    request = applicant.apply_for(books.house, Role.TENANT, " 租住 ")
    assert (request.text, list(owner.requests), list(applicant.asked)) == ("租住", [request], [request])
    answered = owner.answer(request.pk, accept=True)
    row = Membership.objects.get(resident__name="陈五")
    assert (answered.status, answered.answer, answered.answered_by) == ("accepted", "业主已确认", owner.user)
    assert (row.house, row.role, row.status) == (books.house, Role.TENANT, Status.INCOMPLETE)
    assert row.resident.origin.of("id_number") == "self"


def test_what_the_owner_let_in_the_owner_does_not_read(books: Any, owner: Family, applicant: Family) -> None:
    owner.answer(applicant.apply_for(books.house, Role.TENANT, "租住").pk, accept=True)
    row = Membership.objects.get(resident__name="陈五")
    assert row.managed_by is None and row not in owner.scope.full


def test_a_role_is_from_the_table(books: Any, applicant: Family) -> None:
    with refused("invalid", "role"):
        applicant.apply_for(books.house, 14, "租住")


def test_an_application_says_why(books: Any, applicant: Family) -> None:
    with refused("reason_missing", "text"):
        applicant.apply_for(books.house, Role.TENANT, " ")


def test_an_application_is_made_once(books: Any, applicant: Family) -> None:
    applicant.apply_for(books.house, Role.TENANT, "租住")
    with refused("already_asked"):
        applicant.apply_for(books.house, Role.TENANT, "租住")


def test_who_lives_there_does_not_apply(books: Any) -> None:
    with refused("already_bound"):
        home(books.tenant).apply_for(books.house, Role.TENANT, "租住")


def test_applying_has_a_daily_limit(books: Any, applicant: Family) -> None:
    for _ in range(Attempt.LIMITS[Attempt.Kind.APPLY]):
        with refused("reason_missing", "text"):
            applicant.apply_for(books.house, Role.TENANT, "")
    with refused("too_many"):
        applicant.apply_for(books.house, Role.TENANT, "租住")


@pytest.mark.parametrize("why", ["as_owner", "on_the_books"])
def test_only_the_office_answers_for_an_owner_and_for_who_is_on_the_books(
    books: Any, owner: Family, applicant: Family, why: str
) -> None:
    if why == "on_the_books":
        MembershipFactory(resident__id_number=CHEN_ID)
    request = applicant.apply_for(books.house, Role.SELF if why == "as_owner" else Role.TENANT, "购房")
    assert request.office_only
    with refused("not_found"):
        owner.answer(request.pk, accept=True)


# -- answering ---------------------------------------------------------------------------


def test_a_no_has_its_reason(books: Any, owner: Family) -> None:
    with refused("reason_missing", "reason"):
        owner.answer(books.request.pk, accept=False)
    assert owner.answer(books.request.pk, accept=False, reason="不认识").status == "refused"
    assert not Membership.objects.filter(resident__name="陈五").exists()


def test_a_request_is_answered_once(books: Any, owner: Family) -> None:
    owner.answer(books.request.pk, accept=False, reason="不认识")
    with refused("already_answered"):
        owner.answer(books.request.pk, accept=True)


def test_what_the_office_answered_the_owner_does_not(books: Any, owner: Family, manager: Office) -> None:
    manager.answer(books.request.pk, accept=True, reason="核对租赁合同")
    with refused("already_answered"):
        owner.answer(books.request.pk, accept=False, reason="不认识")


def test_while_two_owners_contradict_each_other_neither_answers(books: Any, owner: Family) -> None:
    FindingFactory(code=FindingCode.SECOND_OWNER, membership=books.owner)
    with refused("not_found"):
        owner.answer(books.request.pk, accept=True)


def test_other_requests_of_the_house_are_the_offices(books: Any, owner: Family) -> None:
    request = home(books.wife).ask_end(books.wife.pk, "搬走")
    with refused("not_found"):
        owner.answer(request.pk, accept=True)


# -- asking ------------------------------------------------------------------------------


def test_an_end_is_asked_for_once_with_a_reason(books: Any, owner: Family) -> None:
    with refused("reason_missing", "text"):
        owner.ask_end(books.son.pk, " ")
    request = owner.ask_end(books.son.pk, " 去外地上学 ")
    assert (request.kind, request.membership, request.text) == ("end", books.son, "去外地上学")
    assert request.community == books.house.community
    with refused("already_asked"):
        owner.ask_end(books.son.pk, "去外地上学")


def test_nobody_asks_for_the_end_of_who_manages_the_own_data(books: Any, owner: Family) -> None:
    with refused("self_managed"):
        owner.ask_end(books.wife.pk, "搬走")


@pytest.mark.parametrize(
    ("act", "kind"), [("ask_erasure", Request.Kind.ERASE), ("dispute", Request.Kind.DISPUTE)]
)
def test_what_only_the_office_answers_is_asked_for_once(
    books: Any, owner: Family, act: str, kind: str
) -> None:
    request = getattr(owner, act)("不再居住")
    assert (request.kind, request.resident, request.office_only) == (kind, books.owner.resident, True)
    assert request.community == books.house.community and request not in owner.requests
    with refused("already_asked"):
        getattr(owner, act)("再次")


def test_a_dispute_says_what_is_wrong(owner: Family) -> None:
    with refused("reason_missing", "text"):
        owner.dispute(" ")


def test_a_recycled_phone_of_another_person_is_told_nothing(books: Any) -> None:
    """陈六 has 老周's old phone: right login, other person."""
    User.objects.filter(phone__isnull=False, resident=books.owner.resident).update(phone="13700000008")
    other = Family(visitor("陈六", ids(9), ZHOU_PHONE))
    assert (other.match(), list(other.scope.members)) == ([], [])
    assert not Request.objects.filter(account=other.user).exists()
