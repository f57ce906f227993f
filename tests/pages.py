"""What a person sees of a page, as far as a test can read it."""

import re
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from residents.models import AccessLog

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


class Outline(HTMLParser):
    """Title, headings, ids, and the controls that nothing names."""

    CONTROLS = {"input", "select", "textarea"}
    UNSEEN = {"hidden", "submit", "button"}

    def __init__(self, html: str) -> None:
        super().__init__()
        self.named_for: set[str] = set()
        self.controls: list[tuple[str, dict[str, str]]] = []
        self.ids: list[str] = []
        self.headings: list[str] = []
        self.title = ""
        self.handlers: list[str] = []
        self.targets: list[str] = []
        self.links: list[str] = []
        self.scripts: list[str] = []
        self._open: list[str] = []
        self._buttons: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.ids += [values["id"]] if "id" in values else []
        self.named_for |= {values["for"]} if tag == "label" and "for" in values else set()
        self.handlers += [name for name in values if name.startswith("on")]
        self.targets += [values[name] for name in ("href", "src", "action", "formaction") if name in values]
        self.links += (
            [values["href"]] if tag == "a" and values.get("href", "").startswith(("/staff/", "/my/")) else []
        )
        self.scripts += [values.get("src", "")] if tag == "script" else []
        if tag in self.CONTROLS and values.get("type") not in self.UNSEEN:
            inside = "label" in self._open
            named = inside or values.get("aria-label") or values.get("aria-labelledby")
            self.controls += [] if named else [(tag, values)]
        self._buttons += [values.get("aria-label", "")] if tag == "button" else []
        self.headings += [""] if tag == "h1" else []
        if tag not in {"input", "img", "link", "meta", "br", "hr", "source", "rect"}:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "h1" in self._open:
            self.headings[-1] += data.strip()
        if "title" in self._open and "svg" not in self._open:
            self.title += data.strip()
        if "button" in self._open:
            self._buttons[-1] += data.strip()

    @property
    def nameless(self) -> list[tuple[str, dict[str, str]]]:
        """Controls without a label, and buttons without a word."""
        controls = [one for one in self.controls if one[1].get("id") not in self.named_for]
        return controls + [("button", {}) for words in self._buttons if not words]

    @property
    def faults(self) -> dict[str, Any]:
        doubles = {key for key, n in Counter(self.ids).items() if n > 1}
        words = self.title.removesuffix("· 住户登记").strip()
        headed = len(self.headings) == 1 and bool(self.headings[0])
        return {"unnamed": self.nameless, "ids": doubles, "title": not words, "h1": not headed}


def some(faults: dict[str, Any]) -> dict[str, Any]:
    return {fault: told for fault, told in faults.items() if told}


# -- what a browser may do with it ---------------------------------------------------------------

STRICT = {
    "default-src": {"'self'"},
    "img-src": {"'self'"},
    "object-src": {"'none'"},
    "base-uri": {"'self'"},
    "form-action": {"'self'"},
    "frame-ancestors": {"'none'"},
}
# What unfold needs of the admin's pages.
LOOSE = {**STRICT, "script-src": {"'self'", "'unsafe-eval'"}, "style-src": {"'self'", "'unsafe-inline'"}}


def policy_of(answer: Any) -> dict[str, set[str]]:
    """The Content-Security-Policy, by directive."""
    parts = (part.split() for part in answer["Content-Security-Policy"].split(";"))
    return {name: set(sources) for name, *sources in parts}


def source(answer: Any, policy: dict[str, set[str]] = STRICT) -> str:
    """The page as it is sent, under the policy of its place."""
    assert policy_of(answer) == policy
    html: str = answer.content.decode()
    return html


# -- what opening a page does ----------------------------------------------------------------


def stored() -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables, sessions and the access log aside."""
    aside = {"django_session", AccessLog._meta.db_table}
    with connection.cursor() as cursor:
        found = {}
        for table in set(connection.introspection.table_names(cursor)) - aside:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found[table] = sorted(cursor.fetchall(), key=repr)
    return found


def queries(read: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert read().status_code == 200
    return len(captured)
