"""Takes the README's pictures of the running admin into docs/screenshots/.

usage: python -m scripts.screenshots [URL]      the demo has to be running (`make demo`)
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from scripts.setup import ROOT

PICTURES = ROOT / "docs" / "screenshots"
WIDTHS = {1280: 860, 390: 844}
LOGIN = ("admin", "shequ-demo-2026")  # as in seed_demo: the demo's own, public password

# name: where to go, and what to click there
PAGES = {
    "overview": ("/admin/", ""),
    "houses": ("/admin/houses/house/?o=-2", ""),
    "house": ("/admin/houses/house/?q=1-1-1-101", "1-1-1-101"),
    "residents": ("/admin/residents/resident/?sex__exact=1", ""),
    "resident": ("/admin/residents/resident/?q=付钰", "付钰"),
    "findings": ("/admin/houses/finding/?q=付", ""),
}


def main(site: str = "http://127.0.0.1:8000") -> int:
    PICTURES.mkdir(parents=True, exist_ok=True)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            for width, height in WIDTHS.items():
                take(browser, site, width, height)
    except PlaywrightError as error:
        print(
            f"没有拍成：请先在另一个终端运行 make demo（{error.message.splitlines()[0]}）。", file=sys.stderr
        )
        return 1
    print(f"图片已存入 {PICTURES.relative_to(ROOT)}/。")
    return 0


def take(browser: Browser, site: str, width: int, height: int) -> None:
    """All pictures at one width."""
    page = browser.new_page(locale="zh-CN", viewport={"width": width, "height": height})
    page.goto(f"{site}/admin/login/")
    picture(page, "login", width)
    page.fill("[name=username]", LOGIN[0])
    page.fill("[name=password]", LOGIN[1])
    page.click("#login-form button[type=submit]")
    for name, (path, link) in PAGES.items():
        page.goto(f"{site}{path}")
        if link:
            page.locator("#result_list").get_by_role("link", name=link, exact=True).first.click()
        picture(page, name, width)
    page.close()


def picture(page: Page, name: str, width: int) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=str(Path(PICTURES) / f"{name}-{width}.png"))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
