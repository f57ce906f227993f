"""The workbench's addresses, and a community that has something to show on each of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from houses.choices import Role
from houses.models import Community, Finding, House, Invitation, Membership, Request, Submission
from houses.queues import Queue
from houses.states import EndReason, FindingCode
from residents.bulk import record_history
from residents.models import AccessLog, Resident, User
from residents.models.resident import Absorbed
from residents.upstream import Sources
from sync.models import Mention, NightlySync, PlatformRecord, SyncItem, SyncRun

from .factories import id_number
from .household import THE_REST
from .office import Place
from .pictures import put

# What has no page to read: a GET is answered with 405.
POST_ONLY = {
    "/staff/claims/<str:kind>/<int:pk>/",
    "/staff/findings/<int:pk>/take/",
    "/staff/residents/<uuid:pk>/reveal/",
    "/staff/submissions/<int:pk>/approve/",
    "/staff/sync/house/<int:pk>/",
    "/staff/sync/nightly/<int:pk>/",
    "/staff/sync/runs/<int:pk>/cancel/",
    "/staff/sync/runs/<int:pk>/resume/",
    "/staff/sync/runs/<int:pk>/retry/",
}
# Answers that are no page of their own: a redirect, a drawing, a fragment.
FRAGMENTS = {
    "/staff/queues/<str:queue>/onward/",
    "/staff/houses/<int:pk>/code.svg",
    "/staff/residents/<uuid:pk>/photo.jpg",
    "/staff/sync/list/",
    "/staff/sync/recent/",
    "/staff/sync/runs/<int:pk>/progress/",
}


def routes(patterns: Any = None, before: str = "/") -> Iterator[str]:
    """Every address under /staff/."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and route.startswith("/staff/"):
            yield route


# -- a furnished community ---------------------------------------------------------------


@dataclass
class Bench:
    """What stands in the addresses: one record of each kind, of one community."""

    place: Place
    entry: Submission
    waiting: Submission
    request: Request
    gone: Membership
    ready: Membership
    account: User
    run: SyncRun
    going_on: SyncRun

    def fill_in(self, route: str) -> str:
        place = self.place
        keys = {
            "communities": place.community.pk,
            "grid": place.community.pk,
            "houses": place.house.pk,
            "house": place.house.pk,
            "community": place.community.pk,
            "nightly": place.community.pk,
            "runs": self.run.pk,
            "members": self.gone.pk if "reopen" in route else place.membership.pk,
            "claims": place.membership.pk,
            "residents": place.owner.pk,
            "findings": place.finding.pk,
            "entries": self.entry.pk,
            "submissions": self.waiting.pk,
            "requests": self.request.pk,
        }
        kind = route.split("/")[3 if route.startswith("/staff/sync/") else 2]
        for part in ("<int:pk>", "<uuid:pk>", "<int:community>"):
            route = route.replace(part, str(keys.get(kind, "")))
        return route.replace("<str:queue>", Queue.REVIEW).replace("<str:kind>", "memberships")

    @property
    def addresses(self) -> list[str]:
        """Every address, and what its filters and choices make of it."""
        return sorted({*map(self.fill_in, routes()), *self.variants})

    @property
    def variants(self) -> list[str]:
        place, member = self.place, f"/staff/members/{self.place.membership.pk}/"
        grid = f"/staff/grid/{place.community.pk}/"
        chosen = f"community={place.community.pk}"
        return [
            f"/staff/?{chosen}",
            *(f"/staff/queues/{queue}/" for queue in Queue.values),
            f"/staff/queues/finding/?{chosen}",
            *(f"{member}?queue={queue}" for queue in Queue.values),
            f"/staff/members/{self.gone.pk}/",
            f"/staff/members/{self.ready.pk}/?queue=activate",
            f"/staff/members/{self.ready.pk}/activate/?next=/staff/",
            f"/staff/entries/{self.entry.pk}/?queue=review",
            f"/staff/submissions/{self.entry.pk}/return/",
            f"/staff/residents/{place.owner.pk}/absorb/?other={self.ready.resident_id}",
            f"/staff/houses/{place.house.pk}/add/?for=newborn",
            f"{grid}?building={place.house.building}&unit=1&state=finding",
            f"/staff/requests/?{chosen}&kind=bind",
            "/staff/requests/?tab=answered",
            f"/staff/findings/?{chosen}&weight=error",
            "/staff/findings/?code=id_birth_mismatch",
            "/staff/sync/runs/?kind=community&status=stopped",
            f"/staff/sync/runs/{self.run.pk}/failures/?cause=deadline",
            f"/staff/sync/runs/{self.going_on.pk}/",
        ]


def account_of(name: str, number: str, phone: str, person: Resident | None = None) -> User:
    """A household's login."""
    now = timezone.now()
    return User.objects.create(
        username=f"u{phone}",
        phone=phone,
        phone_verified_at=now,
        stated_name=name,
        stated_id_number=number,
        stated_at=now,
        resident=person,
    )


def member(house: House, person: Resident, role: int, **values: Any) -> Membership:
    row = Membership(house=house, resident=person, role=role, **values)
    row.restate(person)
    row.save()
    return row


