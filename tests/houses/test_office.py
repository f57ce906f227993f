"""What staff do (houses/office.py): each act works, and is refused for each wrong role and wrong state."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from houses import findings
from houses.choices import Role
from houses.models import Community, Finding, House, Invitation, Membership, Request, Submission
from houses.models.claim import Claimable
from houses.office import Office
from houses.rooms import Plan
from houses.states import EndReason, FindingCode, Status
from residents.models import AccessLog, Photo, Resident, Tombstone, User
from residents.upstream import Sources
from tests.cast import CHEN_ID, CHEN_PHONE, LI_ID, WANG_ID, WANG_PHONE, ZHOU_ID
from tests.factories import (
    CommunityFactory,
    FindingFactory,
    HouseFactory,
    MembershipFactory,
    ResidentFactory,
    UserFactory,
)
from tests.household import (
    THE_REST,
    fresh,
    home,
    li,
    login,
    refused,
    signed,
    staff,
    visitor,
    wang,
    zhou,
)
from tests.pictures import picture, put

pytestmark = pytest.mark.django_db

ONE_FLOOR = Plan(building="9", units=1, first_floor=1, last_floor=1, rooms=2)


@pytest.fixture
def books() -> Any:
    """One household with everything that an act can be about."""
    house = HouseFactory()
    it = SimpleNamespace(community=house.community, house=house, zhou=zhou(house), wang=wang(house))
    it.li = li(house, it.zhou)
    it.gone = MembershipFactory(house=house, role=Role.FATHER, household_type=None, ended=True)
    family = home(it.zhou)
    it.account = family.user
    it.entry = family.submit(family.draft(it.li.pk, {"name": "李梅花"}).pk)
    it.request = family.ask_end(it.zhou.pk, "搬到女儿家")
    it.applicant = visitor("陈五", CHEN_ID, CHEN_PHONE)
    Request.ask(Request.Kind.BIND, it.applicant, house=house, role=Role.TENANT)
    it.finding = FindingFactory(membership=it.li)
    it.better = FindingFactory(
        code=FindingCode.PLATFORM_CONFLICT,
        membership=None,
        resident=it.wang.resident,
        field="employer",
        suggestion={"field": "employer", "value": "三中"},
    )
    it.double = ResidentFactory(name="王租", id_number="")
    MembershipFactory(house=HouseFactory(community=it.community), resident=it.double, role=Role.TENANT)
    return it


@pytest.fixture
def manager(books: Any) -> Office:
    return staff("manager", books.community)


@pytest.fixture
def clerk(books: Any) -> Office:
    return staff("clerk", books.community)


# -- who may -----------------------------------------------------------------------------


def _claimed(it: Any, office: Office) -> Membership:
    it.li.claim(office.user)
    return it.li


def _invited(it: Any) -> Membership:
    Invitation.issue(it.wang, it.account)
    return it.wang


def _locked(it: Any) -> User:
    User.objects.filter(pk=it.account.pk).update(locked_at=timezone.now())
    return it.account


def _pictured(it: Any) -> UUID:
    put(it.wang.resident, Sources.PLATFORM)
    return it.wang.resident_id


def _revealed(it: Any, office: Office) -> None:
    reveal = {"kind": AccessLog.Kind.REVEAL, "fields": ["photo"], "reason": "核对证件"}
    AccessLog.write(office.user, _pictured(it), **reveal)


def _unconfirmed(it: Any) -> Community:
    Community.objects.filter(pk=it.community.pk).update(confirmed_at=None)
    return it.community


ACTS: dict[str, Callable[[Office, Any], object]] = {
    "complete": lambda office, it: office.complete(it.li.pk, THE_REST),
    "change_role": lambda office, it: office.change_role(it.li.pk, Role.DAUGHTER),
    "set_lease": lambda office, it: office.set_lease(it.wang.pk, None),
    "add_member": lambda office, it: office.add_member(it.house.pk, {"name": "小周", "role": 11}),
    "approve": lambda office, it: office.approve(it.entry.pk),
    "send_back": lambda office, it: office.send_back(it.entry.pk, {}, "请核对"),
    "claim": lambda office, it: office.claim("memberships", it.li.pk),
    "release": lambda office, it: office.release("memberships", _claimed(it, office).pk),
    "invite": lambda office, it: office.invite(it.wang.pk),
    "revoke_invitation": lambda office, it: office.revoke_invitation(_invited(it).pk),
    "reveal": lambda office, it: office.reveal(it.wang.resident_id, ["phone"], "电话联系"),
    "photo": lambda office, it: (_revealed(it, office), office.photo(it.wang.resident_id)),
    "set_photo": lambda office, it: office.set_photo(it.wang.resident_id, BytesIO(picture())),
    "remove_photo": lambda office, it: office.remove_photo(_pictured(it), "不是本人"),
    "create_rooms": lambda office, it: office.create_rooms(it.community.pk, ONE_FLOOR),
    "change_house": lambda office, it: office.change_house(it.house.pk, {"occupancy": 2}),
    "activate": lambda office, it: office.activate(it.wang.pk, "核对证件原件"),
    "end": lambda office, it: office.end(it.wang.pk, EndReason.LEASE_OVER),
    "reopen": lambda office, it: office.reopen(it.gone.pk, "登记有误"),
    "transfer": lambda office, it: office.transfer(it.house.pk, [it.zhou.pk]),
    "answer": lambda office, it: office.answer(it.request.pk, accept=False, reason="本人仍居住"),
    "settle": lambda office, it: office.settle(it.finding.pk, "已核对", waive=True),
    "take_suggestion": lambda office, it: office.take_suggestion(it.better.pk),
    "absorb": lambda office, it: office.absorb(it.wang.resident_id, it.double.pk),
    "erase": lambda office, it: office.erase(it.li.resident_id, "书面申请"),
    "unlink": lambda office, it: office.unlink(it.account.pk, "手机号已换人"),
    "change_phone": lambda office, it: office.change_phone(it.account.pk, "13700000001", "当面核对"),
    "correct_identity": lambda office, it: office.correct_identity(
        it.applicant.pk, "陈武", CHEN_ID, "当面核对"
    ),
    "lock": lambda office, it: office.lock(it.account.pk, "手机遗失"),
    "unlock": lambda office, it: office.unlock(_locked(it).pk, "手机找回"),
    "confirm_community": lambda office, it: office.confirm_community(_unconfirmed(it).pk, "新安小区"),
}

MAY, NO, NONE = "may", "not_allowed", "not_found"

# Elsewhere: the manager of another community.
WHO_MAY = [
    # act                  clerk  manager  auditor  viewer  elsewhere
    ("complete",           MAY,   MAY,     NONE,    NO,     NONE),
    ("change_role",        MAY,   MAY,     NONE,    NO,     NONE),
    ("set_lease",          MAY,   MAY,     NONE,    NO,     NONE),
    ("add_member",         MAY,   MAY,     NONE,    NO,     NONE),
    ("approve",            MAY,   MAY,     NONE,    NO,     NONE),
    ("send_back",          MAY,   MAY,     NONE,    NO,     NONE),
    ("claim",              MAY,   MAY,     NONE,    NO,     NONE),
    ("release",            MAY,   MAY,     NONE,    NO,     NONE),
    ("invite",             MAY,   MAY,     NONE,    NO,     NONE),
    ("revoke_invitation",  MAY,   MAY,     NONE,    NO,     NONE),
    ("reveal",             MAY,   MAY,     NONE,    NO,     NONE),
    ("photo",              MAY,   MAY,     NONE,    NO,     NONE),
    ("set_photo",          MAY,   MAY,     NONE,    NO,     NONE),
    ("remove_photo",       MAY,   MAY,     NONE,    NO,     NONE),
    ("create_rooms",       MAY,   MAY,     NONE,    NO,     NONE),
    ("change_house",       MAY,   MAY,     NONE,    NO,     NONE),
    ("activate",           NO,    MAY,     NONE,    NO,     NONE),
    ("end",                NO,    MAY,     NONE,    NO,     NONE),
    ("reopen",             NO,    MAY,     NONE,    NO,     NONE),
    ("transfer",           NO,    MAY,     NONE,    NO,     NONE),
    ("answer",             NO,    MAY,     NONE,    NO,     NONE),
    ("settle",             NO,    MAY,     NONE,    NO,     NONE),
    ("take_suggestion",    NO,    MAY,     NONE,    NO,     NONE),
    ("absorb",             NO,    MAY,     NONE,    NO,     NONE),
    ("erase",              NO,    MAY,     NONE,    NO,     NONE),
    ("unlink",             NO,    MAY,     NONE,    NO,     NONE),
    ("change_phone",       NO,    MAY,     NONE,    NO,     NONE),
    ("correct_identity",   NO,    MAY,     NONE,    NO,     NONE),
    ("lock",               NO,    MAY,     NONE,    NO,     NONE),
    ("unlock",             NO,    MAY,     NONE,    NO,     NONE),
    ("confirm_community",  NO,    NO,      NONE,    NO,     NONE),
]  # fmt: skip

# What the preparation of an act writes.
PREPARED = (Community, Membership, Invitation, User, Photo, AccessLog)
ROLES = ("clerk", "manager", "auditor", "viewer", "elsewhere")
CELLS = [
    pytest.param(act, role, came, id=f"{act}-{role}")
    for act, *row in WHO_MAY
    for role, came in zip(ROLES, row, strict=True)
]


def test_the_matrix_has_every_act_of_the_office() -> None:
    acts = {name for name in vars(Office) if not name.startswith("_")} - {"scope"}
    assert acts == set(ACTS) == {act for act, *_ in WHO_MAY}


@pytest.mark.parametrize(("act", "role", "came"), CELLS)
def test_who_may(books: Any, act: str, role: str, came: str) -> None:
    place = CommunityFactory() if role == "elsewhere" else books.community
    office = staff("manager" if role == "elsewhere" else role, place)
    if came == MAY:
        ACTS[act](office, books)
        return
    with refused(came, but=PREPARED):
        ACTS[act](office, books)


@pytest.mark.parametrize("act", ACTS)
def test_the_system_administrator_may_everything_everywhere(books: Any, act: str) -> None:
    ACTS[act](Office(UserFactory(staff=True, is_superuser=True)), books)


@pytest.mark.parametrize("act", ACTS)
def test_who_is_no_staff_any_more_finds_nothing(books: Any, act: str) -> None:
    office = staff("manager", books.community)
    office.user.is_staff = False
    with refused("not_found", but=PREPARED):
        ACTS[act](office, books)


# -- with a reason -----------------------------------------------------------------------

WITHOUT_REASON: dict[str, Callable[[Office, Any], object]] = {
    "activate": lambda office, it: office.activate(it.wang.pk, " "),
    "reopen": lambda office, it: office.reopen(it.gone.pk, " "),
    "answer": lambda office, it: office.answer(it.request.pk, accept=True, reason=" "),
    "settle": lambda office, it: office.settle(it.finding.pk, " ", waive=False),
    "erase": lambda office, it: office.erase(it.li.resident_id, " "),
    "reveal": lambda office, it: office.reveal(it.li.resident_id, ["phone"], " "),
    "remove_photo": lambda office, it: office.remove_photo(it.wang.resident_id, " "),
    "unlink": lambda office, it: office.unlink(it.account.pk, " "),
    "change_phone": lambda office, it: office.change_phone(it.account.pk, "13700000001", " "),
    "correct_identity": lambda office, it: office.correct_identity(it.applicant.pk, "陈武", CHEN_ID, " "),
    "lock": lambda office, it: office.lock(it.account.pk, " "),
    "unlock": lambda office, it: office.unlock(it.account.pk, " "),
}


@pytest.mark.parametrize("act", WITHOUT_REASON)
def test_without_a_reason_nothing_is_done(books: Any, manager: Office, act: str) -> None:
    with refused("reason_missing", "reason"):
        WITHOUT_REASON[act](manager, books)


REASONS = {
    "activate": "核对证件原件",
    "reopen": "登记有误",
    "answer": "本人仍居住",
    "settle": "已核对",
    "reveal": "电话联系",
    "remove_photo": "不是本人",
    "unlink": "手机号已换人",
    "change_phone": "当面核对",
    "correct_identity": "当面核对",
    "lock": "手机遗失",
    "unlock": "手机找回",
}


@pytest.mark.parametrize(("act", "reason"), REASONS.items())
def test_the_reason_is_kept_with_who_gave_it(books: Any, manager: Office, act: str, reason: str) -> None:
    """In whatever book belongs to the act: history, answer, finding, access log."""
    ACTS[act](manager, books)
    assert manager.user.pk in _who_wrote(reason)


def _who_wrote(reason: str) -> set[Any]:
    logged = LogEntry.objects.filter(change_message__endswith=f"：{reason}")
    found: set[Any] = set(logged.values_list("user_id", flat=True))
    books = {
        "history_change_reason": "history_user_id",
        "answer": "answered_by_id",
        "reason": "settled_by_id",
        "action_message": "account_id",
    }
    for model in [
        *apps.get_app_config("residents").get_models(),
        *apps.get_app_config("houses").get_models(),
    ]:
        names = {field.attname for field in model._meta.concrete_fields}
        for text, who in [*books.items(), ("reason", "account_id")]:
            if {text, who} <= names:
                rows = model._base_manager.filter(**{f"{text}__contains": reason})
                found |= set(rows.values_list(who, flat=True))
    return found


# -- typing ------------------------------------------------------------------------------


def test_what_staff_fill_in_is_in_the_record_with_its_source(books: Any, clerk: Office) -> None:
    assert clerk.complete(books.li.pk, THE_REST).status == "applied"
    person = fresh(books.li.resident)
    assert (person.ethnicity, person.origin.of("ethnicity")) == ("01", "staff")
    assert (fresh(books.li).status, signed(person)[0]) == (Status.COMPLETED, clerk.user)


def test_staff_correct_what_stands_at_once(books: Any, clerk: Office) -> None:
    clerk.complete(books.wang.pk, {"employer": "二中", "name": "王祖"})
    assert fresh(books.wang.resident).name == "王祖"


def test_the_same_again_is_nothing_typed(books: Any, clerk: Office) -> None:
    clerk.complete(books.li.pk, THE_REST)
    with refused("nothing_typed"):
        clerk.complete(books.li.pk, THE_REST)


def test_who_moved_out_is_not_filled_in_any_more(books: Any, clerk: Office) -> None:
    with refused("ended"):
        clerk.complete(books.gone.pk, {"employer": "二中"})


def test_a_wrong_number_is_refused_without_a_reason(books: Any, clerk: Office) -> None:
    with refused("invalid", "id_number"):
        clerk.complete(books.li.pk, {"id_number": LI_ID[:-1] + "1"})


def test_a_wrong_number_is_taken_with_a_reason_and_found(books: Any, clerk: Office) -> None:
    wrong = LI_ID[:-1] + "1"
    clerk.complete(books.li.pk, {"id_number": wrong}, reason="证件原件如此")
    assert fresh(books.li.resident).id_number == wrong
    assert Finding.objects.open().filter(resident=books.li.resident, code="id_checksum").exists()


def test_a_mended_number_closes_its_finding(books: Any, clerk: Office) -> None:
    clerk.complete(books.li.pk, {"id_number": LI_ID[:-1] + "1"}, reason="证件原件如此")
    clerk.complete(books.li.pk, {"id_number": LI_ID})
    assert not Finding.objects.open().filter(resident=books.li.resident, code="id_checksum").exists()


def test_the_written_reason_stays_with_the_entry(books: Any, clerk: Office) -> None:
    entry = clerk.complete(books.li.pk, {"id_number": LI_ID[:-1] + "1"}, reason="证件原件如此")
    assert (entry.note, entry.account) == ("证件原件如此", clerk.user)


def test_an_entry_that_opens_an_error_asks_for_a_reason_and_leaves_nothing(books: Any, clerk: Office) -> None:
    with refused("reason_missing", "reason"):
        clerk.change_role(books.li.pk, Role.HUSBAND)


def test_what_was_refused_does_not_come_along_with_the_next_entry(books: Any, clerk: Office) -> None:
    with pytest.raises(Exception, match="reason_missing"):
        clerk.change_role(books.li.pk, Role.HUSBAND)
    clerk.complete(books.li.pk, {"employer": "二中"}, reason="电话核实")
    assert (fresh(books.li).role, fresh(books.li.resident).employer) == (Role.WIFE, "二中")


def test_a_role_is_changed_with_its_source_and_what_was_unclear_is_clear(books: Any, clerk: Office) -> None:
    Membership.objects.filter(pk=books.li.pk).update(role=Role.RELATIVE)
    clerk.change_role(books.li.pk, Role.WIFE, 3)
    row = fresh(books.li)
    assert (row.role, row.household_type, row.origin.of("role")) == (Role.WIFE, 3, "staff")
    assert signed(row)[0] == clerk.user
    assert not Finding.objects.open().filter(membership=row, code="role_unclear").exists()


def test_the_same_role_again_is_nothing_typed(books: Any, clerk: Office) -> None:
    with refused("nothing_typed"):
        clerk.change_role(books.li.pk, Role.WIFE)


def test_the_role_of_who_moved_out_stays(books: Any, clerk: Office) -> None:
    with refused("ended"):
        clerk.change_role(books.gone.pk, Role.SON)


def test_a_role_outside_of_the_table_is_refused(books: Any, clerk: Office) -> None:
    with refused("invalid", "role"):
        clerk.change_role(books.li.pk, 14)


def test_staff_may_register_an_owner(books: Any, clerk: Office) -> None:
    clerk.add_member(books.house.pk, {"name": "老吴", "role": Role.SELF, "household_type": 1})
    row = Membership.objects.get(resident__name="老吴")
    assert (row.role, row.household_type, row.managed_by) == (Role.SELF, 1, None)


@pytest.mark.parametrize(("values", "lacks"), [({"role": 11}, "name"), ({"name": "小周"}, "role")])
def test_nobody_is_added_without_name_and_role(books: Any, clerk: Office, values: Any, lacks: str) -> None:
    with refused("invalid", lacks):
        clerk.add_member(books.house.pk, values)


def test_a_lease_is_set_and_taken_away(books: Any, clerk: Office) -> None:
    clerk.set_lease(books.wang.pk, timezone.localdate())
    assert fresh(books.wang).lease_until == timezone.localdate()
    assert signed(books.wang) == (clerk.user, "租期")
    clerk.set_lease(books.wang.pk, None)
    assert fresh(books.wang).lease_until is None


def test_a_lease_ends_with_the_membership(books: Any, clerk: Office) -> None:
    with refused("ended"):
        clerk.set_lease(books.gone.pk, timezone.localdate())


# -- reviewing ---------------------------------------------------------------------------


def test_what_was_approved_is_in_the_record_and_signed(books: Any, clerk: Office) -> None:
    clerk.approve(books.entry.pk)
    person, entry = fresh(books.li.resident), fresh(books.entry)
    assert (person.name, person.origin.of("name")) == ("李梅花", "owner")
    assert (entry.status, entry.decided_by) == ("applied", clerk.user)
    assert signed(entry) == (clerk.user, "审核通过")
    assert signed(person)[0] == clerk.user


def test_what_was_returned_waits_for_its_author_with_the_reasons(books: Any, clerk: Office) -> None:
    clerk.send_back(books.entry.pk, {"name": "与证件不符"}, "请看身份证")
    entry = fresh(books.entry)
    assert (entry.status, entry.reasons, entry.note) == ("returned", {"name": "与证件不符"}, "请看身份证")
    assert signed(entry) == (clerk.user, "退回")


def test_nothing_is_returned_without_a_word(books: Any, clerk: Office) -> None:
    with refused("reason_missing", "note"):
        clerk.send_back(books.entry.pk, {"name": " "}, " ")


@pytest.mark.parametrize("first", ["approve", "send_back"])
@pytest.mark.parametrize("second", ["approve", "send_back"])
def test_an_entry_is_decided_once(books: Any, clerk: Office, first: str, second: str) -> None:
    ACTS[first](clerk, books)
    with refused("not_waiting"):
        ACTS[second](clerk, books)


@pytest.mark.parametrize("act", ["approve", "send_back"])
def test_an_entry_about_who_moved_out_is_over(books: Any, manager: Office, act: str) -> None:
    manager.end(books.li.pk, EndReason.MOVED_OUT)
    with refused("not_waiting"):
        ACTS[act](manager, books)


@pytest.mark.parametrize("act", ["approve", "send_back"])
def test_a_draft_is_not_the_offices_to_decide(books: Any, manager: Office, act: str) -> None:
    draft = home(books.zhou).draft(books.zhou.pk, {"employer": "二中"})
    with refused("not_found"):
        ACTS[act](manager, SimpleNamespace(entry=draft))


# -- claiming ----------------------------------------------------------------------------

KINDS = {"memberships": "li", "submissions": "entry", "requests": "request"}


@pytest.mark.parametrize(("kind", "name"), KINDS.items())
def test_a_record_is_claimed_by_one(books: Any, clerk: Office, manager: Office, kind: str, name: str) -> None:
    record: Claimable = getattr(books, name)
    clerk.claim(kind, record.pk)
    assert (fresh(record).claimed_by, fresh(record).is_claimed) == (clerk.user, True)
    with refused("claimed"):
        manager.claim(kind, record.pk)


@pytest.mark.parametrize(("kind", "name"), KINDS.items())
def test_a_record_is_released_by_who_has_it_and_once(
    books: Any, clerk: Office, manager: Office, kind: str, name: str
) -> None:
    record: Claimable = getattr(books, name)
    clerk.claim(kind, record.pk)
    with refused("not_claimed"):
        manager.release(kind, record.pk)
    clerk.release(kind, record.pk)
    with refused("not_claimed"):
        clerk.release(kind, record.pk)
    manager.claim(kind, record.pk)


def test_an_idle_claim_is_free_again(books: Any, clerk: Office, manager: Office) -> None:
    clerk.claim("memberships", books.li.pk)
    long_ago = timezone.now() - timedelta(minutes=31)
    Membership.objects.filter(pk=books.li.pk).update(claimed_at=long_ago)
    manager.claim("memberships", books.li.pk)
    assert fresh(books.li).claimed_by == manager.user


def test_claiming_a_member_is_logged_once(books: Any, clerk: Office) -> None:
    clerk.claim("memberships", books.li.pk)
    clerk.claim("memberships", books.li.pk)
    (log,) = AccessLog.objects.filter(resident__in=books.li.resident.all_keys())
    assert (log.kind, log.account, log.reason) == ("claim", clerk.user, "认领处理")


CLAIMED = [
    ("complete", "memberships", "li"),
    ("change_role", "memberships", "li"),
    ("approve", "memberships", "li"),
    ("approve", "submissions", "entry"),
    ("send_back", "memberships", "li"),
    ("send_back", "submissions", "entry"),
    ("answer", "requests", "request"),
]


@pytest.mark.parametrize(("act", "kind", "name"), CLAIMED)
def test_what_a_colleague_works_on_is_left_alone(
    books: Any, clerk: Office, manager: Office, act: str, kind: str, name: str
) -> None:
    clerk.claim(kind, getattr(books, name).pk)
    with refused("claimed"):
        ACTS[act](manager, books)


@pytest.mark.parametrize(("act", "kind", "name"), CLAIMED)
def test_who_claimed_it_goes_on(books: Any, manager: Office, act: str, kind: str, name: str) -> None:
    manager.claim(kind, getattr(books, name).pk)
    ACTS[act](manager, books)


# -- memberships -------------------------------------------------------------------------


def test_a_complete_member_is_activated_at_the_counter(books: Any, manager: Office) -> None:
    row = manager.activate(books.wang.pk, " 核对证件原件 ")
    assert (row.status, row.activated_by_account, row.bound_at) == (Status.ACTIVATED, False, None)
    assert signed(row) == (manager.user, "柜台激活：核对证件原件")
    assert fresh(books.wang.resident).self_managed_since is None


@pytest.mark.parametrize(
    ("name", "code"), [("li", "incomplete"), ("zhou", "already_activated"), ("gone", "ended")]
)
def test_who_is_not_activated_at_the_counter(books: Any, manager: Office, name: str, code: str) -> None:
    with refused(code):
        manager.activate(getattr(books, name).pk, "核对证件原件")


def test_a_member_is_activated_once(books: Any, manager: Office) -> None:
    manager.activate(books.wang.pk, "核对证件原件")
    with refused("already_activated"):
        manager.activate(books.wang.pk, "核对证件原件")


@pytest.mark.parametrize("reason", EndReason)
def test_a_membership_ends_with_its_reason_and_signed(books: Any, manager: Office, reason: EndReason) -> None:
    manager.end(books.wang.pk, reason, "电话告知")
    row = fresh(books.wang)
    assert (row.status, row.end_reason) == (Status.ENDED, reason)
    assert signed(row) == (manager.user, f"{reason.label}：电话告知")


def test_a_membership_ends_once(books: Any, manager: Office) -> None:
    manager.end(books.wang.pk, EndReason.LEASE_OVER)
    with refused("ended"):
        manager.end(books.wang.pk, EndReason.SOLD)


def test_an_unknown_reason_ends_nothing(books: Any, manager: Office) -> None:
    with refused("invalid", "reason"):
        manager.end(books.wang.pk, "bored")


def test_what_was_under_way_ends_with_the_membership(books: Any, manager: Office) -> None:
    _, token = manager.invite(books.li.pk)
    manager.end(books.li.pk, EndReason.MOVED_OUT)
    manager.end(books.zhou.pk, EndReason.MOVED_OUT)
    assert (fresh(books.entry).status, fresh(books.request).status) == ("dropped", "closed")
    assert token and not Invitation.objects.live().exists()


def test_the_end_closes_what_was_found_on_the_membership(books: Any, manager: Office) -> None:
    manager.end(books.li.pk, EndReason.MOVED_OUT)
    assert not Finding.objects.open().filter(membership=books.li).exists()


def test_of_somebody_deceased_all_memberships_end_and_the_account_is_locked(
    books: Any, manager: Office
) -> None:
    other = MembershipFactory(resident=books.zhou.resident)
    manager.end(books.zhou.pk, EndReason.DECEASED)
    assert [fresh(row).end_reason for row in (books.zhou, other)] == ["deceased", "deceased"]
    assert fresh(books.account).locked_at


def test_a_member_is_reopened_unbound_and_signed(books: Any, manager: Office) -> None:
    manager.end(books.zhou.pk, EndReason.MISTAKE)
    manager.reopen(books.zhou.pk, "点错了")
    row = fresh(books.zhou)
    assert (row.status, row.bound_at, row.activated_at) == (Status.COMPLETED, None, None)
    assert signed(row) == (manager.user, "恢复：点错了")


def test_what_was_wrong_before_is_found_again_after_reopening(books: Any, manager: Office) -> None:
    Membership.objects.filter(pk=books.wang.pk).update(role=Role.OTHER)
    manager.end(books.wang.pk, EndReason.MOVED_OUT)
    manager.reopen(books.wang.pk, "点错了")
    assert Finding.objects.open().filter(membership=books.wang, code="role_unclear").exists()


def test_nobody_is_reopened_twice(books: Any, manager: Office) -> None:
    manager.reopen(books.gone.pk, "登记有误")
    with refused("not_ended"):
        manager.reopen(books.gone.pk, "登记有误")


def test_nobody_is_reopened_beside_an_own_open_membership(books: Any, manager: Office) -> None:
    MembershipFactory(house=books.house, resident=books.gone.resident, role=Role.FATHER)
    with refused("already_member"):
        manager.reopen(books.gone.pk, "登记有误")


# -- invitations -------------------------------------------------------------------------


def test_an_invitation_says_who_invited_and_replaces_the_one_before(books: Any, clerk: Office) -> None:
    first, _ = clerk.invite(books.wang.pk)
    second, _ = clerk.invite(books.wang.pk)
    assert (second.invited_by, list(Invitation.objects.live())) == (clerk.user, [second])
    assert fresh(first).revoked_at


@pytest.mark.parametrize(("name", "code"), [("zhou", "not_invitable"), ("gone", "ended")])
def test_who_is_not_invited(books: Any, clerk: Office, name: str, code: str) -> None:
    with refused(code):
        clerk.invite(getattr(books, name).pk)


def test_who_has_no_number_is_not_invited(books: Any, clerk: Office) -> None:
    Resident.objects.filter(pk=books.li.resident_id).update(id_number="")
    with refused("not_invitable"):
        clerk.invite(books.li.pk)


def test_an_invitation_is_revoked_once(books: Any, clerk: Office) -> None:
    clerk.invite(books.wang.pk)
    clerk.revoke_invitation(books.wang.pk)
    assert not Invitation.objects.live().exists()
    with refused("invitation_dead"):
        clerk.revoke_invitation(books.wang.pk)


# -- requests and findings ---------------------------------------------------------------


@pytest.mark.parametrize(("accept", "becomes"), [(True, "accepted"), (False, "refused")])
def test_a_request_is_answered_once_and_signed(
    books: Any, manager: Office, accept: bool, becomes: str
) -> None:
    manager.answer(books.request.pk, accept=accept, reason="电话核实")
    request = fresh(books.request)
    assert (request.status, request.answer, request.answered_by) == (becomes, "电话核实", manager.user)
    assert signed(request)[0] == manager.user
    with refused("already_answered"):
        manager.answer(books.request.pk, accept=True, reason="再次")


@pytest.mark.parametrize(("accept", "status"), [(True, "ended"), (False, "activated")])
def test_a_yes_ends_the_membership_and_a_no_leaves_it(
    books: Any, manager: Office, accept: bool, status: str
) -> None:
    manager.answer(books.request.pk, accept=accept, reason="电话核实")
    assert fresh(books.zhou).status == status


def test_a_yes_takes_the_applicant_in(books: Any, manager: Office) -> None:
    asked = Request.objects.get(account=books.applicant)
    manager.answer(asked.pk, accept=True, reason="核对租赁合同")
    row = Membership.objects.get(resident__name="陈五")
    assert (row.house, row.role, row.bound_at is not None) == (books.house, Role.TENANT, True)
    assert (fresh(books.applicant).resident, row.managed_by) == (row.resident, None)
    assert row.history.last().history_user == manager.user


def test_a_yes_erases_who_asked_for_it(books: Any, manager: Office) -> None:
    asked = home(books.zhou).ask_erasure("不再居住")
    manager.answer(asked.pk, accept=True, reason="本人申请")
    assert not Resident.objects.filter(pk=books.zhou.resident_id).exists()
    assert Tombstone.among({ZHOU_ID}) == {ZHOU_ID}


def test_a_yes_that_the_record_does_not_bear_leaves_the_request_open(books: Any, manager: Office) -> None:
    """The number is another's too by now: nothing is linked before that is settled."""
    asked = Request.objects.get(account=books.applicant)
    for name in ("陈五", "陈六"):
        MembershipFactory(resident=ResidentFactory(name=name, id_number=CHEN_ID))
    findings.refresh(numbers=[CHEN_ID], residents=Resident.objects.values_list("pk", flat=True))
    with refused("link_blocked"):
        manager.answer(asked.pk, accept=True, reason="核对租赁合同")


