"""Models of an app that is not installed: no migration knows them, tests make their tables."""

from django.db import models

from residents.fields import SealedBooleanField, SealedField, SealedJSONField
from residents.id_numbers import matching_form


class Card(models.Model):
    name = models.CharField(max_length=20, default="")
    number = SealedField(fold=matching_form, tail=4, max_length=20, blank=True, default="")
    phone = SealedField(purpose="phone", null=True, blank=True, default=None)
    flag = SealedBooleanField(null=True, blank=True)
    extra = SealedJSONField(default=dict, blank=True)

    class Meta:
        app_label = "sealed_tests"
        indexes = (
            SealedField.index("number", name="card_number_digest"),
            SealedField.tail_index("number", name="card_number_tail"),
        )
        constraints = (SealedField.unique_constraint("phone", name="card_phone_unique"),)

    def __str__(self) -> str:
        return f"card {self.pk}"


class Slip(models.Model):
    mobile = SealedField(purpose="phone")
    number = SealedField()
    card = models.ForeignKey(Card, null=True, on_delete=models.CASCADE)

    class Meta:
        app_label = "sealed_tests"

    def __str__(self) -> str:
        return f"slip {self.pk}"


ALL = (Card, Slip)
