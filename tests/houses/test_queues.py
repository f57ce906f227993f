"""Which queue a record stands in, whose turn it is, and who comes first (workflows.md, Work queues)."""

import re
from collections.abc import Iterable
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from houses.choices import Role
from houses.models import Community, Finding, House, Membership, StaffRole, Submission
from houses.office import Office
from houses.queues import Queue, counts, queue_of, rows
from houses.states import EndReason, FindingCode, FindingStatus, Status
from houses.visibility import Scope, for_staff
from residents.models import Resident, User
from tests.factories import (
    CommunityFactory,
    FindingFactory,
    HouseFactory,
    MembershipFactory,
    ResidentFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

EVERYTHING = Scope(None)
WAITING, RETURNED = Submission.Status.WAITING, Submission.Status.RETURNED
NOW = timezone.now()


def ago(days: int) -> Any:
    return NOW - timedelta(days=days)


def entry(row: Membership | None, status: str, **values: Any) -> Submission:
    """What somebody typed about this member, or about somebody new."""
    house = values.pop("house", None) or (row.house if row else HouseFactory())
    values = {"author": "owner", "submitted_at": NOW, "decided_at": NOW} | values
    return Submission.objects.create(house=house, membership=row, status=status, **values)


def error(**record: Any) -> Finding:
    return FindingFactory(**{"membership": None, "code": FindingCode.PLATFORM_CONFLICT, **record})


def incomplete(**values: Any) -> Membership:
    return MembershipFactory(resident__ethnicity="", **values)


def done(**values: Any) -> Membership:
    """Complete and activated: nobody has to do anything."""
    return MembershipFactory(activated=True, **values)


def managed(**values: Any) -> Membership:
    """Somebody incomplete for whom the owner of the house may fill."""
    owner = done()
    return incomplete(house=owner.house, managed_by=owner.resident, role=Role.WIFE, **values)


def standing(record: Any, scope: Scope = EVERYTHING) -> list[tuple[str, str]]:
    """Every queue in which the record has a row, and whose turn it says it is."""
    kind = record._meta.model_name
    return [
        (queue.value, row["turn"])
        for queue in Queue
        for row in rows(scope, queue)
        if row["kind"] == kind and row[f"of_{kind}"] == record.pk
    ]


def waiting_in(queue: str, scope: Scope = EVERYTHING) -> list[Any]:
    """The keys of the rows, in order."""
    return [row[f"of_{row['kind']}"] for row in rows(scope, queue)]


def clerk_of(*communities: Community) -> User:
    user: User = UserFactory(staff=True)
    for community in communities:
        StaffRole.objects.create(user=user, community=community, role=StaffRole.Role.CLERK)
    return user


# -- somebody waits for us ---------------------------------------------------------------


def test_an_entry_that_waits_is_the_offices_to_review() -> None:
    row = incomplete()
    entry(row, WAITING)
    assert standing(row) == [("review", "office")]


def test_two_entries_about_one_member_are_one_row() -> None:
    row = incomplete()
    entry(row, WAITING)
    entry(row, WAITING, author="self")
    assert standing(row) == [("review", "office")]


def test_an_error_on_the_membership_is_the_offices_to_settle() -> None:
    row = done()
    error(membership=row)
    assert standing(row) == [("finding", "office")]


def test_an_error_on_the_person_stands_at_each_home() -> None:
    row = done()
    second = done(resident=row.resident)
    error(resident=row.resident)
    assert standing(row) == standing(second) == [("finding", "office")]


def test_errors_on_the_person_and_on_the_membership_are_one_row() -> None:
    row = done()
    error(membership=row)
    error(resident=row.resident)
    assert standing(row) == [("finding", "office")]


def test_a_completed_member_waits_for_activation() -> None:
    assert standing(MembershipFactory()) == [("activate", "office")]


# -- we wait for the household -----------------------------------------------------------


@pytest.mark.parametrize(
    ("author", "turn"),
    [("owner", "owner"), ("self", "self"), ("invitation", "self"), ("staff", "office")],
)
def test_a_returned_entry_waits_for_whoever_wrote_it(author: str, turn: str) -> None:
    row = managed()
    entry(row, RETURNED, author=author)
    assert standing(row) == [("returned", turn)]


def test_the_owners_returned_entry_waits_for_the_person_who_manages_the_own_data_by_now() -> None:
    row = managed(resident__self_managed_since=NOW)
    entry(row, RETURNED, author="owner")
    assert standing(row) == [("returned", "self")]


def test_of_two_returned_entries_the_last_says_whose_turn_it_is() -> None:
    row = managed()
    entry(row, RETURNED, author="self", decided_at=ago(1))
    entry(row, RETURNED, author="owner", decided_at=ago(2))
    assert standing(row) == [("returned", "self")]


def test_an_incomplete_member_waits_for_the_owner_who_may_fill() -> None:
    assert standing(managed()) == [("complete", "owner")]


def test_an_incomplete_member_for_whom_nobody_may_fill_waits_for_the_person() -> None:
    assert standing(incomplete()) == [("complete", "self")]


def test_an_incomplete_member_who_manages_the_own_data_waits_for_the_person() -> None:
    assert standing(managed(resident__self_managed_since=NOW)) == [("complete", "self")]


def test_an_owner_who_left_the_house_is_not_waited_for() -> None:
    row = managed()
    Membership.objects.get(resident=row.managed_by).end(EndReason.MOVED_OUT)
    assert standing(row) == [("complete", "self")]


def test_an_activated_member_with_a_gap_is_to_be_completed() -> None:
    row = done(resident__ethnicity="")
    assert (row.status, standing(row)) == (Status.ACTIVATED, [("complete", "self")])


# -- the first that applies --------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "queue"),
    [
        ({"waiting", "error", "completed", "returned"}, "review"),
        ({"error", "completed", "returned"}, "finding"),
        ({"completed", "returned"}, "activate"),
        ({"returned"}, "returned"),
        (set(), "complete"),
    ],
)
def test_a_record_stands_in_the_first_queue_that_applies(facts: set[str], queue: str) -> None:
    row = MembershipFactory() if "completed" in facts else incomplete()
    if "error" in facts:
        error(resident=row.resident)
    for status in facts & {WAITING, RETURNED}:
        entry(row, status)
    assert [name for name, _ in standing(row)] == [queue]


