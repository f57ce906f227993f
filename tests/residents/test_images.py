"""An image of a stranger becomes a JPEG of ours, or is refused with one sentence (faults.md, D16)."""

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import ExifTags, Image, ImageFile, ImageSequence, PngImagePlugin

from residents import images
from residents.exceptions import Refused
from residents.images import Portrait, portrait

RED, BLUE = (200, 30, 30), (30, 30, 200)
PHP = b"<?php system($_GET['c']); ?>"


def picture(size: tuple[int, int] = (300, 400), mode: str = "RGB", color: Any = RED) -> Image.Image:
    return Image.new(mode, size, color)


def file(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def opened(made: Portrait) -> Image.Image:
    image = Image.open(io.BytesIO(made.jpeg))
    image.load()
    return image


def refusal(content: bytes) -> str:
    with pytest.raises(Refused) as caught:
        portrait(content)
    return caught.value.code


def png_head(width: int, height: int) -> bytes:
    """A PNG that says how large it is, and is nothing more."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    data = b"IDAT" + zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", len(data) - 4) + data + b"\0" * 4


# -- what becomes a photo ----------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "MPO"])
def test_each_kind_becomes_a_small_jpeg(kind: str) -> None:
    made = portrait(file(picture((1500, 2000)), kind))
    assert (opened(made).format, made.width, made.height) == ("JPEG", 480, 640)


def test_a_small_picture_is_not_blown_up() -> None:
    made = portrait(file(picture((90, 120))))
    assert (made.width, made.height) == opened(made).size == (90, 120)


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("L", "JPEG"), ("CMYK", "JPEG"), ("P", "PNG"), ("1", "PNG"), ("LA", "PNG"), ("I;16", "PNG")],
)
def test_whatever_its_colours_it_becomes_rgb(mode: str, kind: str) -> None:
    image = Image.new("I;16", (90, 120)) if mode == "I;16" else picture((90, 120)).convert(mode)
    assert opened(portrait(file(image, kind))).mode == "RGB"


def test_what_is_transparent_becomes_white() -> None:
    clear = picture((90, 120), "RGBA", (0, 0, 0, 0))
    assert opened(portrait(file(clear, "PNG"))).getpixel((40, 60)) == (255, 255, 255)


def test_a_photo_is_small_enough_to_lie_in_a_row() -> None:
    noise = Image.effect_noise((1200, 1600), 60).convert("RGB")
    assert len(portrait(file(noise)).jpeg) < 200_000


def test_a_picture_taken_sideways_is_turned_upright() -> None:
    image, exif = picture((400, 300)), Image.Exif()
    image.paste(BLUE, (0, 0, 200, 300))  # the left half; turned clockwise it is the upper one
    exif[ExifTags.Base.Orientation] = 6
    made = opened(portrait(file(image, exif=exif, quality=95)))
    red, _, blue = made.getpixel((150, 50))  # type: ignore[misc]
    assert (made.size, blue > red) == ((300, 400), True)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_damaged_notes_of_the_camera_cost_no_picture() -> None:
    content = file(picture(), exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert opened(portrait(content)).size == (300, 400)


# -- what is gone afterwards -------------------------------------------------------------


def test_where_it_was_taken_is_gone() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "PHONE-OF-ZHOU"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    content = file(picture(), exif=exif, comment=b"taken at home", icc_profile=b"profile-of-a-camera")
    made = portrait(content)
    assert b"PHONE-OF-ZHOU" in content and b"taken at home" in content
    assert not [word for word in (b"Exif", b"ZHOU", b"home", b"camera", b"GPS") if word in made.jpeg]


def test_the_text_of_a_png_is_gone() -> None:
    told = PngImagePlugin.PngInfo()
    told.add_text("Comment", "taken at home")
    assert b"home" not in portrait(file(picture(), "PNG", pnginfo=told)).jpeg


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_was_appended_is_gone(kind: str) -> None:
    made = portrait(file(picture(), kind) + PHP + b"PK\x03\x04")
    assert b"php" not in made.jpeg and b"PK\x03\x04" not in made.jpeg


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "MPO"])
def test_of_several_pictures_the_first_is_taken(kind: str) -> None:
    moving = file(picture(color=RED), kind, save_all=True, append_images=[picture(color=BLUE)] * 3)
    made = opened(portrait(moving))
    red, _, blue = made.getpixel((50, 50))  # type: ignore[misc]
    assert (len(list(ImageSequence.Iterator(made))), red > blue) == (1, True)


# -- what is refused ---------------------------------------------------------------------

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
WHOLE = {kind: file(picture(), kind) for kind in ("JPEG", "PNG", "WEBP")}
UNREADABLE = {
    "nothing": b"",
    "html": b"<!doctype html><html><body><script>alert(1)</script></body></html>",
    "svg": SVG,
    "php": PHP,
    "php-as-gif": b"GIF89a" + PHP,
    "php-as-jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF" + PHP,
    "gif": file(picture(), "GIF"),
    "bmp": file(picture(), "BMP"),
    "tiff": file(picture(), "TIFF"),
    "pdf": file(picture(), "PDF"),
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
    "zeros": b"\0" * 5000,
    **{f"half-a-{kind.lower()}": content[: len(content) // 2] for kind, content in WHOLE.items()},
    **{f"head-of-a-{kind.lower()}": content[:40] for kind, content in WHOLE.items()},
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_is_no_picture_is_refused(kind: str) -> None:
    assert refusal(UNREADABLE[kind]) == "photo_unreadable"


@pytest.mark.parametrize("brand", ["heic", "mif1"])
def test_of_an_iphones_own_format_it_is_told_what_helps(brand: str) -> None:
    assert refusal(b"\0\0\0\x18ftyp" + brand.encode() + b"\0" * 100) == "photo_format"


@pytest.mark.parametrize("size", [(30_000, 30_000), (7_100, 7_100), (1, 100_000_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_before_it_is_decoded(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image.Image, "draft", lambda *_: pytest.fail("decoded"))
    assert refusal(png_head(*size)) == "photo_too_big"


def test_a_bomb_of_real_pixels_is_refused() -> None:
    assert refusal(file(Image.new("1", (10_000, 10_000)), "PNG")) == "photo_too_big"


TOO_LARGE_TO_DECODE = {
    "png": ((4001, 4000), {"kind": "PNG"}),
    "webp": ((4001, 4000), {"kind": "WEBP"}),
    "a-jpeg-in-passes": ((4001, 4000), {"progressive": True}),
    "a-narrow-jpeg": ((13_000, 1279), {}),
}


@pytest.mark.parametrize("kind", TOO_LARGE_TO_DECODE)
def test_what_would_be_decoded_whole_is_refused_sooner(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    size, how = TOO_LARGE_TO_DECODE[kind]
    content = file(Image.new("L", size), **how)
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda *_: pytest.fail("decoded"))
    assert refusal(content) == "photo_too_big"


def test_a_large_photo_of_a_camera_is_read_at_a_fraction() -> None:
    assert portrait(file(Image.new("L", (6000, 8000)))).height == 640


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "LA", "I;16"])
def test_a_large_picture_of_any_kind_of_pixels_is_a_photo(mode: str) -> None:
    assert portrait(file(Image.new(mode, (3000, 4000)), "PNG")).height == 640


def test_a_large_picture_is_made_small_before_it_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    content = file(Image.new("P", (3000, 4000)), "PNG", transparency=0)
    copied: list[tuple[int, int]] = []
    convert = Image.Image.convert
    monkeypatch.setattr(Image.Image, "convert", lambda i, to: copied.append(i.size) or convert(i, to))
    portrait(content)
    assert copied[0] == (960, 1280)


def scans(passes: int) -> bytes:
    """A progressive JPEG whose last pass comes again and again, up to so many in all."""
    content = file(picture(), progressive=True)
    last = content.rindex(b"\xff\xda")
    more = passes - content.count(b"\xff\xda")
    return content[:-2] + content[last:-2] * more + b"\xff\xd9"


def test_a_jpeg_that_comes_in_many_passes_is_a_photo() -> None:
    assert portrait(scans(images.MOST_SCANS)).width == 300


@pytest.mark.parametrize("before", [b"", b"\xff\xff\xd0", b"\xff\xfe\0\x04\xff\xd9"])
def test_a_jpeg_that_repeats_itself_is_refused_before_it_is_opened(
    before: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "open", lambda *_, **__: pytest.fail("opened"))
    content = scans(images.MOST_SCANS + 1)
    assert refusal(content[:2] + before + content[2:]) == "photo_unreadable"


def test_a_jpeg_of_nothing_but_remarks_is_refused() -> None:
    assert (
        refusal(b"\xff\xd8" + b"\xff\xfe\0\2" * images.MOST_SEGMENTS + WHOLE["JPEG"][2:])
        == "photo_unreadable"
    )


def test_what_stands_behind_a_jpeg_is_not_counted() -> None:
    assert portrait(WHOLE["JPEG"] + b"\xff\xda\0\2" * 100).width == 300


def test_a_file_is_read_no_further_than_the_cap() -> None:
    endless = io.BytesIO(WHOLE["JPEG"] + b"\0" * (2 * images.MOST_BYTES))
    with pytest.raises(Refused) as caught:
        images.read(endless)
    assert (caught.value.code, endless.tell()) == ("photo_too_big", images.MOST_BYTES + 1)


@pytest.mark.parametrize("place", range(0, len(WHOLE["PNG"]), 41))
@pytest.mark.parametrize("kind", WHOLE)
def test_a_damaged_file_becomes_a_photo_or_a_refusal_and_no_traceback(kind: str, place: int) -> None:
    content = bytearray(WHOLE[kind])
    content[place % len(content)] ^= 0xFF
    try:
        made = portrait(bytes(content))
    except Refused as refused:
        assert refused.code in ("photo_unreadable", "photo_too_big", "photo_format")
    else:
        assert opened(made).format == "JPEG"


# -- the same file is recognised ---------------------------------------------------------


def test_the_same_file_has_the_same_digest_and_another_another() -> None:
    first, other = file(picture()), file(picture(color=BLUE))
    assert portrait(first).digest == portrait(first).digest != portrait(other).digest
    assert len(portrait(first).digest) == 43


def test_a_portrait_does_not_print_itself() -> None:
    assert "jpeg" not in repr(portrait(WHOLE["JPEG"]))
