"""What house and family show (domain.md, Findings): opens, stays silent, is mended."""

import re
from datetime import date

import pytest
import time_machine
from django.utils import timezone

from houses import checks
from houses.choices import Occupancy, Role
from houses.models import Community, House, Membership
from houses.neighbourhood import Neighbourhood
from houses.states import EndReason, FindingCode
from residents.checks import Problem
from residents.models import Resident
from residents.upstream import Said
from tests.cast import CHEN_ID, LI_ID, XIAO_ID, ZHOU_ID
from tests.factories import CommunityFactory, HouseFactory, MembershipFactory, ResidentFactory, id_number

pytestmark = pytest.mark.django_db


def zhou(**values: object) -> Membership:
    """老周's own membership."""
    return MembershipFactory(resident__name="老周", resident__id_number=ZHOU_ID, **values)


def fellow(row: Membership, name: str, number: str, role: int | None, **values: object) -> Membership:
    """Somebody else in the same house."""
    return MembershipFactory(
        house=row.house, role=role, resident__name=name, resident__id_number=number, **values
    )


def of_resident(check: object, resident: Resident) -> list[Problem]:
    around = Neighbourhood.load(residents=[resident.pk])
    return list(check(around.residents[resident.pk], around))


def of_row(check: object, row: Membership) -> list[Problem]:
    around = Neighbourhood.load(houses=[row.house_id])
    return list(check(around.rows[row.pk], around))


def of_house(house: House) -> list[Problem]:
    around = Neighbourhood.load(houses=[house.pk])
    return list(checks.occupancy_contradiction(around.houses[house.pk], around))


def hear(record: object, **said: Said) -> None:
    for field, word in said.items():
        record.said.put(field, word)
    record.save()


# -- weights -----------------------------------------------------------------------------


def test_the_weights_are_those_of_the_domain() -> None:
    errors = (
        "id_checksum id_birth_mismatch id_sex_mismatch id_shared self_id_mismatch role_sex_mismatch "
        "platform_conflict second_owner minor_without_guardian"
    )
    notices = (
        "id_old_15 name_differs phone_moved role_unclear unknown_code unknown_community "
        "occupancy_contradiction absent_upstream listed_after_end"
    )
    assert FindingCode.errors() == errors.split()
    assert set(FindingCode.values) - set(FindingCode.errors()) == set(notices.split())


# -- id_shared ---------------------------------------------------------------------------


def test_two_people_with_one_number_share_it() -> None:
    one, other = ResidentFactory(id_number=ZHOU_ID), ResidentFactory(id_number=ZHOU_ID)
    assert [of_resident(checks.id_shared, who)[0].code for who in (one, other)] == ["id_shared"] * 2


def test_a_number_of_its_own_is_silent() -> None:
    ResidentFactory(id_number=LI_ID)
    assert of_resident(checks.id_shared, ResidentFactory(id_number=ZHOU_ID)) == []


def test_no_number_is_shared_by_nobody() -> None:
    ResidentFactory(id_number="")
    assert of_resident(checks.id_shared, ResidentFactory(id_number="")) == []


def test_15_and_18_characters_of_one_number_are_shared() -> None:
    ResidentFactory(id_number="610104196209276908")
    assert of_resident(checks.id_shared, ResidentFactory(id_number="610104620927690"))


def claimed() -> tuple[Membership, Membership]:
    """老周 and 小周, whose number 老周's own answer gives in the household's row of 老周."""
    row = zhou()
    son = fellow(row, "小周", XIAO_ID, Role.SON)
    hear(row, own_id_number=Said(XIAO_ID, 2, str(row.resident_id)))
    hear(row.resident, id_number=Said(ZHOU_ID, 2, str(row.resident_id)))
    return row, son


def test_a_number_that_another_row_of_the_house_carries_is_shared() -> None:
    row, son = claimed()
    assert of_resident(checks.id_shared, son.resident)
    assert of_resident(checks.id_shared, row.resident) == []


