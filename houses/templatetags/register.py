"""How states, findings and their suggestions are shown, on every page."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from residents.masking import scrub
from residents.wording import in_words

from .. import badges
from ..models import Finding

register = template.Library()

register.filter("scrubbed", scrub)


@register.filter
def state_badge(state: str) -> SafeString:
    return badges.state_badge(state)


@register.filter
def state_badges(counts: list[tuple[str, int]]) -> SafeString | str:
    return badges.badges(counts)


@register.filter
def findings_badge(count: int) -> SafeString | str:
    return badges.findings_badge(count)


@register.filter
def finding_badge(status: str) -> SafeString:
    return badges.finding_badge(status)


@register.filter
def finding_person(finding: Finding) -> str:
    """The name of whom a finding is about, "" where it is about a place."""
    resident = finding.resident or (finding.membership and finding.membership.resident)
    return resident.name if resident else ""


@register.filter
def suggestion(finding: Finding) -> str:
    """采用证件号码 1****************0: masked like the field that it is for."""
    if not finding.suggestion:
        return "—"
    field = field_of(finding, finding.suggestion["field"])
    value = in_words(field, field.to_python(finding.suggestion["value"]))
    return f"采用{field.verbose_name} {value}"


def field_of(finding: Finding, name: str) -> Any:
    """The model field of this name on the record that a finding is about."""
    kind, _ = finding.record_key
    return getattr(finding, kind)._meta.get_field(name)
