"""A photo in a form, of a household or of the office."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest

from .exceptions import Refusal


class PhotoField(forms.FileField):
    """What the file holds is `residents.images`' to say; here is only whether one came."""

    widget = forms.FileInput(attrs={"accept": "image/*"})
    default_error_messages = {
        "required": "请先选择一张照片。",
        "empty": Refusal.PHOTO_UNREADABLE.label,
        "invalid": Refusal.PHOTO_UNREADABLE.label,
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"label": "选择照片", "help_text": "请用近期的正面免冠照。", **kwargs})

    def look_at(self, request: HttpRequest) -> None:
        """Of a body larger than what Django keeps of files (settings, FILE_UPLOAD_…) none is left: then
        it is not told that none was chosen."""
        if is_too_big(request):
            self.error_messages["required"] = Refusal.PHOTO_TOO_BIG.label


def is_too_big(request: HttpRequest) -> bool:
    """More than Django keeps of a body with a file (settings, FILE_UPLOAD_…)."""
    return int(request.META.get("CONTENT_LENGTH") or "0") > settings.FILE_UPLOAD_MAX_MEMORY_SIZE
