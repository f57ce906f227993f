"""Whose data it is, held over everything that the API does: what may be written, and what is told.

The names of the fields come from the models, the operations from the description: what appears later
is held as well.
"""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db.models import F

from houses.choices import HouseholdType, Role
from houses.models import Invitation, Membership, Request, Submission
from residents import typed
from residents.api.docs import description
from residents.models import Consent, Device, Resident, User
from tests.api import ROOT, Program
from tests.factories import MembershipFactory, ResidentFactory, UserFactory
from tests.fuzz import Fuzz, Known, rolled_back
from tests.household import everything
from tests.my_home import Home, furnish
from tests.openapi import Operation, body_of, example_of, operations, resolved
from tests.test_api_fuzz import _patience, known_to, token_of  # noqa: F401

pytestmark = [pytest.mark.once, pytest.mark.django_db]

VIEWERS = ("owner", "tenant", "neighbour", "newcomer", "nobody")
MODELS = [model for app in ("residents", "houses") for model in apps.get_app_config(app).get_models()]
NAMES = {
    name
    for model in MODELS
    for field in model._meta.concrete_fields
    for name in (field.name, field.attname)
    if not hasattr(model, "history_object")
}
WRITING = [
    one for one in operations() if "application/json" in one.told.get("requestBody", {}).get("content", {})
]


@pytest.fixture
def home(platform: Any) -> Home:
    return furnish()


def account_of(home: Home, who: str) -> User | None:
    if who == "newcomer":
        return home.newcomer
    return None if who == "nobody" else User.objects.get(resident=getattr(home, who).resident)


def address(operation: Operation, known: Known) -> str:
    """With the first record that there is of each kind."""
    parts = operation.path.removeprefix(ROOT).split("/")
    for at, part in enumerate(parts):
        if part.startswith("{"):
            parts[at] = str(next(iter(known.get(parts[at - 1], [])), 1))
    return "/".join(parts)


# -- what may be sent --------------------------------------------------------------------


@pytest.mark.parametrize("operation", WRITING, ids=str)
def test_a_field_of_ours_that_is_not_asked_for_is_refused_by_name(home: Home, operation: Operation) -> None:
    """All of them at once, beside a body that is as described; nothing of it is kept."""
    told = description()
    body = example_of(body_of(operation, told))
    strange = dict.fromkeys(NAMES - body.keys(), 1)
    sent = {**body, **strange}
    program, before = Program(account_of(home, "owner")), everything()
    answer = program.send(operation.method.lower(), address(operation, known_to(home)), sent)
    assert answer.status_code == 422, answer.json()
    assert strange.keys() <= answer.json()["errors"].keys()
    assert everything() == before


NESTING = [one for one in WRITING if "values" in body_of(one, description())["properties"]]


@pytest.mark.parametrize("operation", NESTING, ids=str)
def test_nor_is_it_taken_among_the_values_of_a_record(home: Home, operation: Operation) -> None:
    told = description()
    known = resolved(body_of(operation, told)["properties"]["values"], told)["properties"]
    strange = NAMES - known.keys()
    program, before = Program(account_of(home, "owner")), everything()
    sent = {"values": dict.fromkeys(strange, 1)}
    answer = program.send(operation.method.lower(), address(operation, known_to(home)), sent)
    assert answer.status_code == 422, answer.json()
    assert strange <= answer.json()["errors"].keys()
    assert everything() == before


# -- what is written ---------------------------------------------------------------------

# What an account writes of itself, and who fills of a record; the rest are traces of it.
TRACES = {"updated_at", "version", "sources", "pinyin", "claimed_by_id", "claimed_at"}
OWN = {
    "phone", "phone_verified_at", "stated_name", "stated_id_number", "stated_at", "resident_id",
    "wechat_openid", "session_epoch", "last_login",
}  # fmt: skip
RECORD = {*typed.FIELDS, "contact_id", "self_managed_since", *TRACES} - {"contact"}
ROW = {
    "nickname", "role", "household_type", "managed_by_id", "status", "completed_at", "bound_at",
    "activated_at", "activated_by_account", *TRACES,
}  # fmt: skip
ALLOWED = {"User": OWN, "Resident": RECORD, "Membership": ROW}
# An answer to somebody's request, the own bond: these take somebody in.
TAKING_IN = ("/answer/", "/bindings/")


