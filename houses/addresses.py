"""Address parts, folded to the one form in which they are stored and compared (domain.md, The platform).

Full width, case, blanks, leading zeros and the usual unit words do not tell two
places apart: 1号楼 = 1栋 = 01 = 1, 101室 = 101, 12a = 12A.
"""

import re
import unicodedata

_WORDS = {
    "platform_code": "",
    "building": "号|栋|幢|座|楼|#",
    "unit": "号|单元|门栋|门|#",
    "floor": "层|楼|F",
    "room": "房间|室|号|房|户|#",
}
_LEADING_ZEROS = re.compile(r"^(-?)0+(?=\d)")


def fold(part: str, text: str) -> str:
    """Fold one part (`platform_code building unit floor room`) of an address; "" stays ""."""
    plain = re.sub(r"[\s\u200b-\u200f\u2060\ufeff]+", "", unicodedata.normalize("NFKC", text)).upper()
    if words := _WORDS[part]:
        plain = re.sub(rf"(?<=[0-9A-Z一-龥])(?:{words})+$", "", plain)
        plain = re.sub(r"^第(?=\d)", "", plain)
    return _LEADING_ZEROS.sub(r"\1", plain)


def parts_of(text: str) -> dict[str, str] | None:
    """The parts that 1-1-101 (building, unit, room) or 1-1-1-101 (with floor) name; None for other text."""
    pieces = [piece.strip() for piece in unicodedata.normalize("NFKC", text).split("-")]
    names = {3: ("building", "unit", "room"), 4: ("building", "unit", "floor", "room")}.get(len(pieces))
    if names is None or not all(pieces):
        return None
    return {name: fold(name, piece) for name, piece in zip(names, pieces, strict=True)}
