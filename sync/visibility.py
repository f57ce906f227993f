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
    """One's own runs; an auditor's colleagues' too; the system administrator sees all."""
    if not isinstance(user, User):
        return SyncRun.objects.none()
    if user.is_superuser and user.is_active:
        return SyncRun.objects.all()
    audited = for_staff(user, "admin.view_logentry")
    colleagues = StaffRole.objects.filter(community__in=audited.communities).values("user")
    allowed = for_staff(user, permission).communities.exists()
    runs = SyncRun.objects.filter(Q(started_by=user) | Q(started_by__in=colleagues))
    return runs if allowed else runs.none()
