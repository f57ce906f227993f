"""For the auditor: 操作日志, who did what and why, and 查看记录, who saw whom. Keys, never people."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from residents.admin import OfficeAdmin
from residents.masking import scrub
from residents.models import AccessLog, Photo, Resident

from ..models import StaffRole
from ..visibility import for_staff


def in_digits(key: str) -> str:
    """A short number for a record: enough to see that two rows are about the same one."""
    return key if key.isdecimal() else str(int(key[:8], 16)) if key else "—"


_ACTS = {1: "新增", 2: "修改", 3: "删除"}


@admin.register(LogEntry)
class LogAdmin(OfficeAdmin):
    list_display = ("action_time", "actor", "act", "kind", "number", "why")
    list_filter = ("action_flag",)
    fields = readonly_fields = ("action_time", "actor", "act", "kind", "number", "why")
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
        return in_digits(entry.object_id or "")

    @admin.display(description="说明")
    def why(self, entry: LogEntry) -> str:
        return scrub(entry.get_change_message()) or "—"


@admin.register(AccessLog)
class AccessLogAdmin(OfficeAdmin):
    """Read only, like the table itself."""

    list_display = ("at", "viewer", "kind", "number", "what", "cause")
    list_filter = ("kind",)
    fields = readonly_fields = list_display
    order = ("-at", "-pk")
    list_select_related = ("account",)

    def title_of(self, look: AccessLog) -> str:
        return f"查看记录 {look.pk}"

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:residents_accesslog_change", args=[object_id]))

    def scoped(self, request: HttpRequest, permission: str) -> QuerySet[AccessLog]:
        return for_staff(request.user, permission).access_logs

    @admin.display(description="查看人", ordering="account")
    def viewer(self, look: AccessLog) -> str:
        return look.account.shown_name

    @admin.display(description="居民编号")
    def number(self, look: AccessLog) -> str:
        return in_digits(str(look.resident_id))

    @admin.display(description="内容")
    def what(self, look: AccessLog) -> str:
        labels = {field.name: str(field.verbose_name) for field in Resident._meta.concrete_fields}
        labels["photo"] = str(Photo._meta.verbose_name)
        return "、".join(labels.get(name, "—") for name in look.fields) or "—"

    @admin.display(description="事由")
    def cause(self, look: AccessLog) -> str:
        return scrub(look.reason)