@pytest.mark.parametrize(("waive", "becomes"), [(True, "waived"), (False, "resolved")])
def test_a_finding_is_settled_once_by_whom_and_why(
    books: Any, manager: Office, waive: bool, becomes: str
) -> None:
    manager.settle(books.finding.pk, "已核对", waive=waive)
    found = fresh(books.finding)
    assert (found.status, found.reason, found.settled_by) == (becomes, "已核对", manager.user)
    with refused("already_settled"):
        manager.settle(books.finding.pk, "再次", waive=waive)


def test_a_suggestion_is_taken_once_with_source_and_history(books: Any, manager: Office) -> None:
    manager.take_suggestion(books.better.pk)
    person = fresh(books.wang.resident)
    assert (person.employer, person.origin.of("employer")) == ("三中", "platform")
    assert signed(person) == (manager.user, "采用建议的值")
    with refused("already_settled"):
        manager.take_suggestion(books.better.pk)


def test_without_a_suggestion_there_is_none_to_take(books: Any, manager: Office) -> None:
    with refused("no_suggestion"):
        manager.take_suggestion(books.finding.pk)


# -- houses ------------------------------------------------------------------------------


def test_rooms_are_made_once_and_signed(books: Any, clerk: Office) -> None:
    assert clerk.create_rooms(books.community.pk, ONE_FLOOR) == 2
    assert clerk.create_rooms(books.community.pk, ONE_FLOOR) == 0
    made = House.objects.filter(community=books.community, building="9")
    assert [house.address for house in made.order_by("pk")] == ["9-1-1-101", "9-1-1-102"]
    assert {signed(house) for house in made} == {(clerk.user, "批量建房")}


