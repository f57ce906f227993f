"""An account reads the answer for its own phone: nothing before it is that person's (sync/own.py)."""

from typing import Any

import pytest

from houses.choices import Role
from houses.family import Family
from houses.models import Finding, House, Membership, Request
from houses.states import EndReason
from houses.visibility import for_household
from residents.models import Resident, User
from sync.models import Mention, PlatformRecord, SyncItem
from sync.own import sync_own_phone

from ..attackers import account, refused, sees_nothing, staff
from ..cast import (
    CHEN_ID,
    CHEN_PHONE,
    LI,
    LI_ID,
    LI_PHONE,
    XIAO,
    ZHOU_ID,
    ZHOU_PHONE,
    dwelling,
    lis,
    member,
    person,
    zhous,
)

OTHER_PHONE = "13800000077"
STORED = (Resident, House, Membership, Finding, PlatformRecord, Mention)


def stored() -> list[list[dict[str, Any]]]:
    """Every row that an answer may write, but for the time of the last look."""
    found = [list(model._default_manager.order_by("pk").values()) for model in STORED]
    return [[{key: row[key] for key in row if key != "checked_at"} for row in rows] for rows in found]


@pytest.fixture
def zhou(platform: Any) -> User:
    platform.answers[ZHOU_PHONE] = zhous(LI, XIAO)
    return account(ZHOU_PHONE, "老周", ZHOU_ID)


def bound() -> list[str]:
    rows = Membership.objects.filter(bound_at__isnull=False)
    return list(rows.values_list("resident__name", flat=True))


# -- it is the person ---------------------------------------------------------------------


def test_an_owner_is_linked_and_bound_by_the_own_answer(zhou: User) -> None:
    assert sync_own_phone(zhou).outcome == "created"
    assert (zhou.resident.name, bound()) == ("老周", ["老周"])
    assert for_household(zhou).members.count() == 3


def test_an_owner_with_a_gap_is_bound_and_activated_when_it_is_filled(platform: Any, zhou: User) -> None:
    platform.answers[ZHOU_PHONE] = zhous(people_nation="")
    sync_own_phone(zhou)
    row = Membership.objects.get()
    assert (row.status, bool(row.bound_at)) == ("incomplete", True)
    Family(zhou).submit(Family(zhou).draft(row.pk, {"ethnicity": "01"}).pk)
    row.refresh_from_db()
    assert (row.status, row.activated_by_account) == ("activated", True)


def test_who_does_not_own_the_house_is_linked_and_binds_otherwise(platform: Any) -> None:
    platform.answers[LI_PHONE] = lis()
    li = account(LI_PHONE, "李梅", LI_ID)
    sync_own_phone(li)
    assert li.resident.name == "李梅" and bound() == []
    assert not for_household(li).members.exists()
    (row,) = Family(li).match()
    assert Family(li).confirm(row.pk).status == "activated"


def test_what_another_answer_says_of_the_role_binds_nobody(platform: Any, sync: Any, zhou: User) -> None:
    """老周's answer calls 李梅 an owner too; her own does not."""
    sync(ZHOU_PHONE, zhous(member("李梅", LI_ID, 1)))
    platform.answers[LI_PHONE] = lis()
    li = account(LI_PHONE, "李梅", LI_ID)
    sync_own_phone(li)
    assert bound() == []


def test_the_same_answer_again_changes_nothing(zhou: User) -> None:
    sync_own_phone(zhou)
    before = stored()
    assert sync_own_phone(zhou).outcome == "unchanged"
    assert stored() == before


def test_an_answer_that_the_office_read_first_links_as_well(sync: Any, zhou: User) -> None:
    sync(ZHOU_PHONE)
    assert sync_own_phone(zhou).outcome == "unchanged"
    assert (zhou.resident.name, bound()) == ("老周", ["老周"])


def test_the_number_of_the_own_row_will_do(platform: Any) -> None:
    own = member("老周", ZHOU_ID, 1)
    platform.answers[ZHOU_PHONE] = person("老周", "130302199211302219", ZHOU_PHONE, dwelling(own))
    user = account(ZHOU_PHONE, "老周", ZHOU_ID)
    assert sync_own_phone(user).outcome == "created"
    assert user.resident is not None