def furnish(place: Place, serial: int = 1) -> Bench:
    """To the household: an account, entries, requests, one who left and one who is ready, a look."""
    now, clerk, surname = timezone.now(), place.staff["clerk"], place.names[0]
    place.owner.refresh_from_db()
    account = account_of(place.owner.name, place.owner.id_number, place.owner.phone, place.owner)
    asker = account_of(f"{surname}客", id_number(800 + serial), f"138777{serial:05d}")
    wife, son = (
        Resident.objects.create(
            name=f"{surname}{word}", id_number=number, phone=f"137{n}66{serial:05d}", sex=2 - n % 2,
            birth_date=date(1980, 3, 7), contact=place.owner, **THE_REST,
        )
        for n, (word, number) in enumerate(
            [("妻", id_number(810 + 2 * serial)), ("儿", id_number(811 + 2 * serial))]
        )
    )  # fmt: skip
    place.owner.contact = wife
    place.owner.photo_url = "https://photos.example.cn/1.jpg"
    place.owner.save()
    put(place.owner, Sources.PLATFORM)
    Absorbed.objects.create(kept=place.owner, former=uuid4())
    ready = member(place.house, wife, Role.WIFE, managed_by=place.owner)
    gone = member(place.house, son, Role.SON, ended_at=now, end_reason=EndReason.MOVED_OUT)
    record_history([ready, gone], by=clerk, why=f"{surname}登记")
    place.membership.claimed_by, place.membership.claimed_at = clerk, now - timedelta(hours=2)
    place.membership.save()
    waiting = Submission.objects.create(
        house=place.house, membership=place.membership, author="owner", account=account, submitted_at=now,
        values={"ethnicity": "02", "employer": f"{surname}公司", "phone": "13912345678"}, status="waiting",
    )  # fmt: skip
    Submission.objects.create(
        house=place.house, membership=ready, author="self", account=asker, submitted_at=now, decided_at=now,
        values={"job_title": f"{surname}工"}, status="returned", note=f"{surname}请改",
        reasons={"job_title": f"{surname}不清"},
    )  # fmt: skip
    entry = Submission.objects.create(
        house=place.house, author="owner", account=account, submitted_at=now, status="waiting",
        values={"name": f"{surname}新人", "role": Role.TENANT, "phone": "13912345678"},
    )  # fmt: skip
    request = Request.ask(
        Request.Kind.BIND, asker, house=place.house, role=Role.TENANT, text=f"{surname}求绑定 13712345678"
    )
    Request.ask(Request.Kind.END, account, house=place.house, membership=ready, text=f"{surname}搬走")
    closed = Request.ask(Request.Kind.BIND, account, house=place.house, role=Role.TENANT)
    closed.settle(Request.Status.REFUSED, f"{surname}不是", by=place.staff["manager"])
    AccessLog.write(clerk, place.owner.pk, AccessLog.Kind.REVEAL, fields=["phone"], reason=f"{surname}事由")
    Invitation.objects.create(
        membership=ready, key=f"k{serial}", invited_by=clerk, expires_at=now + timedelta(hours=72)
    )
    for record in (place.house, place.owner):
        record_history([record], by=clerk, why=f"{surname}改过", update=True)
    run, going_on = sync_runs(place, serial)
    return Bench(place, entry, waiting, request, gone, ready, account, run, going_on)


def sync_runs(place: Place, serial: int) -> tuple[SyncRun, SyncRun]:
    """Over the community: one that was stopped, with every outcome, and the one of this night."""
    now, by = timezone.now(), place.staff["manager"]
    over = {"community": place.community, "total": len(SyncItem.Outcome.values)}
    stopped = SyncRun.objects.create(
        kind="community", started_by=by, status="stopped", cause="unavailable", finished_at=now, **over
    )
    SyncItem.objects.bulk_create(
        SyncItem(
            run=stopped,
            phone=place.owner.phone if outcome == "created" else f"135{n:04d}{serial:04d}",
            outcome=outcome,
            cause="deadline" if outcome == "failed" else "",
        )
        for n, outcome in enumerate(SyncItem.Outcome.values)
    )
    going_on = SyncRun.objects.create(kind="nightly", heartbeat_at=now, **over)
    SyncItem.objects.create(run=going_on, phone=place.owner.phone)
    NightlySync.objects.create(community=place.community, is_on=True, switched_by=by)
    return stopped, going_on


# -- many rows -----------------------------------------------------------------------------