def every_sort() -> list[Membership]:
    """A membership for each combination of status, entries and errors."""
    made = []
    kinds = [incomplete, MembershipFactory, done, lambda: done(resident__ethnicity="")]
    for make, waits, returned, wrong in product(kinds, [0, 1], [0, 1], ["", "resident", "membership"]):
        row = make()
        for status in [WAITING] * waits + [RETURNED] * returned:
            entry(row, status)
        if wrong:
            error(**{wrong: row.resident if wrong == "resident" else row})
        made.append(row)
    return made


def test_the_queue_of_a_membership_is_the_one_that_has_its_row() -> None:
    made = every_sort()
    told = Membership.objects.annotate(queue=queue_of()).exclude(queue=None)
    found = [(row["of_membership"], queue) for queue in Queue.values for row in rows(EVERYTHING, queue)]
    assert sorted(found) == sorted(told.values_list("pk", "queue"))
    assert (len(made), len(found)) == (48, 47)  # of one nothing is to be done


def test_the_counts_are_the_numbers_of_rows() -> None:
    every_sort()
    error(house=HouseFactory())
    error(resident=ResidentFactory())
    entry(None, WAITING)
    entry(None, RETURNED)
    assert counts(EVERYTHING) == {queue: len(rows(EVERYTHING, queue)) for queue in Queue.values}
    assert set(counts(EVERYTHING)) == set(Queue.values) and all(counts(EVERYTHING).values())


# -- what is no membership ---------------------------------------------------------------


def test_an_entry_that_names_somebody_new_is_the_offices_to_review() -> None:
    assert standing(entry(None, WAITING)) == [("review", "office")]


def test_a_returned_entry_that_names_somebody_new_waits_for_its_author() -> None:
    assert standing(entry(None, RETURNED)) == [("returned", "owner")]