def test_the_number_of_a_namesake_with_another_role_will_not(platform: Any) -> None:
    son = member("老周", CHEN_ID, 11)
    platform.answers[ZHOU_PHONE] = person("老周", ZHOU_ID, ZHOU_PHONE, dwelling(son))
    with refused("identity_mismatch"):
        sync_own_phone(account(ZHOU_PHONE, "老周", CHEN_ID))
    assert not any(stored())


@pytest.mark.parametrize("unchanged", [True, False], ids=["unchanged", "read again"])
def test_the_number_that_the_office_settled_will_do(platform: Any, sync: Any, unchanged: bool) -> None:
    wrong = "130302199211302219"
    sync(ZHOU_PHONE, person("老周", wrong, ZHOU_PHONE, dwelling(member("老周", wrong, 1))))
    row = Membership.objects.get()
    staff(row.house.community).complete(row.pk, {"id_number": ZHOU_ID}, reason="核对身份证")
    if not unchanged:
        PlatformRecord.objects.update(digest="")
    user = account(ZHOU_PHONE, "老周", ZHOU_ID)
    sync_own_phone(user)
    assert user.resident == row.resident and bound() == ["老周"]


# -- it is not ----------------------------------------------------------------------------

LIARS = {
    "another": ("陈新", CHEN_ID),
    "the name alone": ("老周", CHEN_ID),
    "the number alone": ("陈新", ZHOU_ID),
    "somebody else of the answer": ("李梅", LI_ID),
    "the name of one, the number of another": ("老周", LI_ID),
}
liar = pytest.mark.parametrize(("name", "number"), LIARS.values(), ids=LIARS)


@liar
def test_a_mismatch_stores_nothing_and_is_put_before_the_office(
    platform: Any, name: str, number: str
) -> None:
    platform.answers[ZHOU_PHONE] = zhous(LI)
    user = account(ZHOU_PHONE, name, number)
    for _ in range(2):
        with refused("identity_mismatch"):
            sync_own_phone(user)
    assert not any(stored()) and sees_nothing(user)
    request = Request.objects.get()
    assert (request.kind, request.office_only, request.account) == ("dispute", True, user)


@liar
def test_a_mismatch_with_what_is_on_the_books_changes_nothing(sync: Any, name: str, number: str) -> None:
    sync(ZHOU_PHONE, zhous(LI))
    user, before = account(ZHOU_PHONE, name, number), stored()
    with refused("identity_mismatch"):
        sync_own_phone(user)
    assert stored() == before and sees_nothing(user)
    assert Request.objects.get().resident == Resident.objects.get(name="老周")


def test_a_mismatch_blocks_the_record_until_the_office_has_looked(platform: Any, sync: Any) -> None:
    sync(ZHOU_PHONE, zhous(LI))
    with refused("identity_mismatch"):
        sync_own_phone(account(ZHOU_PHONE, "陈新", CHEN_ID))
    moved = person("老周", ZHOU_ID, OTHER_PHONE, dwelling(member("老周", ZHOU_ID, 1)))
    platform.answers[OTHER_PHONE] = moved
    zhou = account(OTHER_PHONE, "老周", ZHOU_ID)
    with refused("link_blocked"):
        sync_own_phone(zhou)
    assert sees_nothing(zhou)


def test_a_mismatch_goes_to_the_office_of_the_house(sync: Any) -> None:
    sync(ZHOU_PHONE, zhous())
    with refused("identity_mismatch"):
        sync_own_phone(account(ZHOU_PHONE, "陈新", CHEN_ID))
    office = staff(House.objects.get().community)
    assert office.scope("houses.answer_request").requests.count() == 1


def test_the_run_says_why_and_names_nobody(platform: Any) -> None:
    platform.answers[ZHOU_PHONE] = zhous()
    with refused("identity_mismatch"):
        sync_own_phone(account(ZHOU_PHONE, "陈新", CHEN_ID))
    item = SyncItem.objects.get()
    assert (item.outcome, item.cause, item.run.status) == ("failed", "identity_mismatch", "done")


