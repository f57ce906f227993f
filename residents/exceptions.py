"""Refusals of the lifecycle: one table of codes and sentences, raised by every rule.

Pages, the admin, the API, commands and tasks show the sentence and keep the code; none of
them writes a text of its own for a rule.
"""

from collections.abc import Mapping

from django.db import models


class Refusal(models.TextChoices):
    """Code and sentence. Sentences name nobody and carry no value."""

    # Who asks
    NOT_FOUND = "not_found", "没有找到这条记录。"
    NOT_ALLOWED = "not_allowed", "您没有办理此事的权限，请联系小区管理员。"
    ACCOUNT_LOCKED = "account_locked", "帐号已锁定，请到物业办理。"
    TOO_MANY = "too_many", "今天尝试的次数太多，请明天再试，或到物业办理。"

    # What was typed
    INVALID = "invalid", "有内容填写有误，请按提示修改。"
    NOTHING_TYPED = "nothing_typed", "没有需要提交的内容。"
    REASON_MISSING = "reason_missing", "请写明原因。"
    STALE = "stale", "这条记录刚被修改过，请核对最新内容后再提交。"
    VERSION_MISSING = "version_missing", "请先读取最新内容，再带上读到的版本修改。"
    CONSENT_MISSING = "consent_missing", "需要先同意处理敏感信息，才能保存这些内容。"
    GUARDIAN_CONSENT = "guardian_consent", "未满 14 周岁，需要监护人同意后才能填写。"
    OWNER_ROLE = "owner_role", "“本人”和“业主”由安防平台或物业登记，不能自行填写。"

    # A photo
    PHOTO_UNREADABLE = "photo_unreadable", "照片无法读取，请换一张照片再试。"
    PHOTO_FORMAT = "photo_format", "不支持这种照片格式，请截屏后上传截图。"
    PHOTO_TOO_BIG = "photo_too_big", "照片太大，请换一张小一些的照片。"
    PHOTO_KEPT = "photo_kept", "已有安防平台或物业登记的照片，需要更换请到物业办理。"

    # A submission
    NOT_EDITABLE = "not_editable", "这份资料已经提交或处理过，不能再改。"
    NOT_WAITING = "not_waiting", "这份资料不在待审核中，可能已由同事处理。"

    # A membership
    ENDED = "ended", "此人已从这套房屋迁出。"
    NOT_ENDED = "not_ended", "此人没有迁出，不需要恢复。"
    ALREADY_MEMBER = "already_member", "此人已经是这套房屋的成员。"
    INCOMPLETE = "incomplete", "资料还不完整，补完后才能激活。"
    ALREADY_ACTIVATED = "already_activated", "已经激活，不需要再次激活。"
    NOT_ACTIVATED = "not_activated", "激活后才能设置家庭昵称。"
    SELF_MANAGED = "self_managed", "此人已自行管理资料，只有本人和物业可以查看和修改。"
    CLAIMED = "claimed", "同事正在处理这条记录。"
    NOT_CLAIMED = "not_claimed", "您没有认领这条记录。"

    # A code by SMS
    SMS_TOO_SOON = "sms_too_soon", "一分钟内只能获取一次验证码，请稍等片刻再试。"
    SMS_TOO_MANY = "sms_too_many", "获取验证码的次数太多，请过几个小时再试，或到物业办理。"
    SMS_FAILED = "sms_failed", "短信没有发送成功，请一分钟后再试。"
    CODE_WRONG = "code_wrong", "验证码不正确，请核对后重新输入。"
    CODE_DEAD = "code_dead", "验证码已失效，请重新获取。"
    WECHAT_WRONG = "wechat_wrong", "微信登录没有成功，请重新打开小程序再试。"
    WECHAT_FAILED = "wechat_failed", "微信暂时没有答复，请一分钟后再试，或用短信验证码登录。"
    STAFF_PASSWORD = "staff_password", "工作人员请用帐号和密码登录，再验证手机号。"

    # Account and identity
    NOTICE_MISSING = "notice_missing", "请先阅读并同意个人信息处理告知。"
    PHONE_UNVERIFIED = "phone_unverified", "请先验证手机号。"
    PHONE_TAKEN = "phone_taken", "这个手机号不能用于此帐号，请到物业办理。"
    IDENTITY_MISSING = "identity_missing", "请先填写本人的姓名和证件号码。"
    IDENTITY_STATED = "identity_stated", "姓名和证件号码已经填写过，需要修改请到物业办理。"
    SYNC_TOO_SOON = "sync_too_soon", "一分钟内只能同步一次，请稍等片刻再试。"
    IDENTITY_MISMATCH = "identity_mismatch", "填写的信息未能通过核对，请到物业办理。"
    NOT_LINKED = "not_linked", "此人没有绑定帐号。"

    # Binding
    LINK_BLOCKED = "link_blocked", "这份资料有待物业核实，核实后才能绑定。"
    ALREADY_LINKED = "already_linked", "这份资料不能绑定此帐号，请到物业办理。"
    ALREADY_BOUND = "already_bound", "您已经绑定这套房屋。"
    ALREADY_ASKED = "already_asked", "同样的申请正在等待答复。"
    ALREADY_ANSWERED = "already_answered", "这项申请已经答复过。"
    INVITATION_DEAD = "invitation_dead", "邀请已失效，请向邀请人重新索取。"
    INVITATION_DIGITS = "invitation_digits", "证件号码后六位不符，请核对后再试。"
    NOT_INVITABLE = "not_invitable", "此人还没有登记证件号码，或已有帐号，不能邀请。"
    UNSEEN = "unseen", "您看不到此人的登记资料，不能由您邀请。"

    # Two records, findings, the house
    SAME_RECORD = "same_record", "请选择两份不同的资料。"
    ALREADY_ABSORBED = "already_absorbed", "其中一份资料已被合并或删除，请刷新后再看。"
    TWO_ACCOUNTS = "two_accounts", "两份资料各绑定了一个帐号，请先解除其中一个。"
    ALREADY_SETTLED = "already_settled", "这项待核实已经处理过。"
    NO_SUGGESTION = "no_suggestion", "这项待核实没有可以采用的建议。"
    NUMBER_UNSETTLED = "number_unsettled", "证件号码还有待核实，核实后才能删除。"
    TOO_MANY_ROOMS = "too_many_rooms", "一次最多建 2000 套房屋。"


# Another time it is done: what is refused now is not wrong but too often.
LIMITS = frozenset({Refusal.TOO_MANY, Refusal.SMS_TOO_SOON, Refusal.SMS_TOO_MANY, Refusal.SYNC_TOO_SOON})


class Refused(Exception):
    """A rule says no; nothing was written. `fields` holds a sentence for each field concerned."""

    def __init__(self, why: Refusal, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(why.value)
        self.code: str = why.value
        self.sentence: str = why.label
        self.fields: dict[str, str] = dict(fields or {})

    @property
    def is_limit(self) -> bool:
        return self.code in LIMITS


def require_reason(text: str, field: str = "reason") -> str:
    """What was written, without blanks around it. Raises Refused at the field where nothing was."""
    if not text.strip():
        raise Refused(Refusal.REASON_MISSING, {field: Refusal.REASON_MISSING.label})
    return text.strip()


def told(refused: Refused) -> str:
    """The sentence of a refusal with those of its fields, each once."""
    return "".join(dict.fromkeys([refused.sentence, *refused.fields.values()]))
