"""Model fields whose columns hold ciphertext and that read as plain values.

A sealed column opens only where it was written: table and column are authenticated, so
renaming either needs a data migration that reads before and writes after. A history
table is a table of its own and seals anew.

What such a field cannot answer it refuses (FieldError) instead of answering wrongly.
Ordering, grouping and DISTINCT cannot be intercepted and mean nothing; `Meta.ordering` is checked.

The type stubs make fields and look-ups generic, Django does not: hence the `type-arg` comments.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.core import checks
from django.core.exceptions import FieldError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Case, Col, Value
from django.db.models.functions import Cast, Substr
from django.db.models.lookups import Exact, In, IsNull, Lookup
from pydantic_core import to_json

from .crypto import DIGEST_LENGTH, SealError, digest, seal, seal_bytes, unseal, unseal_bytes

# Places in the column of a SealedField, counted from 1 as SQL does.
DIGEST_START, TAIL_START = 1, 1 + DIGEST_LENGTH


class Sealed(models.Field):  # type: ignore[type-arg]
    """What all sealed fields share: encode a value to what the column holds, decode it, refuse the rest."""

    def encode(self, value: Any) -> str | bytes:
        raise NotImplementedError

    def decode(self, stored: Any) -> Any:
        raise NotImplementedError

    @property
    def context(self) -> str:
        return f"{self.model._meta.db_table}.{self.column}"

    def lookups(self) -> dict[str, type[Lookup[Any]]]:
        """The look-ups that this field answers."""
        return {"isnull": IsNull}

    def get_lookup(self, lookup_name: str) -> type[Lookup[Any]]:
        lookup = self.lookups().get(lookup_name)
        if lookup is None:
            raise FieldError(f"{self} is sealed: it answers {sorted(self.lookups())}, not {lookup_name!r}.")
        return lookup

    def get_transform(self, lookup_name: str) -> Any:
        raise FieldError(f"{self} is sealed: {lookup_name!r} is neither a look-up nor a transform of it.")

    def get_internal_type(self) -> str:
        return "TextField"

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        if not hasattr(value, "as_sql"):
            return self.get_db_prep_value(value, connection)
        if not self._seals(value):
            raise FieldError(f"{self} is sealed: assign a plain value, not an expression.")
        return value

    def get_db_prep_value(
        self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> str | bytes | None:
        value = value if prepared else self.get_prep_value(value)
        return None if value is None else self.encode(value)

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        """Raises SealError where the column does not open."""
        return None if value is None else self.decode(value)

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        return [*super().check(**kwargs), *self._check_comparisons()]

    def _seals(self, expression: Any) -> bool:
        """Whether this field seals all that the expression writes: so for bulk_update's CASE, not for F()."""
        if isinstance(expression, Value):
            return expression.value is None or expression.output_field == self
        if isinstance(expression, Cast):
            return all(map(self._seals, expression.get_source_expressions()))
        if isinstance(expression, Case):
            return all(map(self._seals, [expression.default, *(case.result for case in expression.cases)]))
        return False

    def _check_comparisons(self) -> list[checks.CheckMessage]:
        """The database would compare ciphertexts, of which no two are equal."""
        meta = self.model._meta
        flagged = any(getattr(self, flag) for flag in ("_unique", "primary_key", "db_index"))
        constrained = any(self.name in getattr(constraint, "fields", ()) for constraint in meta.constraints)
        ordered = any(isinstance(name, str) and name.lstrip("-") == self.name for name in meta.ordering or ())
        if not (flagged or constrained or ordered or self.has_db_default()):
            return []
        message = "A sealed field takes no unique, db_index, db_default, plain unique constraint or ordering."
        hint = "See SealedField.index and SealedField.unique_constraint."
        return [checks.Error(message, hint=hint, obj=self, id="sealed.E001")]


