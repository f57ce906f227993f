"""照片 of a member: bytes, and nothing keeps them on the way."""

from typing import Any

from django.core.files.base import ContentFile
from django.http import HttpResponse
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.parsers import BaseParser, DataAndFiles, MultiPartParser
from rest_framework.response import Response

from residents.api import fields
from residents.api.headers import header
from residents.api.schema import operation
from residents.exceptions import Refusal, Refused
from residents.images import MOST_BYTES
from residents.uploads import PhotoField, is_too_big

from .. import photos
from .members import FILLING
from .views import FamilyView

TAG = "照片"


# -- what is sent --------------------------------------------------------------------------


class Picture(BaseParser):
    """A body that is the photo itself, as `wx.request` sends an ArrayBuffer."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        photo = ContentFile(stream.read(MOST_BYTES + 1), name="photo")
        return DataAndFiles({}, {"photo": photo})


class Jpeg(Picture):
    media_type = "image/jpeg"


class Png(Picture):
    media_type = "image/png"


class Webp(Picture):
    media_type = "image/webp"


class File(fields.Shown, serializers.FileField):
    """What it holds is `residents.images`' to say."""

    default_error_messages = {**PhotoField.default_error_messages, "no_name": Refusal.PHOTO_UNREADABLE.label}


class FormFlag(fields.Shown, serializers.BooleanField):
    """`true` or `false`, as a part of a form is written."""

    TRUE_VALUES = {"true", True}
    FALSE_VALUES = {"false", False}
    NULL_VALUES = set()


class PhotoBody(fields.Body):
    """照片。"""

    photo = File(help_text="JPEG、PNG 或 WebP，最大 10 MB。请用近期的正面免冠照。", example="photo.jpg")
    guardian = FormFlag(
        default=False, help_text="未满 14 周岁的：我是孩子的监护人，同意登记这张照片。", example=False
    )


BODIES: dict[str, Any] = {
    "multipart/form-data": PhotoBody,
    **{parser.media_type: OpenApiTypes.BINARY for parser in (Jpeg, Png, Webp)},
}
TAKING = [
    *FILLING,
    Refusal.CONSENT_MISSING,
    Refusal.GUARDIAN_CONSENT,
    Refusal.PHOTO_UNREADABLE,
    Refusal.PHOTO_FORMAT,
    Refusal.PHOTO_TOO_BIG,
    Refusal.PHOTO_KEPT,
    Refusal.TOO_MANY,
]
NO_STORE = header(
    "Cache-Control", "不要保存照片。", {"type": "string", "const": "private, no-store"}, 200, required=True
)


# -- views ---------------------------------------------------------------------------------


class PhotoView(FamilyView):
    parser_classes = [MultiPartParser, Jpeg, Png, Webp]

    @operation(
        "readPhoto",
        "成员的照片",
        tag=TAG,
        answer=OpenApiResponse(OpenApiTypes.BINARY, description="照片，总是 JPEG。"),
        media_type="image/jpeg",
        refusals=[Refusal.NOT_FOUND, Refusal.IDENTITY_MISSING],
        parameters=[NO_STORE],
        description="没有照片，或看不到此人资料的，都是 404。",
    )
    def get(self, request: Any, pk: int) -> HttpResponse:
        return photos.answer(self.family.photo(pk))

    @operation(
        "putPhoto",
        "登记成员的照片",
        tag=TAG,
        body=BODIES,
        status=204,
        refusals=TAKING,
        description="表单，或请求内容就是照片。须先同意处理敏感信息；未满 14 周岁的还须监护人同意："
        "在表单里写 guardian，或先给出监护人同意。",
    )
    def put(self, request: Any, pk: int) -> Response:
        return self._take(request, pk)

    @operation(
        "uploadPhoto",
        "上传成员的照片",
        tag=TAG,
        body={"multipart/form-data": PhotoBody},
        status=204,
        refusals=TAKING,
        description="与登记成员的照片相同，供只能 POST 的 `wx.uploadFile` 使用。",
    )
    def post(self, request: Any, pk: int) -> Response:
        return self._take(request, pk)

    def _take(self, request: Any, pk: int) -> Response:
        if is_too_big(request):
            raise Refused(Refusal.PHOTO_TOO_BIG)
        said = self.read(PhotoBody)
        self.family.set_photo(pk, said["photo"], guardian=said["guardian"])
        return Response(status=204)

    @operation(
        "removePhoto",
        "删除成员的照片",
        tag=TAG,
        status=204,
        refusals=[*FILLING, Refusal.PHOTO_KEPT],
        description="只能删除本人或家人上传的。",
    )
    def delete(self, request: Any, pk: int) -> Response:
        self.family.remove_photo(pk)
        return Response(status=204)


urls = [path("members/<int:pk>/photo/", PhotoView.as_view(), name="photo")]
