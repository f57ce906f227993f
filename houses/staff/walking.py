"""Working through a queue: who has a record, what comes next, and what one may do there."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode

from residents.exceptions import Refused
from residents.models import User

from .. import queues
from ..backends import GRANTS
from ..models import Community, Membership, StaffRole
from ..models.claim import Claimable
from ..office import Office
from ..queues import Kind, Queue
from ..visibility import Scope

# So many records of a queue are looked at to find the next; nobody walks further in a day.
MOST_WALKED = 1000

PAGES = {
    Kind.MEMBERSHIP: "staff:member",
    Kind.SUBMISSION: "staff:entry",
    Kind.HOUSE: "staff:house",
    Kind.RESIDENT: "staff:resident",
}


def acts_in(user: User, community: int | None) -> frozenset[str]:
    """The codenames of what this member of staff may do in this community, to show no dead button.

    Whether an act is allowed is decided again by `houses.office`.
    """
    if user.is_superuser:
        granted = GRANTS.values()
        return frozenset().union(*map(_codenames, granted))
    roles = StaffRole.objects.unexpired().filter(user=user, community=community)
    return frozenset().union(*(_codenames(GRANTS[role]) for role in roles.values_list("role", flat=True)))


def _codenames(permissions: frozenset[str]) -> set[str]:
    return {permission.split(".")[1] for permission in permissions}


@dataclass
class Claim:
    """Who works on a record now, as one colleague sees it."""

    kind: str
    pk: int
    holder: str
    mine: bool
    may: bool
    since: Any = None

    @classmethod
    def of(cls, kind: str, record: Claimable, user: User, *, may: bool) -> "Claim":
        holder = record.claimed_by if record.is_claimed else None
        return cls(
            kind,
            record.pk,
            holder.shown_name if holder else "",
            record.claimed_by_me(user),
            may,
            record.claimed_at if holder else None,
        )

    @property
    def theirs(self) -> bool:
        return bool(self.holder) and not self.mine


def let_go(office: Office, row: Membership, queue: str) -> None:
    """Nothing more to do here: colleagues may have it, and its full values are hidden again."""
    scope = office.scope()
    here = (queue,) if queue else queues.Queue
    if not any(queues.memberships_in(scope, one).filter(pk=row.pk).exists() for one in here):
        release(office, "memberships", row.pk)


def release(office: Office, kind: str, key: int) -> None:
    with suppress(Refused):  # it was not claimed, or fell to a colleague meanwhile
        office.release(kind, key)


@dataclass(frozen=True)
class Step:
    """A record of a queue, by what it is called in an address: `membership-5`."""

    kind: Kind
    key: Any
    claimer: int | None

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.key}"

    @classmethod
    def of(cls, row: dict[str, Any]) -> "Step":
        kind = Kind(row["kind"])
        return cls(kind, row[f"of_{kind}"], row["claimer"])


@dataclass
class Here:
    """Where one stands in a queue: shown in the head of a record's page."""

    label: str
    place: str
    next: str
    previous: str
    onward: str
    listed: str
    query: str


class Walk:
    """A queue as its colleague walks through it, past what others have claimed."""

    def __init__(self, user: User, scope: Scope, queue: str, community: str = "") -> None:
        self.user, self.queue = user, Queue(queue)
        self.community = community if community.isdecimal() else ""
        self.scope = scope.within(Community(pk=int(self.community))) if self.community else scope

    @classmethod
    def along(cls, user: User, scope: Scope, request: HttpRequest) -> "Walk | None":
        """The queue that the address names, None outside of any."""
        queue = request.GET.get("queue", "")
        known = queue in Queue.values
        return cls(user, scope, queue, request.GET.get("community", "")) if known else None

    @cached_property
    def steps(self) -> list[Step]:
        return [Step.of(row) for row in queues.rows(self.scope, self.queue)[:MOST_WALKED]]

    @property
    def query(self) -> str:
        place = {"community": self.community} if self.community else {}
        return urlencode({"queue": self.queue.value, **place})

    @property
    def listed(self) -> str:
        place = f"?{urlencode({'community': self.community})}" if self.community else ""
        return reverse("staff:queue", args=[self.queue.value]) + place

    def address(self, step: Step | None) -> str:
        """Of a record's page; of the queue itself where there is none."""
        return f"{reverse(PAGES[step.kind], args=[step.key])}?{self.query}" if step else self.listed

    def first(self) -> Step | None:
        return next(self._free(self.steps), None)

    def at(self, kind: Kind, key: Any) -> Here:
        """Where this record stands and what lies before and behind it."""
        name = f"{kind}-{key}"
        index = next((n for n, step in enumerate(self.steps) if step.name == name), None)
        before, after = ([], self.steps) if index is None else (self.steps[:index], self.steps[index + 1 :])
        then = next(self._free(after), None) or next(self._free(before), None)
        return Here(
            label=str(self.queue.label),
            place="" if index is None else f"{index + 1}/{self._total()}",
            next=self.address(next(self._free(after), None)),
            previous=self.address(next(self._free(reversed(before)), None)),
            onward=self._onward(name, then),
            listed=self.listed,
            query=self.query,
        )

    def onward(self, was: str, then: str) -> str:
        """After an act: the same record while it stands here still, else the one behind it, else any."""
        by_name = {step.name: step for step in self.steps}
        return self.address(by_name.get(was) or by_name.get(then) or self.first())

    def _onward(self, was: str, then: Step | None) -> str:
        query = urlencode({"was": was, "then": then.name if then else ""})
        return f"{reverse('staff:onward', args=[self.queue.value])}?{self.query}&{query}"

    def _free(self, steps: Any) -> Iterator[Step]:
        return (step for step in steps if step.claimer in (None, self.user.pk))

    def _total(self) -> str:
        return f"{len(self.steps)}{'+' if len(self.steps) == MOST_WALKED else ''}"


def along(page: Any, kind: Kind, key: Any) -> dict[str, Any]:
    """For a record's page: the queue that one came by, and where an act leads."""
    walk = Walk.along(page.office.user, page.scope, page.request)
    at = walk.at(kind, key) if walk else None
    queue = walk.queue if walk else ""
    then = at.onward if at else reverse(PAGES[kind], args=[key])
    return {"at": at, "then": then, "queue": queue, "here": queue}
