"""照片 in the office: shown after a reason, taken at the counter, never loaded from outside."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from houses.choices import Role
from houses.models import House, Membership, StaffRole
from residents.models import AccessLog, Photo
from residents.upstream import Sources
from tests.factories import HouseFactory, MembershipFactory, UserFactory
from tests.pictures import picture, put

pytestmark = pytest.mark.django_db

OUTSIDE = "https://photos.example.com/1.jpg"


@pytest.fixture
def wife() -> Any:
    house = HouseFactory(building="1", unit="1", floor="1", room="101")
    return MembershipFactory(house=house, role=Role.WIFE, resident__name="李梅", resident__photo_url=OUTSIDE)


def staff(house: House, role: str) -> Client:
    user = UserFactory(staff=True)
    StaffRole.objects.create(user=user, community=house.community, role=role)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def clerk(wife: Any) -> Client:
    return staff(wife.house, StaffRole.Role.CLERK)


def at(row: Any, rest: str = "") -> str:
    return f"/staff/residents/{row.resident_id}/{rest}"


def upload(content: bytes) -> dict[str, Any]:
    return {"photo": SimpleUploadedFile("1.jpg", content, "image/jpeg")}


def test_a_reveal_leaves_a_row_and_shows_the_picture(clerk: Client, wife: Any) -> None:
    photo = put(wife.resident, Sources.PLATFORM)
    assert clerk.get(at(wife, "photo.jpg")).status_code == 403
    part = clerk.post(at(wife, "reveal/"), {"field": "photo", "reason": "核对证件"}).content.decode()
    assert at(wife, "photo.jpg") in part and AccessLog.objects.get().fields == ["photo"]
    answer = clerk.get(at(wife, "photo.jpg"))
    assert (answer.content, answer["Content-Type"]) == (photo.jpeg, "image/jpeg")
    assert (answer["Cache-Control"], answer["X-Content-Type-Options"]) == ("private, no-store", "nosniff")


def test_looking_at_the_picture_itself_writes_nothing(clerk: Client, wife: Any) -> None:
    put(wife.resident, Sources.PLATFORM)
    clerk.post(at(wife, "reveal/"), {"field": "photo", "reason": "核对证件"})
    clerk.get(at(wife, "photo.jpg")), clerk.get(at(wife, "photo.jpg"))
    assert AccessLog.objects.count() == 1


def test_the_page_tells_that_there_is_one_and_shows_it_to_the_claimer(clerk: Client, wife: Any) -> None:
    put(wife.resident, Sources.SELF)
    page = clerk.get(at(wife)).content.decode()
    assert "本人上传" in page and at(wife, "photo.jpg") not in page
    Membership.objects.update(claimed_by=clerk.session["_auth_user_id"], claimed_at=timezone.now())
    assert at(wife, "photo.jpg") in clerk.get(at(wife)).content.decode()
    assert clerk.get(at(wife, "photo.jpg")).status_code == 200


def test_d15_no_page_of_the_office_loads_the_platforms_address(clerk: Client, wife: Any) -> None:
    put(wife.resident, Sources.PLATFORM)
    pages = [at(wife), f"/staff/members/{wife.pk}/", f"/staff/houses/{wife.house_id}/", at(wife, "photo/")]
    assert not [page for page in pages if "photos.example.com" in clerk.get(page).content.decode()]


def test_another_offices_photo_does_not_exist(wife: Any) -> None:
    put(wife.resident, Sources.PLATFORM)
    elsewhere = staff(HouseFactory(), StaffRole.Role.MANAGER)
    assert elsewhere.get(at(wife, "photo.jpg")).status_code == 404
    assert elsewhere.get(at(wife, "photo/")).status_code == 404


def test_a_viewer_sees_no_picture(wife: Any) -> None:
    put(wife.resident, Sources.PLATFORM)
    viewer = staff(wife.house, StaffRole.Role.VIEWER)
    assert viewer.get(at(wife, "photo.jpg")).status_code == 403


def test_the_counter_takes_a_photo(clerk: Client, wife: Any) -> None:
    put(wife.resident, Sources.PLATFORM)
    answer = clerk.post(at(wife, "photo/"), upload(picture("red")), follow=True)
    assert "已登记 李梅 的照片" in answer.content.decode()
    assert Photo.objects.get().source == Sources.STAFF


@pytest.mark.parametrize(("content", "told"), [(b"<html>", "照片无法读取"), (b"\0" * 11_000_000, "照片太大")])
def test_a_refused_file_is_told_at_the_form(clerk: Client, wife: Any, content: bytes, told: str) -> None:
    answer = clerk.post(at(wife, "photo/"), upload(content))
    assert (answer.status_code, told in answer.content.decode()) == (422, True)


def test_a_photo_is_taken_away_with_a_reason(clerk: Client, wife: Any) -> None:
    put(wife.resident, Sources.PLATFORM)
    assert clerk.post(at(wife, "photo/remove/"), {"reason": ""}).status_code == 422
    clerk.post(at(wife, "photo/remove/"), {"reason": "不是本人"})
    assert not Photo.objects.exists()
