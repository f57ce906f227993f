"""照片 at home: who puts one there, who sees it, what is refused (houses/photos.py, /my/members/…/photo/)."""

import io
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from houses.absorbing import absorb
from houses.choices import Role
from houses.erasing import erase
from houses.models import Membership
from residents import images
from residents.exceptions import Refusal
from residents.images import MOST_BYTES
from residents.models import Attempt, Consent, Photo, Resident, User
from residents.upstream import Sources
from tests.cast import LI_ID, LI_PHONE, WANG_ID, WANG_PHONE, XIAO_ID
from tests.factories import HouseFactory, MembershipFactory, ResidentFactory, UserFactory
from tests.household import GAPS, bound, fresh, home, refused, zhou
from tests.my import door_of
from tests.pictures import picture, put

pytestmark = pytest.mark.django_db

IPHONES = b"\0\0\0\x18ftypheic" + b"\0" * 99


@pytest.fixture
def books() -> Any:
    """老周's house: his grown son, for whom he fills; his wife and a tenant with accounts; a neighbour."""
    house = HouseFactory()
    it = SimpleNamespace(house=house, owner=zhou(house))
    it.wife = bound(house, Role.WIFE, name="李梅", id_number=LI_ID, phone=LI_PHONE)
    it.tenant = bound(house, Role.TENANT, name="王租", id_number=WANG_ID, phone=WANG_PHONE)
    it.son = MembershipFactory(
        house=house,
        resident=ResidentFactory(name="小周", id_number=XIAO_ID, phone="", **GAPS),
        role=Role.SON,
        household_type=None,
        managed_by=it.owner.resident,
    )
    it.neighbour = bound(HouseFactory(community=house.community), Role.SELF, name="老吴")
    return it


def child(it: Any) -> Membership:
    row: Membership = MembershipFactory(
        house=it.house,
        resident=ResidentFactory(name="周小小", id_number="110105202001010015"),
        role=Role.DAUGHTER,
        household_type=None,
        managed_by=it.owner.resident,
    )
    return row


