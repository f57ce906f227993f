"""The admin's sidebar and first page: what this user may see, and how much of it waits."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

from houses.admin.overview import communities, newest_findings
from houses.states import Status
from houses.visibility import Scope, for_staff

# Title of the group: model, word, icon.
_GROUPS = {
    "住户": [
        ("houses.house", "房屋", "home"),
        ("houses.membership", "房屋成员", "group"),
        ("residents.resident", "居民", "person"),
    ],
    "核实": [("houses.finding", "待核实", "warning")],
    "安防同步": [
        ("sync.platformrecord", "平台记录", "phone_in_talk"),
        ("sync.syncrun", "同步任务", "sync"),
    ],
    "设置": [
        ("houses.community", "小区", "location_city"),
        ("residents.user", "帐号", "badge"),
        ("houses.staffrole", "岗位", "assignment_ind"),
        ("admin.logentry", "操作日志", "history"),
        ("residents.accesslog", "查看记录", "visibility"),
    ],
}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of the sidebar; what the user may not see is not in it."""
    first = {"title": "", "items": [{"title": "总览", "icon": "dashboard", "link": reverse("admin:index")}]}
    groups = [{"title": title, "items": list(_items(request, models))} for title, models in _GROUPS.items()]
    return [first, *(group for group in groups if group["items"])]


def _items(request: HttpRequest, models: list[tuple[str, str, str]]) -> Iterator[dict[str, Any]]:
    for label, title, icon in models:
        app, model = label.split(".")
        if request.user.has_perm(f"{app}.view_{model}"):
            yield {"title": title, "icon": icon, "link": reverse(f"admin:{app}_{model}_changelist")}


def overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The first page: figures, each a link to the rows behind it."""
    if not request.user.has_perm("houses.view_membership"):
        return {**context, "title": "总览"}
    figures = {
        "tiles": list(_tiles(for_staff(request.user))),
        "communities": communities(request.user),
        "newest": newest_findings(request.user),
    }
    return {**context, "title": "总览", **figures}


def _tiles(scope: Scope) -> Iterator[dict[str, Any]]:
    members, houses = reverse("admin:houses_membership_changelist"), reverse("admin:houses_house_changelist")
    counts = _member_counts(scope)
    yield {"title": "房屋", "figure": scope.houses.count(), "link": houses}
    yield {"title": "在住成员", "figure": sum(counts.values()), "link": members}
    for status in (Status.INCOMPLETE, Status.COMPLETED, Status.ACTIVATED):
        yield {"badge": status, "figure": counts[status], "link": f"{members}?status__exact={status}"}
    findings = reverse("admin:houses_finding_changelist")
    errors = scope.findings.open().errors().count()
    yield {"badge": "finding", "figure": errors, "link": f"{findings}?status__exact=open&weight=error"}


def _member_counts(scope: Scope) -> dict[str, int]:
    states = (Status.INCOMPLETE, Status.COMPLETED, Status.ACTIVATED)
    return scope.memberships.aggregate(
        **{str(state): Count("pk", filter=Q(status=state)) for state in states}
    )


def icon(request: HttpRequest) -> str:
    return static("register.svg")


def styles(request: HttpRequest) -> str:
    return static("register.css")
