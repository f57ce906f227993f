"""A household with something on each of its pages, the addresses below `/my/`, and who may try them.

老周 owns the house and fills for 李梅; he began to name somebody new. 王租 rents and bound it; 陈新, who
lives nowhere yet, applied. The neighbour is an owner next door.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from houses.choices import Role
from houses.family import Family
from houses.models import House, Invitation, Membership, Request, Submission
from houses.qr import key_of_room
from residents.models import Consent, User
from residents.upstream import Sources

from .cast import CHEN_ID, CHEN_PHONE, WANG_ID, WANG_PHONE
from .factories import HouseFactory, UserFactory
from .household import bound, home, li, visitor, zhou
from .my import door, door_of
from .pictures import put

# What has no page to read.
POST_ONLY = {
    "/my/logout/",
    "/my/me/everywhere/",
    "/my/me/consents/<int:pk>/withdraw/",
    "/my/me/download.json",
    "/my/me/download.xlsx",
    "/my/entries/<int:pk>/discard/",
}


def routes(patterns: Any = None, before: str = "/") -> Iterator[str]:
    """Every address below /my/."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and route.startswith("/my/"):
            yield route


@dataclass
class Home:
    house: House
    owner: Membership
    wife: Membership
    tenant: Membership
    neighbour: Membership
    newcomer: User
    entry: Submission
    request: Request
    invitation: Invitation
    token: str

    def fill_in(self, route: str) -> str:
        """With what is the owner's: the wife, the entry, the application."""
        consent = Consent.objects.filter(account__resident=self.owner.resident).first()
        keys: dict[str, Any] = {
            "members": self.wife.pk,
            "confirm": self.wife.pk,
            "houses": self.house.pk,
            "entries": self.entry.pk,
            "requests": self.request.pk,
            "me": consent.pk if consent else 0,
        }
        key = keys.get(route.split("/")[2], "")
        filled = route.replace("<int:pk>", str(key)).replace("<slug:step>", "who")
        filled = filled.replace("<str:token>", self.token).replace("<int:version>", "1")
        filled = filled.replace("<str:key>", key_of_room(self.house.pk))
        return filled.replace("<str:kind>", "sensitive")

    @cached_property
    def doors(self) -> dict[str, Client]:
        """The browsers of everybody who may try."""
        return {
            "nobody": Client(),
            "staff": door(UserFactory(staff=True, is_superuser=True)),
            "fresh": door(UserFactory(phone="13800000070", phone_verified_at=timezone.now())),
            "newcomer": door(self.newcomer),
            "owner": door_of(self.owner),
            "tenant": door_of(self.tenant),
            "neighbour": door_of(self.neighbour),
            "locked": door(self._locked()),
        }

    def _locked(self) -> User:
        user = visitor("孙锁", CHEN_ID, "13800000071")
        User.objects.filter(pk=user.pk).update(locked_at=timezone.now())
        return user

    @property
    def addresses(self) -> list[str]:
        """What somebody may read, of the owner's house."""
        steps = [
            f"/my/{kind}/{key}/{step}/"
            for kind, key in (("members", f"{self.wife.pk}/fill"), ("entries", self.entry.pk))
            for step in ("origin", "contact", "more", "check")
        ]
        own = [
            f"/my/members/{self.owner.pk}/{page}"
            for page in ("", "fill/", "fill/who/", "nickname/", "leave/", "photo/")
        ]
        pages = {self.fill_in(route) for route in routes() if route not in POST_ONLY}
        return sorted({*pages, *steps, *own, "/my/notice/guardian/"})


def activate(row: Membership) -> None:
    row.activated_at = timezone.now()
    row.restate(row.resident)
    row.save()


def furnish() -> Home:
    house = HouseFactory()
    owner = zhou(house)
    activate(owner)
    wife = li(house, owner, photo_url="https://photos.example.cn/2.jpg")
    put(wife.resident, Sources.OWNER)
    tenant = bound(house, Role.TENANT, name="王租", id_number=WANG_ID, phone=WANG_PHONE)
    next_door = HouseFactory(community=house.community)
    neighbour = bound(next_door, Role.SELF, name="邻居甲")
    family = home(owner)
    entry = family.name_member(house.pk, {"name": "周小妹", "role": Role.DAUGHTER})
    family.draft(wife.pk, {"job_title": "护士"})
    newcomer = visitor("陈新", CHEN_ID, CHEN_PHONE)
    request = Family(newcomer).apply_for(house, Role.OTHER, "租住在这里")
    invitation, token = family.invite(wife.pk)
    return Home(house, owner, wife, tenant, neighbour, newcomer, entry, request, invitation, token)
