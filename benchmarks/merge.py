"""The merge in sets against plain `update_or_create`, row by row.

usage: python -m benchmarks.merge [--answers N] [--set N] [--profile]

Both sides store the same answers, read already, in a database of its own beside that of
DATABASE_URL, and both seal and keep history. Only the merge keeps what the platform said,
matches people, and runs the checks.
"""

import cProfile
import pstats
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction
from django.test import override_settings

from houses.models import Community, House, Membership
from residents.models import Resident
from sync.books import Asked
from sync.engine import answer_digest
from sync.merge import merge
from sync.schemas import Dwelling, Member, read_answer
from sync.simulator import community
from tests.access_log import flushable

AIM = 5
PROFILED_LINES = 25


# -- the answers -------------------------------------------------------------------------


def answers(count: int) -> list[Asked]:
    """Of the simulator's communities; each household has a phone, some have two."""
    return [_asked(phone, count) for phone in islice(community.phones(count), count)]


def _asked(phone: str, households: int) -> Asked:
    data = community.answer(phone, households)
    assert data is not None
    return Asked(phone, read_answer(data, phone=phone), answer_digest(data))


# -- row by row --------------------------------------------------------------------------


def store_plainly(asked: Asked) -> None:
    """What one would write first: each row found or made by its key, one transaction for an answer."""
    with transaction.atomic():
        values = _plain(asked.answer.known(Resident.SYNCED))
        subject = _resident(asked.answer.number, values)
        for dwelling in asked.answer.houses:
            house = _house(dwelling)
            _membership(house, subject, _plain(dwelling.known(Membership.SYNCED)))
            for row in dwelling.members or []:
                if row.number != asked.answer.number:
                    _membership(house, _member(house, row), _plain(row.known(("role",))))


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Without the codes that the document does not know."""
    return {name: value for name, value in values.items() if type(value).__name__ != "Unknown"}


def _resident(number: str, values: dict[str, Any]) -> Resident:
    return Resident.objects.update_or_create(id_number=number, defaults=values)[0]


def _member(house: House, row: Member) -> Resident:
    if row.number:
        return _resident(row.number, {"name": row.name})
    known = Resident.objects.filter(memberships__house=house, name=row.name).first()
    return known or Resident.objects.create(name=row.name)


def _house(dwelling: Dwelling) -> House:
    estate, _ = Community.objects.update_or_create(platform_code=dwelling.platform_code)
    address = {part: getattr(dwelling, part) for part in House.PARTS}
    values = _plain(dwelling.known(House.SYNCED))
    return House.objects.update_or_create(community=estate, **address, defaults=values)[0]


def _membership(house: House, resident: Resident, values: dict[str, Any]) -> None:
    Membership.objects.update_or_create(house=house, resident=resident, defaults=values)


# -- measuring ---------------------------------------------------------------------------


@contextmanager
def scratch_database() -> Iterator[None]:
    """A new database on the same server (SQLite: a file), destroyed at the end."""
    with tempfile.TemporaryDirectory() as folder:
        name = str(Path(folder) / "benchmark.sqlite3") if connection.vendor == "sqlite" else "benchmark_merge"
        connection.settings_dict["TEST"]["NAME"] = name
        before = connection.settings_dict["NAME"]
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            yield
        finally:
            connection.creation.destroy_test_db(before, verbosity=0)


def rate(count: int, run: Callable[[], object]) -> float:
    """Answers a second."""
    started = time.perf_counter()
    run()
    return count / (time.perf_counter() - started)


def plainly(asked: Sequence[Asked]) -> None:
    for one in asked:
        store_plainly(one)


def in_sets(asked: Sequence[Asked], size: int) -> None:
    for at in range(0, len(asked), size):
        outcomes = merge(asked[at : at + size])
        assert not any(outcome.cause for outcome in outcomes)


def compare(options: Namespace) -> None:
    asked, count = answers(options.answers), options.answers
    print(f"{connection.vendor}：{count} 份答复，每批 {options.set} 份。")
    plain = [rate(count, lambda: plainly(asked)) for _ in ("new", "again")]
    kept = tables()
    empty()
    with profiler() if options.profile else nullcontext():
        ours = [rate(count, lambda: in_sets(asked, options.set)) for _ in ("new", "again")]
    print(f"入库行数：逐行 {kept}；成批 {tables()}。")
    for what, slow, fast in zip(("首次写入", "原样重来"), plain, ours, strict=True):
        times = fast / slow
        print(f"{what}：逐行每秒 {slow:.0f} 份，成批每秒 {fast:.0f} 份，{times:.1f} 倍（目标 {AIM} 倍）。")


def empty() -> None:
    with flushable():
        call_command("flush", interactive=False, verbosity=0)


def tables() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in (Community, House, Resident, Membership)}


@contextmanager
def profiler() -> Iterator[None]:
    """Where the time goes; what is watched runs slower."""
    with cProfile.Profile() as profile:
        yield
    pstats.Stats(profile).sort_stats("cumulative").print_stats(PROFILED_LINES)


def main() -> None:
    parser = ArgumentParser(description="比较成批写入与逐行写入的速度。")
    parser.add_argument("--answers", type=int, default=len(community.PHONES), help="答复份数")
    parser.add_argument("--set", type=int, default=500, help="每批份数")
    parser.add_argument("--profile", action="store_true", help="再列出成批写入中最耗时的调用")
    options = parser.parse_args()
    # With DEBUG Django writes down every statement.
    with override_settings(DEBUG=False), scratch_database():
        compare(options)


if __name__ == "__main__":
    main()
