"""The household's pages on a phone: the document's two stories, everybody's eyes, weight, no script.

老周 owns 1-1-1-101; 李梅 is his wife, whom his answer names; 周父 his father, who has no phone of his own.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.cache import cache
from django.test import override_settings
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from houses.choices import Role
from houses.models import Membership
from residents.sms import MemoryBackend
from tests.browser.conftest import Visitor
from tests.browser.test_workbench import barriers
from tests.cast import LI, LI_ID, LI_PHONE, ZHOU_ID, ZHOU_PHONE, member, zhous
from tests.factories import id_number
from tests.my_home import Home, furnish

pytestmark = pytest.mark.browser

FATHERS_ID = id_number(5, born="19501001")
ADDRESS = "河北省秦皇岛市海港区文化路1号"
PHONE_SCREEN = {"width": 390, "height": 844}


class Resident(Visitor):
    """Somebody with a phone in the hand."""

    def tap(self, word: str, *, role: str = "button") -> Page:
        self.page.get_by_role("main").get_by_role(role, name=word).first.click()  # type: ignore[arg-type]
        self.page.wait_for_load_state()
        return self.page

    def go(self, word: str) -> Page:
        return self.tap(word, role="link")

    def sign_in_by_sms(self, phone: str) -> None:
        page = self.open("/my/")
        page.get_by_label("手机号").fill(phone)
        self.tap("获取验证码")
        to, code = MemoryBackend.outbox[-1]
        assert to == phone
        page.get_by_label("验证码").fill(code)
        self.tap("登录")

    def agree(self) -> None:
        for box in self.page.get_by_role("checkbox").all():
            expect(box).not_to_be_checked()
            box.check()
        self.tap("同意并继续")

    def say_who(self, name: str, number: str) -> None:
        self.page.get_by_label("姓名").fill(name)
        self.page.get_by_label("证件号码").fill(number)
        self.tap("下一步")
        self.tap("是我本人，提交")

    def arrive(self, phone: str, name: str, number: str) -> None:
        self.sign_in_by_sms(phone)
        self.agree()
        self.say_who(name, number)

    def told(self, text: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_role("status")).to_contain_text(text)

    def fill_the_rest(self, **more: str) -> None:
        """民族与户籍, 联系方式, 其他; from whichever step opens, to the end."""
        page = self.page
        for _ in range(6):
            if page.get_by_role("button", name="提交", exact=True).count():
                break
            self.fill_what_is_asked(**more)
            self.tap("下一步")
        self.tap("提交")

    def fill_what_is_asked(self, **more: str) -> None:
        page = self.page
        for label, value in {"户籍地址": ADDRESS, **more}.items():
            box = page.get_by_role("textbox", name=re.compile(f"^{label}"))
            if box.count() and not box.input_value():
                box.fill(value)
        if (nation := page.get_by_role("combobox", name=re.compile("^民族"))).count():
            nation.select_option(label="汉族")
        for question, answer in {"政治面貌": "群众", "退役军人": "否", "低保": "否"}.items():
            if (group := page.get_by_role("group", name=question)).count():
                group.get_by_label(answer, exact=True).check()


@pytest.fixture(autouse=True)
def _sms() -> Iterator[None]:
    MemoryBackend.outbox.clear()
    with override_settings(SMS_BACKEND="residents.sms.MemoryBackend"):
        yield
    cache.clear()


@pytest.fixture
def phones(browser: Browser, live_server: Any, platform: Any) -> Iterator[Any]:
    """`phones()` gives one more person a phone; `java_script_enabled=False` one without script."""
    platform.answers[ZHOU_PHONE] = zhous(LI, member("周父", FATHERS_ID, Role.FATHER))
    contexts = []

    def give(**options: Any) -> Resident:
        context = browser.new_context(locale="zh-CN", viewport=PHONE_SCREEN, **options)
        context.set_default_timeout(8000)
        contexts.append(context)
        return Resident(context.new_page(), live_server.url)

    yield give
    for context in contexts:
        context.close()


def row_of(name: str) -> Membership:
    return Membership.objects.select_related("resident").get(resident__name=name)


def owner_at_home(zhou: Resident) -> None:
    zhou.arrive(ZHOU_PHONE, "老周", ZHOU_ID)
    zhou.tap("同步安防数据")
    zhou.told("新增 1 套房屋，新增 3 名成员")


# -- the document's two stories ----------------------------------------------------------------


def test_the_wife_registers_is_confirmed_completes_and_is_activated(phones: Any) -> None:
    zhou, li = phones(), phones()
    owner_at_home(zhou)
    expect(zhou.page.get_by_role("main")).to_contain_text("李梅 妻子")
    assert row_of("李梅").status == "incomplete"

    li.arrive(LI_PHONE, "李梅", LI_ID)
    li.go("查找我的房屋")
    li.tap("查找并提交确认")
    li.told("等待业主或物业确认")
    expect(li.page.get_by_role("main")).not_to_contain_text("101")

    zhou.open("/my/requests/")
    zhou.tap("同意")
    zhou.told("已同意")

    li.open("/my/")
    li.go("去补全")
    li.fill_the_rest()
    li.told("已激活")
    assert (row_of("李梅").status, row_of("李梅").activated_by_account) == ("activated", True)

    li.go("家庭昵称")
    li.page.get_by_label("昵称").fill("孩儿他妈")
    li.tap("保存")
    zhou.open("/my/")
    expect(zhou.page.get_by_role("main")).to_contain_text("孩儿他妈")
    zhou.go("孩儿他妈")
    expect(zhou.page.get_by_role("main")).not_to_contain_text(ADDRESS)
    assert row_of("李梅").resident.name == "李梅"


def test_the_owner_completes_the_father_who_has_no_phone(phones: Any) -> None:
    zhou = phones()
    owner_at_home(zhou)
    zhou.open(reverse("my:fill", args=[row_of("周父").pk]))
    zhou.page.goto(zhou.site + reverse("my:fill_step", args=[row_of("周父").pk, "contact"]))
    zhou.page.get_by_label("联系人").select_option(label="老周（本人）")
    zhou.tap("下一步")
    zhou.open(reverse("my:fill", args=[row_of("周父").pk]))
    zhou.fill_the_rest()
    zhou.told("已补完")
    row = row_of("周父")
    assert (row.status, row.activated_at, row.resident.phone) == ("completed", None, "")


def test_the_essential_path_needs_no_script(phones: Any) -> None:
    """From the phone number to a completed member."""
    zhou = phones(java_script_enabled=False)
    owner_at_home(zhou)
    zhou.open(reverse("my:fill", args=[row_of("李梅").pk]))
    zhou.fill_the_rest(手机号=LI_PHONE)
    assert row_of("李梅").status == "completed"


# -- everybody's eyes ---------------------------------------------------------------------------


def test_the_first_page_is_light(phones: Any) -> None:
    """Less than 100 kB, uncompressed as it is here."""
    someone = phones()
    sizes: list[int] = []
    someone.page.on("response", lambda response: sizes.append(len(response.body())))
    someone.open("/my/")
    print(f"first page: {sum(sizes)} bytes in {len(sizes)} answers")
    assert len(sizes) >= 3 and sum(sizes) < 100_000


@pytest.mark.parametrize("reader", ["nobody", "fresh", "newcomer", "owner", "tenant"])
def test_everybody_can_use_every_page(phones: Any, reader: str) -> None:
    home = furnish()
    someone, axe, found = phones(), Axe(), set()
    name = settings.SESSION_COOKIE_NAME
    if (cookie := home.doors[reader].cookies.get(name)) is not None:
        someone.page.context.add_cookies([{"name": name, "value": cookie.value, "url": someone.site}])
    for address in readable(home, reader):
        page = someone.open(address)
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 844})
            if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
                found.add(f"{address}: {wide} px wide")
            found |= {f"{address} at {width}: {one}" for one in barriers(axe, page)}
    assert not found, "\n".join(sorted(found))
    assert someone.errors == []
    assert [url for url in someone.asked if not url.startswith((someone.site, "data:"))] == []


def readable(home: Home, reader: str) -> list[str]:
    """The pages that this visitor may read, each once."""
    client = home.doors[reader]
    answers = {address: client.get(address) for address in home.addresses}
    return [
        address
        for address, answer in answers.items()
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html")
    ]


def test_what_goes_wrong_is_told_at_the_field(phones: Any) -> None:
    """A wrong check character, read aloud and marked."""
    zhou, axe = phones(), Axe()
    zhou.sign_in_by_sms(ZHOU_PHONE)
    zhou.agree()
    zhou.page.get_by_label("姓名").fill("老周")
    zhou.page.get_by_label("证件号码").fill(ZHOU_ID[:-1] + "9")
    zhou.tap("下一步")
    expect(zhou.page.get_by_role("alert").last).to_contain_text("证件号码有误")
    expect(zhou.page.get_by_label("姓名")).to_have_value("老周")
    assert barriers(axe, zhou.page) == []
