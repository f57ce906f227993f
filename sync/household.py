"""同步安防数据 on a phone: the account's own answer, its result in plain words, and what to do next."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path

from houses.household.pages import FamilyPage
from residents.advice import advised
from residents.exceptions import Refused

from .own import ask_for_own
from .wording import in_words


class OwnSync(FamilyPage):
    """Asks about the account's verified phone, and no other."""

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            outcome = ask_for_own(self.user)
        except Refused as refused:
            messages.error(request, advised(refused))
        else:
            level = messages.SUCCESS if outcome.stored else messages.WARNING
            messages.add_message(request, level, in_words(outcome))
        return redirect("my:home")

    def get(self, request: HttpRequest) -> HttpResponse:
        """A link to here, or a reload: the question itself is asked by POST only."""
        return redirect("my:home")


urls = [path("", OwnSync.as_view(), name="start")]
