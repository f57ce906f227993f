"""What a resident can do about a refusal. The sentence of the refusal says what is wrong; this what helps.

Refusals of which the sentence already says it have none here; a test holds that each has one or the other.
"""

from .exceptions import Refusal, Refused, told

_OFFICE = "如有疑问，请联系物业。"
_REFRESH = "请返回上一页查看最新情况。"

ADVICE: dict[str, str] = {
    Refusal.NOT_FOUND: "请返回“我的家”再试，仍然找不到请联系物业。",
    Refusal.NOTHING_TYPED: "请至少填写或修改一项再提交。",
    Refusal.CONSENT_MISSING: "请在“我的”里查看并同意后再试。",
    Refusal.GUARDIAN_CONSENT: "请由监护人勾选同意后再提交。",
    Refusal.OWNER_ROLE: "请选择其他关系，或联系物业办理。",
    Refusal.NOT_EDITABLE: "请等待物业处理，退回后可以再改。",
    Refusal.NOT_WAITING: _REFRESH,
    Refusal.ENDED: _OFFICE,
    Refusal.NOT_ENDED: _REFRESH,
    Refusal.ALREADY_MEMBER: "请返回“我的家”查看。",
    Refusal.INCOMPLETE: "请先补全还差的内容。",
    Refusal.ALREADY_ACTIVATED: _REFRESH,
    Refusal.NOT_ACTIVATED: "请先绑定房屋并补全资料。",
    Refusal.SELF_MANAGED: "请提醒本人登录后自行修改。",
    Refusal.CLAIMED: "请稍后再试。",
    Refusal.NOT_CLAIMED: _REFRESH,
    Refusal.NOT_LINKED: _REFRESH,
    Refusal.LINK_BLOCKED: "请携带证件到物业，或等待物业联系。",
    Refusal.ALREADY_BOUND: "请返回“我的家”查看。",
    Refusal.ALREADY_ASKED: "请等待答复，不需要再次提交。",
    Refusal.ALREADY_ANSWERED: _REFRESH,
    Refusal.NOT_INVITABLE: "请先补全此人的证件号码，或请本人直接登录。",
    Refusal.UNSEEN: "请联系物业邀请，或请本人直接登录。",
    Refusal.ALREADY_SETTLED: _REFRESH,
    Refusal.NO_SUGGESTION: _OFFICE,
    Refusal.NUMBER_UNSETTLED: _OFFICE,
    Refusal.TOO_MANY_ROOMS: "请分几次办理。",
}


def advise(code: str) -> str:
    """One sentence, "" where the refusal's own says it."""
    return ADVICE.get(code, "")


def advised(refused: Refused) -> str:
    """Why not, and what helps."""
    return f"{told(refused)}{advise(refused.code)}"
