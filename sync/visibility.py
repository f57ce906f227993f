"""What staff see of the sync's own books (`houses/visibility.py` scopes the rest)."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from houses.models import StaffRole
from houses.visibility import Scope, for_staff
from residents.models import User

from .models import PlatformRecord, SyncRun


def platform_records(scope: Scope) -> QuerySet[PlatformRecord]:
    """Phones whose answers are about people or houses of the scope."""
    if scope.everything:
        return PlatformRecord.objects.all()
    named = Q(pk__in=PlatformRecord.objects.filter(mentions__membership__in=scope.memberships).values("pk"))
    return PlatformRecord.objects.filter(Q(subject__in=scope.residents) | named)


def sync_runs(user: User | AnonymousUser, permission: str = "sync.view_syncrun") -> QuerySet[SyncRun]:
    """One's own runs, those over a community where one holds the permission, and an auditor's colleagues';
    the system administrator sees all."""
    if not isinstance(user, User):
        return SyncRun.objects.none()
    if user.is_superuser and user.is_active:
        return SyncRun.objects.all()
    audited = for_staff(user, "admin.view_logentry")
    colleagues = StaffRole.objects.filter(community__in=audited.communities).values("user")
    allowed = for_staff(user, permission).communities
    runs = SyncRun.objects.filter(
        Q(started_by=user) | Q(started_by__in=colleagues) | Q(community__in=allowed)
    )
    return runs if allowed.exists() else runs.none()


def runs_in_hand(user: User | AnonymousUser) -> QuerySet[SyncRun]:
    """Runs whose phones a user sees (masked) and whose course they decide: those that they started, and
    those over a community whose office they are."""
    scope = for_staff(user, "sync.start_run")
    runs = sync_runs(user, "sync.start_run")
    if scope.everything:
        return runs
    return runs.filter(Q(started_by=user) | Q(community__in=scope.communities))
