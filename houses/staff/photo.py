"""照片 in the office: looked at after a reason, taken at the counter, taken away."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from residents.exceptions import Refusal, Refused
from residents.forms import ActForm
from residents.uploads import PhotoField

from .. import photos
from ..office import COMPLETE, REVEAL
from .pages import StaffPage
from .people_acts import PersonAct


class PhotoImage(StaffPage):
    """The picture itself, for who has claimed the record or has just given a reason."""

    permission = REVEAL

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        try:
            return photos.answer(self.office.photo(pk))
        except Refused as refused:
            if refused.code == Refusal.NOT_FOUND:
                raise Http404(refused.sentence) from None
            raise PermissionDenied from None


class PhotoForm(ActForm):
    photo = PhotoField()


class SetPhoto(PersonAct):
    permission = COMPLETE
    title = "登记照片"
    sentence = "照片会缩小并重新保存，替换现有的照片（无论来自平台、住户还是物业）。"
    button = "登记照片"

    def form(self, data: Any = None) -> ActForm:
        if data is None:
            return PhotoForm()
        form = PhotoForm(data, self.request.FILES)
        form.fields["photo"].look_at(self.request)  # type: ignore[attr-defined]
        return form

    def act(self, values: dict[str, Any]) -> None:
        self.office.set_photo(self.person.pk, values["photo"])

    def done(self, form: ActForm) -> str:
        return f"已登记 {self.name} 的照片。"


class RemovePhoto(PersonAct):
    permission = COMPLETE
    title = "删除照片"
    sentence = "照片会立即删除，不能恢复。"
    button = "删除照片"
    danger = True

    def act(self, values: dict[str, Any]) -> None:
        self.office.remove_photo(self.person.pk, values["reason"])

    def done(self, form: ActForm) -> str:
        return f"已删除 {self.name} 的照片。"


urls = [
    path("residents/<uuid:pk>/photo.jpg", PhotoImage.as_view(), name="photo_image"),
    path("residents/<uuid:pk>/photo/", SetPhoto.as_view(), name="set_photo"),
    path("residents/<uuid:pk>/photo/remove/", RemovePhoto.as_view(), name="remove_photo"),
]
