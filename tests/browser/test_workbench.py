"""The workbench in a real browser: the sample from sync to activation, the keyboard, and everybody's eyes."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from houses.choices import Role
from houses.models import Community, Finding, House, Membership, Submission
from houses.office import Office
from residents.models import Resident, User
from tests.browser.conftest import Visitor
from tests.factories import HouseFactory, MembershipFactory, ResidentFactory, id_number
from tests.household import THE_REST, bound, home, li, wang, zhou
from tests.office import login
from tests.sync.test_sample import PHONE, sample

pytestmark = pytest.mark.browser

OTHER_ADDRESS = "河北省秦皇岛市海港区民族路2号"


class Staff(Visitor):
    """A member of staff at a browser, signed in already: signing in is tried where the story begins."""

    def __init__(self, page: Page, site: str, username: str) -> None:
        super().__init__(page, site)
        name = settings.SESSION_COOKIE_NAME
        cookie = login(User.objects.get(username=username)).cookies[name].value
        page.context.add_cookies([{"name": name, "value": cookie, "url": site}])

    def to(self, view: str, *args: Any, query: str = "") -> Page:
        self.page.goto(self.site + reverse(f"staff:{view}", args=args) + query)
        return self.page


@pytest.fixture
def community(live_server: Any) -> Community:
    """秦皇小区 with the demo's logins and one empty building."""
    with override_settings(DEBUG=True):
        call_command("seed_demo", stdout=StringIO())
    return Community.objects.get(platform_code="1")


@pytest.fixture
def house(community: Community) -> House:
    return HouseFactory(community=community, building="2", room="201")


@pytest.fixture
def wife(house: House) -> Membership:
    """李梅, for whom her husband typed another address: it waits."""
    row = li(house, zhou(house))
    return changed(row)


def changed(row: Membership) -> Membership:
    """Who fills for this member changed something that stands: the office is asked."""
    Resident.objects.filter(pk=row.resident_id).update(registered_address="河北省秦皇岛市")
    family = home(row.house.memberships.get(resident=row.managed_by_id))
    family.submit(family.draft(row.pk, {**THE_REST, "registered_address": OTHER_ADDRESS}).pk)
    return row


@pytest.fixture
def staff(browser: Browser, live_server: Any, community: Community) -> Iterator[Any]:
    """`staff("wang")` opens a browser for each who works at the same time."""
    contexts = []

    def enter(username: str, **options: Any) -> Staff:
        context = browser.new_context(
            locale="zh-CN", **{"viewport": {"width": 1280, "height": 900}, **options}
        )
        context.set_default_timeout(8000)
        contexts.append(context)
        return Staff(context.new_page(), live_server.url, username)

    yield enter
    for context in contexts:
        context.close()


def press(page: Page, key: str) -> None:
    """Once the page's script listens."""
    page.wait_for_load_state()
    page.keyboard.press(key)


def told(page: Page, text: str) -> None:
    """The page says what was done."""
    expect(page.get_by_role("status").get_by_text(text)).to_be_visible()


# -- the sample, from the phone to activation ------------------------------------------------


def test_the_samples_household_is_synced_found_mended_and_activated(
    visitor: Any, community: Community, platform: Any
) -> None:
    platform.answers[PHONE] = sample()
    page = visitor.sign_in("wang")
    sync_the_sample(visitor)
    find_by_initials(page, "fy", "付钰")
    see_the_findings(page)
    take_the_number(page)
    give_the_husband_his_own_number(page)
    assert Finding.objects.open().count() == 0
    activate(page, "付钰")
    activate(page, "付文生")
    page.get_by_role("navigation").get_by_role("link", name="秦皇小区").click()
    expect(cell(page)).to_contain_text("已激活 2人")


def sync_the_sample(visitor: Any) -> None:
    page = visitor.open("/staff/")
    page.get_by_role("link", name="安防同步").click()
    page.get_by_label("手机号", exact=True).fill(PHONE)
    page.get_by_role("button", name="查询并更新").click()
    told(page, "新增 2 名成员")
    page.get_by_role("link", name="秦皇小区", exact=True).click()
    expect(cell(page)).to_contain_text("待核实 2人")


def cell(page: Page) -> Any:
    return page.get_by_role("table").get_by_role("link").filter(has_text="101").first


def find_by_initials(page: Page, typed: str, name: str) -> None:
    """The hits come as one types."""
    press(page, "/")
    page.keyboard.type(typed, delay=30)
    page.locator("#found").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)


