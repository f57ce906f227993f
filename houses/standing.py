"""Queries about one account that are written once a process.

What a household sees is told by one set of rules, in SQL (`houses.visibility`). To put that SQL
together takes ten times as long as to answer it, and it is the same for everybody but for who asks.
"""

from collections.abc import Callable
from copy import copy
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet
from django.db.models.query import ModelIterable

from residents.models import User

from .family import Family

# In whose place the account stands.
_PERSON, _ACCOUNT = UUID("2f0c6f0e-5f6b-4f0e-9c43-6a1d6a0b7d35"), -(2**40)

Written = tuple[Any, str, tuple[Any, ...], dict[int, Any]]


class Standing:
    """`build` makes the queryset of an account. Nothing else in it may change: no day, no setting."""

    def __init__(self, build: Callable[[Family], QuerySet[Any]]) -> None:
        self.build = build
        self._written: Written | None = None

    def __call__(self, family: Family) -> list[Any]:
        """The rows of this account."""
        person, account = family.scope.resident_id, family.user.pk
        if person is None:
            return list(self.build(family))
        compiler, sql, values, converters = self._written = self._written or self._write()
        asked = copy(compiler)
        asked.connection = connections[DEFAULT_DB_ALIAS]  # of this thread
        asker = {_PERSON: person, _PERSON.hex: person.hex, _ACCOUNT: account}
        asked.as_sql = lambda: (sql, tuple(asker.get(value, value) for value in values))
        asked.get_converters = lambda expressions: converters
        return list(ModelIterable(_Rows(asked)))  # type: ignore[arg-type]

    def _write(self) -> Written:
        anybody = Family(User(pk=_ACCOUNT, resident_id=_PERSON))
        compiler = self.build(anybody).query.get_compiler(using=DEFAULT_DB_ALIAS)
        sql, values = compiler.as_sql()
        columns = [column for column, *_ in compiler.select[: compiler.col_count]]
        return compiler, sql, values, compiler.get_converters(columns)


class _Rows:
    """What Django's iterable of model instances asks a queryset for."""

    db = DEFAULT_DB_ALIAS
    _known_related_objects: dict[Any, Any] = {}

    def __init__(self, compiler: Any) -> None:
        self.query, self._compiler = self, compiler

    def get_compiler(self, using: str) -> Any:
        return self._compiler
