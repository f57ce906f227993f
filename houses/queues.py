"""Work queues: which one a record stands in, and whose turn it is, as queries of the database.

A record is an open membership; or else what would have no row in any queue: an entry that
names somebody new, a house with an error of its own, a person with an error who lives
nowhere any more. Each stands in the first queue that applies, and in no other.

An error that the viewer may not see (on the petition flag) puts nothing in a queue for them:
a row that shows no reason would tell it.
"""

from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    DateTimeField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    UUIDField,
    Value,
    When,
)  # fmt: skip
from django.db.models.functions import Cast
from django.db.models.lookups import IsNull
from django.utils import timezone

from .models import Finding, Membership, Submission
from .models.claim import IDLE
from .models.finding import FindingQuerySet
from .states import Status
from .visibility import PETITION_FIELD, Scope


class Queue(TextChoices):
    """In the order in which they apply. Of the first three somebody waits for us."""

    REVIEW = "review", "待审核"
    FINDING = "finding", "待核实"
    ACTIVATE = "activate", "待激活"
    RETURNED = "returned", "已退回"
    COMPLETE = "complete", "待补全"


class Turn(TextChoices):
    OFFICE = "office", "等物业"
    OWNER = "owner", "等业主"
    SELF = "self", "等本人"


class Kind(TextChoices):
    """What a row of a queue is."""

    MEMBERSHIP = "membership", "房屋成员"
    SUBMISSION = "submission", "新成员"
    HOUSE = "house", "房屋"
    RESIDENT = "resident", "居民"


KEYS = ("of_membership", "of_submission", "of_house", "of_resident")
# `claimer` is the key of whoever works on the record now; houses and people are not claimed.
ROW = ("kind", *KEYS, "since", "turn", "claimer")
OFFICES_TURN = Value(Turn.OFFICE, output_field=CharField())


# -- open memberships --------------------------------------------------------------------


def memberships_in(scope: Scope, queue: str) -> QuerySet[Membership]:
    """The open memberships that stand in this queue.

    Review, findings and returns start from their few keys, so that the database does not
    look at every member.
    """
    rows = scope.memberships.open()
    errors = _errors(petitions=scope.petitions)
    if queue == Queue.REVIEW:
        return rows.filter(pk__in=_drawn(Submission.objects.waiting(), "membership"))
    rows = rows.exclude(_waiting())
    if queue == Queue.FINDING:
        of_people = Membership.objects.filter(resident__in=_drawn(errors, "resident")).values("pk")
        return rows.filter(pk__in=_drawn(errors, "membership").union(of_people))
    for in_error in _in_error(errors):
        rows = rows.exclude(in_error)
    if queue == Queue.ACTIVATE:
        return rows.filter(status=Status.COMPLETED)
    if queue == Queue.RETURNED:
        returned = _drawn(Submission.objects.returned(), "membership")
        return rows.exclude(status=Status.COMPLETED).filter(pk__in=returned)
    return rows.filter(completed_at=None).exclude(_returned())


def queue_of(*, petitions: bool = False) -> Case:
    """Of an open membership: the queue it stands in, NULL where nothing is to be done."""
    on_row, on_person = _in_error(_errors(petitions=petitions))
    return Case(
        When(_waiting(), then=Value(Queue.REVIEW)),
        When(Q(on_row) | Q(on_person), then=Value(Queue.FINDING)),
        When(status=Status.COMPLETED, then=Value(Queue.ACTIVATE)),
        When(_returned(), then=Value(Queue.RETURNED)),
        When(completed_at=None, then=Value(Queue.COMPLETE)),
        default=None,
        output_field=CharField(),
    )


def _errors(*, petitions: bool) -> FindingQuerySet:
    """The open findings of weight error that may be shown."""
    errors = Finding.objects.open().errors()
    return errors if petitions else errors.exclude(field=PETITION_FIELD)


def _drawn(rows: QuerySet[Any], column: str) -> QuerySet[Any]:
    return rows.filter(**{f"{column}__isnull": False}).values(column)


def _waiting() -> Exists:
    return Exists(Submission.objects.waiting().filter(membership=OuterRef("pk")))


def _returned() -> Exists:
    return Exists(Submission.objects.returned().filter(membership=OuterRef("pk")))


def _in_error(errors: FindingQuerySet) -> tuple[Exists, Exists]:
    """On the membership, or on its person: two looks into indexes, where one with OR reads the table."""
    return (
        Exists(errors.filter(membership=OuterRef("pk"))),
        Exists(errors.filter(resident=OuterRef("resident"))),
    )


def _since(queue: str, errors: FindingQuerySet) -> Any:
    """When the record came to stand in this queue; an incomplete one, when it came on the books."""
    mine = Submission.objects.filter(membership=OuterRef("pk"))
    concerned = Q(membership=OuterRef("pk")) | Q(resident=OuterRef("resident"))
    return {
        Queue.REVIEW: _first(mine.waiting(), "submitted_at"),
        Queue.FINDING: _first(errors.filter(concerned), "opened_at"),
        Queue.ACTIVATE: F("completed_at"),
        Queue.RETURNED: _first(mine.returned(), "decided_at"),
        Queue.COMPLETE: F("created_at"),
    }[Queue(queue)]


