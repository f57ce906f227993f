"""What protects people after they asked to be forgotten."""

from django.db import models

from .. import id_numbers
from ..crypto import digest


class Tombstone(models.Model):
    """An erased person: only a keyed digest stays, so that no sync brings the person back."""

    key = models.CharField("摘要", max_length=43, unique=True)
    created_at = models.DateTimeField("删除时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "已删除人员"

    def __str__(self) -> str:
        return f"已删除人员 {self.pk}"

    @staticmethod
    def key_for(id_number: str) -> str:
        """The keyed digest of an ID number's 18-character form."""
        return digest(id_numbers.matching_form(id_number), context="tombstone")

    @classmethod
    def among(cls, numbers: set[str]) -> set[str]:
        """Which of these ID numbers belong to erased people."""
        keys = {cls.key_for(number): number for number in numbers}
        found = cls.objects.filter(key__in=keys).values_list("key", flat=True)
        return {keys[key] for key in found}
