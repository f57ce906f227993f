"""Numbers in a template: masked, whatever they are."""

from django import template

from residents.masking import mask_id_number, mask_phone

register = template.Library()


@register.filter
def masked_number(number: str | None) -> str:
    return mask_id_number(number or "")


@register.filter
def masked_phone(phone: str | None) -> str:
    return mask_phone(phone or "")
