"""What the pages below `/my/` share: who may enter, the frame, how an act is told.

The gates stand in one order: signed in, not locked, phone verified, notice agreed to. Whoever is
stopped at one is led back to where they wanted to go (`next`).
"""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views import View

from ..advice import advise, advised
from ..exceptions import Refused
from ..forms import ActForm
from ..models import Consent, User


def came_from(request: HttpRequest) -> str:
    """The page of ours that a form leads back to, "" where the address names none."""
    target = request.POST.get("next", "") or request.GET.get("next", "")
    known = url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure())
    return target if known else ""


class PublicPage(View):
    """A page in the household's frame that anybody may read. Nothing below `/my/` is kept by a browser."""

    template_name = ""
    title = ""
    here = ""  # the entry of the navigation that is lit

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        answer = self.gate(request) or super().dispatch(request, *args, **kwargs)
        answer["Cache-Control"] = "no-store"
        return answer

    def gate(self, request: HttpRequest) -> HttpResponseBase | None:
        """Where somebody is led who may not enter yet; None lets in."""
        return None

    def surroundings(self) -> dict[str, Any]:
        """What the frame shows around the page."""
        return {}

    def page(self, status: int = 200, **context: Any) -> HttpResponse:
        around = {"title": self.title, "here": self.here, "next": came_from(self.request)}
        shown = {**around, **self.surroundings(), **context}
        return render(self.request, self.template_name, shown, status=status)

    def back(self, default: Any, *args: Any) -> HttpResponseRedirect:
        """Where the form says that it came from, if that is a page of ours."""
        target = came_from(self.request)
        return HttpResponseRedirect(target) if target else redirect(default, *args)


class AccountPage(PublicPage):
    """A page of somebody with a verified phone."""

    needs_phone = needs_notice = True

    user: User

    def gate(self, request: HttpRequest) -> HttpResponseBase | None:
        user = request.user
        if not isinstance(user, User):
            return led_to("account:login", self)
        self.user = user
        if user.is_locked:
            return render(request, "household/locked.html", {"title": "帐号已锁定"}, status=403)
        if self.needs_phone and not user.has_phone:
            return led_to("account:verify_phone", self)
        if self.needs_notice and not Consent.stands(user, Consent.Kind.NOTICE):
            return led_to("account:consent", self)
        return None

    def attempt(self, act: Callable[[], object], done: str) -> bool:
        """Do it; the next page tells what was done, or why it was not and what helps."""
        try:
            act()
        except Refused as refused:
            messages.error(self.request, advised(refused))
            return False
        messages.success(self.request, done)
        return True


class FamilyForm(ActForm):
    """A form of an account's own. No transaction around it: a refused try counts.

    `why` is the refusal's code, and of it is the `status`: at a limit one waits.
    """

    whole = False
    why = ""

    def tell(self, refused: Refused) -> None:
        """Also what helps."""
        self.status, self.why = 429 if refused.is_limit else 422, refused.code
        super().tell(refused)
        if advice := advise(refused.code):
            self.add_error(None, advice)


def led_to(name: str, view: View) -> HttpResponseRedirect:
    """To another page first, and back here afterwards: a form that was posted starts again at its page.

    What has no page of its own, a button on another, leads back to where the form says it came from.
    """
    here = view.request.get_full_path() if hasattr(view, "get") else came_from(view.request)
    query = f"?{urlencode({'next': here})}" if here else ""
    return HttpResponseRedirect(reverse(name) + query)