class SealedField(Sealed, models.CharField):  # type: ignore[type-arg]
    """Text in one column: digest (43), digest of the tail where `tail` is set (43), ciphertext.

    `fold` brings values that mean the same to one spelling before they are compared; what is
    stored stays as it came. `tail=4` adds the look-up `field__tail="2219"` on the last four
    characters of the folded value. `purpose` (default: the field's name) separates the digests
    of different kinds of value; fields of one purpose have equal digests for equal values.
    "" is stored as "" and None as NULL.
    """

    def __init__(
        self,
        *args: Any,
        fold: Callable[[str], str] | None = None,
        tail: int | None = None,
        purpose: str | None = None,
        **kwargs: Any,
    ) -> None:
        self.fold, self.tail, self.purpose = fold, tail, purpose
        super().__init__(*args, **kwargs)

    @staticmethod
    def digest_of(field: str) -> Substr:
        """The digest of the field of this name, for an index or a constraint."""
        return Substr(field, DIGEST_START, DIGEST_LENGTH)

    @classmethod
    def index(cls, field: str, *, name: str) -> models.Index:
        """The index that `exact` and `in` use."""
        return models.Index(cls.digest_of(field), name=name)

    @classmethod
    def tail_index(cls, field: str, *, name: str) -> models.Index:
        """The index that `tail` uses."""
        return models.Index(Substr(field, TAIL_START, DIGEST_LENGTH), name=name)

    @classmethod
    def unique_constraint(cls, field: str, *, name: str, **kwargs: Any) -> models.UniqueConstraint:
        """No two equal values, "" included; NULLs are free. `kwargs` as for UniqueConstraint."""
        return models.UniqueConstraint(cls.digest_of(field), name=name, **kwargs)

    def digest(self, value: str) -> str:
        """What the column of an equal value begins with."""
        return digest(self._folded(value), context=self._purpose) if value else ""

    def tail_digest(self, tail: str) -> str:
        return digest(self._folded(tail).upper(), context=f"{self._purpose}:tail")

    def encode(self, value: str) -> str:
        if not value:
            return ""
        head = self._head(value)
        return head + seal(value, context=f"{self.context}:{head}")

    def decode(self, text: str) -> str:
        """The digests are checked too: under another digest key nothing is found and all is stored twice."""
        if not text:
            return ""
        length = DIGEST_LENGTH * (2 if self.tail else 1)
        value = unseal(text[length:], context=f"{self.context}:{text[:length]}")
        if self._head(value) != text[:length]:
            raise SealError("查找用的摘要与设置 PII_DIGEST_KEY 不符。")
        return value

    def _head(self, value: str) -> str:
        tail = self.tail_digest(self._folded(value)[-self.tail :]) if self.tail else ""
        return self.digest(value) + tail

    def lookups(self) -> dict[str, type[Lookup[Any]]]:
        own: dict[str, type[Lookup[Any]]] = {"exact": SealedExact, "in": SealedIn}
        return {**super().lookups(), **own, **({"tail": SealedTail} if self.tail else {})}

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        own = {"fold": self.fold, "tail": self.tail, "purpose": self.purpose}
        kwargs.update({option: value for option, value in own.items() if value is not None})
        return name, path, args, kwargs

    @property
    def _purpose(self) -> str:
        return self.purpose or self.name

    def _folded(self, value: str) -> str:
        return self.fold(value) if self.fold else value


class SealedExact(Exact):
    def __init__(self, lhs: Any, rhs: Any) -> None:
        field = _field_of(lhs)
        super().__init__(_digests(lhs, DIGEST_START), _compared(field, rhs, field.digest))


class SealedIn(In):
    def __init__(self, lhs: Any, rhs: Any) -> None:
        field = _field_of(lhs)
        _refuse_expression(field, rhs)
        digests = [_compared(field, value, field.digest) for value in rhs]
        super().__init__(_digests(lhs, DIGEST_START), digests)


class SealedTail(Exact):
    """Equal last characters. More or fewer of them than the field's `tail` find nothing."""

    def __init__(self, lhs: Any, rhs: Any) -> None:
        field = _field_of(lhs)
        super().__init__(_digests(lhs, TAIL_START), _compared(field, rhs, field.tail_digest))


class SealedBooleanField(Sealed, models.BooleanField):  # type: ignore[type-arg]
    """Yes, no or unknown. Without a digest, since equal values must not look equal."""

    def encode(self, value: bool) -> str:
        return seal("1" if value else "0", context=self.context)

    def decode(self, text: str) -> bool:
        return unseal(text, context=self.context) == "1"


class SealedJSONField(Sealed, models.JSONField):
    """A dict or list, without a digest."""

    def encode(self, value: Any) -> str:
        return seal(to_json(value).decode(), context=self.context)

    def decode(self, text: str) -> Any:
        return json.loads(unseal(text, context=self.context))


class SealedBytesField(Sealed, models.BinaryField):  # type: ignore[type-arg]
    """A file's content, without a digest."""

    def encode(self, value: bytes) -> bytes:
        return seal_bytes(bytes(value), context=self.context)

    def decode(self, stored: bytes) -> bytes:
        return unseal_bytes(bytes(stored), context=self.context)

    def get_internal_type(self) -> str:
        return "BinaryField"


class _Literal(Value):
    """A number in the SQL text: SQLite takes no bound parameter for the number in an index."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        return str(int(self.value)), ()


def _digests(column: Col, start: int) -> Substr:
    """Compiles to the very expression of the index: PostgreSQL knows SUBSTR( as another function."""
    return Substr(column, _Literal(start), _Literal(DIGEST_LENGTH))


def _field_of(lhs: Any) -> SealedField:
    """The field of a bare column; a digest of UPPER(column) would compare ciphertext."""
    field = lhs.output_field
    if not isinstance(lhs, Col) or not isinstance(field, SealedField):
        raise FieldError(f"{field} is sealed: compare the field itself, not an expression of it.")
    return field


def _compared(field: SealedField, value: Any, make: Callable[[str], str]) -> str | None:
    _refuse_expression(field, value)
    plain = field.get_prep_value(value)
    return None if plain is None else make(plain)


def _refuse_expression(field: SealedField, value: Any) -> None:
    if hasattr(value, "resolve_expression"):
        raise FieldError(f"{field} is sealed: it compares with plain values, not expressions or queries.")
