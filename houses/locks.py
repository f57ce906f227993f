"""The locks of whatever writes a household, taken in one order: the merge's (docs/decisions/0010)."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q

from residents.models import NumberLock, Resident

from .models import House, Membership

# What was allowed before the locks, asked again behind them: somebody may have activated, moved out or
# sold meanwhile. Raises Refused.
StillMay = Callable[[], object]


def always() -> None:
    """Nothing was checked that could have changed."""


def lock(*, numbers: Iterable[str] = (), houses: Iterable[int] = (), people: Iterable[UUID] = ()) -> None:
    """Hold phones, ID numbers, houses and people until the end of the caller's transaction.

    Called first, before any row of a request, a submission or an account is written.
    """
    people = set(people)
    _lock_answers(people)
    NumberLock.take(number for number in numbers if number)
    list(House.objects.filter(pk__in=set(houses)).order_by("pk").select_for_update().values_list("pk"))
    list(Resident.objects.filter(pk__in=people).order_by("pk").select_for_update().values_list("pk"))


def _lock_answers(people: set[UUID]) -> None:
    """The sync's records of the phones that speak of these people, whose kept digests an act may clear.

    Reached by their reverse name: nothing here imports the sync.
    """
    answers: Any = Resident._meta.get_field("platform_records").related_model
    own = Q(subject__in=people) | Q(mentions__membership__resident__in=people)
    phones = set(answers.objects.filter(own).values_list("pk", flat=True))
    list(answers.objects.filter(pk__in=phones).order_by("pk").select_for_update().values_list("pk"))


def lock_homes(
    people: Iterable[UUID], *, numbers: Iterable[str] = (), houses: Iterable[int] = ()
) -> set[int]:
    """The same for people with all their houses. Returns the houses."""
    people = set(people)
    homes = set(Membership.objects.filter(resident__in=people).values_list("house_id", flat=True))
    homes |= set(houses)
    lock(numbers=numbers, houses=homes, people=people)
    return homes
