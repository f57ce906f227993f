"""What can go wrong with one phone's answer, as one tree.

    SyncError
    ├── TransportError      unavailable deadline tls redirect too-big encoding empty
    ├── RateLimited         rate-limited
    ├── CredentialsError    token refused
    ├── AnswerError         not-utf8 not-json duplicate envelope shape too-many wrong-subject
    └── StorageError        busy keys internal database interrupted

Each error carries one stable cause (contract.md) and nothing that came from the platform:
no text of an answer, phone or token can leak through it. Raise with `from None` wherever
the original exception may quote what it choked on.
"""

from typing import ClassVar

SENTENCES = {
    "unavailable": "连不上安防平台或平台出错，请稍后重试，多次失败请联系平台管理员。",
    "deadline": "安防平台在规定时间内没有答完，请稍后重试。",
    "tls": "安防平台的安全证书不可信，已停止连接，请联系系统管理员核对证书和地址。",
    "redirect": "安防平台要求转到别的地址，已拒绝，请联系系统管理员核对接口地址。",
    "too-big": "安防平台的答复过大，已停止读取，请联系平台管理员。",
    "encoding": "安防平台的答复使用了不支持的压缩方式，请联系平台管理员。",
    "empty": "安防平台的答复是空的，没有改动任何资料，请稍后重试。",
    "rate-limited": "安防平台提示请求过于频繁，请过几分钟再试。",
    "token": "没有取得可用的平台令牌，请联系系统管理员核对平台帐号和密钥。",
    "refused": "安防平台拒绝了查询，请联系系统管理员核对平台帐号的权限。",
    "not-utf8": "安防平台的答复不是 UTF-8 文字，为免乱码没有采用，请联系平台管理员。",
    "not-json": "安防平台的答复不是规定的格式，没有采用，请稍后重试或联系平台管理员。",
    "duplicate": "安防平台的答复中同一项出现了两次，无法判断以哪个为准，请联系平台管理员。",
    "envelope": "安防平台的答复缺少处理结果或写法有误，没有采用，请联系平台管理员。",
    "shape": "安防平台答复的内容与接口文档不符，没有采用，请联系平台管理员。",
    "too-many": "安防平台的答复中房屋或成员过多，没有采用，请联系平台管理员核实。",
    "wrong-subject": "安防平台答复的是另一个手机号的资料，没有采用，请报告系统管理员。",
    "busy": "这户的资料正被别人更新，请稍后重试。",
    "keys": "数据库里的加密资料用现在的密钥打不开，没有改动任何资料，请联系系统管理员核对密钥设置。",
    "internal": "程序处理这份答复时出错，没有改动任何资料，请把任务编号告诉系统管理员。",
    "interrupted": "查询中途被打断，没有改动任何资料，请再试一次。",
    "database": "数据库暂时无法写入，没有改动任何资料，请稍后重试。",
}

# The next phone would meet the same end, and asking on could lock the account upstream.
# `unavailable` and `rate-limited` may pass: a breaker counts these.
STOPPING = frozenset({"token", "refused", "tls", "keys"})


# These say nothing about the phone: in a run it is asked again later.
PASSING = frozenset({"rate-limited", "busy", "database"})


class SyncError(Exception):
    """One phone's answer could not be had or used; nothing of it was stored.

    `cause`: stable code; `sentence`: what staff read; `attempts`: lookups sent (set by the
    client).
    """

    causes: ClassVar[frozenset[str]] = frozenset(SENTENCES)

    def __init__(self, cause: str, attempts: int = 0) -> None:
        if cause not in self.causes:
            raise ValueError(f"{type(self).__name__} has no such cause")
        super().__init__(cause, attempts)
        self.cause = cause
        self.attempts = attempts

    def __str__(self) -> str:
        return f"{self.cause}: {self.sentence}"

    @property
    def sentence(self) -> str:
        return SENTENCES[self.cause]


class TransportError(SyncError):
    """No whole answer arrived (faults C1)."""

    causes = frozenset({"unavailable", "deadline", "tls", "redirect", "too-big", "encoding", "empty"})


class RateLimited(SyncError):
    """The platform asks for a pause that is longer than the deadline allows (T13, P7)."""

    causes = frozenset({"rate-limited"})

    def __init__(self, cause: str = "rate-limited", attempts: int = 0) -> None:
        super().__init__(cause, attempts)


class CredentialsError(SyncError):
    """The platform does not accept us (T15, P4, P6)."""

    causes = frozenset({"token", "refused"})


class AnswerError(SyncError):
    """An answer arrived that must not be used (faults C2–C4)."""

    causes = frozenset(
        {"not-utf8", "not-json", "duplicate", "envelope", "shape", "too-many", "wrong-subject"}
    )


class StorageError(SyncError):
    """The answer is good and could not be stored (X1, X7)."""

    causes = frozenset({"busy", "keys", "internal", "database", "interrupted"})
