"""Reads the developer's guide: its pairs of request and answer, as they are sent and compared.

    ```http
    POST /api/v1/auth/sms/

    {"phone": "13800000001"}
    ```

    ```http
    202

    {"request": "{{request}}", "wait_seconds": 60, "…": "…"}
    ```

`{{name}}` in an answer keeps the value for later requests; `{{sms 13800000001}}` is the code that went
to that phone, `{{wechat}}` and `{{wechat_phone}}` what WeChat gives the mini-program. "…" stands for
any value, for further fields, or for further rows.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

GUIDE = Path(__file__).resolve().parent.parent / "docs" / "手册" / "小程序接口.md"
REST = "…"
_BLOCK = re.compile(r"```http\n(.*?)```", re.DOTALL)
_NAME = re.compile(r"\{\{([^}]+)\}\}")
_STATUS = re.compile(r"\d{3}")

# What differs at each run; the guide shows "…" there.
_NAMES = {"id", "house", "member", "entry", "token", "request", "url"}
_VALUES = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT\S+")


@dataclass
class Block:
    """One message: its first line, headers, body; `span` is where it stands in the guide."""

    first: str
    headers: dict[str, str]
    body: Any
    span: tuple[int, int]

    @property
    def is_answer(self) -> bool:
        return bool(_STATUS.fullmatch(self.first))


def chapters(text: str) -> dict[str, list[Block]]:
    """The messages below each heading of the second level."""
    starts = [(match.group(1), match.end()) for match in re.finditer(r"^## (.+)$", text, re.MULTILINE)]
    ends = [*(start for _, start in starts[1:]), len(text)]
    return {title: list(_blocks(text, start, end)) for (title, start), end in zip(starts, ends, strict=True)}


def _blocks(text: str, start: int, end: int) -> Iterator[Block]:
    for match in _BLOCK.finditer(text, start, end):
        head, _, body = match.group(1).strip().partition("\n\n")
        first, *lines = head.splitlines()
        headers = dict(line.split(": ", 1) for line in lines)
        yield Block(first, headers, json.loads(body) if body.strip() else None, match.span(1))


def pairs(blocks: list[Block]) -> list[tuple[Block, Block]]:
    """Each request with the answer after it."""
    assert [block.is_answer for block in blocks] == [False, True] * (len(blocks) // 2)
    return list(zip(blocks[::2], blocks[1::2], strict=True))


@dataclass
class Reader:
    """Fills what is to be sent and compares what came; `ask` gives the values that are not in the guide."""

    ask: dict[str, Callable[..., str]] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)

    def value(self, name: str) -> Any:
        if name in self.kept:
            return self.kept[name]
        verb, *arguments = name.split()
        return self.ask[verb](*arguments)

    def fill(self, part: Any) -> Any:
        """A request's part with the values of its names; a name alone keeps its type."""
        if isinstance(part, dict):
            return {key: self.fill(inner) for key, inner in part.items()}
        if isinstance(part, list):
            return [self.fill(inner) for inner in part]
        if not isinstance(part, str):
            return part
        if match := _NAME.fullmatch(part):
            return self.value(match.group(1))
        return _NAME.sub(lambda match: str(self.value(match.group(1))), part)

    def differences(self, told: Any, found: Any, where: str = "") -> list[str]:
        """Where the answer is not as the guide tells; keeps what the guide names."""
        if told == REST:
            return []
        if isinstance(told, str) and (match := _NAME.fullmatch(told)):
            kept = self.kept.setdefault(match.group(1), found)
            return [] if kept == found else [f"{where}: {kept!r} != {found!r}"]
        if isinstance(told, dict) and isinstance(found, dict):
            return self._of_objects(told, found, where)
        if isinstance(told, list) and isinstance(found, list):
            return self._of_lists(told, found, where)
        return [] if told == found and type(told) is type(found) else [f"{where}: {told!r} != {found!r}"]

    def _of_objects(self, told: dict[str, Any], found: dict[str, Any], where: str) -> list[str]:
        fields = {name: inner for name, inner in told.items() if name != REST}
        extra = set() if REST in told else found.keys() - fields.keys()
        wrong = [f"{where}.{name}: not in the guide" for name in sorted(extra)]
        for name, inner in fields.items():
            if name not in found:
                wrong.append(f"{where}.{name}: not in the answer")
            else:
                wrong += self.differences(inner, found[name], f"{where}.{name}")
        return wrong

    def _of_lists(self, told: list[Any], found: list[Any], where: str) -> list[str]:
        rows = told[:-1] if told[-1:] == [REST] else told
        if len(found) < len(rows) or (rows is told and len(found) != len(told)):
            return [f"{where}: {len(found)} rows"]
        return [
            wrong
            for place, (inner, row) in enumerate(zip(rows, found, strict=False))
            for wrong in self.differences(inner, row, f"{where}[{place}]")
        ]


def written(told: Any, found: Any, name: str = "") -> Any:
    """The answer as the guide would show it: its own names and gaps kept, the rest as it came."""
    if told == REST or (isinstance(told, str) and _NAME.fullmatch(told)):
        return told
    if isinstance(found, dict):
        old = told if isinstance(told, dict) else {}
        names = [key for key in old if key != REST] if REST in old else list(found)
        shown = {key: written(old.get(key), found.get(key), key) for key in names}
        return {**shown, REST: REST} if REST in old else shown
    if isinstance(found, list):
        old = told if isinstance(told, list) else []
        cut = old[-1:] == [REST]
        rows = zip_longest(old[:-1] if cut else old, found[: len(old) - 1] if cut else found)
        return [*(written(row, came, name) for row, came in rows), *([REST] if cut else [])]
    return REST if _is_volatile(name, found) else found


def _is_volatile(name: str, value: Any) -> bool:
    return value is not None and (name in _NAMES or bool(_VALUES.fullmatch(str(value))))
