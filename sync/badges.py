"""One sign, colour and word for where a run stands and for what came of a phone (houses/badges.py)."""

from django.utils.safestring import SafeString

from houses.badges import badge

from .models import SyncItem, SyncRun

_OF_RUN = {
    SyncRun.Status.RUNNING: ("completed", "◐"),
    SyncRun.Status.DONE: ("activated", "●"),
    SyncRun.Status.STOPPED: ("finding", "▲"),
    SyncRun.Status.CANCELLED: ("ended", "■"),
}
_OF_OUTCOME = {
    SyncItem.Outcome.WAITING: ("none", "○"),
    SyncItem.Outcome.CREATED: ("activated", "●"),
    SyncItem.Outcome.UPDATED: ("completed", "◐"),
    SyncItem.Outcome.UNCHANGED: ("incomplete", "＝"),
    SyncItem.Outcome.NOT_FOUND: ("incomplete", "–"),
    SyncItem.Outcome.FAILED: ("returned", "✕"),
}
QUEUED = badge("incomplete", "○", "排队中")


def run_badge(run: SyncRun) -> SafeString:
    return badge(*_OF_RUN[SyncRun.Status(run.status)], run.get_status_display())


def outcome_badge(outcome: str, count: int | str = "") -> SafeString:
    """✕ 失败 12."""
    known = SyncItem.Outcome(outcome)
    return badge(*_OF_OUTCOME[known], f"{known.label} {count}".rstrip())
