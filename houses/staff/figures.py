"""The figures of the dashboard: each is a count with the address of the rows behind it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.http import urlencode

from ..models import Community
from ..states import FindingCode, Status
from ..visibility import Scope

STATES = (Status.INCOMPLETE, Status.COMPLETED, Status.ACTIVATED)


@dataclass
class Progress:
    """How far the members of a community or a building have come."""

    title: str
    link: str
    incomplete: int = 0
    completed: int = 0
    activated: int = 0

    @property
    def total(self) -> int:
        return self.incomplete + self.completed + self.activated

    @property
    def parts(self) -> list[tuple[str, int, float]]:
        """State, members, and the share of the bar in percent."""
        return [
            (str(state), getattr(self, state), 100 * getattr(self, state) / self.total if self.total else 0)
            for state in STATES
        ]


def _counted() -> dict[str, Count]:
    return {str(state): Count("pk", filter=Q(status=state)) for state in STATES}


def totals(scope: Scope) -> dict[str, int]:
    """Open members by status, with `members`, `filled` and `active` (percent, rounded down)."""
    counts: dict[str, int] = scope.memberships.open().aggregate(**_counted())
    members = sum(counts.values())
    filled = counts[Status.COMPLETED] + counts[Status.ACTIVATED]
    return {
        **counts,
        "members": members,
        "filled": 100 * filled // members if members else 0,
        "active": 100 * counts[Status.ACTIVATED] // members if members else 0,
    }


def by_community(scope: Scope) -> list[Progress]:
    found: Any = scope.memberships.open().values("house__community").annotate(**_counted())
    counts = {row.pop("house__community"): row for row in found}
    return [
        Progress(str(community), reverse("staff:grid", args=[community.pk]), **counts.get(community.pk, {}))
        for community in scope.communities.order_by("pk")
    ]


def by_building(scope: Scope, community: Community) -> list[Progress]:
    rows = scope.memberships.open().filter(house__community=community)
    found: Any = rows.values("house__building").annotate(**_counted())
    grid = reverse("staff:grid", args=[community.pk])
    progress = []
    for row in found:
        building = row.pop("house__building")
        title = f"{building}号楼" if building else "（无楼号）"
        progress.append(Progress(title, f"{grid}?{urlencode({'building': building})}", **row))
    return sorted(progress, key=lambda one: (len(one.title), one.title))


def by_finding(scope: Scope) -> list[dict[str, Any]]:
    """Open findings of each kind, the most frequent first; `share` is the bar's percent."""
    found = scope.findings.open().values("code").annotate(n=Count("pk")).order_by("-n", "code")
    errors = set(FindingCode.errors())
    rows = [
        {
            "title": FindingCode(row["code"]).label,
            "n": row["n"],
            "is_error": row["code"] in errors,
            "link": f"{reverse('staff:findings')}?{urlencode({'code': row['code']})}",
        }
        for row in found
    ]
    return _with_share(rows)


def _with_share(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = list(rows)
    most = max((row["n"] for row in rows), default=1)
    return [{**row, "share": 100 * row["n"] / most} for row in rows]