def upload(content: bytes = b"", name: str = "我的照片.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content or picture(), "image/jpeg")


def page(row: Membership) -> str:
    return f"/my/members/{row.pk}/photo/"


def image(row: Membership) -> str:
    return f"/my/members/{row.pk}/photo.jpg"


# -- who may -----------------------------------------------------------------------------


def test_one_puts_ones_own_photo_there(books: Any) -> None:
    home(books.wife).set_photo(books.wife.pk, upload())
    assert Photo.objects.get(resident=books.wife.resident).source == Sources.SELF


def test_an_owner_puts_the_photo_of_whom_he_fills_for(books: Any) -> None:
    home(books.owner).set_photo(books.son.pk, upload())
    assert Photo.objects.get(resident=books.son.resident).source == Sources.OWNER


def test_a_household_replaces_what_a_household_put_there(books: Any) -> None:
    before = put(books.son.resident, Sources.SELF)
    home(books.owner).set_photo(books.son.pk, upload())
    assert fresh(before).digest != before.digest


@pytest.mark.parametrize("source", [Sources.PLATFORM, Sources.STAFF])
def test_the_platforms_and_the_offices_photo_stay(books: Any, source: str) -> None:
    put(books.son.resident, source)
    with refused("photo_kept"):
        home(books.owner).set_photo(books.son.pk, upload())
    with refused("photo_kept"):
        home(books.owner).remove_photo(books.son.pk)


@pytest.mark.parametrize(
    ("who", "code"), [("wife", "not_allowed"), ("tenant", "not_found"), ("neighbour", "not_found")]
)
def test_nobody_else_puts_one_there_or_takes_it_away(books: Any, who: str, code: str) -> None:
    put(books.son.resident, Sources.OWNER)
    family = home(getattr(books, who))
    with refused(code):
        family.set_photo(books.son.pk, upload())
    with refused(code):
        family.remove_photo(books.son.pk)


def test_who_manages_the_own_data_is_left_to_it(books: Any) -> None:
    with refused("self_managed"):
        home(books.owner).set_photo(books.wife.pk, upload())


def test_whose_record_one_does_not_see_gets_no_photo_from_one(books: Any) -> None:
    """老周 still fills for somebody who is a tenant by now, and sees nothing of the record."""
    Membership.objects.filter(pk=books.son.pk).update(role=Role.TENANT)
    with refused("not_allowed"):
        home(books.owner).set_photo(books.son.pk, upload())


def test_a_locked_account_does_nothing(books: Any) -> None:
    User.objects.filter(resident=books.owner.resident).update(locked_at=timezone.now())
    for act in (lambda f: f.set_photo(books.son.pk, upload()), lambda f: f.photo(books.son.pk)):
        with refused("account_locked"):
            act(home(books.owner))


# -- consent -----------------------------------------------------------------------------


def test_without_the_separate_consent_no_photo_is_kept(books: Any) -> None:
    home(books.owner).withdraw_consent(Consent.Kind.SENSITIVE)
    with refused("consent_missing"):
        home(books.owner).set_photo(books.son.pk, upload())


def test_under_14_a_guardian_has_to_agree(books: Any) -> None:
    row = child(books)
    with refused("guardian_consent"):
        home(books.owner).set_photo(row.pk, upload())
    home(books.owner).set_photo(row.pk, upload(), guardian=True)
    assert Consent.objects.filter(kind="guardian", child=row.resident, withdrawn_at=None).count() == 1


def test_a_guardian_agrees_once(books: Any) -> None:
    row = child(books)
    home(books.owner).consent_for_child(row.pk)
    home(books.owner).set_photo(row.pk, upload())
    assert Photo.of(row.resident)


def test_nobody_is_the_own_guardian(books: Any) -> None:
    with refused("guardian_consent"):
        home(books.wife).set_photo(books.wife.pk, upload(), guardian=True)


def test_a_file_that_is_refused_leaves_no_consent_behind(books: Any) -> None:
    row = child(books)
    with refused("photo_unreadable"):
        home(books.owner).set_photo(row.pk, upload(b"<html>"), guardian=True)


@pytest.mark.parametrize(
    ("kind", "code"),
    [(Consent.Kind.SENSITIVE, "consent_missing"), (Consent.Kind.GUARDIAN, "guardian_consent")],
)
def test_a_consent_that_is_taken_back_while_the_photo_is_read_counts(
    books: Any, monkeypatch: pytest.MonkeyPatch, kind: str, code: str
) -> None:
    row = child(books)
    home(books.owner).consent_for_child(row.pk)

    def overtaken(file: Any) -> images.Portrait:
        home(books.owner).withdraw_consent(kind, child=row.resident if kind == "guardian" else None)
        return read(file)

    read = images.read
    monkeypatch.setattr(images, "read", overtaken)
    with refused(code, but=(Consent,)):
        home(books.owner).set_photo(row.pk, upload())


# -- what is uploaded --------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"<html></html>", picture()[:500], picture(kind="GIF")])
def test_what_is_no_picture_is_refused(books: Any, content: bytes) -> None:
    with refused("photo_unreadable"):
        home(books.owner).set_photo(books.son.pk, upload(content))


def test_an_iphones_own_format_is_refused_with_what_helps(books: Any) -> None:
    with refused("photo_format"):
        home(books.owner).set_photo(books.son.pk, upload(IPHONES))


def test_a_file_of_more_than_ten_megabytes_is_refused(books: Any) -> None:
    with refused("photo_too_big"):
        home(books.owner).set_photo(books.son.pk, io.BytesIO(b"\0" * (MOST_BYTES + 1)))


def test_photos_have_a_daily_limit_whatever_came_of_them(books: Any) -> None:
    for _ in range(Attempt.LIMITS[Attempt.Kind.PHOTO]):
        with refused("photo_unreadable"):
            home(books.owner).set_photo(books.son.pk, upload(b"<html>"))
    with refused("too_many"):
        home(books.owner).set_photo(books.son.pk, upload())
    home(books.wife).set_photo(books.wife.pk, upload())


def test_too_many_photos_are_told_at_the_form(books: Any) -> None:
    account = User.objects.get(resident=books.owner.resident)
    for _ in range(Attempt.LIMITS[Attempt.Kind.PHOTO]):
        Attempt.spend(account, Attempt.Kind.PHOTO)
    answer = door_of(books.owner).post(page(books.son), {"photo": upload()})
    assert (answer.status_code, "请明天再试" in answer.content.decode()) == (429, True)


# -- what becomes of it ------------------------------------------------------------------


def test_a_household_takes_its_photo_away_once(books: Any) -> None:
    put(books.son.resident, Sources.OWNER)
    home(books.owner).remove_photo(books.son.pk)
    with refused("not_found"):
        home(books.owner).remove_photo(books.son.pk)


def test_erasing_a_person_erases_the_photo(books: Any) -> None:
    put(books.son.resident, Sources.OWNER)
    erase(books.son.resident, by=UserFactory(staff=True))
    assert not Photo.objects.exists()


def test_the_photo_follows_where_the_kept_record_has_none(books: Any) -> None:
    double = ResidentFactory(name="小周", id_number=XIAO_ID)
    photo = put(double, Sources.STAFF)
    absorb(books.son.resident, double, by=None)
    assert fresh(photo).resident_id == books.son.resident_id


def test_the_kept_records_own_photo_stays(books: Any) -> None:
    double = ResidentFactory(name="小周", id_number=XIAO_ID)
    put(double, Sources.STAFF), put(books.son.resident, Sources.OWNER, "red")
    absorb(books.son.resident, double, by=None)
    assert Photo.objects.get().source == Sources.OWNER


# -- the picture's address ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "whose", "status"),
    [
        ("owner", "owner", 200),
        ("owner", "son", 200),
        ("owner", "wife", 404),  # she manages her own data
        ("owner", "tenant", 404),
        ("wife", "wife", 200),
        ("wife", "son", 404),
        ("tenant", "son", 404),
        ("neighbour", "owner", 404),
    ],
)
def test_a_picture_is_served_to_whom_the_record_is_open(
    books: Any, who: str, whose: str, status: int
) -> None:
    row = getattr(books, whose)
    put(row.resident, Sources.PLATFORM)
    assert door_of(getattr(books, who)).get(image(row)).status_code == status


