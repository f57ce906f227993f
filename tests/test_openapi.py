"""The description of the API: complete, written down, served, and read by people."""

import re
from collections import Counter
from typing import Any

import pytest
import yaml
from django.core.cache import caches
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema

from residents.api.docs import description, written
from scripts.openapi import FILE
from tests.api import problem
from tests.factories import UserFactory
from tests.my import door
from tests.openapi import EXAMPLES, Operation, is_constrained, operations, properties

CHINESE = re.compile(r"[一-鿿]")


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return description()


@pytest.fixture(scope="module")
def fields(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return dict(properties(told))


# -- as a whole --------------------------------------------------------------------------


def test_what_is_committed_is_what_is_served() -> None:
    assert FILE.read_bytes() == written(), "请运行 make openapi，并提交 docs/openapi.yaml。"


def test_it_is_openapi_3_1(told: dict[str, Any]) -> None:
    assert told["openapi"].startswith("3.1.")
    validate_schema(told)


def test_nothing_of_it_was_guessed() -> None:
    GENERATOR_STATS.reset()
    description()
    assert (dict(GENERATOR_STATS._warn_cache), dict(GENERATOR_STATS._error_cache)) == ({}, {})


def test_every_reference_leads_somewhere_and_every_component_is_used(told: dict[str, Any]) -> None:
    references = set(re.findall(r"'#/components/schemas/(\w+)'", str(told)))
    assert references == set(told["components"]["schemas"])


# -- fields ------------------------------------------------------------------------------


def test_every_field_is_described_in_chinese(fields: dict[str, dict[str, Any]]) -> None:
    assert [name for name, told in fields.items() if not CHINESE.search(told.get("description", ""))] == []


def test_every_field_has_an_example(fields: dict[str, dict[str, Any]]) -> None:
    assert [name for name, told in fields.items() if not EXAMPLES & told.keys()] == []


def test_every_field_has_a_constraint(fields: dict[str, dict[str, Any]]) -> None:
    assert [name for name, told in fields.items() if not is_constrained(told)] == []


def test_a_body_takes_nothing_that_is_not_described(told: dict[str, Any]) -> None:
    bodies = {name: one for name, one in told["components"]["schemas"].items() if name.endswith("Request")}
    assert [name for name, one in bodies.items() if one.get("additionalProperties") is not False] == []


# -- operations --------------------------------------------------------------------------


def test_every_operation_has_a_name_of_its_own() -> None:
    names = Counter(operation.name for operation in operations())
    assert [
        name for name, times in names.items() if times > 1 or not re.fullmatch("[a-z]+([A-Z][a-z]+)*", name)
    ] == []


@pytest.mark.parametrize("operation", operations(), ids=str)
def test_an_operation_says_what_it_does_and_what_may_go_wrong(operation: Operation) -> None:
    told = operation.told
    assert CHINESE.search(told["summary"]) and told["tags"]
    answers = told["responses"]
    assert any(status.startswith("2") for status in answers)
    wrong = {status: answer for status, answer in answers.items() if status[0] in "45"}
    assert "429" in wrong
    assert [answer["description"] for answer in answers.values() if not answer["description"]] == []
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    assert {status: answer["content"] for status, answer in wrong.items()} == dict.fromkeys(wrong, problem)


@pytest.mark.parametrize("operation", operations(), ids=str)
def test_an_operation_is_either_for_everybody_or_asks_for_a_token(operation: Operation) -> None:
    asks = {"device": []} in operation.told.get("security", [])
    assert asks is ("401" in operation.told["responses"])


# -- served ------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    caches["process"].clear()


def test_everybody_may_read_it_as_yaml_and_as_json(client: Client, told: dict[str, Any]) -> None:
    as_yaml, as_json = client.get("/api/v1/schema/"), client.get("/api/v1/schema/?format=json")
    assert as_yaml["Content-Type"].startswith("application/vnd.oai.openapi;")
    assert yaml.safe_load(as_yaml.content) == as_json.json() == told


@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_an_address_that_is_none_is_a_problem_document_to_every_method(method: str) -> None:
    for path in ("nothing/", "members/1%0A2/", ""):
        answer = getattr(Client(enforce_csrf_checks=True), method)(f"/api/v1/{path}")
        problem(answer, 404, "not_found")


@pytest.mark.parametrize("page", ["docs", "redoc"])
@pytest.mark.django_db
class TestPages:
    def test_staff_read_it(self, page: str) -> None:
        answer = door(UserFactory(staff=True)).get(f"/api/v1/{page}/")
        assert answer.status_code == 200
        assert "https:" not in answer.content.decode()

    def test_others_are_led_to_the_login_of_the_admin(self, page: str) -> None:
        for visitor in (Client(), door(UserFactory())):
            answer = visitor.get(f"/api/v1/{page}/")
            assert answer.status_code == 302
            assert answer["Location"].startswith("/admin/login/")

    def test_while_developing_everybody_reads_it(self, page: str, settings: Any) -> None:
        settings.DEBUG = True
        assert Client().get(f"/api/v1/{page}/").status_code == 200
