"""How runs and outcomes are shown."""

from django import template
from django.utils.safestring import SafeString

from .. import badges
from ..models import SyncRun

register = template.Library()


@register.filter
def run_badge(run: SyncRun) -> SafeString:
    return badges.run_badge(run)


@register.simple_tag
def outcome_badge(outcome: str, count: int | str = "") -> SafeString:
    return badges.outcome_badge(outcome, count)