def test_a_number_that_a_person_corrected_is_no_claim_any_more() -> None:
    row, son = claimed()
    Resident.objects.filter(pk=row.resident_id).update(id_number=CHEN_ID)
    assert of_resident(checks.id_shared, son.resident) == []


def test_a_mended_number_is_shared_no_more() -> None:
    one, other = ResidentFactory(id_number=ZHOU_ID), ResidentFactory(id_number=ZHOU_ID)
    Resident.objects.filter(pk=other.pk).update(id_number=LI_ID)
    assert of_resident(checks.id_shared, one) == []


# -- self_id_mismatch --------------------------------------------------------------------


def test_two_numbers_in_the_own_answer_are_a_mismatch() -> None:
    row = zhou()
    hear(row, own_id_number=Said(CHEN_ID, 2, str(row.resident_id)))
    (problem,) = of_resident(checks.self_id_mismatch, row.resident)
    assert (problem.field, problem.evidence) == ("id_number", {"household_row": CHEN_ID})


def test_the_same_number_in_another_spelling_is_none() -> None:
    row = MembershipFactory(resident__id_number="610104620927690")
    hear(row, own_id_number=Said("610104196209276908", 2, str(row.resident_id)))
    assert of_resident(checks.self_id_mismatch, row.resident) == []


def test_a_number_in_somebody_elses_answer_is_no_mismatch_of_ones_own() -> None:
    row = zhou()
    hear(row, id_number=Said(CHEN_ID, 1, "li"))
    assert of_resident(checks.self_id_mismatch, row.resident) == []


def test_the_number_that_fits_all_the_rest_is_suggested() -> None:
    good = id_number(1, born="19870504")
    row = MembershipFactory(
        resident__id_number="130302199211302219", resident__birth_date=date(1987, 5, 4), resident__sex=1
    )
    hear(row, own_id_number=Said(good, 2, str(row.resident_id)))
    (problem,) = of_resident(checks.self_id_mismatch, row.resident)
    assert problem.suggestion == {"field": "id_number", "value": good}


@pytest.mark.parametrize(
    "stated",
    [
        {"birth_date": date(1987, 5, 4), "sex": 2},
        {"birth_date": date(1987, 5, 5), "sex": 1},
        {"birth_date": None, "sex": None},
        {"birth_date": date(1987, 5, 4), "sex": None},
    ],
)
def test_a_number_that_fits_not_everything_is_not_suggested(stated) -> None:
    values = {f"resident__{field}": value for field, value in stated.items()}
    row = MembershipFactory(resident__id_number="130302199211302219", **values)
    hear(row, own_id_number=Said(id_number(1, born="19870504"), 2, str(row.resident_id)))
    (problem,) = of_resident(checks.self_id_mismatch, row.resident)
    assert problem.suggestion is None


def test_where_our_number_fits_as_well_none_is_suggested() -> None:
    row = zhou()
    hear(row, own_id_number=Said(id_number(3, born="19800307", area="130302"), 2, str(row.resident_id)))
    (problem,) = of_resident(checks.self_id_mismatch, row.resident)
    assert problem.suggestion is None


def test_whoever_takes_the_suggestion_has_settled_it() -> None:
    row = zhou()
    hear(row, own_id_number=Said(CHEN_ID, 2, str(row.resident_id)))
    Resident.objects.filter(pk=row.resident_id).update(id_number=CHEN_ID)
    assert of_resident(checks.self_id_mismatch, row.resident) == []


def test_an_ended_membership_says_nothing_of_the_number() -> None:
    row = zhou(ended=True)
    hear(row, own_id_number=Said(CHEN_ID, 2, str(row.resident_id)))
    assert of_resident(checks.self_id_mismatch, row.resident) == []


# -- role_sex_mismatch -------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.WIFE, Role.MOTHER, Role.PATERNAL_GRANDMOTHER, 10, Role.DAUGHTER])
def test_a_womans_role_does_not_fit_a_man(role) -> None:
    assert of_row(checks.role_sex_mismatch, zhou(role=role))[0].field == "role"


