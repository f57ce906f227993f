"""What a merge writes: watched, refused at the n-th write, ended there; what stands afterwards.

And the same database for other processes: they run functions of our test modules by
`manage.py shell -c`, which sets Django up before it imports anything.
"""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.models import Model

from houses.models import Community, Finding, House, Membership
from residents.models import NumberLock, Resident
from sync.models import Mention, PlatformRecord
from tests.access_log import flushable

_WRITE = re.compile(r'\s*(?:INSERT(?: OR IGNORE)? INTO|COPY|UPDATE|DELETE FROM) "(\w+)"')
_RUN = ("sync_syncrun", "sync_syncitem")
_TIMES = ("_at", "_since")


# -- writes ------------------------------------------------------------------------------


def written_table(sql: str) -> str:
    """The table that a statement of ours writes, "" where it only reads or is none of ours."""
    found = _WRITE.match(sql)
    return found[1] if found and found[1].startswith(("residents_", "houses_", "sync_")) else ""


class Watch:
    """An execute wrapper that counts the writes of merges and calls `act` at each n-th one.

    After the call it counts from the start: a try ends where a write fails. `times` limits the calls.
    """

    def __init__(self, n: int = 0, act: Callable[[], Any] | None = None, *, times: int = 1000) -> None:
        self.n, self.act, self.times = n, act, times
        self.count = self.struck = 0
        self.tables: Counter[str] = Counter()

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        table = written_table(sql)
        if table and table not in _RUN:
            self.count += 1
            self.tables[table] += 1
            if self.count == self.n and self.act and self.struck < self.times:
                self.count = 0
                self.struck += 1
                self.act()
        return execute(sql, params, many, context)


@contextmanager
def watching(watch: Watch | None = None) -> Iterator[Watch]:
    watch = watch or Watch()
    with connection.execute_wrapper(watch):
        yield watch


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


# -- what stands -------------------------------------------------------------------------


def rows() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of residents, houses and sync, keys and times included; the runs themselves aside."""
    models = [
        model for app in ("residents", "houses", "sync") for model in apps.get_app_config(app).get_models()
    ]
    kept = [model for model in models if model._meta.db_table not in _RUN]
    return {model._meta.db_table: list(model.objects.order_by("pk").values_list()) for model in kept}


# What depends on which of two phones spoke first.
TRACES = ("upstream", "sources", "version")


def state(*hidden: str) -> list[str]:
    """What the records say, without keys and times (and `hidden` fields): equal for two ways to one end."""
    sets = [
        model.objects.all() for model in (Community, House, Resident, Membership, PlatformRecord, Mention)
    ]
    records = [record for found in [*sets, Finding.objects.open()] for record in found]
    text = "\n".join(sorted(_told(record, ("inputs", *hidden)) for record in records))
    for person in Resident.objects.all():
        text = text.replace(str(person.pk), f"{person.name} {person.id_number}")
    return sorted(text.splitlines())


def _told(record: Model, hidden: tuple[str, ...]) -> str:
    """The record as text, other records named by what identifies them."""
    values = {
        field.attname: _identity(record, field) if field.is_relation else getattr(record, field.attname)
        for field in record._meta.concrete_fields
        if not field.primary_key and field.name not in hidden and not field.name.endswith(_TIMES)
    }
    text = json.dumps([type(record).__name__, values], ensure_ascii=False, default=str, sort_keys=True)
    return re.sub(r'"at": "[^"]*"', '"at": ""', text)


def _identity(record: Model, field: Any) -> Any:
    other = getattr(record, field.name)
    match other:
        case Resident():
            return str(other.pk)
        case House():
            return [other.community.platform_code, other.address]
        case Membership():
            return [other.house.address, str(other.resident_id)]
        case Community():
            return other.platform_code
        case PlatformRecord():
            return other.phone
    return other


def duplicates() -> list[Any]:
    """Whatever stands twice that must stand once."""
    people = [(person.name, person.id_number) for person in Resident.objects.all()]
    homes = [
        (house.community.platform_code, house.address) for house in House.objects.select_related("community")
    ]
    codes = list(Community.objects.values_list("platform_code"))
    members = list(Membership.objects.values_list("house", "resident"))
    found = list(Finding.objects.values_list("code", "field", "resident", "house", "membership", "community"))
    counts = Counter([*people, *homes, *codes, *members, *found, *NumberLock.objects.values_list("key")])
    return [what for what, times in counts.items() if times > 1]


def clear() -> None:
    with flushable():
        call_command("flush", interactive=False, verbosity=0)


# -- other processes ---------------------------------------------------------------------


class Shared:
    """The test's database, empty, for other processes too: a file on SQLite, itself on PostgreSQL."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "shared.sqlite3"
        self.push()

    @property
    def url(self) -> str:
        if connection.vendor == "sqlite":
            return f"sqlite:///{self.path}"
        of = connection.settings_dict
        return f"postgres://{of['USER']}:{of['PASSWORD']}@{of['HOST']}:{of['PORT']}/{of['NAME']}"

    def push(self) -> None:
        """Let the others see what this process sees."""
        self._copy(to_file=True)

    def pull(self) -> None:
        """See what the others have stored."""
        self._copy(to_file=False)

    def _copy(self, *, to_file: bool) -> None:
        if connection.vendor != "sqlite":
            return
        connection.ensure_connection()
        with closing(sqlite3.connect(self.path)) as file:
            here = connection.connection
            source, target = (here, file) if to_file else (file, here)
            source.backup(target)
            # As `migrate` leaves it: of many who turn a file to WAL at once, some are refused.
            file.execute("PRAGMA journal_mode=WAL")

    def start(self, call: str) -> subprocess.Popen[str]:
        """A process that runs `module.function(arguments)` with our settings."""
        module = call.partition("(")[0].rpartition(".")[0]
        names = ("PLATFORM_TOKEN_URL", "PLATFORM_LOOKUP_URL", "PLATFORM_KEY_K", "PLATFORM_KEY_D")
        given = {name: str(getattr(settings, name)) for name in names}
        return subprocess.Popen(
            [sys.executable, "manage.py", "shell", "--no-imports", "-c", f"import {module}; {call}"],
            cwd=settings.BASE_DIR,
            env=os.environ | given | {"DATABASE_URL": self.url, "PLATFORM_DEADLINE": "30"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
