"""The first page's communities and newest findings."""

from typing import Any

from django.contrib.auth.models import AnonymousUser

from residents.models import User

from ..visibility import for_staff, with_records
from .base import count_findings
from .places import OPEN_STATES, CommunityAdmin, count_members

# The first page is a glance: who has more communities opens their list.
MOST_COMMUNITIES, MOST_FINDINGS = 12, 5


def communities(user: User | AnonymousUser) -> list[Any]:
    """Each community with its open memberships by status and its open findings of weight error."""
    scope = for_staff(user)
    rows: list[Any] = list(scope.communities.order_by("pk")[:MOST_COMMUNITIES])
    count_members(rows, "house__community")
    for row in rows:
        row.states = [(str(state), getattr(row, state)) for state in OPEN_STATES]
        row.members = sum(n for _, n in row.states)
        row.done = row.members - row.incomplete
    return count_findings(scope, rows, *CommunityAdmin.findings_paths, errors=True)


def newest_findings(user: User | AnonymousUser) -> Any:
    scope = for_staff(user)
    return with_records(scope.findings.open().errors(), scope).order_by("-opened_at", "-pk")[:MOST_FINDINGS]
