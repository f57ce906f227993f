"""Who sees what. The scope is the first query of every list, pick-list, filter, count and page.

Staff see the communities of their unexpired roles, people by their memberships there
(ended ones included: the office keeps its history); the system administrator sees all.

An account sees the houses that it bound, and of their members: in full the own row and those
that it manages; name, role and status of the others of its camp; of the rest a count. The
camps of a house are the owner's side and each tenant's family; while two owners contradict
each other (`second_owner`), each owner's people are a camp of their own.
"""

from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import (
    Case,
    Exists,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    UUIDField,
    Value,
    When,
)  # fmt: skip
from django.utils.functional import cached_property

from residents.models import AccessLog, Resident, User

from .backends import roles_with
from .choices import Role
from .models import Community, Finding, House, Membership, Request, StaffRole, Submission
from .models.finding import FindingQuerySet
from .models.membership import MembershipQuerySet
from .models.request import RequestQuerySet
from .models.submission import SubmissionQuerySet
from .states import FindingCode

PETITION_FIELD = Resident.PETITION


class Scope:
    """The records that somebody may see. `communities` None means all of them."""

    def __init__(self, communities: QuerySet[Community] | None, *, petitions: bool = False) -> None:
        self._communities, self.petitions = communities, petitions

    @property
    def everything(self) -> bool:
        return self._communities is None

    @property
    def communities(self) -> QuerySet[Community]:
        return Community.objects.all() if self._communities is None else self._communities

    def within(self, community: Community) -> "Scope":
        """The same sight of one community of the scope."""
        return Scope(self.communities.filter(pk=community.pk), petitions=self.petitions)

    @property
    def houses(self) -> QuerySet[House]:
        return (
            House.objects.all() if self.everything else House.objects.filter(community__in=self.communities)
        )

    @property
    def memberships(self) -> MembershipQuerySet:
        rows = Membership.objects.all()
        return rows if self.everything else rows.filter(house__community__in=self.communities)

    @property
    def residents(self) -> QuerySet[Resident]:
        people = Resident.objects.all()
        return people if self.everything else people.filter(pk__in=self.memberships.values("resident"))

    @property
    def findings(self) -> FindingQuerySet:
        """Findings on visible records; those on the petition flag are part of that flag."""
        found = (
            Finding.objects.all() if self.everything else Finding.objects.filter(self._on_visible_records())
        )
        return found if self.petitions else found.exclude(field=PETITION_FIELD)

    @property
    def roles(self) -> QuerySet[StaffRole]:
        roles = StaffRole.objects.all()
        return roles if self.everything else roles.filter(community__in=self.communities)

    @property
    def submissions(self) -> SubmissionQuerySet:
        rows = Submission.objects.exclude(status=Submission.Status.DRAFT)
        return rows if self.everything else rows.filter(house__community__in=self.communities)

    @property
    def requests(self) -> RequestQuerySet:
        """One that no community could be told for is the system administrator's."""
        rows = Request.objects.all()
        return (
            rows
            if self.everything
            else rows.filter(
                Q(community__in=self.communities) | Q(community=None, resident__in=self.residents)
            )
        )

    @property
    def accounts(self) -> QuerySet[User]:
        """Residents' logins, by the person or by what they asked for."""
        accounts = User.objects.filter(is_staff=False)
        if self.everything:
            return accounts
        return accounts.filter(
            Q(resident__in=self.residents) | Q(resident=None, pk__in=self.requests.values("account"))
        )

    @cached_property
    def colleagues(self) -> set[int] | None:
        """Staff of these communities, and the system administrators; None for all staff."""
        if self.everything:
            return None
        staff = User.objects.filter(Q(roles__community__in=self.communities) | Q(is_superuser=True))
        return set(staff.values_list("pk", flat=True))

    @property
    def access_logs(self) -> QuerySet[AccessLog]:
        """Who saw people of the scope, those who live on in another record included."""
        logs = AccessLog.objects.all()
        if self.everything:
            return logs
        former = self.residents.filter(absorbed__isnull=False).values("absorbed__former")
        return logs.filter(Q(resident__in=self.residents) | Q(resident__in=former))

    def _on_visible_records(self) -> Q:
        return (
            Q(community__in=self.communities)
            | Q(house__in=self.houses)
            | Q(membership__in=self.memberships)
            | Q(resident__in=self.residents)
        )


def for_staff(user: User | AnonymousUser, permission: str = "residents.view_resident") -> Scope:
    """What a staff member sees, or may act upon where `permission` names an act (`app.codename`)."""
    if not (isinstance(user, User) and user.is_staff and not user.is_locked):
        return Scope(Community.objects.none())
    if user.is_superuser:
        return Scope(None, petitions=user.sees_petitions)
    roles = StaffRole.objects.unexpired().filter(user=user, role__in=roles_with(permission))
    communities = Community.objects.filter(pk__in=roles.values("community"))
    return Scope(communities, petitions=user.sees_petitions)


def with_records(found: QuerySet[Finding], scope: Scope) -> QuerySet[Finding]:
    """Findings with all that a row shows of them; of a person also the homes that the reader sees."""
    homes = scope.memberships.open().select_related("house").order_by("house_id")
    return found.select_related(
        "resident", "community", "house__community", "membership__house", "membership__resident", "settled_by"
    ).prefetch_related(Prefetch("resident__memberships", queryset=homes, to_attr="seen_homes"))


# -- the household -----------------------------------------------------------------------


