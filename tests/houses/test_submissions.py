"""What a person types about a member, until it reaches the record (domain.md, Submissions and review)."""

from typing import Any

import pytest
from django.utils import timezone

from houses import binding, reviewing
from houses.choices import Role
from houses.drafts import Author, draft
from houses.family import Family
from houses.models import Finding, House, Invitation, Membership, Submission
from houses.office import Office
from houses.record_fields import version_of
from houses.states import EndReason, FindingCode, Status
from residents.completeness import missing_fields
from residents.models import Consent, Resident
from tests.cast import CHEN_ID, LI_ID, LI_PHONE, WANG_ID, XIAO_ID
from tests.factories import HouseFactory, MembershipFactory, ResidentFactory, id_number
from tests.household import GAPS, THE_REST, bound, fresh, home, li, refused, signed, staff, wang, zhou

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return HouseFactory()


@pytest.fixture
def owner(house: House) -> Membership:
    return zhou(house)


@pytest.fixture
def wife(house: House, owner: Membership) -> Membership:
    return li(house, owner)


@pytest.fixture
def family(owner: Membership) -> Family:
    return home(owner)


@pytest.fixture
def clerk(house: House) -> Office:
    return staff("clerk", house.community)


def entered(family: Family, row: Membership, **values: Any) -> Submission:
    return family.submit(family.draft(row.pk, values).pk)


def person(row: Membership) -> Resident:
    return Resident.objects.get(pk=row.resident_id)


# -- drafts ------------------------------------------------------------------------------


def test_a_draft_is_kept_beside_the_record(family: Family, wife: Membership) -> None:
    entry = family.draft(wife.pk, {"employer": "二中"})
    assert (entry.status, entry.values, person(wife).employer) == ("draft", {"employer": "二中"}, "")


def test_a_draft_goes_on_where_it_stopped(family: Family, wife: Membership) -> None:
    first = family.draft(wife.pk, {"employer": "二中"})
    second = family.draft(wife.pk, {"job_title": "教师"})
    assert (second.pk, second.values) == (first.pk, {"employer": "二中", "job_title": "教师"})


def test_a_draft_is_signed_by_its_author(family: Family, wife: Membership) -> None:
    assert signed(family.draft(wife.pk, {"employer": "二中"}))[0] == family.user


def test_two_authors_have_a_draft_each(family: Family, wife: Membership, clerk: Office) -> None:
    family.draft(wife.pk, {"employer": "二中"})
    clerk.complete(wife.pk, {"employer": "三中"})
    assert set(wife.submissions.values_list("status", flat=True)) == {"draft", "applied"}


