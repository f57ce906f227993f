"""What a birthday changes: ages stand in statuses and findings, and nobody writes on that day."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from residents.completeness import ADULT_QUESTIONS_AGE
from residents.models import Resident

from . import findings
from .checks import ADULT_AGE, MINOR_AGE
from .models import Membership

# Nights that may have been slept through; a person who is looked at twice is written once.
DAYS = 31
CHUNK = 200


def restate(today: date | None = None) -> int:
    """Look again at everybody who has lately come to an age that a rule asks for: how many that were."""
    people = _with_birthdays(today or timezone.localdate())
    looked_at = 0
    while chunk := list(islice(people, CHUNK)):
        with transaction.atomic():
            Membership.objects.restate(chunk, why="生日")
            findings.refresh(residents=[resident.pk for resident in chunk])
        looked_at += len(chunk)
    return looked_at


def _with_birthdays(today: date) -> Iterator[Resident]:
    """By the birth date that stands in the record: one that only the number tells is filled in from it."""
    born = Q()
    for age in (MINOR_AGE, ADULT_QUESTIONS_AGE, ADULT_AGE):
        latest = _years_before(today, age)
        born |= Q(birth_date__lte=latest, birth_date__gt=latest - timedelta(days=DAYS))
    return Resident.objects.filter(born).order_by("pk").iterator(CHUNK)


def _years_before(day: date, years: int) -> date:
    """The birthday of whoever is so old from this day on; who was born on 29 February waits for 1 March."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