def see_the_findings(page: Page) -> None:
    for code in ["证件校验位", "证件与出生日期不符", "本人两个证件号"]:
        expect(page.get_by_role("region", name="待核实").get_by_text(code)).to_be_visible()
    page.get_by_role("link", name="1-1-1-101").first.click()
    expect(page.get_by_role("region", name="待核实").get_by_text("多人同一证件号")).to_be_visible()


def member(page: Page, name: str) -> Any:
    return page.get_by_role("region", name="成员").get_by_role("row").filter(has_text=name)


def take_the_number(page: Page) -> None:
    member(page, "付钰").get_by_role("link", name="查看").click()
    page.get_by_role("button", name="采用证件号码 1****************0").click()
    told(page, "已采用证件号码 1****************0")
    for code in ["证件校验位", "证件与出生日期不符", "本人两个证件号"]:
        expect(page.get_by_text(code)).to_have_count(0)


def give_the_husband_his_own_number(page: Page) -> None:
    """His was his wife's. The rest of his record is typed in the same form."""
    page.get_by_role("link", name="1-1-1-101").first.click()
    member(page, "付文生").get_by_role("link", name="补全").click()
    page.get_by_label("证件号码").fill(id_number(303, born="19850611"))
    page.get_by_label("民族").select_option("汉族")
    page.get_by_label("户籍地址").fill("河北省秦皇岛市")
    page.get_by_label("联系人").select_option(label="付钰（本人）")
    for question, answer in [("政治面貌", "群众"), ("退役军人", "否"), ("低保", "否")]:
        page.get_by_role("group", name=question).get_by_label(answer, exact=True).check()
    page.get_by_role("button", name="保存").click()


def activate(page: Page, name: str) -> None:
    member(page, name).get_by_role("link", name="激活").click()
    page.get_by_role("button", name="已核对身份证原件").click()
    told(page, f"{name} 已激活")


# -- without a mouse -------------------------------------------------------------------------


def neighbours(community: Community, number: int) -> None:
    """So many households, each with a relative for whom the owner changed something."""
    for room in range(number):
        house = HouseFactory(community=community, building="3", room=f"{room}01")
        manager = bound(house, Role.SELF, name=f"业主{room}").resident
        relative = ResidentFactory(name=f"家人{room}")
        changed(MembershipFactory(house=house, resident=relative, role=Role.RELATIVE, managed_by=manager))


def test_ten_records_are_approved_without_a_mouse(staff: Any, community: Community) -> None:
    neighbours(community, 10)
    page = staff("li").to("queue", "review")
    press(page, "j")
    expect(page.get_by_role("heading", level=1)).to_contain_text("1/10")
    for left in range(9, 0, -1):
        press(page, "a")
        expect(page.get_by_role("heading", level=1)).to_contain_text(f"1/{left}")
    press(page, "a")
    expect(page.get_by_text("里没有记录了")).to_be_visible()
    assert not Submission.objects.waiting().exists()
    assert Resident.objects.filter(registered_address=OTHER_ADDRESS).count() == 10


def test_a_key_held_down_approves_one_record(staff: Any, community: Community) -> None:
    neighbours(community, 2)
    page = staff("li").to("queue", "review")
    press(page, "j")
    expect(page.get_by_role("heading", level=1)).to_contain_text("1/2")
    page.wait_for_load_state()
    page.keyboard.down("a")
    expect(page.get_by_role("heading", level=1)).to_contain_text("1/1")
    page.wait_for_load_state()
    page.keyboard.down("a")
    page.wait_for_timeout(300)
    assert Submission.objects.waiting().count() == 1


def test_the_hits_close_when_one_turns_away(staff: Any, wife: Membership) -> None:
    page = staff("li").to("dashboard")
    for turn_away in (lambda: page.keyboard.press("Escape"), page.get_by_role("heading", level=1).click):
        press(page, "/")
        page.keyboard.type("lm")
        expect(page.locator("#found")).to_contain_text("李梅")
        turn_away()
        expect(page.locator("#found")).to_be_empty()
        page.get_by_label("搜索").clear()


