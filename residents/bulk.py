"""Writing many rows in few statements.

Django's `bulk_create` prepares value after value through half a dozen calls each, which was a third of
a merge, and writes a place for each of them into one long statement, which on PostgreSQL was another. Here a
column is prepared at once, of equal values only the first, and the values travel as the driver takes many:
SQLite runs one short statement for each row, PostgreSQL copies the rows, or takes a column as one array
where a statement must say what becomes of a row that stands already.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.base import ModelState
from django.db.models.constants import OnConflict
from django.utils import timezone

from .fields import Sealed

if TYPE_CHECKING:
    from .models import User

Row = TypeVar("Row", bound=models.Model)

# The values of each field, in the order of the rows.
Columns = dict[Any, list[Any]]


def fresh(model: type[Row], **values: Any) -> Row:
    """A new row as `model(**values)` makes it, in less than half the time. Of what it refers to the key
    is given (`house_id`), and nobody hears of it: no signal is sent."""
    constant, made = _defaults(model)
    row = model.__new__(model)
    row.__dict__ |= {"_state": ModelState()} | constant
    row.__dict__ |= {name: make() for name, make in made.items() if name not in values} | values
    return row


@cache
def _defaults(model: type[models.Model]) -> tuple[dict[str, Any], dict[str, Callable[[], Any]]]:
    """By column: the defaults that all rows share, and what makes one for each row."""
    fields = model._meta.concrete_fields
    made = {
        field.attname: field.get_default
        for field in fields
        if field.has_default() and callable(field.default)
    }
    return {field.attname: field.get_default() for field in fields if field.attname not in made}, made


def insert(rows: Sequence[models.Model]) -> None:
    """Insert new rows of one model and give them their keys. What they refer to has its key already.

    In a transaction: on SQLite it is the write lock that keeps the keys ours.
    """
    if not rows:
        return
    meta: Any = rows[0]._meta
    if meta.auto_field:
        for row, key in zip(rows, _next_keys(meta, len(rows)), strict=True):
            row.pk = key
    _insert(type(rows[0]), _columns(rows, meta.concrete_fields))
    for row in rows:
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


def _next_keys(meta: Any, count: int) -> Iterable[int]:
    """Keys that the database gives to nobody else."""
    connection = _database()
    assert connection.in_atomic_block
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [meta.db_table])
            (last,) = cursor.fetchone() or (0,)
            return range(last + 1, last + 1 + count)
        sequence = [connection.ops.quote_name(meta.db_table), meta.pk.column]
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)", [*sequence, count]
        )
        return [key for (key,) in cursor.fetchall()]


def insert_absent(rows: Sequence[models.Model]) -> None:
    """Insert those of the new rows that do not stand yet, by any unique constraint. No row gets its key."""
    if rows:
        _insert(type(rows[0]), _new_columns(rows), "ON CONFLICT DO NOTHING")


def overwrite(rows: Sequence[models.Model], fields: Sequence[str]) -> None:
    """Write these fields of rows that stand in the database and are locked by the caller.

    An upsert on the key, where `bulk_update` builds a CASE for each field of each row and takes many
    times as long.
    """
    if rows:
        meta: Any = rows[0]._meta
        written = [meta.get_field(name).column for name in fields]
        columns = _columns(rows, meta.concrete_fields)
        suffix = _database().ops.on_conflict_suffix_sql(
            list(columns), OnConflict.UPDATE, written, [meta.pk.column]
        )
        _insert(type(rows[0]), columns, suffix)


def record_history(
    rows: Sequence[Any], *, by: "User | None" = None, why: str = "", update: bool = False
) -> None:
    """One history row each, as `bulk_history_create` leaves it. All rows are of one model."""
    if rows:
        model = type(rows[0]).history.model
        tracked = [model._meta.get_field(field.name) for field in model.tracked_fields]
        columns = {field: [getattr(row, field.attname) for row in rows] for field in tracked}
        by, now = by or model.get_default_history_user(rows[0]), timezone.now()
        told: dict[str, list[Any]] = {
            "history_date": [getattr(row, "_history_date", now) for row in rows],
            "history_user": [getattr(getattr(row, "_history_user", by), "pk", None) for row in rows],
            "history_change_reason": [getattr(row, "_change_reason", None) or why[:100] for row in rows],
            "history_type": ["~" if update else "+"] * len(rows),
        }
        _insert(model, columns | {model._meta.get_field(name): values for name, values in told.items()})


def _database() -> BaseDatabaseWrapper:
    """The connection itself: `django.db.connection` looks it up anew at every touch, value after value."""
    return connections[DEFAULT_DB_ALIAS]


def _new_columns(rows: Sequence[models.Model]) -> Columns:
    meta: Any = rows[0]._meta
    return _columns(rows, [field for field in meta.concrete_fields if field is not meta.auto_field])


def _columns(rows: Sequence[models.Model], fields: Iterable[Any]) -> Columns:
    return {field: _values(rows, field) for field in fields}


def _values(rows: Sequence[models.Model], field: Any) -> list[Any]:
    if _sets_itself(field):
        return [field.pre_save(row, row._state.adding) for row in rows]
    return list(map(attrgetter(field.attname), rows))


def _sets_itself(field: Any) -> bool:
    """Whether a row is written with another value than its attribute has."""
    if isinstance(field, models.DateField):
        return field.auto_now or field.auto_now_add
    return type(field).pre_save is not models.Field.pre_save


def _insert(model: type[models.Model], columns: Columns, suffix: str = "") -> None:
    """Insert these columns; `suffix` says what becomes of rows that stand already."""
    connection = _database()
    quote = connection.ops.quote_name
    table = f"{quote(model._meta.db_table)} ({', '.join(quote(field.column) for field in columns)})"
    prepared = [_prepared(field, values) for field, values in columns.items()]
    rows = list(zip(*prepared, strict=True))
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            places = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} VALUES ({places}) {suffix}", rows)
        elif suffix:
            arrays = ", ".join(f"%s::{_type_of(field)}[]" for field in columns)
            cursor.execute(f"INSERT INTO {table} SELECT * FROM unnest({arrays}) {suffix}", prepared)
        else:
            # The one way to a COPY that execute wrappers see, as they see any other statement.
            cursor._execute_with_wrappers(f"COPY {table} FROM STDIN", rows, True, _copy)


def _copy(statement: str, rows: Sequence[tuple[Any, ...]], many: bool, context: dict[str, Any]) -> None:
    with context["connection"].wrap_database_errors, context["cursor"].copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _type_of(field: Any) -> str:
    """Without a length: a cast cuts off what is too long, where the column refuses it."""
    return re.sub(r"\(.*\)", "", field.db_type(_database()))


def _prepared(field: Any, values: Iterable[Any]) -> list[Any]:
    """As the database takes them. Sealed ones each anew: no two seals of a value are equal."""
    prepare: Callable[[Any], Any] = partial(field.get_db_prep_save, connection=_database())
    if not isinstance(field, Sealed | models.JSONField):  # a dict is no key of a cache
        prepare = cache(prepare)
    return [prepare(value) for value in values]


def sign(record: Any, by: "User | None", why: str) -> None:
    """Who changes the record and why: for the history row that its next `save` leaves."""
    record._history_user, record._change_reason = by, why[:100]


def revise(record: Any, fields: Iterable[str], *, by: "User | None", why: str) -> None:
    """Save these fields of a locked record as its next version, with the history row of it."""
    record.version += 1
    record.updated_at = timezone.now()
    sign(record, by, why)
    record.save(update_fields={*fields, "version", "updated_at"})
