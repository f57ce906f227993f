"""Lists in pages of fifty, filtered by community."""

from typing import Any

from django.http import Http404, HttpRequest
from django.utils.http import urlencode

from ..models import Community
from ..visibility import Scope

PER_PAGE = 50


def chosen_community(scope: Scope, chosen: str) -> tuple[Community | None, Scope]:
    """The community of a filter with what is seen of it; of another office's there is none."""
    if not chosen.isdecimal():
        return None, scope
    community = scope.communities.filter(pk=chosen).first()
    if community is None:
        raise Http404
    return community, scope.within(community)


def page_of(rows: Any, chosen: str) -> tuple[int, list[Any], bool]:
    """Number, rows, and whether there is a page behind it."""
    number = max(int(chosen), 1) if chosen.isdecimal() and len(chosen) < 7 else 1
    start = (number - 1) * PER_PAGE
    found = list(rows[start : start + PER_PAGE + 1])
    return number, found[:PER_PAGE], len(found) > PER_PAGE


def pages(request: HttpRequest, number: int, more: bool) -> dict[str, Any]:
    def address(n: int) -> str:
        kept: dict[str, str] = request.GET.dict()
        return f"?{urlencode(kept | {'page': str(n)})}"

    return {
        "number": number,
        "previous": address(number - 1) if number > 1 else "",
        "next": address(number + 1) if more else "",
    }
