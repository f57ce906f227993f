"""One sign, colour and word for each state, on every page. The colours are in `static/register.css`."""

from collections.abc import Iterable

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from .models import Request
from .states import FindingStatus, Status

# state: sign, word. Colour never stands alone, so that a grey printer tells them apart as well.
STATES: dict[str, tuple[str, str]] = {
    "none": ("–", "无记录"),
    Status.INCOMPLETE: ("○", "不完整"),
    Status.COMPLETED: ("◐", "已补完"),
    Status.ACTIVATED: ("●", "已激活"),
    Status.ENDED: ("→", "已迁出"),
    "review": ("◆", "待审核"),
    "finding": ("▲", "待核实"),
    "returned": ("✕", "已退回"),
}
_OF_FINDING = {
    FindingStatus.OPEN: ("finding", "▲", "待核实"),
    FindingStatus.RESOLVED: ("activated", "●", "已解决"),
    FindingStatus.WAIVED: ("completed", "◐", "已确认无误"),
}
_OF_REQUEST = {
    Request.Status.OPEN: ("review", "◆"),
    Request.Status.ACCEPTED: ("activated", "●"),
    Request.Status.REFUSED: ("returned", "✕"),
    Request.Status.CLOSED: ("ended", "→"),
}
# A dispute is neither granted nor denied: it is looked at.
_OF_DISPUTE = {Request.Status.ACCEPTED: "已核实", Request.Status.REFUSED: "登记无误"}


def state_badge(state: str, text: str = "") -> SafeString:
    """The badge of a state; `text` stands after its word, a count for example."""
    sign, word = STATES[state]
    return badge(state, sign, f"{word} {text}".rstrip())


def finding_badge(status: str) -> SafeString:
    return badge(*_OF_FINDING[FindingStatus(status)])


def request_badge(request: Request) -> SafeString:
    """◆ 待答复: where a request stands, as its asker reads it."""
    status = Request.Status(request.status)
    words = _OF_DISPUTE if request.kind == Request.Kind.DISPUTE else {}
    return badge(*_OF_REQUEST[status], words.get(status, str(status.label)))


def findings_badge(count: int) -> SafeString | str:
    """▲ 待核实 3, or a dash."""
    return state_badge("finding", str(count)) if count else "—"


def badges(counts: Iterable[tuple[str, int]]) -> SafeString | str:
    """The badges of several states with their counts; those that do not occur are left out."""
    shown = [(state_badge(state, str(count)),) for state, count in counts if count]
    return format_html_join(" ", "{}", shown) if shown else state_badge("none")


def badge(state: str, sign: str, text: str) -> SafeString:
    """In the colour of a state, with a sign and words of its own."""
    return format_html(
        '<span class="state state-{}"><span aria-hidden="true">{}</span> {}</span>', state, sign, text
    )
