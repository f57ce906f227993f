"""Who sees what. The scope is the first query of every list, pick-list, filter, count and page.

Staff see the communities of their unexpired roles, people by their memberships there
(ended ones included: the office keeps its history); the system administrator sees all.
"""

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from residents.models import Resident, User

from .backends import roles_with
from .models import Community, Finding, House, Membership, StaffRole
from .models.finding import FindingQuerySet
from .models.membership import MembershipQuerySet

PETITION_FIELD = "is_petitioner"


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

    def _on_visible_records(self) -> Q:
        return (
            Q(community__in=self.communities)
            | Q(house__in=self.houses)
            | Q(membership__in=self.memberships)
            | Q(resident__in=self.residents)
        )


def for_staff(user: User | AnonymousUser, permission: str = "residents.view_resident") -> Scope:
    """What a staff member sees, or may act upon where `permission` names an act (`app.codename`)."""
    if not (isinstance(user, User) and user.is_active and user.is_staff):
        return Scope(Community.objects.none())
    if user.is_superuser:
        return Scope(None, petitions=user.sees_petitions)
    roles = StaffRole.objects.unexpired().filter(user=user, role__in=roles_with(permission))
    communities = Community.objects.filter(pk__in=roles.values("community"))
    return Scope(communities, petitions=user.sees_petitions)