def test_a_house_with_an_error_of_its_own_is_the_offices_to_settle() -> None:
    house = HouseFactory()
    error(house=house)
    assert standing(house) == [("finding", "office")]


def test_a_person_with_an_error_who_lives_nowhere_any_more_is_not_lost() -> None:
    row = MembershipFactory(ended=True)
    error(resident=row.resident)
    assert standing(row.resident) == [("finding", "office")]


def test_a_person_with_an_error_who_lives_somewhere_stands_there_alone() -> None:
    row = done()
    MembershipFactory(resident=row.resident, ended=True)
    error(resident=row.resident)
    assert (standing(row), standing(row.resident)) == ([("finding", "office")], [])


# -- nothing to do -----------------------------------------------------------------------


def test_an_activated_complete_member_stands_nowhere() -> None:
    assert standing(done()) == []


def test_an_ended_membership_stands_nowhere() -> None:
    assert standing(MembershipFactory(resident__ethnicity="", ended=True)) == []


def test_a_notice_puts_nothing_in_a_queue() -> None:
    row = done()
    FindingFactory(membership=row)
    assert standing(row) == []


@pytest.mark.parametrize("status", [FindingStatus.RESOLVED, FindingStatus.WAIVED])
def test_a_settled_error_puts_nothing_in_a_queue(status: str) -> None:
    row = done()
    error(membership=row, status=status, settled_at=NOW, reason="已核对")
    assert standing(row) == []


@pytest.mark.parametrize("status", ["draft", "applied", "dropped"])
def test_an_entry_that_nobody_waits_for_puts_nothing_in_a_queue(status: str) -> None:
    row = done()
    assert (standing(entry(row, status)), standing(row)) == ([], [])


# -- who has waited longest first --------------------------------------------------------


def test_the_longest_waiting_entry_is_reviewed_first_whoever_it_names() -> None:
    late, early = incomplete(), incomplete()
    entry(late, WAITING, submitted_at=ago(1))
    entry(early, WAITING, submitted_at=ago(3))
    newcomer = entry(None, WAITING, submitted_at=ago(2))
    assert waiting_in("review") == [early.pk, newcomer.pk, late.pk]


def test_the_oldest_error_is_settled_first_whatever_it_stands_on() -> None:
    row, house, homeless = done(), HouseFactory(), ResidentFactory()
    error(membership=row, opened_at=ago(2))
    error(house=house, opened_at=ago(1))
    error(resident=homeless, opened_at=ago(3))
    error(resident=row.resident, opened_at=ago(4))
    assert waiting_in("finding") == [row.pk, homeless.pk, house.pk]


def test_who_was_returned_first_stands_first() -> None:
    late, early = incomplete(), incomplete()
    entry(late, RETURNED, decided_at=ago(1))
    entry(early, RETURNED, decided_at=ago(3))
    newcomer = entry(None, RETURNED, decided_at=ago(2))
    assert waiting_in("returned") == [early.pk, newcomer.pk, late.pk]


def test_who_was_completed_first_is_activated_first() -> None:
    late, early = MembershipFactory(completed_at=ago(1)), MembershipFactory(completed_at=ago(2))
    assert waiting_in("activate") == [early.pk, late.pk]


def test_who_came_on_the_books_first_is_completed_first() -> None:
    late, early = incomplete(created_at=ago(1)), incomplete(created_at=ago(2))
    assert waiting_in("complete") == [early.pk, late.pk]


def test_pages_of_rows_that_came_at_one_moment_hold_each_row_once() -> None:
    made = {incomplete(created_at=NOW).pk for _ in range(6)}
    pages = [rows(EVERYTHING, "complete")[at : at + 2] for at in (0, 2, 4)]
    assert sorted(row["of_membership"] for page in pages for row in page) == sorted(made)


# -- what a row tells --------------------------------------------------------------------


def test_a_row_of_a_member_names_the_house_and_the_person() -> None:
    row = MembershipFactory(completed_at=ago(1))
    assert list(rows(EVERYTHING, "activate")) == [
        {
            "kind": "membership",
            "of_membership": row.pk,
            "of_submission": None,
            "of_house": row.house_id,
            "of_resident": row.resident_id,
            "since": ago(1),
            "turn": "office",
            "claimer": None,
        }
    ]