@pytest.mark.parametrize("role", [Role.HUSBAND, Role.FATHER, Role.PATERNAL_GRANDFATHER, 9, Role.SON])
def test_a_mans_role_does_not_fit_a_woman(role) -> None:
    assert of_row(checks.role_sex_mismatch, MembershipFactory(resident__id_number=LI_ID, role=role))


@pytest.mark.parametrize("role", [None, 0, 1, 2, 3, 5, 7, 9, 11, 13])
def test_a_role_that_fits_or_implies_no_sex_is_silent(role) -> None:
    assert of_row(checks.role_sex_mismatch, zhou(role=role)) == []


def test_the_sex_that_a_valid_number_tells_is_compared() -> None:
    assert of_row(checks.role_sex_mismatch, zhou(role=Role.WIFE, resident__sex=None))


@pytest.mark.parametrize("number", ["", "130302199211302219"], ids=["none", "invalid"])
def test_without_a_known_sex_the_role_is_not_judged(number) -> None:
    row = MembershipFactory(role=Role.WIFE, resident__id_number=number, resident__sex=None)
    assert of_row(checks.role_sex_mismatch, row) == []


def test_the_role_is_not_compared_with_the_sex_of_the_owner() -> None:
    row = zhou()
    assert of_row(checks.role_sex_mismatch, fellow(row, "周二", CHEN_ID, Role.HUSBAND)) == []


def test_the_mended_role_is_silent() -> None:
    row = zhou(role=Role.WIFE)
    Membership.objects.filter(pk=row.pk).update(role=Role.HUSBAND)
    assert of_row(checks.role_sex_mismatch, row) == []


# -- name_differs ------------------------------------------------------------------------


def test_another_name_on_the_platform_is_noticed() -> None:
    row = zhou()
    hear(row, name=Said("孩儿他爸", 2, "li"))
    (problem,) = of_row(checks.name_differs, row)
    assert (problem.field, problem.suggestion) == ("name", None)


def test_the_same_name_is_not() -> None:
    row = zhou()
    hear(row, name=Said("老周", 2, "li"))
    assert of_row(checks.name_differs, row) == []


def test_the_nickname_that_the_person_chose_is_not() -> None:
    row = zhou(nickname="孩儿他爸", activated=True)
    hear(row, name=Said("孩儿他爸", 2, "li"))
    assert of_row(checks.name_differs, row) == []


def test_the_name_that_staff_corrected_is_not() -> None:
    row = zhou()
    hear(row, name=Said("周健国", 2, "li"))
    hear(row.resident, name=Said("周健国", 1, "li"))
    assert of_row(checks.name_differs, row) == []


def test_a_person_without_name_has_nothing_to_differ_from() -> None:
    row = MembershipFactory(resident__name="")
    hear(row, name=Said("孩儿他爸", 2, "li"))
    assert of_row(checks.name_differs, row) == []


# -- role_unclear ------------------------------------------------------------------------


@pytest.mark.parametrize("role", [None, Role.RELATIVE, Role.OTHER])
def test_a_vague_role_is_noticed(role) -> None:
    assert of_row(checks.role_unclear, zhou(role=role))[0].field == "role"


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.RELATIVE, Role.OTHER}))
def test_a_clear_role_is_not(role) -> None:
    assert of_row(checks.role_unclear, zhou(role=role)) == []


# -- second_owner ------------------------------------------------------------------------


def own_role(row: Membership, role: int = Role.SELF) -> None:
    hear(row, role=Said(role, 3, str(row.resident_id)))


def two_owners() -> tuple[Membership, Membership]:
    row = zhou()
    other = fellow(row, "陈强", CHEN_ID, Role.SELF)
    own_role(row)
    own_role(other)
    return row, other


def test_two_whose_own_answers_say_owner_are_found_on_both() -> None:
    assert [len(of_row(checks.second_owner, row)) for row in two_owners()] == [1, 1]


