"""Who I am, and the change of the phone, from a mini-program (houses/api/me.py)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from residents.models import Attempt, Consent, Device, SmsCode, User
from tests.api import Program, problem
from tests.attackers import account, zhous_home
from tests.cast import CHEN_PHONE, LI_ID, LI_PHONE, ZHOU_ID, ZHOU_PHONE
from tests.factories import UserFactory
from tests.household import everything
from tests.my import door

pytestmark = pytest.mark.django_db

Outbox = list[tuple[str, str]]
ME = {"name": "李梅", "id_number": LI_ID}


@pytest.fixture
def user() -> User:
    """Has agreed to all, and has not said who she is."""
    return account(LI_PHONE)


# -- who I am ------------------------------------------------------------------------------


def test_what_will_be_kept_is_shown_before(user: User) -> None:
    before = everything()
    answer = Program(user).post("/me/identity/preview/", {"name": " 李梅 ", "id_number": LI_ID.lower()})
    assert answer.json() == {
        "name": "李梅",
        "id_number": "1****************2",
        "birth_date": "1982-05-12",
        "sex": 2,
    }
    assert everything() == {**before, "Device": everything()["Device"]}


def test_it_is_stated_once(user: User) -> None:
    program = Program(user)
    answer = program.post("/me/identity/", ME)
    told = answer.json()
    assert (answer.status_code, told["stated"], told["stated_name"]) == (201, True, "李梅")
    assert told["stated_id_number"] == "1****************2"
    again = program.post("/me/identity/", ME)
    problem(again, 409, "identity_stated")
    assert program.get(again["Location"].removeprefix("/api/v1")).json() == told


def test_what_was_stated_is_previewed_no_more(user: User) -> None:
    program = Program(user)
    program.post("/me/identity/", ME)
    problem(program.post("/me/identity/preview/", ME), 409, "identity_stated")


@pytest.mark.parametrize("path", ["/me/identity/preview/", "/me/identity/"])
@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({**ME, "id_number": LI_ID[:-1] + "1"}, "id_number"),
        ({**ME, "id_number": "1****************2"}, "id_number"),
        ({**ME, "id_number": 110105198205120022}, "id_number"),
        ({**ME, "name": ""}, "name"),
        ({**ME, "name": "李*"}, "name"),
        ({"name": "李梅"}, "id_number"),
        ({**ME, "phone": LI_PHONE}, "phone"),
        ({**ME, "resident": "1"}, "resident"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(user: User, path: str, values: Any, field: str) -> None:
    problem(Program(user).post(path, values), 422, "invalid", field)
    user.refresh_from_db()
    assert user.stated_at is None


def test_a_number_is_sensitive(user: User) -> None:
    Consent.withdraw(user, Consent.Kind.SENSITIVE)
    problem(Program(user).post("/me/identity/", ME), 422, "consent_missing")


def test_it_has_a_daily_limit(user: User) -> None:
    program = Program(user)
    for _ in range(5):
        Attempt.spend(user, Attempt.Kind.IDENTITY)
    answer = program.post("/me/identity/", ME)
    problem(answer, 429, "too_many")
    assert 0 < int(answer["Retry-After"]) <= 24 * 3600


@pytest.mark.parametrize("path", ["/me/identity/preview/", "/me/identity/", "/me/phone/old-code/"])
def test_the_notice_is_read_first(user: User, path: str) -> None:
    Consent.objects.all().delete()
    problem(Program(user).post(path, ME), 403, "notice_missing")


# -- the phone -----------------------------------------------------------------------------


@pytest.fixture
def zhou() -> User:
    return zhous_home().owners


def prove(program: Program, outbox: Outbox) -> str:
    """The old phone; what shows that later."""
    request: str = program.post("/me/phone/old-code/").json()["request"]
    sent = {"request": request, "code": outbox[-1][1]}
    assert program.post("/me/phone/old-code/verify/", sent).status_code == 204
    return request


def change(program: Program, outbox: Outbox, old: str, phone: str = CHEN_PHONE) -> Any:
    request = program.post("/me/phone/new-code/", {"old_request": old, "phone": phone}).json()["request"]
    assert outbox[-1][0] == phone
    return program.post("/me/phone/", {"old_request": old, "request": request, "code": outbox[-1][1]})


def phone_of(user: User) -> str | None:
    return User.objects.get(pk=user.pk).phone


def test_both_phones_are_proved_one_after_the_other(zhou: User, outbox: Outbox) -> None:
    program = Program(zhou)
    answer = change(program, outbox, prove(program, outbox))
    assert (answer.status_code, answer.json()["account"]["phone"]) == (200, "138****0004")
    assert [phone for phone, _ in outbox] == [ZHOU_PHONE, CHEN_PHONE] and phone_of(zhou) == CHEN_PHONE


def test_all_is_signed_out_and_this_program_gets_a_new_token(zhou: User, outbox: Outbox) -> None:
    program, other, browser = Program(zhou), Program(zhou), door(zhou)
    told = change(program, outbox, prove(program, outbox)).json()
    for one in (program, other):
        problem(one.get("/me/"), 401, "unauthenticated")
    assert browser.get("/my/me/")["Location"].startswith("/my/login/")
    program.carry(told["token"])
    (device,) = program.get("/auth/devices/").json()["results"]
    assert (device["key"], device["name"]) == (told["device"], "微信小程序")


def test_the_own_wechat_stays(zhou: User, outbox: Outbox) -> None:
    User.objects.filter(pk=zhou.pk).update(wechat_openid="o")
    program = Program(zhou)
    assert change(program, outbox, prove(program, outbox)).json()["account"]["wechat"] is True


def test_without_the_old_phone_there_is_no_new_one(zhou: User, outbox: Outbox) -> None:
    program = Program(zhou)
    sent = {"old_request": "guessed", "phone": CHEN_PHONE}
    problem(program.post("/me/phone/new-code/", sent), 409, "code_dead", "old_request")
    sent = {"old_request": "guessed", "request": "guessed", "code": "123456"}
    problem(program.post("/me/phone/", sent), 409, "code_dead", "old_request")
    assert outbox == []


def test_a_code_that_was_only_sent_proves_nothing(zhou: User, outbox: Outbox) -> None:
    program = Program(zhou)
    request = program.post("/me/phone/old-code/").json()["request"]
    sent = {"old_request": request, "phone": CHEN_PHONE}
    problem(program.post("/me/phone/new-code/", sent), 409, "code_dead", "old_request")


def test_a_wrong_code_proves_nothing(zhou: User, outbox: Outbox) -> None:
    program = Program(zhou)
    request = program.post("/me/phone/old-code/").json()["request"]
    wrong = f"{(int(outbox[-1][1]) + 1) % 10**6:06}"
    sent = {"request": request, "code": wrong}
    problem(program.post("/me/phone/old-code/verify/", sent), 422, "code_wrong", "code")


def test_a_code_is_verified_once(zhou: User, outbox: Outbox) -> None:
    program = Program(zhou)
    sent = {"request": prove(program, outbox), "code": outbox[-1][1]}
    problem(program.post("/me/phone/old-code/verify/", sent), 409, "code_dead", "code")


def test_the_proof_lasts_ten_minutes(zhou: User, outbox: Outbox) -> None:
    program = Program(zhou)
    old = prove(program, outbox)
    SmsCode.objects.update(used_at=timezone.now() - timedelta(minutes=11))
    sent = {"old_request": old, "phone": CHEN_PHONE}
    problem(program.post("/me/phone/new-code/", sent), 409, "code_dead", "old_request")


def test_the_proof_is_used_up_by_the_change(zhou: User, outbox: Outbox) -> None:
    program = Program(zhou)
    old = prove(program, outbox)
    program.carry(change(program, outbox, old).json()["token"])
    sent = {"old_request": old, "phone": LI_PHONE}
    problem(program.post("/me/phone/new-code/", sent), 409, "code_dead", "old_request")


def test_the_proof_of_one_account_is_none_of_another(zhou: User, user: User, outbox: Outbox) -> None:
    old = prove(Program(zhou), outbox)
    sent = {"old_request": old, "phone": CHEN_PHONE}
    problem(Program(user).post("/me/phone/new-code/", sent), 409, "code_dead", "old_request")


def test_a_code_for_signing_in_proves_no_phone(zhou: User, outbox: Outbox) -> None:
    program = Program(zhou)
    request = Program().post("/auth/sms/", {"phone": ZHOU_PHONE}).json()["request"]
    sent = {"request": request, "code": outbox[-1][1]}
    problem(program.post("/me/phone/old-code/verify/", sent), 409, "code_dead", "code")


def test_a_phone_of_another_account_is_refused_neutrally(zhou: User, outbox: Outbox) -> None:
    UserFactory(phone=LI_PHONE)
    program = Program(zhou)
    answer = change(program, outbox, prove(program, outbox), LI_PHONE)
    problem(answer, 409, "phone_taken", "phone")
    assert phone_of(zhou) == ZHOU_PHONE and Device.objects.count() == 1


def test_a_second_code_within_a_minute_is_refused(zhou: User, outbox: Outbox) -> None:
    program = Program(zhou)
    program.post("/me/phone/old-code/")
    problem(program.post("/me/phone/old-code/"), 429, "sms_too_soon", "phone")


def test_who_is_locked_meanwhile_changes_nothing(zhou: User, outbox: Outbox) -> None:
    program = Program(zhou)
    old = prove(program, outbox)
    User.objects.filter(pk=zhou.pk).update(locked_at=timezone.now())
    problem(
        program.post("/me/phone/new-code/", {"old_request": old, "phone": CHEN_PHONE}), 403, "account_locked"
    )


def test_no_answer_has_a_number_in_full(zhou: User, outbox: Outbox) -> None:
    program = Program(zhou)
    told = change(program, outbox, prove(program, outbox)).content.decode()
    assert not [number for number in (ZHOU_ID, ZHOU_PHONE, CHEN_PHONE) if number in told]
