"""照片 of a member: shown after a permission check, put there, taken away again."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.functional import cached_property

from residents.exceptions import Refused
from residents.models import Consent, Photo
from residents.uploads import PhotoField
from residents.views.forms import GuardianForm

from .. import photos
from ..drafts import lacks_guardian
from ..models import Membership
from .pages import FamilyPage


class PhotoForm(GuardianForm):
    photo = PhotoField(help_text="请用近期的正面免冠照，可以直接拍一张。")
    guardian_label = "我是孩子的监护人，同意登记这张照片。"


class PhotoPage(FamilyPage):
    template_name = "household/photo.html"
    title = "照片"
    here = "home"

    @cached_property
    def row(self) -> Membership:
        rows = self.scope.full.select_related("resident")
        found: Membership = self.find(rows, pk=self.kwargs["pk"])
        return found

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.show(self.form())

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        if "remove" in request.POST:
            self.attempt(lambda: self.family.remove_photo(self.row.pk), "照片已删除。")
            return redirect("my:photo", pk)
        form = self.form(request.POST, request.FILES)
        form.fields["photo"].look_at(request)  # type: ignore[attr-defined]
        if not form.carry_out(self.put):
            return self.show(form, form.status)
        messages.success(request, "照片已保存。")
        return self.back("my:photo", pk)

    def put(self, values: dict[str, Any]) -> None:
        self.family.set_photo(self.row.pk, values["photo"], guardian=values.get("guardian", False))

    def form(self, *data: Any) -> PhotoForm:
        mine = self.row.resident_id == self.user.resident_id
        return PhotoForm(*data, guardian=not mine and lacks_guardian(self.user, self.row.resident, {}))

    def show(self, form: PhotoForm, status: int = 200) -> HttpResponse:
        photo = Photo.of(self.row.resident_id)
        open_to_me = self.scope.fillable.filter(pk=self.row.pk).exists()
        return self.page(
            status,
            row=self.row,
            photo=photo,
            form=form,
            kept=photo is not None and not photo.is_the_households,
            may_fill=open_to_me and (photo is None or photo.is_the_households),
            agreed=Consent.stands(self.user, Consent.Kind.SENSITIVE),
            home=reverse("my:member", args=[self.row.pk]),
        )


class PhotoImage(FamilyPage):
    """The picture itself; no address but this one leads to it, and nothing keeps it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            return photos.answer(self.family.photo(pk))
        except Refused as refused:
            raise Http404(refused.sentence) from None


urls = [
    path("members/<int:pk>/photo/", PhotoPage.as_view(), name="photo"),
    path("members/<int:pk>/photo.jpg", PhotoImage.as_view(), name="photo_image"),
]
