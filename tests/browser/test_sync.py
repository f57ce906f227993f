"""A run in a real browser, with the site and a worker as processes of their own: started from a pasted
list, watched while its bar moves, cancelled, continued."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Browser, Page, expect

from houses.models import Community, StaffRole
from scripts.postgresql import free_port
from sync.models import SyncRun
from sync.simulator.community import owners
from sync.simulator.server import Simulator
from tests.browser.conftest import Visitor
from tests.browser.test_workbench import barriers
from tests.factories import UserFactory
from tests.office import login
from tests.sync.writes import Shared

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NUMBER = 200
STARTS = 60_000  # milliseconds: so long a worker may take to come up


@pytest.fixture
def session(transactional_db: None) -> str:
    """Of the manager of the community that the phones are of."""
    user = UserFactory(staff=True)
    community = Community.objects.create(
        name="海港花园", platform_code="2", confirmed_at="2026-11-24T00:00:00Z"
    )
    StaffRole.objects.create(user=user, community=community, role=StaffRole.Role.MANAGER)
    return str(login(user).cookies["sessionid"].value)


@pytest.fixture
def shared(session: str, tmp_path: Path) -> Shared:
    return Shared(tmp_path)


@pytest.fixture
def site(shared: Shared, platform: Simulator, tmp_path: Path) -> Iterator[str]:
    """The site and one worker, at work on the test's database."""
    platform.latency, port = 0.2, free_port()
    names = ("PLATFORM_TOKEN_URL", "PLATFORM_LOOKUP_URL", "PLATFORM_KEY_K", "PLATFORM_KEY_D")
    given = {name: str(getattr(settings, name)) for name in names} | {
        "DEBUG": "true",
        "DATABASE_URL": shared.url,
        "CELERY_BROKER_URL": f"sqla+sqlite:///{tmp_path}/broker.sqlite3",
        "PLATFORM_CONCURRENCY": "4",
    }
    commands = [
        ["manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"],
        ["-m", "celery", "-A", "config", "worker", "--loglevel", "error"],
    ]
    processes = [
        subprocess.Popen(
            [sys.executable, *command],
            cwd=settings.BASE_DIR,
            env=os.environ | given,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for command in commands
    ]
    wait_for(port)
    yield f"http://127.0.0.1:{port}"
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait(30)


def wait_for(port: int) -> None:
    until = time.monotonic() + STARTS / 1000
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError("the site did not come up")


@pytest.fixture
def manager(browser: Browser, site: str, session: str) -> Iterator[Visitor]:
    context = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": "sessionid", "value": session, "url": site}])
    yield Visitor(context.new_page(), site)
    context.close()


def start(manager: Visitor, phones: list[str]) -> Page:
    page = manager.open("/staff/sync/")
    page.get_by_label("粘贴号码").fill("\n".join(phones))
    page.get_by_role("button", name="开始同步").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("同步任务")
    return page


def done(page: Page) -> int:
    return int(page.get_by_role("progressbar").get_attribute("value") or 0)


def over(page: Page) -> None:
    expect(page.locator("#run").get_by_text("已完成")).to_be_visible(timeout=STARTS)


def test_a_run_is_watched_cancelled_continued_and_fetched_no_more(manager: Visitor) -> None:
    phones = list(owners(NUMBER))
    page = start(manager, phones)
    watch(page)
    assert barriers(Axe(), page) == []
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("#cancel").click()
    expect(page.get_by_text("没有查询的号码不再查询").first).to_be_visible()
    page.get_by_role("button", name="继续").click()
    over(page)
    expect(page.get_by_role("progressbar")).to_have_count(0)
    expect(page.locator("#spoken")).to_have_text(f"已完成：共 {NUMBER} 个号码，失败 0 个。")
    polled = manager.asked.copy()
    page.wait_for_timeout(2500)
    assert manager.asked == polled
    assert manager.errors == []
    assert not [url for url in manager.asked if any(phone in url for phone in phones)]


def watch(page: Page) -> None:
    """The bar moves by itself, twice; the focus stays where it was."""
    page.locator("#cancel").focus()
    for _ in range(2):
        value = str(done(page))
        expect(page.get_by_role("progressbar")).not_to_have_attribute("value", value, timeout=STARTS)
        assert done(page) > int(value)
    expect(page.locator("#cancel")).to_be_focused()


def test_everybody_can_use_every_page_of_a_run(manager: Visitor, shared: Shared) -> None:
    page, axe = start(manager, [*owners(5), "13977700001"]), Axe()
    over(page)
    shared.pull()
    run, community = SyncRun.objects.get().pk, Community.objects.get().pk
    parts = [f"runs/{run}/{part}" for part in ("", "failures/", "changes/")]
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        for path in ("", "runs/", f"community/{community}/", *parts):
            manager.open(f"/staff/sync/{path}")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (width, path)
            assert barriers(axe, page) == [], (width, path)