def test_an_entry_that_names_somebody_new_tells_its_house() -> None:
    made = entry(None, WAITING)
    (row,) = rows(EVERYTHING, "review")
    assert (row["of_submission"], row["of_house"], row["of_membership"]) == (made.pk, made.house_id, None)


def test_a_colleague_sees_who_works_on_a_record() -> None:
    row = MembershipFactory()
    clerk = clerk_of(row.house.community)
    Office(clerk).claim("memberships", row.pk)
    assert [row["claimer"] for row in rows(EVERYTHING, "activate")] == [clerk.pk]


def test_a_colleague_sees_who_works_on_an_entry_that_names_somebody_new() -> None:
    made = entry(None, WAITING)
    clerk = clerk_of(made.house.community)
    Office(clerk).claim("submissions", made.pk)
    assert [row["claimer"] for row in rows(EVERYTHING, "review")] == [clerk.pk]


def test_a_claim_left_alone_for_half_an_hour_is_none() -> None:
    MembershipFactory(claimed_by=UserFactory(), claimed_at=timezone.now() - timedelta(minutes=31))
    assert [row["claimer"] for row in rows(EVERYTHING, "activate")] == [None]


# -- who sees which rows -----------------------------------------------------------------


def one_of_each(community: Community) -> set[tuple[str, Any]]:
    """A record of each kind and queue in this community."""
    house = HouseFactory(community=community)
    waits, wrong, ready, back, gap = (
        make(house=house) for make in (incomplete, incomplete, MembershipFactory, incomplete, incomplete)
    )
    homeless = MembershipFactory(house=house, ended=True).resident
    for record in ({"membership": wrong}, {"house": house}, {"resident": homeless}):
        error(**record)
    entry(waits, WAITING)
    entry(back, RETURNED)
    named = [entry(None, status, house=house) for status in (WAITING, RETURNED)]
    records = [waits, wrong, ready, back, gap, house, homeless, *named]
    return {(record._meta.model_name, record.pk) for record in records}


def shown(scope: Scope) -> set[tuple[str, Any]]:
    return {(row["kind"], row[f"of_{row['kind']}"]) for queue in Queue for row in rows(scope, queue)}


def test_a_clerk_sees_the_rows_of_the_own_community_and_no_other() -> None:
    here, there = CommunityFactory(), CommunityFactory()
    own, others = one_of_each(here), one_of_each(there)
    assert shown(for_staff(clerk_of(here))) == own
    assert shown(EVERYTHING) == own | others


def test_a_clerk_counts_the_own_community_alone() -> None:
    here, there = CommunityFactory(), CommunityFactory()
    one_of_each(here)
    one_of_each(there)
    alone = counts(for_staff(clerk_of(here)))
    assert alone == {"review": 2, "finding": 3, "activate": 1, "returned": 2, "complete": 1}
    assert counts(EVERYTHING) == {queue: 2 * number for queue, number in alone.items()}


def test_an_auditor_and_who_has_no_role_see_an_empty_queue() -> None:
    community = CommunityFactory()
    one_of_each(community)
    auditor = UserFactory(staff=True)
    StaffRole.objects.create(user=auditor, community=community, role=StaffRole.Role.AUDITOR)
    for user in (auditor, UserFactory(staff=True)):
        assert shown(for_staff(user)) == set() and not any(counts(for_staff(user)).values())


def test_who_moved_to_another_community_is_that_ones_work() -> None:
    before = MembershipFactory(ended=True)
    now = done(resident=before.resident)
    error(resident=now.resident)
    assert shown(for_staff(clerk_of(before.house.community))) == set()
    assert shown(for_staff(clerk_of(now.house.community))) == {("membership", now.pk)}


def test_an_error_on_the_petition_flag_puts_no_row_before_those_who_may_not_see_it() -> None:
    row = done()
    error(resident=row.resident, field="is_petitioner")
    assert standing(row, EVERYTHING) == [] and not any(counts(EVERYTHING).values())
    assert standing(row, Scope(None, petitions=True)) == [("finding", "office")]


