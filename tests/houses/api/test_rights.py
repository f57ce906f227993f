"""A copy of one's data, and what is asked of the office, from a mini-program (houses/api/rights.py)."""

from typing import Any

import pytest
from django.utils import timezone

from houses.models import Request
from residents.models import AccessLog, Consent, Resident, User
from tests.api import Program, problem, program_of
from tests.attackers import Home, stranger, zhous_home
from tests.cast import CHEN_ID, LI_ID, LI_PHONE, WANG_ID, XIAO_ID, ZHOU_ID, ZHOU_PHONE
from tests.my import door_of

pytestmark = pytest.mark.django_db

ASKS = [
    ("/me/dispute/", {"text": "民族应为满族"}, Request.Kind.DISPUTE),
    ("/me/erasure/", {"text": "已搬离", "sure": True}, Request.Kind.ERASE),
]


@pytest.fixture
def home() -> Home:
    return zhous_home()


# -- a copy --------------------------------------------------------------------------------


def test_the_copy_is_that_of_the_pages(home: Home) -> None:
    browser = door_of(home.owner)
    answer = program_of(home.owner).post("/me/export/")
    page = browser.post("/my/me/download.json").json()
    told = {part["title"]: part["rows"] for part in answer.json()["parts"]}
    *looks, _ = page.pop("谁看过我的资料")
    assert told.pop("谁看过我的资料") == looks
    assert told == page


def test_the_own_numbers_are_in_it_in_full_and_nobody_elses(home: Home) -> None:
    text = program_of(home.owner).post("/me/export/").content.decode()
    assert ZHOU_ID in text and ZHOU_PHONE in text
    assert not [number for number in (LI_ID, LI_PHONE, XIAO_ID, WANG_ID) if number in text]


def test_the_petition_flag_is_not_in_it(home: Home) -> None:
    Resident.objects.update(is_petitioner=True)
    assert "上访" not in program_of(home.owner).post("/me/export/").content.decode()


def test_each_copy_leaves_a_row_in_the_access_log(home: Home) -> None:
    program = program_of(home.owner)
    for _ in range(2):
        program.post("/me/export/")
    rows = AccessLog.objects.filter(resident=home.owner.resident_id, kind=AccessLog.Kind.EXPORT)
    assert set(rows.values_list("account", "reason")) == {(home.owners.pk, "本人下载")} and rows.count() == 2


def test_no_cache_keeps_it_and_no_link_leads_to_it(home: Home) -> None:
    program = program_of(home.owner)
    assert program.post("/me/export/")["Cache-Control"] == "no-store"
    problem(program.get("/me/export/"), 405, "method_not_allowed")


# -- what the office answers ---------------------------------------------------------------


@pytest.mark.parametrize(("path", "said", "kind"), ASKS)
def test_it_is_asked_and_waits(home: Home, path: str, said: dict[str, Any], kind: str) -> None:
    program = program_of(home.owner)
    answer = program.post(path, said)
    told = answer.json()
    assert (answer.status_code, told["kind"], told["status"]) == (201, kind, "open")
    request = Request.objects.get()
    assert (request.kind, request.text, request.resident) == (kind, said["text"], home.owner.resident)
    assert program.get(answer["Location"].removeprefix("/api/v1")).json() == told


@pytest.mark.parametrize(("path", "said", "kind"), ASKS)
def test_a_second_time_it_is_told_where_it_waits(home: Home, path: str, said: Any, kind: str) -> None:
    program = program_of(home.owner)
    first = program.post(path, said)
    again = program.post(path, said)
    problem(again, 409, "already_asked")
    assert again["Location"] == first["Location"] and Request.objects.count() == 1


@pytest.mark.parametrize(("path", "said", "kind"), ASKS)
def test_who_is_linked_to_nobody_has_no_record(path: str, said: Any, kind: str) -> None:
    answer = Program(stranger("陈新", CHEN_ID)).post(path, said)
    problem(answer, 403, "identity_missing")
    assert "Location" not in answer


@pytest.mark.parametrize("text", ["", "   ", None, 7, "号码是 13800000002", f"应为 {LI_ID}", "字" * 201])
def test_what_is_wrong_is_told_in_plain_words(home: Home, text: Any) -> None:
    problem(program_of(home.owner).post("/me/dispute/", {"text": text}), 422, "invalid", "text")
    assert not Request.objects.exists()


@pytest.mark.parametrize("sure", [False, None, "true", 1])
def test_nobody_is_erased_by_mistake(home: Home, sure: Any) -> None:
    problem(program_of(home.owner).post("/me/erasure/", {"sure": sure}), 422, "invalid", "sure")
    problem(program_of(home.owner).post("/me/erasure/", {}), 422, "invalid", "sure")
    assert not Request.objects.exists()


def test_why_one_leaves_is_ones_own(home: Home) -> None:
    assert program_of(home.owner).post("/me/erasure/", {"sure": True}).status_code == 201


@pytest.mark.parametrize("path", ["/me/export/", "/me/dispute/", "/me/erasure/"])
def test_the_rights_are_not_the_price_of_a_consent(home: Home, path: str) -> None:
    Consent.objects.all().delete()
    said = dict(next((said for where, said, _ in ASKS if where == path), {}))
    assert program_of(home.owner).post(path, said).status_code in (200, 201)


@pytest.mark.parametrize("path", ["/me/export/", "/me/dispute/", "/me/erasure/"])
def test_they_are_the_accounts_alone(home: Home, path: str) -> None:
    problem(Program().post(path), 401, "unauthenticated")
    program = program_of(home.owner)
    User.objects.update(locked_at=timezone.now())
    problem(program.post(path), 403, "account_locked")