def test_a_picture_is_kept_by_nobody_and_taken_for_nothing_else(books: Any) -> None:
    photo = put(books.son.resident, Sources.OWNER)
    answer = door_of(books.owner).get(image(books.son))
    assert (answer.content, answer["Content-Type"]) == (photo.jpeg, "image/jpeg")
    assert (answer["X-Content-Type-Options"], "no-store" in answer["Cache-Control"]) == ("nosniff", True)
    assert answer["Content-Disposition"] == 'inline; filename="photo.jpg"'


def test_where_there_is_none_there_is_no_picture(books: Any) -> None:
    assert door_of(books.owner).get(image(books.son)).status_code == 404


def test_who_moved_out_is_not_shown_any_more(books: Any) -> None:
    put(books.son.resident, Sources.OWNER)
    books.son.end("moved_out")
    assert door_of(books.owner).get(image(books.son)).status_code == 404


def test_who_is_not_signed_in_sees_no_picture(books: Any) -> None:
    put(books.son.resident, Sources.OWNER)
    assert Client().get(image(books.son)).status_code == 302


# -- the page ----------------------------------------------------------------------------


def test_the_page_takes_a_photo_and_shows_it(books: Any) -> None:
    answer = door_of(books.owner).post(page(books.son), {"photo": upload()}, follow=True)
    assert answer.redirect_chain == [(page(books.son), 302)]
    assert "照片已保存" in answer.content.decode() and image(books.son) in answer.content.decode()