def test_role_1_in_two_answers_makes_a_second_owner_whoever_speaks() -> None:
    row = zhou()
    other = fellow(row, "陈强", CHEN_ID, Role.SELF)
    hear(row, role=Said(Role.SELF, 1, "li"))
    own_role(other)
    assert [len(of_row(checks.second_owner, owner)) for owner in (row, other)] == [1, 1]


def test_two_role_1_rows_of_one_answer_are_no_second_owner() -> None:
    row = zhou()
    wife = fellow(row, "李梅", LI_ID, Role.SELF)
    own_role(row)
    hear(wife, role=Said(Role.SELF, 2, str(row.resident_id)))
    assert of_row(checks.second_owner, row) == of_row(checks.second_owner, wife) == []


def test_one_owner_and_a_wife_are_none() -> None:
    row = zhou()
    own_role(row)
    own_role(fellow(row, "李梅", LI_ID, Role.WIFE), Role.WIFE)
    assert of_row(checks.second_owner, row) == []


def test_owners_of_two_houses_are_none() -> None:
    rows = [zhou(), MembershipFactory()]
    for row in rows:
        own_role(row)
    assert [of_row(checks.second_owner, row) for row in rows] == [[], []]


def test_a_seller_who_left_is_no_owner_any_more() -> None:
    seller, buyer = two_owners()
    seller.end(EndReason.SOLD)
    assert of_row(checks.second_owner, buyer) == []


def test_a_role_that_staff_changed_settles_it() -> None:
    row, other = two_owners()
    Membership.objects.filter(pk=other.pk).update(role=Role.TENANT)
    assert of_row(checks.second_owner, row) == []


# -- minor_without_guardian --------------------------------------------------------------

TODAY = "2020-06-01T12:00:00+08:00"
CHILD_ID, TEEN_ID = id_number(1, born="20100101"), id_number(1, born="20040101")


def child(**values: object) -> Membership:
    return MembershipFactory(resident__name="小周", resident__id_number=CHILD_ID, role=Role.SON, **values)


@time_machine.travel(TODAY, tick=False)
def test_a_child_alone_in_a_house_needs_a_guardian() -> None:
    assert len(of_row(checks.minor_without_guardian, child())) == 1


@time_machine.travel(TODAY, tick=False)
def test_a_child_beside_a_teenager_needs_one_too() -> None:
    row = child()
    fellow(row, "大周", TEEN_ID, Role.SON)
    assert len(of_row(checks.minor_without_guardian, row)) == 1


@time_machine.travel(TODAY, tick=False)
def test_a_child_with_an_adult_in_the_house_has_one() -> None:
    row = child()
    fellow(row, "老周", ZHOU_ID, Role.SELF)
    assert of_row(checks.minor_without_guardian, row) == []


@time_machine.travel(TODAY, tick=False)
def test_an_adult_who_left_the_house_does_not_count() -> None:
    row = child()
    fellow(row, "老周", ZHOU_ID, Role.SELF).end(EndReason.MOVED_OUT)
    assert len(of_row(checks.minor_without_guardian, row)) == 1


@time_machine.travel(TODAY, tick=False)
def test_a_contact_elsewhere_is_a_guardian() -> None:
    assert of_row(checks.minor_without_guardian, child(resident__contact=ResidentFactory())) == []


@pytest.mark.parametrize(("today", "found"), [("2023-12-31", 1), ("2024-01-01", 0)])
def test_whoever_is_14_today_is_no_minor_here(today, found) -> None:
    with time_machine.travel(f"{today}T12:00:00+08:00", tick=False):
        assert len(of_row(checks.minor_without_guardian, child())) == found


def test_a_person_of_unknown_age_is_no_minor() -> None:
    row = MembershipFactory(resident__id_number="", resident__birth_date=None)
    assert of_row(checks.minor_without_guardian, row) == []


# -- absent_upstream, listed_after_end ---------------------------------------------------


