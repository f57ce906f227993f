"""An image of a stranger becomes a photo of ours: decoded within limits, made small, encoded anew.

What is stored is always a JPEG that we wrote ourselves: no metadata (a phone notes where it was
taken), no second frame, nothing appended. What is no image, or might hurt, is refused.
"""

import hashlib
import io
import re
import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

from PIL import ExifTags, Image

from .crypto import digest
from .exceptions import Refusal, Refused

# Told by content, never by name. What phones write as MPO (a depth map behind it) is opened as JPEG.
FORMATS = ("JPEG", "PNG", "WEBP")

MOST_BYTES = 10_000_000
MOST_PIXELS = 50_000_000
MOST_DECODED = 16_000_000  # of pixels that are in memory at once: a camera's JPEG is read at a fraction
MOST_SCANS = 50  # passes over one JPEG: a camera writes one, the web about ten
MOST_SEGMENTS = 1000
SIZE = (480, 640)
QUALITY = 85
_AMPLE = (2 * max(SIZE), 2 * max(SIZE))

# How a HEIF file begins after its first four bytes: iPhones make them, and Pillow does not read them.
_HEIF = tuple(b"ftyp" + brand for brand in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"))

# How a segment of a JPEG begins. What has no length (a restart, the start) is passed over, as are
# the pixels, in which 0xFF stands before 0 only.
_SEGMENT = re.compile(rb"\xff([\x02-\xcf\xd9-\xfe])")
_END, _SCAN = 0xD9, 0xDA

# What Pillow raises at a file that is damaged, by accident or on purpose.
_DAMAGED = (
    OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, ArithmeticError, MemoryError,
    struct.error,
)  # fmt: skip

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)


class File(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


@dataclass(frozen=True)
class Portrait:
    """A JPEG of ours, and a keyed digest of the file that it was made of."""

    jpeg: bytes = field(repr=False)
    width: int
    height: int
    digest: str


def read(file: File) -> Portrait:
    """What was uploaded. Raises Refused as `portrait` does."""
    return portrait(file.read(MOST_BYTES + 1))


def portrait(content: bytes) -> Portrait:
    """Raises Refused: photo_too_big, photo_format, photo_unreadable."""
    if len(content) > MOST_BYTES:
        raise Refused(Refusal.PHOTO_TOO_BIG)
    if content[4:12] in _HEIF:
        raise Refused(Refusal.PHOTO_FORMAT)
    if _is_laborious(content):
        raise Refused(Refusal.PHOTO_UNREADABLE)
    try:
        image = _decoded(content)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused(Refusal.PHOTO_TOO_BIG) from None
    except _DAMAGED:
        raise Refused(Refusal.PHOTO_UNREADABLE) from None
    return Portrait(_encoded(image), image.width, image.height, fingerprint(content))


def fingerprint(content: bytes) -> str:
    """Recognises the same file, and tells nothing of it."""
    return digest(hashlib.sha256(content).hexdigest(), context="photo")


def _is_laborious(content: bytes) -> bool:
    """A JPEG that repeats itself: each pass over it costs a few bytes, and a decoder goes over all pixels."""
    if not content.startswith(b"\xff\xd8"):
        return False
    segments = list(islice(_segments(content), MOST_SEGMENTS))
    return len(segments) == MOST_SEGMENTS or segments.count(_SCAN) > MOST_SCANS


def _segments(content: bytes) -> Iterator[int]:
    """The markers of a JPEG up to its end, as a decoder finds them."""
    place = 0
    while (found := _SEGMENT.search(content, place)) and (marker := found[1][0]) != _END:
        yield marker
        place = found.end() + int.from_bytes(content[found.end() : found.end() + 2], "big")


def _decoded(content: bytes) -> Image.Image:
    """The first frame, upright, opaque, no larger than SIZE. Its size is looked at before it is decoded."""
    with Image.open(io.BytesIO(content), formats=FORMATS) as image:
        if image.width * image.height > MOST_PIXELS:
            raise Image.DecompressionBombError
        whole = image.size
        image.draft("RGB", _AMPLE)  # of a large JPEG only as much as is needed
        width, height = (
            whole if image.info.get("progressive") else image.size
        )  # read in passes, it is kept whole
        if width * height > MOST_DECODED:
            raise Image.DecompressionBombError
        image.load()
        image.thumbnail(_AMPLE)  # before it is copied
        small = image.convert("RGBA" if image.has_transparency_data else "RGB")
        small.thumbnail((max(SIZE), max(SIZE)))
        upright = _upright(small, image)
    upright.thumbnail(SIZE)
    return _on_white(upright)


def _upright(small: Image.Image, image: Image.Image) -> Image.Image:
    """Turned as the camera noted. Where its notes are damaged, the picture need not be."""
    try:
        turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except _DAMAGED:
        turn = None
    return small if turn is None else small.transpose(turn)


def _on_white(image: Image.Image) -> Image.Image:
    """A new image, which knows nothing else that the file told."""
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image if image.mode == "RGBA" else None)
    return white


def _encoded(image: Image.Image) -> bytes:
    target = io.BytesIO()
    image.save(target, "JPEG", quality=QUALITY, optimize=True)
    return target.getvalue()
