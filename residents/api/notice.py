"""告知 and 同意: where the texts stand as they read today."""

from typing import Any

from django.urls import path, reverse
from rest_framework.response import Response

from ..consent_texts import FOLLOWS, TITLES
from ..models import Consent
from . import fields
from .schema import operation
from .signing_in import PublicView


class TextAnswer(fields.Answer):
    """一份告知或同意书。"""

    version = fields.Number(help_text="现行版本。", example=1)
    title = fields.Text(max_length=50, help_text="标题。", example="个人信息处理告知")
    url = fields.Url(
        max_length=500,
        help_text="网页地址，可用 web-view 打开。",
        example="https://register.example.cn/my/notice/notice/1/",
    )
    withdrawal = fields.Text(
        help_text="撤回同意会怎样，请在撤回前给用户看。", example=FOLLOWS[Consent.Kind.GUARDIAN]
    )


class NoticesAnswer(fields.Answer):
    """告知和同意书。"""

    notice = TextAnswer(help_text="个人信息处理告知。")
    sensitive = TextAnswer(help_text="敏感信息的单独同意。")
    guardian = TextAnswer(help_text="监护人同意。")


class Notices(PublicView):
    @operation("readNotices", "告知和同意书", tag="同意", answer=NoticesAnswer, public=True)
    def get(self, request: Any) -> Response:
        return self.tell(NoticesAnswer, {kind.value: self._text(kind) for kind in Consent.Kind})

    def _text(self, kind: Consent.Kind) -> dict[str, Any]:
        version = Consent.VERSIONS[kind]
        page = reverse("account:text_of_version", args=[kind.value, version])
        url = self.request.build_absolute_uri(page)
        return {"version": version, "title": TITLES[kind], "url": url, "withdrawal": FOLLOWS[kind]}


urls = [path("notice/", Notices.as_view(), name="notice")]
