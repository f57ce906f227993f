"""A browser, Debian's Chromium, against the running site."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from houses.management.commands.seed_demo import PASSWORD

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")  # None: Playwright's own


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Any) -> None:
    """Hashing is slow by design; here it guards nothing."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Playwright runs an event loop in this thread; Django would refuse every query beside one.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


violations: list[str] = []


@pytest.fixture(autouse=True)
def _within_the_policy() -> Iterator[None]:
    """Whatever a test does in a browser, no page wants more than its Content-Security-Policy grants."""
    violations.clear()
    yield
    assert violations == []


class Visitor:
    """Somebody at a browser: what was asked for, and what went wrong."""

    def __init__(self, page: Page, site: str) -> None:
        self.page, self.site = page, site
        self.asked: list[str] = []
        self.errors: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self._read(message.text))

    def _read(self, console: str) -> None:
        if "Content Security Policy" in console:
            violations.append(console)

    def open(self, path: str) -> Page:
        self.page.goto(f"{self.site}{path}")
        self.page.wait_for_load_state("networkidle")
        return self.page

    def sign_in(self, username: str) -> Page:
        self.open("/admin/")
        self.page.get_by_label("用户名").fill(username)
        self.page.get_by_label("密码", exact=False).first.fill(PASSWORD)
        self.page.get_by_role("button", name="登录").click()
        self.page.wait_for_load_state("networkidle")
        return self.page


@pytest.fixture
def visitor(browser: Browser, live_server: Any) -> Iterator[Visitor]:
    context = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 900})
    yield Visitor(context.new_page(), live_server.url)
    context.close()
