"""What each consent is called, and what follows when it is taken back: read before, not after."""

from . import typed
from .completeness import LABELS
from .models import Consent

# What the separate consent is for, as it is named wherever it is asked for.
SENSITIVE = "、".join([*(label for name, label in LABELS.items() if name in typed.SENSITIVE), "照片"])

TITLES = {
    Consent.Kind.NOTICE: "个人信息处理告知",
    Consent.Kind.SENSITIVE: "敏感信息处理说明",
    Consent.Kind.GUARDIAN: "儿童个人信息处理规则",
}
FOLLOWS = {
    Consent.Kind.NOTICE: "撤回后，再次使用这些页面时会重新询问您。已登记的资料不会因此删除。",
    Consent.Kind.SENSITIVE: (
        "撤回后，不能再填写证件号码等敏感信息，也不能上传照片；草稿和退回资料中的敏感信息随即清除。"
        "已登记的内容不会因此删除，需要删除请点“我的”里的“申请删除资料”。"
    ),
    Consent.Kind.GUARDIAN: "撤回后，再填写这个孩子的资料时会重新询问您。已登记的内容不会因此删除。",
}