# What a request makes is of who makes it: the column that says so.
MADE_BY = {
    Consent: "account_id", Device: "user_id", Invitation: "invited_by_id", Request: "account_id",
    Submission: "account_id",
}  # fmt: skip


class Books:
    """All that is stored, and what a request changed of it or added to it."""

    def __init__(self, user: User | None) -> None:
        self.user, self.before = user, _rows()
        person = user.resident_id if user else None
        managed = [
            row["resident_id"]
            for row in self.before["Membership"].values()
            if person and row["managed_by_id"] == person
        ]
        self.people = {person, *managed} - {None}
        self.houses = {
            row["house_id"] for row in self.before["Membership"].values() if row["resident_id"] in self.people
        }

    def hold(self, case: Any, response: Any) -> None:
        for model, rows in _rows().items():
            for key, row in rows.items():
                was = self.before[model].get(key)
                if was is None:
                    self._addition(case, model, row)
                elif row != was and model in ALLOWED:
                    self._change(case, model, was, row)

    def _change(self, case: Any, model: str, was: dict[str, Any], now: dict[str, Any]) -> None:
        changed = {name for name in now if now[name] != was[name]}
        assert changed <= ALLOWED[model], f"{case.operation.label} changed {model}: {changed}"
        taken_in = any(part in case.path for part in TAKING_IN)
        assert taken_in or self._mine(model, was), (
            f"{case.operation.label} changed another's {model}: {changed}"
        )
        if model == "Membership":
            assert "role" not in changed or now["role"] != Role.SELF
            assert "household_type" not in changed or now["household_type"] != HouseholdType.OWNER

    def _addition(self, case: Any, model: str, row: dict[str, Any]) -> None:
        """Nobody adds an account but by signing in, a member but to an own house, a trace but of oneself."""
        label = f"{case.operation.label} added {model}: {row}"
        if model == "User":
            assert self.user is None, label
            assert not (row["resident_id"] or row["is_staff"] or row["is_superuser"]), label
        elif model == "Resident":
            assert not (row["is_petitioner"] or row["photo_url"] or row["self_managed_since"]), label
        elif model == "Membership":
            assert row["house_id"] in self.houses or any(part in case.path for part in TAKING_IN), label
            assert row["role"] != Role.SELF and row["household_type"] != HouseholdType.OWNER, label
        else:
            strangers = self.before["User"].keys() - {self.user and self.user.pk}
            assert row["by"] not in strangers, label

    def _mine(self, model: str, row: dict[str, Any]) -> bool:
        if model == "User":
            return self.user is not None and row["id"] == self.user.pk
        return row["id" if model == "Resident" else "resident_id"] in self.people


def _rows() -> dict[str, dict[Any, dict[str, Any]]]:
    found = {
        model.__name__: {row["id"]: row for row in model._base_manager.values()}
        for model in (User, Resident, Membership)
    }
    made = {
        model.__name__: {row["pk"]: row for row in model._base_manager.values("pk", by=F(column))}
        for model, column in MADE_BY.items()
    }
    return {**found, **made}


def versions_for(home: Home, user: User | None) -> dict[str, str]:
    """What each record is changed with, as this account reads it."""
    paths = ["/me/record/", *(f"/members/{key}/record/" for key in known_to(home)["members"])]
    answers = {path: Program(user).get(path) for path in paths}
    return {path: answer.get("ETag", "*") for path, answer in answers.items()}


@pytest.mark.sqlite  # who may write is told by no database
@pytest.mark.parametrize("who", VIEWERS)
def test_nothing_is_written_but_what_is_the_callers(home: Home, who: str) -> None:
    user = account_of(home, who)
    headers = token_of(user) if user else {}
    books, secrets = Books(user), Secrets(user)

    def hold(case: Any, response: Any) -> None:
        books.hold(case, response)
        secrets.hold(response.content.decode(errors="replace"), sent=str(case.body))

    fuzz = Fuzz(
        description(), headers, known_to(home), versions_for(home, user), examples=4, bounds=False, also=hold
    )
    assert fuzz.faults() == {}


# What an owner writes with the bodies that the description shows.
MADE = (
    "giveConsent", "fillMyRecord", "fillMemberRecord", "changeEntry", "submitEntry", "discardEntry",
    "addMember", "setNickname", "askEnd", "askCorrection", "askErasure", "answerRequest", "matchHouses",
    "revokeDevice",
)  # fmt: skip