def test_rooms_that_stand_are_left_alone(books: Any, clerk: Office) -> None:
    HouseFactory(community=books.community, building="9", room="101", occupancy=5)
    assert clerk.create_rooms(books.community.pk, ONE_FLOOR) == 1
    assert House.objects.get(building="9", room="101").occupancy == 5


@pytest.mark.parametrize(
    ("plan", "wrong"),
    [
        (Plan("9", units=0, first_floor=1, last_floor=1, rooms=1), "units"),
        (Plan("9", units=1, first_floor=3, last_floor=2, rooms=1), "last_floor"),
        (Plan("9", units=1, first_floor=1, last_floor=1, rooms=100), "rooms"),
    ],
)
def test_a_plan_that_makes_no_sense_makes_no_rooms(books: Any, clerk: Office, plan: Plan, wrong: str) -> None:
    with refused("invalid", wrong):
        clerk.create_rooms(books.community.pk, plan)


def test_there_is_no_floor_0_and_cellars_are_negative(books: Any, clerk: Office) -> None:
    clerk.create_rooms(books.community.pk, Plan("9", units=1, first_floor=-1, last_floor=1, rooms=1))
    assert set(books.community.houses.filter(building="9").values_list("room", flat=True)) == {"-101", "101"}


def test_no_more_than_a_tower_at_once(books: Any, clerk: Office) -> None:
    with refused("too_many_rooms"):
        clerk.create_rooms(books.community.pk, Plan("9", units=9, first_floor=1, last_floor=34, rooms=8))