def grow(bench: Bench, first: int, last: int) -> None:
    """More of everything: a member each for seven buildings, every tenth of them in the first house."""
    place, now = bench.place, timezone.now()
    clerk, manager = place.staff["clerk"], place.staff["manager"]
    serials = range(first, last)
    people = Resident.objects.bulk_create(
        Resident(
            name=place.owner.name if n % 40 == 0 else f"住户{n}",
            pinyin=" zhuhu zh",
            id_number=id_number(n % 1000, area=f"{130000 + n // 1000}"),
            phone=f"138{n:08d}",
            sex=1,
            birth_date=date(1980, 3, 7),
            contact=place.owner if n % 3 == 0 else None,
            **({} if n % 5 in (3, 4) else THE_REST),
        )
        for n in serials
    )
    homes = House.objects.bulk_create(
        House(
            community=place.community,
            building=str(n % 7),
            unit="1",
            floor=str(n // 28),
            room=f"{n // 28}0{n % 4}",
        )
        for n in serials
    )
    rows = [
        Membership(
            house=place.house if n % 10 == 0 else home,
            resident=person,
            role=Role.TENANT,
            managed_by=place.owner if n % 3 == 0 else None,
            claimed_by=clerk if n % 4 == 0 else None,
            claimed_at=now if n % 4 == 0 else None,
            ended_at=now if n % 10 == 9 else None,
            end_reason=EndReason.MOVED_OUT if n % 10 == 9 else "",
        )
        for n, home, person in zip(serials, homes, people, strict=True)
    ]
    rows += [
        Membership(house=home, resident=place.owner, role=Role.SELF, managed_by=people[0])
        for n, home in zip(serials, homes, strict=True)
        if n % 50 == 5
    ]
    for row in rows:
        row.restate(row.resident)
    rows = Membership.objects.bulk_create(rows)
    for records in (people, homes, rows):
        record_history(records, by=clerk, why="登记")
    _find(serials, people, homes, rows)
    _hand_in(serials, people, homes, rows, manager)
    _look(bench, people, rows, manager)


def _find(serials: range, people: list[Any], homes: list[Any], rows: list[Any]) -> None:
    told = {"sentence": "请核对。", "inputs": "0" * 43}
    found = []
    for n, person, home, row in zip(serials, people, homes, rows[: len(people)], strict=True):
        if n % 5 == 4:
            found += [
                Finding(code=FindingCode.ID_BIRTH_MISMATCH, resident=person, field="birth_date", **told)
            ]
            suggestion = {"field": "role", "value": 3}
            found += [Finding(code=FindingCode.PLATFORM_CONFLICT, membership=row, field="role",
                              suggestion=suggestion, **told)]  # fmt: skip
        if n % 25 == 3:
            found += [Finding(code=FindingCode.PLATFORM_CONFLICT, house=home, field="use", **told)]
    Finding.objects.bulk_create(found)


def _hand_in(serials: range, people: list[Any], homes: list[Any], rows: list[Any], manager: User) -> None:
    now = timezone.now()
    accounts = User.objects.bulk_create(
        User(username=f"户{n}", stated_name=f"住户{n}", resident=person if n % 2 else None)
        for n, person in zip(serials, people, strict=True)
    )
    entries, requests = [], []
    for n, home, row, account in zip(serials, homes, rows[: len(people)], accounts, strict=True):
        common = {"house": row.house, "author": "owner", "account": account, "submitted_at": now}
        status = {0: "waiting", 1: "returned"}.get(n % 5)
        if status and row.is_open:
            entries.append(
                Submission(
                    membership=row, values={"ethnicity": "02"}, status=status, decided_at=now, **common
                )
            )
        if n % 5 == 2:
            entries.append(Submission(values={"name": f"新{n}", "role": 2}, status="waiting", **common))
        answered = {"status": "refused", "answered_at": now, "answered_by": manager, "answer": "不是"}
        requests.append(
            Request(
                kind="bind", account=account, house=row.house, community=row.house.community, role=2,
                membership=row if n % 3 == 0 else None, **(answered if n % 4 == 0 else {}),
            )
        )  # fmt: skip
        if n % 10 == 1:  # what a house page shows of its own
            requests.append(Request(kind="end", account=account, house=home, membership=row,
                                    community=home.community))  # fmt: skip
    Submission.objects.bulk_create(entries)
    Request.objects.bulk_create(requests)


def _look(bench: Bench, people: list[Any], rows: list[Any], manager: User) -> None:
    """What the other tables hold: looks at the owner, answers of the platform, runs, communities."""
    place = bench.place
    AccessLog.objects.bulk_create(
        AccessLog(account=manager, resident=place.owner, kind="reveal", reason="电话联系") for _ in people
    )
    records = PlatformRecord.objects.bulk_create(
        PlatformRecord(phone=person.phone, subject=person, checked_at=timezone.now()) for person in people
    )
    Mention.objects.bulk_create(
        Mention(record=record, membership=row)
        for record, row in zip(records, rows[: len(people)], strict=True)
    )
    done = {"kind": "community", "status": "done", "finished_at": timezone.now()}
    runs = SyncRun.objects.bulk_create(
        SyncRun(started_by=manager, community=place.community, **done) for _ in people
    )
    SyncItem.objects.bulk_create(
        SyncItem(run=run, phone=person.phone) for run, person in zip(runs, people, strict=True)
    )
    SyncItem.objects.bulk_create(
        SyncItem(run=bench.run, phone=f"{code}{person.phone[3:]}" if cause else person.phone,
                 outcome=outcome, cause=cause)
        for person in people
        for outcome, cause, code in [("created", "", ""), ("failed", "deadline", "136")]
    )  # fmt: skip
    Community.objects.bulk_create(
        Community(name=f"小区{person.phone}", platform_code=f"p{person.phone}") for person in people
    )
