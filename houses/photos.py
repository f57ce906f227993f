"""照片 of a member: what a household may put there, and how it is shown (docs/decisions/0012)."""

from django.db import transaction
from django.http import HttpResponse

from residents import images
from residents.exceptions import Refusal, Refused
from residents.models import Attempt, Consent, Photo, Resident
from residents.upstream import Sources

from .drafts import Author, lacks_guardian
from .locks import StillMay, always, lock
from .models import Membership, Submission

_SOURCES = {
    Submission.Author.OWNER: Sources.OWNER,
    Submission.Author.SELF: Sources.SELF,
}


def put(row: Membership, file: images.File, author: Author, *, still_may: StillMay = always) -> None:
    """Fill the blank, or replace what a household put there before. Raises Refused.

    A face is sensitive: that is agreed to separately, and for a child its guardian agrees.
    """
    _require_agreed(row.resident, author)
    if author.account:
        Attempt.spend(author.account, Attempt.Kind.PHOTO)
    portrait = images.read(file)
    with transaction.atomic():
        lock(houses=[row.house_id], people=[row.resident_id])
        still_may()
        _require_agreed(row.resident, author)  # it may have been taken back meanwhile
        Photo.keep(row.resident_id, portrait, _SOURCES[Submission.Author(author.kind)])
        if author.guardian and author.account:
            Consent.give(author.account, Consent.Kind.GUARDIAN, child=row.resident)


def _require_agreed(person: Resident, author: Author) -> None:
    if author.blind:
        raise Refused(Refusal.NOT_ALLOWED)
    if author.consent_version is None:
        raise Refused(Refusal.CONSENT_MISSING)
    if not author.guardian and lacks_guardian(author.account, person, {}):
        raise Refused(Refusal.GUARDIAN_CONSENT)


@transaction.atomic
def remove(row: Membership, author: Author, *, still_may: StillMay = always) -> None:
    """What a household put there. Raises Refused."""
    lock(houses=[row.house_id], people=[row.resident_id])
    still_may()
    photo = Photo.of(row.resident_id)
    if photo is None or author.blind:
        raise Refused(Refusal.NOT_FOUND)
    if not photo.is_the_households:
        raise Refused(Refusal.PHOTO_KEPT)
    Photo.objects.filter(pk=photo.pk, source=photo.source).delete()  # the office's may have come meanwhile


def answer(photo: Photo) -> HttpResponse:
    """The picture, for who may see it: no browser or proxy keeps it, no other site shows it."""
    return HttpResponse(
        photo.jpeg,
        content_type="image/jpeg",
        headers={
            "Cache-Control": "private, no-store",
            "Content-Disposition": 'inline; filename="photo.jpg"',
            "Cross-Origin-Resource-Policy": "same-origin",
        },
    )
