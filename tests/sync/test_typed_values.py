"""What a person typed here survives every sync (domain.md, Whose value wins)."""

from datetime import date

from houses.models import Finding, House, Membership
from residents.models import Resident
from tests.cast import LI, LI_PHONE, XIAO, ZHOU_PHONE, lis, zhous


def typed(who: str, **values: object) -> None:
    resident = Resident.objects.get(name=who)
    for field, value in values.items():
        setattr(resident, field, value)
    resident.save()


def conflicts() -> list[str]:
    return list(Finding.objects.open().filter(code="platform_conflict").values_list("field", flat=True))


def test_a_value_changed_here_only_is_kept(sync) -> None:
    sync(ZHOU_PHONE, zhous())
    typed("老周", job_title="校长")
    sync(ZHOU_PHONE, zhous(company_name="第二中学"))
    zhou = Resident.objects.get()
    assert (zhou.job_title, zhou.employer, conflicts()) == ("校长", "第二中学", [])


def test_a_value_changed_on_both_sides_is_kept_and_shown(sync) -> None:
    sync(ZHOU_PHONE, zhous())
    typed("老周", job_title="校长")
    sync(ZHOU_PHONE, zhous(job_name="医生"))
    assert (Resident.objects.get().job_title, conflicts()) == ("校长", ["job_title"])
    assert Finding.objects.get(code="platform_conflict").suggestion == {"field": "job_title", "value": "医生"}


def test_a_conflict_closes_when_both_sides_agree_again(sync) -> None:
    sync(ZHOU_PHONE, zhous())
    typed("老周", job_title="校长")
    sync(ZHOU_PHONE, zhous(job_name="医生"))
    sync(ZHOU_PHONE, zhous(job_name="校长"))
    assert conflicts() == []


def test_an_empty_answer_wipes_nothing(sync) -> None:
    sync(ZHOU_PHONE, zhous())
    sync(ZHOU_PHONE, zhous(job_name="", people_nation=None, people_dibao="无"))
    zhou = Resident.objects.get()
    assert (zhou.job_title, zhou.ethnicity, zhou.is_low_income) == ("教师", "01", False)


def test_a_value_that_staff_emptied_stays_empty_until_the_platforms_changes(sync) -> None:
    sync(ZHOU_PHONE, zhous())
    typed("老周", job_title="")
    sync(ZHOU_PHONE, zhous(company_name="第二中学"))
    assert Resident.objects.get().job_title == ""
    sync(ZHOU_PHONE, zhous(job_name="医生"))
    assert Resident.objects.get().job_title == "医生"


def test_a_value_typed_before_the_platform_spoke_is_a_conflict(sync) -> None:
    sync(ZHOU_PHONE, zhous(LI))
    typed("李梅", ethnicity="11")
    sync(LI_PHONE, lis())
    assert (Resident.objects.get(name="李梅").ethnicity, conflicts()) == ("11", ["ethnicity"])


def test_the_same_value_typed_before_the_platform_spoke_is_none(sync) -> None:
    sync(ZHOU_PHONE, zhous(LI))
    typed("李梅", ethnicity="01")
    sync(LI_PHONE, lis())
    assert conflicts() == []


def test_what_a_number_tells_is_filled_and_gives_way(sync) -> None:
    sync(ZHOU_PHONE, zhous(LI))
    wife = Resident.objects.get(name="李梅")
    assert (wife.sex, wife.birth_date) == (2, date(1982, 5, 12))
    sync(LI_PHONE, lis(people_birth="19820513"))
    assert Resident.objects.get(name="李梅").birth_date == date(1982, 5, 13)
    assert conflicts() == []


def test_a_birth_date_typed_over_what_the_number_told_is_kept(sync) -> None:
    sync(ZHOU_PHONE, zhous(LI))
    typed("李梅", birth_date=date(1982, 5, 14))
    sync(LI_PHONE, lis(people_birth="19820513"))
    assert Resident.objects.get(name="李梅").birth_date == date(1982, 5, 14)
    assert conflicts() == ["birth_date"]


def test_a_nickname_survives(sync) -> None:
    sync(ZHOU_PHONE, zhous(LI, XIAO))
    Membership.objects.filter(resident__name="李梅").update(nickname="孩儿他妈")
    sync(ZHOU_PHONE, zhous(LI, XIAO, job_name="医生"))
    assert Membership.objects.get(resident__name="李梅").nickname == "孩儿他妈"


def test_a_house_keeps_what_staff_changed(sync) -> None:
    sync(ZHOU_PHONE, zhous())
    house = House.objects.get()
    house.use = 7
    house.save()
    sync(ZHOU_PHONE, zhous(job_name="医生"))
    assert House.objects.get().use == 7


def test_sources_tell_where_each_value_came_from(sync) -> None:
    sync(ZHOU_PHONE, zhous(LI))
    wife = Resident.objects.get(name="李梅")
    assert {field: wife.origin.of(field) for field in ("name", "sex", "ethnicity")} == {
        "name": "platform",
        "sex": "id_number",
        "ethnicity": "",
    }