class Sight(TextChoices):
    """How much of a fellow member an account sees."""

    FULL = "full", "全部"
    BRIEF = "brief", "称呼、角色和状态"
    COUNTED = "counted", "只计人数"


def may_be_invited(row: Any, *, mine: bool) -> bool:
    """Whether an account may ask a member, a row with its `sight`, to fill in for themselves: neither itself
    nor an owner, and only whom it sees in full: the link shows the record, and whoever hands it on can open
    it too."""
    return bool(row.sight == Sight.FULL) and not mine and row.role != Role.SELF


_OWNERS = UUID(int=0)


def _camp() -> Case:
    """Of a membership: the key of its camp within its house; NULL, which equals no other, is nobody's."""
    managed_by_tenant = Exists(
        Membership.objects.open().filter(
            house=OuterRef("house"), resident=OuterRef("managed_by"), role=Role.TENANT
        )
    )
    contested = Exists(
        Finding.objects.open().filter(
            code=FindingCode.SECOND_OWNER,
            membership__house=OuterRef("house"),
            membership__ended_at=None,
        )
    )
    return Case(
        When(managed_by_tenant, then=F("managed_by_id")),
        When(role=Role.TENANT, then=F("resident_id")),
        When(~contested, then=Value(_OWNERS)),
        When(role=Role.SELF, then=F("resident_id")),
        When(managed_by__isnull=False, then=F("managed_by_id")),
        default=None,
        output_field=UUIDField(),
    )


class HouseholdScope:
    """What an account sees of its own houses; nothing while it is locked or nobody's."""

    def __init__(self, user: User | AnonymousUser) -> None:
        self.resident_id: UUID | None = None
        if isinstance(user, User) and not user.is_locked:
            self.resident_id = user.resident_id

    @property
    def own(self) -> MembershipQuerySet:
        """The own open memberships, bound or not."""
        return Membership.objects.open().filter(resident=self.resident_id, resident__isnull=False)

    @property
    def at_home(self) -> MembershipQuerySet:
        """The own memberships that open their house: bound by this account. One that was activated at
        the counter is bound like any other: whom the counter saw is not whom an owner took in."""
        return self.own.filter(bound_at__isnull=False)

    @property
    def houses(self) -> QuerySet[House]:
        return House.objects.filter(pk__in=self.at_home.values("house"))

    @property
    def members(self) -> Any:
        """All open members of the houses, each with `sight`. Show nobody without looking at it."""
        rows = Membership.objects.open().filter(house__in=self.at_home.values("house"))
        return self._with_sight(rows)

    @property
    def shown(self) -> Any:
        """Of whom more is shown than a count, each with `sight`: the own row also in an unbound house."""
        rows = Membership.objects.open().filter(
            Q(pk__in=self.own) | Q(house__in=self.at_home.values("house"))
        )
        return self._with_sight(rows).exclude(sight=Sight.COUNTED)

    @property
    def full(self) -> Any:
        """Members whose record and photo this account sees: itself also in an unbound house."""
        return self.shown.filter(sight=Sight.FULL)

    @property
    def fillable(self) -> MembershipQuerySet:
        """Members whose record this account may fill: its own, and at home those it still manages."""
        managed = Q(managed_by=self.resident_id, resident__self_managed_since=None)
        at_home = Q(house__in=self.at_home.values("house"))
        return Membership.objects.open().filter(Q(pk__in=self.own) | (at_home & managed))

    @property
    def nameable(self) -> QuerySet[House]:
        """Houses in which this account may name a member: owners their people, tenants their own."""
        rows = self.at_home.filter(role__in=[Role.SELF, Role.TENANT])
        return House.objects.filter(pk__in=rows.values("house"))

    @property
    def owned(self) -> QuerySet[House]:
        """Houses whose requests this account may answer: its owner, and no other owner in question."""
        contested = Finding.objects.open().filter(code=FindingCode.SECOND_OWNER).values("membership__house")
        rows = self.at_home.filter(role=Role.SELF).exclude(house__in=contested)
        return House.objects.filter(pk__in=rows.values("house"))

    @property
    def requests(self) -> RequestQuerySet:
        """What this account may answer: who applies for a house of its own, but not as its owner, and
        who says to be a member that it manages."""
        asked = Request.objects.filter(kind=Request.Kind.BIND, house__in=self.owned, office_only=False)
        applied = Q(membership=None) | Q(membership__managed_by=self.resident_id)
        others = asked.filter(applied).exclude(role=Role.SELF).exclude(membership__role=Role.SELF)
        return others.exclude(account__resident=self.resident_id)

    def _with_sight(self, rows: MembershipQuerySet) -> Any:
        me, camp = self.resident_id, _camp()
        my_camp = Subquery(
            self.at_home.filter(house=OuterRef("house")).annotate(camp=camp).values("camp")[:1]
        )
        same_camp = Q(camp=F("my_camp"))
        managed = Q(managed_by=me, resident__self_managed_since=None)
        sight = Case(
            When(resident=me, then=Value(Sight.FULL)),
            # Asked once: each mention of a camp is a query of its own within this one.
            When(same_camp, then=Case(When(managed, then=Value(Sight.FULL)), default=Value(Sight.BRIEF))),
            When(managed_by=me, then=Value(Sight.BRIEF)),
            default=Value(Sight.COUNTED),
        )
        return rows.alias(camp=camp, my_camp=my_camp).annotate(sight=sight)


def for_household(user: User | AnonymousUser) -> HouseholdScope:
    """What an account sees and may fill as a member of a household."""
    return HouseholdScope(user)