def test_what_a_house_owes_is_filled_in_and_what_it_contradicts_is_found(books: Any, clerk: Office) -> None:
    clerk.change_house(books.house.pk, {"occupancy": 2, "room": "999"})
    house = fresh(books.house)
    assert (house.occupancy, house.origin.of("occupancy"), house.room) == (2, "staff", books.house.room)
    assert signed(house) == (clerk.user, "物业填写")
    assert Finding.objects.open().filter(house=house, code="occupancy_contradiction").exists()


def test_of_a_house_nothing_else_is_typed(books: Any, clerk: Office) -> None:
    with refused("nothing_typed"):
        clerk.change_house(books.house.pk, {"room": "999"})


@pytest.mark.parametrize("field", ["use", "ownership", "occupancy"])
def test_what_is_no_code_of_a_house_is_refused(books: Any, clerk: Office, field: str) -> None:
    with refused("invalid", field):
        clerk.change_house(books.house.pk, {field: 99})


def test_a_community_is_confirmed_once_under_a_name(books: Any) -> None:
    chief = Office(UserFactory(staff=True, is_superuser=True))
    _unconfirmed(books)
    with refused("invalid", "name"):
        chief.confirm_community(books.community.pk, " ")
    chief.confirm_community(books.community.pk, "新安小区")
    assert signed(books.community) == (chief.user, "命名并确认")
    with refused("already_settled"):
        chief.confirm_community(books.community.pk, "又一名")


