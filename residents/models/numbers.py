"""Who has an ID number: a lock for a question that no row of ours answers."""

from collections.abc import Iterable

from django.db import models

from .. import id_numbers
from ..bulk import fresh, insert_absent
from ..crypto import digest


class NumberLock(models.Model):
    """One row for each ID number that came in (keyed digest): the lock of "who has it".

    People have no natural key, so two transactions that both bring a new person could both
    create them. Whoever inserts or holds the number's row decides alone.
    """

    key = models.CharField(max_length=43, unique=True)

    class Meta:
        verbose_name = verbose_name_plural = "证件号锁"

    def __str__(self) -> str:
        return f"证件号锁 {self.pk}"

    @classmethod
    def take(cls, numbers: Iterable[str]) -> None:
        """Hold these numbers until the end of the caller's transaction; taken in one order."""
        forms = {id_numbers.matching_form(number) for number in numbers if number}
        keys = sorted(digest(form, context="number") for form in forms)
        known = set(cls.objects.filter(key__in=keys).values_list("key", flat=True))
        insert_absent([fresh(cls, key=key) for key in keys if key not in known])
        list(cls.objects.filter(key__in=keys).order_by("pk").select_for_update().values_list("pk"))
