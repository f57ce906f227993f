"""操作日志: who did what in the admin, for the auditor. It names kinds and keys, never people."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from residents.admin import OfficeAdmin

from ..models import StaffRole
from ..visibility import for_staff

_ACTS = {1: "新增", 2: "修改", 3: "删除"}


@admin.register(LogEntry)
class LogAdmin(OfficeAdmin):
    list_display = ("action_time", "actor", "act", "kind", "number")
    list_filter = ("action_flag",)
    fields = readonly_fields = ("action_time", "actor", "act", "kind", "number")
    order = ("-action_time", "-pk")
    list_select_related = ("user", "content_type")

    def title_of(self, entry: LogEntry) -> str:
        return f"操作日志 {entry.pk}"

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """A log has no history, and Django's page of it would name the record."""
        return HttpResponseRedirect(reverse("admin:admin_logentry_change", args=[object_id]))

    def scoped(self, request: HttpRequest, permission: str) -> QuerySet[LogEntry]:
        """What colleagues of the auditor's communities did."""
        scope = for_staff(request.user, permission)
        if scope.everything:
            return LogEntry.objects.all()
        colleagues = StaffRole.objects.unexpired().filter(community__in=scope.communities)
        return LogEntry.objects.filter(user__in=colleagues.values("user"))

    @admin.display(description="操作人", ordering="user")
    def actor(self, entry: LogEntry) -> str:
        return entry.user.shown_name

    @admin.display(description="操作", ordering="action_flag")
    def act(self, entry: LogEntry) -> str:
        return _ACTS[entry.action_flag]

    @admin.display(description="对象")
    def kind(self, entry: LogEntry) -> str:
        model = entry.content_type and entry.content_type.model_class()
        return str(model._meta.verbose_name) if model else "—"

    @admin.display(description="对象编号")
    def number(self, entry: LogEntry) -> str:
        return (entry.object_id or "—")[:8]