def test_an_open_dialog_keeps_the_keys_to_itself(staff: Any, wife: Membership) -> None:
    page = staff("li").to("member", wife.pk, query="?queue=review")
    press(page, "r")
    page.get_by_role("dialog").get_by_role("button", name="取消").focus()
    press(page, "a")
    expect(page.get_by_role("dialog")).to_be_visible()
    press(page, "Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert Submission.objects.waiting().count() == 1


# -- two at one record -----------------------------------------------------------------------


def test_the_second_at_a_record_is_told_who_has_it(staff: Any, wife: Membership) -> None:
    first = staff("wang").to("member", wife.pk)
    second = staff("li").to("member", wife.pk)
    press(first, "c")
    expect(first.get_by_text("认领中：我")).to_be_visible()
    press(second, "a")
    expect(second.get_by_role("status").get_by_text("正在处理")).to_be_visible()
    expect(second.get_by_text("认领中：王管理员")).to_be_visible()
    assert Submission.objects.waiting().count() == 1


def test_who_comes_second_with_a_form_is_told_what_changed(staff: Any, wife: Membership) -> None:
    page = staff("li").to("complete", wife.pk)
    page.get_by_label("公司").fill("第一中学")
    Office(User.objects.get(username="wang")).complete(wife.pk, {"employer": "第二中学"})
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("您填写期间，这条记录有改动")).to_be_visible()
    expect(page.get_by_text("刚被改为“第二中学”")).to_be_visible()
    expect(page.get_by_label("公司")).to_have_value("第一中学")


# -- where a value is from -------------------------------------------------------------------


@pytest.mark.parametrize("width", [1280, 390])
def test_each_value_of_the_review_page_tells_its_source_and_time(
    staff: Any, wife: Membership, width: int
) -> None:
    page = staff("li", viewport={"width": width, "height": 900}).to("member", wife.pk)
    values = page.locator("main .sourced")
    assert values.count() >= 12
    for index in range(values.count()):
        value = values.nth(index)
        source = value.locator(".source")
        expect(source).to_be_hidden()
        value.hover() if index % 2 else value.focus()
        expect(source).to_be_visible()
        expect(source).to_contain_text(timezone.localdate().isoformat())
        assert source.evaluate(SEEN), value.inner_text()
        page.mouse.move(0, 0)
        value.blur()


# Nothing lies over it, and no scrolling box cuts it off.
SEEN = """note => {
  const box = note.getBoundingClientRect();
  return [box.left + 2, box.right - 2].every(
    x => [box.top + 2, box.bottom - 2].every(y => note === document.elementFromPoint(x, y))
  );
}"""


# -- without script --------------------------------------------------------------------------


@pytest.fixture
def plain(staff: Any) -> Any:
    return staff("wang", java_script_enabled=False)


def test_a_record_is_claimed_and_approved_without_script(plain: Any, wife: Membership) -> None:
    page = plain.to("queue", "review")
    page.get_by_role("button", name="认领").click()
    told(page, "已认领")
    page.get_by_role("link", name="李梅").click()
    page.get_by_role("button", name="通过").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("待审核")
    assert Resident.objects.get(name="李梅").registered_address == OTHER_ADDRESS


def test_a_record_is_returned_without_script(plain: Any, wife: Membership) -> None:
    page = plain.to("member", wife.pk, query="?queue=review")
    page.get_by_role("link", name="退回R").click()
    page.get_by_role("checkbox", name="户籍地址").check()
    page.get_by_label("户籍地址的原因").fill("请写到门牌号")
    page.get_by_role("button", name="退回").click()
    assert Submission.objects.returned().get().reasons == {"registered_address": "请写到门牌号"}


def test_a_record_is_completed_and_activated_without_script(plain: Any, house: House) -> None:
    row = wang(house)
    Resident.objects.filter(pk=row.resident_id).update(ethnicity="")
    page = plain.to("complete", row.pk)
    page.get_by_label("民族").select_option("满族")
    page.get_by_role("button", name="保存").click()
    told(page, "补全 1 项：民族")
    plain.to("activate", row.pk)
    page.get_by_role("button", name="电话核实本人").click()
    told(page, "王租 已激活（电话核实本人）")


# -- everybody's eyes ------------------------------------------------------------------------