def test_a_sale_ends_who_leaves_and_enters_who_comes(books: Any, manager: Office) -> None:
    new = {"name": "陈五", "id_number": CHEN_ID, "phone": CHEN_PHONE}
    (row,) = manager.transfer(books.house.pk, [books.zhou.pk], owner=new)
    owner = Membership.objects.get(resident__name="陈五")
    assert (row.pk, fresh(books.zhou).end_reason) == (books.zhou.pk, EndReason.SOLD)
    assert (owner.role, owner.household_type, owner.status) == (Role.SELF, 1, Status.INCOMPLETE)
    assert signed(fresh(books.zhou)) == (manager.user, "房屋已售")


def test_a_sale_ends_what_was_under_way(books: Any, manager: Office) -> None:
    manager.invite(books.wang.pk)
    manager.transfer(books.house.pk, [books.zhou.pk])
    assert set(Request.objects.filter(house=books.house).values_list("status", flat=True)) == {"closed"}
    assert fresh(books.entry).status == "dropped"
    assert not Invitation.objects.live().exists()


def test_after_a_sale_the_old_owner_fills_for_nobody(books: Any, manager: Office) -> None:
    manager.transfer(books.house.pk, [books.zhou.pk])
    assert fresh(books.li).managed_by is None
    assert signed(books.li) == (manager.user, "房屋过户")


