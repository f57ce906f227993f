"""What the pages of the workbench share: who may enter, what surrounds a page, how an act is told."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views import View

from residents.exceptions import Refusal, Refused, told
from residents.models import User
from residents.views.pages import came_from

from .. import queues
from ..office import Office
from ..visibility import Scope

SEEN = "residents.view_resident"


class StaffPage(View):
    """A page of the workbench. `permission` opens it; the scope is the first of every query."""

    permission = SEEN
    template_name = ""
    title = ""
    here = ""  # the entry of the sidebar that is lit

    office: Office
    scope: Scope

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = request.user
        if not isinstance(user, User):
            return redirect_to_login(request.get_full_path())
        if not user.has_perm(self.permission):
            raise PermissionDenied
        self.office = Office(user)
        self.scope = self.office.scope(self.permission)
        return super().dispatch(request, *args, **kwargs)

    def find(self, rows: QuerySet[Any], **key: Any) -> Any:
        """One record of a scope; of another office's it is told that there is none."""
        found = rows.filter(**key).first()
        if found is None:
            raise Http404(Refusal.NOT_FOUND.label)
        return found

    def page(self, status: int = 200, **context: Any) -> HttpResponse:
        around = {"title": self.title, "here": self.here, **surroundings(self.office)}
        return render(self.request, self.template_name, {**around, **context}, status=status)

    def part(self, **context: Any) -> HttpResponse:
        """A fragment for htmx, without the frame around it."""
        return render(self.request, self.template_name, context)

    def attempt(self, act: Callable[[], object], done: str) -> bool:
        """Do it; the next page tells what was done, or why it was not."""
        try:
            act()
        except Refused as refused:
            messages.error(self.request, told(refused))
            return False
        messages.success(self.request, done)
        return True

    def back(self, default: Any, *args: Any) -> HttpResponseRedirect:
        """Where the form says that it came from (`next`), if that is a page of ours."""
        target = came_from(self.request)
        return HttpResponseRedirect(target) if target else redirect(default, *args)


def surroundings(office: Office) -> dict[str, Any]:
    """What the frame around every page shows: the queues with their counts, and where else to go."""
    scope = office.scope()
    return {
        "queue_counts": waiting(scope),
        "open_requests": scope.requests.open().count(),
        "scoped_communities": list(scope.communities.order_by("pk")[:50]),
    }


def waiting(scope: Scope) -> list[tuple[queues.Queue, str, int]]:
    """Each queue with its word and how many records stand in it."""
    counts = queues.counts(scope)
    return [(queue, str(queue.label), counts[queue]) for queue in queues.Queue]