@pytest.mark.parametrize(("petitions", "queue"), [(False, None), (True, "finding")])
def test_the_queue_of_a_membership_keeps_the_petition_flag_too(petitions: bool, queue: str | None) -> None:
    row = done()
    error(resident=row.resident, field="is_petitioner")
    told = Membership.objects.annotate(queue=queue_of(petitions=petitions)).get(pk=row.pk)
    assert told.queue == queue


# -- queries and plans -------------------------------------------------------------------


def many(number: int) -> list[Membership]:
    """Incomplete members of as many houses, made at once."""
    community = CommunityFactory()
    houses = House.objects.bulk_create(House(community=community, room=f"{n}") for n in range(number))
    people = Resident.objects.bulk_create(Resident(name=f"住户{n}") for n in range(number))
    pairs = zip(houses, people, strict=True)
    return Membership.objects.bulk_create(Membership(house=house, resident=one) for house, one in pairs)


def spread(made: Iterable[Membership]) -> None:
    """One in five for each queue; the planner is told, as a running database would be by itself."""
    for n, row in enumerate(made):
        if n % 5 == 0:
            entry(row, WAITING)
        elif n % 5 == 1:
            error(membership=row)
        elif n % 5 == 2:
            Membership.objects.filter(pk=row.pk).update(status=Status.COMPLETED, completed_at=NOW)
        elif n % 5 == 3:
            entry(row, RETURNED)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


@pytest.mark.parametrize("number", [10, 1000])
def test_the_counts_are_one_query_however_many_rows(number: int, django_assert_num_queries: Any) -> None:
    spread(many(number))
    clerk = for_staff(clerk_of(Community.objects.get()))
    for scope in (EVERYTHING, clerk):
        with django_assert_num_queries(1):
            assert counts(scope) == dict.fromkeys(Queue.values, number // 5)


@pytest.mark.parametrize("number", [10, 1000])
def test_a_page_is_one_query_however_many_rows(number: int, django_assert_num_queries: Any) -> None:
    spread(many(number))
    clerk = for_staff(clerk_of(Community.objects.get()))
    for scope, queue in product((EVERYTHING, clerk), Queue):
        with django_assert_num_queries(1):
            assert len(rows(scope, queue)[:50]) == min(50, number // 5)


def read_in_full(queue: str) -> set[str]:
    """Tables, or at SQLite their aliases, that the plan of a first page reads from end to end."""
    pattern = {"postgresql": r"Seq Scan on (\w+)", "sqlite": r"SCAN (\w+)"}[connection.vendor]
    return set(re.findall(pattern, rows(EVERYTHING, queue)[:50].explain()))


@pytest.fixture
def big_house() -> None:
    """Three thousand members, a few of them in the queues that start from few keys."""
    made = many(3000)
    for n in range(5):
        entry(made[n * 7], WAITING)
        entry(made[n * 7 + 1], RETURNED)
        error(membership=made[n * 7 + 2])
        error(resident=made[n * 7 + 3].resident)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


@pytest.mark.parametrize("queue", ["review", "finding", "returned"])
@pytest.mark.usefixtures("big_house")
def test_a_queue_of_few_does_not_read_every_membership(queue: str) -> None:
    everybody = {"postgresql": {"houses_membership"}, "sqlite": {"houses_membership", "U0", "V0"}}
    assert not read_in_full(queue) & everybody[connection.vendor]


@pytest.mark.parametrize(
    ("queue", "index"), [("activate", "membership_to_activate"), ("complete", "membership_to_complete")]
)
@pytest.mark.usefixtures("big_house")
def test_a_queue_of_many_walks_along_the_index_that_has_its_order(queue: str, index: str) -> None:
    done_half = Membership.objects.order_by("pk").values("pk")[:1500]
    Membership.objects.filter(pk__in=done_half).update(status=Status.COMPLETED, completed_at=NOW)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    assert index in rows(EVERYTHING, queue)[:50].explain()