def test_a_sale_settles_who_owns_the_house(books: Any, manager: Office) -> None:
    found = FindingFactory(code=FindingCode.SECOND_OWNER, membership=books.zhou)
    manager.transfer(books.house.pk, [books.zhou.pk])
    assert fresh(found).status == "resolved"


@pytest.mark.parametrize("name", ["gone", "elsewhere"])
def test_nobody_leaves_who_is_not_there(books: Any, manager: Office, name: str) -> None:
    books.elsewhere = MembershipFactory(house=HouseFactory(community=books.community))
    with refused("ended"):
        manager.transfer(books.house.pk, [getattr(books, name).pk])


def test_a_house_is_sold_once(books: Any, manager: Office) -> None:
    manager.transfer(books.house.pk, [books.zhou.pk])
    with refused("ended"):
        manager.transfer(books.house.pk, [books.zhou.pk])


def test_an_owner_who_cannot_be_entered_undoes_the_sale(books: Any, manager: Office) -> None:
    with refused("invalid", "phone"):
        manager.transfer(books.house.pk, [books.zhou.pk], owner={"name": "陈五", "phone": "12"})


# -- people and accounts -----------------------------------------------------------------


def share_number(it: Any) -> None:
    Resident.objects.filter(pk=it.double.pk).update(id_number=WANG_ID)
    findings.refresh(residents=[it.double.pk])
    assert Finding.objects.open().filter(resident=it.wang.resident, code="id_shared").exists()