@pytest.mark.parametrize("name", MADE)
def test_what_an_owner_is_shown_to_write_is_written_and_is_the_owners(home: Home, name: str) -> None:
    (operation,) = (one for one in operations() if one.name == name)
    user = account_of(home, "owner")
    program, path = Program(user), address(operation, known_to(home))
    body = example_of(body_of(operation, description())) if operation in WRITING else None
    for values in filter(None, (body, body and body.get("values"))):
        values.pop("contact", None)  # a number of nobody
    version = {"If-Match": program.get(path)["ETag"]} if path.endswith("/record/") else {}
    books = Books(user)
    answer = program.send(operation.method.lower(), path, body, **version)
    assert 200 <= answer.status_code < 300, answer.content.decode()
    books.hold(case_of(operation.path), answer)


def case_of(path: str) -> Any:
    return SimpleNamespace(path=path, operation=SimpleNamespace(label=path))


def test_a_change_of_anothers_record_would_be_found(home: Home) -> None:
    """The canary."""
    books = Books(account_of(home, "owner"))
    case = case_of("/canary/")
    Resident.objects.filter(pk=home.wife.resident_id).update(employer="第一中学")
    books.hold(case, None)
    for changes in ({"is_petitioner": True}, {"photo_url": "https://example.cn/1.jpg"}):
        with rolled_back(), pytest.raises(AssertionError, match="changed Resident"):
            Resident.objects.filter(pk=home.wife.resident_id).update(**changes)
            books.hold(case, None)
    Resident.objects.filter(pk=home.tenant.resident_id).update(employer="第一中学")
    with pytest.raises(AssertionError, match="changed another's Resident"):
        books.hold(case, None)


def test_what_is_added_in_anothers_name_or_house_would_be_found(home: Home) -> None:
    """The canary."""
    books, case = Books(account_of(home, "owner")), case_of("/canary/")
    elsewhere = {"house": home.neighbour.house, "role": Role.TENANT, "household_type": None}
    additions: list[Callable[[], Any]] = [
        lambda: MembershipFactory(**elsewhere),
        lambda: ResidentFactory(is_petitioner=True),
        lambda: Device.sign_in(home.newcomer, "微信小程序"),
        lambda: UserFactory(),
    ]
    for add in additions:
        with rolled_back(), pytest.raises(AssertionError, match="/canary/ added"):
            add()
            books.hold(case, None)


# -- what is told ------------------------------------------------------------------------


class Secrets:
    """Numbers and phones of everybody but the caller, and the flag that no household sees."""

    def __init__(self, user: User | None) -> None:
        own = {user.phone, user.stated_id_number} if user else set()
        if user and user.resident:
            own |= {user.resident.phone, user.resident.id_number}
        people = Resident.objects.values_list("id_number", "phone")
        accounts = User.objects.values_list("stated_id_number", "phone")
        self.others = {value for row in (*people, *accounts) for value in row if value} - own

    def hold(self, text: str, sent: str = "") -> None:
        told = [value for value in self.others if value in text and value not in sent]
        assert told == [], "a number or a phone of another person was told"
        assert "petition" not in text and "上访" not in text


def reads(known: Known) -> Iterator[tuple[Operation, str]]:
    """Every address that is read, with each record that there is."""
    for operation in operations():
        if operation.method == "GET":
            parts = operation.path.removeprefix(ROOT).split("/")
            keys = next(
                (known.get(parts[at - 1], [1]) for at, part in enumerate(parts) if part[:1] == "{"), [1]
            )
            for key in keys:
                yield operation, "/".join(str(key) if part[:1] == "{" else part for part in parts)


@pytest.mark.parametrize("who", VIEWERS)
def test_no_answer_tells_a_number_or_a_phone_of_another(home: Home, who: str) -> None:
    Resident.objects.update(is_petitioner=True)
    user = account_of(home, who)
    program, secrets = Program(user), Secrets(user)
    for operation, path in reads(known_to(home)):
        answer = program.get(path)
        assert answer.status_code < 500, operation
        secrets.hold(answer.content.decode(errors="replace"))


def test_a_number_that_is_told_would_be_found(home: Home) -> None:
    """The canary."""
    secrets = Secrets(account_of(home, "owner"))
    for text in (
        home.wife.resident.id_number,
        f'{{"phone": "{home.tenant.resident.phone}"}}',
        '"is_petitioner"',
    ):
        with pytest.raises(AssertionError):
            secrets.hold(text)
    secrets.hold(f"{home.owner.resident.phone}")
