"""The mini-program's first page, "my houses with members", in a register of 100,000 people.

usage: python -m benchmarks.home [--residents N] [--profile]

The records are made in a database of its own beside that of DATABASE_URL. Each account's page is
asked for in turn, in process, by its token; in the same run and the same order a plain view tells
the same houses, memberships and people to anybody: ModelSerializer with prefetch, the fields listed.
"""

import statistics
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import path
from django.utils import timezone
from rest_framework.generics import ListAPIView
from rest_framework.pagination import PageNumberPagination
from rest_framework.serializers import ModelSerializer, StringRelatedField
from rest_framework.test import APIClient

import config.urls
from houses.choices import Role
from houses.family import Family
from houses.models import House, Membership
from houses.states import Status
from residents.api import throttles
from residents.models import Consent, Device, Resident, User

from .merge import profiler, scratch_database
from .queues import fill, tidy

QUERIES, TIMES = 6, 1.5  # the aims
ACCOUNTS, ROUNDS, WARM = 50, 8, 20


# -- who looks ---------------------------------------------------------------------------


def households(count: int) -> list[User]:
    """Accounts of owners, each with a family, whom they fill for; one entry has been begun."""
    rows = Membership.objects.open().filter(role=Role.SELF).exclude(status=Status.ACTIVATED)
    found = [row for row in rows.select_related("resident")[: 4 * count : 4] if _at_home(row)]
    return [_account(n, row) for n, row in enumerate(found[:count])]


def _at_home(row: Membership) -> bool:
    return row.house.memberships.open().count() > 2


def _account(n: int, row: Membership) -> User:
    now = timezone.now()
    Membership.objects.filter(pk=row.pk).update(bound_at=now)
    user: User = User.objects.create_user(
        f"owner{n}",
        phone=f"139{n:08}",
        phone_verified_at=now,
        resident=row.resident,
        stated_name=row.resident.name,
        stated_at=now,
    )
    Consent.give(user, Consent.Kind.NOTICE)
    other = row.house.memberships.open().filter(managed_by=row.resident).first()
    Family(user).draft(other.pk, {"job_title": "护士"})
    return user


# -- the plain view ----------------------------------------------------------------------


class PlainPerson(ModelSerializer[Resident]):
    class Meta:
        model = Resident
        fields = (
            "id", "name", "sex", "birth_date", "ethnicity", "registered_address", "political_status",
            "is_veteran", "is_low_income",
        )  # fmt: skip


class PlainMember(ModelSerializer[Membership]):
    resident = PlainPerson()

    class Meta:
        model = Membership
        fields = ("id", "role", "nickname", "status", "resident")


class PlainHouse(ModelSerializer[House]):
    community: Any = StringRelatedField()
    memberships = PlainMember(many=True)

    class Meta:
        model = House
        fields = ("id", "community", "building", "unit", "floor", "room", "memberships")


class TwentyAPage(PageNumberPagination):
    page_size = 20


class Plain(ListAPIView[House]):
    """The houses of one person, to whoever asks."""

    authentication_classes, permission_classes, throttle_classes = (), (), ()
    serializer_class = PlainHouse
    pagination_class = TwentyAPage

    def get_queryset(self) -> Any:
        own = House.objects.filter(memberships__resident=self.kwargs["person"])
        return own.order_by("pk").select_related("community").prefetch_related("memberships__resident")


urlpatterns = [path("plain/<uuid:person>/", Plain.as_view()), *config.urls.urlpatterns]


# -- measuring ---------------------------------------------------------------------------


def ask(address: str, token: str = "") -> Callable[[], Any]:
    client = APIClient()
    if token:
        client.credentials(HTTP_AUTHORIZATION=f"Token {token}")

    def once() -> Any:
        answer = client.get(address)
        assert answer.status_code == 200, answer.content
        return answer.json()

    return once


def queries(once: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as asked:
        once()
    return len(asked)


def milliseconds(once: Callable[[], Any]) -> float:
    started = time.perf_counter()
    once()
    return (time.perf_counter() - started) * 1000


def compare(options: Namespace) -> None:
    fill(options.residents)
    users = households(ACCOUNTS)
    tidy()
    ours = [ask("/api/v1/houses/", Device.sign_in(user)[1]) for user in users]
    plain = [ask(f"/plain/{user.resident_id}/") for user in users]
    people = sum(len(house["members"]) + house["counted"] for house in ours[0]()["results"])
    print(
        f"{connection.vendor}：{Resident.objects.count()} 位居民，{len(users)} 个帐号，每户约 {people} 人。"
    )
    for once in (*ours[:WARM], *plain[:WARM]):
        once()
    if options.profile:
        with profiler():
            for once in ours:
                once()
    took = [
        (milliseconds(one), milliseconds(other))
        for _ in range(ROUNDS)
        for one, other in zip(ours, plain, strict=True)
    ]
    report(
        max(map(queries, ours)),
        max(map(queries, plain)),
        *(statistics.median(all_) for all_ in zip(*took, strict=True)),
    )


def report(asked: int, asked_plainly: int, ours: float, plain: float) -> None:
    print(f"  我的房屋和成员，登录：{asked} 次查询（目标 {QUERIES}），p50 {ours:.2f} 毫秒。")
    print(f"  ModelSerializer，不登录：{asked_plainly} 次查询，p50 {plain:.2f} 毫秒。")
    print(f"  {ours / plain:.2f} 倍（目标 {TIMES} 倍）。")


def main() -> None:
    parser = ArgumentParser(description="测量小程序首页：我的房屋和成员。")
    parser.add_argument("--residents", type=int, default=100_000, help="居民人数")
    parser.add_argument("--profile", action="store_true", help="再列出耗时最多的函数")
    options = parser.parse_args()
    for throttle in (throttles.PerAccount, throttles.PerAddress):
        throttle.READING = "1000000/min"
    # With DEBUG Django writes down every statement.
    production = {"DEBUG": False, "ALLOWED_HOSTS": ["testserver"], "SECURE_SSL_REDIRECT": False}
    with override_settings(**production, ROOT_URLCONF=__name__), scratch_database():
        compare(options)


if __name__ == "__main__":
    main()