def test_two_records_become_one_and_the_shared_number_is_settled(books: Any, manager: Office) -> None:
    share_number(books)
    kept = manager.absorb(books.wang.resident_id, books.double.pk)
    assert kept.memberships.open().count() == 2
    assert signed(kept) == (manager.user, "合并两份资料")
    assert not Finding.objects.open().filter(code="id_shared").exists()


def test_a_record_is_not_absorbed_into_itself(books: Any, manager: Office) -> None:
    with refused("same_record"):
        manager.absorb(books.double.pk, books.double.pk)


def test_a_record_is_absorbed_once(books: Any, manager: Office) -> None:
    manager.absorb(books.wang.resident_id, books.double.pk)
    with refused("not_found"):
        manager.absorb(books.wang.resident_id, books.double.pk)


def test_two_accounts_are_not_made_one(books: Any, manager: Office) -> None:
    for person in (books.wang.resident, books.double):
        login(person)
    with refused("two_accounts"):
        manager.absorb(books.wang.resident_id, books.double.pk)


def test_one_record_of_another_community_is_not_absorbed(books: Any, manager: Office) -> None:
    stranger = MembershipFactory().resident
    with refused("not_found"):
        manager.absorb(books.wang.resident_id, stranger.pk)


def test_an_erased_person_is_gone_with_a_tombstone_and_once(books: Any, manager: Office) -> None:
    manager.erase(books.li.resident_id, "书面申请")
    assert not Membership.objects.filter(pk=books.li.pk).exists()
    assert Tombstone.among({LI_ID}) == {LI_ID}
    with refused("not_found"):
        manager.erase(books.li.resident_id, "书面申请")


def test_nobody_is_erased_while_the_number_is_in_question(books: Any, manager: Office) -> None:
    share_number(books)
    with refused("number_unsettled"):
        manager.erase(books.wang.resident_id, "书面申请")


def test_an_erasure_has_its_household_checked_again(books: Any, manager: Office) -> None:
    house = HouseFactory(community=books.community)
    grandmother = MembershipFactory(house=house, role=Role.MOTHER)
    born = timezone.localdate().replace(year=timezone.localdate().year - 3, day=1)
    child = ResidentFactory(name="小小周", id_number="", sex=1, birth_date=born)
    row = MembershipFactory(house=house, resident=child, role=Role.SON)
    manager.erase(grandmother.resident_id, "书面申请")
    assert Finding.objects.open().filter(membership=row, code="minor_without_guardian").exists()


def test_full_values_are_told_after_a_row_in_the_log(books: Any, clerk: Office) -> None:
    told = clerk.reveal(books.wang.resident_id, ["phone", "is_petitioner", "upstream"], "电话联系")
    (log,) = AccessLog.objects.filter(resident__in=books.wang.resident.all_keys())
    assert told == {"phone": WANG_PHONE}
    assert (log.kind, log.account, log.fields, log.reason) == ("reveal", clerk.user, ["phone"], "电话联系")


def test_a_photo_is_shown_after_its_reveal_for_a_while(books: Any, clerk: Office) -> None:
    photo = put(books.wang.resident, Sources.PLATFORM)
    with refused("reason_missing"):
        clerk.photo(books.wang.resident_id)
    assert clerk.reveal(books.wang.resident_id, ["photo"], "核对证件") == {"photo": photo}
    assert clerk.photo(books.wang.resident_id) == photo
    with time_machine.travel(timezone.now() + timedelta(minutes=11)), refused("reason_missing"):
        clerk.photo(books.wang.resident_id)


def test_a_reveal_of_something_else_or_by_a_colleague_shows_no_photo(
    books: Any, clerk: Office, manager: Office
) -> None:
    put(books.wang.resident, Sources.PLATFORM)
    manager.reveal(books.wang.resident_id, ["photo"], "核对证件")
    clerk.reveal(books.wang.resident_id, ["phone"], "电话联系")
    with refused("reason_missing"):
        clerk.photo(books.wang.resident_id)


