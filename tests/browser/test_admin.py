"""The sample's household in a real browser: who sees it, who does not, and whether everybody can read it."""

from io import StringIO
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from django.test import override_settings
from playwright.sync_api import expect

from houses.models import Membership
from residents.models import Resident
from tests.sync.test_sample import PHONE, sample

pytestmark = pytest.mark.browser

FOUR = ["证件校验位", "证件与出生日期不符", "多人同一证件号", "本人两个证件号"]


@pytest.fixture
def demo(live_server: Any, sync: Any) -> Any:
    """The demo's logins, and the document's household in 秦皇小区."""
    with override_settings(DEBUG=True):
        call_command("seed_demo", stdout=StringIO())
    sync(PHONE, sample())
    return Membership.objects.get(resident__name="付钰")


def test_staff_sign_in_and_see_the_samples_household_with_its_findings(visitor: Any, demo: Any) -> None:
    page = visitor.sign_in("wang")
    page.locator("#nav-sidebar-apps").get_by_text("房屋", exact=True).click()
    page.get_by_role("link", name="1-1-1-101").click()
    for text in ["付钰", "付文生", "已补完", "不完整", "151****2234", *FOUR]:
        expect(page.get_by_text(text).first).to_be_visible()


def test_the_findings_offer_the_fitting_number_masked(visitor: Any, demo: Any) -> None:
    visitor.sign_in("wang")
    page = visitor.open("/admin/houses/finding/?code__exact=self_id_mismatch")
    expect(page.get_by_text("采用证件号码 1****************0")).to_be_visible()


def test_a_finding_is_settled_with_a_reason(visitor: Any, demo: Any) -> None:
    visitor.sign_in("wang")
    page = visitor.open("/admin/houses/finding/?code__exact=id_shared")
    page.get_by_role("link", name="多人同一证件号").click()
    page.get_by_role("link", name="处理").click()
    page.get_by_label("处理说明").fill("已核对两人的证件原件")
    page.get_by_role("button", name="确认无误").click()
    expect(page.get_by_text("已处理 1 条")).to_be_visible()


def test_a_full_number_is_searched_without_standing_in_the_address(visitor: Any, demo: Any) -> None:
    visitor.sign_in("wang")
    page = visitor.open("/admin/residents/resident/")
    page.get_by_role("search").get_by_role("textbox").fill(demo.resident.id_number)
    page.keyboard.press("Enter")
    expect(page.get_by_text("按完整号码找到 1 条")).to_be_visible()
    assert not [url for url in visitor.asked if demo.resident.id_number in url]


def test_another_communitys_clerk_sees_nothing_of_it(visitor: Any, demo: Any) -> None:
    visitor.sign_in("zhao")
    for path in ("residents/resident/", "houses/house/", "houses/membership/", "houses/finding/"):
        page = visitor.open(f"/admin/{path}")
        expect(page.get_by_text("没有找到记录")).to_be_visible()
        expect(page.get_by_text("付钰")).to_have_count(0)
    page = visitor.open(f"/admin/houses/house/{demo.house_id}/change/")
    expect(page.get_by_text("没有找到这条房屋")).to_be_visible()


def test_a_name_made_of_markup_is_text(visitor: Any, demo: Any) -> None:
    Resident.objects.filter(name="付文生").update(name="<img src=x onerror=alert(1)>")
    visitor.page.on("dialog", lambda dialog: pytest.fail("the name was run"))
    visitor.sign_in("wang")
    for path in main_pages(demo):
        visitor.open(path)
    assert not [url for url in visitor.asked if url.endswith("/x")]


def main_pages(membership: Membership) -> list[str]:
    return [
        "/admin/",
        "/admin/houses/house/",
        f"/admin/houses/house/{membership.house_id}/change/",
        f"/admin/houses/house/{membership.house_id}/history/",
        "/admin/houses/house/add/",
        "/admin/houses/membership/",
        f"/admin/houses/membership/{membership.pk}/change/",
        "/admin/residents/resident/",
        f"/admin/residents/resident/{membership.resident_id}/change/",
        "/admin/houses/finding/",
        "/admin/houses/community/",
        "/admin/sync/platformrecord/",
        "/admin/sync/syncrun/",
    ]


def test_pages_load_nothing_from_outside_and_run_without_errors(visitor: Any, demo: Any) -> None:
    visitor.sign_in("wang")
    for path in main_pages(demo):
        visitor.open(path)
    assert [url for url in visitor.asked if not url.startswith((visitor.site, "data:", "blob:"))] == []
    assert visitor.errors == []


def barriers(page: Any) -> list[tuple[str, str, str]]:
    """What keeps people out: rule, weight and place of each serious or critical violation."""
    found = Axe().run(page).response["violations"]
    return [
        (rule["id"], rule["impact"], node["html"][:160])
        for rule in found
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_use_the_main_pages(visitor: Any, demo: Any, theme: str) -> None:
    visitor.page.emulate_media(color_scheme=theme)
    found = {"login": barriers(visitor.open("/admin/login/"))}
    visitor.sign_in("wang")
    for path in main_pages(demo):
        found[path] = barriers(visitor.open(path))
    assert {path: problems for path, problems in found.items() if problems} == {}


def test_a_house_page_fits_a_phone(visitor: Any, demo: Any) -> None:
    visitor.page.set_viewport_size({"width": 390, "height": 844})
    visitor.sign_in("wang")
    page = visitor.open(f"/admin/houses/house/{demo.house_id}/change/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