@pytest.fixture
def addresses(community: Community, house: House, wife: Membership, sync: Any) -> list[str]:
    """Every page of the workbench, each with something on it."""
    sync(PHONE, sample())
    sample_row = Membership.objects.get(resident__name="付钰")
    owner = house.memberships.get(resident__name="老周")
    tenant, gone = wang(house), MembershipFactory(house=house, role=Role.TENANT, ended=True)
    office = Office(User.objects.get(username="admin"))
    named = named_by(owner, "新来的", 405)
    sent_back = named_by(owner, "退回的", 407)
    office.send_back(sent_back.pk, {"name": "请写全名"}, "请核对")
    returned = returned_row(office, house, owner)
    ask = home(owner).ask_end(owner.pk, "搬到外地")
    office.answer(home(owner).dispute("民族不对").pk, accept=False, reason="已核对证件原件")
    office.claim("memberships", returned.pk)
    unknown = Community.objects.create(platform_code="77")
    double = ResidentFactory(name="王租", id_number=tenant.resident.id_number)
    MembershipFactory(house=HouseFactory(community=community, building="4"), resident=double)
    finding = Finding.objects.open().filter(resident=sample_row.resident_id).first()
    assert finding is not None

    def at(view: str, *args: Any, query: str = "") -> str:
        return reverse(f"staff:{view}", args=args) + query

    person = tenant.resident_id
    return [
        at("dashboard"),
        at("dashboard", query=f"?community={community.pk}"),
        *(at("queue", queue) for queue in ("review", "finding", "activate", "returned", "complete")),
        at("findings"),
        at("findings", query="?code=phone_moved"),
        at("requests"),
        at("requests", query="?tab=answered"),
        at("request", ask.pk),
        at("member", wife.pk, query="?queue=review"),
        at("member", sample_row.pk),
        at("member", returned.pk),
        at("member", gone.pk),
        at("entry", named.pk),
        at("return", wife.submissions.waiting().get().pk),
        at("settle", finding.pk),
        at("complete", wife.pk),
        at("complete", returned.pk),
        *(at("add_member", house.pk, query=f"?for={kind}") for kind in ("newborn", "owner")),
        at("activate", tenant.pk),
        at("activate", wife.pk),
        at("end", tenant.pk),
        at("reopen", gone.pk),
        at("lease", tenant.pk),
        at("invite", tenant.pk),
        at("transfer", house.pk),
        at("absorb", person),
        at("absorb", person, query=f"?other={double.pk}"),
        at("account", owner.resident_id),
        at("erase", person),
        at("house", house.pk),
        at("house_edit", house.pk),
        at("resident", owner.resident_id),
        at("resident", sample_row.resident_id),
        at("communities"),
        at("rooms", community.pk),
        at("confirm", unknown.pk),
        at("grid", community.pk, query="?building=1"),
        at("grid", community.pk, query="?building=2&state=review"),
        at("search"),
        reverse("sync:one"),
    ]


def named_by(owner: Membership, name: str, serial: int) -> Submission:
    """Somebody new, of whom the owner told: a wife with a man's number, so it waits."""
    family = home(owner)
    values = {**THE_REST, "name": name, "role": Role.WIFE, "id_number": id_number(serial)}
    return family.submit(family.name_member(owner.house_id, values).pk)


def returned_row(office: Office, house: House, owner: Membership) -> Membership:
    child = ResidentFactory(name="小周", ethnicity="")
    row = changed(
        MembershipFactory(house=house, resident=child, role=Role.RELATIVE, managed_by=owner.resident)
    )
    office.send_back(row.submissions.waiting().get().pk, {"registered_address": "请写到门牌号"}, "")
    return row


def barriers(axe: Axe, page: Page) -> list[str]:
    """What keeps people out: rule and place of each serious or critical violation."""
    found = axe.run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:200]}"
        for rule in found
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
    ]


def test_everybody_can_use_every_page(staff: Any, addresses: list[str]) -> None:
    someone = staff("admin")
    axe, found = Axe(), set()
    for address in addresses:
        page = someone.page
        page.set_viewport_size({"width": 1280, "height": 844})
        answer = page.goto(someone.site + address)
        assert answer.status == 200, address
        found |= {f"{address}: {one}" for one in barriers(axe, page)}
        page.set_viewport_size({"width": 390, "height": 844})
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > 390:
            found.add(f"{address}: {wide} px wide")
        found |= {f"{address}: {one}" for one in barriers(axe, page)}
    assert not found, "\n".join(sorted(found))
    assert someone.errors == []
    outside = [url for url in someone.asked if not url.startswith((someone.site, "data:"))]
    assert outside == []


def test_everybody_can_use_what_opens_on_a_page(staff: Any, wife: Membership) -> None:
    someone, axe = staff("admin"), Axe()
    page = someone.to("member", wife.pk, query="?queue=review")
    press(page, "r")
    assert barriers(axe, page) == []
    page = someone.to("invite", wife.pk)
    page.get_by_role("button", name="生成邀请").click()
    expect(page.get_by_role("button", name="复制邀请文字")).to_be_visible()
    assert barriers(axe, page) == []
    page = someone.to("complete", wife.pk)
    page.get_by_label("证件号码").fill("110105198205120021")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", name="仍要提交？")).to_be_visible()
    assert barriers(axe, page) == []
    page = someone.to("transfer", wife.house_id)
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_role("button", name="确认过户")).to_be_visible()
    assert barriers(axe, page) == []
    press(page, "/")
    page.keyboard.type("lm")
    expect(page.locator("#found")).to_contain_text("李梅")
    assert barriers(axe, page) == []
