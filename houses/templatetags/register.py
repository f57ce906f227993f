"""How states, findings and their suggestions are shown, on every page."""

from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from residents.masking import scrub
from residents.wording import in_words

from .. import badges
from ..models import Finding, Request

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
def request_badge(request: Request) -> SafeString:
    return badges.request_badge(request)


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


@register.filter
def words(text: str) -> list[str]:
    """A short literal list in a template."""
    return text.split()


@register.simple_tag
def counted_badge(state: str, count: int) -> SafeString:
    """◐ 已补完 12."""
    return badges.state_badge(state, str(count))


@register.simple_tag
def bar(share: float, is_error: bool = True) -> SafeString:
    """A horizontal bar of `share` percent; drawn, since a policy without inline styles knows no width."""
    return _drawing([("finding" if is_error else "none", 0.0, share)])


@register.simple_tag
def stacked(parts: list[tuple[str, int, float]]) -> SafeString:
    """○ ◐ ● as one bar: state, count and share in percent."""
    drawn, start = [], 0.0
    for state, _, share in parts:
        drawn.append((state, start, share))
        start += share
    told = "，".join(f"{badges.STATES[state][1]} {count}" for state, count, _ in parts)
    return _drawing(drawn, told)


def _drawing(parts: list[tuple[str, float, float]], told: str = "") -> SafeString:
    rects = format_html_join(
        "",
        '<rect class="fill-{}" x="{}" width="{}" height="8"/>',
        ((s, round(x, 2), round(w, 2)) for s, x, w in parts),
    )
    title = format_html("<title>{}</title>", told) if told else ""
    spoken = format_html('role="img" aria-label="{}"', told) if told else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="drawn" viewBox="0 0 100 8" preserveAspectRatio="none" {}>{}{}</svg>',
        spoken,
        title,
        rects,
    )


def field_of(finding: Finding, name: str) -> Any:
    """The model field of this name on the record that a finding is about."""
    kind, _ = finding.record_key
    return getattr(finding, kind)._meta.get_field(name)