def test_a_photo_is_shown_while_one_has_claimed_the_record(books: Any, clerk: Office) -> None:
    photo = put(books.wang.resident, Sources.PLATFORM)
    clerk.claim("memberships", books.wang.pk)
    assert clerk.photo(books.wang.resident_id) == photo
    assert "photo" in AccessLog.objects.get().fields
    clerk.release("memberships", books.wang.pk)
    with refused("reason_missing"):
        clerk.photo(books.wang.resident_id)


@pytest.mark.parametrize("standing", [Sources.PLATFORM, Sources.SELF, Sources.STAFF])
def test_the_counters_photo_replaces_any_and_is_in_the_log(books: Any, clerk: Office, standing: str) -> None:
    before = put(books.wang.resident, standing)
    clerk.set_photo(books.wang.resident_id, BytesIO(picture()))
    assert (fresh(before).source, fresh(before).digest != before.digest) == (Sources.STAFF, True)
    assert LogEntry.objects.filter(user=clerk.user, change_message="登记照片").exists()


def test_a_photo_is_taken_away_once(books: Any, clerk: Office) -> None:
    clerk.remove_photo(_pictured(books), "不是本人")
    with refused("not_found"):
        clerk.remove_photo(books.wang.resident_id, "不是本人")


def test_a_photo_is_not_changed_while_a_colleague_works_on_the_record(
    books: Any, clerk: Office, manager: Office
) -> None:
    manager.claim("memberships", books.wang.pk)
    with refused("claimed"):
        clerk.set_photo(books.wang.resident_id, BytesIO(picture()))


def test_an_unlinked_account_is_nobodys_and_what_it_bound_is_taken_back(books: Any, manager: Office) -> None:
    manager.unlink(books.account.pk, "手机号已换人")
    account, row = fresh(books.account), fresh(books.zhou)
    assert (account.resident, account.stated_at, row.bound_at) == (None, None, None)
    assert row.status == Status.COMPLETED
    assert signed(row) == (manager.user, "解除帐号：手机号已换人")
    assert LogEntry.objects.filter(object_id=account.pk, change_message="解除帐号：手机号已换人").exists()


def test_an_account_is_unlinked_once(books: Any, manager: Office) -> None:
    chief = Office(UserFactory(staff=True, is_superuser=True))
    manager.unlink(books.account.pk, "手机号已换人")
    with refused("not_linked"):
        chief.unlink(books.account.pk, "手机号已换人")


def test_a_phone_is_changed_at_the_counter(books: Any, manager: Office) -> None:
    manager.change_phone(books.account.pk, "13700000001", "当面核对")
    assert fresh(books.account).phone == "13700000001"


def test_a_phone_of_another_account_is_not_given_away(books: Any, manager: Office) -> None:
    with refused("phone_taken", "phone"):
        manager.change_phone(books.account.pk, CHEN_PHONE, "当面核对")


@pytest.mark.parametrize("phone", ["", "12345"])
def test_what_is_no_phone_is_refused(books: Any, manager: Office, phone: str) -> None:
    with refused("invalid", "phone"):
        manager.change_phone(books.account.pk, phone, "当面核对")


def test_what_an_account_said_of_itself_is_corrected(books: Any, manager: Office) -> None:
    manager.correct_identity(books.applicant.pk, "陈武", CHEN_ID, "当面核对")
    assert fresh(books.applicant).stated_name == "陈武"


def test_who_is_linked_is_not_renamed(books: Any, manager: Office) -> None:
    with refused("already_linked"):
        manager.correct_identity(books.account.pk, "老周", ZHOU_ID, "当面核对")


@pytest.mark.parametrize(("name", "number", "wrong"), [("", CHEN_ID, "name"), ("陈武", "", "id_number")])
def test_an_identity_is_never_blank(books: Any, manager: Office, name: str, number: str, wrong: str) -> None:
    with refused("invalid", wrong):
        manager.correct_identity(books.applicant.pk, name, number, "当面核对")


def test_an_account_is_locked_and_unlocked_once(books: Any, manager: Office) -> None:
    assert manager.lock(books.account.pk, "手机遗失") is True
    assert manager.lock(books.account.pk, "手机遗失") is False
    with refused("account_locked"):
        home(books.zhou).draft(books.zhou.pk, {"employer": "二中"})
    assert manager.unlock(books.account.pk, "手机找回") is True
    assert manager.unlock(books.account.pk, "手机找回") is False


def test_the_account_of_somebody_deceased_stays_locked(books: Any, manager: Office) -> None:
    manager.end(books.zhou.pk, EndReason.DECEASED)
    assert manager.unlock(books.account.pk, "家属申请") is False
    assert fresh(books.account).locked_at


def test_staff_accounts_are_not_the_counters(books: Any, manager: Office, clerk: Office) -> None:
    with refused("not_found"):
        manager.lock(clerk.user.pk, "手机遗失")


def test_a_dated_role_that_is_over_finds_nothing(books: Any, manager: Office) -> None:
    manager.user.roles.update(ends_on=timezone.localdate() - timedelta(days=1))
    with refused("not_found"):
        manager.end(books.wang.pk, EndReason.LEASE_OVER)


def test_a_clerk_here_and_manager_there_acts_as_clerk_here(books: Any, clerk: Office) -> None:
    there: Community = CommunityFactory()
    clerk.user.roles.create(community=there, role="manager")
    with refused("not_allowed"):
        clerk.end(books.wang.pk, EndReason.LEASE_OVER)
    row = MembershipFactory(house=HouseFactory(community=there))
    clerk.end(row.pk, EndReason.MOVED_OUT)
    assert fresh(row).status == Status.ENDED


def test_whom_the_entry_proves_to_be_must_be_seen_by_the_reviewer(books: Any, clerk: Office) -> None:
    named = home(books.zhou)
    entry = named.submit(
        named.name_member(books.house.pk, {"name": "王租", "role": 2, "id_number": WANG_ID}).pk
    )
    stranger = MembershipFactory().resident
    assert entry.status == Submission.Status.WAITING
    with refused("not_found"):
        clerk.approve(entry.pk, person=stranger.pk)
