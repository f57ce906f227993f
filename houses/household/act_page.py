"""An act of the household."""

from django.urls import reverse

from residents.views.acts import Act
from residents.views.pages import FamilyForm

from .pages import FamilyPage


class ActPage(Act[FamilyForm], FamilyPage):
    form_class: type[FamilyForm] = FamilyForm

    @property
    def home(self) -> str:
        return reverse("my:home")
