"""The status of a membership: derived by one writer, ended once (domain.md, Two axes, one status)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from houses.models import Membership
from houses.states import EndReason, Status
from residents.models import Resident
from sync.models import Mention, PlatformRecord
from tests.cast import LI_PHONE, WANG_PHONE, ZHOU_PHONE
from tests.factories import HouseFactory, MembershipFactory, ResidentFactory, UserFactory

pytestmark = pytest.mark.django_db


def status(row: Membership) -> str:
    return Membership.objects.get(pk=row.pk).status


def complete(resident: Resident, **values: object) -> int:
    """Values reach the record, and the statuses follow."""
    for field, value in values.items():
        setattr(resident, field, value)
    resident.save()
    return Membership.objects.restate([resident])


# -- restate -----------------------------------------------------------------------------


def test_a_complete_person_who_bound_nothing_is_completed() -> None:
    row = MembershipFactory()
    assert (row.status, row.completed_at is not None, row.activated_at) == ("completed", True, None)


def test_a_person_with_a_gap_is_incomplete() -> None:
    row = MembershipFactory(resident__ethnicity="")
    assert (row.status, row.completed_at) == ("incomplete", None)


def test_the_last_value_completes_the_person_in_every_house() -> None:
    resident = ResidentFactory(ethnicity="")
    rows = [MembershipFactory(resident=resident) for _ in range(2)]
    assert complete(resident, ethnicity="01") == 2
    assert [status(row) for row in rows] == ["completed", "completed"]


def test_a_lost_value_makes_the_person_incomplete_again() -> None:
    row = MembershipFactory()
    complete(row.resident, registered_address="")
    row.refresh_from_db()
    assert (row.status, row.completed_at) == ("incomplete", None)


def test_an_activated_record_with_a_gap_stays_activated() -> None:
    row = MembershipFactory(activated=True)
    assert complete(row.resident, ethnicity="") == 1
    row.refresh_from_db()
    assert (row.status, row.completed_at) == ("activated", None)


def test_an_ended_membership_is_never_restated() -> None:
    row = MembershipFactory(ended=True, resident__ethnicity="")
    assert complete(row.resident, ethnicity="01") == 0
    assert status(row) == "ended"


def test_other_people_are_left_alone() -> None:
    row = MembershipFactory(resident__ethnicity="")
    Resident.objects.filter(pk=row.resident_id).update(ethnicity="01")
    Membership.objects.restate([ResidentFactory()])
    assert status(row) == "incomplete"


def test_completing_keeps_its_first_time() -> None:
    row = MembershipFactory()
    before = row.completed_at
    assert complete(row.resident, employer="二中") == 0
    row.refresh_from_db()
    assert row.completed_at == before


def test_a_change_of_status_is_in_the_history_with_who_and_why() -> None:
    row, staff = MembershipFactory(resident__ethnicity=""), UserFactory(staff=True)
    Resident.objects.filter(pk=row.resident_id).update(ethnicity="01")
    Membership.objects.restate(Resident.objects.all(), by=staff, why="柜台补录")
    last = row.history.first()
    assert (last.history_user, last.history_change_reason, last.history_type) == (staff, "柜台补录", "~")
    assert (last.status, last.version) == ("completed", 2)


def test_what_did_not_change_leaves_no_history() -> None:
    row = MembershipFactory()
    Membership.objects.restate([row.resident])
    assert row.history.count() == 1


# -- end ---------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", EndReason.values)
def test_a_membership_is_ended_with_a_reason(reason) -> None:
    row = MembershipFactory()
    assert row.end(reason) is True
    assert (row.status, row.end_reason, row.is_open) == ("ended", reason, False)
    assert row.ended_at is not None


def test_an_activated_membership_can_be_ended() -> None:
    row = MembershipFactory(activated=True)
    row.end(EndReason.MOVED_OUT)
    row.refresh_from_db()
    assert (row.status, row.activated_at is not None) == ("ended", True)


def test_a_membership_is_ended_once() -> None:
    row = MembershipFactory()
    other_tab = Membership.objects.get(pk=row.pk)
    row.end(EndReason.SOLD)
    assert other_tab.end(EndReason.MOVED_OUT) is False
    row.refresh_from_db()
    assert (row.end_reason, row.history.count()) == ("sold", 2)


@pytest.mark.parametrize("reason", ["", "bored"])
def test_no_membership_is_ended_without_a_known_reason(reason) -> None:
    row = MembershipFactory()
    with pytest.raises(ValueError):
        row.end(reason)
    assert status(row) == "completed"


def test_the_end_is_in_the_history_with_who_and_why() -> None:
    row, staff = MembershipFactory(), UserFactory(staff=True)
    row.end(EndReason.DECEASED, by=staff)
    last = row.history.first()
    assert (last.history_user, last.history_change_reason, last.status) == (staff, "已去世", "ended")


def test_the_end_makes_an_opened_form_stale() -> None:
    row = MembershipFactory()
    before = row.version
    row.end(EndReason.MOVED_OUT)
    assert row.version > before


def test_the_end_leaves_person_house_and_fellows() -> None:
    house = HouseFactory()
    row, fellow = MembershipFactory(house=house), MembershipFactory(house=house)
    row.end(EndReason.MOVED_OUT)
    assert Resident.objects.filter(pk=row.resident_id).exists()
    assert list(Membership.objects.open()) == [fellow]


def test_the_end_has_the_answers_that_name_the_member_read_in_full() -> None:
    row = MembershipFactory()
    for phone in (ZHOU_PHONE, LI_PHONE, WANG_PHONE):
        PlatformRecord.objects.create(phone=phone, digest="d" * 43)
    for phone in (ZHOU_PHONE, LI_PHONE):
        Mention.objects.create(record=PlatformRecord.objects.get(phone=phone), membership=row)
    row.end(EndReason.MOVED_OUT)
    kept = PlatformRecord.objects.exclude(digest="")
    assert [record.phone for record in kept] == [WANG_PHONE]


def test_a_saved_change_by_staff_is_in_the_history_with_who() -> None:
    row, staff = MembershipFactory(), UserFactory(staff=True)
    resident = row.resident
    resident.employer = "二中"
    resident._history_user = staff
    resident.save(update_fields=["employer"])
    last = resident.history.first()
    assert (last.history_user, last.employer, resident.history.count()) == (staff, "二中", 2)


@pytest.mark.parametrize("model", [Resident, Membership])
def test_what_the_platform_said_is_not_copied_into_the_history(model) -> None:
    assert "upstream" not in {field.name for field in model.history.model._meta.get_fields()}


# -- one writer --------------------------------------------------------------------------

BASE = Path(settings.BASE_DIR)
PRODUCT = ("config", "residents", "houses", "sync")
HOME = "houses/models/membership.py"
STORING = {"create", "update", "get_or_create", "update_or_create"}


def functions() -> Iterator[tuple[str, str, ast.AST]]:
    """Path, name and body of every function of the product."""
    for path in sorted(path for app in PRODUCT for path in (BASE / app).rglob("*.py")):
        if "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield path.relative_to(BASE).as_posix(), node.name, node


def means_a_membership(value: ast.AST) -> bool:
    """`Status.X` of houses.states, or its text: FindingStatus.X and SyncRun.Status.X are others."""
    return any(
        (isinstance(node, ast.Name) and node.id == "Status")
        or (isinstance(node, ast.Constant) and node.value in Status.values)
        for node in ast.walk(value)
    )


def assigned(node: ast.AST) -> bool:
    """`x.status = …` or `setattr(x, "status", …)`."""
    if isinstance(node, ast.Call):
        name = node.args[1] if len(node.args) > 2 else None
        is_setattr = isinstance(node.func, ast.Name) and node.func.id == "setattr"
        return is_setattr and isinstance(name, ast.Constant) and name.value == "status"
    if not isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)) or node.value is None:
        return False
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    written = [part for target in targets for part in ast.walk(target) if isinstance(part, ast.Attribute)]
    return any(part.attr == "status" for part in written) and means_a_membership(node.value)


def passed(node: ast.AST) -> str:
    """The name of a call that is handed a status to store, "" for other calls and for filters."""
    if not isinstance(node, ast.Call):
        return ""
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    stores = name == "Membership" or name in STORING
    handed = any(word.arg == "status" and means_a_membership(word.value) for word in node.keywords)
    return name if stores and handed else ""


def test_only_restate_assigns_the_status_of_a_membership() -> None:
    writers = {(path, name) for path, name, body in functions() if any(map(assigned, ast.walk(body)))}
    assert writers == {(HOME, "restate")}


def test_no_query_and_no_constructor_is_handed_one() -> None:
    calls = [(path, passed(node)) for path, _, body in functions() for node in ast.walk(body)]
    assert [(path, name) for path, name in calls if name] == []


def test_no_form_may_write_it() -> None:
    assert not Membership._meta.get_field("status").editable
