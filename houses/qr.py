"""QR codes, drawn as part of a page: nothing is fetched, nothing is kept."""

import segno
from django.utils.safestring import SafeString, mark_safe


def drawn(address: str, title: str) -> SafeString:
    return mark_safe(segno.make_qr(address, error="m").svg_inline(scale=6, title=title, omitsize=True))
