"""The work queues of a big office: what counting them and opening a page takes.

usage: python -m benchmarks.queues [--memberships N] [--plans]

The records are made in a database of its own beside that of DATABASE_URL, in the mix of an
office that has worked for a while. Each time is the median of several; the ratio is to a plain
`SELECT count(*)` of the same memberships in the same run.
"""

import statistics
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from random import Random
from typing import Any

from django.db import connection
from django.test import override_settings
from django.utils import timezone

from houses import queues
from houses.choices import HouseholdType, Role
from houses.models import Community, Finding, House, Membership, StaffRole, Submission
from houses.queues import Queue
from houses.states import EndReason, FindingCode, FindingStatus, Status
from houses.visibility import Scope, for_staff
from residents.id_numbers import check_character
from residents.models import Resident, User
from residents.upstream import Said

from .merge import scratch_database

COMMUNITIES, MEMBERS_A_HOUSE = 30, 3
PAGE, DEEP = 50, 20
REPEATS = 7
BATCH = 2000

# Of a hundred memberships; the rest has ended. One activated record in fifty has a gap.
MIX = {Status.INCOMPLETE: 45, Status.COMPLETED: 30, Status.ACTIVATED: 24}
GAPS = 50

# Of a hundred thousand memberships.
ERRORS_ON = {"resident": 1400, "membership": 550, "house": 50}
NOTICES, SETTLED = 3000, 8000
WAITING, RETURNED, APPLIED = 500, 300, 20_000
NEWLY_NAMED = 10  # one open entry in ten names somebody new

Entry = Submission.Status
chance = Random(20)


# -- the records -------------------------------------------------------------------------


