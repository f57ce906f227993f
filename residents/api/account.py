"""The own account, as it stands."""

from typing import Any

from django.urls import path, reverse
from rest_framework.response import Response

from ..masking import mask_id_number, mask_phone
from ..models import Consent, User
from . import fields
from .schema import operation
from .views import OwnView

TAG = "我的帐号"


class StandingAnswer(fields.Answer):
    """一项同意是否有效。"""

    version = fields.Number(help_text="现行文本的版本。", example=1)
    stands = fields.Flag(help_text="是否已同意现行版本，且没有撤回。", example=True)


class StandingsAnswer(fields.Answer):
    """两项同意是否有效。"""

    notice = StandingAnswer(help_text="《个人信息处理告知》：没有同意时，只能查看帐号和行使权利。")
    sensitive = StandingAnswer(help_text="敏感信息的单独同意：没有同意时，不能填写证件号码等内容。")


class AccountAnswer(fields.Answer):
    """我的帐号。"""

    phone = fields.Text(max_length=11, help_text="登录手机号，已遮盖。", example="138****0001")
    wechat = fields.Flag(help_text="是否已绑定微信。", example=True)
    stated = fields.Flag(help_text="是否已填写本人的姓名和证件号码。", example=True)
    stated_name = fields.Text(max_length=50, help_text="自报姓名，没有填写则为空。", example="老周")
    stated_id_number = fields.Text(
        max_length=18, help_text="自报证件号码，已遮盖，没有填写则为空。", example="1****************2"
    )
    linked = fields.Flag(help_text="是否已与登记的本人资料绑定。", example=True)
    consents = StandingsAnswer(help_text="同意的情况。")


def told(user: User) -> dict[str, Any]:
    """What an account is told of itself: its numbers masked."""
    return {
        "phone": mask_phone(user.phone or ""),
        "wechat": bool(user.wechat_openid),
        "stated": user.stated_at is not None,
        "stated_name": user.stated_name,
        "stated_id_number": mask_id_number(user.stated_id_number),
        "linked": user.resident_id is not None,
        "consents": _standings(user),
    }


def _standings(user: User) -> dict[str, dict[str, Any]]:
    given = set(Consent.objects.standing().filter(account=user, child=None).values_list("kind", flat=True))
    kinds = (Consent.Kind.NOTICE, Consent.Kind.SENSITIVE)
    return {str(kind): {"version": Consent.VERSIONS[kind], "stands": kind in given} for kind in kinds}


def address() -> str:
    return reverse("account_api:me")


class Me(OwnView):
    @operation(
        "readAccount",
        "我的帐号",
        tag=TAG,
        answer=AccountAnswer,
        household=False,
        description="还没有同意告知的帐号也可以读取，用来判断下一步：同意告知、填写身份、绑定房屋。",
    )
    def get(self, request: Any) -> Response:
        return self.tell(AccountAnswer, told(self.user))


urls = [path("me/", Me.as_view(), name="me")]
