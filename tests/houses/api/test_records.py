"""A member's record: read with its version, completed and changed while that version stands."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db.models import F, QuerySet
from django.utils import timezone

from houses.choices import Role
from houses.family import Family
from houses.models import Membership, Submission
from houses.states import Status
from residents.models import Consent, Resident
from tests.api import Program, problem, program_of
from tests.cast import LI_ID, LI_PHONE, WANG_ID, WANG_PHONE, XIAO_ID, ZHOU_ID
from tests.factories import HouseFactory, MembershipFactory, ResidentFactory, id_number
from tests.household import GAPS, THE_REST, bound, fresh, home, li, zhou

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Membership:
    return zhou(HouseFactory())


@pytest.fixture
def wife(owner: Membership) -> Membership:
    return li(owner.house, owner)


@pytest.fixture
def program(owner: Membership) -> Program:
    return program_of(owner)


def record(row: Membership) -> str:
    return f"/members/{row.pk}/record/"


def fill(program: Program, row: Membership, values: Any, etag: str | None = None, **said: Any) -> Any:
    """With the version that stands, unless another is given."""
    seen = program.get(record(row)).headers.get("ETag", "*") if etag is None else etag
    return program.patch(record(row), {"values": values, **said}, **{"If-Match": seen})


def person(row: Membership) -> Resident:
    return Resident.objects.get(pk=row.resident_id)


# -- reading -----------------------------------------------------------------------------


def test_a_record_is_read_in_the_form_that_is_stored(program: Program, wife: Membership) -> None:
    told = program.get(record(wife)).json()
    values = told["values"]
    assert (values["name"], values["sex"], values["ethnicity"], values["role"]) == (
        "李梅",
        2,
        None,
        Role.WIFE,
    )
    assert told["missing"][0] == {"field": "ethnicity", "label": "民族"}


def test_numbers_are_masked_and_the_birthday_beside_them(program: Program, wife: Membership) -> None:
    answer = program.get(record(wife))
    values = answer.json()["values"]
    assert (values["id_number"], values["phone"]) == ("1****************2", "138****0002")
    assert values["birth_date"] == "1982 年"
    assert answer.json()["masked"] == ["id_number", "birth_date", "phone"]
    assert not [told for told in (LI_ID, LI_PHONE, "1982-05") if told in answer.content.decode()]


def test_without_a_number_the_birthday_is_told(program: Program, owner: Membership) -> None:
    baby = li(owner.house, owner, id_number="", birth_date=date(2024, 2, 3), sex=2)
    assert program.get(record(baby)).json()["values"]["birth_date"] == "2024-02-03"


def test_the_own_numbers_are_masked_too(program: Program, owner: Membership) -> None:
    assert ZHOU_ID not in program.get(record(owner)).content.decode()


def test_the_petition_flag_is_no_part_of_it(program: Program, wife: Membership) -> None:
    Resident.objects.filter(pk=wife.resident_id).update(is_petitioner=True)
    assert "petition" not in program.get(record(wife)).content.decode()


def test_each_value_tells_where_it_is_from(program: Program, wife: Membership) -> None:
    fill(program, wife, {"employer": "二中"})
    sources = {one["field"]: one for one in program.get(record(wife)).json()["sources"]}
    assert sources["employer"]["source"] == "业主填写"
    assert sources["name"]["source"] == "建档时登记"
    assert "ethnicity" not in sources


def test_who_manages_the_own_data_is_no_longer_read(owner: Membership, program: Program) -> None:
    """老周 filled for 李梅 until she activated: from then on it is hers."""
    wife = li(owner.house, owner)
    assert program.get(record(wife)).status_code == 200
    Resident.objects.filter(pk=wife.resident_id).update(self_managed_since=timezone.now())
    problem(program.get(record(wife)), 403, "self_managed")
    answer = program.patch(record(wife), {"values": {"employer": "二中"}}, **{"If-Match": "*"})
    problem(answer, 403, "self_managed")


def test_a_fellow_is_not_read(owner: Membership, wife: Membership) -> None:
    son = bound(owner.house, Role.SON, name="小周", id_number=XIAO_ID)
    problem(program_of(son).get(record(wife)), 403, "not_allowed")


def test_whom_one_only_counts_does_not_exist(owner: Membership) -> None:
    tenant = bound(owner.house, Role.TENANT, name="王租", id_number=WANG_ID, phone=WANG_PHONE)
    problem(program_of(tenant).get(record(owner)), 404, "not_found")
    problem(fill(program_of(tenant), owner, {"employer": "二中"}), 404, "not_found")


# -- versions ----------------------------------------------------------------------------


def test_what_has_not_changed_is_not_sent_again(program: Program, wife: Membership) -> None:
    etag = program.get(record(wife))["ETag"]
    answer = program.get(record(wife), **{"If-None-Match": f'"x", W/{etag}'})
    assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", etag)


def test_a_change_behind_a_mask_changes_the_version(program: Program, wife: Membership) -> None:
    etag = program.get(record(wife))["ETag"]
    one = person(wife)
    one.id_number, one.version = "110105198205130028", one.version + 1
    one.save()
    assert program.get(record(wife), **{"If-None-Match": etag}).status_code == 200


def test_the_version_tells_nothing_of_the_record(program: Program, wife: Membership) -> None:
    etag = program.get(record(wife))["ETag"]
    assert (len(etag), etag[0], etag[-1]) == (45, '"', '"')


def test_without_a_version_nothing_is_written(program: Program, wife: Membership) -> None:
    problem(program.patch(record(wife), {"values": {"employer": "二中"}}), 428, "version_missing")
    problem(fill(program, wife, {"employer": "二中"}, "*"), 428, "version_missing")
    assert not Submission.objects.exists()


@pytest.mark.parametrize("etag", ['"another"', 'W/"another"'])
def test_of_another_version_nothing_is_written(program: Program, wife: Membership, etag: str) -> None:
    problem(fill(program, wife, {"employer": "二中"}, etag), 412, "stale")
    assert not Submission.objects.exists()


def test_of_an_older_version_nothing_is_written(program: Program, wife: Membership) -> None:
    etag = program.get(record(wife))["ETag"]
    fill(program, wife, {"employer": "二中"})
    problem(fill(program, wife, {"job_title": "护士"}, etag), 412, "stale")
    assert Submission.objects.count() == 1


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[QuerySet[Any], dict[str, Any]], None]:
    """`meanwhile(rows, change)` is written after the version was compared, before the draft is made."""
    draft = Family.draft

    def overtake(rows: QuerySet[Any], change: dict[str, Any]) -> None:
        def overtaken(*args: Any, **said: Any) -> Submission:
            rows.update(**change, version=F("version") + 1)
            return draft(*args, **said)

        monkeypatch.setattr(Family, "draft", overtaken)

    return overtake


def test_a_change_between_comparing_and_drafting_is_stale(
    program: Program, wife: Membership, meanwhile: Any
) -> None:
    meanwhile(Resident.objects.filter(pk=wife.resident_id), {"employer": "三中"})
    problem(fill(program, wife, {"employer": "二中"}), 412, "stale")
    assert not Submission.objects.exists()


def test_another_role_since_is_stale(program: Program, wife: Membership, meanwhile: Any) -> None:
    meanwhile(Membership.objects.filter(pk=wife.pk), {"role": Role.OTHER})
    problem(fill(program, wife, {"role": Role.MOTHER}), 412, "stale")


def test_with_the_newest_version_an_old_draft_goes_on(program: Program, wife: Membership) -> None:
    home_of_draft = fill(program, wife, {"employer": "二中"}, submit=False).json()
    Resident.objects.filter(pk=wife.resident_id).update(employer="三中", version=99)
    problem(program.post(f"/entries/{home_of_draft['id']}/submit/"), 412, "stale", "employer")
    answer = fill(program, wife, {})
    assert (answer.json()["id"], answer.json()["status"]) == (home_of_draft["id"], "waiting")


# -- filling -----------------------------------------------------------------------------


def test_the_owner_completes_his_father(program: Program, owner: Membership) -> None:
    """Named by the platform, completed by the owner: 已补完, for the father to activate."""
    father = MembershipFactory(
        house=owner.house,
        resident=ResidentFactory(name="周老", id_number=id_number(1, born="19500101"), phone="", **GAPS),
        role=Role.FATHER,
        household_type=None,
        managed_by=owner.resident,
    )
    answer = fill(program, father, {**THE_REST, "contact": str(owner.resident_id)})
    told = answer.json()
    assert (answer.status_code, told["status"], told["missing"]) == (200, "applied", [])
    assert told["member_status"] == fresh(father).status == Status.COMPLETED
    assert told["sentence"] == "已完成补全，周老现在的状态：已补完。"


def test_what_is_still_missing_is_told(program: Program, wife: Membership) -> None:
    told = fill(program, wife, {**THE_REST, "is_veteran": None}).json()
    assert told["missing"] == [{"field": "is_veteran", "label": "是否退役军人"}]


def test_what_changes_a_value_waits_and_says_why(program: Program, wife: Membership) -> None:
    told = fill(program, wife, {"name": "李美"}).json()
    assert (told["status"], person(wife).name) == ("waiting", "李梅")
    assert told["sentence"] == "您改动了已登记的内容，物业核对后才会采用。"


def test_while_one_waits_it_is_told_where(program: Program, wife: Membership) -> None:
    waiting = fill(program, wife, {"name": "李美"}).json()
    again = fill(program, wife, {"employer": "二中"})
    problem(again, 409, "not_editable")
    assert again["Location"] == f"/api/v1/entries/{waiting['id']}/"


def test_a_draft_is_kept(program: Program, wife: Membership) -> None:
    told = fill(program, wife, {"employer": "二中"}, submit=False).json()
    assert (told["status"], told["values"], person(wife).employer) == ("draft", {"employer": "二中"}, "")


def test_the_own_record_is_completed(owner: Membership) -> None:
    Resident.objects.filter(pk=owner.resident_id).update(registered_address="", job_title="")
    told = fill(program_of(owner), owner, {"registered_address": "河北省秦皇岛市海港区"}).json()
    assert (told["mine"], told["status"], told["missing"]) == (True, "applied", [])


WRONG = [
    ("id_number", LI_ID[:-1] + "1"),
    ("id_number", "1****************2"),
    ("phone", "138****0002"),
    ("phone", 13800000002),
    ("sex", 3),
    ("sex", "2"),
    ("sex", True),
    ("birth_date", "1982 年"),
    ("birth_date", 19820512),
    ("birth_date", "2199-01-01"),
    ("ethnicity", "99"),
    ("ethnicity", 1),
    ("is_veteran", "true"),
    ("is_veteran", 0),
    ("employer", "电话 13800000002"),
    ("contact", "x"),
    ("role", 1),
    ("household_type", 1),
    ("id_type", None),
    ("is_petitioner", True),
    ("photo_url", "https://example.com/1.jpg"),
    ("status", "activated"),
    ("managed_by", None),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_wrong_value_is_told_at_its_field_and_nothing_is_kept(
    program: Program, wife: Membership, field: str, value: Any
) -> None:
    problem(fill(program, wife, {field: value, "job_title": "护士"}), 422, "invalid", field)
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    "body", [{}, {"values": []}, {"values": None}, {"values": {}, "author": "staff"}, []]
)
def test_a_body_of_another_shape_is_refused(program: Program, wife: Membership, body: Any) -> None:
    answer = program.patch(record(wife), body, **{"If-Match": program.get(record(wife))["ETag"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_nothing_at_all_is_no_entry(program: Program, wife: Membership) -> None:
    problem(fill(program, wife, {}), 422, "nothing_typed")
    assert not Submission.objects.exists()


def test_what_stands_already_is_nothing_new(program: Program, wife: Membership) -> None:
    answer = fill(program, wife, {"name": "李梅"})
    problem(answer, 422, "nothing_typed")
    assert program.client.get(answer["Location"]).json()["status"] == "draft"


def test_without_the_consent_sensitive_values_are_refused(
    program: Program, owner: Membership, wife: Membership
) -> None:
    home(owner).withdraw_consent(Consent.Kind.SENSITIVE)
    problem(fill(program, wife, {"ethnicity": "01", "employer": "二中"}), 422, "consent_missing", "ethnicity")
    assert not Submission.objects.exists()
    assert fill(program, wife, {"employer": "二中"}).json()["status"] == "applied"


# -- a child -----------------------------------------------------------------------------


@pytest.fixture
def child(owner: Membership) -> Membership:
    row: Membership = MembershipFactory(
        house=owner.house,
        resident=ResidentFactory(name="周小小", id_number="110105202001010015", phone="", **GAPS),
        role=Role.SON,
        household_type=None,
        managed_by=owner.resident,
    )
    return row


def test_without_a_guardian_a_childs_entry_stays_a_draft(program: Program, child: Membership) -> None:
    answer = fill(program, child, {"ethnicity": "01"})
    problem(answer, 422, "guardian_consent")
    told = program.client.get(answer["Location"]).json()
    assert (told["status"], told["values"], told["needs_guardian"]) == ("draft", {"ethnicity": "01"}, True)


def test_a_guardian_agrees_with_the_entry(program: Program, owner: Membership, child: Membership) -> None:
    told = fill(program, child, {"ethnicity": "01", "contact": str(owner.resident_id)}, guardian=True).json()
    assert (told["status"], told["needs_guardian"]) == ("applied", False)


def test_nobody_is_the_own_guardian(program: Program, owner: Membership) -> None:
    problem(fill(program, owner, {"employer": "二中"}, guardian=True), 422, "guardian_consent")


# -- blind -------------------------------------------------------------------------------


@pytest.fixture
def unseen(owner: Membership) -> Membership:
    """老周 still fills for somebody who is a tenant by now, and sees nothing of the record."""
    row = li(owner.house, owner)
    Membership.objects.filter(pk=row.pk).update(role=Role.TENANT)
    return fresh(row)


def test_whose_record_is_not_shown_is_not_read(program: Program, unseen: Membership) -> None:
    problem(program.get(record(unseen)), 403, "not_allowed")


def test_who_sees_no_version_says_any(program: Program, unseen: Membership) -> None:
    told = fill(program, unseen, {"employer": "二中"}, "*").json()
    assert (told["status"], told["missing"], told["sentence"]) == ("waiting", [], "物业核对后才会采用。")


@pytest.mark.parametrize(("etag", "status", "code"), [("", 428, "version_missing"), ('"x"', 412, "stale")])
def test_who_sees_no_version_gives_none(
    program: Program, unseen: Membership, etag: str, status: int, code: str
) -> None:
    problem(fill(program, unseen, {"employer": "二中"}, etag), status, code)


# -- mine --------------------------------------------------------------------------------


def test_my_record_is_that_of_the_first_own_membership(program: Program, owner: Membership) -> None:
    mine, same = program.get("/me/record/"), program.get(record(owner))
    assert (mine.json(), mine["ETag"]) == (same.json(), same["ETag"])


def test_my_record_is_mine_in_an_unbound_house(program: Program, owner: Membership) -> None:
    owner.unbind(by=None, why="")
    assert program.get("/me/record/").status_code == 200


def test_my_record_is_changed(program: Program, owner: Membership) -> None:
    etag = program.get("/me/record/")["ETag"]
    told = program.patch("/me/record/", {"values": {"employer": "二中"}}, **{"If-Match": etag}).json()
    assert (told["member"], told["status"], person(owner).employer) == (owner.pk, "applied", "二中")


def test_who_lives_nowhere_has_none(program: Program, owner: Membership) -> None:
    owner.end("moved_out")
    problem(program.get("/me/record/"), 404, "not_found")
    problem(
        program.patch("/me/record/", {"values": {"employer": "二中"}}, **{"If-Match": "*"}), 404, "not_found"
    )
