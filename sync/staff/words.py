"""What came of a phone, of a run, and what to do about it: in plain words."""

from datetime import timedelta

from residents.exceptions import Refusal

from ..exceptions import SENTENCES
from ..merge import Outcome
from ..models import SyncItem, SyncRun

UNTOUCHED = "与上次相同，没有改动任何资料。"
NOT_FOUND = "安防平台没有这个号码的资料，我方资料没有改动。"

# Of a cause, what a heading has room for; its sentence (sync/exceptions.py) says what to do.
CAUSES = {
    "unavailable": "连不上平台",
    "deadline": "平台超时",
    "tls": "证书不可信",
    "redirect": "要求转到别处",
    "too-big": "答复过大",
    "encoding": "压缩方式不支持",
    "empty": "答复是空的",
    "rate-limited": "请求过于频繁",
    "token": "没有取得令牌",
    "refused": "平台拒绝查询",
    "not-utf8": "答复是乱码",
    "not-json": "答复格式不对",
    "duplicate": "答复自相矛盾",
    "envelope": "答复缺少结果",
    "shape": "答复与文档不符",
    "too-many": "房屋或成员过多",
    "wrong-subject": "答复了别的号码",
    "busy": "资料正被更新",
    "keys": "密钥不符",
    "internal": "程序出错",
    "interrupted": "中途被打断",
    "database": "数据库不可写",
}


def cause_in_short(cause: str) -> str:
    """A rule that said no has no short name."""
    return CAUSES.get(cause, "不符合办理条件")


def cause_in_words(cause: str) -> str:
    if cause in SENTENCES:
        return SENTENCES[cause]
    return str(Refusal(cause).label) if cause in Refusal.values else "原因没有记录，请再试一次。"


def in_words(outcome: Outcome, *, petitions: bool = False) -> str:
    """新增 2 名成员，更新 3 个字段，1 处冲突。 What concerns the petition flag is told to who may see it."""
    if outcome.outcome == "failed":
        return SENTENCES[outcome.cause or "database"]
    if outcome.outcome == "not_found":
        return NOT_FOUND
    if outcome.outcome == "unchanged":
        return UNTOUCHED
    return _changes(
        outcome.outcome,
        {
            "新增 {} 名成员": outcome.memberships["created"],
            "新增 {} 套房屋": outcome.houses["created"],
            "更新 {} 个字段": outcome.fields_updated,
            "{} 处冲突": outcome.conflicts,
        },
        {"更新 {} 个字段": outcome.flags["values"], "{} 处冲突": outcome.flags["conflicts"]},
        petitions=petitions,
    )


def change_in_words(item: SyncItem, *, petitions: bool) -> str:
    """The same of a phone of a run, as its item keeps it."""
    return _changes(
        item.outcome,
        {
            "新增 {} 名成员": item.new_members,
            "新增 {} 套房屋": item.new_houses,
            "更新 {} 个字段": item.fields_updated,
            "{} 处冲突": item.conflicts,
        },
        {"更新 {} 个字段": item.flag_values, "{} 处冲突": item.flag_conflicts},
        petitions=petitions,
    )


def _changes(outcome: str, counts: dict[str, int], flags: dict[str, int], *, petitions: bool) -> str:
    """`flags`: what of the counts concerns the petition flag. Of a new household it tells nothing."""
    hidden = flags if outcome != "created" and not petitions else {}
    shown = {text: count - hidden.get(text, 0) for text, count in counts.items()}
    told = [text.format(count) for text, count in shown.items() if count]
    if not told and any(hidden.values()):
        return UNTOUCHED
    return f"{'，'.join(told) or '资料有小的更新'}。"


def left_in_words(left: timedelta) -> str:
    """约 12 分钟: as exactly as it can be known."""
    minutes = round(left.total_seconds() / 60)
    if minutes < 1:
        return "不到 1 分钟"
    if minutes < 90:
        return f"约 {minutes} 分钟"
    hours, rest = divmod(round(minutes, -1), 60)
    return f"约 {hours} 小时 {rest} 分钟" if rest else f"约 {hours} 小时"


def ending_in_words(run: SyncRun) -> str:
    """Why a run that is over goes no further, and what to do. "" where there is nothing to say."""
    if run.status == SyncRun.Status.CANCELLED:
        who = run.ended_by.shown_name if run.ended_by else "系统"
        return f"{who}取消了这次同步。已有的结果都保留；点“继续”只查询还没有结果的号码。"
    if run.status != SyncRun.Status.STOPPED:
        return ""
    why = cause_in_words(run.cause) if run.cause else "同步在中途停下了。"
    return f"{why}已有的结果都保留；处理好以后点“继续”，只查询还没有结果的号码。"
