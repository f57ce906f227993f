"""Work queues: which one a record stands in, and whose turn it is, as queries of the database.

A record is an open membership; or else what would have no row in any queue: an entry that
names somebody new, a house with an error of its own, a person with an error who lives
nowhere any more. Each stands in the first queue that applies, and in no other.
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

from .models import Finding, Membership, Submission
from .states import Status
from .visibility import Scope


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


ROW = ("kind", "of_membership", "of_submission", "of_house", "of_resident", "since", "turn")
OFFICES_TURN = Value(Turn.OFFICE, output_field=CharField())


# -- open memberships --------------------------------------------------------------------


def _has(rows: QuerySet[Any], **link: OuterRef) -> Exists:
    return Exists(rows.filter(**link))


def _waiting() -> Exists:
    return _has(Submission.objects.waiting(), membership=OuterRef("pk"))


def _returned() -> Exists:
    return _has(Submission.objects.returned(), membership=OuterRef("pk"))


def _in_error() -> Q:
    """An open error on the membership or on its person: two looks into small indexes."""
    errors = Finding.objects.open().errors()
    return Q(_has(errors, membership=OuterRef("pk"))) | Q(_has(errors, resident=OuterRef("resident")))


def _drawn(rows: QuerySet[Any], column: str) -> QuerySet[Any]:
    """The few keys that a queue starts from, so that the database does not look at every member."""
    return rows.filter(**{f"{column}__isnull": False}).values(column)


def memberships_in(scope: Scope, queue: str) -> QuerySet[Membership]:
    """The open memberships that stand in this queue."""
    rows = scope.memberships.open()
    errors = Finding.objects.open().errors()
    waiting, in_error, completed = _waiting(), _in_error(), Q(status=Status.COMPLETED)
    if queue == Queue.REVIEW:
        return rows.filter(pk__in=_drawn(Submission.objects.waiting(), "membership"))
    if queue == Queue.FINDING:
        drawn = Q(pk__in=_drawn(errors, "membership")) | Q(resident__in=_drawn(errors, "resident"))
        return rows.filter(drawn).exclude(waiting)
    if queue == Queue.ACTIVATE:
        return rows.filter(completed).exclude(waiting).exclude(in_error)
    rest = rows.exclude(completed).exclude(waiting).exclude(in_error)
    if queue == Queue.RETURNED:
        return rest.filter(pk__in=_drawn(Submission.objects.returned(), "membership"))
    return rest.filter(completed_at=None).exclude(_returned())


def queue_of() -> Case:
    """Of an open membership: the queue it stands in, NULL where nothing is to be done."""
    return Case(
        When(_waiting(), then=Value(Queue.REVIEW)),
        When(_in_error(), then=Value(Queue.FINDING)),
        When(status=Status.COMPLETED, then=Value(Queue.ACTIVATE)),
        When(_returned(), then=Value(Queue.RETURNED)),
        When(completed_at=None, then=Value(Queue.COMPLETE)),
        default=None,
        output_field=CharField(),
    )


def _since(queue: str) -> Any:
    """When the record came to stand in this queue."""
    mine = Submission.objects.filter(membership=OuterRef("pk"))
    errors = (
        Finding.objects.open()
        .errors()
        .filter(Q(membership=OuterRef("pk")) | Q(resident=OuterRef("resident")))
    )
    return {
        Queue.REVIEW: _first(mine.waiting(), "submitted_at"),
        Queue.FINDING: _first(errors, "opened_at"),
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
        filled_by_another = Q(managed_by__isnull=False, resident__self_managed_since=None)
        return Case(
            When(filled_by_another, then=Value(Turn.OWNER)),
            default=Value(Turn.SELF),
            output_field=CharField(),
        )
    return OFFICES_TURN


def _authors_turn() -> Case:
    author = Submission.Author
    return Case(
        When(author=author.OWNER, then=Value(Turn.OWNER)),
        When(author=author.STAFF, then=Value(Turn.OFFICE)),
        default=Value(Turn.SELF),
        output_field=CharField(),
    )


# -- what would have no row --------------------------------------------------------------


def _others_in(scope: Scope, queue: str) -> list[tuple[str, QuerySet[Any], dict[str, Any]]]:
    """Kind, rows, and how `since` and `turn` are found, of what is no membership."""
    named = scope.submissions.filter(membership=None)
    if queue == Queue.REVIEW:
        return [(Kind.SUBMISSION, named.waiting(), {"since": F("submitted_at"), "turn": OFFICES_TURN})]
    if queue == Queue.RETURNED:
        return [(Kind.SUBMISSION, named.returned(), {"since": F("decided_at"), "turn": _authors_turn()})]
    if queue != Queue.FINDING:
        return []
    errors = Finding.objects.open().errors()
    houses = scope.houses.filter(pk__in=_drawn(errors, "house"))
    at_home = Membership.objects.open().filter(resident=OuterRef("pk"))
    homeless = scope.residents.filter(pk__in=_drawn(errors, "resident")).exclude(Exists(at_home))
    opened = {
        name: _first(errors.filter(**{name: OuterRef("pk")}), "opened_at") for name in ("house", "resident")
    }
    return [
        (Kind.HOUSE, houses, {"since": opened["house"], "turn": OFFICES_TURN}),
        (Kind.RESIDENT, homeless, {"since": opened["resident"], "turn": OFFICES_TURN}),
    ]


# -- rows and counts ---------------------------------------------------------------------


def rows(scope: Scope, queue: str) -> QuerySet[Any]:
    """The records of one queue as dicts of `ROW`, who has waited longest first. Slice it."""
    members = memberships_in(scope, queue).annotate(since=_since(queue), turn=_turn(queue))
    parts = [_as_rows(members, Kind.MEMBERSHIP)]
    parts += [_as_rows(others.annotate(**how), kind) for kind, others, how in _others_in(scope, queue)]
    return (
        parts[0].union(*parts[1:], all=True).order_by("since", "of_membership", "of_submission", "of_house")
    )


def counts(scope: Scope) -> dict[str, int]:
    """How many records stand in each queue; one query."""
    parts = []
    for queue in Queue:
        found = [memberships_in(scope, queue), *(others for _, others, _ in _others_in(scope, queue))]
        parts += [_counted(part, queue) for part in found]
    counted = parts[0].union(*parts[1:], all=True)
    totals = dict.fromkeys(Queue.values, 0)
    for part in counted:
        totals[part["in_queue"]] += part["n"]
    return totals


def _as_rows(found: QuerySet[Any], kind: str) -> QuerySet[Any]:
    keys = {
        "of_membership": F("pk") if kind == Kind.MEMBERSHIP else _nothing(BigIntegerField()),
        "of_submission": F("pk") if kind == Kind.SUBMISSION else _nothing(BigIntegerField()),
        "of_house": {Kind.HOUSE: F("pk"), Kind.RESIDENT: _nothing(BigIntegerField())}.get(
            Kind(kind), F("house_id")
        ),
        "of_resident": {Kind.RESIDENT: F("pk"), Kind.MEMBERSHIP: F("resident_id")}.get(
            Kind(kind), _nothing(UUIDField())
        ),
    }
    return found.order_by().values(
        **{"kind": Value(kind, output_field=CharField())},
        **keys,
        **{name: F(name) for name in ("since", "turn")},
    )


def _nothing(field: Any) -> Cast:
    """NULL of a type: the parts of a union agree on their columns."""
    return Cast(Value(None), field)


def _counted(found: QuerySet[Any], queue: str) -> QuerySet[Any]:
    named = found.order_by().annotate(in_queue=Value(queue, output_field=CharField()))
    return named.values("in_queue").annotate(n=Count("pk"))
