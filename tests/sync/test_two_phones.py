"""A husband's and a wife's phones name one household, each with roles of its own: no swing back and forth."""

import pytest

from houses.models import Finding, Membership
from residents.models import Resident
from sync.models import PlatformRecord
from tests.cast import (
    LI,
    LI_ID,
    LI_PHONE,
    XIAO,
    XIAO_ID,
    ZHOU,
    ZHOU_ID,
    ZHOU_PHONE,
    dwelling,
    lis,
    member,
    person,
    zhous,
)
from tests.sync.writes import watching

GRANDPA, GRANDMA = member("老老周", "11010519520606001X", 5), member("王奶奶", "110105195407070028", 6)
FELLOWS_TO_HER = [member("老周", ZHOU_ID, 1), member("小周", XIAO_ID, 13)]
ZHOU_RENTS, LI_RENTS, XIAO_RENTS = (
    member("老周", ZHOU_ID, 2),
    member("李梅", LI_ID, 2),
    member("小周", XIAO_ID, 2),
)
OWNER_AND_TENANT = {
    ZHOU_PHONE: zhous(LI_RENTS),
    LI_PHONE: person("李梅", LI_ID, LI_PHONE, dwelling(LI_RENTS, ZHOU, role=2)),
}

HIS = zhous(LI, XIAO)

# Name -> his answer, hers.
COUPLES = {
    "he is 1 to her, the child 13": (HIS, lis(*FELLOWS_TO_HER)),
    "each is the owner": (HIS, lis(member("老周", ZHOU_ID, 3), member("小周", XIAO_ID, 11), role=1)),
    "numbers missing in hers": (HIS, lis(member("老周", "", 1), member("小周", None, 13))),
    "numbers missing in his": (zhous(member("李梅", None, 4), member("小周", "", 11)), lis(*FELLOWS_TO_HER)),
    "she is silent about members": (HIS, lis(members=None)),
    "she is not listed in hers": (
        HIS,
        person("李梅", LI_ID, LI_PHONE, dwelling(*FELLOWS_TO_HER, role=4)),
    ),
    "the house described differently": (
        HIS,
        person(
            "李梅", LI_ID, LI_PHONE,
            dwelling(LI, *FELLOWS_TO_HER, role=4, people_house_status=7, people_house_use=9, louceng=""),
        ),
    ),
    "two tenants and their child": (
        person("老周", ZHOU_ID, ZHOU_PHONE, dwelling(ZHOU_RENTS, LI_RENTS, XIAO_RENTS, role=2)),
        person("李梅", LI_ID, LI_PHONE, dwelling(LI_RENTS, ZHOU_RENTS, XIAO_RENTS, role=2)),
    ),
    "three generations": (
        zhous(LI, XIAO, GRANDPA, GRANDMA),
        lis(
            *FELLOWS_TO_HER,
            {**GRANDPA, "people_house_role": 13},
            {**GRANDMA, "people_house_role": 0},
        ),
    ),
}  # fmt: skip


either_first = pytest.mark.parametrize(
    "phones", [(ZHOU_PHONE, LI_PHONE), (LI_PHONE, ZHOU_PHONE)], ids=["his-first", "hers-first"]
)


@pytest.fixture(params=COUPLES.values(), ids=COUPLES)
def couple(request, platform):
    """Both phones answer, always the same."""
    platform.answers[ZHOU_PHONE], platform.answers[LI_PHONE] = request.param
    return platform


def written(sync, phone: str) -> tuple[str, list[str]]:
    """The outcome, and the tables of residents and houses that this sync wrote."""
    with watching() as watch:
        outcome = sync(phone)
    return outcome.outcome, sorted(table for table in watch.tables if not table.startswith("sync_"))


@pytest.mark.parametrize("in_full", [True, False], ids=["read-in-full", "by-digest"])
@either_first
def test_after_the_first_time_two_phones_write_nothing(sync, couple, phones, in_full) -> None:
    for phone in phones:
        assert written(sync, phone)[0] in {"created", "updated"}
    for _ in range(4):
        for phone in phones:
            if in_full:
                PlatformRecord.objects.update(digest="")
            assert written(sync, phone) == ("unchanged", [])


@either_first
def test_two_phones_name_the_same_people(sync, couple, phones) -> None:
    for phone in phones:
        sync(phone)
    people = len(couple.answers[ZHOU_PHONE]["houses"][0]["members"])
    assert (Resident.objects.count(), Membership.objects.count()) == (people, people)


@either_first
def test_the_owners_words_about_the_child_stand(sync, platform, phones) -> None:
    platform.answers[ZHOU_PHONE], platform.answers[LI_PHONE] = COUPLES["he is 1 to her, the child 13"]
    for phone in phones * 2:
        sync(phone)
    roles = dict(Membership.objects.values_list("resident__name", "role"))
    assert roles == {"老周": 1, "李梅": 4, "小周": 11}
    assert not Finding.objects.open().exclude(code="unknown_community").exists()


@either_first
def test_two_owners_by_their_own_answers_are_a_finding_each(sync, platform, phones) -> None:
    platform.answers[ZHOU_PHONE], platform.answers[LI_PHONE] = COUPLES["each is the owner"]
    for phone in phones * 2:
        sync(phone)
    open_ = Finding.objects.open().filter(code="second_owner")
    assert sorted(open_.values_list("membership__resident__name", flat=True)) == ["李梅", "老周"]
    assert set(Membership.objects.exclude(resident__name="小周").values_list("role", flat=True)) == {1}


def test_one_phone_alone_is_no_second_owner(sync) -> None:
    sync(ZHOU_PHONE, zhous(LI, XIAO))
    assert not Finding.objects.filter(code="second_owner").exists()


@either_first
def test_a_number_that_one_of_the_answers_lacks_stays(sync, platform, phones) -> None:
    platform.answers[ZHOU_PHONE], platform.answers[LI_PHONE] = COUPLES["numbers missing in hers"]
    for phone in phones * 2:
        sync(phone)
    numbers = {person.name: person.id_number for person in Resident.objects.all()}
    assert numbers == {"老周": ZHOU_ID, "李梅": LI_ID, "小周": XIAO_ID}


@either_first
def test_a_tenant_never_manages_the_owner(sync, platform, phones) -> None:
    platform.answers.update(OWNER_AND_TENANT)
    for phone in phones:
        sync(phone)
    managers = dict(Membership.objects.values_list("resident__name", "managed_by__name"))
    assert managers["老周"] is None