def _first(rows: QuerySet[Any], column: str) -> Subquery:
    return Subquery(rows.order_by(column).values(column)[:1], output_field=DateTimeField())


def _turn(queue: str) -> Any:
    if queue == Queue.RETURNED:
        latest = Submission.objects.returned().filter(membership=OuterRef("pk")).order_by("-decided_at")
        return Subquery(latest.annotate(turn=_authors_turn()).values("turn")[:1])
    if queue == Queue.COMPLETE:
        return Case(
            When(_managed() & Q(resident__self_managed_since=None), then=Value(Turn.OWNER)),
            default=Value(Turn.SELF),
            output_field=CharField(),
        )
    return OFFICES_TURN


def _managed() -> Q:
    """Whoever fills for the member lives there still.

    Not by EXISTS: PostgreSQL would read all memberships first to answer that for a page of fifty.
    """
    manager = Membership.objects.open().filter(house=OuterRef("house"), resident=OuterRef("managed_by"))
    return Q(IsNull(Subquery(manager.values("pk")[:1]), False))


def _authors_turn() -> Case:
    """Of a returned entry. Who manages the own data by now is asked, whoever wrote it."""
    author = Submission.Author
    return Case(
        When(author=author.STAFF, then=Value(Turn.OFFICE)),
        When(author=author.OWNER, membership__resident__self_managed_since=None, then=Value(Turn.OWNER)),
        default=Value(Turn.SELF),
        output_field=CharField(),
    )


# -- what would have no row --------------------------------------------------------------


def _others_in(scope: Scope, queue: str) -> list[tuple[Kind, QuerySet[Any], dict[str, Any]]]:
    """Kind, rows, and how `since` and `turn` are found, of what is no membership."""
    named = scope.submissions.filter(membership=None)
    if queue == Queue.REVIEW:
        return [(Kind.SUBMISSION, named.waiting(), {"since": F("submitted_at"), "turn": OFFICES_TURN})]
    if queue == Queue.RETURNED:
        return [(Kind.SUBMISSION, named.returned(), {"since": F("decided_at"), "turn": _authors_turn()})]
    if queue != Queue.FINDING:
        return []
    errors = _errors(petitions=scope.petitions)
    houses = scope.houses.filter(pk__in=_drawn(errors, "house"))
    at_home = Membership.objects.open().filter(resident=OuterRef("pk"))
    homeless = scope.residents.filter(pk__in=_drawn(errors, "resident")).exclude(Exists(at_home))
    return [
        (
            kind,
            rows,
            {"since": _first(errors.filter(**{kind: OuterRef("pk")}), "opened_at"), "turn": OFFICES_TURN},
        )
        for kind, rows in ((Kind.HOUSE, houses), (Kind.RESIDENT, homeless))
    ]


# -- rows and counts ---------------------------------------------------------------------


def rows(scope: Scope, queue: str) -> QuerySet[Any]:
    """The records of one queue as dicts of `ROW`, who has waited longest first. Slice it."""
    how = {"since": _since(queue, _errors(petitions=scope.petitions)), "turn": _turn(queue)}
    found = [(Kind.MEMBERSHIP, memberships_in(scope, queue), how), *_others_in(scope, queue)]
    parts = [_as_rows(kind, part.annotate(**how)) for kind, part, how in found]
    return parts[0].union(*parts[1:], all=True).order_by("since", *KEYS)


def counts(scope: Scope) -> dict[str, int]:
    """How many records stand in each queue; one query."""
    parts = []
    for queue in Queue:
        found = [memberships_in(scope, queue), *(others for _, others, _ in _others_in(scope, queue))]
        parts += [_counted(part, queue) for part in found]
    totals = dict.fromkeys(Queue.values, 0)
    for part in parts[0].union(*parts[1:], all=True):
        totals[part["in_queue"]] += part["n"]
    return totals


def _as_rows(kind: Kind, found: QuerySet[Any]) -> QuerySet[Any]:
    """The parts of a union agree on their columns: what a kind lacks is NULL of the column's type."""
    columns: dict[str, Any] = {name: Cast(Value(None), BigIntegerField()) for name in (*KEYS, "claimer")}
    columns["of_resident"] = Cast(Value(None), UUIDField())
    columns |= {"kind": Value(kind, output_field=CharField()), f"of_{kind}": F("pk")}
    columns |= {"since": F("since"), "turn": F("turn")}
    if kind in (Kind.MEMBERSHIP, Kind.SUBMISSION):
        columns |= {"of_house": F("house_id"), "claimer": _claimer()}
    if kind == Kind.MEMBERSHIP:
        columns["of_resident"] = F("resident_id")
    return found.order_by().values(**{name: columns[name] for name in ROW})


def _claimer() -> Case:
    return Case(When(claimed_at__gte=timezone.now() - IDLE, then=F("claimed_by_id")), default=None)


def _counted(found: QuerySet[Any], queue: str) -> QuerySet[Any]:
    named = found.order_by().annotate(in_queue=Value(queue, output_field=CharField()))
    return named.values("in_queue").annotate(n=Count("pk"))