def test_an_answer_without_a_number_is_nobodys(platform: Any) -> None:
    platform.answers[ZHOU_PHONE] = person("老周", "", ZHOU_PHONE, dwelling())
    with refused("identity_mismatch"):
        sync_own_phone(account(ZHOU_PHONE, "老周", ZHOU_ID))
    assert not any(stored())


@pytest.mark.parametrize("unchanged", [True, False], ids=["unchanged", "read again"])
def test_a_number_that_another_answer_gave_by_mistake_is_not_the_persons(sync: Any, unchanged: bool) -> None:
    """李梅's answer called 老周 by 陈新's number; the office corrected it, his own never said it."""
    sync(LI_PHONE, lis(member("老周", CHEN_ID, 3)))
    row = Membership.objects.get(resident__name="老周")
    staff(row.house.community).complete(row.pk, {"id_number": ZHOU_ID}, reason="核对身份证")
    sync(ZHOU_PHONE, zhous(LI))
    if not unchanged:
        PlatformRecord.objects.update(digest="")
    with refused("identity_mismatch"):
        sync_own_phone(account(ZHOU_PHONE, "老周", CHEN_ID))


def test_a_linked_account_with_another_persons_phone_reads_nothing(platform: Any, zhou: User) -> None:
    sync_own_phone(zhou)
    platform.answers[CHEN_PHONE] = person("陈新", CHEN_ID, CHEN_PHONE, dwelling(room="909"))
    staff(House.objects.get().community).change_phone(zhou.pk, CHEN_PHONE, "本人持证办理")
    zhou.refresh_from_db()
    before = stored()
    with refused("identity_mismatch"):
        sync_own_phone(zhou)
    assert stored() == before


def test_a_person_who_has_an_account_gets_no_second_one(platform: Any, zhou: User) -> None:
    sync_own_phone(zhou)
    platform.answers[OTHER_PHONE] = person("老周", ZHOU_ID, OTHER_PHONE, dwelling(member("老周", ZHOU_ID, 1)))
    second = account(OTHER_PHONE, "老周", ZHOU_ID)
    with refused("already_linked"):
        sync_own_phone(second)
    assert sees_nothing(second)


def test_a_shared_number_links_nobody(platform: Any) -> None:
    platform.answers[ZHOU_PHONE] = zhous(member("李梅", ZHOU_ID, 4))
    user = account(ZHOU_PHONE, "老周", ZHOU_ID)
    with refused("link_blocked"):
        sync_own_phone(user)
    assert sees_nothing(user) and bound() == []


# -- nothing to read ----------------------------------------------------------------------


@pytest.mark.parametrize(("phone", "name"), [(CHEN_PHONE, "陈新"), (OTHER_PHONE, "老周")])
def test_a_phone_that_the_platform_does_not_know_shows_nothing(platform: Any, phone: str, name: str) -> None:
    user = account(phone, name, CHEN_ID)
    assert sync_own_phone(user).outcome == "not_found"
    assert sees_nothing(user) and not Request.objects.exists()


def test_a_failure_links_nobody(platform: Any, zhou: User) -> None:
    platform.faults[ZHOU_PHONE] = "t14-500"
    assert sync_own_phone(zhou).outcome == "failed"
    assert sees_nothing(zhou) and not any(stored())


def test_an_account_reads_no_phone_but_its_own_verified_one(platform: Any) -> None:
    platform.answers[ZHOU_PHONE] = zhous()
    user = User.objects.create(username="u", phone=ZHOU_PHONE)
    with refused("phone_unverified"):
        sync_own_phone(user)
    assert not SyncItem.objects.exists()


def test_an_ended_house_is_not_bound_again_by_a_sync(platform: Any, zhou: User) -> None:
    sync_own_phone(zhou)
    row = Membership.objects.get(resident__name="老周")
    staff(row.house.community).end(row.pk, EndReason.SOLD)
    sync_own_phone(zhou)
    assert not for_household(zhou).houses.exists()
    assert Membership.objects.get(pk=row.pk).role == Role.SELF
