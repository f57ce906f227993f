"""What all pages of the admin have in common. The pages themselves are registered by `houses` and `sync`,
which know the communities and so who sees what."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from .history import Entry, in_entries
from .search import by_last_four, by_number, is_number
from .wording import NOTHING, in_words

# More people than this do not share one number; a URL has to hold their keys.
MOST_FOUND = 50


def worded(field: Any, path_to: str = "") -> Callable[[Any], str]:
    """A column that shows a model field in words and masked. `path_to` leads from the row to its record."""
    steps = [step for step in path_to.split("__") if step]

    def column(record: Any) -> str:
        for step in steps:
            record = getattr(record, step)
        return in_words(field, getattr(record, field.name))

    column.__name__ = field.name
    return admin.display(column, description=field.verbose_name)


def link(record: models.Model, text: str) -> SafeString:
    """A link to the record's page of the admin."""
    meta = record._meta
    address = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[record.pk])
    return format_html('<a class="register-link" href="{}">{}</a>', address, text)


class CompletedList(ChangeList):
    """A list whose page is completed by a few queries, whatever the length of the list.

    Counts as annotations would be computed for all rows before the page is cut out of them.
    """

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = self.model_admin.completed(request, list(self.result_list))


class OfficeAdmin(ModelAdmin):
    """A page of records that staff see by their communities: `scoped` says which.

    Nobody adds, changes or deletes here unless a subclass says so: records change by
    their own methods, so that no page goes round the lifecycle.
    """

    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    list_filter_sheet = True
    list_fullwidth = True
    empty_value_display = NOTHING
    actions: Any = ()
    # The order of the list as it comes. `ordering` would mark each of these columns as sorted by hand.
    order: tuple[Any, ...] = ("pk",)

    def scoped(self, request: HttpRequest, permission: str) -> Any:
        """The records on which this user holds the permission (`app.codename`)."""
        raise NotImplementedError

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        permission = f"{self.opts.app_label}.view_{self.opts.model_name}"
        return self.scoped(request, permission).order_by(*self.order)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what the list's own filters and its search write: any other look-up is an oracle."""
        return lookup in self._own_lookups(request)

    def _own_lookups(self, request: HttpRequest | None) -> set[str]:
        allowed = {"id__in", "id__isnull"}
        for item in self.get_list_filter(request):
            plain = isinstance(item, str)
            allowed |= {f"{item}__exact", f"{item}__isnull"} if plain else {item.parameter_name}
        return allowed

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CompletedList

    def completed(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        """The rows of one page, with what their columns need besides."""
        return rows

    def title_of(self, record: Any) -> str:
        """What the page of a record is called: `str` of a person carries no name, since logs do."""
        return str(record)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        record = super().get_object(request, object_id, from_field)
        if record is not None:
            record.page_title = self.title_of(record)
        return record

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        if obj is not None:
            context["subtitle"] = obj.page_title
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def may(self, request: HttpRequest, act: str, obj: Any = None) -> bool:
        """Whether the user may do this (`add`, `change`, …), to this record where one is given."""
        permission = f"{self.opts.app_label}.{act}_{self.opts.model_name}"
        if not request.user.has_perm(permission):
            return False
        # The system administrator is asked about each row of a deletion: no query for these.
        if obj is None or getattr(request.user, "is_superuser", False):
            return True
        return self.scoped(request, permission).filter(pk=obj.pk).exists()


# -- search -------------------------------------------------------------------------------


class NumberSearch(OfficeAdmin):
    """A search box that posts: what names people goes on as `?q=`, a number as the keys of what it found."""

    search_help_text = "姓名、证件后四位、完整证件号或手机号"
    people: tuple[str, ...] = ("",)  # paths from a row to its people
    change_list_template = "admin/searched_list.html"

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_search"
        return [path("search/", self.admin_site.admin_view(self.search_view), name=name), *super().get_urls()]

    def search_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        text = request.POST.get("q", "").strip() if request.method == "POST" else ""
        target = self._found(request, text) if is_number(text) else {"q": text} if text else {}
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return HttpResponseRedirect(f"{address}?{urlencode(target)}" if target else address)

    def _found(self, request: HttpRequest, text: str) -> dict[str, str]:
        rows = (
            self.get_queryset(request).filter(self.holding(text)).order_by("pk").values_list("pk", flat=True)
        )
        keys = [str(pk) for pk in rows.distinct()[:MOST_FOUND]]
        messages.info(request, f"按完整号码找到 {len(keys)} 条。" if keys else "没有找到这个号码。")
        return {"id__in": ",".join(keys)} if keys else {"id__isnull": "1"}

    def holding(self, number: str) -> Q:
        """Rows of people who hold exactly this ID number or phone."""
        return _any(by_number(number, prefix) for prefix in self.people)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """A number typed into the address line is not looked up there."""
        if is_number(request.GET.get("q", "")):
            messages.warning(request, "完整的号码请在搜索框里查，不要写在网址中。")
            return HttpResponseRedirect(request.path)
        return super().changelist_view(request, extra_context)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        named, _ = super().get_search_results(request, queryset, search_term)
        tails = [tail for prefix in self.people if (tail := by_last_four(search_term, prefix))]
        if not tails:
            return named, True
        return queryset.filter(Q(pk__in=named.values("pk")) | _any(tails)), True


def _any(conditions: Iterable[Q]) -> Q:
    either = Q()
    for condition in conditions:
        either |= condition
    return either


# -- history ------------------------------------------------------------------------------


class HistoryInWords(OfficeAdmin):
    """A history page that a person can read: who, when, which field from what to what; masked."""

    def names_of(self, request: HttpRequest, model: Any, keys: set[Any]) -> dict[Any, str]:
        """Names of related records, those only that the user sees."""
        return {}

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        record = self.get_object(request, object_id)
        if record is None:
            raise Http404
        if not self.has_view_permission(request, record):
            raise PermissionDenied
        rows = record.history.select_related("history_user").order_by("-history_date", "-history_id")
        page = Paginator(rows, 50).get_page(request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),
            "title": f"{self.title_of(record)}的历史",
            "entries": list(self._entries(request, page)),
            "page_obj": page,
            "opts": self.opts,
            "original": record,
        }
        return TemplateResponse(request, "admin/history_in_words.html", context)

    def _entries(self, request: HttpRequest, page: Any) -> Iterator[Entry]:
        rows = list(page)
        older = rows[1:] + list(page.paginator.object_list[page.end_index() : page.end_index() + 1])
        pairs = list(zip(rows, [*older, *[None] * (len(rows) - len(older))], strict=True))
        petitions = bool(getattr(request.user, "sees_petitions", False))
        return in_entries(
            self.model,
            pairs,
            petitions=petitions,
            names=lambda model, keys: self.names_of(request, model, keys),
        )
