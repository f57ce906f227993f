"""A photo in its row: sealed, read only where it is asked for, replaced only by whom it may be."""

from typing import Any

import pytest
from django.core.exceptions import FieldError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from residents.crypto import SealError
from residents.exceptions import Refused
from residents.images import portrait
from residents.models import Photo, Resident
from residents.models.photo import WHOSE
from residents.upstream import Sources
from tests.factories import ResidentFactory
from tests.pictures import picture, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def zhou() -> Resident:
    person: Resident = ResidentFactory(name="老周")
    return person


def column() -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT jpeg FROM residents_photo")
        return bytes(cursor.fetchone()[0])


def keep(person: Resident, source: str, color: str = "navy") -> bool:
    return Photo.keep(person.pk, portrait(picture(color)), source)


# -- at rest -----------------------------------------------------------------------------


def test_what_was_stored_is_what_is_read(zhou: Resident) -> None:
    made = portrait(picture())
    Photo.keep(zhou.pk, made, Sources.SELF)
    assert Photo.objects.get().jpeg == made.jpeg


def test_the_column_holds_no_picture(zhou: Resident) -> None:
    put(zhou, Sources.SELF)
    assert b"JFIF" not in column() and len(column()) < len(Photo.objects.get().jpeg) + 50


def test_another_key_opens_nothing(zhou: Resident, settings: Any) -> None:
    put(zhou, Sources.SELF)
    settings.PII_KEYS = [b"\7" * 32]
    with pytest.raises(SealError):
        Photo.objects.get().jpeg  # noqa: B018


def test_a_changed_column_does_not_open(zhou: Resident) -> None:
    put(zhou, Sources.SELF)
    with connection.cursor() as cursor:
        changed = bytearray(column())
        changed[-1] ^= 1
        cursor.execute("UPDATE residents_photo SET jpeg = %s", [bytes(changed)])
    with pytest.raises(SealError):
        Photo.objects.get().jpeg  # noqa: B018


def test_nobody_looks_a_photo_up_by_its_picture() -> None:
    with pytest.raises(FieldError):
        Photo.objects.filter(jpeg=b"x").exists()


def test_the_picture_is_read_where_it_is_asked_for_and_nowhere_else(zhou: Resident) -> None:
    put(zhou, Sources.SELF)
    with CaptureQueriesContext(
        connection,
    ) as told:
        photos = [Photo.of(zhou), zhou.photo, *Photo.objects.all(), *Photo.objects.filter(resident=zhou)]
    assert not [query["sql"] for query in told.captured_queries if '"jpeg"' in query["sql"]]
    assert all(photo and photo.jpeg for photo in photos)


def test_a_photo_has_no_history_and_names_nobody(zhou: Resident) -> None:
    photo = put(zhou, Sources.SELF)
    assert not hasattr(photo, "history") and str(photo) == f"照片 {photo.pk}"
    assert zhou.history.count() == 1


# -- whose photo replaces whose ----------------------------------------------------------

REPLACED = {
    Sources.PLATFORM: {Sources.PLATFORM},
    Sources.OWNER: {Sources.OWNER, Sources.SELF},
    Sources.SELF: {Sources.OWNER, Sources.SELF},
    Sources.STAFF: set(WHOSE),
}


@pytest.mark.parametrize("source", WHOSE)
def test_every_source_fills_the_blank(zhou: Resident, source: str) -> None:
    assert (keep(zhou, source), Photo.objects.get().source) == (True, source)


@pytest.mark.parametrize("source", WHOSE)
@pytest.mark.parametrize("standing", WHOSE)
def test_a_source_replaces_its_own_kind_and_the_office_all(
    zhou: Resident, standing: str, source: str
) -> None:
    before = put(zhou, standing)
    if standing in REPLACED[source]:
        assert keep(zhou, source)
    else:
        with pytest.raises(Refused, match="photo_kept"):
            keep(zhou, source)
    after = Photo.objects.get()
    assert (after.digest != before.digest, after.source) == (
        (True, source) if standing in REPLACED[source] else (False, standing)
    )


def test_the_same_file_again_writes_nothing(zhou: Resident) -> None:
    keep(zhou, Sources.PLATFORM)
    before = Photo.objects.values().get()
    assert (keep(zhou, Sources.PLATFORM), Photo.objects.values().get()) == (False, before)


def test_who_is_gone_gets_no_photo(zhou: Resident) -> None:
    Resident.objects.filter(pk=zhou.pk).delete()
    with pytest.raises(Refused, match="not_found"):
        keep(zhou, Sources.PLATFORM)


def test_a_photo_goes_with_its_person(zhou: Resident) -> None:
    put(zhou, Sources.SELF)
    zhou.delete()
    assert not Photo.objects.exists()