@pytest.mark.parametrize("address", ["/my/", "/my/members/{0}/", "/my/members/{0}/photo/", "/my/me/record/"])
def test_d15_no_page_of_the_household_loads_anything_from_outside(books: Any, address: str) -> None:
    Resident.objects.update(photo_url="https://photos.example.com/1.jpg")
    for row in (books.son, books.owner):
        put(row.resident, Sources.PLATFORM)
    shown = door_of(books.owner).get(address.format(books.son.pk)).content.decode()
    assert "</main>" in shown
    assert not [
        word for word in ("http:", "https:", "photos.example", 'src="//', 'href="//') if word in shown
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"<html>", Refusal.PHOTO_UNREADABLE.label),
        (b"\0" * 10_000_001, Refusal.PHOTO_TOO_BIG.label),
        (IPHONES, Refusal.PHOTO_FORMAT.label),
    ],
    ids=["unreadable", "too big", "format"],
)
def test_a_refused_file_is_told_at_the_form(books: Any, content: bytes, told: str) -> None:
    answer = door_of(books.owner).post(page(books.son), {"photo": upload(content)})
    assert (answer.status_code, told in answer.content.decode()) == (422, True)


@pytest.mark.parametrize("megabytes", [11, 100])
def test_a_body_that_is_far_too_large_is_told_the_same_way_and_not_kept(books: Any, megabytes: int) -> None:
    answer = door_of(books.owner).post(page(books.son), {"photo": upload(bytes(megabytes * 1_000_000))})
    assert (answer.status_code, "照片太大" in answer.content.decode()) == (422, True)
    assert not answer.wsgi_request.FILES and not Photo.objects.exists()


def test_without_a_file_the_page_asks_for_one(books: Any) -> None:
    answer = door_of(books.owner).post(page(books.son))
    assert (answer.status_code, "请先选择一张照片" in answer.content.decode()) == (422, True)


def test_an_empty_file_is_no_photo(books: Any) -> None:
    empty = SimpleUploadedFile("a.jpg", b"", "image/jpeg")
    answer = door_of(books.owner).post(page(books.son), {"photo": empty})
    assert (answer.status_code, "照片无法读取" in answer.content.decode()) == (422, True)


def test_without_the_consent_the_page_leads_to_it(books: Any) -> None:
    home(books.owner).withdraw_consent(Consent.Kind.SENSITIVE)
    shown = door_of(books.owner).get(page(books.son)).content.decode()
    assert f"/my/me/consents/?next={page(books.son)}" in shown and 'type="file"' not in shown


def test_of_a_child_the_page_asks_the_guardian(books: Any) -> None:
    row = child(books)
    client = door_of(books.owner)
    assert "我是孩子的监护人" in client.get(page(row)).content.decode()
    answer = client.post(page(row), {"photo": upload()})
    assert answer.status_code == 422 and "guardian" in answer.context["form"].errors
    client.post(page(row), {"photo": upload(), "guardian": "on"})
    assert Photo.of(row.resident) and "监护人" not in client.get(page(row)).content.decode()


def test_of_a_photo_that_stays_the_page_says_so(books: Any) -> None:
    put(books.son.resident, Sources.PLATFORM)
    shown = door_of(books.owner).get(page(books.son)).content.decode()
    assert "需要更换请到物业办理" in shown and 'type="file"' not in shown and "删除照片" not in shown


def test_a_photo_that_stays_is_not_replaced_by_a_post(books: Any) -> None:
    before = put(books.son.resident, Sources.STAFF)
    answer = door_of(books.owner).post(page(books.son), {"photo": upload()})
    assert answer.status_code == 422 and Refusal.PHOTO_KEPT.label in answer.content.decode()
    assert Photo.of(books.son.resident).digest == before.digest


def test_nor_is_it_removed_by_one(books: Any) -> None:
    put(books.son.resident, Sources.STAFF)
    answer = door_of(books.owner).post(page(books.son), {"remove": "1"}, follow=True)
    assert Refusal.PHOTO_KEPT.label in " ".join(str(one) for one in answer.context["messages"])
    assert Photo.of(books.son.resident)


def test_the_page_takes_a_photo_away(books: Any) -> None:
    put(books.son.resident, Sources.OWNER)
    answer = door_of(books.owner).post(page(books.son), {"remove": "1"}, follow=True)
    assert "照片已删除" in answer.content.decode() and not Photo.objects.exists()


@pytest.mark.parametrize("who", ["wife", "tenant", "neighbour"])
def test_of_others_there_is_no_page(books: Any, who: str) -> None:
    client = door_of(getattr(books, who))
    assert client.get(page(books.son)).status_code == 404
    assert client.post(page(books.son), {"photo": upload()}).status_code == 404
