"""What came of an account's own sync, in plain words, and what a resident can do.

What staff read about a failure is for staff (`sync.exceptions`).
"""

from residents.advice import advise
from residents.exceptions import Refusal

from .merge import Outcome

_LATER = "安防平台暂时没有答复，您的资料没有改动。请过几分钟再试，多次不成功请联系物业。"
_OFFICE = "安防平台的答复有问题，没有采用，您的资料没有改动。请联系物业核对。"
_OURS = "系统暂时不能同步，您的资料没有改动。请联系物业处理。"

ADVICE = {
    **dict.fromkeys(("unavailable", "deadline", "empty", "not-json"), _LATER),
    **dict.fromkeys(("redirect", "too-big", "encoding", "not-utf8", "duplicate"), _OFFICE),
    **dict.fromkeys(("envelope", "shape", "too-many", "wrong-subject"), _OFFICE),
    **dict.fromkeys(("tls", "token", "refused", "keys", "internal"), _OURS),
    "rate-limited": "现在查询的人太多，您的资料没有改动。请十分钟后再试。",
    "interrupted": "查询中途被打断，您的资料没有改动。请再试一次。",
    "busy": "您家的资料正被别人更新，请一分钟后再试。",
    "database": "系统正忙，您的资料没有改动。请一分钟后再试。",
}

NOT_FOUND = (
    "安防平台没有登记您的手机号，您的资料没有改动。"
    "如果您在安防平台登记的是别的号码，请用那个号码登录，或在“我的”里更换手机号；否则请到物业登记。"
)


def in_words(outcome: Outcome) -> str:
    """What came of it. How many values of whom changed is not told: not all of them are the reader's."""
    if outcome.outcome == "failed":
        return why(outcome.cause or "internal")
    if outcome.outcome == "not_found":
        return NOT_FOUND
    if outcome.outcome == "unchanged":
        return "同步完成：与上次相同，没有改动。"
    counts = {
        "新增 {} 套房屋": outcome.houses["created"],
        "新增 {} 名成员": outcome.memberships["created"],
    }
    new = "，".join(text.format(count) for text, count in counts.items() if count)
    return f"同步完成：{new or '资料已更新'}。还差的内容请在下面补全。"


def last_in_words(outcome: Outcome) -> str:
    """Of what was told before: how much was new is not kept."""
    return "最近一次同步已经完成，资料以现在显示的为准。" if outcome.stored else in_words(outcome)


def why(cause: str) -> str:
    """Of a failure, or of a rule that said no before anything was stored."""
    return ADVICE.get(cause) or f"{Refusal(cause).label}{advise(cause)}"
