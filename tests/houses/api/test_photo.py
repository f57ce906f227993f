"""A member's photo: bytes to whom it is shown, and from whom it is taken."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from houses.choices import Role
from houses.models import Membership
from residents.images import MOST_BYTES
from residents.models import Consent, Photo
from residents.upstream import Sources
from tests.api import ROOT, Program, problem, program_of
from tests.cast import LI_ID, LI_PHONE, WANG_ID, WANG_PHONE
from tests.factories import HouseFactory, MembershipFactory, ResidentFactory
from tests.household import bound, home, li, zhou
from tests.pictures import picture, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Membership:
    return zhou(HouseFactory())


@pytest.fixture
def wife(owner: Membership) -> Membership:
    return li(owner.house, owner)


@pytest.fixture
def program(owner: Membership) -> Program:
    return program_of(owner)


def address(row: Membership) -> str:
    return f"/members/{row.pk}/photo/"


def send(program: Program, row: Membership, content: bytes, kind: str = "image/jpeg") -> Any:
    """The photo as the body itself."""
    return program.client.put(f"{ROOT}{address(row)}", content, content_type=kind)


def send_form(program: Program, row: Membership, content: bytes, **more: str) -> Any:
    file = SimpleUploadedFile("我的照片.jpg", content, "image/jpeg")
    return program.client.put(f"{ROOT}{address(row)}", {"photo": file, **more}, format="multipart")


# -- shown -------------------------------------------------------------------------------


def test_a_photo_is_shown_and_not_kept(program: Program, wife: Membership) -> None:
    photo = put(wife.resident, Sources.OWNER)
    answer = program.get(address(wife))
    assert (answer.status_code, answer.content) == (200, bytes(photo.jpeg))
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("image/jpeg", "private, no-store")


def test_where_there_is_none_there_is_none(program: Program, wife: Membership) -> None:
    problem(program.get(address(wife)), 404, "not_found")


def test_who_manages_the_own_data_shows_it_to_nobody(program: Program, owner: Membership) -> None:
    wife = bound(owner.house, Role.WIFE, name="李梅", id_number=LI_ID, phone=LI_PHONE)
    put(wife.resident, Sources.SELF)
    problem(program.get(address(wife)), 404, "not_found")
    problem(send(program, wife, picture()), 403, "self_managed")
    problem(program.delete(address(wife)), 403, "self_managed")


def test_whom_one_only_counts_does_not_exist(owner: Membership) -> None:
    tenant = bound(owner.house, Role.TENANT, name="王租", id_number=WANG_ID, phone=WANG_PHONE)
    put(owner.resident, Sources.SELF)
    problem(program_of(tenant).get(address(owner)), 404, "not_found")
    problem(send(program_of(tenant), owner, picture()), 404, "not_found")


def test_without_a_token_nothing_is_shown(wife: Membership) -> None:
    put(wife.resident, Sources.OWNER)
    problem(Program().get(address(wife)), 401, "unauthenticated")


# -- put there ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_body_is_the_photo(program: Program, wife: Membership, kind: str) -> None:
    answer = send(program, wife, picture(kind=kind), f"image/{kind.lower()}")
    assert (answer.status_code, answer.content) == (204, b"")
    shown = Image.open(io.BytesIO(program.get(address(wife)).content))
    assert (shown.format, shown.size) == ("JPEG", (300, 400))


def test_a_form_has_the_photo(program: Program, wife: Membership) -> None:
    assert send_form(program, wife, picture()).status_code == 204
    assert Photo.objects.get(resident=wife.resident).source == Sources.OWNER


def test_one_puts_the_own_there(program: Program, owner: Membership) -> None:
    assert send(program, owner, picture()).status_code == 204
    assert Photo.objects.get(resident=owner.resident).source == Sources.SELF


HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"
WRONG = [(b"no picture at all", 422, "photo_unreadable"), (HEIC, 422, "photo_format")]


@pytest.mark.parametrize(("content", "status", "code"), WRONG)
def test_what_is_no_photo_is_refused(
    program: Program, wife: Membership, content: bytes, status: int, code: str
) -> None:
    problem(send(program, wife, content), status, code)
    problem(send_form(program, wife, content), status, code)


@pytest.mark.parametrize("size", [MOST_BYTES + 1, 11_000_000])
def test_what_is_too_big_is_refused(program: Program, wife: Membership, size: int) -> None:
    problem(send(program, wife, b"\xff" * size), 413, "photo_too_big")
    problem(send_form(program, wife, b"\xff" * size), 413, "photo_too_big")


def test_without_a_photo_there_is_nothing_to_keep(program: Program, wife: Membership) -> None:
    problem(send(program, wife, b""), 422, "invalid", "photo")
    form = program.client.put(f"{ROOT}{address(wife)}", {"guardian": "true"}, format="multipart")
    problem(form, 422, "invalid", "photo")


def test_a_form_has_nothing_else(program: Program, wife: Membership) -> None:
    problem(send_form(program, wife, picture(), source="staff"), 422, "invalid", "source")
    problem(send_form(program, wife, picture(), guardian="yes"), 422, "invalid", "guardian")


def test_a_form_that_is_none_is_malformed(program: Program, wife: Membership) -> None:
    problem(send(program, wife, b"x", "multipart/form-data; boundary="), 400, "malformed")


def test_json_is_no_photo(program: Program, wife: Membership) -> None:
    problem(program.put(address(wife), {"photo": "x"}), 415, "media_type")


def test_a_face_is_agreed_to_separately(program: Program, owner: Membership, wife: Membership) -> None:
    home(owner).withdraw_consent(Consent.Kind.SENSITIVE)
    problem(send(program, wife, picture()), 422, "consent_missing")


def test_for_a_child_its_guardian_agrees(program: Program, owner: Membership) -> None:
    child = MembershipFactory(
        house=owner.house,
        resident=ResidentFactory(name="周小小", id_number="110105202001010015"),
        role=Role.DAUGHTER,
        household_type=None,
        managed_by=owner.resident,
    )
    problem(send(program, child, picture()), 422, "guardian_consent")
    problem(send_form(program, child, picture(), guardian="false"), 422, "guardian_consent")
    assert send_form(program, child, picture(), guardian="true").status_code == 204
    assert send(program, child, picture("red")).status_code == 204  # agreed to for this child


def test_the_offices_photo_stays(program: Program, wife: Membership) -> None:
    put(wife.resident, Sources.STAFF)
    problem(send(program, wife, picture()), 409, "photo_kept")
    problem(program.delete(address(wife)), 409, "photo_kept")


# -- taken away --------------------------------------------------------------------------


def test_a_photo_is_taken_away(program: Program, wife: Membership) -> None:
    put(wife.resident, Sources.OWNER)
    assert program.delete(address(wife)).status_code == 204
    problem(program.delete(address(wife)), 404, "not_found")
