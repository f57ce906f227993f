"""Takes the README's pictures of the running demo into docs/screenshots/.

usage: python -m scripts.screenshots [URL]      the demo has to be running (`make demo`)
"""

import os
import shutil
import sys
from pathlib import Path

import django
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from scripts.setup import ROOT

PICTURES = ROOT / "docs" / "screenshots"
WIDTHS = {1280: 860, 390: 844}
LOGIN = ("admin", "shequ-demo-2026")  # as in seed_demo: the demo's own, public password

# name: where to go, and what to click there
PAGES = {
    "dashboard": ("/staff/", ()),
    "queue": ("/staff/queues/finding/", ()),
    "review": ("/staff/queues/finding/", ("付钰",)),
    "resident": ("/staff/queues/finding/", ("付钰", "居民资料")),
    "house": ("/staff/queues/finding/", ("1-1-1-101",)),
    "grid": ("/staff/communities/", ("楼盘表",)),
    "findings": ("/staff/findings/", ()),
}
INITIALS = "fy"
PHONE = "15131512234"  # of the document's sample

# Below /my/, as the sample's owner: where to go, and what to tap there
HOUSEHOLD = {
    "my-home": ("/my/", ()),
    "my-member": ("/my/", ("付钰",)),
    "my-fill": ("/my/", ("付钰", "修改资料")),
    "my-match": ("/my/match/", ()),
    "my-requests": ("/my/requests/", ()),
    "my-me": ("/my/me/", ()),
    "my-record": ("/my/me/record/", ()),
}
NOBODYS = {"my-login": "/my/login/", "my-notice": "/my/notice/"}


def main(site: str = "http://127.0.0.1:8000") -> int:
    PICTURES.mkdir(parents=True, exist_ok=True)
    try:
        session = owners_session()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            for width, height in WIDTHS.items():
                take(browser, site, width, height)
                take_household(browser, site, width, height, session)
    except (PlaywrightError, ObjectDoesNotExist, DatabaseError) as error:
        why = str(error).splitlines()[0]
        print(f"没有拍成：请先在另一个终端运行 make demo（{why}）。", file=sys.stderr)
        return 1
    print(f"图片已存入 {PICTURES.relative_to(ROOT)}/。")
    return 0


def take(browser: Browser, site: str, width: int, height: int) -> None:
    """All pictures at one width."""
    page = browser.new_page(locale="zh-CN", viewport={"width": width, "height": height})
    page.goto(f"{site}/admin/login/")
    page.fill("[name=username]", LOGIN[0])
    page.fill("[name=password]", LOGIN[1])
    page.click("#login-form button[type=submit]")
    for name, (path, links) in PAGES.items():
        page.goto(f"{site}{path}")
        for link in links:
            page.get_by_role("main").get_by_role("link", name=link, exact=True).last.click()
        picture(page, name, width)
    search(page, site, width)
    sync(page, site, width)
    page.close()


def owners_session() -> str:
    """The key of a session of the sample's owner, made in the demo's database: no SMS can be read here."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.contrib.auth import login
    from django.contrib.sessions.backends.db import SessionStore
    from django.http import HttpRequest

    from residents.models import User
    from residents.sign_in import BACKEND

    request = HttpRequest()
    request.session = SessionStore()
    login(request, User.objects.get(username="owner-demo"), backend=BACKEND)
    request.session.save()
    return str(request.session.session_key)


def take_household(browser: Browser, site: str, width: int, height: int, session: str) -> None:
    """The same of the household's pages."""
    page = browser.new_page(locale="zh-CN", viewport={"width": width, "height": height})
    for name, path in NOBODYS.items():
        page.goto(f"{site}{path}")
        picture(page, name, width)
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": site}])
    for name, (path, links) in HOUSEHOLD.items():
        page.goto(f"{site}{path}")
        for link in links:
            page.get_by_role("main").get_by_role("link", name=link).first.click()
        picture(page, name, width)
    page.close()


def search(page: Page, site: str, width: int) -> None:
    """The hits as one types."""
    page.goto(f"{site}/staff/")
    page.locator("#search").press_sequentially(INITIALS)
    page.locator("#found a").first.wait_for()
    picture(page, "search", width)


def sync(page: Page, site: str, width: int) -> None:
    """The demo's platform is asked once more; nothing changes by it."""
    page.goto(f"{site}/staff/sync/")
    page.fill("[name=phone]", PHONE)
    page.get_by_role("main").get_by_role("button").click()
    picture(page, "sync", width)


def picture(page: Page, name: str, width: int) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=str(Path(PICTURES) / f"{name}-{width}.png"))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
