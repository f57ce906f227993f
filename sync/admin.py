"""平台记录 and 同步任务, to look up."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Value
from django.http import HttpRequest
from django.utils.html import format_html_join
from unfold.admin import TabularInline

from houses.admin.base import house_link, resident_link
from houses.visibility import for_staff
from residents.admin import NumberSearch, OfficeAdmin, worded
from residents.validators import normalise_phone

from .models import Mention, PlatformRecord, SyncItem, SyncRun
from .staff.figures import tallies
from .staff.words import cause_in_words
from .visibility import platform_records, runs_in_hand, sync_runs

PHONE = worded(PlatformRecord._meta.get_field("phone"))
ITEM_PHONE = worded(SyncItem._meta.get_field("phone"))


@admin.register(PlatformRecord)
class PlatformRecordAdmin(NumberSearch, OfficeAdmin):
    list_display = (PHONE, "owner", "homes", "checked_at", "kept")
    search_fields = ("subject__name",)
    search_help_text = "机主姓名或完整手机号"
    fields = readonly_fields = (PHONE, "owner", "homes", "checked_at", "kept")
    order = ("-checked_at", "pk")

    def scoped(self, request: HttpRequest, permission: str) -> QuerySet[PlatformRecord]:
        return platform_records(for_staff(request.user, permission))

    def get_queryset(self, request: HttpRequest) -> QuerySet[PlatformRecord]:
        scope = for_staff(request.user)
        people = scope.residents.only("pk", "name")
        named = Mention.objects.filter(membership__in=scope.memberships).select_related("membership__house")
        return (
            super()
            .get_queryset(request)
            .prefetch_related(
                Prefetch("mentions", queryset=named.order_by("pk"), to_attr="seen_mentions"),
                Prefetch("subject", queryset=people, to_attr="seen_subject"),
            )
        )

    def holding(self, number: str) -> Q:
        return Q(phone=normalise_phone(number))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By the names of people whom the user sees: a record may be about others as well."""
        named = for_staff(request.user).residents.filter(name__icontains=search_term.strip())
        return (queryset.filter(subject__in=named) if search_term else queryset), False

    @admin.display(description="机主")
    def owner(self, record: Any) -> Any:
        if record.subject_id is None:
            return "—"
        return resident_link(record.seen_subject) if record.seen_subject else "非本小区人员"

    @admin.display(description="答复中的房屋")
    def homes(self, record: Any) -> Any:
        houses = {mention.membership.house for mention in record.seen_mentions if not mention.absent_since}
        links = [(house_link(house),) for house in sorted(houses, key=lambda house: house.pk)]
        return format_html_join("、", "{}", links) or "—"

    @admin.display(description="下次查询")
    def kept(self, record: PlatformRecord) -> str:
        return "与上次相同则跳过" if record.digest else "全部重读"


class ItemsInline(TabularInline):  # type: ignore[misc]
    model = SyncItem
    verbose_name_plural = "明细"
    fields = readonly_fields = (ITEM_PHONE, "result", "why", "attempts", "seconds")
    extra = 0
    per_page = 50
    hide_title = True
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> Any:
        """Each with `is_hidden`: that the petition flag alone changed is told to who may see it."""
        of_the_flag = Exists(SyncItem.objects.about_the_flag_alone().filter(pk=OuterRef("pk")))
        hidden = Value(False) if for_staff(request.user).petitions else of_the_flag
        return super().get_queryset(request).annotate(is_hidden=hidden).order_by("pk")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whose run it is may see its phones, masked; an auditor sees the counts. Of no run in particular
        Django asks before it looks for the rows: the answer of the run stands by then."""
        return obj is None or runs_in_hand(request.user).filter(pk=obj.pk).exists()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission

    @admin.display(description="结果")
    def result(self, item: Any) -> str:
        return str(SyncItem.Outcome.UNCHANGED.label) if item.is_hidden else str(item.get_outcome_display())

    @admin.display(description="原因")
    def why(self, item: SyncItem) -> str:
        return cause_in_words(item.cause) if item.cause else "—"


@admin.register(SyncRun)
class SyncRunAdmin(OfficeAdmin):
    list_display = (
        "number", "kind", "place", "status", "starter", "started_at", "finished_at",
        "phones", "changed", "failed",
    )  # fmt: skip
    list_filter = ("status", "kind")
    fields = readonly_fields = (
        "kind", "place", "status", "why", "starter", "ender", "started_at", "heartbeat_at", "finished_at",
        "phones", "waiting", "changed", "failed",
    )  # fmt: skip
    order = ("-pk",)
    inlines = (ItemsInline,)

    def scoped(self, request: HttpRequest, permission: str) -> QuerySet[SyncRun]:
        return sync_runs(request.user, permission)

    def get_queryset(self, request: HttpRequest) -> Any:
        seen = for_staff(request.user, "sync.view_syncrun").communities
        named = Prefetch("community", queryset=seen, to_attr="seen_community")
        return super().get_queryset(request).select_related("started_by", "ended_by").prefetch_related(named)

    def completed(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        counts = tallies(rows, petitions=for_staff(request.user).petitions)
        for run in rows:
            run.told = counts[run.pk]
        return rows

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        run = super().get_object(request, object_id, from_field)
        return run and self.completed(request, [run])[0]

    def title_of(self, record: SyncRun) -> str:
        return f"同步任务 {record.pk}"

    @admin.display(description="任务", ordering="pk")
    def number(self, run: SyncRun) -> str:
        return self.title_of(run)

    @admin.display(description="小区")
    def place(self, run: Any) -> str:
        if run.community_id is None:
            return "—"
        return str(run.seen_community) if run.seen_community else "其他小区"

    @admin.display(description="停止原因")
    def why(self, run: SyncRun) -> str:
        return cause_in_words(run.cause) if run.cause else "—"

    @admin.display(description="发起人")
    def starter(self, run: SyncRun) -> str:
        return run.started_by.shown_name if run.started_by else "系统"

    @admin.display(description="取消人")
    def ender(self, run: SyncRun) -> str:
        return run.ended_by.shown_name if run.ended_by else "—"

    @admin.display(description="手机号")
    def phones(self, run: Any) -> Any:
        return run.told.total

    @admin.display(description="等待")
    def waiting(self, run: Any) -> Any:
        return run.told.waiting

    @admin.display(description="新建或更新")
    def changed(self, run: Any) -> Any:
        return run.told.changed

    @admin.display(description="失败")
    def failed(self, run: Any) -> Any:
        return run.told.failed
