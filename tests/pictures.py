"""Photos for the tests: a file as it comes, and one that stands at a resident."""

import io
from typing import Any

from PIL import Image

from residents.images import portrait
from residents.models import Photo, Resident


def picture(color: str = "navy", kind: str = "JPEG", **options: Any) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (300, 400), color).save(target, kind, **options)
    return target.getvalue()


def put(person: Resident, source: str, color: str = "green") -> Photo:
    """A photo that stands there already."""
    Photo.keep(person.pk, portrait(picture(color)), source)
    return Photo.objects.get(resident=person)
