"""The developer's guide is played against the running server, so that it cannot rot.

`WRITE_GUIDE=1 pytest tests/test_guide.py` writes the answers anew where the API changed.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from django.core.cache import cache
from django.test import override_settings
from django.utils import timezone

from houses.choices import Role
from houses.models import Community
from residents.sms import MemoryBackend
from tests.cast import LI, ZHOU_PHONE, member, zhous
from tests.factories import id_number
from tests.guide import GUIDE, Block, Reader, chapters, pairs, written
from tests.openapi import operations
from tests.pictures import picture

FATHERS_ID = id_number(5, born="19501001")
WRITE = bool(os.environ.get("WRITE_GUIDE"))
TEXT = GUIDE.read_text()
CHANGES: list[tuple[tuple[int, int], str]] = []


def sent_code(phone: str) -> str:
    return next(code for to, code in reversed(MemoryBackend.outbox) if to == phone)


@pytest.fixture
def play(live_server: Any, platform: Any, wechat: Any) -> Iterator[Callable[[str], set[str]]]:
    """`play(title)` sends a chapter's requests in order, and returns the operations that went well."""
    platform.answers[ZHOU_PHONE] = zhous(LI, member("周父", FATHERS_ID, Role.FATHER))
    Community.objects.create(platform_code="1", name="示范小区", confirmed_at=timezone.now())
    MemoryBackend.outbox.clear()
    ask = {
        "sms": sent_code,
        "wechat": lambda: wechat.opens("openid-of-the-guide"),
        "wechat_phone": wechat.gives,
        "photo": picture,
    }
    reader = Reader(ask)
    with override_settings(SMS_BACKEND="residents.sms.MemoryBackend"):
        yield lambda title: {
            _operation(*exchange(live_server.url, reader, asked, told))
            for asked, told in pairs(chapters(TEXT)[title])
        }
    cache.clear()


def exchange(site: str, reader: Reader, asked: Block, told: Block) -> tuple[str, str, int]:
    """Holds that the answer is as the guide tells."""
    method, path = reader.fill(asked.first).split(" ", 1)
    headers = {name: reader.fill(value) for name, value in asked.headers.items()}
    body = reader.fill(asked.body)
    answer = requests.request(method, site + path, timeout=20, **as_sent(body, headers))
    found = _body(answer)
    if WRITE:
        write(told, str(answer.status_code), found)
    wrong = reader.differences(told.body, found) if told.body is not None else []
    for name, value in told.headers.items():
        wrong += reader.differences(value, answer.headers.get(name), name)
    assert WRITE or (str(answer.status_code), wrong) == (told.first, []), f"{asked.first}: {found}"
    return method, path, answer.status_code


def as_sent(body: Any, headers: dict[str, str]) -> dict[str, Any]:
    """JSON, a photo alone, or a form with one."""
    if isinstance(body, bytes):
        return {"data": body, "headers": headers}
    if headers.get("Content-Type") == "multipart/form-data":
        parts = {name: (name, value) for name, value in body.items()}
        return {"files": parts, "headers": {**headers, "Content-Type": None}}
    return {"json": body, "headers": headers}


def _body(answer: requests.Response) -> Any:
    return answer.json() if "json" in answer.headers.get("Content-Type", "") else None


def write(told: Block, status: str, found: Any) -> None:
    """Remember how the answer's block is to read."""
    head = "\n".join([status, *(f"{name}: {value}" for name, value in told.headers.items())])
    body = written(told.body, found)
    shown = "" if found is None else "\n\n" + json.dumps(body, ensure_ascii=False, indent=2)
    CHANGES.append((told.span, f"{head}{shown}\n"))


def write_guide() -> None:
    """From the end, so that what stands before keeps its place."""
    text = TEXT
    for (start, end), block in sorted(CHANGES, reverse=True):
        text = text[:start] + block + text[end:]
    GUIDE.write_text(text)


def _operation(method: str, path: str, status: int) -> str:
    """By operationId, "" for what was refused."""
    if status >= 400:
        return ""
    bare = path.partition("?")[0]
    for one in operations():
        if one.method == method and re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", one.path), bare):
            return one.name
    raise AssertionError(f"{method} {bare} is not described")


def test_what_the_guide_says_is_open_without_the_notice_is_all_of_it() -> None:
    """Every other operation may answer `notice_missing`."""
    (told,) = re.findall(r"^没有同意告知之前.*?^其他接口", TEXT, re.MULTILINE | re.DOTALL)
    gated = {one.name for one in operations() if "`notice_missing`" in str(one.told["responses"])}
    assert set(re.findall("`([a-zA-Z]+)`", told)) == {one.name for one in operations()} - gated


@pytest.mark.sqlite
@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_everything_that_the_guide_tells_is_so(play: Callable[[str], set[str]]) -> None:
    """Both stories of the document and what else there is: every operation goes well at least once."""
    try:
        done = {name for title in chapters(TEXT) for name in play(title)}
    finally:
        if WRITE:
            write_guide()
    assert {one.name for one in operations()} - done == set()
