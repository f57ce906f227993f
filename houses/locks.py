"""The locks of whatever writes a household, taken in one order: the merge's (docs/decisions/0010)."""

from collections.abc import Iterable
from uuid import UUID

from residents.models import NumberLock, Resident

from .models import House, Membership


def lock(*, numbers: Iterable[str] = (), houses: Iterable[int] = (), people: Iterable[UUID] = ()) -> None:
    """Hold ID numbers, houses and people until the end of the caller's transaction.

    Called first, before any row of a request, a submission or an account is written.
    """
    NumberLock.take(number for number in numbers if number)
    list(House.objects.filter(pk__in=set(houses)).order_by("pk").select_for_update().values_list("pk"))
    list(Resident.objects.filter(pk__in=set(people)).order_by("pk").select_for_update().values_list("pk"))


def lock_homes(
    people: Iterable[UUID], *, numbers: Iterable[str] = (), houses: Iterable[int] = ()
) -> set[int]:
    """The same for people with all their houses. Returns the houses."""
    people = set(people)
    homes = set(Membership.objects.filter(resident__in=people).values_list("house_id", flat=True))
    homes |= set(houses)
    lock(numbers=numbers, houses=homes, people=people)
    return homes