def fill(memberships: int) -> None:
    communities = _made(
        Community(name=f"第{n}小区", platform_code=str(n), confirmed_at=timezone.now())
        for n in range(1, COMMUNITIES + 1)
    )
    houses = _made(_house(n, communities) for n in range(memberships // MEMBERS_A_HOUSE + 1))
    people = _made(_person(n) for n in range(memberships))
    rows = _made(_membership(n, houses, people) for n in range(memberships))
    share = memberships / 100_000
    _made(_entries(rows, share))
    records = {"resident": people, "membership": rows, "house": houses}
    _made(_findings(records, share))


def _made(records: Iterable[Any]) -> list[Any]:
    """In sets: without what the transitions of a hundred thousand rows would cost."""
    made = list(records)
    return type(made[0])._default_manager.bulk_create(made, batch_size=BATCH) if made else made


def _moment() -> Any:
    return timezone.now() - timedelta(minutes=chance.randrange(500_000))


def _house(n: int, communities: list[Community]) -> House:
    home, at = communities[n % COMMUNITIES], n // COMMUNITIES
    floor = str(at // 8 % 34 + 1)
    building = str(at // (8 * 34) + 1)
    return House(community=home, building=building, unit="1", floor=floor, room=f"{floor}0{at % 8 + 1}")


def _person(n: int) -> Resident:
    first17 = f"{110101 + n // 1000}19800307{n % 1000:03d}"
    number = first17 + check_character(first17)
    person = Resident(name=f"住户{n}", id_number=number, ethnicity="01", sex=2 - n % 2)
    for field, value in {"name": person.name, "id_number": number}.items():
        person.said.put(field, Said(value, rank=1))
    return person


def _membership(n: int, houses: list[House], people: list[Resident]) -> Membership:
    at = n // MEMBERS_A_HOUSE
    owner = people[at * MEMBERS_A_HOUSE]
    row = Membership(house=houses[at], resident=people[n], created_at=_moment())
    row.role = Role.SELF if people[n] is owner else Role.RELATIVE
    row.household_type = HouseholdType.OWNER
    row.managed_by = None if people[n] is owner else owner
    row.said.put("role", Said(row.role, rank=2))
    _state(row)
    return row


def _state(row: Membership) -> None:
    """Written as it would stand: `restate` asks each person's whole record."""
    shares = [*MIX.values(), 100 - sum(MIX.values())]
    row.status = chance.choices([*MIX, Status.ENDED], shares)[0]
    if row.status == Status.COMPLETED or (row.status == Status.ACTIVATED and chance.randrange(GAPS)):
        row.completed_at = _moment()
    if row.status == Status.ACTIVATED:
        row.activated_at = row.bound_at = _moment()
        row.activated_by_account = True
    if row.status == Status.ENDED:
        row.ended_at, row.end_reason = _moment(), EndReason.MOVED_OUT


def _entries(rows: list[Membership], share: float) -> Iterator[Submission]:
    about = [row for row in rows if row.status != Status.ENDED]
    for status, number in {Entry.WAITING: WAITING, Entry.RETURNED: RETURNED, Entry.APPLIED: APPLIED}.items():
        for row in chance.sample(about, round(number * share)):
            names_somebody_new = status != Entry.APPLIED and not chance.randrange(NEWLY_NAMED)
            yield Submission(
                house=row.house,
                membership=None if names_somebody_new else row,
                author=Submission.Author.OWNER if row.managed_by_id else Submission.Author.SELF,
                status=status,
                values={"registered_address": "河北省秦皇岛市海港区文化路1号"},
                submitted_at=_moment(),
                decided_at=None if status == Entry.WAITING else _moment(),
            )


def _findings(records: dict[str, list[Any]], share: float) -> Iterator[Finding]:
    codes = {"resident": FindingCode.ID_SHARED, "membership": FindingCode.SECOND_OWNER}
    for kind, number in ERRORS_ON.items():
        code = codes.get(kind, FindingCode.PLATFORM_CONFLICT)
        for record in chance.sample(records[kind], round(number * share)):
            yield _finding(code, opened_at=_moment(), **{kind: record})
    for row in chance.sample(records["membership"], round(NOTICES * share)):
        yield _finding(FindingCode.ROLE_UNCLEAR, membership=row)
    for person in chance.sample(records["resident"], round(SETTLED * share)):
        mended = {"status": FindingStatus.RESOLVED, "settled_at": timezone.now()}
        yield _finding(FindingCode.ID_BIRTH_MISMATCH, resident=person, **mended)


def _finding(code: str, **values: Any) -> Finding:
    return Finding(code=code, sentence="请核对。", inputs="0" * 43, **values)


def tidy() -> None:
    """What the database does by itself from time to time: it knows its tables."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


# -- who looks ---------------------------------------------------------------------------


def viewers() -> dict[str, Scope]:
    chief = User.objects.create(username="chief", is_staff=True, is_superuser=True)
    clerk = User.objects.create(username="clerk", is_staff=True)
    home = Community.objects.earliest("pk")
    StaffRole.objects.create(user=clerk, community=home, role=StaffRole.Role.CLERK)
    return {"系统管理员": for_staff(chief), "一个小区的录入员": for_staff(clerk)}


# -- measuring ---------------------------------------------------------------------------


def milliseconds(run: Callable[[], object]) -> float:
    def once() -> float:
        started = time.perf_counter()
        run()
        return (time.perf_counter() - started) * 1000

    return statistics.median(once() for _ in range(REPEATS))


def measure(scope: Scope) -> Iterator[tuple[str, float]]:
    """What is measured, and how long it takes; the plain count comes first."""
    yield "SELECT count(*)", milliseconds(scope.memberships.count)
    yield "counts()", milliseconds(lambda: queues.counts(scope))
    for queue in Queue:
        for number in (1, DEEP):
            page = queues.rows(scope, queue)[(number - 1) * PAGE : number * PAGE]
            yield f"{queue.label}，第 {number} 页", milliseconds(lambda page=page: list(page.all()))


def compare(options: Namespace) -> None:
    fill(options.memberships)
    tidy()
    print(f"{connection.vendor}：{Membership.objects.count()} 条房屋成员，每页 {PAGE} 行。")
    for who, scope in viewers().items():
        print(f"{who}：{ {Queue(name).label: n for name, n in queues.counts(scope).items()} }")
        plain = None
        for what, took in measure(scope):
            plain = plain or took
            print(f"  {what:　<12}{took:8.1f} 毫秒 {took / plain:6.1f} 倍")
        if options.plans:
            show_plans(scope)


def show_plans(scope: Scope) -> None:
    for queue in Queue:
        page = queues.rows(scope, queue)[:PAGE]
        print(f"\n{queue.label}\n{page.explain(**_asked_plan())}")


def _asked_plan() -> dict[str, bool]:
    return {"analyze": True} if connection.vendor == "postgresql" else {}


def main() -> None:
    parser = ArgumentParser(description="测量工作队列的计数和翻页。")
    parser.add_argument("--memberships", type=int, default=100_000, help="房屋成员条数")
    parser.add_argument("--plans", action="store_true", help="再列出每个队列首页的查询计划")
    options = parser.parse_args()
    # With DEBUG Django writes down every statement.
    with override_settings(DEBUG=False), scratch_database():
        compare(options)


if __name__ == "__main__":
    main()
