"""Whatever a client may send, by the description: it is answered as described, and never by a 500.

schemathesis makes the requests: those at the bounds of each field, and a fixed number by chance,
valid and not. Half of the numbers in addresses and bodies are of records that exist. What a request
changes is taken back before the next one.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from zlib import crc32

import hypothesis
import schemathesis
from django.core.signals import got_request_exception, request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from schemathesis import Case, checks
from schemathesis.checks import load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.pytest.lazy import get_all_tests

from tests.api import ROOT

load_all_checks()


def no_mistake_of_ours(context: Any, response: Any, case: Case) -> None:
    """503 says that the outside did not answer, and is described where it may happen."""
    if response.status_code != 503:
        checks.not_a_server_error(context, response, case)


CHECKS = [
    no_mistake_of_ours,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
]
SETTINGS = hypothesis.settings(
    deadline=None, database=None, derandomize=True, suppress_health_check=list(hypothesis.HealthCheck)
)

Known = Mapping[str, list[Any]]


@dataclass
class Fuzz:
    """Who asks: `headers` has the token, `known` the records by the word before their number.

    `versions` has the ETag of each record by its address, `*` where it is not shown: a change is of that one.
    `bounds`: also what lies at the bounds of each field, which takes some thirty requests an operation.
    """

    description: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)
    known: Known = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    examples: int = 20
    bounds: bool = True
    also: Callable[[Case, Any], None] = lambda case, response: None  # one more check, before it is taken back
    seen: dict[str, set[int]] = field(default_factory=dict)
    asked: int = 0

    def faults(self) -> dict[str, str]:
        """By operation what was found. `seen` has what was answered, by operation."""
        found = {}
        for result in get_all_tests(
            schema=self._schema(), test_func=self._ask, settings=None, given_kwargs=None
        ):
            operation, test = result.ok()
            try:
                test()
            except (Exception, BaseExceptionGroup) as error:
                found[operation.label] = _told(error)
        return found

    def _schema(self) -> Any:
        config = SchemathesisConfig()
        config.projects.default.generation.update(
            max_examples=self.examples, deterministic=True, with_security_parameters=False
        )
        coverage = config.projects.default.phases.coverage
        coverage.enabled, coverage.unexpected_methods = self.bounds, {"TRACE"}
        schema = schemathesis.openapi.from_dict(self.description, config=config)
        schema.app = get_wsgi_application()
        return schema

    @property
    def _ask(self) -> Callable[[Case], None]:
        @hypothesis.settings(SETTINGS, max_examples=self.examples)
        def ask(case: Case) -> None:
            put_known(case, self.known)
            with rolled_back(), connected(), raised() as errors:
                response = case.call(headers={**self.headers, **self._version(case)})
                self.asked += 1
                self.seen.setdefault(case.operation.label, set()).add(response.status_code)
                if errors:
                    raise errors[0]
                strict = [checks.negative_data_rejection] if _body_is_wrong(case) else []
                case.validate_response(response, checks=[*CHECKS, *strict])
                self.also(case, response)

        return ask

    def _version(self, case: Case) -> dict[str, str]:
        version = self.versions.get(case.formatted_path.removeprefix(ROOT))
        return {"If-Match": version} if version else {}


def _told(error: BaseException) -> str:
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return "\n".join([f"{type(error).__name__}: {error}", *map(_told, inner)])


def _body_is_wrong(case: Case) -> bool:
    """What is wrong in a body is refused; of a list's `page_size` the nearest that there is is taken."""
    body = case.meta and case.meta.components.get(ParameterLocation.BODY)
    return bool(body and body.mode.is_negative)


# -- what exists -------------------------------------------------------------------------


def put_known(case: Case, known: Known) -> None:
    """Every second number becomes one of a record that there is; the case decides, as it may come again."""
    chance = crc32(repr(case).encode())
    if chance % 2:
        return
    parts = case.path.removeprefix(ROOT).strip("/").split("/")
    given = dict(case.path_parameters)
    for before, part in pairwise(parts):
        if part.strip("{}") in given and known.get(before):
            given[part.strip("{}")] = known[before][chance // 2 % len(known[before])]
    if given != case.path_parameters:
        case.path_parameters = given
    if isinstance(case.body, dict):
        body = {name: _known_or(value, known.get(name), chance) for name, value in case.body.items()}
        if body != case.body:
            case.body = body


def _known_or(value: Any, keys: list[Any] | None, chance: int) -> Any:
    return keys[chance // 2 % len(keys)] if keys else value


# -- one request -------------------------------------------------------------------------


@contextmanager
def rolled_back() -> Iterator[None]:
    block: Any = transaction.atomic()
    block._from_testcase = True  # no transaction of the product's, which has none open at this point
    with block:
        yield
        transaction.set_rollback(True)


@contextmanager
def connected() -> Iterator[None]:
    """A request ends with its connection, were the test's transaction not open on it."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in signals:
            signal.connect(close_old_connections)


@contextmanager
def raised() -> Iterator[list[BaseException]]:
    """What a view raised and Django made a 500 of."""
    errors: list[BaseException] = []

    def note(sender: Any, **kwargs: Any) -> None:
        if (error := sys.exc_info()[1]) is not None:
            errors.append(error)

    got_request_exception.connect(note)
    try:
        yield errors
    finally:
        got_request_exception.disconnect(note)