def test_a_row_that_the_platform_left_out_is_noticed_until_it_is_back() -> None:
    row = zhou(absent_since=timezone.now())
    assert len(of_row(checks.absent_upstream, row)) == 1
    Membership.objects.filter(pk=row.pk).update(absent_since=None)
    assert of_row(checks.absent_upstream, row) == []


def test_a_row_that_came_back_after_its_end_is_noticed_until_it_is_gone() -> None:
    row = zhou(ended=True, relisted_since=timezone.now())
    assert len(of_row(checks.listed_after_end, row)) == 1
    Membership.objects.filter(pk=row.pk).update(relisted_since=None)
    assert of_row(checks.listed_after_end, row) == []


# -- occupancy_contradiction -------------------------------------------------------------


@pytest.mark.parametrize("occupancy", [Occupancy.OWN_USE, Occupancy.VACANT, 4, Occupancy.DEMOLISHED])
def test_a_tenant_where_nobody_rents_is_a_contradiction(occupancy) -> None:
    house = HouseFactory(occupancy=occupancy)
    MembershipFactory(house=house, role=Role.TENANT)
    assert of_house(house)[0].field == "occupancy"


def test_a_rented_house_without_tenant_is_a_contradiction() -> None:
    assert of_house(zhou(house__occupancy=Occupancy.RENTED).house)


@pytest.mark.parametrize(
    ("occupancy", "role"),
    [
        (Occupancy.OWN_USE, Role.SELF),
        (Occupancy.RENTED, Role.TENANT),
        (Occupancy.LENT, Role.TENANT),
        (Occupancy.OTHER, Role.TENANT),
        (None, Role.TENANT),
    ],
)
def test_people_who_fit_the_occupancy_are_silent(occupancy, role) -> None:
    house = HouseFactory(occupancy=occupancy)
    MembershipFactory(house=house, role=role)
    assert of_house(house) == []


def test_an_empty_rented_house_is_silent() -> None:
    assert of_house(HouseFactory(occupancy=Occupancy.RENTED)) == []


def test_a_tenant_who_left_contradicts_nothing() -> None:
    house = HouseFactory()
    MembershipFactory(house=house, role=Role.TENANT).end(EndReason.LEASE_OVER)
    assert of_house(house) == []


# -- unknown_community -------------------------------------------------------------------


def test_an_unconfirmed_community_is_noticed_until_it_is_confirmed() -> None:
    community = CommunityFactory(confirmed_at=None)
    assert len(list(checks.unknown_community(community))) == 1
    Community.objects.filter(pk=community.pk).update(confirmed_at=timezone.now())
    assert list(checks.unknown_community(Community.objects.get())) == []


# -- sentences ---------------------------------------------------------------------------


@time_machine.travel(TODAY, tick=False)
def test_every_sentence_is_chinese_and_names_nobody_else() -> None:
    row = child(absent_since=timezone.now(), house__occupancy=Occupancy.RENTED, house__room="2304")
    row.role = Role.DAUGHTER
    hear(row, name=Said("丫头", 2, "chen"), own_id_number=Said(CHEN_ID, 2, "xiao"))
    stranger = ResidentFactory(name="陈强", id_number=CHILD_ID)
    problems = [*of_house(row.house), *checks.unknown_community(Community(platform_code="7"))]
    problems += [p for check in checks.RESIDENT_CHECKS for p in of_resident(check, row.resident)]
    problems += [p for check in checks.OPEN_MEMBERSHIP_CHECKS for p in of_row(check, row)]
    problems += [*of_row(checks.role_unclear, zhou(role=None)), *of_row(checks.second_owner, two_owners()[0])]
    assert len({problem.code for problem in problems}) == 10
    for sentence in (problem.sentence for problem in problems):
        assert re.fullmatch(r"[^A-Za-z]*[\u4e00-\u9fff][^A-Za-z]*。", sentence)
        assert not re.search(r"\d{3}", sentence)
        assert stranger.name not in sentence