WRONG = [
    ("id_number", LI_ID[:-1] + "1"),
    ("id_number", "1****************2"),
    ("phone", "138****0002"),
    ("phone", "12345"),
    ("sex", 3),
    ("sex", 1),  # her number tells 2
    ("birth_date", "1990-01-01"),  # and another day
    ("birth_date", "2199-01-01"),
    ("ethnicity", "99"),
    ("employer", "电话 13800000002"),
    ("name", "李*"),
    ("name", "李\x00梅"),
    ("role", 14),
    ("household_type", "x"),
    ("is_petitioner", True),
    ("photo_url", "https://example.com/1.jpg"),
    ("status", "activated"),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_wrong_value_is_refused_with_a_sentence_for_it(
    family: Family, wife: Membership, field: str, value: Any
) -> None:
    with refused("invalid", field):
        family.draft(wife.pk, {field: value})


def test_every_wrong_field_is_told_at_once(family: Family, wife: Membership) -> None:
    with refused("invalid", "phone", "ethnicity"):
        family.draft(wife.pk, {"phone": "1", "ethnicity": "xx", "employer": "二中"})


@pytest.mark.parametrize("values", [{"role": 1}, {"household_type": 1}], ids=["role", "household_type"])
def test_ownership_is_no_owners_to_give(family: Family, wife: Membership, values: dict[str, int]) -> None:
    with refused("owner_role", *values):
        family.draft(wife.pk, values)


def test_ownership_is_nobodys_to_take(house: House, owner: Membership) -> None:
    tenant = bound(house, Role.TENANT, name="王租", id_number=WANG_ID)
    with refused("owner_role", "role"):
        home(tenant).draft(tenant.pk, {"role": Role.SELF})


def test_the_contact_lives_in_the_same_house(family: Family, owner: Membership, wife: Membership) -> None:
    neighbour = MembershipFactory()
    with refused("invalid", "contact"):
        family.draft(wife.pk, {"contact": neighbour.resident_id})
    entry = family.draft(wife.pk, {"contact": owner.resident_id})
    assert entry.values["contact"] == str(owner.resident_id)


def test_nobody_is_the_own_contact(family: Family, wife: Membership) -> None:
    with refused("invalid", "contact"):
        family.draft(wife.pk, {"contact": wife.resident_id})


def test_a_draft_that_waits_is_not_written_on(family: Family, wife: Membership) -> None:
    assert entered(family, wife, name="李美").status == "waiting"
    with refused("not_editable"):
        family.draft(wife.pk, {"employer": "二中"})


def test_who_moved_out_is_not_written_about(family: Family, wife: Membership) -> None:
    wife.end(EndReason.MOVED_OUT)
    with refused("not_found"):
        family.draft(wife.pk, {"employer": "二中"})


def test_a_draft_about_who_moved_out_is_not_handed_in(family: Family, wife: Membership) -> None:
    """The rule itself, whoever asks: the doors find the member no more."""
    author = Author(Submission.Author.OWNER, family.user)
    entry = family.draft(wife.pk, {"employer": "二中"})
    wife.end(EndReason.MOVED_OUT)
    with refused("ended"):
        reviewing.submit(entry, author)
    with refused("ended"):
        draft(author, {"employer": "三中"}, house=wife.house, membership=fresh(wife))


def test_a_draft_is_given_up_once_and_another_begun(family: Family, wife: Membership) -> None:
    entry = family.draft(wife.pk, {"employer": "二中"})
    family.discard(entry.pk)
    assert (fresh(entry).status, signed(entry)) == ("dropped", (family.user, "作者放弃"))
    with refused("not_editable"):
        family.discard(entry.pk)
    assert family.draft(wife.pk, {"job_title": "教师"}).pk != entry.pk


@pytest.mark.parametrize("act", ["submit", "discard"])
def test_what_waits_is_neither_handed_in_again_nor_given_up(
    family: Family, wife: Membership, act: str
) -> None:
    entry = entered(family, wife, name="李美")
    with refused("not_editable"):
        getattr(family, act)(entry.pk)


# -- at once, or after the office --------------------------------------------------------


def test_what_only_fills_blanks_is_applied_at_once(family: Family, wife: Membership) -> None:
    assert entered(family, wife, **THE_REST).status == "applied"
    assert (missing_fields(person(wife)), fresh(wife).status) == ([], Status.COMPLETED)


def test_what_was_applied_is_signed_with_its_source(family: Family, wife: Membership) -> None:
    entry = entered(family, wife, **THE_REST)
    assert {person(wife).origin.of(name) for name in THE_REST} == {"owner"}
    assert signed(person(wife)) == (family.user, "代填人")
    assert signed(entry) == (family.user, "提交后直接采用")


def test_an_entry_is_applied_once(family: Family, wife: Membership) -> None:
    entry = entered(family, wife, **THE_REST)
    with refused("not_editable"):
        family.submit(entry.pk)


def test_what_was_typed_and_stands_is_nothing_typed(family: Family, wife: Membership) -> None:
    entry = family.draft(wife.pk, {"name": "李梅", "phone": LI_PHONE})
    with refused("nothing_typed"):
        family.submit(entry.pk)


@pytest.mark.parametrize(
    "values",
    [{"name": "李美"}, {"phone": "13700000009"}, {"role": Role.DAUGHTER}, {"phone": ""}],
    ids=["name", "phone", "role", "emptied"],
)
def test_what_changes_a_value_waits_and_touches_nothing(
    family: Family, wife: Membership, values: dict[str, Any]
) -> None:
    before = person(wife).version, fresh(wife).version
    assert entered(family, wife, employer="二中", **values).status == "waiting"
    assert (person(wife).version, fresh(wife).version) == before


def test_what_opens_an_error_waits_and_leaves_no_finding(family: Family, wife: Membership) -> None:
    Membership.objects.filter(pk=wife.pk).update(role=None)
    assert entered(family, wife, role=Role.HUSBAND).status == "waiting"
    assert (fresh(wife).role, Finding.objects.open().errors().count()) == (None, 0)


def test_a_strangers_number_waits(family: Family, wife: Membership) -> None:
    stranger = MembershipFactory(resident__id_number=CHEN_ID)
    Resident.objects.filter(pk=wife.resident_id).update(id_number="")
    assert entered(family, wife, id_number=CHEN_ID).status == "waiting"
    assert not Finding.objects.open().filter(resident=stranger.resident).exists()


def test_a_notice_makes_nobody_wait(family: Family, wife: Membership) -> None:
    Membership.objects.filter(pk=wife.pk).update(role=None)
    assert entered(family, wife, role=Role.OTHER).status == "applied"
    assert Finding.objects.open().filter(membership=wife, code=FindingCode.ROLE_UNCLEAR).exists()


@pytest.mark.parametrize("who", ["family", "clerk"])
def test_where_all_is_reviewed_everything_waits(
    house: House, family: Family, clerk: Office, wife: Membership, who: str
) -> None:
    house.community.review_all = True
    house.community.save()
    entry = entered(family, wife, **THE_REST) if who == "family" else clerk.complete(wife.pk, THE_REST)
    assert (entry.status, person(wife).ethnicity) == ("waiting", "")


def test_ones_own_blanks_are_filled_at_once_and_own_values_wait(owner: Membership, family: Family) -> None:
    entry = entered(family, owner, employer="二中")
    assert (entry.author, entry.status, person(owner).origin.of("employer")) == ("self", "applied", "self")
    assert entered(family, owner, employer="三中").status == "waiting"


def test_a_new_number_tells_birth_and_sex_anew(clerk: Office, wife: Membership) -> None:
    known = Resident.objects.get(pk=wife.resident_id)
    for name in ("birth_date", "sex"):
        known.origin.note(name, "id_number")
    known.save()
    clerk.complete(wife.pk, {"id_number": CHEN_ID, "role": Role.SON})
    assert (str(person(wife).birth_date), person(wife).sex) == ("1975-06-06", 1)


def test_birth_and_sex_that_a_person_stated_stay(clerk: Office, wife: Membership) -> None:
    before = person(wife).birth_date
    clerk.complete(wife.pk, {"id_number": id_number(4, born="19820512")})
    assert person(wife).birth_date == before


def test_a_contacts_phone_completes_the_record(family: Family, owner: Membership, wife: Membership) -> None:
    Resident.objects.filter(pk=wife.resident_id).update(phone="")
    entered(family, wife, **THE_REST)
    assert missing_fields(person(wife)) == ["contact_phone"]
    entered(family, wife, contact=str(owner.resident_id))
    assert fresh(wife).status == Status.COMPLETED


def test_who_completes_in_one_house_completes_in_the_other(family: Family, wife: Membership) -> None:
    other = MembershipFactory(resident=wife.resident)
    entered(family, wife, **THE_REST)
    assert fresh(other).status == Status.COMPLETED


# -- approve, return, hand in again ------------------------------------------------------


def test_approved_values_keep_their_authors_source(family: Family, wife: Membership, clerk: Office) -> None:
    clerk.approve(entered(family, wife, name="李美").pk)
    assert (person(wife).name, person(wife).origin.of("name")) == ("李美", "owner")
    assert fresh(wife.submissions.get()).decided_by == clerk.user


def test_what_the_office_approves_may_open_an_error(family: Family, wife: Membership, clerk: Office) -> None:
    Membership.objects.filter(pk=wife.pk).update(role=None)
    clerk.approve(entered(family, wife, role=Role.HUSBAND).pk)
    assert Finding.objects.open().filter(membership=wife, code="role_sex_mismatch").exists()


def test_a_returned_entry_opens_again_with_its_fields_marked(
    family: Family, wife: Membership, clerk: Office
) -> None:
    entry = entered(family, wife, name="李美", employer="二中")
    clerk.send_back(entry.pk, {"name": " 与证件不符 ", "phone": "没有填"}, "")
    again = family.draft(wife.pk, {"name": "李玫"})
    assert (again.pk, again.status, again.reasons) == (entry.pk, "returned", {"name": "与证件不符"})
    assert again.values == {"name": "李玫", "employer": "二中"}


def test_a_returned_entry_is_handed_in_again_and_its_marks_go(
    family: Family, wife: Membership, clerk: Office
) -> None:
    entry = entered(family, wife, name="李美")
    clerk.send_back(entry.pk, {"name": "与证件不符"}, "请看身份证")
    again = entered(family, wife, name="李玫")
    assert (again.pk, again.status, again.reasons, again.note) == (entry.pk, "waiting", {}, "")
    clerk.approve(again.pk)
    assert person(wife).name == "李玫"


def test_a_returned_entry_may_be_handed_in_unchanged(family: Family, wife: Membership, clerk: Office) -> None:
    entry = entered(family, wife, name="李美")
    clerk.send_back(entry.pk, {}, "请看身份证")
    assert family.submit(entry.pk).status == "waiting"


def test_a_returned_entry_may_be_given_up(family: Family, wife: Membership, clerk: Office) -> None:
    entry = entered(family, wife, name="李美")
    clerk.send_back(entry.pk, {}, "请看身份证")
    family.discard(entry.pk)
    assert fresh(entry).status == "dropped"


def test_a_return_gives_the_claim_back(family: Family, wife: Membership, clerk: Office) -> None:
    entry = entered(family, wife, name="李美")
    clerk.claim("submissions", entry.pk)
    clerk.send_back(entry.pk, {}, "请看身份证")
    assert not fresh(entry).is_claimed


# -- stale -------------------------------------------------------------------------------


def test_what_changed_meanwhile_is_told_and_not_overwritten(
    family: Family, wife: Membership, clerk: Office
) -> None:
    entry = family.draft(wife.pk, {"employer": "二中", "job_title": "教师"})
    clerk.complete(wife.pk, {"employer": "三中"})
    with refused("stale", "employer"):
        family.submit(entry.pk)


def test_who_has_seen_the_change_may_go_on(family: Family, wife: Membership, clerk: Office) -> None:
    family.draft(wife.pk, {"employer": "二中"})
    clerk.complete(wife.pk, {"employer": "三中"})
    entry = family.draft(wife.pk, {"employer": "二中"}, seen=version_of(fresh(wife)))
    assert family.submit(entry.pk).status == "waiting"


def test_what_was_looked_at_and_changed_since_is_not_drafted_upon(
    family: Family, wife: Membership, clerk: Office
) -> None:
    seen = version_of(wife)
    clerk.complete(wife.pk, {"employer": "三中"})
    with refused("stale"):
        family.draft(wife.pk, {"employer": "二中"}, seen=seen)
    assert not family.submissions.exists()


def test_what_both_typed_is_not_stale(family: Family, wife: Membership, clerk: Office) -> None:
    entry = family.draft(wife.pk, {"employer": "二中", "job_title": "教师"})
    clerk.complete(wife.pk, {"employer": "二中"})
    assert family.submit(entry.pk).status == "applied"


def test_another_field_makes_nothing_stale(family: Family, wife: Membership, clerk: Office) -> None:
    entry = family.draft(wife.pk, {"employer": "二中"})
    clerk.complete(wife.pk, {"job_title": "教师"})
    assert family.submit(entry.pk).status == "applied"


def test_typing_on_in_a_stale_draft_stays_stale(family: Family, wife: Membership, clerk: Office) -> None:
    family.draft(wife.pk, {"employer": "二中"})
    clerk.complete(wife.pk, {"employer": "三中"})
    entry = family.draft(wife.pk, {"job_title": "教师"})
    with refused("stale", "employer"):
        family.submit(entry.pk)


def test_the_reviewer_is_told_that_the_record_moved_on(
    family: Family, wife: Membership, clerk: Office
) -> None:
    entry, seen = entered(family, wife, name="李美"), person(wife).version
    clerk.complete(wife.pk, {"employer": "三中"})
    with refused("stale"):
        clerk.approve(entry.pk, seen_version=seen)
    clerk.approve(entry.pk, seen_version=person(wife).version)
    assert person(wife).name == "李美"


def test_without_a_version_a_changed_field_stops_the_approval(
    family: Family, wife: Membership, clerk: Office
) -> None:
    entry = entered(family, wife, name="李美")
    clerk.complete(wife.pk, {"name": "李眉"})
    with refused("stale", "name"):
        clerk.approve(entry.pk)


# -- somebody new ------------------------------------------------------------------------


def named(family: Family, house: House, **values: Any) -> Submission:
    return family.submit(family.name_member(house.pk, {"name": "小周", "role": Role.SON, **values}).pk)


def test_an_owner_names_somebody_new_and_fills_for_them(house: House, family: Family) -> None:
    entry = named(family, house, id_number=XIAO_ID)
    row = Membership.objects.get(resident__name="小周")
    assert (entry.status, entry.membership, row.role) == ("applied", row, Role.SON)
    assert (row.managed_by, row.origin.of("role")) == (family.user.resident, "owner")
    assert (str(row.resident.birth_date), row.resident.origin.of("sex")) == ("2009-09-09", "id_number")


def test_naming_leaves_a_history_of_person_and_member(house: House, family: Family) -> None:
    named(family, house)
    row = Membership.objects.get(resident__name="小周")
    assert signed(row)[0] == signed(row.resident)[0] == family.user


@pytest.mark.parametrize("lacks", ["name", "role"])
def test_somebody_new_has_a_name_and_a_role(house: House, family: Family, lacks: str) -> None:
    entry = family.name_member(house.pk, {"name": "小周", "role": Role.SON, lacks: ""})
    with refused("invalid", lacks):
        family.submit(entry.pk)


def test_a_new_member_is_no_owner(house: House, family: Family) -> None:
    with refused("owner_role", "role"):
        family.name_member(house.pk, {"name": "小周", "role": Role.SELF})


def test_typing_about_somebody_new_goes_on(house: House, family: Family) -> None:
    first = family.name_member(house.pk, {"name": "小周"})
    second = family.name_member(house.pk, {"role": Role.SON}, submission=first.pk)
    assert (second.pk, second.values) == (first.pk, {"name": "小周", "role": Role.SON})


def test_an_entry_about_a_member_is_not_gone_on_with_as_about_somebody_new(
    house: House, family: Family, wife: Membership
) -> None:
    entry = family.draft(wife.pk, {"employer": "二中"})
    with refused("not_found"):
        family.name_member(house.pk, {"employer": "三中"}, submission=entry.pk)


def test_an_entry_of_one_house_is_not_gone_on_with_in_another(
    house: House, owner: Membership, family: Family
) -> None:
    other = MembershipFactory(resident=owner.resident, bound_at=timezone.now()).house
    entry = family.name_member(house.pk, {"name": "小周"})
    with refused("not_found"):
        family.name_member(other.pk, {"role": Role.SON}, submission=entry.pk)


def test_a_tenant_names_the_own_family(house: House, owner: Membership) -> None:
    tenant = bound(house, Role.TENANT, name="王租", id_number=WANG_ID)
    named(home(tenant), house, role=Role.TENANT)
    row = Membership.objects.get(resident__name="小周")
    assert row.managed_by == tenant.resident


@pytest.fixture
def elsewhere() -> Membership:
    """陈五 is on the books of another house."""
    known = {"name": "陈五", "id_number": CHEN_ID, **GAPS}
    return MembershipFactory(resident=ResidentFactory(**known))


def named_chen(family: Family, house: House) -> Submission:
    return named(family, house, name="陈五", id_number=CHEN_ID, phone="13700000009", ethnicity="02")


def test_somebody_on_the_books_waits_for_the_office(
    house: House, family: Family, elsewhere: Membership
) -> None:
    assert named_chen(family, house).status == "waiting"
    assert not house.memberships.filter(resident__name="陈五").exists()


def test_the_office_attaches_and_the_house_writes_nothing_to_the_person(
    house: House, family: Family, elsewhere: Membership, clerk: Office
) -> None:
    before, entry = elsewhere.resident, named_chen(family, house)
    row = reviewing.approve(entry, by=clerk.user, person=before)
    known = person(elsewhere)
    assert (row.resident, row.managed_by, row.role) == (known, None, Role.SON)
    assert (known.phone, known.ethnicity, known.origin.of("ethnicity")) == (
        before.phone,
        before.ethnicity,
        "",
    )


def test_the_office_may_say_that_it_is_somebody_else(
    house: House, family: Family, elsewhere: Membership, clerk: Office
) -> None:
    row = reviewing.approve(named_chen(family, house), by=clerk.user)
    assert row.resident_id != elsewhere.resident_id
    assert Finding.objects.open().filter(resident=row.resident_id, code="id_shared").exists()


def test_a_member_is_not_attached_twice(
    house: House, family: Family, elsewhere: Membership, clerk: Office
) -> None:
    entry = named_chen(family, house)
    MembershipFactory(house=house, resident=elsewhere.resident, role=Role.SON)
    with refused("already_member"):
        reviewing.approve(entry, by=clerk.user, person=elsewhere.resident)


def test_a_record_that_is_gone_is_not_attached(
    house: House, family: Family, elsewhere: Membership, clerk: Office
) -> None:
    entry, gone = named_chen(family, house), elsewhere.resident
    Membership.objects.filter(pk=elsewhere.pk).delete()
    Resident.objects.filter(pk=gone.pk).delete()
    with refused("already_absorbed"):
        reviewing.approve(entry, by=clerk.user, person=gone)


# -- consents ----------------------------------------------------------------------------


def test_what_was_drafted_under_a_consent_since_withdrawn_is_not_handed_in(
    family: Family, wife: Membership
) -> None:
    entry = family.draft(wife.pk, {"ethnicity": "01", "registered_address": "河北省秦皇岛市"})
    family.withdraw_consent(Consent.Kind.SENSITIVE)
    assert family.submit(entry.pk).values == {"registered_address": "河北省秦皇岛市"}
    assert (person(wife).ethnicity, person(wife).registered_address) == ("", "河北省秦皇岛市")


@pytest.mark.parametrize("returned", [False, True], ids=["draft", "returned"])
def test_nothing_sensitive_stays_with_the_author_once_the_consent_is_withdrawn(
    family: Family, wife: Membership, clerk: Office, returned: bool
) -> None:
    Resident.objects.filter(pk=wife.resident_id).update(ethnicity="02")
    entry = family.draft(wife.pk, {"ethnicity": "01", "job_title": "护士"})
    if returned:
        reviewing.send_back(family.submit(entry.pk), {}, "请核对", by=clerk.user)
    family.withdraw_consent(Consent.Kind.SENSITIVE)
    kept = fresh(entry)
    assert (set(kept.values), set(kept.base), kept.consent_version) == ({"job_title"}, {"job_title"}, None)


def test_what_was_handed_in_under_a_consent_is_the_offices(family: Family, wife: Membership) -> None:
    Resident.objects.filter(pk=wife.resident_id).update(ethnicity="02")
    entry = family.submit(family.draft(wife.pk, {"ethnicity": "01"}).pk)
    family.withdraw_consent(Consent.Kind.SENSITIVE)
    assert (fresh(entry).status, fresh(entry).values) == ("waiting", {"ethnicity": "01"})


def test_taking_back_the_notice_takes_nothing_typed_away(family: Family, wife: Membership) -> None:
    entry = family.draft(wife.pk, {"ethnicity": "01"})
    family.withdraw_consent(Consent.Kind.NOTICE)
    assert fresh(entry).values == {"ethnicity": "01"}


def test_a_draft_goes_on_without_what_was_agreed_to_before(family: Family, wife: Membership) -> None:
    family.draft(wife.pk, {"ethnicity": "01"})
    family.withdraw_consent(Consent.Kind.SENSITIVE)
    assert family.draft(wife.pk, {"job_title": "护士"}).values == {"job_title": "护士"}


def test_sensitive_values_alone_are_nothing_once_the_consent_is_withdrawn(
    family: Family, wife: Membership
) -> None:
    entry = family.draft(wife.pk, {"ethnicity": "01"})
    family.withdraw_consent(Consent.Kind.SENSITIVE)
    with refused("nothing_typed"):
        family.submit(entry.pk)


EIGHT = id_number(1, born=f"{timezone.localdate().year - 8}0101")


@pytest.fixture
def child(house: House, owner: Membership) -> Membership:
    """小小周, eight years old, with gaps; 老周 fills for him."""
    known = {"name": "小小周", "id_number": EIGHT, **GAPS}
    return MembershipFactory(
        house=house, resident=ResidentFactory(**known), role=Role.SON, managed_by=owner.resident
    )


def test_under_14_a_guardian_has_to_agree(family: Family, child: Membership) -> None:
    entry = family.draft(child.pk, THE_REST)
    with refused("guardian_consent"):
        family.submit(entry.pk)


def test_a_guardian_agrees_with_the_entry(family: Family, child: Membership) -> None:
    entry = family.draft(child.pk, THE_REST, guardian=True)
    assert family.submit(entry.pk).status == "applied"
    assert Consent.stands(family.user, Consent.Kind.GUARDIAN, child=child.resident)


def test_a_guardian_agrees_beforehand(family: Family, child: Membership) -> None:
    family.consent_for_child(child.pk)
    assert entered(family, child, **THE_REST).status == "applied"


def test_a_guardians_consent_is_for_one_child(family: Family, child: Membership) -> None:
    sister = MembershipFactory(
        house=child.house,
        resident=ResidentFactory(id_number=id_number(2, born=EIGHT[6:14]), **GAPS),
        role=Role.DAUGHTER,
        managed_by=child.managed_by,
    )
    family.consent_for_child(child.pk)
    entry = family.draft(sister.pk, THE_REST)
    with refused("guardian_consent"):
        family.submit(entry.pk)


def test_a_withdrawn_guardians_consent_is_asked_for_again(family: Family, child: Membership) -> None:
    family.consent_for_child(child.pk)
    assert family.withdraw_consent(Consent.Kind.GUARDIAN, child=child.resident)
    entry = family.draft(child.pk, THE_REST)
    with refused("guardian_consent"):
        family.submit(entry.pk)


@pytest.fixture
def withdrawn(family: Family, child: Membership) -> Submission:
    """An entry with the guardian's consent, which waited when that was taken back."""
    Resident.objects.filter(pk=child.resident_id).update(ethnicity="02")
    entry = family.submit(family.draft(child.pk, {"ethnicity": "01"}, guardian=True).pk)
    family.consent_for_child(child.pk)
    family.withdraw_consent(Consent.Kind.GUARDIAN, child=child.resident)
    return entry


def test_a_guardians_consent_does_not_outlive_its_withdrawal_in_an_entry(
    family: Family, clerk: Office, withdrawn: Submission
) -> None:
    reviewing.send_back(withdrawn, {}, "请核对", by=clerk.user)
    with refused("guardian_consent"):
        family.submit(withdrawn.pk)


def test_an_entry_that_is_approved_later_gives_no_withdrawn_consent_again(
    family: Family, child: Membership, clerk: Office, withdrawn: Submission
) -> None:
    clerk.approve(withdrawn.pk)
    assert person(child).ethnicity == "01"
    assert not Consent.stands(family.user, Consent.Kind.GUARDIAN, child=child.resident)


def test_another_childs_entry_keeps_its_consent(family: Family, child: Membership, house: House) -> None:
    sister = MembershipFactory(
        house=house, resident=ResidentFactory(**GAPS), role=Role.DAUGHTER, managed_by=child.managed_by
    )
    entry = family.draft(sister.pk, {"ethnicity": "01"}, guardian=True)
    family.withdraw_consent(Consent.Kind.GUARDIAN, child=child.resident)
    assert fresh(entry).guardian_version


@pytest.mark.parametrize(
    "told", [{"id_number": EIGHT}, {"birth_date": timezone.localdate()}], ids=["number", "birth"]
)
def test_a_newly_named_child_needs_a_guardian(house: House, family: Family, told: dict[str, Any]) -> None:
    values = {"name": "小小周", "role": Role.SON, **told}
    entry = family.name_member(house.pk, values)
    with refused("guardian_consent"):
        family.submit(entry.pk)
    again = family.name_member(house.pk, {}, guardian=True, submission=entry.pk)
    assert family.submit(again.pk).status == "applied"


@pytest.mark.parametrize(
    "typed",
    [{"birth_date": "1990-01-01"}, {"id_number": id_number(3, born="19900101")}],
    ids=["birth", "number"],
)
def test_a_child_does_not_grow_up_by_typing(family: Family, child: Membership, typed: dict[str, Any]) -> None:
    born = timezone.localdate().replace(year=int(EIGHT[6:10]), month=1, day=1)
    Resident.objects.filter(pk=child.resident_id).update(id_number="", birth_date=born)
    entry = family.draft(child.pk, {"ethnicity": "01", **typed})
    with refused("guardian_consent"):
        family.submit(entry.pk)


def test_who_turns_out_to_be_a_child_needs_a_guardian(family: Family, wife: Membership) -> None:
    Resident.objects.filter(pk=wife.resident_id).update(id_number="", birth_date="1990-01-01")
    entry = family.draft(wife.pk, {"birth_date": timezone.localdate()})
    with refused("guardian_consent"):
        family.submit(entry.pk)


def test_of_whom_one_does_not_see_no_age_is_told(
    family: Family, child: Membership, owner: Membership
) -> None:
    """A tenant's child or not: what is typed blindly waits for the office either way."""
    Membership.objects.filter(pk=child.pk).update(role=Role.TENANT)
    assert entered(family, child, ethnicity="01").status == "waiting"


def test_the_office_registers_a_child_on_paper(clerk: Office, child: Membership) -> None:
    assert clerk.complete(child.pk, THE_REST).status == "applied"


def test_a_child_is_not_its_own_guardian(house: House, owner: Membership) -> None:
    me = bound(house, Role.SON, name="小小周", id_number=EIGHT, **GAPS)
    with refused("guardian_consent"):
        home(me).draft(me.pk, THE_REST, guardian=True)


def test_a_child_does_not_agree_for_itself(house: House, owner: Membership) -> None:
    me = bound(house, Role.SON, name="小小周", id_number=EIGHT, **GAPS)
    with refused("guardian_consent"):
        home(me).consent_for_child(me.pk)


def test_from_14_nobody_else_has_to_agree(family: Family, child: Membership) -> None:
    grown = id_number(1, born=f"{timezone.localdate().year - 14}0101")
    Resident.objects.filter(pk=child.resident_id).update(
        id_number=grown, birth_date=timezone.localdate().replace(year=int(grown[6:10]), month=1, day=1)
    )
    assert entered(family, child, **THE_REST).status == "applied"


def test_sensitive_values_are_kept_under_the_separate_consent_only(family: Family, wife: Membership) -> None:
    family.withdraw_consent(Consent.Kind.SENSITIVE)
    entry = family.draft(wife.pk, {**THE_REST, "id_number": LI_ID})
    assert set(entry.values) == {"registered_address"}
    assert entry.consent_version is None


def test_the_version_that_was_agreed_to_is_noted(family: Family, wife: Membership) -> None:
    assert family.draft(wife.pk, THE_REST).consent_version == Consent.VERSIONS[Consent.Kind.SENSITIVE]


def test_consent_to_an_older_text_is_not_enough(family: Family, wife: Membership) -> None:
    Consent.objects.filter(kind="sensitive").update(version=0)
    assert set(family.draft(wife.pk, THE_REST).values) == {"registered_address"}


# -- by a link, without an account -------------------------------------------------------

LAST_SIX = LI_ID[-6:]


@pytest.fixture
def token(family: Family, wife: Membership) -> str:
    return family.invite(wife.pk)[1]


def by_link(token: str, last_six: str = LAST_SIX, **values: Any) -> Submission:
    return reviewing.fill_by_link(token, last_six, values, consented=True)


def test_an_invited_person_fills_the_own_record(token: str, wife: Membership) -> None:
    entry = by_link(token, **THE_REST)
    assert (entry.status, entry.author, entry.account) == ("applied", "invitation", None)
    assert person(wife).origin.of("ethnicity") == "self"
    assert (fresh(wife).status, fresh(wife).bound_at) == (Status.COMPLETED, None)


def test_a_link_fills_once(token: str) -> None:
    by_link(token, **THE_REST)
    with refused("invitation_dead"):
        by_link(token, employer="二中")


def test_a_link_asks_for_the_last_six(token: str) -> None:
    with refused("invitation_digits", "last_six", but=(Invitation,)):
        by_link(token, "123456", **THE_REST)


def test_five_wrong_tries_kill_a_link(token: str) -> None:
    for _ in range(5):
        with refused("invitation_digits", "last_six", but=(Invitation,)):
            by_link(token, "123456", **THE_REST)
    with refused("invitation_dead"):
        by_link(token, **THE_REST)


def test_a_mistake_does_not_use_the_link_up(token: str) -> None:
    with refused("invalid", "phone"):
        by_link(token, phone="12")
    assert by_link(token, **THE_REST).status == "applied"


def test_a_link_that_was_revoked_or_is_over_fills_nothing(
    family: Family, token: str, wife: Membership
) -> None:
    family.revoke_invitation(wife.pk)
    with refused("invitation_dead"):
        by_link(token, **THE_REST)


def test_a_link_is_over_after_its_time(token: str) -> None:
    Invitation.objects.update(expires_at=timezone.now())
    with refused("invitation_dead"):
        by_link(token, **THE_REST)


def test_a_link_does_not_reach_who_manages_the_own_data(token: str, wife: Membership) -> None:
    Resident.objects.filter(pk=wife.resident_id).update(self_managed_since=timezone.now())
    with refused("invitation_dead"):
        by_link(token, **THE_REST)


def test_a_link_ends_with_the_membership(token: str, house: House, wife: Membership) -> None:
    staff("manager", house.community).end(wife.pk, EndReason.MOVED_OUT)
    with refused("invitation_dead"):
        by_link(token, **THE_REST)


def test_no_link_gives_ownership(token: str) -> None:
    with refused("owner_role", "role"):
        by_link(token, role=Role.SELF)


def test_a_link_keeps_sensitive_values_under_consent_only(token: str) -> None:
    entry = reviewing.fill_by_link(token, LAST_SIX, THE_REST, consented=False)
    assert set(entry.values) == {"registered_address"}


def test_what_a_link_changes_waits(token: str, wife: Membership) -> None:
    assert by_link(token, name="李美").status == "waiting"
    assert person(wife).name == "李梅"


def test_a_childs_link_asks_for_the_guardian(family: Family, child: Membership) -> None:
    _, opened = binding.invite(child, by=family.user)
    with refused("guardian_consent"):
        by_link(opened, EIGHT[-6:], **THE_REST)
    entry = reviewing.fill_by_link(opened, EIGHT[-6:], THE_REST, consented=True, guardian=True)
    assert entry.status == "applied"


# -- staff against the checks ------------------------------------------------------------


def test_a_masked_value_is_refused_even_with_a_reason(clerk: Office, wife: Membership) -> None:
    with refused("invalid", "phone"):
        clerk.complete(wife.pk, {"phone": "138****0002"}, reason="证件原件如此")


def test_an_error_is_taken_with_a_reason(clerk: Office, wife: Membership) -> None:
    entry = clerk.complete(wife.pk, {"role": Role.HUSBAND}, reason="证件原件如此")
    assert entry.status == "applied"
    assert Finding.objects.open().filter(membership=wife, code="role_sex_mismatch").exists()


def test_an_error_that_stood_before_needs_no_reason(clerk: Office, wife: Membership) -> None:
    clerk.complete(wife.pk, {"role": Role.HUSBAND}, reason="证件原件如此")
    assert clerk.complete(wife.pk, {"employer": "二中"}).status == "applied"


def test_a_tenant_of_the_house_is_written_about_by_the_office_alone(
    house: House, family: Family, clerk: Office
) -> None:
    tenant = wang(house)
    with refused("not_found"):
        family.draft(tenant.pk, {"employer": "二中"})
    assert clerk.complete(tenant.pk, {"employer": "二中"}).status == "applied"


# -- one after another -------------------------------------------------------------------


def test_a_number_is_checked_as_of_the_document_that_was_typed_before(
    family: Family, wife: Membership
) -> None:
    family.draft(wife.pk, {"id_type": "passport"})
    assert family.draft(wife.pk, {"id_number": "E1234567"}).values["id_number"] == "E1234567"


def test_nobody_is_the_own_contact_even_to_a_blind_author(family: Family, house: House) -> None:
    tenant = wang(house)
    Membership.objects.filter(pk=tenant.pk).update(managed_by=family.user.resident)
    with refused("invalid", "contact"):
        family.draft(tenant.pk, {"contact": str(tenant.resident_id)})
