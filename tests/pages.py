"""What a person sees of a page, as far as a test can read it."""

import re
from html.parser import HTMLParser

_WORDS = re.compile(r"[A-Za-z]{2,}")
_NUMBERS = re.compile(r"(?<![\da-f-])(?:1[3-9]\d{9}|\d{17}[\dXx])(?!\d)")
_READ_ALOUD = ("title", "placeholder", "aria-label", "alt", "data-label", "data-confirm")
_EMPTY = {"input", "img", "link", "meta", "br", "hr", "source"}

# Brands and keys that stay as they are: so far there are none.
ENGLISH_ALLOWED: set[str] = set()


class _Reader(HTMLParser):
    """Collects text and the attributes that are shown or read aloud; leaves icons and scripts out."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if not self._hidden:
            self.texts += [values[name] for name in _READ_ALOUD if name in values]
            if tag == "input" and values.get("type") in {"submit", "button", "text", "search"}:
                self.texts.append(values.get("value", ""))
        if tag not in _EMPTY:
            hidden = tag in {"script", "style"} or "material-symbols" in values.get("class", "")
            self._open.append((tag, hidden))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.texts.append(data)

    @property
    def _hidden(self) -> bool:
        return any(hidden for _, hidden in self._open)


def visible(html: str) -> str:
    reader = _Reader()
    reader.feed(html)
    return " ".join(reader.texts)


def english(html: str) -> set[str]:
    """Words in Latin letters that a person sees, but for the allowed ones."""
    return set(_WORDS.findall(visible(html))) - ENGLISH_ALLOWED


def full_numbers(html: str) -> list[str]:
    """Unmasked phones and ID numbers, anywhere in the page's source."""
    return _NUMBERS.findall(html)
