"""添加成员: who names whom, and what comes of it (houses/household/fill.py)."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from houses.choices import Role
from houses.models import House, Membership, Submission
from houses.states import Status
from residents.models import Consent
from tests.cast import CHEN_ID, CHEN_PHONE, LI_ID, WANG_ID, WANG_PHONE
from tests.factories import HouseFactory, MembershipFactory, id_number
from tests.household import THE_REST, bound, everything, home, zhou
from tests.my import door_of

from .reading import checked, hidden

pytestmark = pytest.mark.django_db

CHILD_ID = id_number(2, born="20200110")
EVERYTHING = {"id_number": CHEN_ID, "phone": CHEN_PHONE, **THE_REST}


@pytest.fixture
def house() -> House:
    return HouseFactory()


@pytest.fixture
def owner(house: House) -> Membership:
    return zhou(house)


@pytest.fixture
def tenant(house: House, owner: Membership) -> Membership:
    return bound(house, Role.TENANT, name="王租", id_number=WANG_ID, phone=WANG_PHONE)


def add(by: Membership, house: House, **values: Any) -> Any:
    return door_of(by).post(reverse("my:add", args=[house.pk]), values, follow=True)


def named(by: Membership, **values: Any) -> Submission:
    """陈五, newly named by this member."""
    return home(by).name_member(by.house_id, {"name": "陈五", "role": Role.OTHER, **values})


def step(by: Membership, entry: Submission, slug: str, **values: Any) -> Any:
    return door_of(by).post(reverse("my:entry_step", args=[entry.pk, slug]), values, follow=True)


def read(by: Membership, name: str, *args: Any) -> str:
    client = door_of(by)
    before = everything()
    answer = client.get(reverse(name, args=args))
    assert (answer.status_code, everything()) == (200, before)
    return checked(answer)


def told(answer: Any) -> str:
    text: str = answer.content.decode()
    return text


# -- naming --------------------------------------------------------------------------------


def test_adding_asks_for_the_name_and_the_role(house: House, owner: Membership) -> None:
    page = read(owner, "my:add", house.pk)
    assert page.count('type="radio"') == len(Role) - 1 and " checked" not in page
    assert "不建议填写0" in page and "包括租客的家人" in page and "业主本人" not in page


def test_whoever_is_named_goes_on_with_the_steps(house: House, owner: Membership) -> None:
    answer = add(owner, house, name="陈五", role=Role.OTHER)
    entry = Submission.objects.get()
    assert answer.redirect_chain == [(reverse("my:entry_step", args=[entry.pk, "who"]), 302)]
    assert (entry.values, entry.status) == ({"name": "陈五", "role": 13}, "draft")
    assert not Membership.objects.exclude(pk=owner.pk).exists()


@pytest.mark.parametrize(
    ("values", "wrong"),
    [({"role": 13}, "name"), ({"name": "陈五"}, "role"), ({"name": "陈五", "role": Role.SELF}, "role")],
)
def test_both_are_told_and_nobody_makes_an_owner(
    house: House, owner: Membership, values: dict[str, Any], wrong: str
) -> None:
    page = add(owner, house, **values)
    assert page.status_code == 422 and wrong in page.context["form"].errors
    assert not Submission.objects.exists()


def test_two_windows_about_somebody_new_keep_what_was_typed_in_each(owner: Membership) -> None:
    entry = named(owner)
    window = hidden(read(owner, "my:entry_step", entry.pk, "more"))
    step(owner, entry, "more", **window, employer="三中", job_title="")
    step(owner, entry, "more", **window, employer="", job_title="校长")
    entry.refresh_from_db()
    assert (entry.values["employer"], entry.values["job_title"]) == ("三中", "校长")


def test_a_tenant_names_the_own_family(house: House, tenant: Membership) -> None:
    assert "您的家人也选“租客”" in read(tenant, "my:add", house.pk)
    add(tenant, house, name="王小", role=Role.TENANT)
    step(tenant, Submission.objects.get(), "check")
    assert Membership.objects.get(resident__name="王小").managed_by == tenant.resident


def test_who_is_neither_owner_nor_tenant_names_nobody(house: House, owner: Membership) -> None:
    wife = bound(house, Role.WIFE, name="李梅", id_number=LI_ID)
    page = add(wife, house, name="陈五", role=Role.OTHER)
    assert "没有办理此事的权限" in told(page) and not Submission.objects.exists()


def test_another_house_does_not_exist(owner: Membership) -> None:
    assert add(owner, HouseFactory(), name="陈五", role=Role.OTHER).status_code == 404


# -- step by step --------------------------------------------------------------------------


def test_somebody_new_is_completed_step_by_step(house: House, owner: Membership) -> None:
    entry = named(owner)
    assert "已由证件号码带出：出生日期、性别" in told(step(owner, entry, "who", id_number=CHEN_ID))
    step(owner, entry, "origin", ethnicity="01", registered_address="文化路1号")
    step(owner, entry, "contact", phone=CHEN_PHONE)
    step(owner, entry, "more", political_status="1", is_veteran="0", is_low_income="0")
    assert "已完成补全" in told(step(owner, entry, "check"))
    row = Membership.objects.get(resident__name="陈五")
    assert (row.status, row.role, row.managed_by) == (Status.COMPLETED, Role.OTHER, owner.resident)


def test_the_name_and_the_role_may_be_corrected_on_the_way(owner: Membership) -> None:
    entry = named(owner)
    assert 'value="陈五"' in read(owner, "my:entry_step", entry.pk, "who")
    step(owner, entry, "who", name="陈武")
    step(owner, entry, "role", role=Role.RELATIVE)
    entry.refresh_from_db()
    assert entry.values == {"name": "陈武", "role": 0}


def test_the_check_says_what_is_still_missing(owner: Membership) -> None:
    page = read(owner, "my:entry_check", named(owner, id_number=CHEN_ID).pk)
    assert "陈五" in page and "提交后还差：民族、户籍地址" in page and "原来：" not in page


def test_what_is_taken_with_gaps_says_what_they_are(owner: Membership) -> None:
    page = step(owner, named(owner), "check")
    assert "已保存。陈五还差：证件号码" in told(page)
    assert page.redirect_chain[0][0] == reverse("my:member", args=[Membership.objects.latest("pk").pk])


def test_a_number_that_somebody_holds_waits_for_the_office(house: House, owner: Membership) -> None:
    MembershipFactory(resident__id_number=CHEN_ID)
    page = step(owner, named(owner, **EVERYTHING), "check")
    assert page.redirect_chain == [(reverse("my:home"), 302)]
    assert "已提交，等物业审核" in told(page)


def test_a_child_needs_its_guardians_consent(owner: Membership) -> None:
    entry = named(owner, id_number=CHILD_ID)
    refused = step(owner, entry, "check")
    assert refused.status_code == 422 and "guardian" in refused.context["form"].errors
    step(owner, entry, "check", guardian="on")
    assert Consent.objects.get(kind=Consent.Kind.GUARDIAN).child.name == "陈五"


def test_a_newborn_has_no_number(owner: Membership) -> None:
    entry = named(owner)
    again = step(owner, entry, "who", name="陈五", id_type="none")
    assert 'name="birth_date"' in told(again) and "可不填" in told(again)


def test_what_was_returned_opens_at_the_marked_step(house: House, owner: Membership) -> None:
    entry = named(owner, **EVERYTHING)
    Submission.objects.filter(pk=entry.pk).update(
        status="returned", reasons={"phone": "此号是空号"}, decided_at=timezone.now()
    )
    opened = door_of(owner).get(reverse("my:entry", args=[entry.pk]))
    assert opened["Location"] == reverse("my:entry_step", args=[entry.pk, "contact"])


def test_a_draft_may_be_given_up(owner: Membership) -> None:
    entry = named(owner)
    page = door_of(owner).post(reverse("my:discard", args=[entry.pk]), follow=True)
    assert "已放弃" in told(page) and Submission.objects.get().status == "dropped"


def test_what_was_given_up_is_not_opened_again(owner: Membership) -> None:
    entry = named(owner)
    home(owner).discard(entry.pk)
    assert step(owner, entry, "who", name="陈武").status_code == 404


def test_nobody_reads_what_another_typed(owner: Membership, tenant: Membership) -> None:
    entry = named(owner)
    for slug in ("who", "check"):
        assert door_of(tenant).get(reverse("my:entry_step", args=[entry.pk, slug])).status_code == 404


def test_the_steps_of_a_member_do_not_open_those_of_an_entry(owner: Membership) -> None:
    entry = home(owner).draft(owner.pk, {"employer": "二中"})
    assert step(owner, entry, "who").status_code == 404
